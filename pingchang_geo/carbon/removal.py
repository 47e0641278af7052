"""Annual removal by 官方口径系数法: the report's annual totals over its own areas, applied per hectare and kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pingchang_geo.carbon.factors import FactorSet
from pingchang_geo.indicators import Ledger
from pingchang_geo.units import ha_from_wanmu

Floats = NDArray[np.float64]


def official_rates_tco2_ha_a(factors: FactorSet, ledger: Ledger) -> dict[str, float]:
    """Rate of each stand kind the report covers, tCO₂/ha/a.

    万吨 → t is ×10⁴ and 万亩 → ha is ×10⁴/15, so a rate in t/亩/a becomes tCO₂/ha/a by a factor of 15.
    """
    return {
        rate.stand_kind: ledger.number(rate.removal_indicator)
        * 10_000
        / ha_from_wanmu(ledger.number(rate.area_indicator))
        for rate in factors.official_rates
    }


def removal_tco2_a(
    stand_kind: pd.Series[str] | Sequence[str], area_ha: Floats | Sequence[float], rates: Mapping[str, float]
) -> Floats:
    """Annual removal in tCO₂/a, one value a plot; NaN for stand kinds the report gives no figure for."""
    codes, names = pd.factorize(pd.Series(stand_kind).astype(object))
    rate = np.array([rates.get(name, np.nan) for name in names] + [np.nan])[codes]
    return rate * np.asarray(area_ha, dtype=np.float64)
