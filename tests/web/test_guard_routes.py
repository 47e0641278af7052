"""Every route of the real app × who asks × open and closed viewing, the websocket included.

A route that is added without a line in :data:`ROUTES` fails the test.
"""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLsRequest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from pingchang_geo.store import LocalStore
from pingchang_geo.web.access.server import MOST_MESSAGE
from pingchang_geo.workflow.current import Atlases
from tests.web.served import Served, county, declared_routes, people, served

EVERYBODY = ("anonymous", "viewer", "analyst", "admin")
#: Answer by need for (open, closed) viewing, in the order of EVERYBODY; "ok": what the route itself answers.
ANSWERS: dict[str, tuple[tuple[int | str, ...], tuple[int | str, ...]]] = {
    "open": (("ok", "ok", "ok", "ok"), ("ok", "ok", "ok", "ok")),
    "view": (("ok", "ok", "ok", "ok"), (401, "ok", "ok", "ok")),
    "permit": ((403, 403, 403, 403), (401, 403, 403, 403)),  # nobody has one here
    "admin": ((401, 403, 403, "ok"), (401, 403, 403, "ok")),
    "never": ((404, 404, 404, 404), (404, 404, 404, 404)),
}


@dataclass(frozen=True)
class Case:
    """A request to a route: what it needs, and what it answers to whoever may.

    ``known``: its answer to somebody signed in, where that is another.
    """

    method: str
    address: str
    need: str
    ok: int = 200
    known: int = 0
    headers: tuple[tuple[str, str], ...] = ()


_UPLOAD = "/_stcore/upload_file/0123/4567"
_AGENT = ("DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT")


def _agent(address: str) -> list[Case]:
    return [Case(method, address, "never") for method in _AGENT]


#: Path as the app declares it → requests. ``{…}`` in addresses is filled in from the store.
ROUTES: dict[str, list[Case]] = {
    "/healthz": [Case("GET", "/healthz", "open")],
    "/metrics": [
        Case("GET", "/metrics", "open"),  # the machine itself
        Case("GET", "/metrics", "admin", headers=(("X-Forwarded-For", "203.0.113.7"),)),
        Case("GET", "/metrics", "admin", headers=(("Host", "eco.example.cn"), ("Origin", "http://eco.example.cn"))),
    ],
    "/account/login": [
        Case("GET", "/account/login", "open", known=303),
        Case("POST", "/account/login", "open", ok=415),
    ],
    "/account/logout": [
        Case("GET", "/account/logout", "open", ok=303, known=200),
        Case("POST", "/account/logout", "open", ok=303, known=415),
    ],
    "/account/password": [
        Case("GET", "/account/password", "open", ok=303, known=200),
        Case("POST", "/account/password", "open", ok=303, known=415),
    ],
    "/account/invite/{token}": [
        Case("GET", "/account/invite/nobodys", "open", ok=410),
        Case("POST", "/account/invite/nobodys", "open", ok=415),
    ],
    "/account/style.css": [Case("GET", "/account/style.css", "open")],
    "/account/icon.svg": [Case("GET", "/account/icon.svg", "open")],
    "/account/{rest:path}": [Case("GET", "/account/users", "never"), Case("POST", "/account/users", "never")],
    "/tiles/{layer}/{version}/{z:int}/{x:int}/{y:int}": [
        Case("GET", "/tiles/forest/{version}/0/0/0", "view", ok=204),
        Case("POST", "/tiles/forest/{version}/0/0/0", "never"),
    ],
    "/columns/{layer}/{snapshot}/{field}": [Case("GET", "/columns/forest/{snapshot}/species", "view")],
    "/features/{layer}/{snapshot}/{row:int}": [Case("GET", "/features/forest/{snapshot}/0", "view")],
    "/layers/{layer}/{snapshot}.geojson": [Case("GET", "/layers/redline/{snapshot}.geojson", "view")],
    "/outline/{layer}/{version}/{row:int}": [Case("GET", "/outline/forest/{version}/0", "view")],
    "/search/{snapshot}": [Case("GET", "/search/{snapshot}?q=x", "view")],
    "/play/{name}": [Case("GET", "/play/nobodys", "view", ok=404)],
    "/web/briefing.js": [Case("GET", "/web/briefing.js", "view")],
    "/web/pingchang.js": [Case("GET", "/web/pingchang.js", "view")],
    "/vendor": [Case("GET", "/vendor/leaflet/dist/leaflet.js", "view")],
    "/web": [Case("GET", "/web/map.js", "view"), Case("POST", "/web/map.js", "never")],
    "/_stcore/health": [Case("GET", "/_stcore/health", "open"), Case("OPTIONS", "/_stcore/health", "open", ok=204)],
    "/_stcore/metrics": [Case("GET", "/_stcore/metrics", "never"), Case("OPTIONS", "/_stcore/metrics", "never")],
    "/_stcore/host-config": [Case("GET", "/_stcore/host-config", "view")],
    "/media/{file_id:path}": [
        Case("GET", "/media/0123.png", "view", ok=404),
        Case("OPTIONS", "/media/0123.png", "view", ok=204),
    ],
    "/_stcore/upload_file/{session_id}/{file_id}": [
        Case("PUT", _UPLOAD, "permit"),
        Case("DELETE", _UPLOAD, "permit"),
        Case("OPTIONS", _UPLOAD, "view", ok=204),
    ],
    "/component/{path:path}": [
        Case("GET", "/component/nobodys.component/index.html", "view", ok=404),
        Case("OPTIONS", "/component/x", "view", ok=204),
    ],
    "/_stcore/bidi-components/{path:path}": [
        Case("GET", "/_stcore/bidi-components/x/y.js", "view", ok=404),
        Case("OPTIONS", "/_stcore/bidi-components/x/y.js", "view", ok=204),
    ],
    "/_stcore/stream": [Case("WEBSOCKET", "/_stcore/stream", "view")],
    "/auth/login": [Case("GET", "/auth/login", "never")],
    "/auth/logout": [Case("GET", "/auth/logout", "never")],
    "/oauth2callback": [Case("GET", "/oauth2callback", "never")],
    "/_stcore/agent/interact": _agent("/_stcore/agent/interact"),
    "/_stcore/agent/openapi.json": _agent("/_stcore/agent/openapi.json"),
    "/_stcore/agent/mcp": _agent("/_stcore/agent/mcp"),
    # an address of no page: Streamlit would answer it with its first one
    "/{rest:path}": [
        Case("GET", address, "view", ok=404)
        for address in ("/overview", "/no-such-page", "/forest/x", "/foo.html", "/foo/bar/baz.js")
    ],
    # Streamlit's own files, and the addresses of its pages
    "": [
        Case("GET", "/", "view"),
        Case("GET", "/forest", "view"),
        Case("GET", "/update", "view"),
        Case("GET", "/users", "admin"),
        Case("GET", "/favicon.png", "view"),
        Case("GET", "/static/css/", "view", ok=301),
        Case("GET", "/_stcore/script-health-check", "never"),
        Case("POST", "/", "never"),
        Case("PUT", "/forest", "never"),
    ],
}
CASES = [case for cases in ROUTES.values() for case in cases]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("routes") / "data"
    county(made)
    return made


