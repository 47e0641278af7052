"""Carbon arithmetic: parameters as data, pure vectorised functions."""

from pingchang_geo.carbon.factors import FactorSet, load, sets
from pingchang_geo.carbon.removal import (
    SUM_CAVEAT,
    growth_removal_tco2_a,
    official_rates_tco2_ha_a,
    removal_tco2_a,
    stock_difference_tco2_a,
    sum_caveat,
)
from pingchang_geo.carbon.stock import BASES, basis, biomass_t_ha, stock_tc_ha
from pingchang_geo.carbon.uncertainty import Estimate, Pools, approach1, monte_carlo

__all__ = [
    "BASES",
    "SUM_CAVEAT",
    "Estimate",
    "FactorSet",
    "Pools",
    "approach1",
    "basis",
    "biomass_t_ha",
    "growth_removal_tco2_a",
    "load",
    "monte_carlo",
    "official_rates_tco2_ha_a",
    "removal_tco2_a",
    "sets",
    "stock_difference_tco2_a",
    "stock_tc_ha",
    "sum_caveat",
]
