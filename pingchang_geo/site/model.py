"""What the site check is given and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pandas as pd
import shapely

from pingchang_geo.carbon import Estimate
from pingchang_geo.crs import Geometries
from pingchang_geo.specs import LayerSpec

#: Coordinates are written to about a centimetre (millimetres in survey files, 1e-7° in a page's address), so borders
#: that coincide on paper may miss one another by as much, either way.
BORDER_M: Final = 0.01
#: Shared area above which a site touches a protected feature, and a plot counts as affected. What lies within
#: :data:`BORDER_M` of the border of the shared ground is left out when a touch is judged: a kilometre of common border
#: is no touch because of its last digits.
TOUCH_M2: Final = 1.0
#: Distance up to which a site that does not touch is called 紧邻 rather than apart.
CLOSE_M: Final = 1.0
#: Group of plots whose stand type or kind is missing.
UNFILLED: Final = "未填"


class Contact(StrEnum):
    """How a site lies to the protected features of one layer."""

    OVERLAP = "重叠"
    ABUTS = "边界相接"
    CLOSE = "紧邻"
    APART = "相离"
    #: The layer holds no feature, so nothing can be said.
    UNKNOWN = "无数据"


@dataclass(frozen=True)
class SiteLayer:
    """One layer as the check needs it.

    Attributes:
        frame: n rows with the canonical columns; the row number as index. Read only.
        geometries_m: n geometries in the equal-area projection (metres).
        tree: index over ``geometries_m``.
        mark: the layer is a reference layer (示意).
    """

    spec: LayerSpec
    title: str
    frame: pd.DataFrame
    geometries_m: Geometries
    tree: shapely.STRtree
    mark: bool


@dataclass(frozen=True)
class ProtectedFinding:
    """What the site has to do with one layer of protected features.

    Attributes:
        mark: the layer is a reference layer (示意), as in the other findings.
        touches: the shared area exceeds :data:`TOUCH_M2` even without a border strip of :data:`BORDER_M`, or a feature
            without area lies in the site.
        overlap_ha: area shared with any of the features, counted once where they overlap one another.
        overlap_pct: that area as a share of the site.
        distance_m: to the nearest feature; None when touching or when the layer is empty.
        direction: of the nearest feature as seen from the site; empty where the distance is 0.
        nearest: (row, name) of the nearest feature when not touching.
        patches: a row for each feature that shares area or, without area, lies in the site: ``row, name, type,
            overlap_ha, site_pct, patch_pct``, largest first.
        overlap_m: the shared ground, a (multi)polygon, possibly empty.
        link_m: shortest line from the site to the nearest feature; None when touching.
    """

    layer_id: str
    title: str
    noun: str
    mark: bool
    contact: Contact
    touches: bool
    overlap_ha: float
    overlap_pct: float
    distance_m: float | None
    direction: str
    nearest: tuple[int, str] | None
    patches: pd.DataFrame
    overlap_m: shapely.Geometry
    link_m: shapely.LineString | None


@dataclass(frozen=True)
class CarbonFinding:
    """Plots on the site and their carbon; ground that several plots claim is counted for the first of them only.

    Attributes:
        plots: ``row, name``, the categories of the layer's pop-up, ``shared_ha, share_pct, stock_tc,
            removal_tco2_a``, largest shared area first; NaN where unknown.
        by_species: ``species, plots, area_ha, stock_tc, removal_tco2_a``, largest stock first.
        by_kind: ``kind, plots, area_ha, rate_tco2_ha_a, removal_tco2_a``; NaN for kinds without an official rate.
        stock_tc: of the plots whose stock is known; NaN where there are plots and none is known.
        estimate: Monte Carlo; approach1: IPCC Approach 1. Both in tC.
        removal_tco2_a: by the official rates, over the plots of kinds that have one; NaN as for the stock.
        removal_estimate: the same with the interval of the official rates (Approach 1), in tCO₂/a.
        removal_unknown_ha: area of plots of other kinds.
        unknown_plots: plots without a stock, and unknown_ha their area.
        inside_protected_stock_tc: the part of the stock on ground shared with protected features.
        slivers_ha: ground shared with plots that share no more than :data:`TOUCH_M2` each; they are not counted.
        contested_ha: ground claimed by more than one plot, beyond the first claim.
        flagged: flag (待核, 转引) and words on the parameters that this stock rests on (:meth:`FactorSet.flagged`).
        sum_caveat: what goes with the sum of the removal where several stand kinds add to it; else empty.
    """

    layer_id: str
    title: str
    noun: str
    mark: bool
    plots: pd.DataFrame
    by_species: pd.DataFrame
    by_kind: pd.DataFrame
    area_ha: float
    stock_tc: float
    estimate: Estimate
    approach1: Estimate
    removal_tco2_a: float
    removal_estimate: Estimate
    removal_unknown_ha: float
    unknown_plots: int
    unknown_ha: float
    inside_protected_stock_tc: float
    slivers_ha: float
    contested_ha: float
    flagged: tuple[tuple[str, str], ...] = ()
    sum_caveat: str = ""


@dataclass(frozen=True)
class NearbyFinding:
    """Features within ``radius_m`` of the site.

    ``features``: ``row, name, distance_m, direction, overlap_ha, location, point``, nearest first. A feature known
    only as a point has an unknown overlap (NaN), and its distance is measured to the point.
    """

    layer_id: str
    title: str
    noun: str
    mark: bool
    radius_m: float
    features: pd.DataFrame


@dataclass(frozen=True)
class SiteResult:
    """The whole answer. ``inside_county_pct`` is None without a county outline."""

    area_ha: float
    perimeter_m: float
    inside_county_pct: float | None
    protected: tuple[ProtectedFinding, ...]
    carbon: tuple[CarbonFinding, ...]
    nearby: tuple[NearbyFinding, ...]

    @property
    def touches(self) -> bool:
        """Whether any protected feature is touched."""
        return any(finding.touches for finding in self.protected)
