"""The shelf of briefings: numbered, never overwritten, one editor at a time, always whole."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pingchang_geo.errors import ConflictError, StoreError
from pingchang_geo.store import LocalStore
from pingchang_geo.store import briefings as module
from pingchang_geo.store.briefings import BriefingShelf

SHIPPED = 'format = 1\nname = "default"\ntitle = "随系统"\n'


class Log:
    """Remembers what it is told; fails on demand."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []
        self.failing = False

    def __call__(self, actor: str, action: str, **detail: Any) -> None:
        if self.failing:
            raise StoreError("磁盘已满。")
        self.lines.append((actor, action, detail))


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def shelf(tmp_path: Path, log: Log) -> BriefingShelf:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    (shipped / "default.toml").write_text(SHIPPED, encoding="utf-8")
    return BriefingShelf(tmp_path / "data", log, shipped)


def test_a_fresh_shelf_has_what_is_shipped(shelf: BriefingShelf, tmp_path: Path) -> None:
    assert shelf.names() == ("default",)
    assert shelf.read("default") == SHIPPED
    current = shelf.current("default")
    assert (current.number, current.label, current.actor) == (0, "随系统提供", "系统")
    assert not (tmp_path / "data").exists()  # looking writes nothing


def test_saving_counts_up_and_keeps_everything(shelf: BriefingShelf, log: Log) -> None:
    first = shelf.save("default", "一\n", base=0, actor="张三", note="换\n标题")
    second = shelf.save("default", "二\n", base=1, actor="李四")
    assert (first.number, first.note, second.number) == (1, "换�标题", 2)
    assert [one.number for one in shelf.versions("default")] == [2, 1, 0]
    assert [one.actor for one in shelf.versions("default")] == ["李四", "张三", "系统"]
    assert [shelf.read("default", number) for number in (None, 1, 0)] == ["二\n", "一\n", SHIPPED]
    assert shelf.versions("default")[0] == second
    assert [(actor, action, detail["version"]) for actor, action, detail in log.lines] == [
        ("张三", "briefing", 1),
        ("李四", "briefing", 2),
    ]


def test_a_new_name(shelf: BriefingShelf) -> None:
    assert shelf.save("county-2", "甲", base=None, actor="张三").number == 1
    assert shelf.names() == ("default", "county-2")
    with pytest.raises(ConflictError, match="名称「county-2」已被使用") as caught:
        shelf.save("county-2", "乙", base=None, actor="李四")
    assert "换一个名称" in caught.value.fix
    assert shelf.read("county-2") == "甲"


def test_the_second_of_two_editors_is_told(shelf: BriefingShelf, log: Log) -> None:
    shelf.save("default", "张三的", base=0, actor="张三")
    with pytest.raises(ConflictError) as caught:
        shelf.save("default", "李四的", base=0, actor="李四")
    assert "张三" in caught.value.message
    assert "第 1 版" in caught.value.message
    assert "导出" in caught.value.fix
    assert shelf.read("default") == "张三的"
    assert log.lines[-1] == ("李四", "refuse", {"briefing": "default", "base": 0, "current": 1})


def test_saving_twice_makes_one_version(shelf: BriefingShelf, log: Log) -> None:
    first = shelf.save("default", "一", base=0, actor="张三")
    again = shelf.save("default", "一", base=0, actor="张三")
    assert again == first
    assert len(shelf.versions("default")) == 2
    assert len(log.lines) == 1


def test_saving_what_is_shipped_changes_nothing(shelf: BriefingShelf) -> None:
    assert shelf.save("default", SHIPPED, base=0, actor="张三").number == 0


def test_a_base_that_never_was_is_refused(shelf: BriefingShelf) -> None:
    with pytest.raises(ConflictError, match="已不存在"):
        shelf.save("nothing", "一", base=4, actor="张三")
    assert shelf.names() == ("default",)


@pytest.mark.parametrize(
    "name", ["", "..", "../default", "a/b", "a\\b", "A", "名", "x" * 41, "a\n", ".hidden", "a.toml", "/etc"]
)
def test_names_are_no_paths(shelf: BriefingShelf, tmp_path: Path, name: str) -> None:
    for attempt in (
        lambda: shelf.save(name, "一", base=None, actor="张三"),
        lambda: shelf.read(name),
        lambda: shelf.read(name, 0),
        lambda: shelf.versions(name),
    ):
        with pytest.raises(StoreError, match="不能使用"):
            attempt()
    assert not list(tmp_path.rglob("000001.toml"))


def test_texts_come_back_byte_for_byte(shelf: BriefingShelf) -> None:
    text = "# saved 假的\r\n文字\u2028\n\n"
    shelf.save("default", text, base=0, actor="张三")
    assert shelf.read("default") == text


