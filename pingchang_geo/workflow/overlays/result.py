"""What two layers laid over one another give: tables, totals counted once, outlines and parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from pingchang_geo import accounts, attributes, carbon, crs, overlay
from pingchang_geo.crs import Geometries
from pingchang_geo.units import HA_M2
from pingchang_geo.workflow.atlas import LayerData

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

POINT, LINE, POLYGON = 0, 1, 2
#: Parts that are written out as geometries.
MOST_PIECES: Final = 50_000
#: Corners of an outline for the screen, and the tolerances it is simplified with until it has no more.
_MOST_CORNERS: Final = 4_000
_TOLERANCES_M: Final = (10.0, 20.0, 40.0, 80.0, 160.0)


@dataclass(frozen=True)
class Hits:
    """k pairs of a counted feature and a zone: rows of both, shared area (polygons) and length inside (lines)."""

    left: Rows
    right: Rows
    area_m2: Floats
    length_m: Floats

    @classmethod
    def of(cls, parts: list[Hits]) -> Hits:
        """All parts together, ordered by (left, right)."""
        order = np.lexsort((np.concatenate([p.right for p in parts]), np.concatenate([p.left for p in parts])))
        names = ("left", "right", "area_m2", "length_m")
        return cls(*(np.concatenate([getattr(part, name) for part in parts])[order] for name in names))


@dataclass(frozen=True)
class Totals:
    """The whole, overlaps counted once; NaN where nothing is known, None where the layer has no such quantity."""

    count: int
    area_ha: float | None
    length_km: float | None
    stock_tc: float | None
    removal_tco2_a: float | None
    unknown_plots: int
    unknown_area_ha: float


@dataclass(frozen=True)
class Combined:
    """Two layers over one another.

    Attributes:
        zones_m: m zones with their buffer (measuring projection).
        share: n values 0–1, the part of each counted feature that lies in any zone.
        hit: n flags, which counted features have a part in any zone.
        features: m rows in the order of the right layer: ``name``, ``count``, ``zone_area_ha`` and, where the left
            layer has such features, ``shared_area_ha``, ``share_pct`` (of the zone), ``shared_length_km``,
            ``stock_tc``, ``removal_tco2_a``; ``nearest_m`` and ``nearest`` up to :data:`MOST_ZONES` zones, measured
            from the zone without its buffer.
        balance: conservation of area; None where the left layer has no polygons.
        mark: 示意数据 or nothing.
    """

    left: LayerData
    right: LayerData
    buffer_m: float
    zones_m: Geometries
    hits: Hits
    share: Floats
    hit: NDArray[np.bool_]
    features: pd.DataFrame
    totals: Totals
    balance: overlay.Conservation | None
    mark: str
    dimensions: frozenset[int] = field(default_factory=frozenset)

    @property
    def carbon(self) -> bool:
        """Whether the counted layer bears carbon."""
        return self.left.spec.carbon is not None

    @property
    def has_points(self) -> bool:
        """Whether any zone is known as a point only."""
        return bool((shapely.get_dimensions(self.right.metres) == POINT).any())

    def by_category(self, name: str) -> pd.DataFrame:
        """What lies in the zones by a column of the counted layer, overlaps once: the accounts of
        :func:`pingchang_geo.accounts.by_group`, and ``length_km`` where the layer has lines."""
        kept = np.flatnonzero(self.hit)
        frame = _scaled(self.left, kept, self.share[kept])
        frame[name] = self.left.frame[name].iloc[kept].array
        table = accounts.by_group(frame, name)
        if LINE in self.dimensions:
            words = frame[name].astype(object).where(frame[name].notna(), accounts.UNFILLED).astype(str)
            lengths_km = frame.groupby(words)["length_km"].sum()
            table["length_km"] = table["group"].map(lengths_km).to_numpy(dtype=np.float64)
        return table

    @cached_property
    def sum_caveat(self) -> str:
        """What goes with the sum of the removal where several stand kinds add to it; else empty."""
        role = self.left.spec.carbon
        if role is None:
            return ""
        kept, frame = np.flatnonzero(self.hit), self.left.frame
        removal = frame["removal_tco2_a"].to_numpy(dtype=np.float64, na_value=np.nan)[kept] * self.share[kept]
        return carbon.sum_caveat(frame[role.stand_kind].iloc[kept], removal)

    @cached_property
    def parameters(self) -> str:
        """Words of :func:`parameter_words` for the parts in the zones."""
        return parameter_words(self.left, self.share)

    @cached_property
    def outline(self) -> Any:
        """Outline of all zones whose range is not the feature itself (a buffer, a circle around a point), EPSG:4490,
        simplified for the screen; None where there is none."""
        ranged = (self.buffer_m > 0) | (
            shapely.get_dimensions(self.right.metres) < shapely.get_dimensions(self.zones_m)
        )
        if not ranged.any():
            return None
        return screen_outline(self.zones_m[ranged])

    def pieces(self, limit: int = MOST_PIECES) -> gpd.GeoDataFrame:
        """The parts themselves, EPSG:4490: ``left`` and ``right`` (rows), ``area_ha``, ``length_km``, ``stock_tc``,
        ``removal_tco2_a``; beyond ``limit`` only the largest ones. Features that a zone without area merely touches
        have no part in it."""
        chosen = np.flatnonzero(self._has_part)
        if len(chosen) > limit:
            size = (self.hits.area_m2 + self.hits.length_m)[chosen]
            chosen = np.sort(chosen[np.argsort(-size, kind="stable")[:limit]])
        lefts, rights = self.hits.left[chosen], self.hits.right[chosen]
        area_m2, length_m = self.hits.area_m2[chosen], self.hits.length_m[chosen]
        frame = pd.DataFrame({"left": lefts, "right": rights, "area_ha": area_m2 / HA_M2, "length_km": length_m / 1000})
        for name, per_m2 in densities(self.left).items():
            frame[name] = per_m2[lefts] * area_m2
        shapes = crs.from_equal_area(self._parts_m(lefts, rights, area_m2, length_m))
        return gpd.GeoDataFrame(frame, geometry=shapes, crs=crs.STORAGE_EPSG)

    @property
    def piece_count(self) -> int:
        """How many parts there are."""
        return int(self._has_part.sum())

    @property
    def _has_part(self) -> NDArray[np.bool_]:
        points = shapely.get_dimensions(self.left.metres)[self.hits.left] == POINT
        return np.asarray((self.hits.area_m2 > 0) | (self.hits.length_m > 0) | points, dtype=bool)

    def _parts_m(self, lefts: Rows, rights: Rows, area_m2: Floats, length_m: Floats) -> Geometries:
        shapes: Geometries = self.left.metres[lefts].copy()
        cut = area_m2 > 0
        pairs = overlay.Pairs(lefts[cut], rights[cut], area_m2[cut])
        shapes[cut] = overlay.intersections(self.left.metres, self.zones_m, pairs)
        inside = length_m > 0
        shapes[inside] = shapely.intersection(shapes[inside], self.zones_m[rights[inside]])
        return shapes


def parameter_words(data: LayerData, share: Floats | None = None) -> str:
    """The parameter set behind a layer's stock, with what of it was not read itself; empty without carbon.

    Args:
        data: the plots.
        share: n values 0–1, the part of each plot that counts; all of it by default.
    """
    role = data.spec.carbon
    if role is None:
        return ""
    factors = carbon.load()
    flagged = factors.flagged(attributes.pools(role, data.frame, factors, share).used)
    return "。".join([f"{factors.label}（{factors.id}）", *(f"{flag}——{words}" for flag, words in flagged)]) + "。"


def screen_outline(zones_m: Geometries) -> Any:
    """Outline of all these polygons together, EPSG:4490, simplified until it is light enough for a screen."""
    merged = shapely.union_all(zones_m)
    for tolerance in _TOLERANCES_M:
        simple = shapely.simplify(merged, tolerance)
        if shapely.get_num_coordinates(simple) <= _MOST_CORNERS:
            break
    return crs.from_equal_area(np.array([simple], dtype=object))[0]


def densities(left: LayerData) -> dict[str, Floats]:
    """Stock and removal per m² of the counted features; nothing for layers without carbon."""
    if left.spec.carbon is None:
        return {}
    area_m2 = left.frame["area_ha"].to_numpy(dtype=np.float64) * HA_M2
    names = ("stock_tc", "removal_tco2_a")
    return {name: overlay.densities(left.frame[name].to_numpy(dtype=np.float64), area_m2) for name in names}


def _scaled(left: LayerData, rows: Rows, share: Floats) -> pd.DataFrame:
    """The parts of these features that lie in zones, in the columns of the accounts, and their length."""
    frame = left.frame.iloc[rows]
    columns = {
        name: frame[name].to_numpy(dtype=np.float64, na_value=np.nan) * share
        for name in ("area_ha", "stock_tc", "removal_tco2_a")
        if name in frame.columns
    }
    shapes = left.metres[rows]
    lines = shapely.get_dimensions(shapes) == LINE
    columns["length_km"] = np.where(lines, shapely.length(shapes) * share / 1000, 0.0)
    for name in ("volume_m3_ha", "stock_basis"):
        if name in frame.columns:
            columns[name] = frame[name].array
    return pd.DataFrame(columns)


def totals_of(left: LayerData, hit: NDArray[np.bool_], share: Floats, dimensions: frozenset[int]) -> Totals:
    """Sums over the counted features that have a part in any zone, each by its share."""
    rows = np.flatnonzero(hit)
    frame = _scaled(left, rows, share[rows])
    carbon = left.spec.carbon is not None
    unknown = frame["stock_tc"].isna().to_numpy() & (share[rows] > 0) if carbon else np.zeros(len(frame), dtype=bool)
    return Totals(
        count=len(rows),
        area_ha=float(np.nansum(frame["area_ha"])) if POLYGON in dimensions else None,
        length_km=float(frame["length_km"].sum()) if LINE in dimensions else None,
        stock_tc=_known(frame["stock_tc"]) if carbon else None,
        removal_tco2_a=_known(frame["removal_tco2_a"]) if carbon else None,
        unknown_plots=int(unknown.sum()),
        unknown_area_ha=float(np.nansum(frame["area_ha"].to_numpy()[unknown])),
    )


def _known(values: pd.Series[float]) -> float:
    """Sum of the known; NaN where there are values and none is known, 0 without any."""
    known = values.dropna()
    return float(known.sum()) if len(known) or not len(values) else float("nan")
