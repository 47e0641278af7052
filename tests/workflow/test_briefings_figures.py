"""Computed figures by name: right numbers, words that say where they come from, reasons where there are none."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from pingchang_geo import consistency
from pingchang_geo.access import operator
from pingchang_geo.carbon import load as factors
from pingchang_geo.indicators import load_ledger
from pingchang_geo.layers import palette
from pingchang_geo.store import LocalStore
from pingchang_geo.units import CO2_PER_C, UnitChoice
from pingchang_geo.workflow.atlas import Atlas, load
from pingchang_geo.workflow.briefings.figure import Figure, MissingFigureError
from pingchang_geo.workflow.briefings.figures import Figures
from pingchang_geo.workflow.briefings.quantity import quantity, scale
from pingchang_geo.workflow.publish import publish
from tests import layer_frames


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    kept = LocalStore(tmp_path_factory.mktemp("tiny"))
    for layer, frame in layer_frames.all_layers().items():
        source = layer_frames.REFERENCE
        publish(kept, layer, frame, provenance=source, actor=operator("张三"), note="", base=None)
    return load(kept)


@pytest.fixture(scope="module")
def figures(tiny: Atlas) -> Figures:
    return Figures(tiny, load_ledger(), UnitChoice())


def named(figures: Figures, name: str) -> Figure:
    return figures.get(name)


def test_counts(figures: Figures) -> None:
    assert named(figures, "forest.count").display() == "12 个"
    assert named(figures, "forest.count.species.柏木").display() == "4 个"
    assert named(figures, "scenic.count.location.示意").number == 1
    assert named(figures, "scenic.count.location.已核").number == 0


def test_sums_and_shares(figures: Figures, tiny: Atlas) -> None:
    plots = tiny["forest"].frame
    area = plots["area_ha"].sum()
    # twelve squares of about 106 ha are some 19,000 亩: too few for 万亩
    assert named(figures, "forest.area_ha").unit == "亩"
    assert named(figures, "forest.area_ha").number == pytest.approx(area * 15)
    assert named(figures, "forest.area_ha@wanmu").number == pytest.approx(area * 15 / 10_000)
    assert named(figures, "forest.area_ha@km2").number == pytest.approx(area / 100)
    assert named(figures, "forest.stock_tc@t").number == pytest.approx(plots["stock_tc"].sum())
    assert named(figures, "forest.stock_tco2@t").number == pytest.approx(plots["stock_tc"].sum() * CO2_PER_C)
    cypress = plots.loc[plots["species"] == "柏木", "stock_tc"].sum()
    assert named(figures, "forest.stock_tc.species.柏木@t").number == pytest.approx(cypress)
    share = named(figures, "forest.pct.stock_tc.species.柏木")
    assert share.number == pytest.approx(100 * cypress / plots["stock_tc"].sum())
    assert share.unit == "%"


def test_the_largest_group_and_its_share(figures: Figures, tiny: Atlas) -> None:
    by = tiny["forest"].frame.groupby("species", observed=True)["stock_tc"].sum()
    assert named(figures, "forest.top.stock_tc.species").display() == by.idxmax()
    assert named(figures, "forest.top_pct.stock_tc.species").number == pytest.approx(100 * by.max() / by.sum())


def test_means_are_weighted_by_area(figures: Figures, tiny: Atlas) -> None:
    plots = tiny["forest"].frame
    expected = plots["stock_tc"].sum() / plots["area_ha"].sum()
    assert named(figures, "forest.mean.stock_tc_ha").number == pytest.approx(expected)
    assert named(figures, "forest.min.volume_m3_ha").number == 60
    assert named(figures, "forest.max.volume_m3_ha").number == 71


def test_inside_of_zones_by_shared_area(figures: Figures, tiny: Atlas) -> None:
    plots = tiny["forest"].frame
    # the red line covers the left half of plot 0
    half = plots["stock_tc"][0] / 2
    assert named(figures, "redline.inside.stock_tc@t").number == pytest.approx(half, rel=1e-4)
    assert named(figures, "redline.forest_stock_tc@t").number == named(figures, "redline.inside.stock_tc@t").number
    percent = named(figures, "redline.inside_pct.stock_tc").number
    assert percent == pytest.approx(100 * half / plots["stock_tc"].sum(), rel=1e-4)
    assert "按面积比例计入" not in named(figures, "redline.inside.stock_tc").label
    assert "面积比例" in named(figures, "redline.inside.stock_tc").source
    assert "1 km 圆" in named(figures, "scenic.inside.stock_tc").source  # one of the two is a mere point


def test_plots_in_two_zones_count_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    kept = LocalStore(tmp_path_factory.mktemp("twice"))
    twice = layer_frames.redline()
    twice["geometry"] = [twice.geometry.iloc[0], twice.geometry.iloc[0]]
    for layer, frame in {**layer_frames.all_layers(), "redline": twice}.items():
        source = layer_frames.REFERENCE
        publish(kept, layer, frame, provenance=source, actor=operator("张三"), note="", base=None)
    atlas = load(kept)
    half = atlas["forest"].frame["stock_tc"][0] / 2
    assert atlas["redline"].frame["forest_stock_tc"].sum() == pytest.approx(2 * half, rel=1e-4)
    figure = Figures(atlas, load_ledger(), UnitChoice()).get("redline.forest_stock_tc@t")
    assert figure.number == pytest.approx(half, rel=1e-4)


def test_the_interval_holds_the_stock(figures: Figures, tiny: Atlas) -> None:
    account = figures.account("forest")
    figure = named(figures, "forest.interval")
    assert figure.unit == "万吨碳"
    low, high = (float(part) * 10_000 for part in figure.value.split("–"))
    assert (low, high) == pytest.approx((account.simulated.low, account.simulated.high), rel=1e-3)
    assert low < account.simulated.total < high
    assert "蒙特卡洛" in figure.source


def test_both_ends_of_an_interval_have_one_unit(figures: Figures, monkeypatch: pytest.MonkeyPatch) -> None:
    account = figures.account("forest")
    straddling = replace(account, simulated=replace(account.simulated, low=9_000.0, high=11_000.0))
    monkeypatch.setattr(Figures, "account", lambda self, layer: straddling)
    again = Figures(figures.atlas, figures.ledger, figures.choice)
    assert again.get("forest.interval").display() == "0.9–1.1 万吨碳"
    assert again.get("forest.interval@t").display() == "9,000–11,000 吨碳"


def test_the_report_against_itself(figures: Figures) -> None:
    checks = {check.id: check for check in consistency.checks(load_ledger(), factors())}
    share = named(figures, "check.redline_share.share_pct")
    assert share.number == checks["redline_share"].values["share_pct"]
    assert share.display() == "3.57 %〔未核〕"  # the county's area is not in the report
    assert share.behind == ()
    rate = named(figures, "check.rate_new_forest_removal_wt_a.tco2_mu_a")
    assert rate.unit == "tCO₂/亩/年"
    assert rate.number == pytest.approx(15.84 / 26.41)
    assert named(figures, "check.rate_new_forest_removal_wt_a.finding").display() == "偏高"
    reference = named(figures, "check.rate_new_forest_removal_wt_a.references.0")
    assert reference.number == checks["rate_new_forest_removal_wt_a"].references[0].value
    assert checks["rate_new_forest_removal_wt_a"].references[0].flag in reference.label
    assert reference.external
    assert not rate.external
    several = figures.several("check.rate_new_forest_removal_wt_a.references")
    assert [one.number for one in several] == [one.value for one in checks["rate_new_forest_removal_wt_a"].references]
    assert figures.several("check.redline_share.share_pct") == (share,)
    for check in checks.values():
        for key, value in check.values.items():
            figure = named(figures, f"check.{check.id}.{key}")
            assert figure.number == value
            assert figure.unit or key == "count" or not key.endswith(("pct", "km", "wanmu", "yuan"))


def test_words(figures: Figures) -> None:
    assert named(figures, "report.title").display() == "《加快推动平昌绿色低碳转型研究》"
    assert named(figures, "forest.version").display() == "森林小班第 1 版（示意）"
    assert "不作依据" in named(figures, "forest.caveat").display()
    assert named(figures, "forest.kind").display() == "示意"
    assert named(figures, "carbon.set").display() == factors().label
    assert named(figures, "data.illustrative").display() == "4 个"
    assert named(figures, "data.layers").display().count("（示意）") == 4
    assert named(figures, "reconcile.words").display().startswith("共 7 项：")
    assert all(math.isnan(named(figures, name).number) for name in ("report.title", "forest.version"))


def test_the_source_says_what_is_unverified(figures: Figures) -> None:
    assert factors().unverified_values  # else this test proves nothing
    assert "含未核参数" in named(figures, "forest.stock_tc").source
    assert "含未核参数" in named(figures, "forest.mean.stock_tc_ha").source
    assert "含未核参数" not in named(figures, "forest.area_ha").source
    assert "含未核参数" in named(figures, "redline.inside.stock_tc").source
    assert "含未核参数" not in named(figures, "redline.inside.area_ha").source
    assert "两类林地是否重叠未经确认" in named(figures, "forest.removal_tco2_a").source


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "没有名为「」"),
        ("forest", "没有名为「forest」"),
        ("forest.", "没有名为「forest.」"),
        ("wald.count", "没有名为「wald.count」"),
        ("townships.count", "「乡镇界线」尚未发布数据"),
        ("forest.canopy", "「郁闭度」不能相加"),
        ("forest.pct.canopy.species.马尾松", "「郁闭度」不能相加"),
        ("forest.top.canopy.species", "「郁闭度」不能相加"),
        ("check.redline_share.references." + "9" * 5000, "没有名为"),
        ("forest.species", "没有名为「forest.species」"),
        ("forest.count.species.橡胶", "没有「橡胶」"),
        ("forest.count.volume_m3_ha.60", "没有名为"),
        ("forest.height_m", "没有「平均树高」"),
        ("forest.mean.species", "没有名为"),
        ("forest.inside.stock_tc", "没有名为"),
        ("redline.inside.canopy", "没有名为"),
        ("redline.inside.species", "没有名为"),
        ("redline.interval", "没有名为"),
        ("forest.area_ha@furlong", "单位「furlong」不存在"),
        ("forest.a.b.c.d.e", "没有名为"),
        ("check.redline_share", "核对结果"),
        ("check.redline_share.x", "核对结果"),
        ("check.x.y", "核对结果"),
        ("check.rate_new_forest_removal_wt_a.references.99", "核对结果"),
        ("check.rate_new_forest_removal_wt_a.references.-1", "核对结果"),
        ("report.x", "报告信息"),
        ("carbon.x", "参数信息"),
        ("data.x", "数据信息"),
        ("reconcile.x", "对账结果"),
    ],
)
def test_what_is_not_there_is_explained(figures: Figures, name: str, words: str) -> None:
    for _ in range(2):  # the second time from memory
        with pytest.raises(MissingFigureError, match=words):
            figures.get(name)


def test_what_is_offered_is_there(figures: Figures) -> None:
    offered = figures.offered()
    assert len(set(offered)) == len(offered)
    labels = {figures.get(name).label for name in offered}
    assert {"forest.stock_tc", "redline.inside.stock_tc", "check.redline_share.share_pct"} <= set(offered)
    assert "parks.area_ha" not in offered  # the one park is a point
    assert all(labels)


def test_a_reason_is_raised_anew_each_time(figures: Figures) -> None:
    caught = []
    for _ in range(2):
        with pytest.raises(MissingFigureError) as error:
            figures.get("wald.count")
        caught.append(error.value)
    assert caught[0] is not caught[1]  # a kept exception would gather tracebacks for ever


def test_every_extensive_column_that_is_filled_has_a_sum(figures: Figures, tiny: Atlas) -> None:
    for layer_id, data in tiny.layers.items():
        for field in data.spec.fields:
            if field.extensive and field.name in data.filled and field.name not in palette.PLOT_COLUMNS:
                figure = figures.get(f"{layer_id}.{field.name}")
                assert math.isfinite(figure.number)
                assert figure.mark


@pytest.mark.parametrize(
    ("value", "unit", "text", "label"),
    [
        (6666.0, "ha", "99,990", "亩"),
        (6667.0, "ha", "10", "万亩"),
        (120_280.0, "ha", "180.4", "万亩"),
        (9_999.0, "tC", "9,999", "吨碳"),
        (4_480_493.0, "tC", "448", "万吨碳"),
        (1_966.2, "m", "1,966", "m"),
    ],
)
def test_large_quantities_get_large_units(value: float, unit: str, text: str, label: str) -> None:
    shown = quantity(value, unit, UnitChoice())
    assert (shown.text, shown.unit) == (text, label)


def test_a_unit_asked_for_is_kept(figures: Figures) -> None:
    assert scale("ha", UnitChoice(), 1e6, fixed="mu").unit == "亩"
    assert scale("tC", UnitChoice(), 1.0, fixed="wt").unit == "万吨碳"


def test_shares_have_few_digits(figures: Figures) -> None:
    texts = [figures.get(name).value for name in ("forest.top_pct.stock_tc.species", "redline.inside_pct.area_ha")]
    assert all(len(text.partition(".")[2]) in (1, 2) for text in texts)
    assert np.isfinite([float(text) for text in texts]).all()
