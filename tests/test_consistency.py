"""The report against itself: hand-computed results, and the rule behind each finding."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo import carbon, consistency
from pingchang_geo.carbon.parameters import Benchmark
from pingchang_geo.consistency import Check, Finding, Reference, economy, forest, model
from pingchang_geo.indicators import Indicator, Ledger, load_ledger

LEDGER = load_ledger()
FACTORS = carbon.load()


@pytest.fixture(scope="module")
def checks() -> dict[str, Check]:
    return {check.id: check for check in consistency.checks(LEDGER, FACTORS)}


def altered(**changes: dict[str, Any]) -> Ledger:
    """The ledger with some figures changed: ``id={"value": …, "value_text": …}``."""
    figures = tuple(dataclasses.replace(i, **changes.get(i.id, {})) for i in LEDGER.values())
    return Ledger(LEDGER.report, figures)


def benchmark(value: float, *, verified: bool = False, derived: bool = False) -> Benchmark:
    return Benchmark(
        id=str(value),
        label=f"参考 {value}",
        tco2_mu_a=value,
        source="文献",
        read_in="",
        verified=verified,
        derived=derived,
    )


def test_every_check_cites_figures_of_the_ledger_and_explains_itself(checks: dict[str, Check]) -> None:
    assert len(checks) == 16
    for check in checks.values():
        assert check.inputs and all(LEDGER[figure.id] is figure for figure in check.inputs)
        assert check.working and check.result and check.explanation.endswith("。")
        assert all(np.isfinite(number) for number in check.values.values())


def test_the_implied_rates(checks: dict[str, Check]) -> None:
    # 15.84 万吨 ÷ 26.41 万亩 = 0.59977 t/亩; × 15 亩/公顷 = 8.9966 t/公顷. 6 ÷ 15 = 0.4; × 15 = 6.
    new, managed = checks["rate_new_forest_removal_wt_a"], checks["rate_managed_forest_removal_wt_a"]
    assert dict(new.values) == pytest.approx({"tco2_mu_a": 0.599773, "tco2_ha_a": 8.996592}, rel=1e-6)
    assert dict(managed.values) == pytest.approx({"tco2_mu_a": 0.4, "tco2_ha_a": 6.0})
    # 0.217 and 0.225 are the benchmarks that were read; 0.47 is worked out from figures that were not.
    assert (new.finding, managed.finding) == (Finding.HIGH, Finding.HIGH)
    assert "0.217" in managed.explanation and "0.225" in managed.explanation
    assert "待核的 0.47" in managed.explanation and "待核的 1.24" in new.explanation
    assert "0.5998" in new.result and "8.997" in new.result


def test_the_references_are_those_of_the_factor_file(checks: dict[str, Check]) -> None:
    shown = checks["rate_new_forest_removal_wt_a"].references
    assert [r.value for r in shown] == sorted(b.tco2_mu_a for b in FACTORS.benchmarks)
    assert {r.flag for r in shown} <= {"已核", "推算", "待核"}


def test_flags_of_benchmarks() -> None:
    assert consistency.benchmark_flag(benchmark(1, verified=True)) == "已核"
    assert consistency.benchmark_flag(benchmark(1, verified=True, derived=True)) == "推算"
    assert consistency.benchmark_flag(benchmark(1, derived=True)) == "待核"
    assert consistency.benchmark_flag(benchmark(1)) == "待核"


@pytest.mark.parametrize(
    ("rate", "finding"),
    [(0.1, Finding.LOW), (0.2, Finding.AGREES), (0.3, Finding.AGREES), (0.5, Finding.AGREES), (0.51, Finding.HIGH)],
)
def test_only_references_that_were_read_or_derived_from_what_was_read_decide(rate: float, finding: Finding) -> None:
    factors = dataclasses.replace(
        FACTORS,
        benchmarks=(
            *(benchmark(0.9, derived=True), benchmark(0.5, verified=True, derived=True)),
            *(benchmark(0.2, verified=True), benchmark(0.05)),
        ),
    )
    found, why = forest.plausibility(rate, forest.references(factors))
    assert found is finding
    assert ("待核的 0.9" in why) == (finding is Finding.HIGH)


def test_without_a_reference_that_was_read_nothing_is_said() -> None:
    found, why = forest.plausibility(0.5, (Reference("甲", 0.1, "", forest.UNVERIFIED, ""),))
    assert found is Finding.ALONE and "没有已核" in why


def test_a_value_worked_out_from_unread_figures_gives_no_verdict() -> None:
    factors = dataclasses.replace(FACTORS, benchmarks=(benchmark(0.47, derived=True),))
    for rate in (0.1, 0.47, 0.9):
        found, why = forest.plausibility(rate, forest.references(factors))
        assert found is Finding.ALONE and "0.47（参考 0.47，待核）" in why and "结论待核" in why


@given(st.floats(0.001, 5), st.lists(st.floats(0.001, 5), min_size=1, max_size=6))
def test_a_higher_rate_never_gets_a_lower_finding(rate: float, values: list[float]) -> None:
    known = tuple(Reference("参考", value, "", forest.VERIFIED, "") for value in sorted(values))
    order = [Finding.LOW, Finding.AGREES, Finding.HIGH]
    here, above = (order.index(forest.plausibility(r, known)[0]) for r in (rate, rate * 1.5))
    assert here <= above


def test_the_growth_that_a_rate_needs(checks: dict[str, Check]) -> None:
    values = checks["growth_managed_forest_removal_wt_a"].values
    # 6 tCO₂/ha/a ÷ (a · CF · 44/12): the steepest stand type needs least growth, the flattest most.
    slopes = [c.a_t_m3 * FACTORS.carbon_fraction.value * 44 / 12 for c in FACTORS.coefficients]
    assert values["least_m3_ha_a"] == pytest.approx(6 / max(slopes))
    assert values["most_m3_ha_a"] == pytest.approx(6 / min(slopes))


def test_the_carbon_lines_cover_less_than_a_quarter_and_are_not_added(checks: dict[str, Check]) -> None:
    coverage = checks["carbon_lines_coverage"]
    assert coverage.finding is Finding.UNCONFIRMED
    # 41.41 / 180.42 and 26.41 / 180.42
    assert dict(coverage.values) == pytest.approx(
        {"most_wanmu": 41.41, "least_wanmu": 26.41, "most_pct": 22.9520, "least_pct": 14.6381}, rel=1e-5
    )
    assert "不直接相加" in coverage.explanation
    # No check gives a sum of the two removals.
    both = LEDGER.number("new_forest_removal_wt_a") + LEDGER.number("managed_forest_removal_wt_a")
    assert not any(number == pytest.approx(both) for check in checks.values() for number in check.values.values())


def test_carbon_lines_larger_than_the_forest_land_differ() -> None:
    small = altered(forest_land_area_wanmu={"value": 30.0, "value_text": "30"})
    assert forest.coverage(small).finding is Finding.DIFFERS


def test_shares_of_the_county(checks: dict[str, Check]) -> None:
    assert checks["redline_share"].values["share_pct"] == pytest.approx(3.57, abs=0.005)
    cover = checks["forest_cover"]
    # 180.42 万亩 × 2000/3 m² = 1,202.8 km²; ÷ 2,229.12 = 53.96 %
    assert cover.values["km2"] == pytest.approx(1202.8)
    assert cover.values["share_pct"] == pytest.approx(53.96, abs=0.005)
    assert cover.finding is Finding.INCOMPARABLE
    assert cover.unverified == ("县域面积",)


def test_the_credits_are_denied(checks: dict[str, Check]) -> None:
    assert checks["credits"].finding is Finding.UNEQUAL
    assert "CCER-14-001-V01" in checks["credits"].explanation


def test_the_sectors_add_up(checks: dict[str, Check]) -> None:
    assert checks["gdp_sectors"].finding is Finding.AGREES
    assert checks["gdp_sectors"].values["allowed_yi_yuan"] == pytest.approx(4 * 0.005)
    wrong = altered(gdp_q1_primary_yi_yuan={"value": 5.92, "value_text": "5.92"})
    assert economy.sectors(wrong).finding is Finding.DIFFERS


def test_growth_by_sectors(checks: dict[str, Check]) -> None:
    growth = checks["gdp_growth"]
    before = 5.89 / 1.04 + 14.16 / 0.982 + 20.78 / 1.059
    assert growth.values["implied_pct"] == pytest.approx((40.83 / before - 1) * 100)
    assert growth.values["low_pct"] < growth.values["implied_pct"] < growth.values["high_pct"]
    assert growth.finding is Finding.AGREES
    wrong = altered(gdp_q1_growth_pct={"value": 4.9, "value_text": "4.9"})
    assert economy.growth(wrong).finding is Finding.DIFFERS


def test_people_money_and_names(checks: dict[str, Check]) -> None:
    assert checks["gdp_per_capita"].values["annualised_wan_yuan"] == pytest.approx(40.83 * 4 / 60)
    assert checks["gdp_per_capita"].finding is Finding.INCOMPARABLE
    assert checks["population"].values["urban_wan"] == pytest.approx(60 * 0.3998)
    assert checks["park_support"].values["sum_yi_yuan"] == pytest.approx(1.5)
    assert checks["park_support"].finding is Finding.AGREES
    assert checks["scenic_names"].values["missing"] == 5
    assert checks["brands"].values == {"shared": 2.0, "new": 1.0}
    dear = altered(park_support_later_max_wan_yuan={"value": 9000.0, "value_text": "9000"})
    assert economy.park_support(dear).finding is Finding.DIFFERS
    few = altered(scenic_4a_count={"value": 2.0, "value_text": "2"})
    assert economy.scenic_areas(few).finding is Finding.DIFFERS


def test_the_length_of_rivers_with_its_rounding(checks: dict[str, Check]) -> None:
    values = checks["river_length"].values
    assert values["length_km"] == pytest.approx(0.33 * 2229.12)
    assert values["half_width_km"] == pytest.approx(0.005 * 2229.12)


def test_written_digits_have_bounds() -> None:
    figure: Indicator = LEDGER["gdp_q1_growth_pct"]
    assert model.bounds(figure) == pytest.approx((2.85, 2.95))
    with pytest.raises(ValueError, match="no quantity"):
        model.value(LEDGER["green_brands"])
