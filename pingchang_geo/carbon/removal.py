"""Annual removal, by three methods that are never mixed.

1. 官方口径系数法: the report's annual totals over its own areas, applied per hectare and stand kind.
2. 蓄积生长率法: the stock that grows, a·V·p·CF·44/12 with a volume growth rate p that the reader enters. The
   intercept b does not grow, so it has no part in it.
3. 储量差值法: the difference between the stocks of two dates over the years between (IPCC stock-difference).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pingchang_geo.carbon.parameters import FactorSet
from pingchang_geo.carbon.stock import Words, codes_of, terms
from pingchang_geo.errors import FactorError
from pingchang_geo.indicators import Ledger
from pingchang_geo.units import CO2_PER_C, ha_from_wanmu

Floats = NDArray[np.float64]

#: Goes with every sum over stand kinds that the report gives one figure each for.
SUM_CAVEAT: Final = "两类林地是否重叠未经确认，合计仅供参考。"


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


def sum_caveat(stand_kind: Words, removal: Floats | Sequence[float]) -> str:
    """:data:`SUM_CAVEAT` where plots of more than one stand kind have a removal other than 0; else nothing.

    Args:
        stand_kind: n kinds.
        removal: n removals, NaN where there is none.
    """
    codes, _ = codes_of(stand_kind)
    adding = np.nan_to_num(np.asarray(removal, dtype=np.float64)) != 0
    return SUM_CAVEAT if len(np.unique(codes[adding])) > 1 else ""


def removal_tco2_a(stand_kind: Words, area_ha: Floats | Sequence[float], rates: Mapping[str, float]) -> Floats:
    """Annual removal in tCO₂/a, one value a plot; NaN for stand kinds the report gives no figure for."""
    codes, names = codes_of(stand_kind)
    rate = np.array([*(rates.get(name, np.nan) for name in names), np.nan])[codes]
    return rate * np.asarray(area_ha, dtype=np.float64)


def growth_removal_tco2_a(
    species: Words,
    volume_m3_ha: Floats | Sequence[float],
    area_ha: Floats | Sequence[float],
    growth_pct_a: float | Floats,
    factors: FactorSet,
) -> Floats:
    """Annual removal by volume growth, tCO₂/a.

    Args:
        species: n stand types.
        volume_m3_ha: n live volumes, m³/ha.
        area_ha: n areas.
        growth_pct_a: volume growth, % of the standing volume a year; one for all plots or n.
        factors: the parameter set.

    Returns:
        n values a·V·p·CF·44/12·area, or V·D·BEF·(1+R)·p·CF·44/12·area; NaN where the species has no coefficient or
        the volume is missing, negative or absurd.

    Raises:
        FactorError: a growth rate is negative or no number.
    """
    growth = np.asarray(growth_pct_a, dtype=np.float64)
    if not (np.isfinite(growth) & (growth >= 0)).all():
        raise FactorError("蓄积年生长率应为不小于 0 的数。", fix="请填写百分数，如 3.5。")
    plots = terms(species, volume_m3_ha, factors)
    carbon = [np.nan if pool.per_ha else pool.slope_t_m3 * pool.carbon_fraction for pool in factors.pools]
    slope_tc_m3 = np.array([*carbon, np.nan])[plots.pool]
    area = np.asarray(area_ha, dtype=np.float64)
    return np.asarray(slope_tc_m3 * plots.volume_m3_ha * (growth / 100) * CO2_PER_C * area, dtype=np.float64)


def stock_difference_tco2_a(before_tc: float, after_tc: float, years: float) -> float:
    """Annual removal in tCO₂/a from the stocks (tC) of the same land at two dates; negative for a loss.

    Raises:
        FactorError: ``years`` is not above 0.
    """
    if not (math.isfinite(years) and years > 0):
        raise FactorError("两期之间的年数应大于 0。", fix="请核对两个版本的数据时点。")
    return (after_tc - before_tc) * CO2_PER_C / years
