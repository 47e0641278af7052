"""Overlapping polygons, fast enough for a whole county.

A correct compartment map is a coverage: neighbours share their vertices. GEOS checks that in one pass over the
edges, so only polygons whose edges it faults are intersected with their neighbours.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pingchang_geo.issues import Issue
from pingchang_geo.messages import issue
from pingchang_geo.units import format_number
from pingchang_geo.validation.model import Subject

#: Overlaps up to this area are rounding of coordinates.
TOLERANCE_M2: Final = 1.0
_AREAL: Final = (3, 6)


def overlapping_pairs(polygons: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Pairs (2, n) of positions i < j whose polygons share more than the tolerance, and the shared areas (m²)."""
    faulted = np.flatnonzero(_faulted(polygons))
    if not len(faulted):
        return np.empty((2, 0), dtype=np.int64), np.empty(0)
    # The partner of a faulted polygon need not be faulted: one that swallows another has no wrong edge itself.
    position, other = shapely.STRtree(polygons).query(polygons[faulted])
    first = faulted[position]
    in_both = np.zeros(len(polygons), dtype=bool)
    in_both[faulted] = True
    once = (first < other) | ((first > other) & ~in_both[other])
    pairs = np.stack([first[once], other[once]])
    pairs.sort(axis=0)
    shared = _shared_area(polygons[pairs[0]], polygons[pairs[1]])
    real = shared > TOLERANCE_M2
    return pairs[:, real], shared[real]


def _faulted(polygons: NDArray[Any]) -> NDArray[np.bool_]:
    """Polygons whose edges do not fit a coverage; all of them where GEOS cannot say."""
    try:
        return ~np.asarray(shapely.is_empty(shapely.coverage_invalid_edges(polygons)))
    except shapely.errors.GEOSException:
        return np.ones(len(polygons), dtype=bool)


def _shared_area(left: NDArray[Any], right: NDArray[Any]) -> NDArray[np.float64]:
    """Areas of pairwise intersections; touching pairs are skipped cheaply."""
    shapely.prepare(left)
    areas = np.zeros(len(left))
    meet = np.flatnonzero(shapely.intersects(left, right) & ~shapely.touches(left, right))
    try:
        areas[meet] = shapely.area(shapely.intersection(left[meet], right[meet]))
    except shapely.errors.GEOSException:
        areas[meet] = [_one_area(left[pair], right[pair]) for pair in meet]
    return areas


def _one_area(left: Any, right: Any) -> float:
    """Near-coincident edges can defeat the exact algorithm; then snap to a millimetre."""
    for grid_size in (None, 0.001, 0.01):
        try:
            return float(shapely.area(shapely.intersection(left, right, grid_size=grid_size)))
        except shapely.errors.GEOSException:
            continue
    return 0.0


def overlaps(subject: Subject) -> list[Issue]:
    """Plots that overlap, when the layer is one of plots (its features carry an extensive quantity)."""
    areal = np.flatnonzero(np.isin(shapely.get_type_id(subject.projected), _AREAL) & (subject.area_m2 > 0))
    if len(areal) < 2:
        return []
    pairs, shared = overlapping_pairs(subject.projected[areal])
    if not len(shared):
        return []
    flags = np.zeros(len(subject.frame), dtype=bool)
    flags[areal[pairs.ravel()]] = True
    total = format_number(float(shared.sum()), 1)
    return [issue("OVERLAP", rows=subject.rows(flags), pairs=f"{len(shared):,}", area=total)]
