"""The life of a server around its data folder: prepare, tell, wait for publishers, go."""

from __future__ import annotations

import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from typing import Final

import anyio.to_thread

from pingchang_geo import journal
from pingchang_geo.errors import PingchangError
from pingchang_geo.store import LocalStore
from pingchang_geo.workflow.operations.readiness import refuse
from pingchang_geo.workflow.operations.shutdown import LIMIT_S, wait_for_publishers
from pingchang_geo.workflow.operations.trail import Trail

#: A page that is computed lets a tile that is drawn through after so long: it asks for Python's lock some ten times.
_SWITCH_S: Final = 0.001


@asynccontextmanager
async def service(
    store: LocalStore, prepare: Callable[[], None], *, port: int | None = None, limit_s: float = LIMIT_S
) -> AsyncIterator[None]:
    """For a server's lifespan.

    The folder is held against a restore. ``prepare`` runs first; what it refuses ends the process with a sentence. In
    the end the server waits up to ``limit_s`` seconds for publishers (:func:`.shutdown.wait_for_publishers`).
    """
    sys.setswitchinterval(_SWITCH_S)
    journal.adopt()  # the server has brought its own handlers by now
    with ExitStack() as held:
        try:
            held.enter_context(store.serving())
            await anyio.to_thread.run_sync(prepare)
        except PingchangError as error:
            refuse(error)
        trail = Trail(store)
        threading.Thread(target=trail.follow, name="trail", daemon=True).start()
        journal.event("started", "服务已启动", port=port)
        try:
            yield
        finally:
            journal.event("stopping", "正在停止")
            await anyio.to_thread.run_sync(lambda: wait_for_publishers(store, limit_s))
            trail.stop()
            journal.event("stopped", "服务已停止")
