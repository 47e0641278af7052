"""Saving a briefing asks who acts; files come in and go out whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pingchang_geo.access import ANONYMOUS, Actor, Right, Role, operator
from pingchang_geo.briefing import dump, parse
from pingchang_geo.errors import ConflictError, ForbiddenError, StoreError
from pingchang_geo.store import LocalStore
from pingchang_geo.store.briefings import BriefingShelf
from pingchang_geo.workflow.briefings import saving
from pingchang_geo.workflow.operations.backup import backup
from pingchang_geo.workflow.operations.restore import restore

ANALYST = Actor("李技术员", Role.ANALYST, "session")


def require(actor: Actor, right: Right) -> Actor:
    if not actor.may(right):
        raise ForbiddenError("没有更新数据的权限。")
    return actor


@pytest.fixture
def shelf(empty_store: LocalStore) -> BriefingShelf:
    return BriefingShelf(empty_store.root, empty_store.log)


def test_opened_edited_saved_opened(shelf: BriefingShelf, empty_store: LocalStore) -> None:
    opened = saving.opened("default", on=shelf)
    assert opened.saved.number == 0
    assert opened.briefing.problems == ()
    edited = replace(opened.briefing, title="换了标题")
    saved = saving.save(edited, base=0, actor=ANALYST, note="标题", on=shelf, require=require)
    again = saving.opened("default", on=shelf)
    assert (again.briefing, again.saved) == (edited, saved)
    assert saving.opened("default", 0, on=shelf).briefing == opened.briefing
    entry = empty_store.audit()[-1]
    assert (entry.actor, entry.action, entry.detail["note"]) == ("李技术员", "briefing", "标题")


@pytest.mark.parametrize("actor", [ANONYMOUS, Actor("王科长", Role.VIEWER, "session")])
def test_who_may_not_update_saves_nothing(shelf: BriefingShelf, actor: Actor) -> None:
    briefing = replace(saving.opened("default", on=shelf).briefing, title="换了")
    with pytest.raises(ForbiddenError):
        saving.save(briefing, base=0, actor=actor, on=shelf, require=require)
    with pytest.raises(ForbiddenError):
        saving.restore("default", 0, base=0, actor=actor, on=shelf, require=require)
    assert shelf.current("default").number == 0


def test_the_command_line_may(shelf: BriefingShelf) -> None:
    briefing = replace(saving.opened("default", on=shelf).briefing, title="换了")
    assert saving.save(briefing, base=0, actor=operator("root"), on=shelf).number == 1


def test_back_to_what_was_shipped(shelf: BriefingShelf) -> None:
    first = saving.opened("default", on=shelf).briefing
    saving.save(replace(first, title="换了"), base=0, actor=ANALYST, on=shelf, require=require)
    back = saving.restore("default", 0, base=1, actor=ANALYST, on=shelf, require=require)
    assert (back.number, back.note) == (2, "恢复到随系统提供")
    assert saving.opened("default", on=shelf).briefing == first
    assert shelf.read("default") == shelf.read("default", 0)
    with pytest.raises(ConflictError):
        saving.restore("default", 1, base=1, actor=ANALYST, on=shelf, require=require)


def test_saved_under_another_name_it_goes_by_that_name(shelf: BriefingShelf) -> None:
    briefing = replace(saving.opened("default", on=shelf).briefing, name="party-school")
    saving.save(briefing, base=None, actor=ANALYST, on=shelf, require=require)
    assert saving.opened("party-school", on=shelf).briefing == briefing


def test_a_file_goes_out_and_comes_in_again(shelf: BriefingShelf) -> None:
    content = saving.taken_away("default", on=shelf)
    assert content.decode("utf-8") == shelf.read("default")
    brought = saving.brought_in(content, "copy")
    assert brought.problems == ()
    assert brought == replace(parse(content), name="copy")
    assert saving.brought_in(dump(brought).encode()) == brought


def test_a_broken_file_is_brought_in_with_its_problems() -> None:
    brought = saving.brought_in(b"\xff\xfe\x00")
    assert brought.scenes == ()
    assert "UTF-8" in brought.problems[0].message


def test_what_is_not_on_the_shelf(shelf: BriefingShelf) -> None:
    with pytest.raises(StoreError):
        saving.opened("nothing", on=shelf)
    with pytest.raises(StoreError, match="没有第 3 版"):
        saving.opened("default", 3, on=shelf)


def test_briefings_survive_backup_and_restore(shelf: BriefingShelf, empty_store: LocalStore, tmp_path: Path) -> None:
    briefing = replace(saving.opened("default", on=shelf).briefing, title="换了标题")
    saving.save(briefing, base=0, actor=ANALYST, on=shelf, require=require)
    saving.save(replace(briefing, name="party-school"), base=None, actor=ANALYST, on=shelf, require=require)
    made = backup(empty_store, tmp_path / "backup.tar.gz", "root")
    assert {member.name for member in made.manifest.files if member.name.startswith("briefings/")} == {
        "briefings/default/000001.toml",
        "briefings/party-school/000001.toml",
    }
    restore(made.path, tmp_path / "new", "root")
    again = BriefingShelf(tmp_path / "new")
    assert saving.opened("default", on=again).briefing == briefing
    assert again.versions("party-school") == shelf.versions("party-school")
