"""Briefing + atlas + ledger → story, on the tiny county with hand-known numbers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pingchang_geo.access import operator
from pingchang_geo.briefing import (
    Briefing,
    ChartKind,
    ChartRef,
    Feature,
    LayerView,
    Scene,
    SceneMap,
    Story,
    StoryScene,
    parse,
)
from pingchang_geo.indicators import load_ledger
from pingchang_geo.provenance import ILLUSTRATIVE_MARK as MARK
from pingchang_geo.provenance import Provenance
from pingchang_geo.store import LocalStore
from pingchang_geo.units import AreaUnit, MassUnit, UnitChoice
from pingchang_geo.workflow.atlas import Atlas, load
from pingchang_geo.workflow.briefings.features import key_of, rows_of
from pingchang_geo.workflow.briefings.telling import tell
from pingchang_geo.workflow.publish import current_base, publish
from tests import layer_frames

FOREST = LayerView("forest")


def put(store: LocalStore, layer: str, frame: gpd.GeoDataFrame, source: Provenance = layer_frames.OFFICIAL) -> None:
    publish(
        store,
        layer,
        frame,
        provenance=source,
        actor=operator("张三"),
        note="",
        base=current_base(store, layer),
    )


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    """The tiny county as reference layers; tests that publish take the ``store`` fixture."""
    kept = LocalStore(tmp_path_factory.mktemp("tiny"))
    for layer, frame in layer_frames.all_layers().items():
        put(kept, layer, frame, layer_frames.REFERENCE)
    return load(kept)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    """Plots and county are official, the rest is reference data."""
    kept = LocalStore(tmp_path_factory.mktemp("mixed"))
    for layer, frame in layer_frames.all_layers().items():
        official = layer in ("forest", "county")
        put(kept, layer, frame, layer_frames.OFFICIAL if official else layer_frames.REFERENCE)
    return load(kept)


def briefing(*scenes: Scene) -> Briefing:
    return Briefing("probe", "汇报", scenes=scenes)


def scene(**changes: Any) -> Scene:
    return Scene(**{"id": "a", "title": "甲", **changes})


def told(atlas: Atlas, *scenes: Scene) -> Story:
    return tell(briefing(*scenes), atlas, approval="")


def only(atlas: Atlas, **changes: Any) -> StoryScene:
    return told(atlas, scene(**changes)).scenes[0]


# ---------------------------------------------------------------- figures in texts


def test_figures_of_the_report_as_it_writes_them(tiny: Atlas) -> None:
    found = only(tiny, text=("红线 {ledger:redline_area_km2}，{ledger:gdp_q1_yi_yuan.as_of}。",))
    assert found.paragraphs == ("红线 79.57 km²，2022年一季度。",)
    assert found.mark == ""
    assert found.problems == ()
    assert "〔一、（二）〕〔二、（二）〕" in found.sources[0]


def test_dates_in_words(tiny: Atlas) -> None:
    texts = {
        "geneva_speech_date": "2017年1月18日",
        "standard_workshop_area_wan_m2": "2021年",
        "location_text": "报告未注明",
    }
    found = only(tiny, text=tuple(f"{{ledger:{name}.as_of}}" for name in texts))
    assert found.paragraphs == tuple(texts.values())


def test_unverified_figures_say_so(tiny: Atlas) -> None:
    found = only(tiny, text=("{ledger:county_area_km2}",), cards=("county_area_km2", "check.redline_share.share_pct"))
    assert found.paragraphs == ("2,229.12 km²〔未核〕",)
    assert [card.label for card in found.cards] == ["县域面积〔未核〕", "生态保护红线占县域面积的比例〔未核〕"]
    assert [card.kind for card in found.cards] == ["external", "computed"]


def test_loose_spaces_around_values_go_and_written_ones_stay(tiny: Atlas) -> None:
    found = only(tiny, text=("人口 {ledger:resident_population_wan} 以上", "写下的 空格"))
    assert found.paragraphs == ("人口超过 60 万人以上", "写下的 空格")


def test_a_quotation_is_the_reports_own_words(tiny: Atlas) -> None:
    found = only(tiny, quote="redline_area_km2")
    assert found.quote is not None
    assert found.quote.text == load_ledger()["redline_area_km2"].quote
    assert found.quote.citation == "《加快推动平昌绿色低碳转型研究》一、（二）"
    outside = only(tiny, quote="county_area_km2")  # no words of the report
    assert outside.quote is None
    assert "不在报告的指标台账中" in outside.problems[0]


def test_what_is_missing_stands_in_its_place_and_the_rest_plays(tiny: Atlas) -> None:
    story = told(
        tiny,
        scene(
            text=("{ledger:nothing}、{computed:forest.nothing}、{figure:x}、{computed:wald.count}",), cards=("none",)
        ),
        scene(id="b", title="乙", text=("{ledger:redline_area_km2}",)),
    )
    assert story.scenes[0].paragraphs == ("〔nothing缺失〕、〔forest.nothing缺失〕、〔x缺失〕、〔wald.count缺失〕",)
    assert story.scenes[0].cards[0].value == "〔占位符缺失〕"
    said = "\n".join(story.scenes[0].problems)
    for words in (
        "台账中没有「nothing」",
        "「森林小班」没有名为「forest.nothing」",
        "应写作 {ledger:…}",
        "没有名为「wald.count」",
        "「none」",
    ):
        assert words in said, words
    assert story.scenes[1].paragraphs == ("79.57 km²",)
    assert story.scenes[1].problems == ()
    assert {problem.scene for problem in story.problems} == {"a"}


def test_values_are_texts_and_never_markup(store: LocalStore) -> None:
    frame = layer_frames.parks()
    frame["name"] = ["<img src=x onerror=alert(1)>{ledger:redline_area_km2}"]
    put(store, "parks", frame)
    atlas = load(store)
    shown = only(atlas, text=("<b>{computed:parks.count}</b>",), charts=(ChartRef(ChartKind.READY, group="parks"),))
    assert shown.paragraphs == ("<b>1 个</b>",)
    assert shown.charts[0].categories == ("<img src=x onerror=alert(1)>{ledger:redline_area_km2}",)


def test_texts_too_long_with_their_figures_are_told_once(tiny: Atlas) -> None:
    found = only(tiny, text=("长" * 60 + "{ledger:province_positioning}", "长" * 91))
    assert [problem for problem in found.problems if "第 1 段" in problem] != []
    assert len([problem for problem in found.problems if "第 2 段" in problem]) == 1


# ---------------------------------------------------------------- marks


@pytest.mark.parametrize(
    ("name", "marked"),
    [
        ("forest.stock_tc", False),
        ("forest.count", False),
        ("redline.count", True),
        ("redline.inside.stock_tc", True),
        ("forest.mean.redline_share_pct", True),
        ("check.redline_share.share_pct", False),
        ("reconcile.words", True),
    ],
)
def test_figures_are_marked_where_reference_data_stand_behind(mixed: Atlas, name: str, marked: bool) -> None:
    found = only(mixed, cards=(name,))
    assert found.problems == ()
    assert (found.cards[0].mark == MARK) is marked
    assert (found.mark == MARK) is marked
    assert (only(mixed, text=(f"{{computed:{name}}}",)).mark == MARK) is marked


@pytest.mark.parametrize(
    ("shown", "marked"),
    [
        (SceneMap(), False),
        (SceneMap((FOREST,)), False),
        (SceneMap((LayerView("forest", "species"),)), False),
        (SceneMap((LayerView("forest", "redline_share_pct"),)), True),
        (SceneMap((LayerView("forest", "species", filter="redline_share_pct=0.."),)), True),
        (SceneMap((LayerView("scenic"),)), True),
        (SceneMap((FOREST,), select=(Feature("scenic", "佛头山"),)), True),
    ],
)
def test_maps_are_marked_where_reference_data_stand_behind(mixed: Atlas, shown: SceneMap, marked: bool) -> None:
    found = only(mixed, map=shown)
    assert found.map is not None
    assert (found.map.mark == MARK) is marked
    assert (found.map.state["mark"] == MARK) is marked
    assert (found.mark == MARK) is marked


def test_an_official_layer_coloured_by_a_join_says_what_is_illustrative(mixed: Atlas) -> None:
    found = only(mixed, map=SceneMap((LayerView("forest", "redline_share_pct"),))).map
    assert found is not None
    assert found.layers[0].theme is not None
    assert found.layers[0].theme["title"].endswith("〔示意〕")
    assert found.layers[0].mark == MARK


@pytest.mark.parametrize(
    ("ref", "filtered", "marked"),
    [
        (ChartRef(ChartKind.LAYER, layer="forest", chart="species-stock"), "", False),
        (ChartRef(ChartKind.LAYER, layer="forest", chart="species-stock"), "redline_share_pct=0..", True),
        (ChartRef(ChartKind.ACCOUNT, group="origin"), "", False),
        (ChartRef(ChartKind.READY, group="redline-forest"), "", True),
        (ChartRef(ChartKind.LEDGER, title="产业", indicators=("gdp_q1_yi_yuan",)), "", False),
        (ChartRef(ChartKind.RECONCILE, unit="万亩"), "", False),
        (ChartRef(ChartKind.RECONCILE, unit="km²"), "", True),
    ],
)
def test_charts_are_marked_where_reference_data_stand_behind(
    mixed: Atlas, ref: ChartRef, filtered: str, marked: bool
) -> None:
    found = only(mixed, charts=(ref,), map=SceneMap((LayerView("forest", "species", filter=filtered),)))
    assert found.problems == ()
    assert (found.charts[0].mark == MARK) is marked


def test_the_story_names_its_sources(mixed: Atlas) -> None:
    story = told(mixed, scene(map=SceneMap((FOREST,)), cards=("redline.count",)))
    lines = {line.title: line for line in story.sources}
    assert lines["森林小班第 1 版"].mark == ""
    assert lines["生态保护红线第 1 版"].mark == MARK
    assert "AAAA 级景区第 1 版" not in lines
    assert [line.kind for line in story.sources][-1] == "parameters"
    assert story.mark == MARK


# ---------------------------------------------------------------- maps


def test_a_state_speaks_of_every_layer_of_the_story(tiny: Atlas) -> None:
    story = told(
        tiny,
        scene(map=SceneMap((LayerView("forest", "species", 0.4),))),
        scene(id="b", map=SceneMap((LayerView("scenic"),), select=(Feature("scenic", "白衣古镇"),))),
        scene(id="c"),
    )
    assert story.layer_ids() == ("forest", "scenic")
    states = [one.map.state for one in story.scenes if one.map]
    assert [{i: s["visible"] for i, s in state["layers"].items()} for state in states] == [
        {"forest": True, "scenic": False},
        {"forest": False, "scenic": True},
    ]
    assert states[0]["layers"]["forest"]["opacity"] == 0.4
    assert states[0]["layers"]["forest"]["theme"]["field"] == "species"
    assert states[1]["select"] == {"layer": "scenic", "row": 1}
    assert states[1]["marked"] == []
    assert story.scenes[2].map is None
    first = story.scenes[0].map
    assert first is not None
    assert first.layers[0].theme == first.state["layers"]["forest"]["theme"]
    assert first.layers[0].version == tiny["forest"].version.name


def test_several_features_are_highlighted_and_those_that_are_gone_are_told(tiny: Atlas) -> None:
    wanted = tuple(Feature("scenic", name) for name in ("白衣古镇", "没有", "佛头山"))
    story = told(tiny, scene(map=SceneMap((LayerView("scenic"),), select=wanted)))
    (shown,) = story.scenes
    assert shown.map is not None
    assert shown.map.select == (("scenic", 1), ("scenic", 0))
    assert shown.map.state["select"] == {"layer": "scenic", "row": 1}
    assert shown.map.state["marked"] == [{"layer": "scenic", "row": 0}]
    assert shown.problems == ("场景「甲」：图层「AAAA 级景区」中没有「没有」。",)


def test_where_a_scene_looks(tiny: Atlas) -> None:
    atlas = tiny
    county = atlas["county"].extent
    written = only(atlas, map=SceneMap(extent=(107.1, 31.5, 107.2, 31.6))).map
    focused = only(atlas, map=SceneMap(focus=Feature("scenic", "佛头山"))).map
    whole = only(atlas, map=SceneMap()).map
    assert written is not None
    assert focused is not None
    assert whole is not None
    assert written.extent == (107.1, 31.5, 107.2, 31.6)
    assert written.state["fly"] == [[31.5, 107.1], [31.6, 107.2]]
    assert whole.extent == county
    west, south, east, north = atlas["scenic"].bounds[0]
    assert focused.extent[0] < west < east < focused.extent[2]
    assert focused.extent[1] < south < north < focused.extent[3]
    assert focused.extent[2] - focused.extent[0] < 0.1


def test_an_extent_far_away_is_told(tiny: Atlas) -> None:
    found = only(tiny, map=SceneMap(extent=(1.0, 2.0, 3.0, 4.0)))
    assert "地图范围不在本县" in found.problems[0]


def test_a_feature_is_found_by_name_in_a_new_version(store: LocalStore) -> None:
    shown = scene(map=SceneMap((LayerView("scenic"),), select=(Feature("scenic", "白衣古镇"),)))
    before = told(load(store), shown).scenes[0].map
    put(store, "scenic", layer_frames.scenic().iloc[::-1].reset_index(drop=True))
    after = told(load(store), shown).scenes[0].map
    assert before is not None
    assert after is not None
    assert (before.select, after.select) == ((("scenic", 1),), (("scenic", 0),))


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (SceneMap(select=(Feature("scenic", "没有"),)), "「AAAA 级景区」中没有「没有」"),
        (SceneMap(focus=Feature("scenic", "没有")), "「AAAA 级景区」中没有「没有」"),
        (SceneMap((LayerView("townships"),)), "「乡镇界线」没有已发布的数据"),
        (SceneMap(select=(Feature("townships", "白衣镇"),)), "「乡镇界线」没有已发布的数据"),
        (SceneMap((LayerView("wald"),)), "图层「wald」不存在"),
        (SceneMap((LayerView("forest", "height_m"),)), "「平均树高」全部为空"),
        (SceneMap((LayerView("forest", filter="forest_use=经济林"),)), "没有「林种」，该筛选条件已忽略"),
        (SceneMap((LayerView("forest", filter="species=橡胶"),)), "「优势树种」没有「橡胶」"),
        (SceneMap((LayerView("forest", filter="volume_m3_ha=900.."),)), "没有符合筛选条件的小班"),
        (
            SceneMap((LayerView("forest", version="7-0123456789ab"),)),
            "版本「7-0123456789ab」不存在，现按当前的第 1 版显示",
        ),
    ],
)
def test_maps_that_cannot_be_as_they_were_meant(tiny: Atlas, shown: SceneMap, words: str) -> None:
    story = told(tiny, scene(map=shown), scene(id="b", map=SceneMap((FOREST,))))
    assert any(words in problem for problem in story.scenes[0].problems), story.scenes[0].problems
    assert story.scenes[0].map is not None  # it still plays
    assert story.scenes[1].problems == ()


def test_a_scene_made_with_an_earlier_version_says_so(store: LocalStore) -> None:
    made_with = load(store)["scenic"].version.name
    shown = scene(map=SceneMap((LayerView("scenic", version=made_with),)))
    assert told(load(store), shown).problems == ()
    put(store, "scenic", layer_frames.scenic().iloc[:1])
    assert "场景制作时为第 1 版，现按当前的第 2 版显示" in told(load(store), shown).problems[0].message
    store.prune(lambda versions, current: [v for v in versions if v != current], ["scenic"], "张三")
    put(store, "parks", layer_frames.parks().iloc[:0].copy())
    assert "第 1 版已清理" in told(load(store), shown).problems[0].message


def test_a_filter_on_the_map_also_filters_its_charts(tiny: Atlas) -> None:
    atlas = tiny
    ref = ChartRef(ChartKind.LAYER, layer="forest", chart="age-area")
    filtered = SceneMap((LayerView("forest", filter="species=柏木&volume_m3_ha=..66"),))
    chart = only(atlas, charts=(ref,), map=filtered).charts[0]
    frame = atlas["forest"].frame
    keep = (frame["species"] == "柏木") & (frame["volume_m3_ha"] <= 66)
    assert keep.sum() == 2
    assert sum(value or 0 for value in chart.series[0].values) == pytest.approx(15 * frame["area_ha"][keep].sum())
    assert "筛选" in chart.source
    assert set(chart.categories) == set(frame["age_group"][keep])


# ---------------------------------------------------------------- charts


def test_bars_have_the_colours_of_the_legend(tiny: Atlas) -> None:
    found = only(
        tiny,
        charts=(ChartRef(ChartKind.LAYER, layer="forest", chart="species-stock"),),
        map=SceneMap((LayerView("forest", "species"),)),
    )
    chart = found.charts[0]
    assert found.map is not None
    theme = found.map.layers[0].theme
    assert theme is not None
    legend = dict(zip(theme["labels"], theme["colors"], strict=True))
    assert dict(zip(chart.categories, chart.colors, strict=True)) == legend
    assert chart.alt.startswith("柱状图，各优势树种碳储量（")


def test_reported_and_computed_totals_stand_side_by_side(tiny: Atlas) -> None:
    chart = only(tiny, charts=(ChartRef(ChartKind.RECONCILE, unit="万亩"),)).charts[0]
    assert [series.name for series in chart.series] == ["报告值", "计算值"]
    assert chart.series[0].values[0] == load_ledger().number("forest_land_area_wanmu")
    area = tiny["forest"].frame["area_ha"].sum()
    assert chart.series[1].values[0] == pytest.approx(area * 15 / 10_000)


def test_ledger_charts_share_a_unit_and_a_remark(tiny: Atlas) -> None:
    names = ("gdp_q1_primary_yi_yuan", "gdp_q1_secondary_yi_yuan", "gdp_q1_tertiary_yi_yuan")
    chart = only(tiny, charts=(parse_chart('kind="ledger"', names, "doughnut"),)).charts[0]
    assert chart.kind == "doughnut"
    assert chart.categories == ("第一产业增加值", "第二产业增加值", "第三产业增加值")
    assert chart.series[0].values == tuple(load_ledger().number(name) for name in names)
    assert len(set(chart.colors)) == 3
    negative = only(tiny, charts=(parse_chart('kind="ledger"', ("gdp_q1_secondary_growth_pct",), "doughnut"),))
    assert negative.charts[0].kind == "barh"  # a ring cannot show a loss


def test_what_was_read_elsewhere_stands_apart_in_charts(tiny: Atlas) -> None:
    rate = "check.rate_new_forest_removal_wt_a"
    ref = parse_chart('kind="computed"', (f"{rate}.tco2_mu_a", f"{rate}.references"), "")
    (chart,) = only(tiny, charts=(ref,)).charts
    assert chart.series[0].name == "计算值、外部参考"
    assert len(chart.categories) > 2
    assert chart.colors[0] not in chart.colors[1:]
    assert len(set(chart.colors[1:])) == 1
    (area,) = only(tiny, charts=(parse_chart('kind="ledger"', ("county_area_km2", "redline_area_km2"), ""),)).charts
    assert area.series[0].name == "外部参考、报告值"
    assert "报告〔一、（二）〕" in area.source
    assert "原始文件未经核对" in area.source
    card = only(tiny, cards=(f"{rate}.references.0",)).cards[0]
    assert card.kind == "external"


def parse_chart(kind: str, names: tuple[str, ...], shape: str) -> ChartRef:
    text = f'format=1\nname="x"\ntitle="x"\n[[scene]]\nid="a"\ntitle="x"\n[[scene.chart]]\n{kind}\ntitle="图"\n'
    return parse(f'{text}indicators={json.dumps(list(names))}\nshape="{shape}"\n').scenes[0].charts[0]


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        (ChartRef(ChartKind.LAYER, layer="townships", chart="township-stock"), "「乡镇界线」尚未发布数据"),
        (ChartRef(ChartKind.LAYER, layer="forest", chart="x"), "「x」不存在"),
        (ChartRef(ChartKind.LEDGER, title="图", indicators=("nothing",)), "台账中没有「nothing」"),
        (ChartRef(ChartKind.LEDGER, title="图", indicators=("honours",)), "不是数值"),
        (ChartRef(ChartKind.LEDGER, title="图", indicators=("gdp_q1_yi_yuan", "gdp_q1_growth_pct")), "单位不一"),
        (ChartRef(ChartKind.COMPUTED, title="图", indicators=("report.title",)), "不是数值"),
        (ChartRef(ChartKind.COMPUTED, title="图", indicators=("forest.x",)), "没有名为「forest.x」"),
        (ChartRef(ChartKind.ACCOUNT, group="x"), "不能按「x」汇总"),
        (ChartRef(ChartKind.ACCOUNT, group="species", measure="canopy"), "「canopy」不能汇总"),
        (ChartRef(ChartKind.READY, group="x"), "没有名为「x」的叠加结果"),
        (ChartRef(ChartKind.READY, group="scenic", measure="x"), "没有「x」"),
        (ChartRef(ChartKind.RECONCILE, unit="磅"), "没有单位为「磅」"),
    ],
)
def test_charts_that_cannot_be_made(tiny: Atlas, ref: ChartRef, words: str) -> None:
    good = ChartRef(ChartKind.ACCOUNT, group="species")
    found = only(tiny, charts=(ref, good))
    assert any(words in problem for problem in found.problems), found.problems
    assert len(found.charts) == 1


def test_no_feature_under_the_filter_leaves_the_chart_out(tiny: Atlas) -> None:
    empty = SceneMap((LayerView("forest", filter="volume_m3_ha=900.."),))
    found = only(tiny, charts=(ChartRef(ChartKind.ACCOUNT, group="species"),), map=empty)
    assert found.charts == ()
    assert any("没有符合筛选条件的小班，图表" in problem for problem in found.problems)


# ---------------------------------------------------------------- the whole


def test_hidden_scenes_are_left_out(tiny: Atlas) -> None:
    story = told(tiny, scene(id="a", hidden=True, text=("{ledger:nothing}",)), scene(id="b"))
    assert [(one.id, one.number) for one in story.scenes] == [("b", 1)]
    assert story.problems == ()


def test_what_one_reader_sees_for_a_moment_takes_no_place(tiny: Atlas) -> None:
    lasting, passing = Briefing("lasting", "甲"), Briefing("passing", "乙")
    kept = tell(lasting, tiny)
    first = tell(passing, tiny, keep=False)
    assert tell(passing, tiny, keep=False) is not first
    assert tell(passing, tiny, keep=False) == first
    assert tell(lasting, tiny, keep=False) is kept  # what is kept anyway is given


def test_telling_is_deterministic_and_kept(tiny: Atlas) -> None:
    atlas = tiny
    first, again = told(atlas, scene(cards=("forest.stock_tc",))), told(tiny, scene(cards=("forest.stock_tc",)))
    assert first is again
    other = tell(briefing(scene(cards=("forest.stock_tc",))), atlas, approval="川审〔测〕号")
    assert other is not first
    assert replace(other, approval="") == first
    assert first.made_at == max(data.version.published_at for data in atlas.layers.values())


def test_equal_contents_of_other_sources_are_not_mixed_up(store: LocalStore, tmp_path: Any) -> None:
    other = LocalStore(tmp_path / "other")
    for layer, frame in layer_frames.all_layers().items():
        put(other, layer, frame)
    assert load(store).id == load(other).id
    assert told(load(store), scene(cards=("forest.count",))).mark == MARK
    assert told(load(other), scene(cards=("forest.count",))).mark == ""


def test_a_new_version_is_told_anew(store: LocalStore) -> None:
    counted = scene(text=("{computed:forest.count}",))
    assert told(load(store), counted).scenes[0].paragraphs == ("12 个",)
    put(store, "forest", layer_frames.forest(columns=2))
    assert told(load(store), counted).scenes[0].paragraphs == ("6 个",)


def test_units_of_the_reader(tiny: Atlas) -> None:
    atlas = tiny
    hectares = atlas["forest"].frame["area_ha"].sum()
    probe = briefing(scene(cards=("forest.area_ha", "forest.area_ha@ha", "forest.stock_tc")))
    story = tell(probe, atlas, choice=UnitChoice(AreaUnit.KM2, MassUnit.T), approval="")
    cards = story.scenes[0].cards
    assert [card.unit for card in cards] == ["km²", "公顷", "吨碳"]
    assert float(cards[0].value) == pytest.approx(hectares / 100, rel=1e-3)
    assert float(cards[1].value.replace(",", "")) == pytest.approx(hectares, rel=1e-3)


def test_an_empty_store_still_tells(empty_store: LocalStore) -> None:
    probe = scene(
        text=("{computed:forest.stock_tc}、{computed:carbon.flags}",),
        cards=("reconcile.words", "data.illustrative"),
        charts=(ChartRef(ChartKind.ACCOUNT, group="species"),),
        map=SceneMap((FOREST,), select=(Feature("scenic", "佛头山"),)),
    )
    story = told(load(empty_store), probe)
    assert story.scenes[0].paragraphs == ("〔forest.stock_tc缺失〕、无",)
    assert "尚未发布数据" in "\n".join(story.scenes[0].problems)
    assert story.mark == ""
    json.dumps(story.as_dict(), allow_nan=False)


_NAMES = ("forest", "scenic", "redline", "parks", "townships", "county", "wald", "")
_FIELDS = ("stock_tc", "species", "area_ha", "redline_share_pct", "x", "")
_VIEWS = st.builds(
    LayerView,
    layer=st.sampled_from(_NAMES),
    theme=st.sampled_from(_FIELDS),
    opacity=st.none() | st.floats(),
    version=st.sampled_from(("", "1-x")),
    filter=st.sampled_from(
        ("", "species=柏木", "species=x&area_ha=1..", "redline_share_pct=..50", "&&", "volume_m3_ha=9..1")
    ),
)
_FEATURES = st.none() | st.builds(Feature, st.sampled_from(_NAMES), st.sampled_from(("佛头山", "1", "x")))
_MAPS = st.builds(
    SceneMap,
    layers=st.lists(_VIEWS, max_size=3).map(tuple),
    extent=st.none() | st.tuples(*[st.floats()] * 4),
    focus=_FEATURES,
    select=st.lists(_FEATURES, max_size=2).map(lambda found: tuple(one for one in found if one)),
)
_FIGURES = st.builds(
    ".".join,
    st.lists(st.sampled_from((*_NAMES, *_FIELDS, "count", "pct", "top", "mean", "inside", "check")), max_size=4),
)
_CHARTS = st.builds(
    ChartRef,
    kind=st.sampled_from(ChartKind),
    layer=st.sampled_from(_NAMES),
    chart=st.sampled_from(("species-stock", "scenic-stock", "x")),
    indicators=st.lists(st.sampled_from(("gdp_q1_yi_yuan", "honours", "x")) | _FIGURES, max_size=3).map(tuple),
    group=st.sampled_from(("species", "redline-forest", "scenic", "x")),
    measure=st.sampled_from(_FIELDS),
    unit=st.sampled_from(("万亩", "x")),
)
_SCENES = st.builds(
    Scene,
    id=st.just("a"),
    title=st.text(max_size=5),
    text=st.lists(_FIGURES.map(lambda name: f"{{computed:{name}}}"), max_size=3).map(tuple),
    quote=st.sampled_from(("", "x", "honours")),
    cards=st.lists(_FIGURES, max_size=3).map(tuple),
    charts=st.lists(_CHARTS, max_size=2).map(tuple),
    map=st.none() | _MAPS,
)


@settings(max_examples=60)
@given(made=_SCENES)
def test_nothing_that_a_briefing_says_stops_it(tiny: Atlas, made: Scene) -> None:
    story = told(tiny, made, scene(id="b", text=("{ledger:redline_area_km2}",)))
    assert len(story.scenes) == 2
    assert story.scenes[1].paragraphs == ("79.57 km²",)
    json.dumps(story.as_dict(), allow_nan=False)


# ---------------------------------------------------------------- features by key


def test_keys_find_their_features(tiny: Atlas) -> None:
    atlas = tiny
    for layer in ("scenic", "parks", "redline", "forest"):
        data = atlas[layer]
        for row in range(len(data.frame)):
            assert rows_of(data, key_of(data, row)).tolist() == [row], (layer, row)
    assert key_of(atlas["scenic"], 1) == "白衣古镇"
    assert key_of(atlas["forest"], 0) == "示意片区 01-1-1"
    assert rows_of(atlas["forest"], "小班 示意片区 01-1-1").tolist() == [0]
    assert rows_of(atlas["scenic"], "").size == 0
    assert np.array_equal(rows_of(atlas["scenic"], "没有"), [])


def test_of_several_features_of_one_name_the_first_is_taken_and_told(store: LocalStore) -> None:
    frame = layer_frames.scenic()
    frame["name"] = ["佛头山", "佛头山"]
    put(store, "scenic", frame)
    found = only(load(store), map=SceneMap((LayerView("scenic"),), select=(Feature("scenic", "佛头山"),)))
    assert found.map is not None
    assert found.map.select == (("scenic", 0),)
    assert "有 2 个「佛头山」" in found.problems[0]
