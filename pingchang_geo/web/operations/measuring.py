"""A pure-ASGI middleware around everything: counts, measures, and writes a line for what went wrong or was slow."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pingchang_geo import journal
from pingchang_geo.web.operations.classes import route_class
from pingchang_geo.web.operations.metrics import Metrics

#: Longer than this is worth a line.
SLOW_S: Final = 2.0
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_METHODS: Final = frozenset({*_READING, "POST", "PUT", "PATCH", "DELETE"})
#: Turned away for what somebody is, sent or did too often; a wrong address is nobody's concern.
_TELLING: Final = frozenset({401, 403, 413, 421, 429})
_ID: Final = re.compile(rb"[0-9A-Za-z-]{8,64}")
_HEADER: Final = b"x-request-id"
#: A browser that went away before its answer began, or a stop that did not wait for it any longer.
_GONE: Final = 499


class Measured:
    """The middleware; outermost, so that refusals of the guard are counted, too."""

    def __init__(
        self, app: ASGIApp, *, metrics: Metrics, base: str, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._app, self._metrics, self._base, self._clock = app, metrics, base, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on and look."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = route_class(str(scope["path"]), self._base)
        request_id = _request_id(scope)
        status = _GONE

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), (_HEADER, request_id.encode())]}
            await send(message)

        begun = self._clock()
        self._metrics.running.inc()
        try:
            await self._app(scope, receive, noting)
        except Exception:
            status = 500 if status == _GONE else status
            raise
        finally:
            self._metrics.running.dec()
            seconds = self._clock() - begun
            self._metrics.answered(route, status, seconds)
            _tell(scope, route, status, seconds, request_id)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = route_class(str(scope["path"]), self._base)
        request_id = _request_id(scope)
        opened = False

        async def noting(message: Message) -> None:
            nonlocal opened
            if message["type"] == "websocket.accept":
                opened = True
                self._metrics.websockets.inc()
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            if opened:
                self._metrics.websockets.dec()
            status = 101 if opened else 403
            self._metrics.requests.labels(route, str(status)).inc()
            if not opened:
                _tell(scope, route, status, 0.0, request_id)


def _request_id(scope: Scope) -> str:
    """The id that a proxy gave, if it looks like one, else a new one; the log and the answer carry it."""
    given = next((value for name, value in scope["headers"] if name == _HEADER), b"")
    return given.decode() if _ID.fullmatch(given) else uuid.uuid4().hex


def _tell(scope: Scope, route: str, status: int, seconds: float, request_id: str) -> None:
    """A line for errors, refusals, slow answers and whatever is not mere reading; no address, no query."""
    method = str(scope.get("method", "WEBSOCKET"))
    slow = seconds >= SLOW_S
    if status >= 500:
        level = logging.ERROR
    elif status in _TELLING or slow:
        level = logging.WARNING
    elif method in _READING or status == _GONE or route == "upload":
        return
    else:
        level = logging.INFO
    actor = scope.get("pingchang.actor")
    journal.event(
        "slow_request" if slow and status < 400 else "request",
        level=level,
        user=actor.name if actor is not None else None,
        request_id=request_id,
        method=method if method in _METHODS else "other",
        route=route,
        status=status,
        ms=round(seconds * 1000),
    )
