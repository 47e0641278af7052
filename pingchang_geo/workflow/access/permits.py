"""Permits to upload, held in memory: a page that shows an uploader grants, the guard in front of the server asks.

Streamlit itself takes a file from whoever names a session. So an upload needs a permit of that Streamlit session, given
to the person whose own session the request carries: layer data can only be sent from the page that asks for it, by
somebody who may. A restart of the server forgets permits, as it forgets the Streamlit sessions they belong to.
"""

from __future__ import annotations

import hmac
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

#: A page grants anew with every run.
LASTS_S: Final = 30 * 60
#: More pages than the server can hold open.
_MOST: Final = 10_000


@dataclass(frozen=True)
class _Permit:
    actor_session: str
    max_bytes: int
    ends: float


class UploadPermits:
    """Streamlit session → who may upload how much; safe from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = _MOST) -> None:
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        self._held: OrderedDict[str, _Permit] = OrderedDict()

    def grant(self, streamlit_session: str, actor_session: str, max_mb: int) -> None:
        """Let one page take files for the next half hour; the last grant of a page counts.

        Args:
            streamlit_session: id of the page's Streamlit session.
            actor_session: public id of the person's session; ``""`` for readers who are not signed in.
            max_mb: largest body, in MB.
        """
        with self._lock:
            self._held[streamlit_session] = _Permit(actor_session, max_mb << 20, self._clock() + LASTS_S)
            self._held.move_to_end(streamlit_session)
            while len(self._held) > self._most:
                self._held.popitem(last=False)

    def revoke(self, streamlit_session: str) -> None:
        """Take a page's permit back, for instance when it shows no uploader any more."""
        with self._lock:
            self._held.pop(streamlit_session, None)

    def allowed(self, streamlit_session: str, actor_session: str) -> int | None:
        """Largest body in bytes that may be sent to a page by this person; None: nothing at all."""
        with self._lock:
            permit = self._held.get(streamlit_session)
            if permit is not None and permit.ends <= self._clock():
                del self._held[streamlit_session]
                return None
        if permit is None:
            return None
        same = hmac.compare_digest(permit.actor_session.encode(), actor_session.encode())
        return permit.max_bytes if same else None


#: The process's permits.
PERMITS: Final = UploadPermits()
