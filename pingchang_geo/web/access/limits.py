"""How much and how often: bodies counted while they stream, attempts counted in memory."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

from pingchang_geo.access.names import name_key

#: Largest body of a request that uploads nothing: our forms.
SMALL_BODY: Final = 16 * 1024
#: A multipart body is a little larger than the file in it; Streamlit allows the same.
MULTIPART_EXTRA: Final = 1024 * 1024
#: Uploads of the largest size that memory is given for.
_LARGEST_AT_ONCE: Final = 4


class TooLargeError(HTTPException):
    """A body beyond its limit; becomes 413 wherever it surfaces."""

    def __init__(self) -> None:
        super().__init__(413)


def declared(scope: Scope) -> int | None:
    """``Content-Length`` of a request, None where there is none; one that cannot be read counts as endless."""
    values = [value for name, value in scope["headers"] if name == b"content-length"]
    if not values:
        return None
    return int(values[0]) if len(values) == 1 and values[0].isdigit() and len(values[0]) < 16 else 1 << 62


def counted(receive: Receive, most: int) -> Receive:
    """``receive`` that raises :class:`TooLargeError` as soon as more than ``most`` bytes have come; keeps nothing."""
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            if taken > most:
                raise TooLargeError
        return message

    return limited


class Room:
    """Memory for uploads: Streamlit keeps every file until its page is gone, however many a page is sent.

    Readers nobody has asked for a name get a quarter of it, so that they cannot take it from those who update data.
    For the event loop's thread only.

    Args:
        largest: bytes of the largest upload there may be.
        held: bytes that are kept now.
    """

    def __init__(self, largest: int, held: Callable[[], int]) -> None:
        self._largest, self._held = largest, held
        self._coming = 0

    def take(self, size: int, *, known: bool) -> bool:
        """Set ``size`` bytes aside for a file that is about to come; False where they are not left."""
        most = self._largest * (_LARGEST_AT_ONCE if known else 1)
        if self._held() + self._coming + size > most + MULTIPART_EXTRA:
            return False
        self._coming += size
        return True

    def give_back(self, size: int) -> None:
        """The file has come, or will not come any more."""
        self._coming -= size


@dataclass(frozen=True)
class Rate:
    """A limit by name: so many in a window."""

    name: str
    item: RateLimitItem


#: One office shares one address behind NAT; the lock-out of names works besides.
SIGN_INS: Final = Rate("sign-in", parse("30/minute"))
SIGN_INS_HERE: Final = Rate("sign-in-here", parse("10/minute"))
#: From wherever: more than one address can try, so that nobody can keep a name out from a single desk.
SIGN_INS_OF_NAME: Final = Rate("sign-in-name", parse("100/minute"))
LINKS: Final = Rate("link", parse("30/minute"))
UPLOADS: Final = Rate("upload", parse("60/minute"))
#: Fifty readers who reload at once, and again.
CONNECTIONS: Final = Rate("websocket", parse("300/minute"))
#: Pages that one address may have open; an office of fifty, four each.
SOCKETS: Final = 200


class Sockets:
    """Open websockets by address. For the event loop's thread only."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    @contextmanager
    def place(self, group: str) -> Iterator[bool]:
        """Count one more while it is open; whether there was a place left for it."""
        self._open[group] += 1
        try:
            yield self._open[group] <= SOCKETS
        finally:
            self._open[group] -= 1
            if not self._open[group]:
                del self._open[group]


class Rates:
    """Counters of attempts, in memory: they start anew with the process, unlike the lock-out of accounts."""

    def __init__(self) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def wait_s(self, rate: Rate, who: str) -> int:
        """Count one attempt. 0 if it may go on, else the seconds to wait."""
        if self._limiter.hit(rate.item, rate.name, who):
            return 0
        reset = self._limiter.get_window_stats(rate.item, rate.name, who).reset_time
        return max(1, math.ceil(reset - time.time()))

    def sign_in_wait_s(self, name: str, group: str) -> int:
        """The same for an attempt at a password: by address, by name at this address, and by name."""
        hashed = sha256(name_key(name[:256]).encode("utf-8", "replace")).hexdigest()  # any name takes the same room
        return (
            self.wait_s(SIGN_INS, group)
            or self.wait_s(SIGN_INS_HERE, f"{hashed} {group}")
            or self.wait_s(SIGN_INS_OF_NAME, hashed)
        )
