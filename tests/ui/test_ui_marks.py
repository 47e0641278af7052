"""示意 follows the data: what a page, a map and an export say depends on every layer that went into a column."""

import dataclasses

import pytest

from pingchang_geo import exports
from pingchang_geo.access import operator
from pingchang_geo.filters import Between, Filter, OneOf
from pingchang_geo.provenance import ILLUSTRATIVE_MARK
from pingchang_geo.ui import data as shared
from pingchang_geo.ui.context import Context
from pingchang_geo.ui.map_panel import map_state
from pingchang_geo.ui.registry import page_of
from pingchang_geo.ui.state import PageState, Scope, View
from pingchang_geo.ui.table_panel import sheet_maker
from pingchang_geo.workflow.atlas import Atlas, load
from pingchang_geo.workflow.publish import publish
from tests import layer_frames


@pytest.fixture
def mixed(store) -> Atlas:
    """An official forest over reference red lines."""
    publish(
        store,
        "forest",
        layer_frames.forest(),
        provenance=layer_frames.OFFICIAL,
        actor=operator("技术员"),
        note="",
        base=store.snapshot().versions["forest"].name,
    )
    return load(store)


def scope_of(atlas: Atlas) -> Scope:
    return Scope(shared.data_layers(atlas), "forest", frozenset({"forest"}))


def test_own_columns_of_an_official_layer_carry_no_mark(mixed):
    forest = mixed["forest"].spec
    assert shared.mark(mixed, forest, ["stock_tc"]) == ""
    assert shared.mark(mixed, forest, ["redline_share_pct"]) == ILLUSTRATIVE_MARK
    assert shared.mark(mixed, mixed["redline"].spec) == ILLUSTRATIVE_MARK


def test_totals_of_an_official_zone_depend_on_the_plots(store):
    atlas = load(store)
    assert [s.title for s in shared.sources(atlas, atlas["redline"].spec, ["forest_stock_tc"])] == [
        "生态保护红线",
        "森林小班",
    ]
    assert [s.title for s in shared.sources(atlas, atlas["redline"].spec, ["area_ha"])] == ["生态保护红线"]


def test_the_map_marks_layers_and_joined_themes(mixed):
    scope = scope_of(mixed)
    config = shared.map_config(mixed.id, tuple(scope.layers), mixed)
    assert {layer["id"]: layer["mark"] for layer in config["layers"]} == {
        "forest": "",
        "redline": ILLUSTRATIVE_MARK,
        "scenic": ILLUSTRATIVE_MARK,
        "parks": ILLUSTRATIVE_MARK,
    }
    plain = map_state(mixed, scope, PageState("forest", "stock_tc_ha", scope.shown))
    joined = map_state(mixed, scope, PageState("forest", "redline_share_pct", scope.shown, compare="canopy"))
    assert plain["layers"]["forest"]["theme"]["title"] == "每公顷碳储量"
    assert joined["layers"]["forest"]["theme"]["title"] == "红线内面积占比〔示意〕"
    assert joined["compare"]["theme"]["title"] == "郁闭度"


def test_only_the_layer_in_focus_is_filtered_and_shown_first(mixed):
    scope = scope_of(mixed)
    chosen = Filter((OneOf("species", ("柏木",)),))
    whole = map_state(mixed, scope, PageState("forest", "species", scope.shown, chosen=chosen, selected=("redline", 1)))
    assert [i for i, layer in whole["layers"].items() if layer["visible"]] == ["forest"]
    assert [bool(layer["filter"]) for layer in whole["layers"].values()] == [i == "forest" for i in whole["layers"]]
    assert whole["select"] == {"layer": "redline", "row": 1}
    assert whole["fly"] is None


def test_the_face_of_the_map_is_marked_by_whatever_it_rests_on(mixed):
    scope = scope_of(mixed)
    near = Filter((Between("redline_share_pct", 0, 50),))

    def mark(**chosen) -> str:
        return map_state(
            mixed, scope, PageState(**{"focus": "forest", "theme": "species", "shown": scope.shown, **chosen})
        )["mark"]

    assert mark() == ""
    assert mark(chosen=Filter((OneOf("species", ("柏木",)),))) == ""
    assert mark(chosen=near) == ILLUSTRATIVE_MARK
    assert mark(theme="redline_share_pct") == ILLUSTRATIVE_MARK
    assert mark(compare="scenic_share_pct") == ILLUSTRATIVE_MARK
    assert mark(shown=frozenset({"forest", "parks"})) == ILLUSTRATIVE_MARK
    assert mark(shown=frozenset(), chosen=near) == ""


def test_a_filter_by_a_reference_column_marks_everything_drawn_from_it(mixed):
    scope = scope_of(mixed)
    chosen = Filter((Between("redline_share_pct", 0, 50),))
    state = PageState("forest", "species", scope.shown, chosen=chosen)
    ctx = Context(page_of("forest"), mixed, scope, state, View.of(mixed["forest"], chosen))
    plain = dataclasses.replace(ctx, state=PageState("forest", "species", scope.shown))
    assert plain.mark("species", "stock_tc") == ""
    assert ctx.mark("species", "stock_tc") == ILLUSTRATIVE_MARK
    assert [source.title for source in plain.sources("species", "stock_tc")] == ["森林小班"]
    assert [source.title for source in ctx.sources("species", "stock_tc")] == ["森林小班", "生态保护红线"]
    assert sheet_maker(ctx)().mark == ILLUSTRATIVE_MARK


def test_an_export_marks_the_columns_that_reference_layers_went_into(mixed):
    scope = scope_of(mixed)
    state = PageState("forest", "species", scope.shown, chosen=Filter((OneOf("species", ("柏木",)),)))
    ctx = Context(page_of("forest"), mixed, scope, state, View.of(mixed["forest"], state.chosen))
    sheet = sheet_maker(ctx)()
    assert sheet.mark == ""
    assert sheet.rows == 4
    assert [header for header in sheet.columns if "〔示意〕" in header] == [
        "红线内面积占比（%）〔示意〕",
        "景区内面积占比（%）〔示意〕",
        "园区内面积占比（%）〔示意〕",
    ]
    text = exports.to_csv(sheet).decode("utf-8-sig")
    for words in ("标〔示意〕的列", "平昌县林业局", "测试用参考图层", "优势树种：柏木"):
        assert words in text
