"""Area-weighted joins between layers, vectorised.

An STRtree finds the candidate pairs; plots wholly inside a zone keep their own area without any intersection
being built, and only plots that cross a zone's border are cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from pingchang_geo.crs import Geometries

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """Overlapping pairs of two layers: ``left`` and ``right`` are rows, ``area_m2`` the shared area (> 0)."""

    left: Rows
    right: Rows
    area_m2: Floats

    def __len__(self) -> int:
        return len(self.left)


def overlaps(left: Geometries, right: Geometries, left_area_m2: Floats | None = None) -> Pairs:
    """Pairs of polygons that share area.

    Args:
        left: n polygons in an equal-area projection (metres); many and small.
        right: m polygons in the same projection; few and large.
        left_area_m2: areas of ``left`` if already known.

    Returns:
        One entry a pair that shares area, ordered by (left, right).
    """
    areas = np.asarray(shapely.area(left) if left_area_m2 is None else left_area_m2, dtype=np.float64)
    tree = shapely.STRtree(left)
    shapely.prepare(right)
    rights, lefts = tree.query(right, predicate="intersects")
    inside = shapely.contains_properly(right[rights], left[lefts])
    shared = np.empty(len(lefts), dtype=np.float64)
    shared[inside] = areas[lefts[inside]]
    crossing = ~inside
    shared[crossing] = shapely.area(shapely.intersection(left[lefts[crossing]], right[rights[crossing]]))
    keep = shared > 0
    order = np.lexsort((rights[keep], lefts[keep]))
    return Pairs(lefts[keep][order], rights[keep][order], shared[keep][order])


def covered_m2(left: Geometries, right: Geometries, pairs: Pairs) -> Floats:
    """Area of each left polygon covered by any of the right ones, counted once where right polygons overlap.

    Returns:
        n values in m², each ≤ the polygon's own area.
    """
    if zones_overlap(right):
        merged = np.array([shapely.union_all(right)], dtype=object)
        pairs = overlaps(left, merged)
    return np.bincount(pairs.left, weights=pairs.area_m2, minlength=len(left)).astype(np.float64)


def zones_overlap(zones: Geometries, tolerance_m2: float = 1.0) -> bool:
    """Whether any two zones share more than ``tolerance_m2``."""
    tree = shapely.STRtree(zones)
    first, second = tree.query(zones, predicate="intersects")
    once = first < second
    shared = shapely.area(shapely.intersection(zones[first[once]], zones[second[once]]))
    return bool((shared > tolerance_m2).any())


def zone_sums(pairs: Pairs, per_m2: Floats, zones: int) -> Floats:
    """Σ over a zone's plots of shared area × a plot quantity per m².

    Args:
        pairs: from :func:`overlaps`.
        per_m2: n densities, one a left polygon; NaN where unknown.
        zones: number of zones m.

    Returns:
        m sums over the plots whose density is known; NaN for a zone whose plots are all unknown, 0 for a zone
        without plots.
    """
    known = ~np.isnan(per_m2[pairs.left])
    weights = pairs.area_m2[known] * per_m2[pairs.left[known]]
    sums = np.bincount(pairs.right[known], weights=weights, minlength=zones).astype(np.float64)
    plots = np.bincount(pairs.right, minlength=zones)
    sums[(plots > 0) & (np.bincount(pairs.right[known], minlength=zones) == 0)] = np.nan
    return sums


def zone_polygons(geometries: Geometries, point_radius_m: float | None) -> Geometries:
    """Zones as polygons: points become circles of ``point_radius_m`` (64 segments), the rest stays.

    Without a radius points stay points and share no area with anything.
    """
    if point_radius_m is None:
        return geometries
    zones: NDArray[Any] = geometries.copy()
    points = shapely.get_dimensions(zones) == 0
    zones[points] = shapely.buffer(zones[points], point_radius_m, quad_segs=16)
    return zones
