"""Unsaved work on disk, by user and briefing; and a page's map as the map of a scene."""

from __future__ import annotations

from typing import Any

import pytest

from pingchang_geo.access import Actor, Right, operator
from pingchang_geo.briefing import Briefing, Feature, Scene
from pingchang_geo.errors import ForbiddenError, PingchangError, StoreError
from pingchang_geo.filters import Between, Filter, OneOf
from pingchang_geo.store.briefings import BriefingShelf
from pingchang_geo.workflow.atlas import load
from pingchang_geo.workflow.briefings.capturing import LayerShown, scene_map
from pingchang_geo.workflow.briefings.work import Work, Works

WORK = Work(Briefing("mine", "我的汇报", scenes=(Scene("one", title='甲\n乙 "引号" \\'),)), 3)
WHO = operator("张三")


def anyone(actor: Actor, right: Right) -> Actor:
    assert right is Right.UPDATE
    return actor


def nobody(actor: Actor, right: Right) -> Actor:
    raise ForbiddenError("没有权限。")


def test_work_is_kept_by_user_and_name_and_dropped(tmp_path: Any) -> None:
    works = Works(tmp_path)
    assert (works.get(WHO, "mine"), works.names(WHO)) == (None, ())
    works.keep(WHO, WORK, require=anyone)
    found = Works(tmp_path).get(operator("张三"), "mine")
    assert found is not None
    assert (found.briefing, found.base) == (WORK.briefing, 3)
    assert found.at.endswith("Z")
    assert works.names(WHO) == ("mine",)
    assert works.get(operator("李四"), "mine") is None
    works.drop(WHO, "mine")
    works.drop(WHO, "mine")
    assert works.names(WHO) == ()


def test_the_shelf_does_not_take_work_for_a_briefing(tmp_path: Any) -> None:
    Works(tmp_path).keep(WHO, WORK, require=anyone)
    shelf = BriefingShelf(tmp_path)
    assert shelf.names() == ("default",)
    assert shelf.files() == ()
    assert shelf.sweep() == []


def test_whoever_may_not_edit_keeps_nothing(tmp_path: Any) -> None:
    with pytest.raises(ForbiddenError):
        Works(tmp_path).keep(WHO, WORK, require=nobody)
    assert Works(tmp_path).names(WHO) == ()


@pytest.mark.parametrize("name", ["../up", "", "大", "a" * 41])
def test_a_bad_name_is_no_path(tmp_path: Any, name: str) -> None:
    with pytest.raises(PingchangError, match="名称不能使用"):
        Works(tmp_path).keep(WHO, Work(Briefing(name, "标题"), None), require=anyone)
    assert list(tmp_path.rglob("*.toml")) == []


def test_a_broken_file_of_work_is_read_as_far_as_it_goes(tmp_path: Any) -> None:
    works = Works(tmp_path)
    works.keep(WHO, WORK, require=anyone)
    (path,) = tmp_path.rglob("*.toml")
    path.write_text("# work {broken\n[[scene]]\nid = 'a'\ntitle = '甲'\n", encoding="utf-8")
    found = works.get(WHO, "mine")
    assert found is not None
    assert ([scene.title for scene in found.briefing.scenes], found.base) == (["甲"], None)
    path.write_bytes(b"\xff\xfe\x00")
    assert works.get(WHO, "mine") is None


def test_texts_that_no_file_takes_are_refused_and_the_work_stays(tmp_path: Any) -> None:
    works = Works(tmp_path)
    works.keep(WHO, WORK, require=anyone)
    for notes in ("\ud800", "长" * 400_000):
        with pytest.raises(PingchangError):
            works.keep(WHO, Work(Briefing("mine", "标题", scenes=(Scene("one", notes=notes),)), 3), require=anyone)
    found = works.get(WHO, "mine")
    assert found is not None and found.briefing == WORK.briefing


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Any) -> None:
    (tmp_path / "briefings").write_text("no folder", encoding="utf-8")
    with pytest.raises(StoreError, match="无法保存"):
        Works(tmp_path).keep(WHO, WORK, require=anyone)


def test_layers_filter_versions_and_the_feature_by_its_name(store: Any) -> None:
    atlas = load(store, store.snapshot())
    chosen = Filter((OneOf("species", ("马尾松", "柏木")), Between("volume_m3_ha", 50, None)))
    shown = {"forest": LayerShown("canopy", 0.55, chosen), "scenic": LayerShown()}
    found = scene_map(atlas, shown, "31.5,107.1,11", ("scenic", 0))
    forest, scenic = found.layers
    assert (forest.theme, forest.opacity, forest.filter) == ("canopy", 0.55, "species=马尾松~柏木&volume_m3_ha=50..")
    assert forest.version == atlas["forest"].version.name
    assert (scenic.theme, scenic.opacity, scenic.filter) == ("", None, "")
    assert found.select == (Feature("scenic", "佛头山"),)
    bare = scene_map(atlas, shown, versions=False)
    assert (bare.extent, bare.select, bare.layers[0].version) == (None, (), "")
