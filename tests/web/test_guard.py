"""The guard in front of a small app: identity, addresses, origins, errors."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import anyio
import pytest
from starlette.websockets import WebSocketDisconnect

from pingchang_geo.access import Role, operator
from pingchang_geo.errors import StoreError
from pingchang_geo.web.access import guard, identity
from pingchang_geo.workflow.access import PERMITS

Doors = Callable[..., Any]
HERE = "http://map.local"
PAGE = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture(autouse=True)
def _no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers are not repeated from memory: what is revoked is revoked at the next request."""
    monkeypatch.setattr(identity.CookieSource.__init__, "__kwdefaults__", {"seconds": 0.0})


@pytest.fixture(params=["", "/eco"])
def closed(doors: Doors, request: pytest.FixtureRequest) -> Any:
    return doors(viewing="closed", base=request.param)


def test_closed_viewing_sends_people_to_sign_in_and_tells_scripts(closed: Any) -> None:
    base, client = closed.base, closed.client()
    sent = client.get(f"{base}/forest?f=%E6%9D%89&u=ha", headers=PAGE)
    assert sent.status_code == 303
    assert sent.headers["location"] == f"{base}/account/login?next={base}/forest%3Ff%3D%25E6%259D%2589%26u%3Dha"
    assert sent.headers["cache-control"] == "private, no-store"
    told = client.get(f"{base}/tiles/forest/1/2/3/4")
    assert (told.status_code, told.json()) == (401, {"error": "需要登录。请登录后重试。"})
    fetched = client.get(f"{base}/forest", headers={**PAGE, "Sec-Fetch-Dest": "empty"})
    assert fetched.status_code == 401
    assert closed.reached == []
    assert client.get(f"{base}/_stcore/health").status_code == 200
    assert client.get(f"{base}/account/login").status_code == 200


def test_identity_reaches_routes_and_pages_and_the_cookie_does_not(closed: Any) -> None:
    token = closed.token("张 三", Role.ANALYST)
    client = closed.client(token)
    client.cookies.set("other", "kept")
    assert client.get(f"{closed.base}/tiles/x").status_code == 200
    seen = closed.reached[-1]
    assert (seen["actor"].name, seen["actor"].role) == ("张 三", Role.ANALYST)
    headers = dict(seen["headers"])
    assert headers["x-pingchang-user"] == "%E5%BC%A0%20%E4%B8%89"
    assert headers["x-pingchang-session"] == seen["actor"].session
    assert token not in str(seen["headers"])
    assert headers["cookie"] == "other=kept"


@pytest.mark.parametrize(
    "cookie",
    [
        "x",
        "",
        "A" * 43,
        "A" * 43 + "; pingchang_session=",
        "../../etc/passwd",
        "' OR 1=1 --",
        "é" * 43,
        "A" * 100_000,
    ],
)
def test_forged_cookies_are_nobody(closed: Any, cookie: str) -> None:
    header = f"pingchang_session={cookie}".encode()
    answer = closed.client().get(f"{closed.base}/tiles/x", headers=[(b"cookie", header)])
    assert answer.status_code == 401
    assert closed.reached == []


def test_public_id_is_no_token(closed: Any) -> None:
    actor = closed.access.who(closed.token("张三", Role.ADMIN))
    assert closed.client(actor.session).get(f"{closed.base}/tiles/x").status_code == 401


def test_sessions_end_by_idling_age_revocation_and_disabling(closed: Any) -> None:
    address = f"{closed.base}/tiles/x"

    def status(token: str) -> int:
        return int(closed.client(token).get(address).status_code)

    idle = closed.token("甲", Role.VIEWER)
    assert status(idle) == 200
    closed.clock.now += closed.chosen.session_idle_minutes * 60
    assert status(idle) == 401
    old = closed.token("乙", Role.VIEWER)
    for _ in range(closed.chosen.session_hours * 2 - 1):
        closed.clock.now += 1800
        assert status(old) == 200
    closed.clock.now += 1800
    assert status(old) == 401
    revoked, disabled = closed.token("丙", Role.VIEWER), closed.token("丁", Role.VIEWER)
    closed.access.revoke_all("丙", operator("测试"))
    closed.access.set_disabled("丁", True, operator("测试"))
    assert [status(revoked), status(disabled)] == [401, 401]
    closed.access.set_disabled("丁", False, operator("测试"))
    assert status(disabled) == 401  # a replay after enabling again


