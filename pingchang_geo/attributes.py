"""Derived attributes: area, carbon, shares inside zones, totals of zones. Pure; geometry in, columns out.

Which columns a layer gets follows from its specification alone: ``spec.carbon`` brings stock and removal,
``spec.zone`` brings the totals of the plots inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from pingchang_geo import carbon, overlay
from pingchang_geo.carbon import stock
from pingchang_geo.crs import Geometries
from pingchang_geo.errors import FactorError
from pingchang_geo.indicators import Ledger
from pingchang_geo.specs import CarbonColumns, LayerSpec
from pingchang_geo.units import HA_M2

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ZoneJoin:
    """The area-weighted join of n plots to m zones; ``covered_m2`` counts overlapping zones once (n values)."""

    pairs: overlay.Pairs
    covered_m2: Floats


def own_attributes(
    spec: LayerSpec, frame: pd.DataFrame, geometries_m: Geometries, factors: carbon.FactorSet, ledger: Ledger
) -> pd.DataFrame:
    """Attributes that follow from a layer's own features.

    Args:
        spec: the layer.
        frame: n rows of canonical source columns.
        geometries_m: n geometries in the equal-area projection (metres).
        factors: carbon parameter set.
        ledger: holds the official totals of 官方口径系数法.

    Returns:
        n rows: ``area_ha`` (NaN for points and lines) and, for carbon-bearing layers, ``stock_tc_ha``,
        ``stock_tc``, ``stock_basis`` (categorical of ``carbon.BASES``), ``removal_tco2_a`` and, where the layer has
        a reported stock, ``stock_gap_tc`` (reported − computed, tC; NaN where either is unknown).

    Raises:
        FactorError: the parameter set names a species or a land class that the layer does not have.
    """
    area_ha = np.asarray(shapely.area(geometries_m), dtype=np.float64) / HA_M2
    area_ha[shapely.get_dimensions(geometries_m) < 2] = np.nan  # a point's area is not known, it is not 0
    columns: dict[str, Floats | pd.Categorical[Any]] = {"area_ha": area_ha}
    if spec.carbon is not None:
        _require_known(spec, spec.carbon, factors)
        columns |= _carbon_columns(spec.carbon, frame, area_ha, factors, ledger)
    return pd.DataFrame(columns, index=frame.index)


def _require_known(spec: LayerSpec, role: CarbonColumns, factors: carbon.FactorSet) -> None:
    """A name that no plot can carry is a slip of the pen in the county's own file: its row would never be used."""
    for name, used in ((role.stand_type, factors.pool_of_species), (role.land_class, factors.pool_of_land_class)):
        known = spec.field(name).values
        strangers = [word for word in used if word not in known]
        if known and strangers:
            label = spec.field(name).label
            raise FactorError(
                f"碳参数集「{factors.label}」中的{label}「{'、'.join(strangers)}」不在{spec.title}的取值之内。",
                fix=f"可用：{'、'.join(known)}。",
            )


def _carbon_columns(
    role: CarbonColumns, frame: pd.DataFrame, area_ha: Floats, factors: carbon.FactorSet, ledger: Ledger
) -> dict[str, Floats | pd.Categorical[Any]]:
    plots = terms(role, frame, factors)
    per_ha = stock.stock_of(plots, factors)
    bases: NDArray[Any] = plots.basis
    rates = carbon.official_rates_tco2_ha_a(factors, ledger)
    columns: dict[str, Floats | pd.Categorical[Any]] = {
        "stock_tc_ha": per_ha,
        "stock_tc": per_ha * area_ha,
        "stock_basis": pd.Categorical.from_codes(bases, categories=pd.Index(carbon.BASES)),
        "removal_tco2_a": carbon.removal_tco2_a(frame[role.stand_kind], area_ha, rates),
    }
    if role.reported_stock_tc and role.reported_stock_tc in frame.columns:
        reported = frame[role.reported_stock_tc].to_numpy(dtype=np.float64, na_value=np.nan)
        columns["stock_gap_tc"] = reported - per_ha * area_ha
    return columns


def terms(role: CarbonColumns, frame: pd.DataFrame, factors: carbon.FactorSet) -> stock.Terms:
    """How n plots enter the carbon arithmetic, from the columns that ``role`` names."""
    return stock.terms(
        frame[role.stand_type], _volume(role, frame), factors, _established(role, frame), frame[role.land_class]
    )


def stock_tc_ha(role: CarbonColumns, frame: pd.DataFrame, factors: carbon.FactorSet) -> Floats:
    """Carbon stock in tC/ha of n plots from the columns that ``role`` names."""
    return stock.stock_of(terms(role, frame, factors), factors)


def pools(
    role: CarbonColumns, frame: pd.DataFrame, factors: carbon.FactorSet, share: Floats | None = None
) -> carbon.Pools:
    """Sums by stand type for the intervals of :mod:`pingchang_geo.carbon.uncertainty`.

    Args:
        role: names the columns.
        frame: n rows with those columns and ``area_ha``.
        factors: parameter set.
        share: the part of each plot that counts, 0–1 (n values); all of it by default.
    """
    return carbon.Pools.of(
        frame[role.stand_type],
        _volume(role, frame),
        frame["area_ha"].to_numpy(dtype=np.float64),
        factors,
        established=_established(role, frame),
        land_class=frame[role.land_class],
        share=share,
    )


def _volume(role: CarbonColumns, frame: pd.DataFrame) -> Floats:
    """Live volume in m³/ha; left empty on land that bears no trees it is 0, elsewhere unknown (NaN)."""
    volume = frame[role.volume_m3_ha].to_numpy(dtype=np.float64, na_value=np.nan)
    treeless = frame[role.land_class].isin(list(role.treeless)).to_numpy(dtype=bool)
    return np.where(treeless & np.isnan(volume), 0.0, volume)


def _established(role: CarbonColumns, frame: pd.DataFrame) -> NDArray[np.bool_]:
    return ~frame[role.land_class].isin(list(role.unestablished)).to_numpy(dtype=bool)


def share_pct(join: ZoneJoin, plot_area_ha: Floats) -> Floats:
    """Percentage of each plot inside any of the zones, 0–100; 0 for a plot without area."""
    area_m2 = plot_area_ha * HA_M2
    share = np.divide(join.covered_m2, area_m2, out=np.zeros_like(area_m2), where=area_m2 > 0)
    return np.clip(share * 100, 0.0, 100.0)


def zone_totals(join: ZoneJoin, plots: pd.DataFrame, zones: int) -> pd.DataFrame:
    """Forest area, carbon stock and annual removal inside each of ``zones`` zones, by shared area."""
    area_m2 = plots["area_ha"].to_numpy(dtype=np.float64) * HA_M2
    density = {
        "forest_area_ha": np.full(len(plots), 1 / HA_M2),
        "forest_stock_tc": _per(plots["stock_tc"], area_m2),
        "forest_removal_tco2_a": _per(plots["removal_tco2_a"], area_m2),
    }
    return pd.DataFrame({name: overlay.zone_sums(join.pairs, values, zones) for name, values in density.items()})


def _per(quantity: pd.Series[float], area_m2: Floats) -> Floats:
    values = quantity.to_numpy(dtype=np.float64)
    return np.divide(values, area_m2, out=np.full_like(values, np.nan), where=area_m2 > 0)
