import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo import carbon
from pingchang_geo.indicators import load_ledger

RATES = carbon.official_rates_tco2_ha_a(carbon.load(), load_ledger())


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


@given(st.floats(0.01, 1e5), st.floats(0.01, 0.99))
def test_splitting_a_plot_changes_nothing(area_ha: float, part: float) -> None:
    whole = carbon.removal_tco2_a(["新造林"], [area_ha], RATES).sum()
    split = carbon.removal_tco2_a(["新造林"] * 2, [area_ha * part, area_ha * (1 - part)], RATES).sum()
    assert split == pytest.approx(whole, rel=1e-12)
