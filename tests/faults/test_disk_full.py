"""A full disk: said beforehand where that can be known, and nothing changed where it happens all the same."""

import errno
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pingchang_geo import readers
from pingchang_geo.errors import StoreError
from pingchang_geo.readers import archive
from pingchang_geo.readers.model import Limits, Refused
from pingchang_geo.store import LocalStore, catalogue
from pingchang_geo.workflow.publish import current_base
from tests import factories
from tests.faults import publisher
from tests.faults.publisher import LAYER
from tests.faults.whole import assert_swept, assert_whole, files

ROOT = Path(__file__).parents[2]
#: Every way in which publishing asks the file system for something new.
WRITES = (
    (Path, "mkdir"),
    (Path, "rename"),
    (Path, "replace"),
    (Path, "open"),
    (os, "fsync"),
    (pd.DataFrame, "to_parquet"),
    (np, "savez"),
)


class Disk:
    """Counts the requests and refuses one of them, and all that follow, with ENOSPC."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.asked = 0
        self.room: float = float("inf")
        for owner, name in WRITES:
            patch.setattr(owner, name, self._limited(getattr(owner, name), name))

    def _limited(self, real: Callable[..., Any], name: str) -> Callable[..., Any]:
        def ask(*arguments: Any, **options: Any) -> Any:
            mode = arguments[1] if name == "open" and len(arguments) > 1 else options.get("mode", "r")
            # A lock file that is there already takes no space; reading never does.
            if name != "open" or ("w" in mode and arguments[0].suffix != ".lock"):
                self.asked += 1
                if self.asked > self.room:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*arguments, **options)

        return ask


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    with monkeypatch.context() as patch:
        yield Disk(patch)


def test_full_at_every_write(root: Path, disk: Disk) -> None:
    store = LocalStore(root)
    before, listed = store.snapshot(), files(root)
    base = current_base(store, LAYER)
    words = set()
    room = 0
    while True:
        disk.asked, disk.room = 0, room
        try:
            version = publisher.through(store, 70.0, base)
        except StoreError as error:
            words.add(str(error))
        else:
            break
        finally:
            disk.room = float("inf")
        assert store.snapshot() == before
        assert files(root).equals(listed), "the space is given back at once"
        room += 1
    assert room > 15
    refusals = "写入新版本失败", "计算派生数据时无法写入"
    assert words == {f"{what}，当前版本未受影响。 请检查磁盘空间与权限，然后重试。" for what in refusals}
    assert assert_whole(root).snapshot().versions[LAYER] == version
    assert_swept(store)


class Catalogue:
    """A connection that stands before a full disk from the given statement on."""

    def __init__(self, real: sqlite3.Connection, statement: str) -> None:
        self._real, self._statement = real, statement

    def execute(self, text: str, *values: Any) -> Any:
        if text.startswith(self._statement):
            raise sqlite3.OperationalError("database or disk is full")
        return self._real.execute(text, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@pytest.mark.parametrize(
    "statement", ["BEGIN", "INSERT INTO version", "INSERT INTO current", "INSERT INTO audit", "COMMIT"]
)
def test_full_in_the_middle_of_the_switch(statement: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = LocalStore(root)
    before, listed, lines = store.snapshot(), files(root), store.audit()
    base = current_base(store, LAYER)
    real = sqlite3.connect
    with monkeypatch.context() as patch:
        patch.setattr(catalogue.sqlite3, "connect", lambda *a, **k: Catalogue(real(*a, **k), statement))
        with pytest.raises(StoreError, match="磁盘已满"):
            publisher.through(store, 70.0, base)
    assert store.snapshot() == before
    assert store.audit() == lines
    assert files(root).equals(listed)
    assert publisher.put(root, 70.0, base).number == 2
    assert_whole(root)


def test_a_real_file_system_that_fills_up(tmp_path: Path) -> None:
    """Four megabytes of memory as a disk, in a mount namespace of its own, with more or less room left."""
    if not _may_mount(tmp_path):
        pytest.skip("mounting a file system is not permitted here; the tests above stand in for it")
    mount = f'mount -t tmpfs -o size=4m tmpfs "{tmp_path}"'
    script = f'{mount} && exec "{sys.executable}" -m tests.faults.full_disk "{tmp_path}"'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout)
    said = [attempt["said"] for attempt in report["attempts"]]
    assert all(attempt["served"] and attempt["unchanged"] for attempt in report["attempts"]), report
    # It filled up while the content, the derived files and the catalogue were written, and in the end it sufficed.
    for stage in ("写入新版本失败", "计算派生数据时无法写入", "磁盘已满", "published"):
        assert any(stage in text for text in said), said
    assert said[-1] == "published"
    assert "磁盘空间不足" in report["beforehand"]


def _may_mount(folder: Path) -> bool:
    if shutil.which("unshare") is None:
        return False
    script = f'mount -t tmpfs -o size=1m tmpfs "{folder}"'
    return subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, check=False).returncode == 0


def test_what_is_synced_before_what(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut may lose whatever was not synced: content, then its folder, then the name, then the pointer."""
    told: list[str] = []
    real_sync, real_rename = os.fsync, Path.rename

    def note_sync(number: int) -> None:
        name = Path(f"/proc/self/fd/{number}").readlink()
        told.append(f"sync {'content' if name.suffix == '.parquet' else 'folder in ' + name.parent.name}")
        real_sync(number)

    def note_rename(path: Path, target: Path) -> Path:
        told.append("rename")
        return real_rename(path, target)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(Path, "rename", note_rename)
    store = LocalStore(root)
    switch = store._catalogue.switch
    monkeypatch.setattr(store._catalogue, "switch", lambda *a: (told.append("switch"), switch(*a))[1])
    publisher.through(store, 70.0, current_base(store, LAYER))
    assert told[:4] == ["sync content", "sync folder in staging", "rename", "sync folder in versions"]
    assert told[-1] == "switch"
    assert told.count("switch") == 1


def test_no_room_for_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The temporary folder is on a disk of its own, and that can be full, too: the file is not to blame."""
    shp = factories.write_shapefile(factories.sample_forest(4), tmp_path / "shp")
    packed = factories.zip_shapefile(shp, tmp_path / "a.zip")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(Refused) as caught:
        readers.read([packed])
    assert caught.value.issue.code == "READ_NO_SPACE"
    assert "文件本身未必有问题" in caught.value.issue.fix
    assert "nowhere" not in str(caught.value)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(archive, "_write", full)
    with pytest.raises(Refused) as caught:
        archive.unpack(packed, "a.zip", tmp_path, frozenset({"shp"}), Limits())
    assert caught.value.issue.code == "READ_NO_SPACE"
