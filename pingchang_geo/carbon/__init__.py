"""Carbon arithmetic: parameters as data, pure vectorised functions."""

from pingchang_geo.carbon.factors import FactorSet, load
from pingchang_geo.carbon.removal import official_rates_tco2_ha_a, removal_tco2_a
from pingchang_geo.carbon.stock import biomass_t_ha, stock_tc_ha

__all__ = [
    "FactorSet",
    "biomass_t_ha",
    "load",
    "official_rates_tco2_ha_a",
    "removal_tco2_a",
    "stock_tc_ha",
]
