"""Carbon columns of a published layer: what the stock rests on, and the gap to what the file reports."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pingchang_geo import attributes, carbon, crs, layers
from pingchang_geo.access import operator
from pingchang_geo.errors import FactorError
from pingchang_geo.indicators import load_ledger
from pingchang_geo.store import LocalStore
from pingchang_geo.units import UnitChoice
from pingchang_geo.workflow.atlas import load
from pingchang_geo.workflow.cards import card
from pingchang_geo.workflow.publish import publish
from tests import layer_frames

SPEC = layers.get("forest")
SPECIES = ["柏木", "柏木", "竹林", "柏木", None, "竹林", "马尾松"]
LAND = ["乔木林地", "未成林地", "竹林地", "乔木林地", "乔木林地", "未成林地", "一般灌木林地"]
VOLUME = [100.0, 2.0, np.nan, -3.0, 50.0, 0.0, 0.0]
REPORTED = [5000.0, np.nan, 3000.0, 10.0, np.nan, np.nan, np.nan]
BASIS = [
    "蓄积换算",
    "蓄积换算（不计 b）",
    "单位面积生物量",
    "蓄积缺失或异常",
    "树种无参数",
    "未成林地等不计",
    "单位面积生物量",
]


def frame():
    squares = [layer_frames.square(i, 0) for i in range(len(SPECIES))]
    columns = {
        "linban": ["1"] * len(SPECIES),
        "xiaoban": [str(i) for i in range(len(SPECIES))],
        "species": SPECIES,
        "land_class": LAND,
        "volume_m3_ha": VOLUME,
        "reported_stock_tc": REPORTED,
    }
    return layer_frames.canonical("forest", columns, squares)


def test_an_empty_volume_is_nothing_where_no_trees_are_and_unknown_where_they_are() -> None:
    land = ["未成林地", "采伐迹地", "疏林地", "乔木林地", "未成林地"]
    plots = frame().iloc[:5].assign(land_class=land, species=[None, "马尾松", "马尾松", "马尾松", "柏木"])
    plots["volume_m3_ha"] = [np.nan, np.nan, np.nan, np.nan, 2.0]
    role, factors = SPEC.carbon, carbon.load("continuous-1")
    assert attributes.stock_tc_ha(role, plots, factors).tolist() == pytest.approx(
        [0.0, 0.0, np.nan, np.nan, 1.2258 * 0.47], nan_ok=True
    )
    names = [carbon.BASES[code] for code in attributes.terms(role, plots, factors).basis]
    assert names == ["未成林地等不计"] * 2 + ["蓄积缺失或异常"] * 2 + ["蓄积换算（不计 b）"]
    assert attributes.pools(role, plots.assign(area_ha=1.0), factors).unknown_plots == 2


def own() -> pd.DataFrame:
    plots = frame()
    metres = crs.to_equal_area(np.asarray(plots.geometry.array, dtype=object))
    return attributes.own_attributes(SPEC, plots, metres, carbon.load("continuous-1"), load_ledger())


def test_columns_of_own_attributes() -> None:
    columns = own()
    assert columns["stock_basis"].tolist() == BASIS
    assert columns["stock_basis"].cat.categories.tolist() == list(carbon.BASES)
    expected = np.array([107.4351, 1.2258, 68.48, np.nan, np.nan, 0.0, 17.99]) * 0.47
    np.testing.assert_allclose(columns["stock_tc_ha"], expected, rtol=1e-12)
    np.testing.assert_allclose(columns["stock_tc"], expected * columns["area_ha"], rtol=1e-12)


def test_a_species_the_layer_does_not_know_is_refused() -> None:
    factors = carbon.load("continuous-1")
    odd = replace(factors.per_ha[0], species=("毛竹",))
    with pytest.raises(FactorError, match="优势树种「毛竹」不在森林小班的取值之内"):
        attributes.own_attributes(
            SPEC, frame(), np.asarray(frame().geometry.array), replace(factors, per_ha=(odd,)), load_ledger()
        )


def test_the_gap_is_reported_minus_computed() -> None:
    columns = own()
    expected = np.array([5000, np.nan, 3000, np.nan, np.nan, np.nan, np.nan]) - columns["stock_tc"]
    np.testing.assert_allclose(columns["stock_gap_tc"], expected)
    assert np.isfinite(columns["stock_gap_tc"]).sum() == 2


def test_pools_of_a_frame_are_its_stock() -> None:
    plots = frame().assign(area_ha=own()["area_ha"])
    factors = carbon.load("continuous-1")
    found = attributes.pools(SPEC.carbon, plots, factors)
    assert carbon.approach1(found, factors).total == pytest.approx(np.nansum(own()["stock_tc"]), rel=1e-12)
    assert found.unknown_plots == 2
    half = attributes.pools(SPEC.carbon, plots, factors, np.full(len(plots), 0.5))
    assert carbon.approach1(half, factors).total == pytest.approx(np.nansum(own()["stock_tc"]) / 2, rel=1e-12)


def test_the_category_survives_publishing(store: LocalStore) -> None:
    base = store.snapshot().versions["forest"].name
    publish(store, "forest", frame(), provenance=layer_frames.OFFICIAL, actor=operator("张三"), note="", base=base)
    atlas = load(store)
    data = atlas["forest"]
    column = data.frame["stock_basis"]
    assert isinstance(column.dtype, pd.CategoricalDtype)
    assert column.cat.categories.tolist() == list(carbon.BASES)
    assert column.tolist() == BASIS
    assert data.categories["stock_basis"] == carbon.BASES  # every one occurs here
    assert dict(card(atlas, "forest", 1, UnitChoice()).rows)["碳储量计算依据"] == "蓄积换算（不计 b）"
    first = dict(card(atlas, "forest", 0, UnitChoice()).rows)
    assert list(first)[1:4] == ["碳储量", "每公顷碳储量", "碳储量计算依据"]
    assert "上报与计算之差" in first and "上报与计算之差" not in dict(card(atlas, "forest", 1, UnitChoice()).rows)


def test_only_bases_that_occur_are_offered(store: LocalStore) -> None:
    assert load(store)["forest"].categories["stock_basis"] == ("蓄积换算",)
