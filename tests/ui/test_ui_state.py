"""The address bar: what is written is read back, what is not understood is named, what belongs to others is kept."""

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pingchang_geo.classify import Method
from pingchang_geo.filters import Between, Filter, OneOf
from pingchang_geo.ui import state as states
from pingchang_geo.ui.state import Scope, View, decode, encode
from pingchang_geo.units import AreaUnit, MassUnit, UnitChoice
from pingchang_geo.workflow.atlas import load


@pytest.fixture
def scope(store, monkeypatch) -> Scope:
    # Drawn from tiles, as a real layer of plots is: only such a layer can be compared.
    monkeypatch.setattr(states.derive, "tiled", lambda version: version.layer == "forest")
    atlas = load(store)
    layers = {i: atlas[i] for i in ("forest", "redline", "scenic", "parks")}
    return Scope(layers, "forest", frozenset({"forest", "redline"}), focus_free=True)


def test_a_clean_address_is_the_default(scope):
    state, bad = decode({}, scope)
    assert (state.focus, state.theme, state.method, state.compare) == ("forest", "stock_tc_ha", Method.ROUND, "")
    assert (state.selected, bad, bool(state.chosen)) == (None, [], False)
    assert encode(state, scope) == {}


def test_everything_chosen_survives(scope):
    state = states.PageState(
        focus="forest",
        theme="species",
        shown=frozenset({"forest"}),
        method=Method.QUANTILE,
        compare="canopy",
        chosen=Filter((OneOf("species", ("柏木", "马尾松")), Between("canopy", 0.45, None))),
        units=UnitChoice(AreaUnit.KM2, MassUnit.T),
        selected=("redline", 1),
    )
    params = encode(state, scope)
    assert params == {
        "theme": "species",
        "method": "quantile",
        "compare": "canopy",
        "area": "km2",
        "mass": "t",
        "layers": "forest",
        "sel": "redline:1",
        "species": "柏木~马尾松",
        "canopy": "0.45..",
    }
    assert decode(params, scope) == (state, [])


@pytest.mark.parametrize(
    "params",
    [
        {"theme": "nothing"},
        {"method": "none"},
        {"compare": "x"},
        {"area": "acre"},
        {"mass": "kg"},
        {"layers": "forest,moon"},
        {"layer": "county"},
        {"sel": "forest:999"},
        {"sel": "forest:-1"},
        {"sel": "forest"},
        {"sel": "moon:1"},
        {"sel": "forest:１"},
        {"sel": "forest:1_0"},
        {"sel": "forest:+1"},
        {"utm_source": "x"},
        {"layer": "redline", "species": "柏木"},
        {"species": "芒果"},
        {"species": "~"},
        {"canopy": "a..b"},
        {"canopy": "nan..1"},
        {"land_class": "乔木林地"},
    ],
)
def test_what_is_not_understood_is_named_and_left_out(scope, params):
    state, bad = decode(params, scope)
    assert bad == [name for name in params if (name, params[name]) != ("layer", "redline")]
    assert set(encode(state, scope)) <= {"layer"}


@pytest.mark.parametrize("view", ["31.5,107.1,11", "31.5, 107.1, 11.5", "-31,-107,0"])
def test_the_map_s_own_parameter_is_silent(scope, view):
    assert decode({"view": view}, scope)[1] == []


@pytest.mark.parametrize("view", ["", "31.5,107.1", "a,b,c", "31.5,107.1,11,1", "nan,107.1,11", "91,107,9", "31,190,9"])
def test_a_view_that_is_none_is_named(scope, view):
    assert decode({"view": view}, scope)[1] == ["view"]


def test_a_comparison_needs_another_theme_and_a_layer_that_can(scope, monkeypatch):
    assert decode({"compare": "canopy"}, scope)[1] == []
    assert decode({"compare": "stock_tc_ha"}, scope)[1] == ["compare"]
    assert decode({"compare": "canopy", "theme": "canopy"}, scope)[0].compare == ""
    same = states.PageState("forest", "canopy", scope.shown, compare="canopy")
    assert encode(same, scope) == {"theme": "canopy"}
    monkeypatch.setattr(states.derive, "tiled", lambda version: False)
    assert decode({"compare": "canopy"}, scope)[1] == ["compare"]


def test_a_fixed_focus_is_not_moved(scope):
    fixed = dataclasses.replace(scope, focus_free=False)
    assert decode({"layer": "redline"}, fixed)[1] == ["layer"]
    assert decode({"layer": "redline"}, scope)[0].focus == "redline"


def test_no_own_parameter_is_a_field_name(scope):
    fields = {f.name for data in scope.layers.values() for f in data.spec.filterable}
    assert not fields & set(states._OWN)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.dictionaries(st.sampled_from([*states._OWN, "species", "canopy", "view"]), st.text(max_size=12)))
def test_no_address_breaks_a_page(scope, params):
    state, _ = decode(params, scope)
    again, bad = decode(encode(state, scope), scope)
    assert again == state
    assert bad == []


def test_view_leaves_a_clause_out(scope):
    chosen = Filter((OneOf("species", ("马尾松",)), Between("canopy", 0.6, None)))
    data = scope.layers["forest"]
    view = View.of(data, chosen)
    assert np.array_equal(view.keep(), chosen.mask(data.frame))
    assert np.array_equal(view.keep(without="canopy"), Filter(chosen.clauses[:1]).mask(data.frame))
    assert view.clause("species") == chosen.clauses[0]
    assert View.of(data, Filter()).keep() is None


def test_a_page_with_colours_of_its_own_takes_no_themes_and_no_filters(scope):
    fixed = dataclasses.replace(scope, extra=frozenset({"site"}), fixed=True)
    params = {"theme": "species", "species": "柏木", "layer": "redline", "area": "ha", "site": "1x", "sel": "forest:1"}
    state, bad = decode(params, fixed)
    assert set(bad) == {"theme", "species", "layer"}
    assert (state.theme, bool(state.chosen), state.focus) == ("stock_tc_ha", False, "forest")
    assert state.selected == ("forest", 1)
    assert state.units.area is AreaUnit.HA
