"""Area-weighted joins between layers, vectorised.

An STRtree over the larger layer finds the candidate pairs; features wholly inside one of the smaller layer keep their
own area without any intersection being built, and only what crosses a border is cut.

All geometries are in the measuring projection (metres), which keeps areas to 3e-8. Geometries that are handed in may
be shared between threads: they are copied before they are prepared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pingchang_geo import proximity
from pingchang_geo.crs import Geometries

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Measure = Callable[[Any], Any]

#: A shared area that lacks less than this share of the feature's own is the whole feature.
_WHOLE: Final = 1e-12
#: From so many features on it is worth asking whether they share their borders exactly.
_MANY: Final = 1000
#: Relative error up to which an overlay counts as conserving.
CONSERVED: Final = 1e-9


@dataclass(frozen=True)
class Pairs:
    """Overlapping pairs of two layers: ``left`` and ``right`` are rows, ``area_m2`` the shared area (> 0)."""

    left: Rows
    right: Rows
    area_m2: Floats

    def __len__(self) -> int:
        return len(self.left)


@dataclass(frozen=True)
class Cover:
    """What any of the other layer's features cover of n polygons, and what none does; each measured by itself.

    Where features of the other layer overlap, their common part counts once.
    """

    covered_m2: Floats
    outside_m2: Floats


@dataclass(frozen=True)
class Conservation:
    """Whether an overlay lost or made up area: total − assigned − outside, over all features and the worst of them.

    ``absolute_m2`` sums the features' residuals without their signs, so that one cannot make up for another;
    ``largest_relative`` is the largest residual of a single feature against its own area.
    """

    total_m2: float
    assigned_m2: float
    outside_m2: float
    residual_m2: float
    absolute_m2: float
    largest_relative: float

    @property
    def relative(self) -> float:
        """The features' residuals without their signs against the total; 0 where there is nothing."""
        return self.absolute_m2 / self.total_m2 if self.total_m2 else 0.0

    @property
    def holds(self) -> bool:
        """Whether the residuals are within :data:`CONSERVED` of the total."""
        return self.relative <= CONSERVED


def overlaps(left: proximity.Layer, right: Geometries, left_area_m2: Floats | None = None) -> Pairs:
    """Pairs of polygons that share area.

    Args:
        left: n polygons, or the tree over them. Fastest where one layer is much smaller than the other.
        right: m polygons.
        left_area_m2: areas of ``left`` if already known.

    Returns:
        One entry a pair that shares area, ordered by (left, right).
    """
    lefts, rights, shared = _shared(left, right, shapely.area, left_area_m2)
    return Pairs(lefts, rights, shared)


def lengths(lines: proximity.Layer, zones: Geometries) -> tuple[Rows, Rows, Floats]:
    """Pairs of lines and polygons, and the length in metres that each line runs inside the polygon (> 0).

    Returns:
        Rows of ``lines``, rows of ``zones``, metres; ordered by (line, zone).
    """
    return _shared(lines, zones, shapely.length, None)


def _shared(
    left: proximity.Layer, right: Geometries, measure: Measure, measured: Floats | None
) -> tuple[Rows, Rows, Floats]:
    tree = proximity.tree_over(left)
    shapes = tree.geometries
    if len(shapes) < len(right):
        # The other way round there is less to prepare; lines inside nothing are cut all the same.
        rights, lefts, shared = _inside_and_cut(proximity.tree_over(right), shapes, measure, None)
    else:
        lefts, rights, shared = _inside_and_cut(tree, right, measure, measured)
    keep = shared > 0
    lefts, rights, shared = lefts[keep], rights[keep], shared[keep]
    order = np.lexsort((rights, lefts))
    return lefts[order].astype(np.int64), rights[order].astype(np.int64), shared[order]


