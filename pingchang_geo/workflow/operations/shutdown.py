"""Stopping: a server waits for those who publish before it goes.

They are processes of their own, which hold a SIGTERM back until they are done (:mod:`.signals`). A container kills
whatever is left when its server has gone; so the server has to be the last.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from pingchang_geo import journal
from pingchang_geo.store import LocalStore
from pingchang_geo.workflow.uploads.drafts import Drafts

#: Longest wait of a server for publishers. Stop limits of service managers have to be longer.
LIMIT_S: Final = 120.0
_POLL_S: Final = 0.2


def publishing(store: LocalStore) -> bool:
    """Whether anybody on this machine publishes into the store, or is about to."""
    return store.publishing() or Drafts(store.root).any_working("publish")


def wait_for_publishers(
    store: LocalStore,
    limit_s: float = LIMIT_S,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Wait until nobody publishes, at most ``limit_s`` seconds, and say so in the log; whether all of them are done.

    Those who are not go on by themselves if they may; if they are killed, the version before theirs stays current.
    """
    if not publishing(store):
        return True
    begun = clock()
    journal.event("stop_waiting", f"正在发布数据，最多再等 {limit_s:.0f} 秒")
    while publishing(store):
        if clock() - begun >= limit_s:
            words = "发布未能在时限内完成，不再等待；当前版本不受影响"
            journal.event("stop_gave_up", words, level=logging.WARNING, seconds=round(clock() - begun, 1))
            return False
        sleep(_POLL_S)
    journal.event("stop_waited", "发布已完成", seconds=round(clock() - begun, 1))
    return True
