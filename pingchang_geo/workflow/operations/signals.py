"""What must not be cut in half holds signals back.

A service manager sends SIGTERM to all processes of a service at once, a publisher among them.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unbroken() -> Iterator[None]:
    """SIGTERM waits for the end of the block, then does what it would have done. Blocks may lie in one another.

    Only in a main thread can signals be held back; elsewhere this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: waiting.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before if before is not None else signal.SIG_DFL)
        if waiting:
            signal.raise_signal(signal.SIGTERM)
