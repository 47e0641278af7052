"""Stopping and starting: publishers hold signals back, servers wait for them, bad starts are sentences."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pingchang_geo import journal
from pingchang_geo.errors import AssetMissingError, PingchangError, StartError, StoreError
from pingchang_geo.settings import Settings
from pingchang_geo.store import LocalStore, locks
from pingchang_geo.store.copies import copy_database
from pingchang_geo.workflow import start
from pingchang_geo.workflow.operations import readiness
from pingchang_geo.workflow.operations.shutdown import publishing, wait_for_publishers
from pingchang_geo.workflow.operations.signals import unbroken
from pingchang_geo.workflow.operations.trail import Trail
from pingchang_geo.workflow.uploads import jobs

ROOT = Path(__file__).parents[2]


class Told(list[dict[str, object]]):
    """Events of the log."""

    def names(self) -> list[object]:
        return [event["event"] for event in self]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    events = Told()
    monkeypatch.setattr(journal, "event", lambda name, message="", **fields: events.append({"event": name, **fields}))
    return events


# -- signals


def test_sigterm_waits_for_the_end_of_the_outermost_block() -> None:
    """In a process of its own, since it dies of it: after the last line, and of nothing else."""
    script = """
import os, signal
from pingchang_geo.workflow.operations.signals import unbroken
with unbroken():
    with unbroken():
        os.kill(os.getpid(), signal.SIGTERM)
        print("inner", flush=True)
    print("outer", flush=True)
print("after", flush=True)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["inner", "outer"]
    assert done.returncode == -signal.SIGTERM


def test_without_a_signal_everything_is_as_before() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with unbroken():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_an_error_passes_through() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(ZeroDivisionError), unbroken():
        _ = 1 / 0
    assert signal.getsignal(signal.SIGTERM) == before


def test_other_threads_are_left_alone() -> None:
    seen: list[object] = []

    def run() -> None:
        with unbroken():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGTERM)]


# -- waiting for publishers


def test_nobody_to_wait_for(store: LocalStore, told: Told) -> None:
    assert wait_for_publishers(store)
    assert told == []


def test_a_publisher_is_waited_for(store: LocalStore, told: Told) -> None:
    times = iter(range(100))
    with locks.locked(store.root / locks.PUBLISH, alone=True):
        assert publishing(store)
        naps: list[float] = []

        class DoneError(Exception):
            pass

        def sleep(seconds: float) -> None:
            naps.append(seconds)
            if len(naps) == 3:
                raise DoneError

        with pytest.raises(DoneError):
            wait_for_publishers(store, clock=lambda: next(times), sleep=sleep)
    assert told.names() == ["stop_waiting"]
    assert not publishing(store)


def test_the_wait_ends_with_the_publish(store: LocalStore, told: Told) -> None:
    lock = locks.locked(store.root / locks.PUBLISH, alone=True)
    lock.__enter__()
    assert wait_for_publishers(store, clock=lambda: 0.0, sleep=lambda _: lock.__exit__(None, None, None) and None)
    assert told.names() == ["stop_waiting", "stop_waited"]


def test_the_wait_has_an_end(store: LocalStore, told: Told) -> None:
    times = iter([0.0, 1.0, 5.0, 5.0])
    with locks.locked(store.root / locks.PUBLISH, alone=True):
        assert not wait_for_publishers(store, 5.0, clock=lambda: next(times), sleep=lambda _: None)
    assert told.names() == ["stop_waiting", "stop_gave_up"]


def test_a_draft_that_publishes_counts_one_that_is_inspected_does_not(store: LocalStore) -> None:
    folder = store.root / "drafts" / ("0" * 12)
    folder.mkdir(parents=True)
    for action, counts in (("publish", True), ("inspect", False)):
        with locks.locked(folder / "job.lock", alone=True):
            (folder / "job.lock").write_text(action)
            with jobs.locked(folder) as second:  # somebody else wants to begin, and leaves no trace
                assert second is None
            assert publishing(store) is counts


# -- the audit log in the server's log


def test_the_trail_tells_each_new_line_once_and_no_free_text(store: LocalStore, told: Told) -> None:
    trail = Trail(store)
    assert trail.tell() == 0
    store.log("张三", "refuse", reason="含个人信息", address="10.1.2.3", layer="forest", issues=["X"])
    store.log("李四", "backup", bytes=10, file="b.tar.gz")
    assert trail.tell() == 2
    assert trail.tell() == 0
    refused, saved = told
    assert refused == {
        **{"event": "audit", "level": 30, "user": "张三", "action": "refuse", "layer": "forest"},
        "seq": refused["seq"],
    }
    assert (saved["action"], saved["bytes"], saved["level"]) == ("backup", 10, 20)
    assert json.dumps(told, ensure_ascii=False).find("个人信息") == -1


