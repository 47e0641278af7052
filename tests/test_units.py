import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo.units import (
    CO2_PER_C,
    MU_M2,
    AreaUnit,
    MassUnit,
    UnitChoice,
    format_number,
    format_quantity,
    ha_from_wanmu,
)


def test_exact_factors() -> None:
    assert pytest.approx(10_000, rel=1e-15) == MU_M2 * 15
    assert pytest.approx(3.6666666666666665) == CO2_PER_C
    # 180.42 万亩 = 1,202.8 km²
    assert ha_from_wanmu(180.42) / 100 == pytest.approx(1202.8)


@pytest.mark.parametrize(
    ("value", "unit", "choice", "digits", "shown"),
    [
        (79.57, "km²", UnitChoice(), None, "79.57 km²"),
        (1.0, "ha", UnitChoice(AreaUnit.MU), None, "15 亩"),
        (120_280.0, "ha", UnitChoice(AreaUnit.KM2), None, "1,203 km²"),
        (5.126, "ha", UnitChoice(AreaUnit.HA), 2, "5.13 公顷"),
        (4_321_000.0, "tC", UnitChoice(mass=MassUnit.WT), 0, "432.1 万吨碳"),
        (158_400.0, "tCO₂/年", UnitChoice(mass=MassUnit.T), 0, "158,400 吨 CO₂/年"),
        (54.14, "%", UnitChoice(), None, "54.14%"),
        (None, "ha", UnitChoice(), None, "—"),
        (math.nan, "ha", UnitChoice(), None, "—"),
        (0.8, "", UnitChoice(), 2, "0.80"),
        (-0.0004, "", UnitChoice(), 2, "0.00"),
        (-1234.5, "", UnitChoice(), 1, "−1,234.5"),
    ],
)
def test_quantities(value: float | None, unit: str, choice: UnitChoice, digits: int | None, shown: str) -> None:
    assert format_quantity(value, unit, choice, digits) == shown


@given(st.floats(min_value=1e-3, max_value=1e12))
def test_significant_digits_never_lose_more_than_half_a_permille(value: float) -> None:
    assert float(format_number(value).replace(",", "")) == pytest.approx(value, rel=6e-4, abs=5e-5)
