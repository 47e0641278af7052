"""The scene file: read whatever it says, write it back the same."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo.briefing import (
    Briefing,
    ChartKind,
    ChartRef,
    Feature,
    LayerView,
    Scene,
    SceneMap,
    dump,
    parse,
)
from pingchang_geo.briefing.model import MOST_SCENES, Shape
from pingchang_geo.briefing.scene_file import MOST_BYTES

SHIPPED = Path(__file__).resolve().parents[2] / "data" / "briefings" / "default.toml"
HEAD = 'format = 1\nname = "probe"\ntitle = "汇报"\n'
WHOLE = (
    HEAD
    + """
[[scene]]
id = "ecology"
section = "生态本底"
title = "红线"
text = ["第一段。", "第二段。"]
notes = "讲稿。"
hidden = true
quote = "redline_area_km2"
cards = ["redline_area_km2"]
[[scene.chart]]
kind = "layer"
layer = "forest"
chart = "species-stock"
[[scene.chart]]
kind = "ledger"
title = "产业"
indicators = ["gdp_q1_primary_yi_yuan"]
shape = "doughnut"
[scene.map]
extent = [107, 31.5, 107.2, 31.6]
focus = {layer = "scenic", key = "佛头山"}
select = {layer = "scenic", key = "佛头山"}
[[scene.map.layer]]
layer = "forest"
theme = "stock_tc_ha"
opacity = 0.85
version = "3-0123456789ab"
filter = "species=马尾松~柏木"
"""
)


def messages(text: str | bytes) -> list[str]:
    return [problem.message for problem in parse(text).problems]


def test_everything_a_scene_can_say() -> None:
    briefing = parse(WHOLE)
    assert briefing.problems == ()
    assert (briefing.name, briefing.title, briefing.subtitle) == ("probe", "汇报", "")
    assert briefing.scenes == (
        Scene(
            id="ecology",
            title="红线",
            section="生态本底",
            text=("第一段。", "第二段。"),
            notes="讲稿。",
            hidden=True,
            quote="redline_area_km2",
            cards=("redline_area_km2",),
            charts=(
                ChartRef(ChartKind.LAYER, layer="forest", chart="species-stock"),
                ChartRef(ChartKind.LEDGER, indicators=("gdp_q1_primary_yi_yuan",), title="产业", shape=Shape.DOUGHNUT),
            ),
            map=SceneMap(
                layers=(LayerView("forest", "stock_tc_ha", 0.85, "3-0123456789ab", "species=马尾松~柏木"),),
                extent=(107.0, 31.5, 107.2, 31.6),
                focus=Feature("scenic", "佛头山"),
                select=(Feature("scenic", "佛头山"),),
            ),
        ),
    )


def test_html_in_texts_stays_text() -> None:
    text = '<b>粗</b> & "引号" \\ {大括号}'
    briefing = parse(f"{HEAD}[[scene]]\nid = 'a'\ntitle = '甲'\ntext = ['''{text}''']\n")
    assert briefing.problems == ()
    assert briefing.scenes[0].text == (text,)


def test_a_file_that_is_no_toml_names_the_line() -> None:
    briefing = parse("format = 1\ntitle = 汇报\n")
    assert briefing.scenes == ()
    assert briefing.problems[0].line == 2
    assert "无法读取" in briefing.problems[0].message
    assert briefing.problems[0].words().startswith("第 2 行：")


def test_one_broken_scene_does_not_take_the_others() -> None:
    good = "[[scene]]\nid = '{0}'\ntitle = '甲'\n"
    broken = "[[scene]]\nid = 'b'\ntitle = \"没有结尾\ntext = []\n"
    briefing = parse(HEAD + good.format("a") + broken + good.format("c"))
    assert [scene.id for scene in briefing.scenes] == ["a", "c"]
    fault = next(p for p in briefing.problems if "无法读取" in p.message)
    # three lines of head, three of the first scene, then the third line of the broken one
    assert fault.line == 9
    assert "第 2 个场景" in fault.message
    assert "引号没有成对" in fault.message


def test_a_broken_head_leaves_the_scenes() -> None:
    briefing = parse("format = \n\n[[scene]]\nid = 'a'\ntitle = '甲'\n", "fallback")
    assert [scene.id for scene in briefing.scenes] == ["a"]
    assert briefing.name == "fallback"
    assert briefing.problems[0].line == 1


def test_what_is_not_understood_is_named_and_left_out() -> None:
    text = (
        HEAD
        + """colour = "red"
