"""Placeholders, filters as text, and what can be checked without data."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo.briefing import ChartKind, ChartRef, Feature, LayerView, Problem, Scene, SceneMap
from pingchang_geo.briefing import checks as content
from pingchang_geo.briefing.filter_text import filter_text, parse_filter
from pingchang_geo.briefing.model import Briefing
from pingchang_geo.briefing.placeholders import Placeholder, fill, found_in, width, without
from pingchang_geo.briefing.story import Card, Series, Story, StoryChart, StoryMap, StoryScene
from pingchang_geo.filters import Between, Filter, OneOf

KINDS = {"species": False, "volume_m3_ha": True, "redline_share_pct": True}


def test_placeholders_are_replaced_once() -> None:
    values = {"a": "{ledger:b}", "b": "乙"}
    filled, missing = fill("甲{ledger:a}丙{computed: c }", lambda one: values.get(one.name))
    # what was put in is not looked at again
    assert filled == "甲{ledger:b}丙〔c缺失〕"
    assert missing == (Placeholder("computed", "c"),)


@pytest.mark.parametrize("text", ["{甲}", "{}", "{ a }", "没有", "{{x}}", "{3:4}"])
def test_other_braces_are_text(text: str) -> None:
    assert fill(text, lambda _: "x") == (text, ())


def test_kinds_and_names_are_told_apart() -> None:
    assert list(found_in("{ledger:x}{figure:y.z@km2}")) == [
        Placeholder("ledger", "x"),
        Placeholder("figure", "y.z@km2"),
    ]
    assert without("面积{ledger:x}公顷") == "面积公顷"


def test_width_counts_ideographs() -> None:
    assert width("红线") == 2
    assert width("CO2") == 1.5
    assert width("{ledger:redline_area_km2}") == 6


def test_a_filter_as_text_and_back() -> None:
    chosen = Filter((OneOf("species", ("马尾松", "柏木")), Between("volume_m3_ha", 50.0, None)))
    assert filter_text(chosen) == "species=马尾松~柏木&volume_m3_ha=50.."
    assert parse_filter(filter_text(chosen), KINDS) == (chosen, [])
    assert parse_filter("", KINDS) == (Filter(), [])


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1), min_size=1, max_size=3)
)
def test_any_category_survives(values: list[str]) -> None:
    values = [value.replace("~", "") or "x" for value in values]
    chosen = Filter((OneOf("species", tuple(values)),))
    assert parse_filter(filter_text(chosen), KINDS) == (chosen, [])


@pytest.mark.parametrize(
    "text", ["wrong=1", "volume_m3_ha=abc", "volume_m3_ha=..", "species=", "谁知道", "volume_m3_ha=1..inf"]
)
def test_filters_that_are_not_understood(text: str) -> None:
    chosen, bad = parse_filter(text, KINDS)
    assert chosen == Filter()
    assert len(bad) == 1


def test_a_field_named_twice_is_told() -> None:
    assert parse_filter("species=a&species=b", KINDS)[1] == ["species"]


def scene(**changes: object) -> Scene:
    return Scene(**{"id": "a", "title": "甲", **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("probe", "words"),
    [
        (scene(title="长" * 25), "标题长约 25 字"),
        (scene(text=("长" * 91,)), "第 1 段长约 91 字"),
        (scene(section="长" * 17), "章节"),
        (scene(notes="长" * 601), "讲稿"),
        (scene(text=("段",) * 5), "段落 5 个，多于 4 个"),
        (scene(cards=("a",) * 7), "指标卡 7 个，多于 6 个"),
        (scene(charts=(ChartRef(ChartKind.LAYER, layer="forest", chart="age-area"),) * 3), "图表 3 个，多于 2 个"),
        (scene(charts=(ChartRef(ChartKind.LAYER, layer="wald"),)), "图层「wald」不存在"),
        (scene(charts=(ChartRef(ChartKind.LAYER, layer="forest", chart="x"),)), "没有名为「x」的图表"),
        (scene(charts=(ChartRef(ChartKind.LEDGER, title="图"),)), "没有写明指标"),
        (scene(charts=(ChartRef(ChartKind.COMPUTED, indicators=("a",)),)), "缺少标题"),
        (scene(map=SceneMap((LayerView("wald"),))), "图层「wald」不存在"),
        (scene(map=SceneMap((LayerView("county"),))), "图层「county」不存在"),
        (scene(map=SceneMap((LayerView("forest", theme="x"),))), "着色方式"),
        (scene(map=SceneMap((LayerView("forest", opacity=1.5),))), "不透明度"),
        (scene(map=SceneMap((LayerView("forest", filter="x=1"),))), "筛选条件「x」"),
        (scene(map=SceneMap((LayerView("forest"), LayerView("forest")))), "写了两次"),
        (scene(map=SceneMap(extent=(108.0, 31.0, 107.0, 32.0))), "西小于东"),
        (scene(map=SceneMap(extent=(107.0, 91.0, 107.5, 92.0))), "西小于东"),
        (scene(map=SceneMap(extent=(-170.0, 31.0, 170.0, 32.0))), "西小于东"),
        (scene(map=SceneMap(select=(Feature("wald", "x"),))), "要突出的对象所在图层「wald」不存在"),
    ],
)
def test_what_cannot_be_shown_is_told(probe: Scene, words: str) -> None:
    found = content.check_scene(probe)
    assert len(found) == 1
    assert found[0].scene == "a"
    assert words in found[0].message
    assert content.check(Briefing("x", "汇报", scenes=(probe,))) == found


def test_a_sound_scene_has_no_problems() -> None:
    probe = scene(
        text=("长" * 90,),
        charts=(ChartRef(ChartKind.LAYER, layer="forest", chart="age-area"),),
        map=SceneMap((LayerView("forest", "species", 0.5, "", "species=柏木"),), extent=(106.8, 31.2, 107.6, 31.9)),
    )
    assert content.check_scene(probe) == ()


def test_hidden_scenes_are_not_judged() -> None:
    assert content.check(Briefing("x", "汇报", scenes=(scene(title="长" * 99, hidden=True),))) == ()


def test_control_characters_do_not_reach_the_screen() -> None:
    probe = scene(title="甲\x1b[31m", text=("长" * 91,))
    assert "\x1b" not in content.check_scene(probe)[0].message


def test_a_story_becomes_plain_json() -> None:
    chart = StoryChart("图", "barh", ("甲", "乙"), (Series("值", (1.0, None), "#000000"),), "亩")
    shown = StoryMap((), (107.0, 31.0, 108.0, 32.0), (("scenic", 3),), {"layers": {}, "x": math.nan}, "图")
    story = Story(
        "default",
        "题",
        "",
        "2026-01-01T00:00:00Z",
        "abc",
        "",
        (StoryScene("a", 1, "", "甲", ("段",), None, (Card("面积", "1", "亩", "computed", "算"),), (chart,), shown),),
        problems=(Problem("a", "缺", line=3),),
    )
    plain = json.loads(json.dumps(story.as_dict(), allow_nan=False))
    assert plain["scenes"][0]["charts"][0]["series"][0]["values"] == [1.0, None]
    assert plain["scenes"][0]["map"]["state"] == {"layers": {}, "x": None}
    assert plain["scenes"][0]["map"]["select"] == [["scenic", 3]]
    assert plain["problems"] == [{"scene": "a", "message": "缺", "fix": "", "line": 3}]
