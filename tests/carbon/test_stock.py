import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo import carbon, layers
from pingchang_geo.carbon.stock import BASES

FACTORS = carbon.load("continuous-1")
OLDER = carbon.load("continuous-2001")
IPCC = carbon.load("ipcc-1")
SPECIES = sorted(FACTORS.by_species)
ALL_SETS = pytest.mark.parametrize("factors", carbon.sets(), ids=lambda one: one.id)


def words(species, volume, factors=FACTORS, established=None, land=None) -> list[str]:
    return [BASES[code] for code in carbon.basis(species, volume, factors, established, land)]


def test_worked_number_of_the_2007_set() -> None:
    # 0.5034 · 60 + 20.547 = 50.751 t/ha, of which 47 % is carbon
    assert carbon.biomass_t_ha(["马尾松"], [60.0], FACTORS)[0] == pytest.approx(50.751, abs=1e-9)
    assert carbon.stock_tc_ha(["马尾松"], [60.0], FACTORS)[0] == pytest.approx(23.85297, abs=1e-9)


def test_worked_number_of_the_2001_set() -> None:
    # 0.5101 · 60 + 1.0451 = 31.6511 t/ha; 杉木 0.3999 · 100 + 22.541 = 62.531 t/ha; the other types as in set 1
    biomass = carbon.biomass_t_ha(["马尾松", "杉木", "柏木"], [60.0, 100.0, 50.0], OLDER)
    assert biomass.tolist() == pytest.approx([31.6511, 62.531, 0.6129 * 50 + 46.1451])
    assert round(biomass[0], 1) == 31.7


def test_worked_number_of_the_ipcc_form() -> None:
    # 马尾松: 60 · 0.380 · 1.472 · (1 + 0.187) = 39.8376 t/ha, × 0.460 = 18.3253 tC/ha
    assert carbon.biomass_t_ha(["马尾松"], [60.0], IPCC)[0] == pytest.approx(60 * 0.380 * 1.472 * 1.187)
    assert carbon.stock_tc_ha(["马尾松"], [60.0], IPCC)[0] == pytest.approx(18.3253, abs=5e-5)


def test_every_species_with_its_own_fraction_in_the_ipcc_form() -> None:
    # 柳杉 has CF 0.524, 阔叶混 0.490; V = 100
    stock = carbon.stock_tc_ha(["柳杉", "阔叶混"], [100.0, 100.0], IPCC)
    assert stock.tolist() == pytest.approx([29.4 * 2.593 * 1.267 * 0.524, 48.2 * 1.514 * 1.262 * 0.49])


@ALL_SETS
def test_no_phantom_stock_at_zero_volume(factors: carbon.FactorSet) -> None:
    species = sorted(factors.by_species)
    assert not carbon.stock_tc_ha(species, [0.0] * len(species), factors).any()


def test_no_intercept_on_land_without_an_established_stand() -> None:
    # 0.6129 · 2 = 1.2258 t/ha, not 47.37
    biomass = carbon.biomass_t_ha(["柏木", "柏木"], [2.0, 2.0], FACTORS, np.array([False, True]))
    assert biomass.tolist() == pytest.approx([1.2258, 47.3709])
    assert words(["柏木", "柏木"], [2.0, 2.0], established=np.array([False, True])) == [BASES[1], BASES[0]]


def test_values_per_hectare() -> None:
    """竹 68.48, 经济林 35.21 by species, 灌木 17.99 t/ha by land class; volumes have no say."""
    species, land = ["竹林", "经济林", None, "马桑"], ["竹林地", "特殊灌木林地", "一般灌木林地", "特殊灌木林地"]
    biomass = carbon.biomass_t_ha(species, [np.nan, 3.0, np.nan, 0.0], FACTORS, land_class=land)
    assert biomass.tolist() == [68.48, 35.21, 17.99, 17.99]
    assert words(species, [np.nan, 3.0, np.nan, 0.0], land=land) == ["单位面积生物量"] * 4
    stock = carbon.stock_tc_ha(["竹林"], [0.0], FACTORS)
    assert stock[0] == pytest.approx(68.48 * 0.47)


def test_a_tree_species_on_shrub_land_goes_by_its_volume_if_there_is_one() -> None:
    land = ["一般灌木林地"] * 4
    biomass = carbon.biomass_t_ha(["马尾松"] * 4, [60.0, 0.0, np.nan, -5.0], FACTORS, land_class=land)
    assert biomass[:3].tolist() == pytest.approx([50.751, 17.99, 17.99])
    assert np.isnan(biomass[3])  # a negative volume is a mistake, not a missing one


def test_nothing_stands_without_an_established_stand_and_a_volume() -> None:
    nothing = np.array([False, False, True, False])
    arguments = (["马尾松", None, "马尾松", "马尾松"], [0.0, 0.0, 0.0, np.nan], FACTORS, nothing)
    assert [BASES[code] for code in carbon.basis(*arguments)] == [BASES[5], BASES[5], BASES[1], BASES[3]]
    assert carbon.stock_tc_ha(*arguments)[:3].tolist() == [0.0, 0.0, 0.0]
    assert np.isnan(carbon.stock_tc_ha(*arguments)[3])


