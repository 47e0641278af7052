"""Every page, with and without parameters; what the reader does changes the address, and the address the page."""

import pytest
from streamlit.testing.v1 import AppTest

from pingchang_geo.access import operator
from pingchang_geo.indicators import load_ledger
from pingchang_geo.ui.registry import PAGES, groups
from pingchang_geo.workflow.publish import publish
from tests import layer_frames

MAP_PAGES = [page for page in PAGES if page.group == "一张图"]


def sound(app: AppTest) -> AppTest:
    assert not app.exception
    assert not [error.value for error in app.error]
    return app


def texts(app: AppTest) -> str:
    return "\n".join(str(item.value) for item in [*app.markdown, *app.caption, *app.info])


def cards(app: AppTest) -> list[str]:
    return [
        item.value.partition("\n\n")[2] for item in app.markdown if ":small[" in item.value and "\n**" in item.value
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_every_page_opens(open_page, page):
    app = sound(open_page(page.path))
    assert page.title in texts(app)
    assert not app.toast


@pytest.mark.parametrize("page", MAP_PAGES, ids=lambda page: page.path)
def test_every_map_page_has_map_charts_cards_and_versions(open_page, page):
    app = sound(open_page(page.path))
    assert len(app.get("component_instance")) == 1
    assert app.get("plotly_chart")
    assert cards(app)
    assert "第 1 版 · 示意" in texts(app) or "层 · 示意" in texts(app)
    assert all("报告" in card or "计算 · 示意" in card for card in cards(app))


@pytest.mark.parametrize("page", MAP_PAGES, ids=lambda page: page.path)
def test_a_bad_parameter_is_ignored_with_a_notice(open_page, page):
    app = sound(open_page(page.path, theme="nothing", sel="moon:1", nonsense="1", view="31.5,107.1,11"))
    assert "theme、sel、nonsense" in app.toast[0].value
    assert app.query_params == {"view": "31.5,107.1,11"}


def test_a_filter_in_the_address_filters_figures_and_shows_a_chip(open_page):
    whole, part = cards(open_page("forest")), cards(app := sound(open_page("forest", species="马尾松")))
    assert whole[0].startswith("**12 个**")
    assert part[0].startswith("**4 个**")
    assert "33.3%" in part[0]
    app.button(key="chip_species").click().run()
    assert "species" not in app.query_params
    assert cards(sound(app)) == whole


def test_the_filter_panel_writes_the_address(open_page):
    app = open_page("forest")
    app.session_state["filters_open"] = True
    app.run()
    app.multiselect(key="filter_forest_age_group").set_value(["幼龄林"]).run()
    assert app.query_params["age_group"] == "幼龄林"
    app.session_state["filters_open"] = True
    app.run()
    low, _ = app.slider(key="filter_forest_volume_m3_ha").value
    app.slider(key="filter_forest_volume_m3_ha").set_value((low, 65.0)).run()
    assert app.query_params["volume_m3_ha"] == "..65"
    assert cards(sound(app))[0].startswith("**2 个**")
    app.button(key="chip_all").click().run()
    assert app.query_params == {}


def test_nothing_left_by_the_filter_says_what_to_do(open_page):
    app = sound(open_page("forest", volume_m3_ha="999.."))
    assert "放宽或清除" in texts(app)
    assert cards(app)[0].startswith("**0 个**")


def test_units_change_everywhere_and_outlive_the_page(open_page):
    app = open_page("forest")
    assert "亩**" in cards(app)[1]
    app.segmented_control(key="unit_area").set_value("公顷").run()
    assert app.query_params["area"] == "ha"
    assert "公顷**" in cards(app)[1]
    app.switch_page("redline.py").run()
    assert "公顷**" in cards(sound(app))[1]


def test_themes_classes_and_comparison_stand_in_the_address(open_page):
    app = open_page("forest")
    app.selectbox(key="tool_theme").set_value("canopy").run()
    app.selectbox(key="tool_method").set_value("quantile").run()
    assert app.query_params == {"theme": "canopy", "method": "quantile"}
    sound(app)


def test_another_layer_in_focus_on_the_overview(open_page):
    app = open_page("overview", species="马尾松")
    app.selectbox(key="tool_layer").set_value("redline").run()
    assert app.query_params == {"layer": "redline"}
    sound(app)


@pytest.mark.parametrize(("focus", "field"), [("redline", "type"), ("parks", "status"), ("forest", "species")])
def test_the_strip_of_the_overview_follows_the_filter_of_any_layer(open_page, focus, field):
    value = {"type": "水土保持", "status": "现状", "species": "柏木"}[field]
    assert "占 " not in "".join(cards(open_page("overview", layer=focus)))
    assert "占 " in "".join(cards(sound(open_page("overview", layer=focus, **{field: value}))))


def test_the_selected_feature_has_a_card(open_page):
    app = sound(open_page("forest", sel="redline:0"))
    assert "红线斑块 01" in texts(app)
    assert any("水土保持" in item.value for item in app.html)
    app.button(key="details_close").click().run()
    assert "sel" not in app.query_params


def test_the_table_opens_with_chinese_headers_and_units(open_page):
    app = open_page("forest", species="柏木")
    assert not app.dataframe
    app.session_state["table-forest"] = True
    app.run()
    table = app.dataframe[0].value
    assert len(table) == 4
    assert {"优势树种", "面积（亩）", "红线内面积占比（%）"} <= set(table.columns)
    assert len(app.get("download_button")) == 2
    sound(app)


def test_reported_figures_carry_their_quotation(open_page):
    app = open_page("overview")
    quote = load_ledger()["redline_area_km2"].quote
    assert quote.replace(".", "\\.") in texts(app)


def test_a_published_version_shows_on_the_next_run(open_page, store):
    app = open_page("forest")
    publish(
        store,
        "forest",
        layer_frames.forest(columns=5),
        provenance=layer_frames.OFFICIAL,
        actor=operator("技术员"),
        note="更新",
        base=store.snapshot().versions["forest"].name,
    )
    app.run()
    assert "第 2 版 · 官方" in texts(app)
    assert cards(sound(app))[0].startswith("**15 个**")


def test_the_ledger_is_searched(open_page):
    app = sound(open_page("indicators"))
    ledger = load_ledger()
    assert len(app.dataframe[0].value) == len(ledger)
    app.text_input(key="ledger_text").set_value("红线").run()
    assert app.query_params["q"] == "红线"
    assert len(app.dataframe[0].value) == len(ledger.search("红线"))
    app.text_input(key="ledger_text").set_value("没有这个词").run()
    assert "没有符合条件的指标" in texts(app)


def test_the_ledger_names_parameters_that_are_not_its_own(open_page):
    app = sound(open_page("indicators", q="红线", area="ha"))
    assert "area" in app.toast[0].value
    assert app.query_params == {"q": "红线"}


def test_a_search_that_follows_to_another_page_is_dropped_there(open_page):
    app = open_page("indicators", topic="森林碳汇")
    assert 0 < len(app.dataframe[0].value) < len(load_ledger())
    app.switch_page("forest.py").run()
    assert "topic" in sound(app).toast[0].value
    assert app.query_params == {}


def test_an_unknown_topic_of_the_ledger_is_ignored(open_page):
    app = sound(open_page("indicators", topic="天文"))
    assert "topic" in app.toast[0].value
    assert len(app.dataframe[0].value) == len(load_ledger())


def test_the_shared_address_is_read_in_the_browser(open_page):
    app = open_page("forest")
    assert not [item for item in app.html if "share_address" in item.value and "<div" in item.value]
    app.session_state["share"] = True
    app.run()
    found = next(item.value for item in app.html if '<div id="share_address">' in item.value)
    assert "window.location.href" in found
    assert "请直接复制浏览器地址栏中的地址" in found


def test_pages_are_declared_once():
    assert [page for pages in groups().values() for page in pages] == list(PAGES)
    assert len({page.path for page in PAGES}) == len({page.file for page in PAGES}) == len(PAGES)
    assert sum(page.default for page in PAGES) == 1


def test_a_field_that_nothing_fills_is_said_instead_of_an_empty_chart(open_page, store):
    before = len(open_page("forest").get("plotly_chart"))
    frame = layer_frames.forest()
    frame.loc[:, "stand_kind"] = None
    publish(
        store,
        "forest",
        frame,
        provenance=layer_frames.OFFICIAL,
        actor=operator("技术员"),
        note="",
        base=store.snapshot().versions["forest"].name,
    )
    app = sound(open_page("forest"))
    said = [item.value for item in app.caption if "全部为空，无法成图" in item.value]
    assert said and any("「碳汇类型」" in one for one in said)
    assert len(app.get("plotly_chart")) == before - len(said)
