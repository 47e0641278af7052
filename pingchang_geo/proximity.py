"""Distances between layers: nearest feature, features within a radius, buffers. Vectorised.

All geometries are in the measuring projection (metres). It keeps areas exactly and distances nearly: between two
points of the county's box the straight distance differs from the geodesic one by at most 2.1e-5 of its length,
that is 2.1 cm a kilometre (``tests/test_proximity.py`` measures it against ``pyproj.Geod``).

A :class:`shapely.STRtree` may stand for a layer's geometries wherever one is accepted, so that a tree that is
already built serves again. Nothing here prepares the given geometries in place: they are shared between threads, and
a prepared geometry is not safe to share.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pingchang_geo.crs import Geometries

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Layer = Geometries | shapely.STRtree

#: Segments of a quarter circle: a buffer's outline runs at most 3e-4 of its radius (0.3 m a kilometre) inside the
#: true one, its circle lacks 4e-4 of the area.
QUARTER_SEGMENTS: Final = 32


@dataclass(frozen=True)
class Nearest:
    """The nearest feature of another layer for n features.

    Attributes:
        row: n rows of the other layer, any one where several are equally near; −1 where there is none.
        distance_m: n distances in metres, 0 where the features touch or overlap; NaN where there is none.
    """

    row: Rows
    distance_m: Floats


def nearest(left: Geometries, right: Layer) -> Nearest:
    """Nearest feature of ``right`` for each of n features of ``left``.

    Empty and missing geometries have no nearest feature and are nobody's. See the module for the error of distances.
    """
    n = len(left)
    row = np.full(n, -1, dtype=np.int64)
    distance_m = np.full(n, np.nan)
    tree = tree_over(right)
    if not (n and len(tree)):
        return Nearest(row, distance_m)
    # One match each: a township touches thousands of plots, and looking at every one takes seconds.
    found, apart = tree.query_nearest(left, return_distance=True, all_matches=False)
    lefts, rights = found
    row[lefts] = rights
    distance_m[lefts] = apart
    return Nearest(row, distance_m)


def within(left: Layer, right: Layer, radius_m: float) -> tuple[Rows, Rows]:
    """Pairs of features no more than ``radius_m`` apart (0: touching or overlapping), in metres.

    Returns:
        Rows of ``left`` and rows of ``right``, ordered by (left, right). The radius is exact: no buffer is drawn.
    """
    many, few, swapped = (left, right, False) if len(left) >= len(right) else (right, left, True)
    if not len(few):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    few_rows, many_rows = tree_over(many).query(_geometries(few), predicate="dwithin", distance=float(radius_m))
    lefts, rights = (few_rows, many_rows) if swapped else (many_rows, few_rows)
    order = np.lexsort((rights, lefts))
    return lefts[order].astype(np.int64), rights[order].astype(np.int64)


def buffered(geometries: Geometries, radius_m: float) -> Geometries:
    """Features with everything no more than ``radius_m`` metres away; unchanged for a radius of 0.

    Round corners have :data:`QUARTER_SEGMENTS` segments a quarter circle.
    """
    if radius_m == 0:
        return geometries
    return np.asarray(shapely.buffer(geometries, radius_m, quad_segs=QUARTER_SEGMENTS), dtype=object)


def tree_over(layer: Layer) -> shapely.STRtree:
    """The layer's tree, built where only geometries are given."""
    return layer if isinstance(layer, shapely.STRtree) else shapely.STRtree(layer)


def _geometries(layer: Layer) -> Any:
    return layer.geometries if isinstance(layer, shapely.STRtree) else layer
