"""States: legends, filters and selections as the browser understands them."""

import base64
import json

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo import classify, layers, maps
from pingchang_geo.classify import Method
from pingchang_geo.filters import Between, Filter, OneOf
from pingchang_geo.layers import palette
from pingchang_geo.specs import Theme
from pingchang_geo.units import AreaUnit, MassUnit, UnitChoice

FOREST = layers.get("forest")
TONNES = UnitChoice(AreaUnit.HA, MassUnit.T)


def theme(field: str) -> Theme:
    found = FOREST.theme(field)
    assert found is not None
    return found


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "species": pd.Categorical(["马尾松", "柏木", None, "马尾松"], categories=["马尾松", "杉木", "柏木"]),
            "stock_tc_ha": [5.0, 55.0, np.nan, 30.0],
            "removal_tco2_a": [1.0, 2.0, 3.0, 12.0],
        }
    )


def test_classes_cover_and_count_every_value():
    shown = maps.theme_state(FOREST, theme("stock_tc_ha"), frame(), TONNES)
    assert shown["mode"] == "classes"
    assert shown["breaks"] == [0, 10, 20, 30, 40, 50, 60]
    assert shown["labels"][0] == "0–10"
    assert shown["counts"] == [1, 0, 0, 1, 0, 1]
    assert shown["colors"] == list(palette.STOCK_RAMP)
    assert shown["unit"] == "tC/ha"


@pytest.mark.parametrize("method", list(Method))
@pytest.mark.parametrize("choice", [TONNES, UnitChoice(AreaUnit.MU, MassUnit.WT), UnitChoice(AreaUnit.KM2)])
def test_legend_has_one_line_a_class(method, choice):
    values = pd.DataFrame({"area_ha": np.random.default_rng(1).lognormal(1.5, 0.8, 500)})
    spec = layers.get("redline")
    shown = maps.theme_state(spec, spec.themes[0], values, choice, method)
    n = len(shown["breaks"]) - 1
    assert len(shown["labels"]) == len(shown["counts"]) == len(shown["colors"]) == n
    assert sum(shown["counts"]) == 500
    assert shown["counts"] == list(classify.counts(values["area_ha"], shown["breaks"]))


def test_limits_are_round_in_the_unit_shown():
    spec = layers.get("redline")
    values = pd.DataFrame({"area_ha": np.linspace(1, 20, 100)})
    shown = maps.theme_state(spec, spec.themes[0], values, UnitChoice(AreaUnit.MU))
    assert shown["unit"] == "亩"
    assert [round(b * 15, 6) for b in shown["breaks"]] == [0, 50, 100, 150, 200, 250, 300]


def test_small_masses_are_shown_in_tonnes():
    shown = maps.theme_state(FOREST, theme("removal_tco2_a"), frame(), UnitChoice(mass=MassUnit.WT))
    assert shown["unit"] == "吨 CO₂/年"


def test_categories_carry_declared_colours_and_skip_absent_ones():
    shown = maps.theme_state(FOREST, theme("species"), frame(), TONNES)
    assert shown["labels"] == ["马尾松", "柏木"]
    assert shown["codes"] == [[0], [2]]
    assert shown["counts"] == [2, 1]
    assert shown["colors"] == [theme("species").palette["马尾松"], theme("species").palette["柏木"]]


def test_beyond_ten_categories_the_rare_share_one_line():
    names = [f"种{i:02d}" for i in range(14)]
    values = [name for i, name in enumerate(names) for _ in range(20 - i)]
    column = pd.DataFrame({"species": pd.Categorical(values, categories=names)})
    shown = maps.theme_state(FOREST, Theme("species", "树种"), column, TONNES)
    assert shown["labels"] == [*names[:10], "其他"]
    assert shown["codes"][-1] == [10, 11, 12, 13]
    assert sum(shown["counts"]) == len(values)
    assert len(set(shown["colors"])) == 11
    assert shown["colors"][-1] == palette.OTHER


