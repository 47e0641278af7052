"""Lock files: held by a process, gone with it however it ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

#: One publisher at a time.
PUBLISH: Final = "publish.lock"
#: Shared by those who write derived files, alone by those who clear up among them.
DERIVED: Final = "derived.lock"
#: Shared by servers that serve the folder, alone by those who exchange it.
SERVE: Final = "serve.lock"
#: Shared by backups that read versions, alone by those who remove some.
BACKUP: Final = "backup.lock"
ALL: Final = (PUBLISH, DERIVED, SERVE, BACKUP)


@contextmanager
def locked(path: Path, *, alone: bool, wait: bool = True) -> Iterator[bool]:
    """Hold the lock file ``path``; False when it is taken and was not to be waited for.

    A lock file that root makes belongs to the owner of its folder: the service has to be able to open it afterwards.

    Raises:
        OSError: the file cannot be made.
    """
    how = (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | (0 if wait else fcntl.LOCK_NB)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666), "r+") as file:
        _hand_over(file.fileno(), path.parent)
        try:
            fcntl.flock(file, how)
        except BlockingIOError:
            held = False
        else:
            held = True
        yield held


def taken(path: Path) -> bool:
    """Whether somebody holds the lock right now."""
    if not path.exists():
        return False
    with locked(path, alone=True, wait=False) as free:
        return not free


def _hand_over(file: int, folder: Path) -> None:
    """Give root's own file to the folder's owner; never one that has other names, which may lie anywhere."""
    found = os.fstat(file)
    if os.geteuid() == 0 == found.st_uid and found.st_nlink == 1:
        owner = folder.stat()
        os.fchown(file, owner.st_uid, owner.st_gid)