def test_values_per_hectare_need_an_established_stand() -> None:
    nothing = np.array([False, False, False])
    species, land = ["竹林", "经济林", None], ["未成林地", "苗圃地", "采伐迹地"]
    assert carbon.stock_tc_ha(species, [np.nan, 0.0, 0.0], FACTORS, nothing, land).tolist() == [0.0, 0.0, 0.0]
    assert words(species, [np.nan, 0.0, 0.0], established=nothing, land=land) == ["未成林地等不计"] * 3


def test_missing_is_missing() -> None:
    stock = carbon.stock_tc_ha(["柏木", "桉树", None, "马尾松"], [np.nan, 10.0, 10.0, -1.0], FACTORS)
    assert np.isnan(stock).all()
    expected = ["蓄积缺失或异常", "树种无参数", "树种无参数", "蓄积缺失或异常"]
    assert words(["柏木", "桉树", None, "马尾松"], [np.nan, 10.0, 10.0, -1.0]) == expected


def test_absurd_volumes_give_no_stock() -> None:
    limit = FACTORS.max_volume_m3_ha
    stock = carbon.stock_tc_ha(["柏木"] * 4, [limit, limit * 1.001, 1e300, np.inf], FACTORS)
    assert np.isnan(stock).tolist() == [False, True, True, True]
    assert words(["柏木"], [limit * 2]) == ["蓄积缺失或异常"]


def test_zero_volume_of_a_species_without_parameters_stays_missing() -> None:
    assert np.isnan(carbon.stock_tc_ha(["桉树"], [0.0], FACTORS)[0])


def test_the_ipcc_form_has_no_intercept_to_leave_out() -> None:
    assert words(["柏木"] * 2, [0.0, 5.0], factors=IPCC) == ["蓄积换算"] * 2
    assert words(["其他松类"], [50.0], factors=IPCC) == ["树种无参数"]


@ALL_SETS
@given(data=st.data(), volumes=st.lists(st.floats(0.1, 500), min_size=2, max_size=2))
def test_monotone_in_volume(factors: carbon.FactorSet, data: st.DataObject, volumes: list[float]) -> None:
    species = data.draw(st.sampled_from(sorted(factors.by_species)))
    stock = carbon.stock_tc_ha([species, species], sorted(volumes), factors)
    assert 0 < stock[0] <= stock[1]


@given(st.lists(st.tuples(st.sampled_from([*SPECIES, "竹林", "桉树"]), st.floats(0, 400)), min_size=1, max_size=30))
def test_vectorised_equals_one_by_one(plots: list[tuple[str, float]]) -> None:
    together = carbon.stock_tc_ha([p[0] for p in plots], [p[1] for p in plots], FACTORS)
    alone = [carbon.stock_tc_ha([s], [v], FACTORS)[0] for s, v in plots]
    np.testing.assert_array_equal(together, alone)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*SPECIES, "竹林", "经济林", "桉树", None]),
            st.one_of(st.floats(-10, 3000), st.just(np.nan), st.just(0.0)),
            st.booleans(),
            st.sampled_from(["乔木林地", "竹林地", "一般灌木林地", None]),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_basis_and_stock_agree(plots: list[tuple[str | None, float, bool, str | None]]) -> None:
    species, volume, established, land = ([p[i] for p in plots] for i in range(4))
    arguments = (species, volume, FACTORS, np.array(established), land)
    stock, basis = carbon.stock_tc_ha(*arguments), carbon.basis(*arguments)
    names = np.array(BASES)[basis]
    np.testing.assert_array_equal(np.isnan(stock), np.isin(names, ["蓄积缺失或异常", "树种无参数"]))
    assert (stock[names == "未成林地等不计"] == 0).all()
    assert (stock[names == "单位面积生物量"] > 0).all()
    assert not (np.array(established)[np.isin(names, ["蓄积换算", "单位面积生物量"])] == 0).any()
    assert (stock[~np.isnan(stock)] >= 0).all()


def test_categoricals_are_read_by_code() -> None:
    species = pd.Series(pd.Categorical(["柏木", None, "栎类"], categories=["竹林", "栎类", "柏木"]))
    by_code = carbon.stock_tc_ha(species, [10, 10, 10], FACTORS)
    np.testing.assert_array_equal(by_code, carbon.stock_tc_ha(species.astype(object), [10, 10, 10], FACTORS))
    assert np.isnan(by_code).tolist() == [False, True, False]


def test_the_layer_speaks_the_sets_language() -> None:
    """Names in the shipped sets are the layer's; the limit of volumes is the field's; the help names the set in use."""
    spec = layers.get("forest")
    names, lands = set(spec.field("species").values), set(spec.field("land_class").values)
    for factors in carbon.sets():
        assert set(factors.pool_of_species) <= names
        assert set(factors.pool_of_land_class) <= lands
        assert factors.max_volume_m3_ha == spec.field("volume_m3_ha").limits[1]
    assert set(FACTORS.pool_of_species) == names
    for name in ("stock_tc_ha", "stock_tc"):
        assert carbon.load().label in spec.field(name).help
        assert carbon.load().formula in spec.field(name).help
        assert "未核参数" in spec.field(name).help