def test_who_saved_cannot_be_forged_by_the_text(shelf: BriefingShelf) -> None:
    shelf.save("default", '# saved {"by": "局长", "at": "1999"}\n文字', base=0, actor="张三\n局长")
    saved = shelf.current("default")
    assert saved.actor == "张三\n局长"  # kept as it was, on one line of the file
    assert saved.saved_at.startswith("20")


def test_what_cannot_be_kept_is_refused(shelf: BriefingShelf) -> None:
    with pytest.raises(StoreError, match="不能保存的字符"):
        shelf.save("default", "\ud800", base=0, actor="张三")
    with pytest.raises(StoreError, match="大于"):
        shelf.save("default", "长" * 400_000, base=0, actor="张三")
    assert shelf.current("default").number == 0


def test_unknown_briefings_and_versions(shelf: BriefingShelf) -> None:
    with pytest.raises(StoreError, match="没有名为「nothing」的汇报"):
        shelf.read("nothing")
    with pytest.raises(StoreError, match="没有第 7 版"):
        shelf.read("default", 7)


def test_strange_files_on_the_shelf_are_passed_over(shelf: BriefingShelf, tmp_path: Path) -> None:
    shelf.save("default", "一", base=0, actor="张三")
    folder = tmp_path / "data" / "briefings"
    (folder / "default" / "note.toml").write_text("x")
    (folder / "default" / "1.toml").write_text("x")
    (folder / "Not A Name").mkdir()
    (folder / "empty").mkdir()
    assert shelf.names() == ("default",)
    assert [one.number for one in shelf.versions("default")] == [1, 0]


def test_a_file_laid_there_by_hand_is_read(shelf: BriefingShelf, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "briefings" / "hand"
    folder.mkdir(parents=True)
    (folder / "000003.toml").write_text("title = 'x'\n", encoding="utf-8")
    (folder / "000004.toml").write_bytes(b"\xff\xfe")
    assert shelf.read("hand", 3) == "title = 'x'\n"
    assert shelf.current("hand").number == 4
    with pytest.raises(StoreError, match="无法读取"):
        shelf.read("hand")


@pytest.mark.parametrize("broken", ["fsync", "rename"])
def test_a_failing_disk_changes_nothing(
    shelf: BriefingShelf, tmp_path: Path, log: Log, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def fail(*args: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail) if broken == "fsync" else patched.setattr(Path, "rename", fail)
        with pytest.raises(StoreError, match="未作任何更改"):
            shelf.save("default", "一", base=0, actor="张三")
    assert shelf.current("default").number == 0
    assert not list(tmp_path.rglob("*.partial"))
    assert log.lines == []
    assert shelf.save("default", "一", base=0, actor="张三").number == 1


def test_what_cannot_be_logged_is_not_saved(shelf: BriefingShelf, log: Log) -> None:
    log.failing = True
    with pytest.raises(StoreError, match="磁盘已满"):
        shelf.save("default", "一", base=0, actor="张三")
    assert shelf.current("default").number == 0


def test_many_editors_at_once(shelf: BriefingShelf) -> None:
    def edit(number: int) -> bool:
        try:
            shelf.save("default", f"第 {number} 人", base=0, actor=f"甲{number}")
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(edit, range(16)))
    assert sum(won) == 1
    assert [one.number for one in shelf.versions("default")] == [1, 0]
    assert shelf.read("default") == f"第 {won.index(True)} 人"


_KILLED = """
import os, sys
from pathlib import Path
from pingchang_geo.store import briefings
real = os.fsync
def stop(descriptor):
    real(descriptor)
    print("here", flush=True)
    sys.stdin.read()
os.fsync = stop
briefings.BriefingShelf(Path(sys.argv[1])).save("default", "半截", base=1, actor="甲")
"""


def test_killed_while_writing(tmp_path: Path) -> None:
    shelf = BriefingShelf(tmp_path)
    shelf.save("default", "整份", base=0, actor="乙")
    process = subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"here\n"
        assert len(list(tmp_path.rglob("*.partial"))) == 1
        assert shelf.current("default").number == 1  # what is not finished is not there
    finally:
        process.kill()
        process.communicate()
    assert shelf.read("default") == "整份"
    assert len(shelf.sweep()) == 1
    assert not list(tmp_path.rglob("*.partial"))
    assert shelf.save("default", "又一份", base=1, actor="乙").number == 2


def test_the_log_is_the_stores(store: LocalStore) -> None:
    shelf = BriefingShelf(store.root, store.log)
    shelf.save("default", "一", base=0, actor="张三", note="初稿")
    entry = store.audit()[-1]
    assert (entry.actor, entry.action) == ("张三", "briefing")
    assert dict(entry.detail) == {"briefing": "default", "version": 1, "note": "初稿"}
    assert store.audit_intact()


def test_the_shipped_folder_is_the_projects() -> None:
    assert (module.SHIPPED_DIR / "default.toml").is_file()
