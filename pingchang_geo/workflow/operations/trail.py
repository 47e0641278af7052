"""Lines of the audit log as events of the server's log, whichever process wrote them.

Publishing runs in processes of its own and from the command line; the audit log is where they all write. Only who did
what to which version is passed on: notes, reasons and addresses stay where they are.
"""

from __future__ import annotations

import logging
import threading
from typing import Final

from pingchang_geo import journal
from pingchang_geo.errors import StoreError
from pingchang_geo.store import LocalStore

EVERY_S: Final = 2.0
_TOLD: Final = ("layer", "version", "rows", "seconds", "bytes")
_WARNED: Final = frozenset({"forbidden", "locked", "refuse", "sign_in_failed"})


class Trail:
    """Tells the log's new lines from the moment on when it was made."""

    def __init__(self, store: LocalStore) -> None:
        self._store = store
        lines = store.audit()
        self._seen = lines[-1].seq if lines else 0
        self._stopped = threading.Event()

    def tell(self) -> int:
        """Tell what is new; how many lines that were. A store that cannot be read now is asked again later."""
        try:
            new = self._store.audit_since(self._seen)
        except StoreError:
            return 0
        for entry in new:
            told = {name: entry.detail[name] for name in _TOLD if isinstance(entry.detail.get(name), str | int | float)}
            level = logging.WARNING if entry.action in _WARNED else logging.INFO
            journal.event("audit", level=level, user=entry.actor, action=entry.action, seq=entry.seq, **told)
            self._seen = entry.seq
        return len(new)

    def follow(self) -> None:
        """Tell again and again, until :meth:`stop`; for a thread."""
        while not self._stopped.wait(EVERY_S):
            self.tell()

    def stop(self) -> None:
        """End :meth:`follow`, and tell what came last."""
        self._stopped.set()
        self.tell()
