"""``/healthz``, ``/metrics`` and the lines about requests: who is told what, and that nothing grows without bound."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from pingchang_geo import journal
from pingchang_geo.access import Actor, Role
from pingchang_geo.errors import StoreError
from pingchang_geo.settings import Settings
from pingchang_geo.store import LocalStore
from pingchang_geo.web.operations import limit_stop, operations
from pingchang_geo.web.operations.audience import informed, local
from pingchang_geo.web.operations.classes import CLASSES, route_class
from pingchang_geo.web.operations.health import FRESH_S, VERIFIED_S, Health, Status
from pingchang_geo.web.operations.metrics import ACTIONS

PLENTY = type("usage", (), {"free": 50 << 30, "total": 100 << 30})


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: PLENTY)


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(journal, "event", lambda name, message="", **fields: told.append({"event": name, **fields}))
    return told


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(store: LocalStore, clock: Clock) -> Health:
    return Health(store, lambda: None, 1024, clock=clock)


# -- health


def test_all_is_well(health: Health, store: LocalStore) -> None:
    report = health.report()
    told = report.as_dict()
    assert (report.status, report.status.code, told["status"]) == (Status.OK, 200, "ok")
    assert set(told["checks"]) == {"store", "accounts", "disk", "audit"}
    current = {layer: version.name for layer, version in store.snapshot().versions.items()}
    assert told["checks"]["store"]["versions"] == current
    assert told["checks"]["disk"]["free_mb"] == 50 << 10
    assert told["checks"]["audit"]["entries"] == len(store.audit())
    assert told["checks"]["audit"]["last_backup"] is None


def test_little_room_is_degraded_and_still_served(health: Health, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("usage", (), {"free": 1000 << 20, "total": 1 << 40}))
    assert (health.report().status, health.report().status.code) == (Status.DEGRADED, 200)
    assert "磁盘空间不足" in health.report().checks["disk"].message


def test_a_version_that_cannot_be_read_fails(store: LocalStore, health: Health, clock: Clock) -> None:
    assert health.report().status is Status.OK
    path = store.content_path(store.snapshot().versions["forest"])
    path.rename(path.with_suffix(".away"))
    assert health.report().status is Status.OK  # a moment old
    clock.now += FRESH_S
    assert (health.report().status, health.report().status.code) == (Status.FAILING, 503)
    assert "数据文件缺失" in health.report().checks["store"].message
    path.with_suffix(".away").rename(path)
    clock.now += FRESH_S
    assert health.report().status is Status.OK
    path.write_bytes(os.urandom(100))
    clock.now += FRESH_S
    check = health.report().checks["store"]
    assert (check.status, check.message) == (Status.FAILING, "无法读取，请查看服务日志与数据目录")


def test_accounts_that_cannot_be_read_fail(store: LocalStore, clock: Clock) -> None:
    def broken() -> None:
        raise StoreError("账户库无法读写。")

    assert Health(store, broken, 1, clock=clock).report().checks["accounts"].message == "账户库无法读写。"
    assert Health(store, broken, 1, clock=clock).report().status is Status.FAILING


def test_a_rewritten_log_is_found_but_not_looked_for_all_the_time(
    store: LocalStore, health: Health, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    intact = store.audit_intact
    monkeypatch.setattr(store, "audit_intact", lambda: (looked.append(1), intact())[1])
    assert health.report().status is Status.OK
    with closing(sqlite3.connect(store.root / "catalogue.sqlite")) as connection:
        connection.execute("DROP TRIGGER audit_no_update")
        connection.execute("UPDATE audit SET actor = 'x' WHERE seq = 1")
        connection.commit()
    for _ in range(10):
        clock.now += FRESH_S
        assert health.report().status is Status.OK
    assert len(looked) == 1
    clock.now += VERIFIED_S
    assert health.report().status is Status.DEGRADED
    assert "操作日志校验不通过" in health.report().checks["audit"].message
    assert len(looked) == 2


def test_a_backup_is_remembered(store: LocalStore, health: Health) -> None:
    store.log("张三", "backup", file="b")
    assert health.report().checks["audit"].values["last_backup"] == store.audit()[-1].at


# -- who is told


def scope(peer: str = "127.0.0.1", host: str = "localhost:8501", **headers: str) -> dict[str, Any]:
    listed = [(b"host", host.encode()), *((n.replace("_", "-").encode(), v.encode()) for n, v in headers.items())]
    return {"type": "http", "client": (peer, 5000), "headers": listed}


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        (scope(), True),
        (scope("::1", "[::1]:8501"), True),
        (scope("::ffff:127.0.0.1", "127.0.0.1"), True),
        (scope("127.0.0.9"), True),
        (scope("10.0.0.1"), False),
        (scope("::ffff:10.0.0.1"), False),
        (scope("testclient"), False),
        (scope(host="evil.example:8501"), False),
        (scope(host="localhost.evil.example"), False),
        (scope(host="["), False),
        (scope(host=""), False),
        (scope(x_forwarded_for="127.0.0.1"), False),
        (scope(x_forwarded_proto="https"), False),
        (scope(x_forwarded_host="localhost"), False),
        (scope(forwarded="for=127.0.0.1"), False),
        (scope(x_real_ip="127.0.0.1"), False),
        (scope(via="1.1 nginx"), False),
        ({**scope(), "client": None}, False),
    ],
)
def test_the_machine_itself(asked: dict[str, Any], known: bool) -> None:
    assert local(asked) is known
    assert informed({**asked, "pingchang.scraper": False}) is known
    assert informed({**asked, "pingchang.scraper": True})


# -- routes


def slow(_: Request) -> Response:
    return PlainTextResponse("slow")


def broken(_: Request) -> Response:
    raise RuntimeError("at /srv/secret")


async def changed(request: Request) -> Response:
    await request.body()
    return Response(status_code=303)


async def stream(_: Request) -> Response:
    async def parts() -> Any:
        for _ in range(3):
            yield b"x"
            await asyncio.sleep(0)

    return StreamingResponse(parts())


async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.receive_text()
    await websocket.close()


async def closed(websocket: WebSocket) -> None:
    await websocket.close()


class Known:
    """Stands in for the guard: says who asks."""

    def __init__(self, app: Any, scraper: bool) -> None:
        self.app, self.scraper = app, scraper

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope["pingchang.actor"] = Actor("张三", Role.VIEWER)
            scope["pingchang.scraper"] = self.scraper
        await self.app(scope, receive, send)


Make = Callable[..., TestClient]


@pytest.fixture(params=["", "/shengtai"])
def base(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make(store: LocalStore, base: str) -> Iterator[Make]:
    opened: list[TestClient] = []

    def client(scraper: bool = False) -> TestClient:
        parts = operations(
            store, Settings(data_dir=store.root), base, version="9.9", accounts=lambda: None, sessions=lambda: 7
        )
        routes = [
            *parts.routes,
            Route(f"{base}/tiles/forest/1-a/1/2/3", stream),
            Route(f"{base}/broken", broken),
            Route(f"{base}/account/login", changed, methods=["POST"]),
            WebSocketRoute(f"{base}/_stcore/stream", socket),
            WebSocketRoute(f"{base}/closed", closed),
        ]
        app = Starlette(routes=routes, middleware=[*parts.middleware, Middleware(Known, scraper=scraper)])
        opened.append(TestClient(app, raise_server_exceptions=False).__enter__())
        return opened[-1]

    yield client
    for one in opened:
        one.__exit__(None, None, None)


def samples(client: TestClient, base: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    answer = client.get(f"{base}/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_strangers_get_one_word(make: Make, base: str) -> None:
    client = make()
    answer = client.get(f"{base}/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["cache-control"] == "no-store"
    assert client.get(f"{base}/metrics").status_code == 404


def test_those_who_may_know_get_all(make: Make, base: str) -> None:
    told = make(scraper=True).get(f"{base}/healthz").json()
    assert told["version"] == "9.9"
    assert told["checks"]["store"]["status"] == "ok"


def test_a_failing_server_says_so_to_anybody(make: Make, base: str, store: LocalStore) -> None:
    store.content_path(store.snapshot().versions["forest"]).unlink()
    answer = make().get(f"{base}/healthz")
    assert (answer.status_code, answer.json()) == (503, {"status": "failing"})


def test_requests_are_counted_by_class(make: Make, base: str, events: list[dict[str, Any]]) -> None:
    client = make(scraper=True)
    for _ in range(3):
        client.get(f"{base}/tiles/forest/1-a/1/2/3")
    client.get(f"{base}/broken?token=abc")
    client.post(f"{base}/account/login", content=b"x" * 10)
    for number in range(50):
        client.get(f"{base}/no-such-{number}/x")
    found = samples(client, base)
    counted = {key: value for key, value in found.items() if key[0] == "pingchang_requests_total"}
    assert counted == {
        ("pingchang_requests_total", (("route", "tile"), ("status", "200"))): 3,
        ("pingchang_requests_total", (("route", "page"), ("status", "500"))): 1,
        ("pingchang_requests_total", (("route", "page"), ("status", "404"))): 50,
        ("pingchang_requests_total", (("route", "account"), ("status", "303"))): 1,
    }
    assert found["pingchang_tile_seconds_count", ()] == 3
    assert found["pingchang_request_seconds_count", (("route", "page"),)] == 51
    assert ("pingchang_request_seconds_count", (("route", "tile"),)) not in found
    assert found["pingchang_sessions", ()] == 7
    assert found["pingchang_info", (("version", "9.9"),)] == 1
    assert found["process_resident_memory_bytes", ()] > 1 << 20
    assert found["pingchang_disk_free_bytes", ()] == 50 << 30


def test_lines_about_requests(make: Make, base: str, events: list[dict[str, Any]]) -> None:
    client = make()
    client.get(f"{base}/tiles/forest/1-a/1/2/3?token=abc", headers={"X-Request-ID": "from-the-proxy-1"})
    client.get(f"{base}/nothing")
    assert events == []  # reading what is there, or not there, is no event
    client.get(f"{base}/broken?token=abc", headers={"X-Request-ID": "from-the-proxy-2"})
    answer = client.post(f"{base}/account/login?next=/x", headers={"X-Request-ID": "forged id\n"})
    failed, posted = events
    assert failed.pop("ms") >= 0
    assert failed == {
        **{"event": "request", "level": 40, "user": "张三", "request_id": "from-the-proxy-2"},
        **{"method": "GET", "route": "page", "status": 500},
    }
    assert (posted["level"], posted["method"], posted["status"]) == (20, "POST", 303)
    assert answer.headers["x-request-id"] == posted["request_id"]
    assert len(posted["request_id"]) == 32
    assert "token" not in repr(events)


def test_slow_answers_are_told(make: Make, base: str, events: list[dict[str, Any]], monkeypatch: Any) -> None:
    monkeypatch.setattr("pingchang_geo.web.operations.measuring.SLOW_S", 0.0)
    make().get(f"{base}/tiles/forest/1-a/1/2/3")
    (line,) = events
    assert (line["event"], line["level"], line["route"]) == ("slow_request", 30, "tile")


def test_websockets_come_and_go(make: Make, base: str, events: list[dict[str, Any]]) -> None:
    client = make(scraper=True)
    with client.websocket_connect(f"{base}/_stcore/stream") as opened:
        assert samples(client, base)["pingchang_websockets", ()] == 1
        opened.send_text("x")
    found = samples(client, base)
    assert found["pingchang_websockets", ()] == 0
    assert found["pingchang_requests_total", (("route", "stream"), ("status", "101"))] == 1
    assert events == []
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(f"{base}/closed"):
        pass
    assert samples(client, base)["pingchang_websockets", ()] == 0
    assert [event["status"] for event in events] == [403]


def test_what_other_processes_did(make: Make, base: str, store: LocalStore) -> None:
    """Published and refused elsewhere: read from the log, once each, however often somebody scrapes."""
    client = make(scraper=True)
    before = samples(client, base)
    layers = len(store.snapshot().versions)
    assert before["pingchang_audit_entries_total", (("action", "publish"),)] == layers
    assert before["pingchang_publish_seconds_count", (("action", "publish"), ("layer", "forest"))] == 1
    assert before["pingchang_last_backup_timestamp_seconds", ()] == 0
    other = LocalStore(store.root)
    other.log("x", "sign_in_failed")
    other.log("x", "backup")
    other.log("x", "invented by somebody")
    for _ in range(2):
        found = samples(client, base)
    assert found["pingchang_refusals_total", (("action", "sign_in_failed"),)] == 1
    assert found["pingchang_refusals_total", (("action", "locked"),)] == 0
    assert found["pingchang_audit_entries_total", (("action", "other"),)] == 1
    assert found["pingchang_audit_entries_total", (("action", "publish"),)] == layers
    assert found["pingchang_last_backup_timestamp_seconds", ()] > 1.5e9
    assert found["pingchang_layer_version", (("layer", "forest"),)] == 1
    assert found["pingchang_layer_rows", (("layer", "forest"),)] == 12
    assert found["pingchang_store_readable", ()] == 1


def test_an_unreadable_store_is_a_figure_too(make: Make, base: str, store: LocalStore, monkeypatch: Any) -> None:
    def away(*_: object) -> None:
        raise StoreError("坏了")

    client = make(scraper=True)
    monkeypatch.setattr(store, "audit_since", away)
    found = samples(client, base)
    assert found["pingchang_store_readable", ()] == 0
    assert found["pingchang_disk_free_bytes", ()] == 50 << 30


def test_the_durations_are_those_of_the_log(store: LocalStore) -> None:
    published = [entry for entry in store.audit() if entry.action == "publish"]
    assert published
    assert all(0 <= entry.detail["seconds"] < 300 for entry in published)
    assert {entry.action for entry in store.audit()} <= ACTIONS


# -- stopping


def test_open_connections_do_not_hold_up_a_stop_for_ever() -> None:
    server = uvicorn.Server(uvicorn.Config("app:app", log_config=None))
    before = signal.signal(signal.SIGTERM, server.handle_exit)
    try:
        assert limit_stop(7)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert server.config.timeout_graceful_shutdown == 7
    assert not limit_stop(7)


# -- classes


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "page"),
        ("", "page"),
        ("/forest", "page"),
        ("/tiles/forest/1-a/1/2/3", "tile"),
        ("/vendor/leaflet/leaflet.js", "asset"),
        ("/_stcore/stream", "stream"),
        ("/_stcore/upload_file/a/b", "upload"),
        ("/_stcore/host-config", "streamlit"),
        ("/account/invite/secret", "account"),
        ("/healthz", "health"),
    ],
)
def test_route_classes(path: str, expected: str) -> None:
    assert route_class(path, "") == expected
    assert route_class(f"/base{path}", "/base") == expected
    assert route_class(f"/other{path}", "/base") == "outside"
    assert route_class(f"/baseless{path}", "/base") == "outside"


@given(st.text(), st.sampled_from(["", "/base"]))
def test_there_are_no_other_classes(path: str, base: str) -> None:
    assert route_class(path, base) in CLASSES
