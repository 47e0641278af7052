"""Plots on a site: the ground they share with it, and its carbon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from pingchang_geo import attributes, carbon
from pingchang_geo.carbon import uncertainty
from pingchang_geo.crs import Geometries
from pingchang_geo.site.features import categories, names
from pingchang_geo.site.model import TOUCH_M2, UNFILLED, CarbonFinding, SiteLayer
from pingchang_geo.units import HA_M2
from pingchang_geo.validation.overlap import overlapping_pairs

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


def carbon_at_stake(
    site_m: shapely.Geometry,
    protected_m: shapely.Geometry,
    layer: SiteLayer,
    factors: carbon.FactorSet,
    rates: Mapping[str, float],
) -> CarbonFinding:
    """Plots of a carbon-bearing layer on a site, by shared area.

    Args:
        site_m: the site, equal-area projection (metres).
        protected_m: the part of it that is shared with protected features, possibly empty.
        layer: the plots.
        factors: parameter set of the stock.
        rates: official annual removal of each stand kind, tCO₂/ha/a.
    """
    role = layer.spec.carbon
    if role is None:
        raise ValueError(f"{layer.spec.id} bears no carbon")
    ground = _ground(site_m, layer, TOUCH_M2)
    part = layer.frame.iloc[ground.rows]
    shared_ha = ground.shared_m2 / HA_M2
    share = np.minimum(1.0, ground.shared_m2 / ground.area_m2)
    density_tc_ha = attributes.stock_tc_ha(role, part, factors)
    stock_tc = density_tc_ha * shared_ha
    removal_tco2_a = carbon.removal_tco2_a(part[role.stand_kind], shared_ha, rates)
    plots = _plots(layer, ground.rows, part).assign(
        shared_ha=shared_ha, share_pct=share * 100, stock_tc=stock_tc, removal_tco2_a=removal_tco2_a
    )
    pools = attributes.pools(role, part.assign(area_ha=ground.area_m2 / HA_M2), factors, share)
    by_kind = _by_kind(part[role.stand_kind], plots, rates)
    unknown = np.isnan(stock_tc)
    return CarbonFinding(
        layer_id=layer.spec.id,
        title=layer.title,
        noun=layer.spec.noun,
        mark=layer.mark,
        plots=plots.sort_values("shared_ha", ascending=False, kind="stable", ignore_index=True),
        by_species=_by_species(part[role.stand_type], plots),
        by_kind=by_kind,
        area_ha=float(shared_ha.sum()),
        stock_tc=_known_sum(stock_tc),
        estimate=carbon.monte_carlo(pools, factors),
        approach1=carbon.approach1(pools, factors),
        removal_tco2_a=_known_sum(removal_tco2_a),
        removal_estimate=uncertainty.official_removal(
            dict(zip(by_kind["kind"], by_kind["removal_tco2_a"], strict=True)), factors
        ),
        removal_unknown_ha=float(shared_ha[np.isnan(removal_tco2_a)].sum()),
        unknown_plots=int(unknown.sum()),
        unknown_ha=float(shared_ha[unknown].sum()),
        inside_protected_stock_tc=_stock_inside(protected_m, layer, ground.rows, density_tc_ha),
        slivers_ha=ground.slivers_m2 / HA_M2,
        contested_ha=ground.contested_m2 / HA_M2,
        flagged=factors.flagged(pools.used),
        sum_caveat=carbon.sum_caveat(part[role.stand_kind], removal_tco2_a),
    )


@dataclass(frozen=True)
class _Ground:
    """Plots on a region: rows, their whole areas, what of them counts for the region, and what was left out."""

    rows: Rows
    area_m2: Floats
    shared_m2: Floats
    slivers_m2: float
    contested_m2: float


def _ground(region_m: shapely.Geometry, layer: SiteLayer, least_m2: float = 0.0) -> _Ground:
    """Plots that share more than ``least_m2`` with a region, ascending.

    Ground of several plots goes to the first of them. The rule holds point by point, whatever the region, so the
    parts of a divided site add up to the whole.
    """
    parts = shapely.get_parts(region_m)
    shapely.prepare(parts)
    rows = np.unique(layer.tree.query(parts, predicate="intersects")[1])
    # copies: looking for overlaps prepares geometries in place, and the layer's are shared between threads
    plots = shapely.force_2d(layer.geometries_m[rows])
    counted, later = _first_claims(plots)
    shared_m2 = _shared_m2(parts, counted)
    contested_m2 = float(_shared_m2(parts, plots[later]).sum() - shared_m2[later].sum())
    area_m2 = np.asarray(shapely.area(plots), dtype=np.float64)
    keep = shared_m2 > least_m2
    slivers_m2 = float(shared_m2[~keep].sum())
    return _Ground(rows[keep], area_m2[keep], shared_m2[keep], slivers_m2, contested_m2)


def _first_claims(plots: Geometries) -> tuple[Geometries, Rows]:
    """The plots without the ground that an earlier one covers as well, and which plots lost some."""
    pairs, _ = overlapping_pairs(plots)
    counted: Geometries = plots.copy()
    later = np.unique(pairs[1])
    for loser in later:
        earlier = shapely.union_all(plots[pairs[0][pairs[1] == loser]])
        counted[loser] = shapely.difference(plots[loser], earlier)
    return counted, later


def _shared_m2(parts: Geometries, plots: Geometries) -> Floats:
    """Area of each plot inside the disjoint, prepared parts of a region; plots wholly inside are not cut."""
    which, rows = shapely.STRtree(plots).query(parts, predicate="intersects")
    inside = shapely.contains_properly(parts[which], plots[rows])
    shared = np.empty(len(rows), dtype=np.float64)
    shared[inside] = shapely.area(plots[rows[inside]])
    shared[~inside] = shapely.area(shapely.intersection(plots[rows[~inside]], parts[which[~inside]]))
    return np.bincount(rows, weights=shared, minlength=len(plots)).astype(np.float64)


def _plots(layer: SiteLayer, rows: Rows, part: pd.DataFrame) -> pd.DataFrame:
    described = {name: part[name].astype(object).to_numpy() for name in categories(layer.spec, layer.frame)}
    return pd.DataFrame({"row": rows, "name": names(layer.spec, layer.frame, rows), **described})


def _by(groups: pd.Series[str], column: str, plots: pd.DataFrame) -> pd.DataFrame:
    labels = groups.astype(object).where(groups.notna(), UNFILLED).to_numpy()
    grouped = plots.groupby(labels, sort=False)
    sums = {
        "plots": grouped.size(),
        "area_ha": grouped["shared_ha"].sum(),
        "stock_tc": grouped["stock_tc"].sum(min_count=1),
        "removal_tco2_a": grouped["removal_tco2_a"].sum(min_count=1),
    }
    return pd.DataFrame(sums).rename_axis(column).reset_index()


def _by_species(species: pd.Series[str], plots: pd.DataFrame) -> pd.DataFrame:
    table = _by(species, "species", plots)
    return table.sort_values(["stock_tc", "area_ha"], ascending=False, kind="stable", ignore_index=True)


def _by_kind(kinds: pd.Series[str], plots: pd.DataFrame, rates: Mapping[str, float]) -> pd.DataFrame:
    table = _by(kinds, "kind", plots).drop(columns="stock_tc")
    table.insert(3, "rate_tco2_ha_a", [rates.get(kind, np.nan) for kind in table["kind"]])
    return table.sort_values("area_ha", ascending=False, kind="stable", ignore_index=True)


def _known_sum(values: Floats) -> float:
    """Σ of the known; NaN where there are values and none is known."""
    known = values[~np.isnan(values)]
    return float(known.sum()) if len(known) or not len(values) else float("nan")


def _stock_inside(region_m: shapely.Geometry, layer: SiteLayer, rows: Rows, density_tc_ha: Floats) -> float:
    """Stock of the part of the site's plots that lies in a region of the site.

    Args:
        rows: the site's plots, ascending.
        density_tc_ha: their stocks.
    """
    ground = _ground(region_m, layer)
    known = np.isin(ground.rows, rows)  # not the plots that share a sliver only
    place = np.searchsorted(rows, ground.rows[known])
    return _known_sum(density_tc_ha[place] * ground.shared_m2[known] / HA_M2)