def test_the_trail_bears_an_unreadable_store(store: LocalStore, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    trail = Trail(store)
    store.log("张三", "refuse")

    def broken(_: int) -> None:
        raise StoreError("坏了")

    with monkeypatch.context() as patch:
        patch.setattr(store, "audit_since", broken)
        assert trail.tell() == 0
    trail.stop()
    assert told.names() == ["audit"]


# -- bad starts


@pytest.fixture
def chosen(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings of the test's folder, in force for what the start opens."""
    settings = Settings(data_dir=store.root)
    monkeypatch.setattr(start, "settings", lambda: settings)
    start.open_store.cache_clear()
    start.access.cache_clear()
    yield settings
    start.open_store.cache_clear()
    start.access.cache_clear()


def test_ready(chosen: Settings) -> None:
    readiness.require_ready(chosen)
    assert not list(chosen.data_dir.glob(".probe*"))


def test_missing_assets(chosen: Settings, tmp_path: Path) -> None:
    with pytest.raises(AssetMissingError, match="make setup"):
        readiness.require_ready(chosen.model_copy(update={"web_dir": tmp_path}))


def test_a_damaged_catalogue(chosen: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Damage behind the first pages: SQLite opens the file, and only a check of all pages can tell."""
    root = tmp_path / "damaged"
    root.mkdir()
    copy_database(chosen.data_dir / "catalogue.sqlite", root / "catalogue.sqlite")
    content = bytearray((root / "catalogue.sqlite").read_bytes())
    content[4096 * 3 :] = bytes(len(content) - 4096 * 3)
    (root / "catalogue.sqlite").write_bytes(content)
    damaged = chosen.model_copy(update={"data_dir": root})
    monkeypatch.setattr(start, "settings", lambda: damaged)
    with pytest.raises(StoreError, match=r"已损坏.*从备份恢复"):
        readiness.require_ready(damaged)


def test_a_version_that_cannot_be_read(chosen: Settings, store: LocalStore) -> None:
    path = store.content_path(store.snapshot().versions["forest"])
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(StoreError, match=r"forest 1-\w+ 的数据文件无法读取.*从备份恢复"):
        readiness.require_ready(chosen)
    path.unlink()
    with pytest.raises(StoreError, match="缺失"):
        readiness.require_ready(chosen)


def test_damaged_accounts(chosen: Settings) -> None:
    (chosen.data_dir / "accounts.sqlite").write_bytes(os.urandom(8192))
    with pytest.raises(PingchangError, match=r"账户库.*损坏"):
        readiness.require_ready(chosen)


def test_a_full_disk(chosen: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("usage", (), {"free": 3 << 20}))
    with pytest.raises(StartError, match="至少需要 64 MB，剩余 3 MB。 请清理磁盘"):
        readiness.require_ready(chosen)


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartError, match="无法写入") as caught:
        readiness.require_writable(tmp_path / "file")
    assert str(tmp_path) not in str(caught.value)


def test_a_temporary_folder_is_swept_only_where_it_is_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    outside, scratch = tmp_path / "outside", tmp_path / "scratch"
    for folder in (outside, scratch / "pingchang-read-x"):
        folder.mkdir(parents=True)
        (folder / "file").write_text("x")
    (scratch / "left").write_text("x")
    (scratch / "link").symlink_to(outside)
    readiness.sweep_scratch()
    assert len(list(scratch.iterdir())) == 3
    (scratch / readiness.SCRATCH_MARK).touch()
    readiness.sweep_scratch()
    assert [path.name for path in scratch.iterdir()] == [readiness.SCRATCH_MARK]
    assert (outside / "file").exists()


def test_ports() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match=rf"端口 {port} 已被占用。 请用 --port 换一个端口"):
            readiness.require_port("127.0.0.1", port)
        with pytest.raises(StartError, match=f"端口 {port} 已被占用"):
            readiness.require_port("0.0.0.0", port)
    readiness.require_port("127.0.0.1", port)
    with pytest.raises(StartError, match="不是本机的地址"):
        readiness.require_port("192.0.2.1", port)
    with pytest.raises(StartError, match="无法使用"):
        readiness.require_port("没有这个名字.invalid", port)


def test_a_refusal_ends_the_process_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, readiness.refusing():
        raise StartError("端口 1 已被占用。", fix="换一个。")
    assert ended.value.code == 2
    assert capsys.readouterr().err == "错误：端口 1 已被占用。 换一个。\n"
