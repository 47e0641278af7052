"""Fact sheets of the tiny county: the pages' own figures, marks, sources, one page each."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import Any

import numpy as np
import pytest
import shapely

from pingchang_geo import prints
from pingchang_geo.access import operator
from pingchang_geo.documents import FactSheet, SheetFigure, map_room
from pingchang_geo.errors import UnknownLayerError
from pingchang_geo.store import LocalStore
from pingchang_geo.units import MU_PER_HA, UnitChoice, format_number
from pingchang_geo.workflow import factsheets
from pingchang_geo.workflow.atlas import Atlas, load
from pingchang_geo.workflow.factsheets import picture as pictures
from pingchang_geo.workflow.factsheets.figures import MODEL, OFFICIAL
from pingchang_geo.workflow.factsheets.woods import woods_of
from pingchang_geo.workflow.publish import current_base, publish
from tests import layer_frames
from tests.documents import pdf_text
from tests.documents.samples import HOSTILE

AT = datetime(2026, 11, 22, 9, 30)


@pytest.fixture
def atlas(store: LocalStore) -> Atlas:
    return load(store)


def republish(store: LocalStore, layer: str, frame: Any, provenance: Any = layer_frames.REFERENCE) -> Atlas:
    base = current_base(store, layer)
    publish(store, layer, frame, provenance=provenance, actor=operator("张三"), note="", base=base)
    return load(store)


def sheet_of(atlas: Atlas, name: str, **options: Any) -> FactSheet:
    return factsheets.fact_sheet(atlas, factsheets.named(atlas, name), at=AT, **options)


def figure(sheet: FactSheet, label: str) -> SheetFigure:
    return next(one for one in sheet.figures if one.label.startswith(label))


def squeezed(text: str) -> str:
    return re.sub(r"[\s\u200b]+", "", text)


def font() -> Any:
    return prints.chinese_font()


def test_a_polygon_has_the_pages_figures(atlas: Atlas) -> None:
    """佛头山 covers just one plot."""
    sheet, record = sheet_of(atlas, "scenic:佛头山"), atlas["scenic"].frame.iloc[0]
    area_mu = format_number(record["area_ha"] * MU_PER_HA)
    assert (figure(sheet, "面积").value, figure(sheet, "面积").unit) == (area_mu, "亩")
    assert figure(sheet, "范围内林地面积").detail == "小班 1 个，占范围 100 %"
    assert figure(sheet, "碳储量").value == format_number(record["forest_stock_tc"])
    assert figure(sheet, "碳储量").detail.startswith("95 % 区间 ")
    assert figure(sheet, "主要优势树种").value == atlas["forest"].frame["species"].iloc[5]
    assert all(one.mark == "示意" for one in sheet.figures)
    assert sheet.mark == "示意数据"
    assert sum(bar.amount for bar in sheet.chart.bars) == pytest.approx(record["forest_stock_tc"])


@pytest.mark.parametrize("layer", ["scenic", "parks", "redline"])
def test_woods_are_those_of_the_pages(atlas: Atlas, layer: str) -> None:
    frame = atlas[layer].frame
    for row in range(len(frame)):
        woods = woods_of(atlas, factsheets.feature(atlas, layer, row))
        assert woods is not None
        for name, column in (("forest_area_ha", "area_ha"), ("forest_stock_tc", "stock_tc")):
            assert getattr(woods, column) == pytest.approx(float(frame[name].iloc[row]), rel=1e-6, abs=1e-3)
        removal = float(frame["forest_removal_tco2_a"].iloc[row])
        same = woods.removal_tco2_a == pytest.approx(removal, nan_ok=True, rel=1e-6, abs=1e-3)
        assert same or (math.isnan(woods.removal_tco2_a) and removal < 1e-6)  # of a sliver that is not counted
        assert woods.estimate.total == pytest.approx(woods.stock_tc, nan_ok=True)
        assert woods.estimate.low <= woods.stock_tc <= woods.estimate.high


def test_the_county_counts_every_plot(atlas: Atlas) -> None:
    woods = woods_of(atlas, factsheets.county(atlas))
    assert woods is not None
    assert woods.stock_tc == pytest.approx(atlas["forest"].frame["stock_tc"].sum())
    sheet = sheet_of(atlas, "county")
    inside = (atlas["forest"].frame["stock_tc"] * atlas["forest"].frame["redline_share_pct"] / 100).sum()
    assert figure(sheet, "生态保护红线内碳储量").value == format_number(inside)
    assert figure(sheet, "生态保护红线面积").unit == "km²"


def test_a_point_says_that_a_circle_was_counted(atlas: Atlas) -> None:
    sheet = sheet_of(atlas, "scenic:白衣古镇")
    ground = figure(sheet, "统计范围（1 km 圆）")
    place = factsheets.named(atlas, "scenic:白衣古镇")
    assert place.area_m2 == pytest.approx(math.pi * 1e6, rel=1e-3)
    assert ground.detail.startswith("仅有点位")
    assert any("周边 1 km 圆" in note for note in sheet.notes)
    made = pictures.picture(atlas, place, UnitChoice())
    assert made is not None
    assert made.legend[0].label == "统计范围（1 km 圆）"


def test_ground_outside_the_county_is_said(store: LocalStore) -> None:
    """The county ends in the middle of 佛头山."""
    county = layer_frames.county()
    county.geometry = [shapely.box(layer_frames.WEST, layer_frames.SOUTH, layer_frames.square(1.5, 0).bounds[0], 31.7)]
    atlas = republish(store, "county", county)
    assert any(note.startswith("统计范围有 50 % 在县域外") for note in sheet_of(atlas, "scenic:佛头山").notes)


def test_removal_by_the_model_only_with_a_growth_that_somebody_entered(atlas: Atlas) -> None:
    without, given = sheet_of(atlas, "county"), sheet_of(atlas, "county", growth_pct_a=3.0)
    assert figure(without, MODEL).value == "未计算"
    assert "没有缺省值" in figure(without, MODEL).source
    assert "p = 3 %/年（用户填写）" in figure(given, MODEL).source
    woods = woods_of(atlas, factsheets.county(atlas))
    assert woods is not None
    once, twice = (woods.model_removal_tco2_a(rate)[0] for rate in (1.5, 3.0))
    assert twice == pytest.approx(2 * once)
    assert figure(given, OFFICIAL).value == figure(without, OFFICIAL).value


def test_distance_to_the_nearest_patch_and_overlap(atlas: Atlas, store: LocalStore) -> None:
    apart = figure(sheet_of(atlas, "scenic:佛头山"), "距生态保护红线")
    metres = float(atlas["scenic"].frame["redline_distance_m"].iloc[0])
    assert apart.value == f"{metres:.0f}" if metres < 1000 else f"{metres / 1000:.2f}"
    assert apart.detail == "最近：红线斑块 01（西）"
    redline = layer_frames.redline()
    redline.geometry = [layer_frames.square(1, 1, 0.5), layer_frames.square(20, 20)]
    over = figure(sheet_of(republish(store, "redline", redline), "scenic:佛头山"), "与生态保护红线重叠")
    assert over.detail == "占范围 25 %"


def test_a_patch_tells_its_share_and_no_distance_to_itself(atlas: Atlas) -> None:
    sheet = sheet_of(atlas, "redline:红线斑块 01")
    assert not any(one.label.startswith("距") for one in sheet.figures)
    areas = shapely.area(atlas["redline"].metres)
    assert figure(sheet, "占生态保护红线").value == format_number(100 * areas[0] / areas.sum(), significant=3)


def test_no_forest_is_none_and_not_unknown(atlas: Atlas) -> None:
    sheet = sheet_of(atlas, "redline:红线斑块 02")
    assert figure(sheet, "范围内林地面积").detail == "范围内没有小班"
    assert figure(sheet, "碳储量").value == "0"
    assert sheet.chart.bars == ()
    assert "没有小班" in sheet.chart.empty


def test_townships_have_sheets_as_soon_as_they_are_published(store: LocalStore) -> None:
    frame = layer_frames.canonical(
        "townships", {"name": ["驷马镇"], "code": ["511923101"]}, [layer_frames.square(0, 0)]
    )
    atlas = republish(store, "townships", frame, layer_frames.OFFICIAL)
    for key in ("驷马镇", "511923101"):
        sheet = sheet_of(atlas, f"townships:{key}")
        assert figure(sheet, "范围内林地面积").detail == "小班 1 个，占范围 100 %"
        assert figure(sheet, "与生态保护红线重叠").detail == "占范围 50 %"
    assert figure(sheet, "面积").mark == ""  # official outline
    assert figure(sheet, "碳储量").mark == "示意"  # of reference plots


def test_the_county_stands_beside_the_report(atlas: Atlas) -> None:
    panel = sheet_of(atlas, "county").panel
    assert panel.header == ("指标", "报告", "计算", "结论")
    rows = {row[0]: row for row in panel.rows}
    assert rows["林地面积"][1] == "180.42 万亩"
    assert rows["林地面积"][3] == "不一致"
    assert panel.remark.startswith(f"共 {len(panel.rows)} 项")


def test_official_layers_carry_no_mark(store: LocalStore) -> None:
    for layer, frame in layer_frames.all_layers().items():
        atlas = republish(store, layer, frame, layer_frames.OFFICIAL)
    sheet = sheet_of(atlas, "scenic:佛头山")
    assert sheet.mark == ""
    assert {one.mark for one in sheet.figures} == {""}
    assert not any("示意数据" in note for note in sheet.notes)
    assert "平昌县林业局" in sheet.notes[-1]


def test_missing_layers_are_said(empty_store: LocalStore) -> None:
    nothing = sheet_of(load(empty_store), "county")
    assert nothing.title == "全县"
    assert figure(nothing, "林地与碳储量").value == "无数据"
    assert any("尚未发布数据的图层" in note for note in nothing.notes)
    content = factsheets.pdf(load(empty_store), factsheets.county(load(empty_store)), at=AT)
    (page,) = pdf_text.pages(content)
    assert "尚未发布县域界线" in page


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("scenic:不存在", "没有「不存在」"),
        ("scenic", "不是可用的对象"),
        ("county:平昌县", "没有一页纸"),
        ("forest:小班 示意片区 01-1-1", "没有一页纸"),
    ],
)
def test_what_has_no_sheet_is_refused(atlas: Atlas, name: str, message: str) -> None:
    with pytest.raises(factsheets.FactSheetError, match=message):
        factsheets.named(atlas, name)
    with pytest.raises(UnknownLayerError):
        factsheets.named(atlas, "townships:驷马镇")


@pytest.mark.parametrize(
    "name", ["county", "scenic:佛头山", "scenic:白衣古镇", "parks:星光工业园", "redline:红线斑块 02"]
)
def test_every_kind_of_place_is_one_page(atlas: Atlas, name: str) -> None:
    place = factsheets.named(atlas, name)
    content = factsheets.pdf(atlas, place, at=AT)
    (page,) = pdf_text.pages(content)
    assert map_room(sheet_of(atlas, name), font()).scale >= 0.9
    for wanted in (place.title, "示意数据", "碳储量", "数据来源", "测试用参考图层", "2026年11月22日"):
        assert squeezed(wanted) in squeezed(page), wanted


def test_the_map_is_complete_and_as_large_as_its_room(atlas: Atlas, monkeypatch: pytest.MonkeyPatch) -> None:
    place = factsheets.named(atlas, "scenic:佛头山")
    monkeypatch.setattr(pictures, "settings", type("S", (), {"map_approval_number": "川S（2026）001 号"}))
    made = pictures.picture(atlas, place, UnitChoice())
    assert made is not None
    assert made.mark == "示意数据"
    assert made.approval == "川S（2026）001 号"
    assert made.locator_m is not None
    assert "森林小班第 1 版（示意）" in made.notes[0]
    assert {"佛头山", "县域界线", "AAAA 级景区"} <= {entry.label for entry in made.legend}
    west, south, east, north = made.extent_m
    bounds = shapely.bounds(place.ground_m)
    assert west < bounds[0] < bounds[2] < east
    assert south < bounds[1] < bounds[3] < north


def test_hostile_and_long_names_are_texts_on_one_page(store: LocalStore) -> None:
    names = [*HOSTILE, "很长的景区名称" * 40, "W" * 300]
    places = [layer_frames.square(column % 4, 1) for column in range(len(names))]
    columns = {"name": names, "address": names, "grade": ["AAAA"] * len(names)}
    atlas = republish(store, "scenic", layer_frames.canonical("scenic", columns, places))
    for row, text in enumerate(names):
        (page,) = pdf_text.pages(factsheets.pdf(atlas, factsheets.feature(atlas, "scenic", row), at=AT))
        assert squeezed(text)[:20] in squeezed(page)


def test_same_place_and_day_same_bytes(atlas: Atlas, store: LocalStore) -> None:
    place = factsheets.named(atlas, "redline:红线斑块 01")
    again = load(store)
    assert factsheets.pdf(atlas, place, at=AT) == factsheets.pdf(again, factsheets.feature(again, "redline", 0), at=AT)
    assert factsheets.png(atlas, place, at=AT) == factsheets.png(again, factsheets.feature(again, "redline", 0), at=AT)


def test_plots_without_a_stock_are_counted_as_unknown(store: LocalStore) -> None:
    frame = layer_frames.forest()
    frame["volume_m3_ha"] = np.nan
    sheet = sheet_of(republish(store, "forest", frame), "scenic:佛头山", growth_pct_a=2.0)
    assert figure(sheet, "碳储量").value == "无数据"
    assert figure(sheet, MODEL).value == "无数据"
    assert sheet.chart.title.startswith("各优势树种面积")
    assert any(note.startswith("1 个小班碳储量未知") for note in sheet.notes)