def _inside_and_cut(
    tree: shapely.STRtree, few: Geometries, measure: Measure, measured: Floats | None
) -> tuple[Any, Any, Floats]:
    """Rows of the tree, rows of ``few`` and what both share, in no order."""
    many = tree.geometries
    few = shapely.force_2d(np.asarray(few, dtype=object))  # copies: shared geometries must not be prepared
    shapely.prepare(few)
    fews, manys = tree.query(few)
    inside = shapely.contains_properly(few[fews], many[manys])
    whole = manys[inside]
    own = measure(many[whole]) if measured is None else measured[whole]
    rest_few, rest_many = fews[~inside], manys[~inside]
    touching = shapely.intersects(few[rest_few], many[rest_many])
    rest_few, rest_many = rest_few[touching], rest_many[touching]
    cut = measure(_cut(shapely.intersection, many[rest_many], few[rest_few]))
    shared = np.concatenate([np.asarray(own, dtype=np.float64), np.asarray(cut, dtype=np.float64)])
    return np.concatenate([whole, rest_many]), np.concatenate([fews[inside], rest_few]), shared


def _cut(operation: Callable[[Any, Any], Any], first: Geometries, second: Geometries) -> Geometries:
    """An overlay operation, pair by pair; a valid polygon may cross itself by a hair once it is projected."""
    try:
        return np.asarray(operation(first, second), dtype=object)
    except shapely.errors.GEOSException:
        return np.asarray(operation(shapely.make_valid(first), shapely.make_valid(second)), dtype=object)


def covered_m2(left: Geometries, right: Geometries, pairs: Pairs, left_area_m2: Floats | None = None) -> Floats:
    """Area of each left polygon covered by any of the right ones, counted once where right polygons overlap.

    Returns:
        n values in m², each ≤ the polygon's own area.
    """
    areas = _areas(left, left_area_m2)
    covered = np.bincount(pairs.left, weights=pairs.area_m2, minlength=len(left)).astype(np.float64)
    whole = _whole_rows(pairs, areas)
    covered[whole] = areas[whole]
    several = _several(pairs, whole, len(left))
    covered[several] = shapely.area(_joined(left, right, pairs, several))
    return covered


def cover(left: Geometries, right: Geometries, pairs: Pairs, left_area_m2: Floats | None = None) -> Cover:
    """Like :func:`covered_m2`, together with what lies outside, cut out for itself rather than subtracted, so that
    :func:`conservation` proves something."""
    areas = _areas(left, left_area_m2)
    covered = np.bincount(pairs.left, weights=pairs.area_m2, minlength=len(left)).astype(np.float64)
    outside = areas.copy()
    whole = _whole_rows(pairs, areas)
    covered[whole], outside[whole] = areas[whole], 0.0
    several = _several(pairs, whole, len(left))
    joined = _joined(left, right, pairs, several)
    covered[several] = shapely.area(joined)
    outside[several] = shapely.area(_cut(shapely.difference, left[several], joined))
    single = np.ones(len(pairs), dtype=bool)
    single[np.isin(pairs.left, np.concatenate([whole, several]))] = False
    lefts, rights = pairs.left[single], pairs.right[single]
    outside[lefts] = shapely.area(_cut(shapely.difference, left[lefts], right[rights]))
    return Cover(covered, outside)


def conservation(left_area_m2: Floats, found: Cover) -> Conservation:
    """Balance of an overlay of n polygons: what is covered and what lies outside against the polygons' own areas."""
    residual = left_area_m2 - found.covered_m2 - found.outside_m2
    relative = np.divide(np.abs(residual), left_area_m2, out=np.zeros_like(residual), where=left_area_m2 > 0)
    return Conservation(
        float(left_area_m2.sum()),
        float(found.covered_m2.sum()),
        float(found.outside_m2.sum()),
        float(residual.sum()),
        float(np.abs(residual).sum()),
        float(relative.max(initial=0.0)),
    )


def intersections(left: Geometries, right: Geometries, pairs: Pairs) -> Geometries:
    """The shared part of each pair as polygons; a feature of either side that lies wholly inside the other is returned
    as it is."""
    return _parts(left, right, pairs)[0]


