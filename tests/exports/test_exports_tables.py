"""Exports are read back the way a spreadsheet program reads them."""

import csv
import io
from datetime import datetime

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo import exports, layers
from pingchang_geo.exports import sheet as sheets
from pingchang_geo.provenance import Kind, Provenance
from pingchang_geo.units import AreaUnit, MassUnit, UnitChoice

MU = UnitChoice(AreaUnit.MU, MassUnit.T)
SOURCE = sheets.Source("森林小班", "第 1 版", "2026-11-22T08:00:00Z", Provenance(Kind.REFERENCE, "本项目生成", "MIT"))


def forest_sheet(mark: str = "示意数据") -> exports.Sheet:
    frame = pd.DataFrame(
        {
            "linban": ["1", "=1+1"],
            "species": pd.Categorical(["马尾松", None], categories=["马尾松"]),
            "area_ha": [2.0, np.nan],
            "stock_tc": [10.25, 3.0],
            "village": [None, None],
        }
    )
    spec = layers.get("forest")
    lines = sheets.notes([SOURCE], datetime(2026, 11, 22, 9, 5), filters="树种：马尾松", rows="2", mark=mark)
    return exports.Sheet.of_frame("森林小班", frame, spec.fields, MU, notes=lines, mark=mark)


def test_headers_units_and_missing_values():
    columns = forest_sheet().columns
    assert list(columns) == ["林班号", "优势树种", "面积（亩）", "碳储量（吨碳）"]
    assert columns["面积（亩）"] == [30.0, None]
    assert columns["优势树种"] == ["马尾松", ""]
    assert columns["碳储量（吨碳）"] == pytest.approx([10.25, 3.0], abs=0.06)


def test_csv_has_bom_mark_and_notes():
    data = exports.to_csv(forest_sheet())
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert rows[0] == ["林班号", "优势树种", "面积（亩）", "碳储量（吨碳）", "数据性质"]
    assert rows[2][:2] == ["'=1+1", ""]
    assert rows[1][-1] == rows[2][-1] == "示意数据"
    text = data.decode("utf-8-sig")
    for words in ("树种：马尾松", "本项目生成", "2026-11-22 09:05", "第 1 版"):
        assert words in text


def test_without_a_mark_nothing_says_illustrative():
    data = exports.to_csv(forest_sheet(mark=""))
    assert "数据性质" not in data.decode("utf-8-sig")


def test_xlsx_holds_numbers_mark_and_explanation():
    book = openpyxl.load_workbook(io.BytesIO(exports.to_xlsx(forest_sheet())))
    table, notes = book["森林小班"], book["说明"]
    assert str(table["A1"].value).startswith("示意数据")
    assert [cell.value for cell in table[2]] == ["林班号", "优势树种", "面积（亩）", "碳储量（吨碳）"]
    assert table["C3"].value == 30
    assert table["C3"].data_type == "n"
    assert table["A4"].value == "'=1+1"
    assert table["A4"].data_type == "s"
    assert {row[0].value for row in notes.iter_rows()} >= {"图层版本", "筛选条件", "导出时间", "说明"}


def test_a_larger_unit_gets_more_decimals():
    spec = layers.get("forest").field("area_ha")
    assert sheets.shown_digits(spec, UnitChoice(AreaUnit.HA)) == 2
    assert sheets.shown_digits(spec, UnitChoice(AreaUnit.KM2)) == 4


def test_small_masses_stay_in_tonnes_and_whole_numbers_have_no_point():
    frame = pd.DataFrame({"stock_tc": [12.34], "stems_ha": [357.0]})
    sheet = exports.Sheet.of_frame("小班", frame, layers.get("forest").fields, UnitChoice(mass=MassUnit.WT))
    assert dict(sheet.columns) == {"每公顷株数（株/ha）": [357], "碳储量（吨碳）": [12.3]}
    assert "\r\n357,12.3\r\n" in exports.to_csv(sheet).decode("utf-8-sig")


def test_equal_headers_are_told_apart():
    frame = pd.DataFrame({"reported_area_m2": [1.0], "reported_area_km2": [1e-6]})
    sheet = exports.Sheet.of_frame("红线", frame, layers.get("redline").fields, MU)
    assert list(sheet.columns) == ["上报面积（m²）", "上报面积（km²）"]


@given(st.text(max_size=20))
def test_no_text_is_left_as_a_formula(text):
    cell = exports.safe_text(text)
    assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝"))
    sheet = exports.Sheet("表", {"列": [text]})
    book = openpyxl.load_workbook(io.BytesIO(exports.to_xlsx(sheet)))
    assert book["表"]["A2"].data_type in ("s", "inlineStr", "n")


def test_several_tables_share_a_workbook_and_its_notes():
    one = exports.Sheet(
        "小班",
        {"名称": ["甲"], "面积（亩）": [1.5]},
        (("图层版本", "A"), ("时间", "今")),
        "示意数据",
        {"面积（亩）": 2},
    )
    two = exports.Sheet("小班", {"名称": ["乙", "丙"]}, (("图层版本", "B"), ("时间", "今")))
    book = openpyxl.load_workbook(io.BytesIO(exports.to_xlsx(one, two)))
    assert book.sheetnames == ["小班", "小班2", "说明"]
    assert [cell.value for cell in book["小班"][1]][:1] == ["示意数据：仅供示意，不得作为管理依据"]
    assert [[cell.value for cell in row] for row in book["小班2"].iter_rows()] == [["名称"], ["乙"], ["丙"]]
    notes = [(row[0].value, row[1].value) for row in book["说明"].iter_rows(min_row=2)]
    assert notes == [("图层版本", "A"), ("时间", "今"), ("图层版本", "B")]
