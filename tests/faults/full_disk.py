"""Publish on a file system that is really full: ``python -m tests.faults.full_disk FOLDER`` prints what happened.

FOLDER is an empty file system of a few megabytes. The check beforehand is switched off, so that the disk fills up in
the middle of writing; a ballast file leaves less or more room.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any
from unittest import mock

from pingchang_geo.access import operator
from pingchang_geo.errors import StoreError
from pingchang_geo.provenance import Provenance
from pingchang_geo.store import LocalStore, local
from pingchang_geo.workflow.publish import publish
from tests import layer_frames
from tests.faults import publisher
from tests.faults.whole import assert_whole, files

#: Kilobytes left free, from nothing to plenty.
ROOM = (0, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384)


def fill(folder: Path, left: int) -> Path:
    """Ballast that leaves so many kilobytes free."""
    ballast = folder / "ballast"
    ballast.unlink(missing_ok=True)
    state = os.statvfs(folder)
    size = state.f_bavail * state.f_frsize - left * 1024
    with ballast.open("wb") as file:
        file.write(bytes(max(size, 0)))
    return ballast


def attempt(folder: Path, root: Path, left: int) -> dict[str, Any]:
    """Try to publish with so little room; what was said, and whether everything is as before."""
    before = LocalStore(root).snapshot().versions[publisher.LAYER]
    listed = files(root)
    ballast = fill(folder, left)
    try:
        version = publisher.put(root, 100.0 + left, before.name)
        said = "published"
    except StoreError as error:
        version, said = before, str(error)
    served = LocalStore(root).snapshot().versions[publisher.LAYER]  # still on the full disk
    readable = len(LocalStore(root).read(served)) == served.rows
    unchanged = said == "published" or files(root).equals(listed)
    ballast.unlink()
    assert_whole(root)
    return {"left": left, "said": said, "served": served == version and readable, "unchanged": unchanged}


def main(folder: Path) -> dict[str, Any]:
    """All attempts, then one with room again; and what the check beforehand says."""
    root = folder / "data"
    publisher.with_tiles()
    store = LocalStore(root)
    with mock.patch.object(local, "_SPACE_SPARE", 0), mock.patch.object(local, "_SPACE_FACTOR", 0):
        for layer, frame in layer_frames.all_layers().items():
            source: Provenance = layer_frames.REFERENCE
            publish(store, layer, frame, provenance=source, actor=operator("系统"), note="", base=None)
        attempts = [attempt(folder, root, left) for left in ROOM]
        base = store.snapshot().versions[publisher.LAYER].name
        publisher.put(root, 999.0, base)
        assert_whole(root)
    try:
        publisher.put(root, 1000.0, store.snapshot().versions[publisher.LAYER].name)
        beforehand = ""
    except StoreError as error:
        beforehand = str(error)
    return {"attempts": attempts, "beforehand": beforehand}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1])), ensure_ascii=False))
