"""Who asks: where an identity comes from, and how long an answer may be repeated from memory."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

import anyio
import anyio.to_thread
from starlette.types import Scope

from pingchang_geo.access import Actor
from pingchang_geo.access.tokens import is_token
from pingchang_geo.settings import Settings
from pingchang_geo.workflow.access import Access

#: From a scope with its headers to whoever asks; None for nobody. ``scope["pingchang.token"]`` is our cookie's value.
Source = Callable[[Scope], Awaitable[Actor | None]]

#: How long a revoked session can still be answered for requests, in seconds. A map asks for dozens of tiles at once.
MEMORY_S: Final = 2.0
_MOST: Final = 4096
#: Threads that ask the database at once; tiles have threads of their own to wait for.
_THREADS: Final = 4


class Remembered:
    """Answers kept for a moment, wrong ones too. For the event loop's thread only."""

    def __init__(
        self,
        look: Callable[..., Actor | None],
        *,
        seconds: float = MEMORY_S,
        most: int = _MOST,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look, self._seconds, self._most, self._now = look, seconds, most, now
        self._known: OrderedDict[tuple[object, ...], tuple[float, Actor | None]] = OrderedDict()
        self._threads: anyio.CapacityLimiter | None = None

    async def get(self, *key: object) -> Actor | None:
        """What ``look(*key)`` says, asked in a thread, or said at most ``seconds`` ago."""
        found = self._known.get(key)
        if found is not None and self._now() < found[0]:
            return found[1]
        if self._threads is None:
            self._threads = anyio.CapacityLimiter(_THREADS)
        asked = self._now()
        actor = await anyio.to_thread.run_sync(self._look, *key, limiter=self._threads)
        self._known[key] = (asked + self._seconds, actor)
        self._known.move_to_end(key)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return actor

    def forget(self, *key: object) -> None:
        """Ask again next time."""
        self._known.pop(key, None)


class CookieSource:
    """The session cookie, checked against the session table."""

    def __init__(self, access: Access, *, seconds: float = MEMORY_S) -> None:
        self._remembered = Remembered(access.who, seconds=seconds)

    async def __call__(self, scope: Scope) -> Actor | None:
        """The actor of the request's session."""
        token = scope.get("pingchang.token", "")
        return await self._remembered.get(token) if is_token(token) else None

    def forget(self, token: str) -> None:
        """A session that has just ended here must not be answered from memory."""
        self._remembered.forget(token)


def chosen_source(chosen: Settings, access: Access) -> Source:
    """The identity source that the settings name: our own sessions (signed in here or by OIDC), or a trusted proxy."""
    if chosen.identity == "proxy":
        from pingchang_geo.web.access import proxied  # noqa: PLC0415  only where it is used

        source: Source = proxied.source(chosen, access)
        return source
    return CookieSource(access)
