"""How much and how often: permits, bodies with and without a length, websockets and uploads counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import anyio
import pytest
from limits import parse
from starlette.websockets import WebSocketDisconnect

from pingchang_geo.access import Role
from pingchang_geo.web.access import admission, limits
from pingchang_geo.web.access.limits import MULTIPART_EXTRA, Rate, Room
from pingchang_geo.workflow.access import PERMITS

Doors = Callable[..., Any]


def test_websockets_are_counted(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "CONNECTIONS", Rate("websocket", parse("2/hour")))
    for _ in range(2):
        with door.websocket(door.client()):
            pass
    with pytest.raises(WebSocketDisconnect), door.websocket(door.client()):
        pass
    with door.websocket(door.client(address="10.9.9.9")):
        pass


def test_open_websockets_are_bounded(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SOCKETS", 2)
    with door.websocket(door.client()):
        with door.websocket(door.client(door.token("张三", Role.VIEWER))):
            with pytest.raises(WebSocketDisconnect), door.websocket(door.client()):
                pass
            with door.websocket(door.client(address="10.9.9.9")):
                pass
        with door.websocket(door.client()):
            pass


def _pieces(count: int, size: int) -> Iterator[bytes]:
    for _ in range(count):
        yield b"x" * size


def test_uploads_need_a_permit_of_the_same_person(door: Any) -> None:
    token = door.token("张三", Role.ANALYST)
    actor = door.access.who(token)
    PERMITS.grant("s-mine", actor.session, 1)
    put = "/_stcore/upload_file/s-mine/f"
    assert door.client(token).put(put, content=b"x").json() == {"size": 1}
    assert door.client(token).delete(put).status_code == 200
    assert door.client(token).put("/_stcore/upload_file/s-unknown/f", content=b"x").status_code == 403
    assert door.client().put(put, content=b"x").status_code == 403
    assert door.client(door.token("李四", Role.ADMIN)).put(put, content=b"x").status_code == 403
    assert door.client().delete(put).status_code == 403
    PERMITS.revoke("s-mine")
    assert door.client(token).put(put, content=b"x").status_code == 403


def test_a_reader_may_send_what_a_page_asks_for_unless_viewing_is_closed(doors: Doors) -> None:
    PERMITS.grant("s-site", "", 1)
    assert doors().client().put("/_stcore/upload_file/s-site/f", content=b"x").status_code == 200
    assert doors(viewing="closed").client().put("/_stcore/upload_file/s-site/f", content=b"x").status_code == 401


def test_bodies_are_limited_announced_or_not(door: Any) -> None:
    PERMITS.grant("s-big", "", 1)
    put = "/_stcore/upload_file/s-big/f"
    most = (1 << 20) + MULTIPART_EXTRA
    client = door.client()
    assert client.put(put, content=b"x" * most).json() == {"size": most}
    told = client.put(put, content=b"x" * (most + 1))
    assert (told.status_code, told.json()["error"]) == (413, "内容过大。请缩小文件后重新上传。")
    assert told.headers["connection"] == "close"
    assert client.put(put, content=_pieces(most >> 16, 1 << 16)).json() == {"size": most}
    counted = client.put(put, content=_pieces((most >> 16) + 1, 1 << 16))
    assert counted.status_code == 413
    false = client.put(put, content=_pieces((most >> 16) + 1, 1 << 16), headers={"Content-Length": "10"})
    assert false.status_code == 413
    assert client.put(put, content=b"x", headers={"Content-Length": "-1"}).status_code == 413


def test_a_chunked_body_is_cut_off_where_it_gets_too_long(door: Any) -> None:
    taken = 0

    def endless() -> Iterator[dict[str, Any]]:
        while True:
            yield {"type": "http.request", "body": b"x" * 65_536, "more_body": True}

    body = endless()

    async def receive() -> Any:
        nonlocal taken
        taken += 65_536
        return next(body)

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    PERMITS.grant("s-endless", "", 1)
    path = "/_stcore/upload_file/s-endless/f"
    scope = {
        "type": "http",
        "method": "PUT",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"map.local"), (b"transfer-encoding", b"chunked")],
        "client": ("10.1.2.3", 1),
        "scheme": "http",
        "root_path": "",
    }
    anyio.run(door.app, scope, receive, send)
    assert sent[0]["status"] == 413
    assert taken <= (1 << 20) + MULTIPART_EXTRA + 65_536
    assert [message["type"] for message in sent].count("http.response.start") == 1


def test_what_uploads_nothing_takes_next_to_nothing(door: Any) -> None:
    answer = door.client().post("/account/login", content=b"a=" + b"x" * 20_000)
    assert answer.status_code == 413
    chunked = door.client().post(
        "/account/login",
        content=_pieces(20, 1000),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert chunked.status_code == 413


def test_uploads_are_counted(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "UPLOADS", Rate("upload", parse("3/hour")))
    PERMITS.grant("s-often", "", 1)
    client = door.client()
    statuses = [client.put("/_stcore/upload_file/s-often/f", content=b"x").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    told = client.put("/_stcore/upload_file/s-often/f", content=b"x")
    assert 0 < int(told.headers["retry-after"]) <= 3600


def test_uploads_find_room_in_memory_or_are_turned_away(doors: Doors) -> None:
    door = doors(max_upload_mb=2, site_upload_mb=1)
    token = door.token("张三", Role.ANALYST)
    PERMITS.grant("s-reader", "", 1)
    PERMITS.grant("s-analyst", door.access.who(token).session, 2)
    reader, analyst = (f"/_stcore/upload_file/s-{name}/f" for name in ("reader", "analyst"))
    megabyte = b"x" * (1 << 20)
    door.held = 2 << 20  # one upload of the largest size: all that readers get
    assert door.client().put(reader, content=megabyte).status_code == 200
    told = door.client().put(reader, content=megabyte + b"x")
    assert (told.status_code, told.headers["retry-after"]) == (503, "120")
    assert told.json() == {"error": "服务暂不可用。正在上传的文件过多，请稍后再试。"}
    assert door.client().put(reader, content=_pieces(1, 1)).status_code == 503  # may grow to the permit's size
    assert door.client().delete(reader).status_code == 200
    for _ in range(3):  # what has come is counted where it is kept, not twice
        assert door.client(token).put(analyst, content=megabyte).status_code == 200
    door.held = 8 << 20
    assert door.client(token).put(analyst, content=megabyte + b"x").status_code == 503
    door.held = 0
    assert door.client().put(reader, content=_pieces(1, 1)).status_code == 200


def test_uploads_under_way_take_room_too() -> None:
    room = Room(10 << 20, lambda: 0)
    assert room.take(10 << 20, known=False)
    assert not room.take(2 << 20, known=False)
    assert room.take(30 << 20, known=True)
    assert not room.take(2 << 20, known=True)
    room.give_back(30 << 20)
    room.give_back(10 << 20)
    assert room.take(10 << 20, known=False)
