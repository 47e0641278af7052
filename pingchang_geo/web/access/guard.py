"""One pure-ASGI middleware before everything: pages, websocket, tiles, columns, downloads, uploads and media.

It never trusts a header that says who somebody is, asks the identity source, checks what the address needs, counts
bodies, and cleans every answer. ``BaseHTTPMiddleware`` would not see websockets.
"""

from __future__ import annotations

import logging
import re
import time
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pingchang_geo.access import Actor
from pingchang_geo.errors import AccessError, PingchangError
from pingchang_geo.web.access.admission import Rules
from pingchang_geo.web.access.client import Client
from pingchang_geo.web.access.frames import FRAMES, shielding
from pingchang_geo.web.access.hygiene import Hygiene
from pingchang_geo.web.access.limits import TooLargeError, counted
from pingchang_geo.web.access.refusals import refused
from pingchang_geo.web.access.server import tamed
from pingchang_geo.web.access.session import SESSION, read, without

_LOG: Final = logging.getLogger("pingchang_geo.web")
#: Names of ours; some servers in between write hyphens as underscores.
_OURS: Final = re.compile(rb"x[-_]pingchang[-_].*", re.IGNORECASE)
#: Application-defined close code: the session has ended.
SESSION_ENDED: Final = 4401
#: Time for a page to say that its session has ended, in seconds.
FAREWELL_S: Final = 5.0
#: Kept when an error's text is replaced by ours.
_TELLING: Final = frozenset({b"allow", b"content-range", b"retry-after"})


