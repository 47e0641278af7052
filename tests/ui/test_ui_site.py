"""选址核查: each way in and each state of the answer, over the tiny county with hand-known shares."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import numpy as np
import pytest
import shapely
from streamlit.testing.v1 import AppTest

from pingchang_geo import crs, units
from pingchang_geo.access import operator
from pingchang_geo.ui.site import state as site_state
from pingchang_geo.units import UnitChoice
from pingchang_geo.workflow.atlas import load
from pingchang_geo.workflow.boundaries.reading import decode, encode
from pingchang_geo.workflow.publish import publish
from pingchang_geo.workflow.site import example
from tests import site_texts
from tests.layer_frames import OFFICIAL, SOUTH, STEP, WEST, all_layers, square

#: Plot 0 whole: its left half is red line.
HALF = square(0, 0)
#: East of the plots, 5 km from the red line.
CLEAR = square(6, 0, 0.2)


def sound(app: AppTest) -> AppTest:
    assert not app.exception
    assert not [item.value for item in app.error if "页面出错" in item.value]
    return app


def texts(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.info, *app.error, *app.warning, *app.success]
    return "\n".join(str(item.value) for item in parts).replace("\\", "").replace("\u00a0", " ")


def paste(app: AppTest, text: str) -> AppTest:
    app.segmented_control(key="site_way").set_value("粘贴坐标").run()
    app.text_area(key="site_text").set_value(text)
    return app.button(key="site_read").click().run()


def points_of(shape: shapely.Polygon) -> str:
    return "\n".join(f"{x:.6f}, {y:.6f}" for x, y in shapely.get_coordinates(shape))


def map_state(app: AppTest) -> dict[str, Any]:
    """The state that the page sends to the map."""
    arguments = json.loads(app.get("component_instance")[0].proto.json_args)
    script = json.dumps(arguments, ensure_ascii=False)
    script = json.loads('"' + re.search(r"window\.pingchang\.apply\((.*?)\);", script).group(1) + '"')  # type: ignore[union-attr]
    return dict(json.loads(script))


def roles(app: AppTest) -> list[str]:
    sketch = map_state(app)["sketch"]
    return [feature["properties"]["role"] for feature in sketch["features"]["features"]] if sketch else []


def shown_area(shape: shapely.Geometry) -> str:
    area_ha = float(crs.area_m2(np.array([shape]))[0]) / units.HA_M2
    return units.format_quantity(area_ha, "ha", UnitChoice())


def test_nothing_yet_says_what_to_do_and_offers_the_drawing_tool(open_page):
    app = sound(open_page("site"))
    assert "在图上绘制" in texts(app) and "不是审批意见" in texts(app)
    state = map_state(app)
    assert state["draw"] is True
    assert state["sketch"] is None
    assert not app.get("download_button")
    assert not app.error


def test_a_pasted_site_that_touches_the_red_line(open_page):
    app = sound(paste(open_page("site"), points_of(HALF)))
    (verdict,) = [item.value for item in app.error]
    assert verdict.startswith("### 触碰生态保护红线")
    half = shapely.box(WEST, SOUTH, WEST + STEP / 2, SOUTH + STEP)
    assert f"重叠 **{shown_area(half)}**" in verdict
    assert "50\u00a0%" in verdict and "红线斑块 01" in verdict
    assert f"**{shown_area(HALF)}**" in texts(app)
    assert "1 个 · " in texts(app)  # the plot itself; its neighbours share only a border
    assert "不是审批意见" in texts(app) and "示意数据" in texts(app)
    assert sorted(set(roles(app))) == ["buffer", "overlap", "site"]
    assert shapely.hausdorff_distance(decode(app.query_params["site"]), HALF) < 1e-6


def test_only_the_plots_concerned_stand_out_on_the_map(open_page):
    app = sound(paste(open_page("site"), points_of(square(0.25, 0.25))))
    (rule,) = map_state(app)["layers"]["forest"]["filter"]
    assert rule["dim"] is True
    bits = np.unpackbits(np.frombuffer(base64.b64decode(rule["rows"]), np.uint8), bitorder="little")
    assert np.flatnonzero(bits).tolist() == [0, 1, 4, 5]


def test_a_site_that_touches_nothing_says_how_far_it_is(open_page):
    app = sound(paste(open_page("site"), points_of(CLEAR)))
    (verdict,) = [item.value for item in app.success]
    assert verdict.startswith("### 未触碰生态保护红线")
    assert re.search(r"红线斑块 01」\*\*5\.2\d km\*\*，在地块西方向", verdict)
    assert not app.error
    assert "0 个 · 0 亩" in texts(app)
    assert roles(app).count("link") == 1 and "overlap" not in roles(app)


def test_a_border_in_common_is_no_touch_but_is_told(open_page):
    beside = shapely.box(WEST + STEP / 2, SOUTH, WEST + STEP, SOUTH + STEP)
    app = sound(paste(open_page("site"), points_of(beside)))
    assert [item.value for item in app.warning if "未触碰生态保护红线，但紧邻边界" in item.value]
    assert "边界相接" in texts(app)


def test_a_question_is_asked_and_nothing_computed_before_the_answer(open_page):
    crossed = shapely.Polygon([(WEST, SOUTH), (WEST + STEP, SOUTH + STEP), (WEST + STEP, SOUTH), (WEST, SOUTH + STEP)])
    app = sound(paste(open_page("site"), points_of(crossed)))
    assert "需要您确认" in texts(app) and "自相交" in texts(app) and "--confirm" not in texts(app)
    assert "site" not in app.query_params
    assert not app.get("download_button")
    assert roles(app) == ["site"]
    app.button(key="site_answer_SITE_SELF_CROSSING_0").click().run()
    assert "触碰生态保护红线" in texts(sound(app))
    assert "已由使用者确认" in texts(app)
    assert decode(app.query_params["site"]).geom_type == "MultiPolygon"


def test_the_system_of_coordinates_is_chosen_among_those_that_fit(open_page):
    # CGCS2000 6° zone and UTM differ by the scale factor only: 0.04 % of the distance from the equator and the meridian
    app = sound(
        paste(open_page("site"), "3493712.5,700000.1\n3493712.5,700500.1\n3494212.5,700500.1\n3493712.5,700000.1")
    )
    choices = app.radio(key="site_crs")
    assert any("4507" in label for label in choices.options) and any("32648" in label for label in choices.options)
    choices.set_value("32648").run()
    app.button(key="site_crs_chosen").click().run()
    assert "site" in sound(app).query_params
    assert "32648" in "".join(item.label for item in app.expander)


def test_what_cannot_be_read_says_why_and_how_to_mend_it(open_page):
    app = sound(paste(open_page("site"), "这里没有坐标"))
    assert len(app.error) == 1
    assert "没有认出坐标" in app.error[0].value and "每行一个点" in app.error[0].value
    assert app.query_params == {}


def test_a_truncated_survey_text_is_asked_about_before_anything_is_computed(open_page):
    first, second = site_texts.rectangle(600, 400), site_texts.rectangle(600, 400, 3000, 0)
    whole = site_texts.survey([("甲", [first]), ("乙", [second])], areas=[24, 24])
    lines = whole.splitlines()
    heads = [number for number, line in enumerate(lines) if line.endswith("@")]
    kept = [*lines[: heads[0] + 4], *lines[heads[1] : heads[1] + 4]]  # three points of five, twice
    app = sound(paste(open_page("site"), "\n".join(kept)))
    assert "写明 5 个界址点，实际读到 3 个" in texts(app) and "写明面积 24，按坐标计算为 12.00" in texts(app)
    assert "首末点相距 721." in texts(app)
    assert "site" not in app.query_params and not app.get("download_button") and "触碰" not in texts(app)
    for code in ("SITE_COUNT", "SITE_STATED_AREA"):
        app.button(key=f"site_answer_{code}_0").click().run()
        assert "site" not in sound(app).query_params
    app.button(key="site_answer_SITE_OPEN_0").click().run()
    assert "site" in sound(app).query_params


def test_a_name_without_a_site_leaves_the_address(open_page):
    app = sound(open_page("site", name="示例范围"))
    assert app.query_params == {}


def test_an_uploaded_file_goes_the_same_way(open_page, store):
    app = open_page("site")
    app.segmented_control(key="site_way").set_value("上传文件").run()
    app.file_uploader(key="site_files").upload("边界.txt", points_of(HALF).encode("gbk"), "text/plain").run()
    assert "### 触碰生态保护红线" in texts(sound(app))


def test_the_example_is_called_so_until_another_site_comes(open_page, store):
    app = open_page("site")
    app.button(key="site_example").click().run()
    assert sound(app).query_params["name"] == example.NAME
    assert "触碰" in texts(app)
    paste(app, points_of(CLEAR))
    assert "name" not in sound(app).query_params


def test_a_link_opens_the_same_check(open_page):
    app = sound(open_page("site", site=encode(HALF), name="某某项目", area="ha"))
    assert "### 触碰生态保护红线" in texts(app)
    assert app.text_input(key="site_name").value == "某某项目"
    assert "公顷" in app.error[0].value
    assert map_state(app)["fly"] is not None
    placed = sound(open_page("site", site=encode(HALF), view="31.5,107.1,11"))
    assert map_state(placed)["fly"] is None  # the link says what the map shows


def test_a_name_is_taken_into_the_address(open_page):
    app = open_page("site", site=encode(HALF))
    app.text_input(key="site_name").set_value("  某某 项目 ").run()
    assert sound(app).query_params["name"] == "某某 项目"
    assert next(f for f in map_state(app)["sketch"]["features"]["features"])["properties"]["label"] == "某某 项目"


def test_a_damaged_link_says_so_and_is_dropped(open_page):
    app = sound(open_page("site", site="1!!", nonsense="1", theme="stock_tc_ha"))
    assert "网址中的选址范围无法识别" in app.error[0].value
    assert {"nonsense", "theme"} <= set(re.findall(r"\w+", app.toast[0].value))
    assert app.query_params == {}


def test_a_site_too_long_for_an_address_stays_in_the_session(open_page, monkeypatch):
    monkeypatch.setattr(site_state, "LONGEST", 20)
    app = sound(paste(open_page("site"), points_of(HALF)))
    assert "### 触碰生态保护红线" in texts(app)
    code = app.query_params["site"]
    assert code.startswith("local-")
    app.session_state["share"] = True
    assert "链接只在本机当前会话有效" in texts(sound(app.run()))
    elsewhere = sound(open_page("site", site=code))
    assert "只保存在原来的浏览器会话中" in elsewhere.error[0].value


def test_tables_open_with_units_and_every_kind(open_page):
    app = sound(open_page("site", site=encode(HALF)))
    headers = [list(table.value.columns) for table in app.dataframe]
    assert ["红线斑块", "红线类型", "重叠面积（亩）", "占地块面积（%）", "占斑块面积（%）"] in headers
    assert any(header[:3] == ["优势树种", "小班数（个）", "涉及面积（亩）"] for header in headers)
    assert any(header[0] == "景区" for header in headers) and any(header[0] == "园区" for header in headers)
    app.segmented_control(key="unit_area").set_value("公顷").run()
    assert "重叠面积（公顷）" in app.dataframe[0].value.columns
    assert len(app.get("download_button")) == 3


def test_clearing_starts_over(open_page):
    app = open_page("site", site=encode(HALF), name="某某项目")
    app.button(key="site_clear").click().run()
    assert sound(app).query_params == {}
    assert "在图上绘制" in texts(app)


def test_whoever_comes_back_finds_the_site_again(open_page):
    app = sound(paste(open_page("site"), points_of(HALF)))
    app.text_input(key="site_name").set_value("某某项目").run()
    before = dict(app.query_params)
    app.switch_page("forest.py").run()
    assert "site" not in sound(app).query_params
    app.switch_page("site.py").run()
    assert "### 触碰生态保护红线" in texts(sound(app))
    assert app.query_params == before


def test_part_of_a_site_beyond_the_county_is_told(open_page):
    app = sound(open_page("site", site=encode(square(34.5, 10))))
    assert "50 % 在县域外" in texts(app)
    assert [item for item in app.warning if "无法判断" in item.value]


def test_official_layers_leave_no_mark(open_page, store):
    for layer, frame in all_layers().items():
        publish(
            store,
            layer,
            frame,
            provenance=OFFICIAL,
            actor=operator("技术员"),
            note="官方",
            base=store.snapshot().versions[layer].name,
        )
    app = sound(open_page("site", site=encode(HALF)))
    assert "### 触碰生态保护红线" in texts(app)
    assert "示意数据" not in texts(app)
    assert map_state(app)["mark"] == ""


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "[x](javascript:1)", "**a**"])
def test_a_name_is_text(open_page, hostile):
    app = sound(open_page("site", site=encode(HALF), name=hostile))
    assert app.text_input(key="site_name").value == hostile
    raw = [str(item.value) for item in [*app.markdown, *app.error]]
    assert not any(hostile in value for value in raw)


def test_the_example_stands_across_the_border_of_the_red_line(store):
    atlas = load(store)
    site = example.example(atlas)
    assert site is not None and site.is_valid
    patches = shapely.union_all(atlas["redline"].geometry)
    assert 0 < shapely.area(shapely.intersection(site, patches)) < shapely.area(site)
    assert 20 < float(crs.area_m2(np.array([site]))[0]) / units.HA_M2 < 40


def test_an_address_sent_before_the_browser_heard_of_the_new_one_changes_nothing(open_page):
    first, second = encode(HALF), encode(CLEAR)
    app = sound(paste(open_page("site", site=first), points_of(CLEAR)))
    assert app.query_params["site"] == second
    app.query_params["site"] = first  # the browser had sent this on its way
    assert sound(app.run()).query_params["site"] == second
    assert "### 未触碰" in texts(app.run())  # from now on the browser knows
    app.query_params["site"] = first  # and this is the reader going back
    assert "### 触碰" in texts(sound(app.run()))


def test_what_cuts_a_run_short_leaves_the_request_for_the_next_one():
    class CutShort(BaseException):
        pass

    done: list[int] = []

    def action() -> None:
        done.append(len(done))
        if len(done) == 1:
            raise CutShort

    desk = site_state.Desk()
    desk.ask(action)
    with pytest.raises(CutShort):
        desk.do_asked()
    desk.do_asked()
    desk.do_asked()
    assert done == [0, 1]


def test_a_request_that_fails_is_not_tried_for_ever():
    desk = site_state.Desk()
    desk.ask(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        desk.do_asked()
    desk.do_asked()
