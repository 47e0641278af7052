"""Scenes put in, moved, doubled and taken out; a request that comes twice does its work once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo.briefing import Briefing, Problem, Scene, editing
from pingchang_geo.briefing.model import MOST_SCENES
from pingchang_geo.errors import PingchangError

THREE = Briefing("b", "B", scenes=(Scene("a"), Scene("b"), Scene("c")))


def ids(briefing: Briefing) -> str:
    return "".join(scene.id for scene in briefing.scenes)


@pytest.mark.parametrize(
    ("scene", "to", "order"), [("a", 1, "bac"), ("c", 0, "cab"), ("a", 9, "bca"), ("b", -4, "bac"), ("b", 1, "abc")]
)
def test_moving(scene: str, to: int, order: str) -> None:
    moved = editing.moved(THREE, scene, to)
    assert ids(moved) == order
    assert editing.moved(moved, scene, to) == moved


@given(st.integers(0, 2), st.integers(-3, 5))
def test_moving_there_and_back(place: int, to: int) -> None:
    scene = THREE.scenes[place].id
    moved = editing.moved(THREE, scene, to)
    assert sorted(ids(moved)) == list("abc")
    assert editing.moved(moved, scene, place) == THREE


def test_putting_in_and_taking_out() -> None:
    more = editing.inserted(THREE, Scene("n"), "a")
    assert ids(more) == "anbc"
    assert editing.inserted(more, Scene("n", title="again"), "c") == more
    assert ids(editing.inserted(THREE, Scene("n"))) == "abcn"
    assert editing.without(more, "n") == THREE
    assert editing.without(THREE, "n") == THREE


def test_a_copy_stands_behind_and_has_an_id_of_its_own() -> None:
    name = editing.new_id(THREE)
    copied = editing.doubled(THREE, "a", name)
    assert ids(copied) == f"a{name}bc"
    assert editing.new_id(copied) not in {scene.id for scene in copied.scenes}


def test_what_is_not_there_and_what_is_too_much_is_said() -> None:
    with pytest.raises(PingchangError, match="已不在汇报中"):
        editing.with_scene(THREE, Scene("x"))
    full = Briefing("b", "B", scenes=tuple(Scene(f"s{n}") for n in range(MOST_SCENES)))
    with pytest.raises(PingchangError, match=f"最多 {MOST_SCENES} 个场景"):
        editing.inserted(full, Scene("x"))


def test_problems_of_a_scene_go_with_the_scene() -> None:
    found = Briefing("b", "B", scenes=THREE.scenes, problems=(Problem("a", "甲"), Problem("b", "乙")))
    assert [one.scene for one in editing.with_scene(found, Scene("a", title="新")).problems] == ["b"]
    assert [one.scene for one in editing.without(found, "b").problems] == ["a"]


def test_paragraphs_are_lines() -> None:
    assert editing.paragraphs(" 一 \n\n二\r\n\t\n三") == ("一", "二", "三")
    assert editing.paragraphs("  ") == ()
