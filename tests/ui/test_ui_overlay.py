"""叠加分析: what the reader chooses stands in the address, and figures, tables and files follow it."""

import io
import sqlite3
from pathlib import Path

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from pingchang_geo import exports
from pingchang_geo.access import operator
from pingchang_geo.store import LocalStore
from pingchang_geo.ui.overlay import state
from pingchang_geo.ui.overlay.state import Choice, Offer, kilometres
from pingchang_geo.units import UnitChoice
from pingchang_geo.workflow import overlays, start
from pingchang_geo.workflow.atlas import load
from pingchang_geo.workflow.current import Atlases
from pingchang_geo.workflow.overlays import export, ready_results
from pingchang_geo.workflow.publish import publish
from tests import layer_frames

OFFER = Offer(
    lefts=("forest", "redline", "scenic"),
    rights=("redline", "scenic", "forest"),
    groupings={"forest": ("species", "origin"), "redline": ("type",), "scenic": ()},
    measures={"forest": ("stock_tc", "count"), "redline": ("shared_area_ha", "count"), "scenic": ("count",)},
    ready={"scenic": ("forest_stock_tc", "forest_stock_1km_tc"), "township-forest": ("stock_tc",)},
)
NOTES = (("导出时间", "2025-01-02 03:04"),)


def sound(app: AppTest) -> AppTest:
    assert not app.exception
    assert not [error.value for error in app.error]
    return app


def texts(app: AppTest) -> str:
    return "\n".join(str(item.value) for item in [*app.markdown, *app.caption, *app.info, *app.warning])


def cards(app: AppTest) -> dict[str, str]:
    found = [item.value.partition("\n\n") for item in app.markdown if ":small[" in item.value and "\n**" in item.value]
    return {label: value for label, _, value in found}


@pytest.mark.parametrize(
    ("parameters", "choice"),
    [
        ({}, Choice("forest", "redline", 0.0, "species", "stock_tc")),
        ({"left": "redline"}, Choice("redline", "scenic", 0.0, "type", "shared_area_ha")),
        ({"right": "scenic", "km": "2.5"}, Choice("forest", "scenic", 2.5, "species", "stock_tc")),
        ({"by": "origin", "measure": "count"}, Choice("forest", "redline", 0.0, "origin", "count")),
        ({"left": "scenic"}, Choice("scenic", "redline", 0.0, "", "count")),
        (
            {"ready": "scenic", "measure": "forest_stock_1km_tc"},
            Choice("forest", "redline", 0.0, "species", "forest_stock_1km_tc", "scenic"),
        ),
    ],
)
def test_choices_stand_in_the_address_without_their_defaults(parameters: dict[str, str], choice: Choice) -> None:
    assert state.decode(parameters, OFFER) == (choice, [])
    assert state.encode(choice, OFFER) == parameters


@pytest.mark.parametrize(
    ("parameters", "bad"),
    [
        ({"left": "moon"}, ["left"]),
        ({"right": "forest"}, ["right"]),
        ({"km": "21"}, ["km"]),
        ({"km": "-1"}, ["km"]),
        ({"km": "nan"}, ["km"]),
        ({"by": "type"}, ["by"]),
        ({"measure": "forest_stock_tc"}, ["measure"]),
        ({"ready": "rivers"}, ["ready"]),
        ({"ready": "scenic", "measure": "stock_tc"}, ["measure"]),
    ],
)
def test_what_the_address_gets_wrong_is_named(parameters: dict[str, str], bad: list[str]) -> None:
    choice, found = state.decode(parameters, OFFER)
    assert found == bad
    assert choice == state.decode({k: v for k, v in parameters.items() if k not in bad}, OFFER)[0]


@pytest.mark.parametrize(
    ("text", "km"), [("3", 3.0), (" 2.5 km", 2.5), ("１公里", 1.0), ("0.5千米", 0.5), ("20", 20.0), ("0", 0.0)]
)
def test_buffers_as_people_write_them(text: str, km: float) -> None:
    assert kilometres(text) == km


@pytest.mark.parametrize("text", ["", "三", "20.1", "-1", "inf", "3 m"])
def test_what_is_no_buffer(text: str) -> None:
    with pytest.raises(ValueError):
        kilometres(text)


def test_the_page_lays_forest_over_the_red_line(open_page, store):
    app = sound(open_page("overlay"))
    assert app.query_params == {}
    assert len(app.get("component_instance")) == 1
    assert len(app.get("plotly_chart")) == 2
    atlas = load(store)
    half_mu = atlas["forest"].frame["area_ha"][0] / 2 * 15
    shown = cards(app)
    assert shown["范围内小班"].startswith("**1 个**") and "占 8.3%" in shown["范围内小班"]
    assert shown["叠加面积"].startswith(f"**{half_mu:,.1f} 亩**") and "示意" in shown["叠加面积"]
    zones, groups = (table.value for table in app.dataframe)
    assert zones["红线斑块"].tolist() == ["红线斑块 01", "红线斑块 02"]
    assert zones["小班数（个）"].tolist() == [1, 0]
    assert groups["优势树种"].tolist() == ["马尾松"]
    assert {"叠加面积（亩）", "碳储量（吨碳）", "年固碳量（吨 CO₂/年）"} <= set(zones.columns)
    said = texts(app)
    assert "面积守恒：" in said and "面积加权叠加" in said and "示意数据" in said
    assert "重叠未经确认" not in said  # one kind of stand only


