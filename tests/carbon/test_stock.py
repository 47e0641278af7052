import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo import carbon
from pingchang_geo.errors import FactorError

FACTORS = carbon.load()
SPECIES = sorted(FACTORS.by_species)


def test_worked_number_of_the_2007_set() -> None:
    # 0.5034 · 60 + 20.547 = 50.751 t/ha, of which 47 % is carbon
    assert carbon.biomass_t_ha(["马尾松"], [60.0], FACTORS)[0] == pytest.approx(50.751, abs=1e-9)
    assert carbon.stock_tc_ha(["马尾松"], [60.0], FACTORS)[0] == pytest.approx(23.85297, abs=1e-9)


def test_no_phantom_stock_at_zero_volume() -> None:
    assert carbon.stock_tc_ha(["柏木"], [0.0], FACTORS)[0] == 0.0


def test_no_intercept_on_land_without_an_established_stand() -> None:
    # 0.6129 · 2 = 1.2258 t/ha, not 47.37
    biomass = carbon.biomass_t_ha(["柏木", "柏木"], [2.0, 2.0], FACTORS, np.array([False, True]))
    assert biomass.tolist() == pytest.approx([1.2258, 47.3709])


def test_missing_is_missing() -> None:
    stock = carbon.stock_tc_ha(["柏木", "竹林", None, "马尾松"], [np.nan, 10.0, 10.0, -1.0], FACTORS)
    assert np.isnan(stock).all()


def test_zero_volume_of_a_species_without_coefficient_stays_missing() -> None:
    assert np.isnan(carbon.stock_tc_ha(["经济林"], [0.0], FACTORS)[0])


@given(st.sampled_from(SPECIES), st.floats(0.1, 500), st.floats(0.1, 500))
def test_monotone_in_volume(species: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    stock = carbon.stock_tc_ha([species, species], [low, high], FACTORS)
    assert stock[0] <= stock[1]


@given(st.lists(st.tuples(st.sampled_from(SPECIES), st.floats(0, 400)), min_size=1, max_size=30))
def test_vectorised_equals_one_by_one(plots: list[tuple[str, float]]) -> None:
    together = carbon.stock_tc_ha([p[0] for p in plots], [p[1] for p in plots], FACTORS)
    alone = [carbon.stock_tc_ha([s], [v], FACTORS)[0] for s, v in plots]
    np.testing.assert_array_equal(together, alone)


def test_categoricals_work() -> None:
    species = pd.Series(pd.Categorical(["柏木", None, "栎类"]))
    assert np.isnan(carbon.stock_tc_ha(species, [10, 10, 10], FACTORS)).tolist() == [False, True, False]


def test_every_coefficient_names_its_source() -> None:
    for coefficient in FACTORS.coefficients:
        assert coefficient.source and coefficient.read_in and coefficient.verified
    assert not FACTORS.carbon_fraction.verified


def test_unknown_set() -> None:
    with pytest.raises(FactorError, match="continuous-1"):
        carbon.load("fang-1990")
