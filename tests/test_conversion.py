"""Values as files have them → canonical values."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo import layers
from pingchang_geo.conversion import as_text, parse_number, to_canonical
from pingchang_geo.issues import Issue, Level

FOREST = layers.get("forest")


def turned(name: str, values: Any, layer: str = "forest") -> tuple[list[object], list[Issue]]:
    table = pd.DataFrame({"C": values}, index=pd.RangeIndex(1, len(values) + 1))
    frame, issues = to_canonical(layers.get(layer), {name: "C"}, table)
    return [None if pd.isna(value) else value for value in frame[name]], issues


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("12", 12.0, ""),
        (" 12.50 ", 12.5, ""),
        ("12,345.6", 12345.6, ""),
        ("1,234,567", 1234567.0, ""),
        ("１２，３４５．６", 12345.6, ""),
        ("-3", -3.0, ""),
        ("1.5e3", 1500.0, ""),
        ("75.3亩", 75.3, "亩"),
        ("75.3 公顷", 75.3, "公顷"),
        ("0.6㎡", 0.6, "M2"),
        (".5", 0.5, ""),
    ],
)
def test_numbers(text: str, number: float, unit: str) -> None:
    assert parse_number(text) == (number, unit)


@pytest.mark.parametrize("text", ["", " ", "-", "—", "无", "NULL", "<Null>", "****", "nan"])
def test_nothing(text: str) -> None:
    parsed = parse_number(text)
    assert parsed is not None
    assert math.isnan(parsed[0])


@pytest.mark.parametrize("name", ["xiaoban", "species", "volume_m3_ha"])
def test_asterisks_of_a_dbf_are_nothing_in_any_field(name: str) -> None:
    assert turned(name, ["*" * 18, "220"])[0][0] is None
    assert turned(name, ["*" * 18, "220"])[1] == []


def test_large_ids_beside_nothing_keep_their_digits() -> None:
    ids = pd.array([2**53 + 1, None, 511923000000000001], dtype="Int64")
    assert turned("xiaoban", ids)[0] == ["9007199254740993", None, "511923000000000001"]
    assert turned("volume_m3_ha", pd.array([50, None], dtype="Int64"))[0] == [50.0, None]
    assert turned("species", pd.array([220, None], dtype="Int64"))[0] == ["马尾松", None]


@pytest.mark.parametrize(("code", "strange"), [("CODE_UNKNOWN", "999"), ("CATEGORY_NEW", "桉树类")])
def test_many_strange_values_in_a_required_field_are_asked_about(code: str, strange: str) -> None:
    for count, level in ((2, Level.WARNING), (3, Level.CONFIRM)):
        issues = turned("species", [strange] * count + ["220"] * (10 - count))[1]
        assert [(one.code, one.level, one.count) for one in issues] == [(code, level, count)]
    optional = turned("origin", ["98"] * 10)[1]
    assert [(one.code, one.level) for one in optional] == [("CODE_UNKNOWN", Level.WARNING)]


@pytest.mark.parametrize("text", ["abc", "1,23", "12-13", "inf", "1.2.3", "约12", "=1+1", "１a２"])
def test_no_numbers(text: str) -> None:
    assert parse_number(text) is None


@given(st.floats(-1e12, 1e12))
def test_every_number_survives_its_own_text(number: float) -> None:
    assert parse_number(repr(number)) == (number, "")
    assert parse_number(f"{number:,.3f}") == (pytest.approx(number, abs=5e-4 + 2 * math.ulp(number)), "")


@pytest.mark.parametrize("code", [220, 220.0, "220", " 220 ", "220.0", "220000", "２２０", "马尾松", "220.000"])
def test_a_species_in_every_spelling(code: object) -> None:
    assert turned("species", [code]) == (["马尾松"], [])


@pytest.mark.parametrize(
    ("code", "name"), [("0111", "乔木林地"), (111, "乔木林地"), (30100, "乔木林地"), ("0301", "乔木林地")]
)
def test_codes_that_lost_their_leading_zero(code: object, name: str) -> None:
    assert turned("land_class", [code])[0] == [name]


def test_unknown_codes_are_counted_with_rows_and_samples() -> None:
    values, issues = turned("species", ["220", "999", "999", "888", None, ""])
    assert values == ["马尾松", "未识别", "未识别", "未识别", None, None]
    (issue,) = issues
    assert (issue.code, issue.count, issue.rows) == ("CODE_UNKNOWN", 3, (2, 3, 4))
    assert "「999」" in issue.message


def test_unknown_names_are_kept() -> None:
    values, issues = turned("species", ["220", "樟子松"])
    assert values == ["马尾松", "樟子松"]
    assert [issue.code for issue in issues] == ["CATEGORY_NEW"]


def test_zeros_mean_not_applicable() -> None:
    assert turned("species", ["0", "000", 0]) == ([None, None, None], [])


def test_categories_keep_the_declared_order_and_append() -> None:
    table = pd.DataFrame({"C": ["5", "1", "9"]}, index=[1, 2, 3])
    frame, _ = to_canonical(FOREST, {"age_group": "C"}, table)
    assert list(frame["age_group"].cat.categories) == [*FOREST.field("age_group").values, "未识别"]


def test_ids_stay_text_without_decimals() -> None:
    assert turned("xiaoban", [12.0, 13.0])[0] == ["12", "13"]
    assert turned("xiaoban", [12, 13])[0] == ["12", "13"]
    assert turned("xiaoban", ["0012", " 7 ", "12.000"])[0] == ["0012", "7", "12"]
    assert turned("xiaoban", ["51192300100000000017"])[0] == ["51192300100000000017"]
    assert turned("xiaoban", ["", "<Null>", None])[0] == [None, None, None]
    assert as_text(np.float64(1e6)) == "1000000"


def test_unreadable_numbers_are_missing_and_named() -> None:
    values, issues = turned("volume_m3_ha", ["12.5", "约80", "", "1,200"])
    assert values == [12.5, None, None, 1200.0]
    assert [(issue.code, issue.rows) for issue in issues] == [("NUMBER_UNREADABLE", (2,))]


def test_units_behind_areas_are_converted_to_hectares() -> None:
    values, issues = turned("reported_area", ["15亩", "1公顷", "10000m2", "0.01 km²"])
    assert values == pytest.approx([1.0, 1.0, 1.0, 1.0])
    assert [issue.code for issue in issues] == ["UNIT_IN_VALUES"]
    assert turned("reported_area_m2", ["15亩"], "redline")[0] == pytest.approx([10_000.0])


def test_units_per_mu_behind_quantities_per_hectare() -> None:
    values, issues = turned("volume_m3_ha", ["4方/亩", "60m³/公顷", "60"])
    assert values == pytest.approx([60.0, 60.0, 60.0])
    assert [(issue.code, issue.rows) for issue in issues] == [("UNIT_IN_VALUES", (1, 2))]


@pytest.mark.parametrize(("values", "top"), [([30, 70, 90], 100), ([3, 7, 9], 10)])
def test_canopy_in_percent_or_tenths(values: list[object], top: int) -> None:
    canopy, issues = turned("canopy", values)
    assert canopy == pytest.approx([value / top for value in values])  # type: ignore[operator]
    assert [issue.code for issue in issues] == ["SCALE_CONVERTED"]


def test_canopy_as_fraction_is_left_alone() -> None:
    assert turned("canopy", ["0.3", "0.7"]) == ([0.3, 0.7], [])


def test_a_frame_has_exactly_the_source_fields() -> None:
    table = pd.DataFrame({"LIN_BAN": ["1"], "X": [2]}, index=[1])
    frame, _ = to_canonical(FOREST, {"linban": "LIN_BAN"}, table)
    assert list(frame.columns) == [field.name for field in FOREST.source_fields]
    assert frame.drop(columns="linban").isna().all(axis=None)


def test_categorical_columns_of_the_reader_give_the_same() -> None:
    values = ["220", "350", None, "220"]
    table = pd.DataFrame({"C": pd.Categorical(values)}, index=range(1, 5))
    frame, _ = to_canonical(FOREST, {"species": "C"}, table)
    assert [None if pd.isna(value) else value for value in frame["species"]] == ["马尾松", "柏木", None, "马尾松"]


def test_empty_tables() -> None:
    frame, issues = to_canonical(FOREST, {"linban": "A", "species": "B"}, pd.DataFrame({"A": [], "B": []}))
    assert len(frame) == 0
    assert not issues
