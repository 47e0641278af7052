"""The carbon account of one layer version by one parameter set: columns, intervals, what was left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pingchang_geo import accounts, attributes, carbon
from pingchang_geo.carbon.factors import FactorSet
from pingchang_geo.carbon.stock import NO_PARAMETERS, NO_VOLUME
from pingchang_geo.specs import CarbonColumns, FieldKind, FieldSpec, LayerSpec, SiteKind, ZoneRole
from pingchang_geo.workflow.atlas import LayerData

#: Plots of these have no stock, and are counted by name.
_LEFT_OUT = (carbon.BASES[NO_VOLUME], carbon.BASES[NO_PARAMETERS])


@dataclass(frozen=True)
class CarbonAccount:
    """One version by one set.

    ``frame`` has the layer's columns with those of the stock computed by ``factors``; ``simulated`` and ``propagated``
    are the 95 % intervals of the total (tC) by Monte Carlo and by Approach 1. ``flagged`` are flag (待核, 转引) and
    words on the parameters that this stock rests on.
    """

    data: LayerData
    factors: FactorSet
    frame: pd.DataFrame
    simulated: carbon.Estimate
    propagated: carbon.Estimate
    flagged: tuple[tuple[str, str], ...] = ()

    @property
    def role(self) -> CarbonColumns:
        """Which columns feed the arithmetic."""
        return role_of(self.data.spec)

    @property
    def area_ha(self) -> float:
        """Area of all plots."""
        return float(self.frame["area_ha"].sum())


@dataclass(frozen=True)
class LeftOut:
    """Plots without a stock: why, which stand types (largest area first), how many, how large."""

    basis: str
    names: tuple[str, ...]
    plots: int
    area_ha: float


def role_of(spec: LayerSpec) -> CarbonColumns:
    """The layer's carbon columns; :class:`ValueError` for a layer without."""
    if spec.carbon is None:
        raise ValueError(f"{spec.id} carries no carbon")
    return spec.carbon


def account(data: LayerData, factors: FactorSet) -> CarbonAccount:
    """Compute the account of a carbon-bearing layer; the current set's columns are taken as they were derived."""
    role = role_of(data.spec)
    current = factors.id == carbon.load().id
    frame = data.frame if current else with_stock(data.frame, role, factors)
    pools = attributes.pools(role, data.frame, factors)
    simulated, propagated = carbon.monte_carlo(pools, factors), carbon.approach1(pools, factors)
    return CarbonAccount(data, factors, frame, simulated, propagated, factors.flagged(pools.used))


def with_stock(frame: pd.DataFrame, role: CarbonColumns, factors: FactorSet) -> pd.DataFrame:
    """The plots with stock per hectare, stock, basis and gap by another set; ``area_ha`` must be there."""
    area_ha = frame["area_ha"].to_numpy(dtype=np.float64)
    plots = attributes.terms(role, frame, factors)
    per_ha = carbon.stock.stock_of(plots, factors)
    columns: dict[str, Any] = {
        "stock_tc_ha": per_ha,
        "stock_tc": per_ha * area_ha,
        "stock_basis": pd.Categorical.from_codes(plots.basis.astype(np.intp), categories=pd.Index(carbon.BASES)),
    }
    if role.reported_stock_tc in frame.columns:
        reported = frame[role.reported_stock_tc].to_numpy(dtype=np.float64, na_value=np.nan)
        columns["stock_gap_tc"] = reported - per_ha * area_ha
    return frame.assign(**columns)


def groupings(data: LayerData) -> tuple[FieldSpec, ...]:
    """Categories that plots may be grouped by: the stand type, those of the layer's charts, the other filters."""
    spec = data.spec
    role = role_of(spec)
    first = dict.fromkeys((role.stand_type, *(chart.by for chart in spec.charts)))
    fields = [spec.field(name) for name in first] + [f for f in spec.filterable if f.name not in first]
    wanted = [f for f in fields if f.kind is FieldKind.CATEGORY and f.name in data.filled]
    return tuple(f for f in wanted if f.name != "location")


def zone_shares(data: LayerData, specs: tuple[LayerSpec, ...]) -> dict[str, LayerSpec]:
    """Share columns of the layer by which plots lie inside or outside what must not be touched."""
    protected = [s for s in specs if s.site is not None and s.site.kind is SiteKind.PROTECTED]
    roles: list[tuple[ZoneRole, LayerSpec]] = [(s.zone, s) for s in protected if s.zone is not None]
    return {zone.share_field: spec for zone, spec in roles if zone.share_field in data.frame.columns}


def left_out(found: CarbonAccount) -> tuple[LeftOut, ...]:
    """Plots without a stock, by reason."""
    result = []
    for basis in _LEFT_OUT:
        rows = found.frame[(found.frame["stock_basis"] == basis).to_numpy(dtype=bool)]
        if len(rows):
            table = accounts.by_group(rows, found.role.stand_type).sort_values("area_ha", ascending=False)
            area = float(rows["area_ha"].sum())
            result.append(LeftOut(basis, tuple(table["group"].astype(str)), len(rows), area))
    return tuple(result)


def removal_by_growth(found: CarbonAccount, growth_pct_a: float) -> pd.Series[float]:
    """Annual removal of each plot by the model, tCO₂/a, at one volume growth rate for all; NaN where unknown.

    Raises:
        FactorError: the rate is negative or no number.
    """
    role, frame = found.role, found.frame
    values = carbon.growth_removal_tco2_a(
        frame[role.stand_type],
        frame[role.volume_m3_ha].to_numpy(dtype=np.float64, na_value=np.nan),
        frame["area_ha"].to_numpy(dtype=np.float64),
        growth_pct_a,
        found.factors,
    )
    return pd.Series(values, index=frame.index)
