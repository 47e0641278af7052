"""A watch over a process that handles what came from outside: so much time and memory, then a last word and the end.

For processes of their own only (a command, the process that works on a draft), since it ends them. What hangs there,
hangs in GEOS or PROJ, whose work may grow with the square of a file: they let go of the interpreter but cannot be
interrupted. So another thread looks at the clock and the memory, has the refusal written, and ends the process.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from pingchang_geo.issues import Decision, Issue
from pingchang_geo.messages import issue
from pingchang_geo.readers.model import Limits

#: What reading and checking together may cost, as multiples of what reading may.
TIMES_SECONDS: Final = 3
TIMES_MEMORY: Final = 2
#: Of the machine's or the container's memory: beyond, the system ends some process, and nobody is told why.
_SHARE: Final = 0.6
_EVERY_SECONDS: Final = 0.2
_MEMORY: Final = Path("/proc/self/statm")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
#: What a container may have, by cgroup v2 and v1; the machine's own root has none or a number beyond all bounds.
_CONTAINER: Final = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


@contextmanager
def watched(limits: Limits, last_word: Callable[[Issue], object]) -> Iterator[None]:
    """Watch over this process while the block runs.

    Args:
        limits: of reading; see :data:`TIMES_SECONDS` and :func:`memory_limit_mb`.
        last_word: called in another thread with the refusal when either is used up; then the process ends with the exit
            code of a refusal, whatever the block is doing.
    """
    done = threading.Event()
    thread = threading.Thread(target=_watch, args=(limits, last_word, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()  # for ever, if the last word is being said: two answers would be none


def _watch(limits: Limits, last_word: Callable[[Issue], object], done: threading.Event) -> None:
    end = time.monotonic() + TIMES_SECONDS * limits.worker_seconds
    most_mb = memory_limit_mb(limits.worker_memory_mb, _present_bytes(_CONTAINER))
    while not done.wait(_EVERY_SECONDS):
        if time.monotonic() > end:
            found = issue("INSPECT_TIMEOUT", seconds=TIMES_SECONDS * limits.worker_seconds)
        elif _memory_mb() > most_mb:
            found = issue("INSPECT_MEMORY", limit=most_mb)
        else:
            continue
        try:
            last_word(found)
        finally:
            os._exit(Decision.REJECT.exit_code)


def memory_limit_mb(worker_memory_mb: int, present_bytes: Iterable[int]) -> int:
    """What reading and checking may hold: a multiple of what reading may, and never most of what is there. Pure.

    Args:
        worker_memory_mb: limit of reading.
        present_bytes: memory of the machine, and of the container if there is one.
    """
    return min([TIMES_MEMORY * worker_memory_mb, *(int(_SHARE * present) >> 20 for present in present_bytes)])


def _present_bytes(container: Iterable[Path]) -> list[int]:
    """Memory of the machine, and what each of the files allows; without a limit they say ``max`` or are not there."""
    present = [os.sysconf("SC_PHYS_PAGES") * _PAGE_BYTES]
    for path in container:
        with suppress(OSError, ValueError):
            present.append(int(path.read_text("ascii")))
    return present


def _memory_mb() -> int:
    """Memory that this process holds; 0 where the system does not tell."""
    try:
        return int(_MEMORY.read_text("ascii").split()[1]) * _PAGE_BYTES >> 20
    except (OSError, ValueError, IndexError):
        return 0