[[scene]]
id = "a"
title = "甲"
titel = "乙"
text = [1, 2]
hidden = "no"
cards = "redline_area_km2"
[[scene.chart]]
kind = "pie"
[scene.map]
extent = [1, 2, 3]
select = {layer = "scenic"}
layer = [{theme = "x"}, {layer = "forest", opacity = true}]
"""
    )
    briefing = parse(text)
    said = "\n".join(problem.message for problem in briefing.problems)
    for words in (
        "不认识的键「colour」",
        "不认识的键「titel」（是否为「title」）",
        "「text」应为文字列表",
        "「hidden」应为 true 或 false",
        "图表类别「pie」",
        "「extent」应为 4 个数",
        "应同时写明「layer」和「key」",
        "缺少图层编号「layer」",
        "「opacity」应为数",
    ):
        assert words in said, words
    scene = briefing.scenes[0]
    assert (scene.title, scene.text, scene.hidden) == ("甲", (), False)
    # a single text where a list belongs is meant well
    assert scene.cards == ("redline_area_km2",)
    assert scene.map == SceneMap(layers=(LayerView("forest"),))
    assert all(problem.line == 5 for problem in briefing.problems if problem.scene == "a")


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1" + "0" * 400])
def test_numbers_must_be_finite(value: str) -> None:
    text = f"{HEAD}[[scene]]\nid='a'\ntitle='甲'\n[scene.map]\nextent=[{value}, 31, 108, 32]\n"
    briefing = parse(text)
    assert briefing.scenes[0].map == SceneMap()
    assert any("「extent」" in message for message in messages(text))


def test_ids_are_made_unique() -> None:
    scene = "[[scene]]\nid = 'same'\ntitle = '甲'\n"
    briefing = parse(HEAD + scene + scene + "[[scene]]\ntitle = '乙'\n[[scene]]\nid = 'Nicht gut'\ntitle = '丙'\n")
    assert [one.id for one in briefing.scenes] == ["same", "same-2", "scene-3", "scene-4"]
    said = [problem.message for problem in briefing.problems]
    assert len(said) == 3
    assert "重复" in said[0]
    assert "没有编号" in said[1]
    assert "不能使用" in said[2]


def test_a_made_up_id_does_not_collide_with_a_later_one() -> None:
    briefing = parse(HEAD + "[[scene]]\ntitle='甲'\n[[scene]]\nid='scene-1'\ntitle='乙'\n")
    assert len({scene.id for scene in briefing.scenes}) == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xc4\xe3\xba\xc3 = 1", "UTF-8"),
        (b"a" * (MOST_BYTES + 1), "大于"),
        (b"[" * 50_000, "无法读取"),
        (b"scene = 3\nformat = 1\ntitle='x'", "[[scene]]"),
        (b"scene = [1, 2]\nformat = 1\ntitle='x'", "[[scene]]"),
        (b"format = 2\ntitle='x'\nname='y'", "格式号 2"),
        (b"title='x'\nname='y'", "缺少「format"),
        (b"format = 1\nname = '../x'\ntitle='x'", "名称「../x」不能使用"),
        (b"format = 1\nname = 'y'", "缺少「title」"),
    ],
)
def test_broken_files_are_told_not_raised(content: bytes, words: str) -> None:
    briefing = parse(content, "fallback")
    assert any(words in problem.message for problem in briefing.problems)
    assert briefing.title
    assert "/" not in briefing.name


def test_a_byte_order_mark_is_no_fault() -> None:
    assert parse(b"\xef\xbb\xbf" + WHOLE.encode()).problems == ()


def test_windows_line_ends() -> None:
    assert parse(WHOLE.replace("\n", "\r\n")) == parse(WHOLE)


def test_an_empty_file_has_no_scenes() -> None:
    assert parse("").scenes == ()


def test_too_many_scenes_are_cut() -> None:
    scenes = "".join(f"[[scene]]\nid='s{n}'\ntitle='甲'\n" for n in range(MOST_SCENES + 2))
    briefing = parse(HEAD + scenes)
    assert len(briefing.scenes) == MOST_SCENES
    assert "其余 2 个没有载入" in briefing.problems[0].message


def test_control_characters_go() -> None:
    briefing = parse(f'{HEAD}[[scene]]\nid="a"\ntitle="甲\\u0007乙\\u001b[31m"\n')
    assert briefing.scenes[0].title == "甲乙[31m"


def test_the_shipped_file_survives_writing() -> None:
    briefing = parse(SHIPPED.read_bytes())
    assert briefing.problems == ()
    written = dump(briefing)
    assert parse(written) == briefing
    assert parse(written).problems == ()
    assert dump(parse(written)) == written


# ---------------------------------------------------------------- round trip

_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=40).map(str.strip)
_WORD = _TEXT.filter(bool)
_SLUG = st.from_regex(r"[a-z0-9-]{1,40}", fullmatch=True)
_DEGREES = st.floats(-180, 180).map(lambda x: x + 0.0)
_FEATURES = st.builds(Feature, _WORD, _WORD)
_VIEWS = st.builds(
    LayerView,
    layer=_WORD,
    theme=_TEXT,
    opacity=st.none() | st.floats(0, 1).map(lambda x: x + 0.0),
    version=_TEXT,
    filter=_TEXT,
)
_MAPS = st.builds(
    SceneMap,
    layers=st.lists(_VIEWS, max_size=3).map(tuple),
    extent=st.none() | st.tuples(_DEGREES, _DEGREES, _DEGREES, _DEGREES),
    focus=st.none() | _FEATURES,
    select=st.lists(_FEATURES, max_size=3).map(tuple),
)
_CHARTS = st.builds(
    ChartRef,
    kind=st.sampled_from(ChartKind),
    layer=_TEXT,
    chart=_TEXT,
    indicators=st.lists(_WORD, max_size=3).map(tuple),
    group=_TEXT,
    measure=_TEXT,
    unit=_TEXT,
    title=_TEXT,
    shape=st.sampled_from(Shape),
)
_SCENES = st.builds(
    Scene,
    id=_SLUG,
    title=_WORD,
    section=_TEXT,
    text=st.lists(_WORD, max_size=3).map(tuple),
    notes=_TEXT,
    hidden=st.booleans(),
    quote=_TEXT,
    cards=st.lists(_WORD, max_size=3).map(tuple),
    charts=st.lists(_CHARTS, max_size=2).map(tuple),
    map=st.none() | _MAPS,
)
_BRIEFINGS = st.builds(
    Briefing,
    name=_SLUG,
    title=_WORD,
    subtitle=_TEXT,
    scenes=st.lists(_SCENES, max_size=4, unique_by=lambda scene: scene.id).map(tuple),
)


@given(_BRIEFINGS)
def test_what_is_written_is_read_back(briefing: Briefing) -> None:
    written = dump(briefing)
    tomllib.loads(written)
    again = parse(written)
    assert again.problems == ()
    assert again == briefing
    assert dump(again) == written


@given(st.text(max_size=400) | st.binary(max_size=400))
def test_any_text_is_read_somehow(text: str | bytes) -> None:
    parse(text)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["id", "title", "text", "cards", "chart", "map", "hidden", "notes"]), _JSON))
def test_any_values_of_the_right_keys_are_read(values: dict[str, object]) -> None:
    briefing = parse(f"{HEAD}[[scene]]\n" + "\n".join(f"{key} = {toml(value)}" for key, value in values.items()))
    assert len(briefing.scenes) == 1
    assert parse(dump(briefing)) == briefing


def toml(value: object) -> str:
    """Any JSON value as a TOML one; TOML has no null."""
    if value is None:
        return '""'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(c):08X}" for c in value if not 0xD800 <= ord(c) < 0xE000) + '"'
    if isinstance(value, list):
        return f"[{', '.join(toml(one) for one in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(one)}" for key, one in value.items()) + "}"
    return repr(value)