@pytest.fixture(scope="module")
def servers(data_dir: Path) -> Iterator[dict[str, Served]]:
    """Open viewing at the root, closed viewing under a base path; one folder, the same accounts."""
    with ExitStack() as stack:
        opened = stack.enter_context(served(data_dir, "open"))
        closed = stack.enter_context(served(data_dir, "closed", "/eco"))
        yield {"open": opened, "closed": closed}


@pytest.fixture(scope="module")
def tokens(data_dir: Path) -> dict[str, str]:
    return people(data_dir)


@pytest.fixture(scope="module")
def filled(data_dir: Path, servers: dict[str, Served]) -> dict[str, str]:
    atlas = Atlases(LocalStore(data_dir)).current()
    return {"snapshot": atlas.id, "version": atlas["forest"].version.name}


def test_every_route_has_its_line(data_dir: Path) -> None:
    found = declared_routes(data_dir)
    assert {path for _, path, _ in found} == set(ROUTES)
    for kind, path, methods in found:
        wanted = {"WEBSOCKET"} if kind == "WebSocketRoute" else set(methods) - {"HEAD"}
        assert wanted <= {case.method for case in ROUTES[path]}, path


@pytest.mark.parametrize("viewing", ["open", "closed"])
@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.method} {case.address}")
def test_who_may_ask_for_what(
    servers: dict[str, Served],
    tokens: dict[str, str],
    filled: dict[str, str],
    viewing: str,
    who: str,
    case: Case,
) -> None:
    expected = ANSWERS[case.need][viewing == "closed"][EVERYBODY.index(who)]
    if expected == "ok":
        expected = (case.known or case.ok) if who != "anonymous" else case.ok
    server = servers[viewing]
    address = case.address.format(**filled)
    if case.method == "WEBSOCKET":
        assert _connected(server, tokens[who]) is (expected == 200)
        return
    with server.client(tokens[who]) as client:
        answer = client.request(case.method, address, headers=dict(case.headers))
    assert answer.status_code == expected
    assert "server" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "content-security-policy" in answer.headers


