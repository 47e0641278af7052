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
#: Features with more corners than this are searched edge by edge.
_MANY_CORNERS: Final = 200


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
    touching, touched = tree.query(left, predicate="intersects")
    row[touching], distance_m[touching] = touched, 0.0
    size = shapely.get_num_coordinates(left)
    apart = np.flatnonzero(np.isnan(distance_m) & (size > 0))
    small = size[apart] <= _MANY_CORNERS
    _search(left, apart[small], tree, row, distance_m)
    # A neighbouring county has thousands of corners, and each of its distances looks at every one of them. What
    # touches nothing is as near as the nearest of its edges.
    edges, owner = _edges(left[apart[~small]])
    edge_row, edge_distance_m = np.full(len(edges), -1, dtype=np.int64), np.full(len(edges), np.nan)
    _search(edges, np.arange(len(edges)), tree, edge_row, edge_distance_m)
    for number, place in enumerate(apart[~small]):
        mine = np.flatnonzero(owner == number)
        best = mine[np.argmin(edge_distance_m[mine])]
        row[place], distance_m[place] = edge_row[best], edge_distance_m[best]
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


def _search(geometries: Geometries, rows: Rows, tree: shapely.STRtree, row: Rows, distance_m: Floats) -> None:
    """Nearest of the tree for these rows, written into ``row`` and ``distance_m``; one match each."""
    (found, nearest_row), apart = tree.query_nearest(geometries[rows], return_distance=True, all_matches=False)
    row[rows[found]], distance_m[rows[found]] = nearest_row, apart


def _edges(geometries: Geometries) -> tuple[Geometries, Rows]:
    """Edges of lines and polygons as lines of two corners, and the row each belongs to."""
    solid = shapely.get_dimensions(geometries) == 2
    outlines = geometries.copy()
    outlines[solid] = shapely.boundary(geometries[solid])
    lines, owner = shapely.get_parts(outlines, return_index=True)
    corners, line = shapely.get_coordinates(lines, return_index=True)
    joined = line[1:] == line[:-1]
    edges = np.asarray(shapely.linestrings(np.stack([corners[:-1][joined], corners[1:][joined]], axis=1)), dtype=object)
    return edges, owner[line[:-1][joined]]


def tree_over(layer: Layer) -> shapely.STRtree:
    """The layer's tree, built where only geometries are given."""
    return layer if isinstance(layer, shapely.STRtree) else shapely.STRtree(layer)


def _geometries(layer: Layer) -> Any:
    return layer.geometries if isinstance(layer, shapely.STRtree) else layer
