"""Any two published layers over one another: what of the one lies in or near the features of the other.

``left`` is what is counted (被统计图层), ``right`` gives the zones (范围图层), with a buffer around them if wanted.
Polygons count by shared area, lines by the length inside, points by lying inside. Where zones overlap, a zone's own row
holds all of its part, and every total counts it once.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely

from pingchang_geo import overlay, proximity
from pingchang_geo.crs import Geometries
from pingchang_geo.errors import OverlayError
from pingchang_geo.units import HA_M2
from pingchang_geo.workflow.atlas import Atlas, LayerData
from pingchang_geo.workflow.overlays.result import (
    LINE,
    POINT,
    POLYGON,
    Combined,
    Floats,
    Hits,
    Rows,
    densities,
    totals_of,
)

#: Largest buffer in metres; the county is 70 km across.
MOST_BUFFER_M: Final = 20_000.0
#: Zones of which each gets a buffer and a nearest distance.
MOST_ZONES: Final = 5_000


def combine(atlas: Atlas, left_id: str, right_id: str, buffer_m: float = 0.0) -> Combined:
    """Lay two published layers over one another.

    Args:
        atlas: holds both.
        left_id: the layer that is counted.
        right_id: the layer whose features are the zones.
        buffer_m: distance around each zone that belongs to it. A feature known as a point reaches at least as far as
            its layer declares (:attr:`ZoneRole.point_radius_m`).

    Raises:
        UnknownLayerError: a layer is not published.
        OverlayError: the two cannot be combined; the message says what to do.
    """
    left, right = atlas[left_id], atlas[right_id]
    _check(left, right, buffer_m)
    role = right.spec.zone
    radius = role.point_radius_m if role is not None else None
    zones_m = overlay.zone_polygons(right.metres, radius, buffer_m)
    dims = shapely.get_dimensions(left.metres)
    share = np.zeros(len(dims))
    parts: list[Hits] = []
    balance = None
    if (dims == POLYGON).any():
        found, covered, balance = _polygons(left, np.flatnonzero(dims == POLYGON), zones_m)
        parts.append(found)
        share += covered
    if (dims == LINE).any():
        found, inside = _lines(left, np.flatnonzero(dims == LINE), zones_m)
        parts.append(found)
        share += inside
    if (dims == POINT).any():
        found = _points(left, np.flatnonzero(dims == POINT), right, radius, buffer_m)
        parts.append(found)
        share[found.left] = 1.0
    hits = Hits.of(parts)
    hit = np.zeros(len(dims), dtype=bool)
    hit[hits.left] = True
    dimensions = frozenset(int(d) for d in np.unique(dims))
    return Combined(
        left=left,
        right=right,
        buffer_m=buffer_m,
        zones_m=zones_m,
        hits=hits,
        share=share,
        hit=hit,
        features=_features(left, right, zones_m, hits, dimensions),
        totals=totals_of(left, hit, share, dimensions),
        balance=balance,
        mark=atlas.mark([left_id, right_id]),
        dimensions=dimensions,
    )


def _check(left: LayerData, right: LayerData, buffer_m: float) -> None:
    if left.spec.id == right.spec.id:
        raise OverlayError("被统计图层与范围图层相同。", fix="请选择两个不同的图层。")
    if not (math.isfinite(buffer_m) and 0 <= buffer_m <= MOST_BUFFER_M):
        raise OverlayError("缓冲距离超出范围。", fix=f"请在 0–{MOST_BUFFER_M / 1000:g} km 之间选择。")
    for data in (left, right):
        if not len(data.frame):
            raise OverlayError(f"图层「{data.spec.title}」没有要素。", fix="请选择其他图层，或先发布数据。")
    if buffer_m > 0 and len(right.frame) > MOST_ZONES:
        raise OverlayError(
            f"「{right.spec.title}」有 {len(right.frame):,} 个要素，不能逐个作缓冲区（最多 {MOST_ZONES:,} 个）。",
            fix="请把它选作被统计图层，或将缓冲距离改为 0。",
        )


def _polygons(left: LayerData, rows: Rows, zones_m: Geometries) -> tuple[Hits, Floats, overlay.Conservation]:
    """Counted polygons: hits, covered share of each feature of the layer, and the balance of area."""
    whole = len(rows) == len(left.frame)
    shapes = left.metres if whole else left.metres[rows]
    area_m2 = np.asarray(shapely.area(shapes), dtype=np.float64)
    solid = np.flatnonzero(shapely.get_dimensions(zones_m) == POLYGON)
    pairs = overlay.overlaps(left.tree if whole else shapes, zones_m[solid], area_m2)
    cover = overlay.cover(shapes, zones_m[solid], pairs, area_m2)
    share = np.zeros(len(left.frame))
    share[rows] = np.divide(cover.covered_m2, area_m2, out=np.zeros_like(area_m2), where=area_m2 > 0)
    found = Hits(rows[pairs.left], solid[pairs.right], pairs.area_m2, np.zeros(len(pairs)))
    touched = _touched(left.tree if whole else shapes, rows, zones_m)
    return Hits.of([found, touched]), np.clip(share, 0.0, 1.0), overlay.conservation(area_m2, cover)


def _lines(left: LayerData, rows: Rows, zones_m: Geometries) -> tuple[Hits, Floats]:
    """Counted lines: hits, and the part of each that runs inside any zone."""
    shapes = left.metres[rows]
    solid = np.flatnonzero(shapely.get_dimensions(zones_m) == POLYGON)
    lefts, rights, length_m = overlay.lengths(shapes, zones_m[solid])
    found = Hits(rows[lefts], solid[rights], np.zeros(len(lefts)), length_m)
    merged = shapely.union_all(zones_m[solid[np.unique(rights)]])
    whole_m, inside_m = shapely.length(shapes), shapely.length(shapely.intersection(shapes, merged))
    share = np.zeros(len(left.frame))
    share[rows] = np.divide(inside_m, whole_m, out=np.zeros_like(whole_m), where=whole_m > 0)
    return Hits.of([found, _touched(shapes, rows, zones_m)]), np.clip(share, 0.0, 1.0)


def _points(left: LayerData, rows: Rows, right: LayerData, radius_m: float | None, buffer_m: float) -> Hits:
    """Counted points, by their exact distance from the zones: no circle is drawn."""
    shapes = left.metres[rows]
    single = shapely.get_dimensions(right.metres) == POINT
    parts = []
    for zones, reach in ((~single, buffer_m), (single, max(radius_m or 0.0, buffer_m))):
        chosen = np.flatnonzero(zones)
        lefts, rights = proximity.within(shapes, right.metres[chosen], reach)
        parts.append(Hits(rows[lefts], chosen[rights], np.zeros(len(lefts)), np.zeros(len(lefts))))
    return Hits.of(parts)


def _touched(layer: proximity.Layer, rows: Rows, zones_m: Geometries) -> Hits:
    """Features touched by zones without area (points and lines without a buffer): counted, but nothing is shared."""
    flat = np.flatnonzero(shapely.get_dimensions(zones_m) < POLYGON)
    lefts, rights = proximity.within(layer, zones_m[flat], 0.0)
    return Hits(rows[lefts], flat[rights], np.zeros(len(lefts)), np.zeros(len(lefts)))


def _features(
    left: LayerData, right: LayerData, zones_m: Geometries, hits: Hits, dimensions: frozenset[int]
) -> pd.DataFrame:
    size = len(zones_m)
    zone_m2 = np.asarray(shapely.area(zones_m), dtype=np.float64)
    zone_m2[shapely.get_dimensions(zones_m) < POLYGON] = np.nan
    columns: dict[str, Any] = {
        "name": right.titles,
        "count": np.bincount(hits.right, minlength=size),
        "zone_area_ha": zone_m2 / HA_M2,
    }
    if POLYGON in dimensions:
        shared_m2 = np.bincount(hits.right, weights=hits.area_m2, minlength=size).astype(np.float64)
        shared_m2[np.isnan(zone_m2)] = np.nan  # a zone without area shares none that could be told
        columns["shared_area_ha"] = shared_m2 / HA_M2
        columns["share_pct"] = shared_m2 / zone_m2 * 100
    if LINE in dimensions:
        inside_m = np.bincount(hits.right, weights=hits.length_m, minlength=size).astype(np.float64)
        inside_m[np.isnan(zone_m2)] = np.nan
        columns["shared_length_km"] = inside_m / 1000
    pairs = overlay.Pairs(hits.left, hits.right, hits.area_m2)
    for name, per_m2 in densities(left).items():
        columns[name] = np.where(np.isnan(zone_m2), np.nan, overlay.zone_sums(pairs, per_m2, size))
    if size <= MOST_ZONES:
        near = _nearest(left, right)
        columns["nearest_m"] = near.distance_m
        columns["nearest"] = [left.titles[row] if row >= 0 else "" for row in near.row]
    return pd.DataFrame(columns)


def _nearest(left: LayerData, right: LayerData) -> proximity.Nearest:
    """Nearest counted feature of each zone without its buffer; row −1 where they touch, since then there is no need
    to name one."""
    found = proximity.nearest(right.metres, left.tree)
    return proximity.Nearest(np.where(found.distance_m > 0, found.row, -1), found.distance_m)
