"""The accounts file: private, one transaction at a time, and in words when it cannot be used."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pingchang_geo.access import Role, Session, User
from pingchang_geo.errors import StoreError
from pingchang_geo.store.directory import Directory
from pingchang_geo.store.records import Link, Tally

ZHANG = User("张三", Role.ANALYST)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "accounts.sqlite"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def open_umask() -> object:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_only_its_owner_reads_it(path: Path) -> None:
    directory = Directory(path)
    with directory.changing() as records:
        records.put_user(ZHANG, 1)
    assert {found.name: mode(found) for found in path.parent.glob("accounts*")} == {
        "accounts.sqlite": 0o600,
        "accounts.sqlite-wal": 0o600,
        "accounts.sqlite-shm": 0o600,
    }


@pytest.mark.parametrize("wide", [0o644, 0o660, 0o777])
def test_a_file_that_others_read_is_closed_to_them(path: Path, wide: int) -> None:
    Directory(path)
    path.chmod(wide)
    Directory(path)
    assert mode(path) == 0o600


def test_a_user_is_kept_and_changed(path: Path) -> None:
    directory = Directory(path)
    with directory.changing() as records:
        records.put_user(ZHANG, 1_800_000_000)
        records.set_password("张三", "hash")
        records.put_user(User("张三", Role.ADMIN, disabled=True), 1_900_000_000)
    with Directory(path).reading() as records:
        user = records.user("张三")
        assert user == User("张三", Role.ADMIN, disabled=True, created_at="2027-01-15T08:00:00Z")
        assert records.password("张三") == "hash"
        assert records.user("李四") is None and records.password("李四") is None
        assert records.users() == (user,)


def test_what_is_raised_inside_undoes_everything(path: Path) -> None:
    directory = Directory(path)
    with pytest.raises(RuntimeError), directory.changing() as records:
        records.put_user(ZHANG, 1)
        raise RuntimeError
    with directory.reading() as records:
        assert records.users() == ()


def test_a_reader_sees_one_moment(path: Path) -> None:
    directory = Directory(path)
    with directory.reading() as before:
        assert before.users() == ()
        with directory.changing() as records:
            records.put_user(ZHANG, 1)
        assert before.users() == ()
    with directory.reading() as after:
        assert len(after.users()) == 1


def test_a_reader_changes_nothing_for_good(path: Path) -> None:
    directory = Directory(path)
    with directory.reading() as records:
        records.put_user(ZHANG, 1)
    with directory.reading() as records:
        assert records.users() == ()


def test_writers_wait_for_one_another(path: Path) -> None:
    """A counter that many threads read and write: no count is lost."""
    directory = Directory(path)

    def count() -> None:
        for _ in range(25):
            with directory.changing() as records:
                records.put_tally("key", Tally(records.tally("key").failures + 1, 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with directory.reading() as records:
        assert records.tally("key").failures == 100


def test_what_no_longer_counts_is_forgotten(path: Path) -> None:
    directory = Directory(path)
    with directory.changing() as records:
        records.put_user(ZHANG, 1)
        for name, seen, ends in (("alive", 90, 200), ("unused", 50, 200), ("ended", 90, 100)):
            records.put_session(Session(name, "张三", "accounts", 1, seen, ends))
        records.put_link("good", Link("张三", False, 101))
        records.put_link("first", Link("admin", True, 100))
        records.put_tally("old", Tally(3, 60))
        records.put_tally("locked", Tally(5, 60, 150))
        records.put_tally("new", Tally(3, 61))
        records.met("张三", "here", 30)
        records.met("张三", "there", 31)
        records.prune(100, unused_since=50, counted_since=60, met_since=30)
    with directory.reading() as records:
        assert [session.id for session in records.sessions_of("张三")] == ["alive"]
        assert records.link("good", 100) == Link("张三", False, 101) and records.link("first", 50) is None
        assert [records.tally(key).failures for key in ("old", "locked", "new")] == [0, 5, 3]
        assert [records.familiar("张三", place, 0) for place in ("here", "there")] == [False, True]


def test_a_session_that_ended_does_not_come_back_by_use(path: Path) -> None:
    directory = Directory(path)
    with directory.changing() as records:
        records.put_user(ZHANG, 1)
        records.put_session(Session("s", "张三", "accounts", 1, 5, 100))
        records.touch("s", 3)  # a clock that went back
        assert [session.seen for session in records.sessions_of("张三")] == [5]
        records.end_session("s")
        records.touch("s", 9)
        assert records.session("s") is None


def test_a_session_needs_a_user(path: Path) -> None:
    directory = Directory(path)
    with pytest.raises(StoreError), directory.changing() as records:
        records.put_session(Session("s", "nobody", "accounts", 1, 1, 2))


def _text(path: Path) -> None:
    path.write_bytes(b"not a database, but long enough to look like a file of some sort " * 40)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def _scrambled(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:12288] = b"\xa5" * 8192
    path.write_bytes(content)


def test_a_file_of_the_first_version_is_brought_up_to_date(path: Path) -> None:
    directory = Directory(path)
    with directory.changing() as records:
        records.put_user(User("zhang", Role.ANALYST, "oidc"), 1)
    connection = sqlite3.connect(path)
    connection.execute("ALTER TABLE user DROP COLUMN registered")
    connection.execute("PRAGMA user_version=1")
    connection.close()
    with Directory(path).changing() as records:
        (before,) = records.users()
        assert (before.role, before.registered) == (Role.ANALYST, None)
        records.put_user(User("zhang", Role.ANALYST, "oidc", registered=Role.VIEWER), 1)
        (after,) = records.users()
        assert (after.role, after.registered) == (Role.ANALYST, Role.VIEWER)


def _newer(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=99")
    connection.close()


def _foreign(path: Path) -> None:
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE user (x)")
    connection.close()


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (_text, "已损坏"),
        (_cut, "损坏"),
        (_scrambled, "损坏"),
        (_newer, "更新版本的程序"),
        (_foreign, "账户库无法读写"),
        (_folder, "账户库"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_words(
    path: Path, break_it: Callable[[Path], None], said: str
) -> None:
    made = Directory(path)
    with made.changing() as records:
        for number in range(200):
            records.put_user(User(f"用户{number}", Role.VIEWER), 1)
    del made
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    break_it(path)
    with pytest.raises(StoreError, match=said) as caught:
        Directory(path)
    assert caught.value.fix
    assert str(path.parent) not in str(caught.value)


def test_a_file_that_vanishes_is_not_made_anew(path: Path) -> None:
    directory = Directory(path)
    for file in path.parent.glob("accounts*"):
        file.unlink()
    with pytest.raises(StoreError, match="文件无法打开"), directory.reading() as records:
        records.users()
    assert not path.exists()


def test_a_place_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="无法建立"):
        Directory(tmp_path / "file" / "accounts.sqlite")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StoreError, match="无法建立"):
            Directory(tmp_path / "accounts.sqlite")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_root_gives_the_file_to_the_folders_owner(path: Path) -> None:
    path.parent.mkdir()
    os.chown(path.parent, 12345, 54321)
    Directory(path)
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 54321)


def test_several_processes_may_be_the_first(path: Path) -> None:
    code = f"""
from pathlib import Path
from pingchang_geo.store.directory import Directory
from pingchang_geo.access import Role, User
import sys
with Directory(Path({str(path)!r})).changing() as records:
    records.put_user(User(sys.argv[1], Role.VIEWER), 1)
"""
    processes = [subprocess.Popen([sys.executable, "-W", "error", "-c", code, f"用户{n}"]) for n in range(4)]
    assert [process.wait(60) for process in processes] == [0] * 4
    with Directory(path).reading() as records:
        assert len(records.users()) == 4
