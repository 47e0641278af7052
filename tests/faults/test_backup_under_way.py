"""Backups, restores and prunes while somebody publishes without a break in another process."""

from __future__ import annotations

import hashlib
import shutil
import time
from datetime import UTC, datetime
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from pingchang_geo.errors import BackupError, StoreError
from pingchang_geo.settings import Settings
from pingchang_geo.store import LocalStore
from pingchang_geo.workflow import derive
from pingchang_geo.workflow.operations.backup import backup, verify
from pingchang_geo.workflow.operations.prune import Rules, prune
from pingchang_geo.workflow.operations.restore import restore
from tests.faults import publisher
from tests.faults.conftest import Start
from tests.faults.publisher import LAYER
from tests.faults.whole import assert_whole

ROUNDS = 5
#: So far ahead that everything is old.
LATER = datetime(2199, 1, 1, tzinfo=UTC)


def restored(file: Path, root: Path) -> LocalStore:
    """A new folder from a backup, opened as by a start, everything in it looked at."""
    restore(file, root, "operator")
    store = LocalStore(root)
    derive.ensure(store, store.snapshot())
    for layer in store.snapshot().versions:
        for version in store.versions(layer):
            if not version.pruned_at:
                assert hashlib.sha256(store.content_path(version).read_bytes()).hexdigest() == version.sha256
    assert store.audit_intact()
    return store


def test_backups_while_somebody_publishes(
    root: Path, tmp_path: Path, start: Start, processes: ForkServerContext
) -> None:
    """Each is a state that was: its log is the beginning of the log that went on."""
    receiver, sender = processes.Pipe(duplex=False)
    process = start(publisher.without_end, str(root), sender, 100.0)
    assert receiver.recv()
    live, numbers = LocalStore(root), []
    for round_ in range(ROUNDS):
        before = live.snapshot().versions[LAYER].number
        file = tmp_path / f"{round_}.tar.gz"
        made = backup(live, file, "tester")
        after = live.snapshot().versions[LAYER].number
        numbers.append(int(made.manifest.layers[LAYER].partition("-")[0]))
        assert before <= numbers[-1] <= after
        deadline = time.monotonic() + 60
        while live.snapshot().versions[LAYER].number < after + 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert process.is_alive(), "it published all the time"
    process.kill()
    process.join(60)
    assert len(set(numbers)) == ROUNDS
    whole = [entry.hash for entry in assert_whole(root).audit()]
    for round_ in range(ROUNDS):
        store = restored(tmp_path / f"{round_}.tar.gz", tmp_path / f"restored{round_}")
        *log, last = store.audit()
        assert last.action == "restore"
        assert [entry.hash for entry in log] == whole[: len(log)]
        assert store.snapshot().versions[LAYER].number == numbers[round_]
        assert_whole(store.root)
        again = publisher.put(store.root, 7.0, store.snapshot().versions[LAYER].name)  # life goes on
        assert again.number == numbers[round_] + 1


def test_prunes_and_backups_while_somebody_publishes(
    root: Path, tmp_path: Path, start: Start, processes: ForkServerContext
) -> None:
    receiver, sender = processes.Pipe(duplex=False)
    process = start(publisher.without_end, str(root), sender, 100.0)
    assert receiver.recv()
    live = LocalStore(root)
    chosen = Settings(data_dir=root)
    gone = 0
    for round_ in range(ROUNDS):
        gone += len(prune(live, chosen, "operator", Rules(keep=2, young_days=1), LATER).versions)
        current = live.snapshot().versions[LAYER]
        assert len(live.read(current)) == current.rows
        backup(live, tmp_path / f"{round_}.tar.gz", "tester")
    assert process.is_alive()
    process.kill()
    process.join(60)
    assert gone > 0
    live.sweep()
    assert live.audit_intact()
    for layer in live.snapshot().versions:
        for version in live.versions(layer):
            assert live.content_path(version).exists() is not bool(version.pruned_at)
    for round_ in range(ROUNDS):
        restored(tmp_path / f"{round_}.tar.gz", tmp_path / f"restored{round_}")


def test_no_restore_under_a_publisher(root: Path, tmp_path: Path, start: Start, processes: ForkServerContext) -> None:
    """Refused whenever it is at work; between two of its publishes it would be a restore like any other."""
    file = tmp_path / "b.tar.gz"
    backup(LocalStore(root), file, "tester")
    receiver, sender = processes.Pipe(duplex=False)
    with LocalStore(root).serving():
        process = start(publisher.without_end, str(root), sender, 100.0)
        assert receiver.recv()
        for _ in range(5):
            with pytest.raises(BackupError, match="停止服务"):
                restore(file, root, "operator", replace=True)
    process.kill()
    process.join(60)
    assert_whole(root)
    assert restore(file, root, "operator", replace=True).replaced is not None
    store = LocalStore(root)
    derive.ensure(store, store.snapshot())
    assert assert_whole(root).snapshot().versions[LAYER].number == 1


def test_a_disk_that_fills_up_during_a_backup(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing half stands under the name, and nothing is left beside it."""
    import os  # noqa: PLC0415

    def full(_: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("pingchang_geo.workflow.operations.archive.os.fsync", full)
    monkeypatch.setattr("pingchang_geo.workflow.operations.backup.os.fsync", full)
    target = tmp_path / "backups"
    target.mkdir()
    with pytest.raises(BackupError, match="未生成备份"):
        backup(LocalStore(root), target / "b.tar.gz", "tester")
    assert list(target.iterdir()) == []


def test_a_disk_that_fills_up_during_a_restore(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "b.tar.gz"
    backup(LocalStore(root), file, "tester")
    before = LocalStore(root).snapshot()
    real = shutil.disk_usage

    with monkeypatch.context() as patch:
        patch.setattr("shutil.disk_usage", lambda path: real(path)._replace(free=1 << 20))
        with pytest.raises(BackupError, match="磁盘空间不足"):
            restore(file, root, "operator", replace=True)
    with monkeypatch.context() as patch:

        def full(_: int) -> None:
            raise OSError(28, "full")

        patch.setattr("pingchang_geo.workflow.operations.archive.os.fsync", full)
        with pytest.raises(StoreError, match="恢复时无法写入"):
            restore(file, root, "operator", replace=True)
    assert LocalStore(root).snapshot() == before
    assert not list(root.glob("restore-*"))
    assert verify(file).layers[LAYER] == before.versions[LAYER].name