def test_controls_write_the_address(open_page):
    app = open_page("overlay")
    app.selectbox(key="overlay_right").set_value("scenic").run()
    app.selectbox(key="overlay_km").set_value("3").run()
    app.selectbox(key="overlay_by").set_value("age_group").run()
    app.selectbox(key="overlay_measure").set_value("count").run()
    assert app.query_params == {"right": "scenic", "km": "3", "by": "age_group", "measure": "count"}
    assert cards(sound(app))["范围内小班"].startswith("**12 个**")
    assert "AAAA 级景区及周边 3 km" in texts(app).replace("\\", "")
    app.button(key="overlay_swap").click().run()
    assert app.query_params == {"left": "scenic", "right": "forest", "km": "3"}
    assert cards(sound(app))["范围内景区"].startswith("**2 个**")


def test_the_layer_that_would_meet_itself_gives_way(open_page):
    app = open_page("overlay", left="parks")
    app.selectbox(key="overlay_left").set_value("redline").run()
    assert app.query_params == {"left": "redline", "right": "parks"}
    sound(app)


def test_a_buffer_that_is_not_on_the_list_joins_it(open_page):
    app = sound(open_page("overlay", right="scenic", km="2.5"))
    chosen = app.selectbox(key="overlay_km")
    assert chosen.value == "2.5"
    assert chosen.options[:4] == ["周边：不外扩", "周边：1 km", "周边：2.5 km", "周边：3 km"]


def test_unknown_parameters_are_named_and_dropped(open_page):
    app = sound(open_page("overlay", left="moon", nonsense="1", km="3", view="31.5,107.1,11"))
    assert {name for toast in app.toast for name in ("left", "nonsense") if name in toast.value} == {"left", "nonsense"}
    assert app.query_params == {"km": "3", "view": "31.5,107.1,11"}


def test_nothing_in_the_zones_says_how_far_it_is(open_page):
    app = sound(open_page("overlay", left="parks", right="redline"))
    assert "范围内没有园区" in texts(app) and "请加大周边距离" in texts(app)
    assert cards(app)["范围内园区"].startswith("**0 个**")
    assert not app.get("plotly_chart")
    assert app.dataframe[0].value["最近园区"].tolist() == ["星光工业园", "星光工业园"]


def test_zones_without_area_are_explained(open_page, store):
    river = layer_frames.square(0, 0, 2).exterior
    publish(
        store,
        "rivers",
        layer_frames.canonical("rivers", {"name": ["巴河"]}, [river]),
        provenance=layer_frames.OFFICIAL,
        actor=operator("张三"),
        note="",
        base=None,
    )
    app = sound(open_page("overlay", right="rivers"))
    assert "没有面积" in texts(app) and "选择周边距离" in texts(app)
    assert "没有面积" not in texts(sound(open_page("overlay", right="rivers", km="1")))


def test_what_cannot_be_combined_keeps_the_map_and_says_what_to_do(open_page, monkeypatch):
    monkeypatch.setattr(overlays.combination, "MOST_ZONES", 11)
    app = sound(open_page("overlay", left="redline", right="forest", km="1"))
    assert "12 个要素" in texts(app) and "被统计图层" in texts(app)
    assert len(app.get("component_instance")) == 1
    assert not app.dataframe


def test_units_hold_for_figures_and_tables(open_page):
    app = open_page("overlay")
    app.segmented_control(key="unit_area").set_value("公顷").run()
    assert app.query_params == {"area": "ha"}
    assert "公顷**" in cards(sound(app))["叠加面积"]
    assert "叠加面积（公顷）" in app.dataframe[0].value.columns


@pytest.mark.parametrize("ready", ["redline-forest", "scenic", "parks", "township-forest"])
def test_every_ready_result_has_map_figures_chart_table_and_downloads(open_page, ready):
    app = sound(open_page("overlay", ready=ready))
    assert app.query_params == {"ready": ready}
    assert len(app.get("component_instance")) == 1
    assert app.get("plotly_chart")
    assert all("计算 · 示意" in value for value in cards(app).values())
    assert len(app.dataframe) == 1
    assert len(app.get("download_button")) == 2


def test_inside_and_outside_of_the_red_line(open_page, store):
    app = open_page("overlay", ready="redline-forest", area="ha", mass="t")
    table = app.dataframe[0].value
    assert table["位置"].tolist() == ["生态保护红线内", "生态保护红线外"]
    plots = load(store)["forest"].frame
    assert table["面积（公顷）"].sum() == pytest.approx(plots["area_ha"].sum(), abs=0.2)
    assert table["占面积（%）"].sum() == pytest.approx(100, abs=0.02)
    assert "1 个跨界小班" in texts(app)
    app.button(key="overlay_detail").click().run()
    assert "ready" not in app.query_params
    assert cards(sound(app))["范围内小班"].startswith("**1 个**")


