"""The process that works on a draft: it holds the draft's lock as long as it lives, whoever started it.

The lock file says what is done and by which process, so that anybody can look, wait or stop it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from pingchang_geo.settings import PROJECT_ROOT

Process = subprocess.Popen[bytes]

LOCK: Final = "job.lock"
#: Steps that a process has told, one a line.
STEPS: Final = "progress.txt"
#: The process's temporary folder: what a killed one leaves goes with the draft, or when the next one begins.
SCRATCH: Final = "tmp"
_POLL_S: Final = 0.01
#: Tries to take a lock: somebody who only looks holds it for an instant.
_TRIES: Final = 20
#: How long a killed process may take to be gone, in seconds.
_GONE_S: Final = 10.0


@contextmanager
def locked(folder: Path, action: str = "") -> Iterator[IO[str] | None]:
    """Hold a draft's lock and note what for; None when a process is at work.

    The note of the job before goes at once: nobody may take its process, long gone, for the one at work.

    Raises:
        FileNotFoundError: there is no such draft (any more).
    """
    with (folder / LOCK).open("a") as file:
        if not _taken(file):
            yield None  # what the process at work has written there stays
            return
        file.truncate(0)
        file.write(action)
        file.flush()
        yield file


def launch(held: IO[str], folder: Path, command: Sequence[str], environment: Mapping[str, str]) -> Process:
    """Start a process that takes the lock over; it goes on when its starter ends."""
    scratch = (folder / SCRATCH).absolute()
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(exist_ok=True)
    (folder / STEPS).write_text("", "utf-8")
    with (folder / "log.txt").open("ab") as log:
        child = subprocess.Popen(
            command,
            cwd=PROJECT_ROOT,
            env={**environment, "PYTHONPATH": str(PROJECT_ROOT), "TMPDIR": str(scratch)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            pass_fds=(held.fileno(),),  # the lock goes over to the child and dies with it
            start_new_session=True,  # the analyst may leave, the server may stop: a publish is not cut in half
        )
    held.write(f" {child.pid}")
    held.flush()
    return child


def at_work(folder: Path) -> str | None:
    """What is being done to a draft, ``inspect`` or ``publish``; None when nobody is at work."""
    return _noted(folder)[0] if working(folder) else None


def stop(folder: Path, action: str) -> None:
    """End the process at work with all that it has started, and wait until it is gone; one that does anything but
    ``action`` is left alone, whenever it has begun.
    """
    deadline = time.monotonic() + _GONE_S
    while working(folder) and time.monotonic() < deadline:
        doing, pid = _noted(folder)
        if doing != action:
            return
        if pid:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)  # a session of its own, so the group has its number
        time.sleep(_POLL_S)


def working(folder: Path) -> bool:
    """Whether a process holds the draft's lock."""
    try:
        with (folder / LOCK).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _noted(folder: Path) -> tuple[str, int]:
    """Action and process of whoever is or was at work; 0 for one that is just being started."""
    try:
        action, _, pid = (folder / LOCK).read_text("utf-8").partition(" ")
    except OSError:
        return "", 0
    return action, int(pid or 0)


def _taken(file: IO[str]) -> bool:
    for _ in range(_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(_POLL_S)
        else:
            return True
    return False
