"""The guard in front of a small app, with real accounts in a folder of the test's own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from pingchang_geo.access import Role, operator
from pingchang_geo.access.passwords import Passwords
from pingchang_geo.settings import Settings
from pingchang_geo.workflow.access import Access

PASSWORD = "竹子 river 桌面 seven"
HERE = "http://map.local"
#: Tests hash many passwords; only the cost differs from production.
QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@dataclass
class Clock:
    """Seconds since 1970, moved by the test."""

    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Door:
    """A guarded app, its accounts, and what reached the app behind the guard."""

    chosen: Settings
    access: Access
    app: Starlette
    clock: Clock
    base: str = ""
    log: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    reached: list[dict[str, Any]] = field(default_factory=list)
    #: Bytes of uploaded files in memory, as the app would say.
    held: int = 0
    #: The page of a component.
    frame: bytes = b'<!doctype html><html><head lang="en"><script src="a.js"></script></head></html>'

    def client(self, token: str = "", address: str = "10.1.2.3", host: str = HERE) -> TestClient:
        """A browser of its own, signed in if a token is given."""
        opened = TestClient(
            self.app,
            base_url=host,
            client=(address, 50_000),
            raise_server_exceptions=False,
            follow_redirects=False,
            headers={"Origin": host},
        )
        if token:
            opened.cookies.set("pingchang_session", token)
        return opened

    def websocket(self, client: TestClient, **headers: str) -> Any:
        """A websocket of a browser to the app's stream."""
        address = str(client.base_url).rstrip("/").replace("http", "ws", 1)
        return client.websocket_connect(f"{address}{self.base}/_stcore/stream", headers=headers)

    def token(self, name: str, role: Role) -> str:
        """A session for a new account."""
        link = self.access.invite(name, role, operator("测试"))
        return self.access.accept(link, PASSWORD).token


def form_token(text: str) -> str:
    """The CSRF token of a page."""
    found = re.search(r'name="form_token" value="([0-9a-f]{64})"', text)
    assert found, text[:400]
    return found[1]


def inner_routes(door: Door) -> list[Any]:
    def told(scope: Any, **more: Any) -> dict[str, Any]:
        headers = [(name.decode(), value.decode()) for name, value in scope["headers"]]
        found = {"headers": headers, "actor": scope.get("pingchang.actor"), "scope": dict(scope), **more}
        door.reached.append(found)
        return found

    def data(request: Request) -> Response:
        told(request.scope)
        headers = {"Cache-Control": "public, max-age=31536000, immutable", "Server": "inner/1.0"}
        return Response(b"tile", media_type="application/octet-stream", headers=headers)

    async def upload(request: Request) -> Response:
        sizes = [len(chunk) async for chunk in request.stream()]
        told(request.scope, size=sum(sizes))
        return JSONResponse({"size": sum(sizes)})

    def boom(request: Request) -> Response:
        raise RuntimeError("/srv/pingchang/var/accounts.sqlite")

    def page(request: Request) -> Response:
        told(request.scope)
        response = Response("<!doctype html>", media_type="text/html")
        response.headers.append("Set-Cookie", "_streamlit_xsrf=2|a|b|1; Path=/; SameSite=Lax")
        response.headers["Access-Control-Allow-Origin"] = "http://localhost:8501"
        response.headers["Access-Control-Allow-Credentials"] = "true"
        return response

    def frame(request: Request) -> Response:
        told(request.scope)
        if request.path_params["rest"].endswith(".js"):
            return Response(b"run()", media_type="text/javascript")
        return Response(door.frame, media_type="text/html", headers={"ETag": '"1"'})

    async def stream(websocket: WebSocket) -> None:
        told(websocket.scope)
        await websocket.accept(subprotocol="streamlit")
        try:
            while True:
                await websocket.send_bytes(await websocket.receive_bytes())
        except WebSocketDisconnect as left:
            door.reached.append({"left": left.code})

    base = door.base
    return [
        Route(f"{base}/tiles/{{rest:path}}", data),
        Route(f"{base}/media/{{rest:path}}", data),
        Route(f"{base}/component/{{rest:path}}", frame),
        Route(f"{base}/_stcore/upload_file/{{session}}/{{file}}", upload, methods=["PUT", "DELETE"]),
        Route(f"{base}/_stcore/health", page),
        Route(f"{base}/_stcore/metrics", page),
        Route(f"{base}/healthz", page),
        Route(f"{base}/metrics", page),
        Route(f"{base}/boom", boom),
        Route(f"{base}/users", page),
        Route(f"{base}/", page),
        Route(f"{base}/forest", page),
        WebSocketRoute(f"{base}/_stcore/stream", stream),
    ]