def polygons_of(geometries: Geometries) -> Geometries:
    """Polygons as they are; of collections, which cuts along a border bring, only the polygons, as one multipolygon."""
    found = geometries.copy()
    mixed = np.flatnonzero(shapely.get_type_id(found) == shapely.GeometryType.GEOMETRYCOLLECTION)
    for row in mixed:
        parts = shapely.get_parts(found[row])
        found[row] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    return found


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


def densities(quantity: Floats, area_m2: Floats) -> Floats:
    """Quantity per m²; NaN for a polygon without area."""
    return np.divide(quantity, area_m2, out=np.full(len(quantity), np.nan), where=area_m2 > 0)


def zone_polygons(geometries: Geometries, point_radius_m: float | None, buffer_m: float = 0.0) -> Geometries:
    """Zones with everything within ``buffer_m`` of them, as polygons.

    Where only a point is known, the zone reaches at least ``point_radius_m``, measured from the point like the
    buffer: a point with a radius of 1 km and a buffer of 3 km is a circle of 3 km. Without either, points and lines
    stay what they are and share no area with anything.
    """
    zones: NDArray[Any] = geometries.copy()
    points = shapely.get_dimensions(zones) == 0
    zones[~points] = proximity.buffered(zones[~points], buffer_m)
    zones[points] = proximity.buffered(zones[points], max(point_radius_m or 0.0, buffer_m))
    return zones


def _areas(left: Geometries, known: Floats | None) -> Floats:
    return np.asarray(shapely.area(left) if known is None else known, dtype=np.float64)


def _whole_rows(pairs: Pairs, areas: Floats) -> Rows:
    """Left rows of which a single right polygon covers all."""
    return np.unique(pairs.left[pairs.area_m2 >= areas[pairs.left] * (1 - _WHOLE)])


def _several(pairs: Pairs, whole: Rows, n: int) -> Rows:
    """Left rows that several right polygons cover in part."""
    counts = np.bincount(pairs.left, minlength=n)
    counts[whole] = 0
    return np.flatnonzero(counts > 1)


def _joined(left: Geometries, right: Geometries, pairs: Pairs, rows: Rows) -> Geometries:
    """Union of all parts of each of these left polygons that right ones cover."""
    wanted = np.isin(pairs.left, rows)
    chosen = Pairs(pairs.left[wanted], pairs.right[wanted], pairs.area_m2[wanted])
    parts, whole = _parts(left, right, chosen)
    joined = np.empty(len(rows), dtype=object)
    starts, ends = np.searchsorted(chosen.left, rows), np.searchsorted(chosen.left, rows, side="right")
    for i, (start, end) in enumerate(zip(starts, ends, strict=True)):
        joined[i] = _union(parts[start:end], whole[start:end])
    return joined


def _parts(left: Geometries, right: Geometries, pairs: Pairs) -> tuple[Geometries, NDArray[np.bool_]]:
    """The shared part of each pair as polygons, and whether it is a whole feature of the right layer."""
    parts: Geometries = left[pairs.left].copy()
    whole = pairs.area_m2 >= shapely.area(right)[pairs.right] * (1 - _WHOLE)
    parts[whole] = right[pairs.right[whole]]
    crossing = ~whole & (pairs.area_m2 < shapely.area(parts) * (1 - _WHOLE))
    parts[crossing] = polygons_of(_cut(shapely.intersection, parts[crossing], right[pairs.right[crossing]]))
    return parts, whole


def _union(parts: Geometries, whole: NDArray[np.bool_]) -> Any:
    """Union of polygons; thousands of whole features that share their borders exactly are merged along them."""
    if whole.sum() < _MANY or not shapely.coverage_is_valid(parts[whole]):
        return shapely.union_all(parts)
    return shapely.union_all([shapely.coverage_union_all(parts[whole]), *parts[~whole]])