class Guard:
    """The middleware; :func:`pingchang_geo.web.access.protect` builds it."""

    def __init__(self, app: ASGIApp, *, rules: Rules, hygiene: Hygiene) -> None:
        self._app, self._rules, self._hygiene = app, rules, hygiene
        chosen = rules.chosen
        self._identity_headers = {
            _plain(name.lower().encode()) for name in (chosen.identity_header, chosen.role_header) if name
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif tamed(receive):
            await self._app(scope, receive, send)
        else:
            await receive()
            told = "This uvicorn hides the peer's address in a way that is not known here (web/access/server.py)."
            await send({"type": "lifespan.startup.failed", "message": told})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        client, path = self._met(scope)
        answer = _Answer(self._hygiene, scope, send, path or "/", self._rules.base)
        try:
            refusal = self._rules.before(scope, client, path)
            if refusal is None:
                refusal, receive = await self._checked(scope, receive, path or "/")
            if refusal is None:
                framed = (path or "").startswith(FRAMES)
                await self._app(scope, receive, shielding(answer.send) if framed else answer.send)
            else:
                await refusal(scope, receive, answer.cleaned)
        except ClientDisconnect:
            return
        except TooLargeError:
            await answer.failed(413)
        except AccessError as error:  # the identity source will not have this request
            await answer.failed(403, str(error))
        except PingchangError as error:
            _LOG.error("%s %s: %s", scope["method"], _where(scope), error)
            await answer.failed(503)
        except Exception:
            _LOG.exception("%s %s", scope["method"], _where(scope))
            await answer.failed(500)
        finally:
            self._rules.room.give_back(scope.get("pingchang.coming", 0))

    async def _checked(self, scope: Scope, receive: Receive, path: str) -> tuple[Any, Receive]:
        actor = await self._identified(scope)
        if refusal := self._rules.admitted(scope, actor, path):
            return refusal, receive
        limit = self._rules.body_limit(scope, actor, path)
        return (None, counted(receive, limit)) if isinstance(limit, int) else (limit, receive)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        client, path = self._met(scope)
        refusal = self._rules.before(scope, client, path)
        asked: Scope = {}
        actor = None
        try:
            if refusal is None:
                asked = {**scope, "headers": self._believed(scope["headers"], client)}
                actor = await self._identified(scope)
                refusal = self._rules.admitted(scope, actor, path or "/")
        except PingchangError as error:
            _LOG.error("websocket: %s", error)
            refusal = refused(scope, 503, self._rules.base)
        with self._rules.sockets.place(client.group) as free:
            if refusal is not None or self._rules.connects_too_often(client) or not free:
                await receive()
                await send({"type": "websocket.close", "code": 1008})
                return
            _set_header(scope, b"host", _origin_host(scope, client))
            if actor is None:
                await self._app(scope, receive, send)
            else:
                watch = _Watch(self._rules, asked, actor, receive, send)
                await self._app(scope, watch.receive, watch.send)

    def _met(self, scope: Scope) -> tuple[Client, str | None]:
        """See who is at the other end, and forget every header that only we may write."""
        scope["headers"] = [(name, value) for name, value in scope["headers"] if not _OURS.fullmatch(name)]
        client = self._rules.clients.seen(scope)
        scope["pingchang.client"] = client
        scope["pingchang.actor"] = None
        scope["pingchang.scraper"] = False
        scope["pingchang.token"] = read(scope).get(SESSION, "")
        return client, self._rules.own(scope)

    def _believed(self, headers: list[tuple[bytes, bytes]], client: Client) -> list[tuple[bytes, bytes]]:
        """Headers that the identity source may read: a name that anybody could have written is not among them."""
        if client.trusted and self._rules.chosen.identity == "proxy":
            return headers
        return [(name, value) for name, value in headers if _plain(name) not in self._identity_headers]

    async def _identified(self, scope: Scope) -> Actor | None:
        """Ask the source and write down the answer; what follows sees neither claimed names nor our cookie."""
        asked = {**scope, "headers": self._believed(scope["headers"], scope["pingchang.client"])}
        actor = await self._rules.source(asked)
        scope["pingchang.actor"] = actor
        scope["pingchang.scraper"] = self._rules.scraper(scope, actor)
        kept = [
            (name, without(value, SESSION) if name == b"cookie" else value)
            for name, value in scope["headers"]
            if _plain(name) not in self._identity_headers
        ]
        if actor is not None:
            kept.append((b"x-pingchang-user", quote(actor.name, safe="").encode()))
            kept.append((b"x-pingchang-session", actor.session.encode()))
        scope["headers"] = kept
        return actor


class _Answer:
    """The way out: cleans headers, and puts our words in place of an error's."""

    def __init__(self, hygiene: Hygiene, scope: Scope, send: Send, path: str, base: str) -> None:
        self._hygiene, self._scope, self._send, self._path, self._base = hygiene, scope, send, path, base
        self._started = self._replaced = False

    async def send(self, message: Message) -> None:
        """What the app sends."""
        if message["type"] == "http.response.start" and self._in_foreign_words(message):
            self._replaced = True
            telling = {n.decode(): v.decode("latin-1") for n, v in message["headers"] if n.lower() in _TELLING}
            await refused(self._scope, message["status"], self._base, headers=telling)(
                self._scope, _nothing, self.cleaned
            )
        elif not self._replaced:
            await self.cleaned(message)

    async def cleaned(self, message: Message) -> None:
        """Send with our headers."""
        if message["type"] == "http.response.start":
            self._started = True
            client: Client = self._scope["pingchang.client"]
            personal = self._scope["pingchang.actor"] is not None
            headers = self._hygiene.cleaned(list(message.get("headers", [])), self._path, client, personal=personal)
            message = {**message, "headers": headers}
        await self._send(message)

    async def failed(self, status: int, fix: str = "") -> None:
        """An error after the fact; an answer that has begun can only be cut off."""
        if self._started:
            raise _CutOffError from None
        self._replaced = True
        await refused(self._scope, status, self._base, fix=fix, headers={"Connection": "close"})(
            self._scope, _nothing, self.cleaned
        )

    def _in_foreign_words(self, message: Message) -> bool:
        if message["status"] < 400 or self._path == "/_stcore/health":
            return False
        kind = next((v for n, v in message.get("headers", []) if n.lower() == b"content-type"), b"text/plain")
        return kind.startswith(b"text/plain") and self._path != "/healthz"


class _CutOffError(Exception):
    """An answer broke off in the middle; the server closes the connection."""


class _Watch:
    """A websocket of somebody: closed soon after the session has ended.

    The first frame afterwards still reaches the page, which reads who acts anew, refuses and says so
    (ui/permission.py). A socket that just closes would leave the page standing there with somebody's name on it, and
    what was asked for unanswered.
    """

    def __init__(self, rules: Rules, asked: Scope, actor: Actor, receive: Receive, send: Send) -> None:
        self._rules, self._asked, self._actor = rules, asked, actor
        self._receive, self._send, self._closed = receive, send, False
        self._until: float | None = None

    async def receive(self) -> Message:
        """The next frame, if it still is the same person's."""
        message = await self._receive()
        if message["type"] != "websocket.receive" or await self._same() or self._farewell():
            return message
        self._closed = True
        await self._send({"type": "websocket.close", "code": SESSION_ENDED})
        return {"type": "websocket.disconnect", "code": SESSION_ENDED}

    async def send(self, message: Message) -> None:
        """What the app sends; OSError is how Starlette learns that the other end has gone."""
        if self._closed:
            raise OSError("closed")
        await self._send(message)

    def _farewell(self) -> bool:
        """Whether the page still has a moment to say that the session is over; it begins with the first frame."""
        now = time.monotonic()
        if self._until is None:
            self._until = now + FAREWELL_S
        return now < self._until

    async def _same(self) -> bool:
        try:
            now = await self._rules.source(self._asked)
        except PingchangError as error:
            _LOG.error("websocket: %s", error)
            return False
        return now is not None and (now.name, now.session) == (self._actor.name, self._actor.session)


def _where(scope: Scope) -> str:
    """The first part of a path, for the log: further parts can hold one-time tokens."""
    return "/".join(str(scope["path"]).split("/")[:3])


def _plain(name: bytes) -> bytes:
    return name.lower().replace(b"_", b"-")


def _origin_host(scope: Scope, client: Client) -> bytes:
    """Host of a checked ``Origin``: behind a proxy Streamlit would compare it with the inner host.

    What sends no ``Origin`` is no browser; its own host then, as its proxy tells it.
    """
    origin: bytes = dict(scope["headers"]).get(b"origin", b"")
    return origin.partition(b"://")[2] or client.host.encode()


def _set_header(scope: Scope, name: bytes, value: bytes) -> None:
    scope["headers"] = [*((n, v) for n, v in scope["headers"] if n != name), (name, value)]


async def _nothing() -> Message:
    return {"type": "http.disconnect"}
