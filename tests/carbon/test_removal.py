import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo import carbon
from pingchang_geo.errors import FactorError
from pingchang_geo.indicators import load_ledger

FACTORS = carbon.load("continuous-1")
RATES = carbon.official_rates_tco2_ha_a(FACTORS, load_ledger())


def test_implied_rates() -> None:
    # 15.84 万吨 / 26.41 万亩 = 0.5998 t/亩, × 15 = 8.997 t/ha; 6 / 15 = 0.4 t/亩 = 6.0 t/ha
    assert RATES["新造林"] == pytest.approx(8.9966, abs=5e-4)
    assert RATES["森林经营林"] == pytest.approx(6.0, abs=1e-12)
    assert set(RATES) == {"新造林", "森林经营林"}


def test_the_report_areas_give_the_report_totals() -> None:
    ledger = load_ledger()
    area_ha = [ledger.number("new_forest_area_wanmu") * 1e4 / 15, ledger.number("managed_forest_area_wanmu") * 1e4 / 15]
    removal = carbon.removal_tco2_a(["新造林", "森林经营林"], area_ha, RATES)
    assert removal[0] / 1e4 == pytest.approx(ledger.number("new_forest_removal_wt_a"), rel=1e-12)
    assert removal[1] / 1e4 == pytest.approx(ledger.number("managed_forest_removal_wt_a"), rel=1e-12)


def test_other_kinds_are_not_covered() -> None:
    assert np.isnan(carbon.removal_tco2_a(["其他林地", None], [10.0, 10.0], RATES)).all()
    kinds = pd.Series(pd.Categorical(["其他林地", None, "森林经营林"]))
    removal = carbon.removal_tco2_a(kinds, [10.0, 10.0, 10.0], RATES)
    assert np.isnan(removal[:2]).all() and removal[2] == pytest.approx(60.0)


@given(st.floats(0.01, 1e5), st.floats(0.01, 0.99))
def test_splitting_a_plot_changes_nothing(area_ha: float, part: float) -> None:
    whole = carbon.removal_tco2_a(["新造林"], [area_ha], RATES).sum()
    split = carbon.removal_tco2_a(["新造林"] * 2, [area_ha * part, area_ha * (1 - part)], RATES).sum()
    assert split == pytest.approx(whole, rel=1e-12)


def test_growth_by_hand() -> None:
    # 马尾松, V = 100, 2 ha, 5 %/a: 0.5034 · 100 · 0.05 · 0.47 · 44/12 · 2 = 8.67526 tCO₂/a; b does not grow
    grown = carbon.growth_removal_tco2_a(["马尾松"], [100.0], [2.0], 5.0, FACTORS)
    assert grown[0] == pytest.approx(0.5034 * 100 * 0.05 * 0.47 * 44 / 12 * 2, rel=1e-12)
    assert grown[0] == pytest.approx(8.67526, abs=1e-5)


def test_growth_in_the_ipcc_form() -> None:
    grown = carbon.growth_removal_tco2_a(["马尾松"], [100.0], [1.0], 5.0, carbon.load("ipcc-1"))
    assert grown[0] == pytest.approx(5 * 0.380 * 1.472 * 1.187 * 0.46 * 44 / 12, rel=1e-12)


def test_growth_is_the_stock_difference_of_a_year() -> None:
    """ΔC = a·ΔV·CF: what a year of growth adds to the stock, by the other method."""
    before, after = (carbon.stock_tc_ha(["栎类"], [v], FACTORS)[0] for v in (80.0, 80.0 * 1.04))
    difference = carbon.stock_difference_tco2_a(before, after, 1.0)
    assert carbon.growth_removal_tco2_a(["栎类"], [80.0], [1.0], 4.0, FACTORS)[0] == pytest.approx(difference)


def test_growth_of_what_has_no_volume_is_unknown() -> None:
    grown = carbon.growth_removal_tco2_a(
        ["竹林", "桉树", "柏木", "柏木", "柏木"], [10.0, 10.0, np.nan, -1.0, 5000.0], [1.0] * 5, 3.0, FACTORS
    )
    assert np.isnan(grown).all()
    assert carbon.growth_removal_tco2_a(["柏木"], [0.0], [1.0], 3.0, FACTORS)[0] == 0.0


def test_growth_rates_by_plot() -> None:
    rates = np.array([2.0, 4.0])
    grown = carbon.growth_removal_tco2_a(["柏木", "柏木"], [50.0, 50.0], [1.0, 1.0], rates, FACTORS)
    assert grown[1] == pytest.approx(2 * grown[0])


@pytest.mark.parametrize("rate", [-1.0, np.nan, np.inf])
def test_a_growth_rate_is_never_guessed(rate: float) -> None:
    with pytest.raises(FactorError, match="生长率"):
        carbon.growth_removal_tco2_a(["柏木"], [50.0], [1.0], rate, FACTORS)


def test_stock_difference_by_hand() -> None:
    # (1300 − 1000) tC · 44/12 / 4 a = 275 tCO₂/a; a loss is negative
    assert carbon.stock_difference_tco2_a(1000.0, 1300.0, 4.0) == pytest.approx(275.0)
    assert carbon.stock_difference_tco2_a(1300.0, 1000.0, 4.0) == pytest.approx(-275.0)


@given(st.floats(-1e6, 1e6), st.floats(0.1, 50), st.floats(0, 1e6))
def test_what_is_removed_is_what_the_stock_gains(removal_tco2_a: float, years: float, before_tc: float) -> None:
    after_tc = before_tc + removal_tco2_a * 12 / 44 * years
    again = carbon.stock_difference_tco2_a(before_tc, after_tc, years)
    assert again == pytest.approx(removal_tco2_a, rel=1e-9, abs=1e-4)


@pytest.mark.parametrize("years", [0.0, -2.0, np.nan])
def test_years_have_to_pass(years: float) -> None:
    with pytest.raises(FactorError, match="年数"):
        carbon.stock_difference_tco2_a(1.0, 2.0, years)


@pytest.mark.parametrize(
    ("kinds", "values", "told"),
    [
        (["新造林", "森林经营林"], [9.0, 6.0], True),
        (["新造林", "新造林"], [9.0, 6.0], False),
        (["新造林", "其他林地"], [9.0, np.nan], False),
        (["新造林", "森林经营林"], [9.0, 0.0], False),
        ([], [], False),
    ],
)
def test_only_a_sum_over_several_kinds_gets_a_caveat(kinds: list[str], values: list[float], told: bool) -> None:
    assert carbon.sum_caveat(kinds, values) == (carbon.SUM_CAVEAT if told else "")
