"""The site check (选址核查): what a piece of land touches and what stands on it. Pure; metres in, findings out.

What is asked of a layer follows from its declaration alone: ``spec.site`` says whether its features must not be
touched or are listed when near, ``spec.carbon`` whether they carry carbon. Nothing outside the candidates that the
spatial index gives is looked at, so a small site costs the same in a county of any size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import shapely

from pingchang_geo import carbon
from pingchang_geo.errors import PingchangError
from pingchang_geo.indicators import Ledger
from pingchang_geo.site.features import names, nearby, protected
from pingchang_geo.site.model import (
    BORDER_M,
    CLOSE_M,
    TOUCH_M2,
    UNFILLED,
    CarbonFinding,
    Contact,
    NearbyFinding,
    ProtectedFinding,
    SiteLayer,
    SiteResult,
)
from pingchang_geo.site.stock import carbon_at_stake
from pingchang_geo.specs import SiteKind, SiteRole
from pingchang_geo.units import HA_M2

__all__ = [
    "BORDER_M",
    "CLOSE_M",
    "TOUCH_M2",
    "UNFILLED",
    "CarbonFinding",
    "Contact",
    "NearbyFinding",
    "ProtectedFinding",
    "SiteLayer",
    "SiteResult",
    "check",
    "names",
]


def check(
    site_m: shapely.Geometry,
    layers: Sequence[SiteLayer],
    factors: carbon.FactorSet,
    ledger: Ledger,
    county_m: shapely.Geometry | None = None,
) -> SiteResult:
    """Check one site against layers.

    Args:
        site_m: a valid Polygon or MultiPolygon with area, equal-area projection (metres).
        layers: in the order of the answer; those without a role in the site check are passed over.
        factors: carbon parameter set.
        ledger: holds the official totals of 官方口径系数法.
        county_m: the county's outline in the same projection.

    Raises:
        PingchangError: the site has no area or crosses itself.
    """
    area_m2 = float(shapely.area(site_m))
    if not area_m2 > 0 or not shapely.is_valid(site_m):
        raise PingchangError("地块边界没有面积或自相交，无法核查。", fix="请改正边界后重试。")
    shapely.prepare(site_m)
    touched = tuple(protected(site_m, layer) for layer, _ in _with_role(layers, SiteKind.PROTECTED))
    kept_m = shapely.union_all([finding.overlap_m for finding in touched])
    rates = carbon.official_rates_tco2_ha_a(factors, ledger)
    return SiteResult(
        area_ha=area_m2 / HA_M2,
        perimeter_m=float(shapely.length(site_m)),
        inside_county_pct=None if county_m is None else _inside_pct(site_m, area_m2, county_m),
        protected=touched,
        carbon=tuple(
            carbon_at_stake(site_m, kept_m, layer, factors, rates) for layer in layers if layer.spec.carbon is not None
        ),
        nearby=tuple(nearby(site_m, layer, role.radius_m) for layer, role in _with_role(layers, SiteKind.NEARBY)),
    )


def _with_role(layers: Sequence[SiteLayer], kind: SiteKind) -> Iterator[tuple[SiteLayer, SiteRole]]:
    for layer in layers:
        role = layer.spec.site
        if role is not None and role.kind is kind:
            yield layer, role


def _inside_pct(site_m: shapely.Geometry, area_m2: float, county_m: shapely.Geometry) -> float:
    outside_m2 = float(shapely.area(shapely.difference(site_m, county_m)))
    return 100.0 if outside_m2 <= TOUCH_M2 else max(0.0, 100 - outside_m2 / area_m2 * 100)
