"""Polygons to pixels, for very many small polygons at once.

GDAL's rasteriser takes one Python object a polygon, which alone costs seconds at 100,000 plots. Here all
polygons are filled together by the scan-line rule in numpy: every edge is cut at the pixel centres of the
rows that it crosses, the cuts are sorted by (polygon, row, column) and taken in pairs. Holes and multipart
plots need no special case (even-odd rule).
"""

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

Geometries = NDArray[np.object_]
Rows = NDArray[np.uint32]


class Window(NamedTuple):
    """Where a raster lies: corner of its first pixel and pixel size in EPSG:3857 units, width and height in
    pixels."""

    left: float
    top: float
    pixel: float
    width: int
    height: int


def _edges(geoms: Geometries) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return start points (m, 2), end points (m, 2) and owners (m,) of all ring edges."""
    parts, owner_of_part = shapely.get_parts(geoms, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    points, ring_of_point = shapely.get_coordinates(rings, return_index=True)
    inside_ring = ring_of_point[1:] == ring_of_point[:-1]
    owner = owner_of_part[part_of_ring[ring_of_point[:-1][inside_ring]]]
    return points[:-1][inside_ring], points[1:][inside_ring], owner


def _expand(first: NDArray[np.int64], count: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Expand runs: ``first=[5, 9], count=[2, 1]`` gives run numbers ``[0, 0, 1]`` and values ``[5, 6,
    9]``."""
    run = np.repeat(np.arange(len(first)), count)
    before = np.cumsum(count) - count
    return run, np.arange(len(run)) + (first - before)[run]


def rasterise_rows(geoms: Geometries, window: Window) -> Rows:
    """Return a ``(height, width)`` uint32 raster holding ``position + 1`` of the polygon under each pixel
    centre.

    The polygons must be valid and in the window's units. Where they overlap the later one is seen. Missing,
    empty and non-areal geometries leave no pixel.
    """
    left, top, pixel, width, height = window
    out = np.zeros(height * width, dtype=np.uint32)
    start, end, owner = _edges(geoms)
    if len(owner) == 0:
        return out.reshape(height, width)
    x1, y1 = (start[:, 0] - left) / pixel, (top - start[:, 1]) / pixel
    x2, y2 = (end[:, 0] - left) / pixel, (top - end[:, 1]) / pixel
    # Row k is crossed when its centre k + 0.5 lies in [low, high): half open, so that every ring crosses a
    # row an even number of times and shared corners count once.
    first = np.clip(np.ceil(np.minimum(y1, y2) - 0.5), 0, height).astype(np.int64)
    last = np.clip(np.ceil(np.maximum(y1, y2) - 0.5), 0, height).astype(np.int64)
    edge, row = _expand(first, last - first)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (x2 - x1) / (y2 - y1)
    column = np.ceil(x1[edge] + (row + 0.5 - y1[edge]) * slope[edge] - 0.5)
    column = np.clip(column, 0, width).astype(np.int64)
    # One sortable number per cut; rounding the column up keeps the order, so pairs stay pairs.
    cuts = np.sort((owner[edge] * height + row) * (width + 1) + column)
    begin, finish = cuts[0::2], cuts[1::2]
    length = finish - begin
    begin, length = begin[length > 0], length[length > 0]
    line, column = np.divmod(begin, width + 1)
    plot, row = np.divmod(line, height)
    span, pixels = _expand(row * width + column, length)
    out[pixels] = (plot + 1).astype(np.uint32)[span]
    return out.reshape(height, width)


def rescue_unseen(raster: Rows, geoms: Geometries, window: Window) -> None:
    """Give each polygon too small to own a pixel centre the pixel it lies in, in place.

    A pixel is taken from another polygon only if that one keeps some other pixel, so nobody vanishes for it.
    Polygons whose inner point lies outside the raster are left to the raster they lie in.
    """
    left, top, pixel, width, height = window
    count = np.bincount(raster.ravel(), minlength=len(geoms) + 1)
    unseen = np.flatnonzero((count[1:] == 0) & ~(shapely.is_missing(geoms) | shapely.is_empty(geoms)))
    unseen = unseen[shapely.area(geoms[unseen]) > 0]
    points = shapely.point_on_surface(geoms[unseen])
    columns = np.floor((shapely.get_x(points) - left) / pixel).astype(np.int64)
    rows = np.floor((top - shapely.get_y(points)) / pixel).astype(np.int64)
    within = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    for plot, row, column in zip(unseen[within], rows[within], columns[within], strict=True):
        present = raster[row, column]
        if present == 0 or count[present] > 1:
            count[present] -= 1
            count[plot + 1] = 1
            raster[row, column] = plot + 1
