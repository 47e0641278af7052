"""Exchange the content of a data folder, in steps that can be repeated.

The new content lies in a folder inside the data folder, whose name says how far the exchange has come.
``restore-ready-…``: what is there is being moved aside to ``replaced-…``. ``restore-entering-…``: the new files are
being moved up. Whoever finds one of them finishes the work. The data folder itself stays where it is, since it may be a
mounted disk.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pingchang_geo.errors import StoreError
from pingchang_geo.store import locks, sync_folder
from pingchang_geo.store.catalogue import now

UNPACKING: Final = "restore-unpacking"
READY: Final = "restore-ready-"
ENTERING: Final = "restore-entering-"
REPLACED: Final = "replaced-"
#: Names that an exchange leaves where they are.
_STAYS: Final = (UNPACKING, READY, ENTERING, REPLACED, "lost+found", *locks.ALL)


def interrupted(root: Path) -> bool:
    """Whether an exchange has begun and not ended."""
    return any(root.glob(f"{READY}*")) or any(root.glob(f"{ENTERING}*"))


def settle(root: Path) -> None:
    """Finish an exchange that was interrupted; called before a store is opened.

    Raises:
        StoreError: one is going on right now.
    """
    if not interrupted(root):
        return
    with locks.locked(root / locks.SERVE, alone=True, wait=False) as alone:
        if not alone:
            raise StoreError("数据目录正在恢复。", fix="请等恢复完成后重试。")
        finish(root)


def finish(root: Path) -> None:
    """Go on with an exchange from wherever it stopped; the caller is alone."""
    for ready in sorted(root.glob(f"{READY}*")):
        stamp = ready.name.removeprefix(READY)
        _move_all(_entries(root), root / f"{REPLACED}{stamp}")
        ready = ready.rename(root / f"{ENTERING}{stamp}")  # noqa: PLW2901  # the same folder, one step on
        sync_folder(root)
    for entering in sorted(root.glob(f"{ENTERING}*")):
        _move_all(sorted(entering.iterdir()), root)
        entering.rmdir()
        sync_folder(root)


def _move_all(paths: list[Path], target: Path) -> None:
    if not paths:
        return
    target.mkdir(exist_ok=True)
    for path in paths:
        path.rename(target / path.name)
    sync_folder(target)


def _entries(root: Path) -> list[Path]:
    return [path for path in sorted(root.iterdir()) if not path.name.startswith(_STAYS)]


def occupied(root: Path) -> bool:
    """Whether there is anything that an exchange would move aside."""
    return bool(_entries(root))


def free_stamp(root: Path) -> str:
    """A time that no earlier exchange has used."""
    plain = now().replace("-", "").replace(":", "")
    taken = {path.name.removeprefix(REPLACED) for path in root.glob(f"{REPLACED}*")}
    return next(name for number in range(1, 1_000) if (name := f"{plain}-{number}") not in taken)