def test_revocation_bites_within_the_memory_of_two_seconds() -> None:
    assert identity.MEMORY_S <= 2
    now = [0.0]
    asked: list[str] = []
    known: dict[str, Any] = {"t": operator("甲")}

    def look(token: str) -> Any:
        asked.append(token)
        return known.get(token)

    remembered = identity.Remembered(look, now=lambda: now[0], most=2)

    async def run() -> None:
        assert (await remembered.get("t")).name == "甲"
        known.clear()
        now[0] = 1.9
        assert (await remembered.get("t")).name == "甲"
        now[0] = 2.0
        assert await remembered.get("t") is None
        assert asked == ["t", "t"]
        known["t"] = operator("甲")
        remembered.forget("t")
        assert (await remembered.get("t")).name == "甲"
        await remembered.get("u")
        await remembered.get("v")  # pushes out the oldest
        await remembered.get("t")
        assert asked == ["t", "t", "t", "u", "v", "t"]

    anyio.run(run)


@pytest.mark.parametrize(
    "name",
    [
        "X-Pingchang-User",
        "x-pingchang-session",
        "X_Pingchang_User",
        "X-Remote-User",
        "x_remote_user",
        "X-Pingchang-Role",
    ],
)
def test_claimed_identities_are_dropped(door: Any, name: str) -> None:
    assert door.client().get("/tiles/x", headers={name: "admin"}).status_code == 200
    assert name.lower() not in dict(door.reached[-1]["headers"])
    assert door.reached[-1]["actor"] is None
    token = door.token("张三", Role.VIEWER)
    door.client(token).get("/tiles/x", headers={name: "admin"})
    values = [value for key, value in door.reached[-1]["headers"] if key.startswith("x-")]
    assert "admin" not in values
    assert door.reached[-1]["actor"].role is Role.VIEWER


def test_spoofed_header_on_the_websocket(door: Any) -> None:
    with door.websocket(door.client(), **{"X-Pingchang-User": "admin"}):
        assert "x-pingchang-user" not in dict(door.reached[-1]["headers"])


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/agent/mcp", "/auth/login", "/oauth2callback"])
def test_what_is_nobodys(doors: Doors, path: str) -> None:
    door = doors()
    admin = door.client(door.token("管", Role.ADMIN))
    assert admin.get(path).status_code == 404
    assert admin.post(path).status_code == 404
    assert door.reached == []


@pytest.mark.parametrize(
    "path",
    [
        "/media/../account",
        "/media/%2e%2e/x",
        "/media/%2E%2e%2fx",
        "/media/..%2fx",
        "/media/..%5cx",
        "/media/%252e%252e/x",
        "/media/x%00.png",
        "/media//etc/passwd",
        "//etc/passwd",
        "/tiles/./x",
        "/tiles/x\\..\\y",
        "/component/..%c0%af..%c0%afetc/passwd%0d%0aX: 1",
        "/tiles/%0d%0aSet-Cookie:a=b",
    ],
)
@pytest.mark.parametrize("base", ["", "/eco"])
def test_addresses_that_can_be_read_in_two_ways(doors: Doors, path: str, base: str) -> None:
    door = doors(base=base)
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http",
        "method": "GET",
        "path": unquote(base + path),
        "raw_path": (base + path).encode(),
        "query_string": b"",
        "headers": [(b"host", b"map.local")],
        "client": ("10.1.2.3", 1),
        "scheme": "http",
        "root_path": "",
    }
    anyio.run(door.app, scope, receive, send)
    assert sent[0]["status"] == 404
    assert door.reached == []


def test_nothing_is_outside_the_base_path(doors: Doors) -> None:
    door = doors(base="/eco")
    for path in ("/", "/tiles/x", "/economy", "/eco2/tiles/x", "/account/login", "/_stcore/health"):
        assert door.client().get(path).status_code == 404
    assert door.client().get("/eco/tiles/x").status_code == 200


@pytest.mark.parametrize(
    ("headers", "through"),
    [
        ({"Origin": HERE}, True),
        ({"Origin": HERE + ":80"}, True),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "https://map.local"}, False),
        ({"Origin": "http://map.local:8080"}, False),
        ({"Origin": "http://map.local.evil.example"}, False),
        ({"Origin": "http://user@map.local"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({}, True),
    ],
)
def test_changes_only_from_our_own_pages(door: Any, headers: dict[str, str], through: bool) -> None:
    PERMITS.grant("s-origin", "", 1)
    client = door.client()
    client.headers.pop("Origin")
    answer = client.put("/_stcore/upload_file/s-origin/f", content=b"x", headers=headers)
    assert (answer.status_code == 200) is through
    assert through or answer.status_code == 403


@pytest.mark.parametrize(
    ("headers", "through"),
    [
        ({"Origin": HERE}, True),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({}, True),  # no browser: it can be nobody's page
    ],
)
def test_websockets_only_from_our_own_pages(door: Any, headers: dict[str, str], through: bool) -> None:
    client = door.client(door.token("管", Role.ADMIN))
    client.headers.pop("Origin")
    if through:
        with door.websocket(client, **headers) as opened:
            opened.send_bytes(b"ping")
            assert opened.receive_bytes() == b"ping"
        return
    with pytest.raises(WebSocketDisconnect), door.websocket(client, **headers):
        pass
    assert door.reached == []


