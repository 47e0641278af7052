"""Memory of other processes, watched from a thread while they work."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.machine import resident_mb

#: Between two looks. What a process held at most is kept by the kernel (VmHWM), so little is missed.
_LOOK_S = 0.01


@dataclass
class Peaks:
    """What was seen.

    Attributes:
        children_mb: name → greatest resident memory (VmHWM, files mapped into memory included) of any descendant whose
            command line holds the word behind that name.
        own_mb: greatest anonymous resident memory (RssAnon) of the watched process itself.
    """

    children_mb: dict[str, float] = field(default_factory=dict)
    own_mb: float = 0.0


@contextmanager
def watching(pid: int, words: Mapping[str, str]) -> Iterator[Peaks]:
    """Watch a process and its descendants until the block ends.

    Args:
        pid: the process.
        words: name → word in the command line, for the descendants of interest.
    """
    found, done = Peaks(), threading.Event()

    def look() -> None:
        while not done.wait(_LOOK_S):
            found.own_mb = max(found.own_mb, resident_mb(pid))
            for child in descendants(pid):
                line = _read(child, "cmdline")
                for name, word in words.items():
                    if word in line:
                        found.children_mb[name] = max(found.children_mb.get(name, 0.0), _peak_mb(child))

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield found
    finally:
        done.set()
        watcher.join()


def descendants(pid: int) -> list[int]:
    """Children, their children and so on, as far as they live."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []
    children = [int(word) for task in tasks for word in _read(pid, f"task/{task.name}/children").split()]
    return [*children, *(further for child in children for further in descendants(child))]


def _peak_mb(pid: int) -> float:
    for line in _read(pid, "status").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def _read(pid: int, name: str) -> str:
    """A file about a process; nothing when that has ended."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text(errors="replace")
    except OSError:
        return ""
