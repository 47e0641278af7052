"""Choosing a row or a bar selects the feature and sends the map there; a bar of a category filters."""

from streamlit.testing.v1 import AppTest

SCRIPT = """
import streamlit as st

from pingchang_geo import charts
from pingchang_geo.ui import chart_panel, selection
from pingchang_geo.ui import data as shared
from pingchang_geo.ui.context import Context
from pingchang_geo.ui.registry import page_of
from pingchang_geo.ui.state import Scope, View, read

focus, chart_number, bar = st.session_state["focus"], st.session_state["chart"], st.session_state["bar"]
atlas = shared.atlas()
scope = Scope(shared.data_layers(atlas), focus, frozenset({focus}))
state = read(scope)
ctx = Context(page_of(focus), atlas, scope, state, View.of(atlas[focus], state.chosen))
chart = ctx.data.spec.charts[chart_number]
bars = charts.aggregate(ctx.data.spec, chart, ctx.data.frame)
chart_panel._choose(ctx, chart, bars, [bars.names.index(bar)])
st.session_state["fly"] = selection.destination(ctx)
"""


def run(focus: str, chart: int, bar: str, **parameters: str) -> AppTest:
    app = AppTest.from_string(SCRIPT, default_timeout=60)
    app.session_state["focus"], app.session_state["chart"], app.session_state["bar"] = focus, chart, bar
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def test_a_bar_of_a_category_filters(open_page):
    assert run("forest", 0, "柏木").query_params == {"species": "柏木"}


def test_a_second_bar_joins_and_a_chosen_one_leaves(open_page):
    assert run("forest", 0, "马尾松", species="柏木").query_params == {"species": "柏木~马尾松"}
    assert run("forest", 0, "柏木", species="柏木", view="31.5,107.1,9").query_params == {"view": "31.5,107.1,9"}


def test_a_bar_of_one_feature_selects_it_and_sends_the_map_there(open_page):
    app = run("scenic", 0, "佛头山")
    assert app.query_params == {"sel": "scenic:0"}
    west, south, east, north = app.session_state["fly"]
    assert west < 107.11
    assert east > 107.12
    assert south < 31.56
    assert north > 31.57