def _connected(server: Served, token: str, origin: str = "", **headers: str) -> bool:
    given = {**headers, **({"Cookie": f"pingchang_session={token}"} if token else {})}
    address = server.url.replace("http", "ws", 1) + "/_stcore/stream"
    try:
        with connect(address, origin=origin or server.origin, additional_headers=given, subprotocols=["streamlit"]):
            return True
    except InvalidStatus as refused:
        assert refused.response.status_code == 403
        return False


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "http://localhost"])
def test_foreign_websockets(servers: dict[str, Served], tokens: dict[str, str], origin: str) -> None:
    assert not _connected(servers["open"], tokens["admin"], origin)


@pytest.mark.parametrize("pieces", [1, 8])
@pytest.mark.parametrize(("letters", "taken"), [(MOST_MESSAGE - 100, True), (MOST_MESSAGE, False)])
def test_pages_send_no_huge_messages(servers: dict[str, Served], letters: int, taken: bool, pieces: int) -> None:
    server = servers["open"]
    address = server.url.replace("http", "ws", 1) + "/_stcore/stream"
    asked = BackMsg(file_urls_request=FileURLsRequest(request_id="x" * letters)).SerializeToString()
    step = len(asked) // pieces + 1
    with connect(address, origin=server.origin, subprotocols=["streamlit"], max_size=None) as page:
        if taken:
            page.send(asked[at : at + step] for at in range(0, len(asked), step))
            while len(page.recv(20)) < letters:  # the answer repeats it: what goes out may be larger
                pass
            return
        with pytest.raises(ConnectionClosed) as closed:
            page.send(asked[at : at + step] for at in range(0, len(asked), step))
            while page.recv(20):
                pass
        # the server closes with our bytes unread, which may take its last word away
        assert closed.value.rcvd is None or closed.value.rcvd.code == 1009


@pytest.mark.parametrize("name", ["X-Pingchang-Session", "X-Pingchang-User", "X-Remote-User", "X-Forwarded-User"])
def test_claimed_identities_open_nothing(servers: dict[str, Served], tokens: dict[str, str], name: str) -> None:
    server = servers["closed"]
    with server.client() as client:
        assert client.get("/forest", headers={name: "测试管理员".encode()}).status_code == 401
    assert not _connected(server, "", **{name: "admin"})


@pytest.mark.parametrize(
    "folder",
    ["/vendor", "/web", "/media", "/static", "/component/streamlit_folium.st_folium", "/_stcore/bidi-components/x"],
)
@pytest.mark.parametrize(
    "way",
    [
        "/../package.json",
        "/../../app.py",
        "/%2e%2e/package.json",
        "/..%2fpackage.json",
        "/%2E%2E%2Fpackage.json",
        "/..%5cpackage.json",
        "/%252e%252e%252fpackage.json",
        "/....//package.json",
        "/..;/package.json",
        "/..%c0%afpackage.json",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/x%00.js",
        "/" + "../" * 12 + "etc/passwd",
        "/" + "%2e%2e/" * 12 + "etc/passwd",
    ],
)
def test_no_way_out_of_a_folder(servers: dict[str, Served], tokens: dict[str, str], folder: str, way: str) -> None:
    for server in servers.values():
        where = urlsplit(server.url)
        line = http.client.HTTPConnection(where.hostname or "", where.port, timeout=20)
        line.putrequest("GET", f"{server.base}{folder}{way}", skip_accept_encoding=True)
        line.putheader("Cookie", f"pingchang_session={tokens['admin']}")
        line.endheaders()
        answer = line.getresponse()
        body = answer.read().decode("utf-8", "replace")
        line.close()
        for secret in ("root:x:", '"dependencies"', "import streamlit", "site-packages", str(Path.home()) + "/"):
            assert secret not in body
        # Streamlit answers an address that is no file with its (empty) page; anything of a folder would be a file
        assert answer.status in {400, 404} or (
            folder == "/static" and "text/html" in str(answer.headers["content-type"])
        )


def test_nothing_secret_in_the_servers_output(servers: dict[str, Served], tokens: dict[str, str]) -> None:
    for server in servers.values():
        text = server.log.read_text(errors="replace")
        assert "Traceback" not in text
        for token in filter(None, tokens.values()):
            assert token not in text