def test_names_without_a_declared_colour_get_free_ones():
    column = pd.DataFrame({"type": pd.Categorical(["工业园", "物流园"])})
    spec = layers.get("parks")
    shown = maps.theme_state(spec, spec.themes[0], column, TONNES)
    assert len(set(shown["colors"])) == 2


def test_a_common_category_declared_grey_gets_a_colour():
    declared = {"甲": "#111111", "乙": palette.OTHER}
    column = pd.DataFrame({"species": pd.Categorical(["甲", "乙", "乙"])})
    shown = maps.theme_state(FOREST, Theme("species", "树种", palette=declared), column, TONNES)
    assert dict(zip(shown["labels"], shown["colors"], strict=True)) == {"甲": "#111111", "乙": palette.CATEGORICAL[0]}


def test_filter_becomes_rules():
    chosen = Filter((OneOf("species", ("柏木",)), Between("stock_tc_ha", 10, None)))
    layer = maps.layer_state(frame(), tiled=True, visible=True, chosen=chosen)
    assert layer["filter"] == [{"field": "species", "codes": [2]}, {"field": "stock_tc_ha", "min": 10.0}]


def test_state_speaks_the_contract():
    whole = maps.state({"forest": {}}, UnitChoice(), select=("forest", 7), fly=(107.0, 31.5, 107.2, 31.6))
    assert whole["units"] == {"area": "mu", "mass": "wt"}
    assert whole["select"] == {"layer": "forest", "row": 7}
    assert whole["fly"] == [[31.5, 107.0], [31.6, 107.2]]
    assert whole["compare"] is None


def test_rows_become_a_little_endian_bitset():
    assert maps.rows_rule(np.array([True, False, False, True])) == {"rows": "CQ=="}  # 0b1001 = 9
    assert maps.rows_rule(np.array([False] * 8 + [True]), dim=True) == {"rows": "AAE=", "dim": True}
    assert maps.rows_rule(np.zeros(0, dtype=bool)) == {"rows": ""}


@given(st.lists(st.booleans(), max_size=70))
def test_every_row_of_a_bitset_comes_back(mask):
    raw = base64.b64decode(maps.rows_rule(np.array(mask, dtype=bool))["rows"])
    assert [(raw[row >> 3] >> (row & 7)) & 1 == 1 for row in range(len(mask))] == mask


def test_rows_hold_together_with_the_filter():
    chosen = Filter((OneOf("species", ("柏木",)),))
    rule = maps.rows_rule(np.array([True, True, False, True]))
    layer = maps.layer_state(frame(), tiled=True, visible=True, chosen=chosen, rules=[rule])
    assert layer["filter"] == [{"field": "species", "codes": [2]}, {"rows": "Cw=="}]


def test_a_sketch_travels_as_geojson_with_role_and_label():
    site = maps.Shape(maps.Role.SITE, shapely.box(107.123456789, 31.5, 107.2, 31.6), "示例范围")
    link = maps.Shape(maps.Role.LINK, shapely.LineString([(107.0, 31.0), (107.1, 31.0)]), legend="距红线")
    nothing = maps.Shape(maps.Role.OVERLAP, shapely.Polygon())
    whole = maps.state({}, UnitChoice(), sketch=maps.collection([site, nothing, link]), draw=True)
    first, second = whole["sketch"]["features"]["features"]
    assert first["properties"] == {"role": "site", "label": "示例范围"}
    assert first["geometry"]["type"] == "Polygon"
    assert [107.1234568, 31.5] in first["geometry"]["coordinates"][0]
    assert second["properties"] == {"role": "link", "label": "", "legend": "距红线"}
    assert whole == json.loads(json.dumps(whole))
    assert whole["draw"] is True
    assert maps.collection([nothing]) is None
    assert maps.state({}, UnitChoice())["sketch"] is None
