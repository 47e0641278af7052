"""What is fetched once and kept: a provider that is slow or down costs nobody more than it must."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from pingchang_geo.web.access.oidc.errors import UnavailableError

T = TypeVar("T")

_LASTS_S: Final = 3600.0
#: How long a kept value still serves while the provider cannot be reached.
_SERVES_S: Final = 24 * 3600.0
#: After a failure nobody asks again for so long; everybody who waits learns of it at once.
_PAUSE_S: Final = 5.0
#: On request a value is not fetched anew more often.
_APART_S: Final = 30.0


class Kept(Generic[T]):
    """A value and how to fetch it. Fetched at first use, never earlier: the server starts with the provider down."""

    def __init__(self, fetch: Callable[[], Awaitable[T]], now: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._now = fetch, now
        self._value: tuple[float, T] | None = None
        self._failure: tuple[float, UnavailableError] | None = None
        self._renewed = float("-inf")
        self._turn = asyncio.Lock()

    async def get(self) -> T:
        """The value, at most an hour old, or a day while the provider is down.

        Raises:
            UnavailableError: there is none that could serve.
        """
        if self._value is None or self._now() - self._value[0] >= _LASTS_S:
            async with self._turn:
                await self._fetched(_LASTS_S)
        assert self._value is not None
        return self._value[1]

    async def renewed(self) -> T:
        """The value, fetched anew unless that was asked for a moment ago.

        Raises:
            UnavailableError: there is none that could serve.
        """
        async with self._turn:
            just_now = self._now() - self._renewed < _APART_S
            if not just_now:
                self._renewed = self._now()
            await self._fetched(_LASTS_S if just_now else 0.0)
        assert self._value is not None
        return self._value[1]

    async def _fetched(self, newer_s: float) -> None:
        now = self._now()
        age = now - self._value[0] if self._value is not None else float("inf")
        if age < newer_s:
            return
        if self._failure is not None and now - self._failure[0] < _PAUSE_S:
            error = self._failure[1]
        else:
            try:
                self._value, self._failure = (now, await self._fetch()), None
                return
            except UnavailableError as failed:
                error = failed
                self._failure = (self._now(), failed)
        if age >= _SERVES_S:
            raise error from None