def test_public_address_is_an_origin_too_and_streamlit_sees_it_as_its_host(doors: Doors) -> None:
    door = doors(public_url="https://eco.example.cn/eco", base="/eco")
    headers = {"Origin": "https://eco.example.cn"}
    with door.websocket(door.client(host="http://10.0.0.8:8501"), **headers):
        assert dict(door.reached[-1]["headers"])["host"] == "eco.example.cn"


def test_streamlit_sees_the_outer_host_of_what_sends_no_origin(doors: Doors) -> None:
    door = doors(trusted_proxies=("10.9.9.9",))
    client = door.client(address="10.9.9.9", host="http://inner:8501")
    client.headers.pop("Origin")
    with door.websocket(client, **{"X-Forwarded-Host": "eco.example.cn", "X-Forwarded-For": "203.0.113.7"}):
        assert dict(door.reached[-1]["headers"])["host"] == "eco.example.cn"


def test_a_name_that_only_points_here_is_refused(doors: Doors) -> None:
    door = doors(public_url="https://eco.example.cn")
    assert door.client(host="http://rebound.evil.example").get("/tiles/x").status_code == 421
    for host in ("http://eco.example.cn", "http://10.0.0.8:8501", "http://localhost:8501", "http://[::1]:8501"):
        assert door.client(host=host).get("/tiles/x").status_code == 200
    assert door.client(host="http://rebound.evil.example").get("/healthz").status_code == 200


def test_websockets_of_nobody_in_closed_viewing(closed: Any) -> None:
    with pytest.raises(WebSocketDisconnect), closed.websocket(closed.client()):
        pass
    with pytest.raises(WebSocketDisconnect), closed.websocket(closed.client("A" * 43)):
        pass
    assert closed.reached == []
    with closed.websocket(closed.client(closed.token("张三", Role.VIEWER))) as opened:
        opened.send_bytes(b"x")
        assert opened.receive_bytes() == b"x"


def test_an_open_websocket_ends_with_its_session(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(guard, "time", SimpleNamespace(monotonic=lambda: now[0]))
    with door.websocket(door.client(door.token("张三", Role.ANALYST))) as opened:
        opened.send_bytes(b"x")
        assert opened.receive_bytes() == b"x"
        door.access.revoke_all("张三", operator("测试"))
        opened.send_bytes(b"y")
        assert opened.receive_bytes() == b"y"  # the page says that it is over
        now[0] += guard.FAREWELL_S
        opened.send_bytes(b"z")
        with pytest.raises(WebSocketDisconnect) as ended:
            opened.receive_bytes()
        assert ended.value.code == 4401
    assert door.reached[-1] == {"left": 4401}  # the frame itself never reached the app


@pytest.mark.parametrize("accept", ["text/html", "*/*"])
def test_errors_say_nothing_about_the_server(door: Any, accept: str) -> None:
    for path, status in (("/boom", 500), ("/nothing", 404)):
        answer = door.client().get(path, headers={"Accept": accept})
        assert answer.status_code == status
        for secret in ("/srv", "Traceback", "RuntimeError", "site-packages", "starlette", "Not Found", "uvicorn"):
            assert secret not in answer.text
        assert ("服务器出错" if status == 500 else "地址不存在") in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "no-store" in answer.headers["cache-control"]


def test_a_broken_accounts_file_closes_the_door(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    token = door.token("张三", Role.ADMIN)

    def broken(_: object, token: str) -> None:
        raise StoreError("账户文件无法读取。")

    client = door.client(token)
    monkeypatch.setattr(identity.Remembered, "get", broken)
    assert client.get("/tiles/x").status_code == 503
    with pytest.raises(WebSocketDisconnect), door.websocket(client):
        pass
    assert door.reached == []


def test_metrics_for_the_collector_and_admins(doors: Doors) -> None:
    token = "collector-0123456789"
    door = doors(metrics_token=token)
    client = door.client()
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert client.get("/metrics", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert door.reached[-1]["scope"]["pingchang.scraper"] is True
    assert door.client(door.token("查", Role.VIEWER)).get("/metrics").status_code == 403
    assert door.client(door.token("管", Role.ADMIN)).get("/metrics").status_code == 200
    assert client.get("/healthz").status_code == 200
    assert door.reached[-1]["scope"]["pingchang.scraper"] is False
    without = doors()
    assert without.client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401


@pytest.mark.parametrize("host", ["", "a b", "map.local/x", "map.local,evil.example", "a" * 300, "[::1", "map.local:x"])
def test_unreadable_hosts(door: Any, host: str) -> None:
    assert door.client().get("/tiles/x", headers={"Host": host}).status_code == 400
