"""Control totals: hand-computed agreement, difference and missing columns."""

import dataclasses
import math

import pandas as pd
import pytest

from pingchang_geo import layers, reconcile
from pingchang_geo.indicators import UnknownIndicatorError, load_ledger
from pingchang_geo.provenance import Kind, Provenance
from pingchang_geo.reconcile import Verdict

REFERENCE = Provenance(Kind.REFERENCE, "示意")
SURVEY = Provenance(Kind.SURVEY, "调查")


def redline_frame(area_km2: float) -> pd.DataFrame:
    return pd.DataFrame({"name": ["甲", "乙"], "area_ha": [area_km2 * 40, area_km2 * 60]})


def test_agreement_of_reference_data_is_by_construction():
    reported = load_ledger().number("redline_area_km2")
    (row,) = reconcile.reconcile(layers.get("redline"), redline_frame(reported), REFERENCE, load_ledger())
    assert row.verdict is Verdict.AGREES
    assert row.computed == pytest.approx(reported)
    assert row.note == "示意数据按报告总量生成，一致属构造使然"
    assert row.why_agreeing == "构造使然"


def test_agreement_of_a_survey_speaks_for_itself():
    reported = load_ledger().number("redline_area_km2")
    (row,) = reconcile.reconcile(layers.get("redline"), redline_frame(reported), SURVEY, load_ledger())
    assert (row.verdict, row.note) == (Verdict.AGREES, "")


def test_a_difference_beyond_the_tolerance():
    reported = load_ledger().number("redline_area_km2")
    (row,) = reconcile.reconcile(layers.get("redline"), redline_frame(reported * 1.1), SURVEY, load_ledger())
    assert row.verdict is Verdict.DIFFERS
    assert row.relative == pytest.approx(0.1)
    assert row.difference == pytest.approx(reported * 0.1)
    assert "容差" in row.note


def test_where_and_units():
    spec = layers.get("forest")
    frame = pd.DataFrame({"stand_kind": ["新造林", "其他林地"], "area_ha": [2000.0, 500.0]})
    rows = {r.indicator: r for r in reconcile.reconcile(spec, frame, SURVEY, load_ledger())}
    # 2000 ha × 15 = 30,000 亩 = 3 万亩; all 2500 ha = 3.75 万亩.
    assert rows["new_forest_area_wanmu"].computed == pytest.approx(3)
    assert rows["forest_land_area_wanmu"].computed == pytest.approx(3.75)
    assert rows["new_forest_removal_wt_a"].verdict is Verdict.UNKNOWN
    assert math.isnan(rows["new_forest_removal_wt_a"].computed)


def test_features_are_counted():
    spec = layers.get("scenic")
    count = int(load_ledger().number("scenic_4a_count"))
    (row,) = reconcile.reconcile(spec, pd.DataFrame({"name": ["景"] * count}), SURVEY, load_ledger())
    assert row.verdict is Verdict.AGREES
    (row,) = reconcile.reconcile(spec, pd.DataFrame({"name": ["景"] * (count - 1)}), SURVEY, load_ledger())
    assert row.verdict is Verdict.DIFFERS


def test_every_declared_control_total_has_a_figure_and_a_unit():
    for spec in layers.all_specs():
        for control in spec.control_totals:
            assert load_ledger()[control.indicator].value is not None
            assert control.unit in reconcile._FACTORS
    with pytest.raises(UnknownIndicatorError):
        load_ledger().number("nothing")


def test_the_tolerance_is_never_finer_than_the_reports_rounding():
    (control,) = layers.get("redline").control_totals
    ledger = load_ledger()
    # 79.57 stands for 79.565 … 79.575
    tolerance, basis = reconcile.tolerance_of(control, ledger["redline_area_km2"])
    assert (tolerance, basis) == (pytest.approx(0.005 / 79.57), reconcile.ROUNDING)
    (row,) = reconcile.reconcile(layers.get("redline"), redline_frame(79.5742), SURVEY, ledger)
    assert row.verdict is Verdict.AGREES
    (row,) = reconcile.reconcile(layers.get("redline"), redline_frame(79.58), SURVEY, ledger)
    assert row.verdict is Verdict.DIFFERS


def test_agreement_by_rate_is_named_whatever_the_source():
    spec, ledger = layers.get("forest"), load_ledger()
    tonnes = ledger.number("new_forest_removal_wt_a") * 1e4
    frame = pd.DataFrame({"stand_kind": ["新造林"], "area_ha": [1.0], "removal_tco2_a": [tonnes]})
    rows = {r.indicator: r for r in reconcile.reconcile(spec, frame, SURVEY, ledger)}
    assert rows["new_forest_removal_wt_a"].verdict is Verdict.AGREES
    assert "反推" in rows["new_forest_removal_wt_a"].note
    assert rows["new_forest_removal_wt_a"].why_agreeing == "系数反推"


def test_an_empty_column_cannot_be_checked():
    spec = layers.get("forest")
    frame = pd.DataFrame({"stand_kind": [None, None], "area_ha": [2.0, 3.0], "removal_tco2_a": [math.nan] * 2})
    rows = {r.indicator: r for r in reconcile.reconcile(spec, frame, SURVEY, load_ledger())}
    for name in ("new_forest_area_wanmu", "new_forest_removal_wt_a"):
        assert rows[name].verdict is Verdict.UNKNOWN
        assert math.isnan(rows[name].computed)


def test_a_declared_tolerance_above_the_rounding_and_a_count_name_themselves():
    (control,) = layers.get("redline").control_totals
    coarse = dataclasses.replace(control, tolerance=0.01)
    assert reconcile.tolerance_of(coarse, load_ledger()["redline_area_km2"]) == (0.01, reconcile.DECLARED)
    (count,) = layers.get("scenic").control_totals
    assert reconcile.tolerance_of(count, load_ledger()["scenic_4a_count"]) == (0.0, reconcile.COUNTED)


def test_a_layer_without_a_version_is_listed_as_not_comparable():
    (row,) = reconcile.unpublished(layers.get("redline"), load_ledger())
    assert (row.verdict, row.note) == (Verdict.UNKNOWN, reconcile.UNPUBLISHED)
    assert row.reported == load_ledger().number("redline_area_km2")
    assert math.isnan(row.difference)


def test_the_summary_counts_verdicts_and_what_agrees_by_construction():
    reported = load_ledger().number("redline_area_km2")
    spec, ledger = layers.get("redline"), load_ledger()
    rows = [
        *reconcile.reconcile(spec, redline_frame(reported), REFERENCE, ledger),
        *reconcile.reconcile(spec, redline_frame(reported), SURVEY, ledger),
        *reconcile.reconcile(spec, redline_frame(2 * reported), SURVEY, ledger),
        *reconcile.unpublished(spec, ledger),
    ]
    assert [row.by_construction for row in rows] == [True, False, False, False]
    summary = reconcile.Summary.of(rows)
    assert (summary.agrees, summary.by_construction, summary.differs, summary.unknown) == (2, 1, 1, 1)
    assert summary.words().startswith("共 4 项：一致 2 项（其中 1 项")


def test_a_difference_of_reference_data_is_not_by_construction():
    reported = load_ledger().number("redline_area_km2")
    (row,) = reconcile.reconcile(layers.get("redline"), redline_frame(2 * reported), REFERENCE, load_ledger())
    assert (row.verdict, row.note) == (Verdict.DIFFERS, reconcile.BEYOND)