def test_the_mode_switch_leads_to_the_ready_results_and_back(open_page):
    app = open_page("overlay", right="scenic", km="3")
    app.segmented_control(key="overlay_mode").set_value("现成结果").run()
    assert app.query_params == {"ready": "redline-forest", "right": "scenic", "km": "3"}
    app.selectbox(key="overlay_ready").set_value("scenic").run()
    app.selectbox(key="overlay_measure").set_value("forest_stock_3km_tc").run()
    assert app.query_params["measure"] == "forest_stock_3km_tc"
    table = sound(app).dataframe[0].value
    assert table.columns[:4].tolist() == ["景区名称", "位置可信度", "面积（亩）", "距生态保护红线（m）"]
    app.segmented_control(key="overlay_mode").set_value("自选图层").run()
    assert app.query_params == {"right": "scenic", "km": "3"}
    sound(app)


def test_too_few_layers_say_what_is_missing(open_page, tmp_path, monkeypatch):
    few = LocalStore(tmp_path / "few")
    publish(
        few,
        "redline",
        layer_frames.redline(),
        provenance=layer_frames.OFFICIAL,
        actor=operator("张三"),
        note="",
        base=None,
    )
    opened = open_page("overview")
    monkeypatch.setattr(start, "atlases", lambda: Atlases(few))
    opened.switch_page("overlay.py").run()
    assert "至少两个已发布的图层" in texts(sound(opened))


def test_the_workbook_holds_both_tables_and_the_notes(store):
    found = overlays.combine(load(store), "forest", "scenic", 1000.0)
    notes = (*export.words(found, "species"), *NOTES)
    book = openpyxl.load_workbook(io.BytesIO(exports.to_xlsx(*export.sheets(found, "species", UnitChoice(), notes))))
    assert book.sheetnames == ["森林小班×AAAA 级景区", "按优势树种", "说明"]
    page = book["森林小班×AAAA 级景区"]
    assert page["A1"].value.startswith("示意数据")
    assert page["A2"].value == "景区" and page["A3"].value == "佛头山"
    said = {row[0].value: row[1].value for row in book["说明"].iter_rows(min_row=2)}
    assert said["范围"] == "AAAA 级景区及周边 1 km"
    assert "面积守恒" in said["面积守恒"] and "面积加权叠加" in said["方法"]
    assert said["分组"] == "优势树种"


def test_the_geopackage_holds_parts_zones_and_notes(store, tmp_path: Path):
    found = overlays.combine(load(store), "forest", "scenic", 1000.0)
    path = tmp_path / "a.gpkg"
    path.write_bytes(export.geopackage(found, NOTES))
    with sqlite3.connect(path) as opened:
        layers = dict(opened.execute("select table_name, data_type from gpkg_contents"))
        parts = opened.execute('select count(*), sum("叠加面积（公顷）") from "叠加图斑"').fetchone()
        row = opened.execute('select "AAAA 级景区", "森林小班", "优势树种", "数据性质" from "叠加图斑"').fetchone()
        zones = opened.execute('select "景区", "小班数（个）" from "范围"').fetchall()
    assert layers == {"叠加图斑": "features", "范围": "features", "说明": "attributes"}
    assert parts[0] == found.piece_count
    assert parts[1] == pytest.approx(found.features["shared_area_ha"].sum(), rel=1e-9)
    assert row[0] == "佛头山" and row[1].startswith("小班 示意片区") and row[3] == "示意数据"
    assert zones == list(zip(found.features["name"], found.features["count"], strict=True))


def test_a_cut_short_geopackage_says_so(store, tmp_path: Path, monkeypatch):
    found = overlays.combine(load(store), "forest", "county")
    monkeypatch.setattr(export, "MOST_PIECES", 5)
    path = tmp_path / "b.gpkg"
    path.write_bytes(export.geopackage(found, NOTES))
    with sqlite3.connect(path) as opened:
        assert opened.execute('select count(*) from "叠加图斑"').fetchone() == (5,)
        notes = dict(opened.execute('select "项目", "内容" from "说明"'))
    assert notes["叠加图斑"] == "共 12 个，仅写入最大的 5 个。"


def test_ready_results_as_geopackage(store, tmp_path: Path):
    zoned = [one for one in ready_results(load(store)) if one.zone is not None]
    path = tmp_path / "c.gpkg"
    path.write_bytes(export.ready_geopackage(zoned, NOTES, "示意数据"))
    with sqlite3.connect(path) as opened:
        names = [name for (name,) in opened.execute("select table_name from gpkg_contents order by rowid")]
        columns = [row[1] for row in opened.execute('pragma table_info("各景区")')]
    assert names == ["各景区", "各园区", "说明"]
    assert {"周边 3 km 碳储量（吨碳）", "距生态保护红线（m）", "最近红线斑块"} <= set(columns)
