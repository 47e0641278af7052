"""Totals over zones: a plot inside two zones counts once, and what is unknown is not zero."""

import dataclasses

import numpy as np
import pytest

from pingchang_geo.access import operator
from pingchang_geo.filters import Filter, OneOf
from pingchang_geo.layers import palette
from pingchang_geo.ui import kpis, totals
from pingchang_geo.ui.state import View
from pingchang_geo.units import AreaUnit, MassUnit, UnitChoice
from pingchang_geo.workflow.atlas import Atlas, load
from pingchang_geo.workflow.publish import publish
from tests import layer_frames

UNITS = UnitChoice(AreaUnit.HA, MassUnit.T)


@pytest.fixture
def doubled(store) -> Atlas:
    """The same red-line patch twice, of two types, over half of the first plot."""
    half = layer_frames.square(0, 0, 0.5)
    columns = {"name": ["红线斑块 01", "红线斑块 02"], "type": ["水土保持", "水源涵养"], "location": ["示意", "示意"]}
    publish(
        store,
        "redline",
        layer_frames.canonical("redline", columns, [half, half]),
        provenance=layer_frames.REFERENCE,
        actor=operator("技术员"),
        note="",
        base=store.snapshot().versions["redline"].name,
    )
    return load(store)


def replaced(atlas: Atlas, layer: str, **columns) -> Atlas:
    data = dataclasses.replace(atlas[layer], frame=atlas[layer].frame.assign(**columns))
    return dataclasses.replace(atlas, layers={**atlas.layers, layer: data})


def cards(atlas: Atlas, layer: str, chosen: Filter | None = None) -> dict[str, kpis.Card]:
    view = View.of(atlas[layer], chosen or Filter())
    return {card.field: card for card in kpis.computed(atlas, view, UNITS, lambda name: "示意数据")}


def number(card: kpis.Card) -> float:
    return float(card.value.split()[0].replace(",", ""))


def test_every_total_of_zones_has_its_plot_column():
    assert list(palette.PLOT_COLUMNS) == [field.name for field in palette.ZONE_TOTALS]


def test_unknown_is_not_zero():
    assert np.isnan(totals.total(np.array([np.nan, np.nan])))
    assert totals.total(np.array([np.nan, 2.0])) == 2.0
    assert totals.total(np.array([])) == 0.0
    assert totals.total(np.array([0.0])) == 0.0


def test_overlapping_zones_count_their_plots_once(doubled):
    one = float(doubled["redline"].frame["forest_area_ha"].iloc[0])
    assert one > 0
    shown = cards(doubled, "redline")
    assert number(shown["forest_area_ha"]) == pytest.approx(one, rel=1e-3)
    assert "只计一次" in shown["forest_area_ha"].source
    assert "重复计入" in shown["area_ha"].source


def test_under_a_filter_overlapping_zones_are_added_up_and_said_so(doubled):
    shown = cards(doubled, "redline", Filter((OneOf("type", ("水土保持", "水源涵养")),)))
    one = float(doubled["redline"].frame["forest_area_ha"].iloc[0])
    assert number(shown["forest_area_ha"]) == pytest.approx(2 * one, rel=1e-3)
    assert "重叠部分重复计入" in shown["forest_area_ha"].source


def test_zones_apart_say_nothing_of_overlaps(store):
    atlas = load(store)
    shown = cards(atlas, "redline")
    assert number(shown["forest_area_ha"]) == pytest.approx(atlas["redline"].frame["forest_area_ha"].sum(), rel=1e-3)
    assert "重叠" not in shown["forest_area_ha"].source


def test_a_card_of_nothing_known_shows_a_dash(store):
    atlas = replaced(load(store), "redline", forest_stock_tc=[np.nan, 5.0])
    shown = cards(atlas, "redline", Filter((OneOf("type", ("水土保持",)),)))
    assert shown["forest_stock_tc"].value == "—"
    assert shown["forest_stock_tc"].tag == "计算 · 示意"
    assert "1 个红线斑块无数据" in shown["forest_stock_tc"].source


def test_totals_inside_zones_known_by_a_point_say_so(store):
    found = load(store)
    words = "仅有点位者按 1 km 圆计"
    inside = cards(found, "scenic")["forest_stock_tc"]
    assert words in inside.tag and words in inside.source
    assert words not in cards(found, "scenic")[""].tag
    assert not any(words in card.tag + card.source for card in cards(found, "redline").values())


def test_a_true_zero_is_shown(store):
    shown = cards(
        replaced(load(store), "redline", forest_area_ha=[0.0, 0.0]), "redline", Filter((OneOf("type", ("水土保持",)),))
    )
    assert shown["forest_area_ha"].value == "0 公顷"


def test_the_removal_says_that_its_two_lines_may_overlap(store):
    assert "重叠未经确认" in cards(load(store), "forest")["removal_tco2_a"].source
