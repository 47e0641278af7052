"""Tiles below the archive's deepest zoom, drawn when somebody looks: few plots each, so milliseconds."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from pingchang_geo.tiles.encoding import MAX_ROWS, encode_tile
from pingchang_geo.tiles.grid import TILE_PX, pixel_size, tile_origin
from pingchang_geo.tiles.raster import Window, rasterise_rows

KEPT_TILES = 1024
"""Tiles kept; a few kilobytes each."""

Project = Callable[[NDArray[np.object_]], NDArray[np.object_]]


class DeepTiles:
    """Renders single id tiles of a layer; safe to share between threads.

    Only the geometries of a tile are projected, when it is drawn: nothing is prepared for the whole layer, whatever
    its size, and no second copy of it is kept.
    """

    def __init__(self, geometries: NDArray[np.object_], boxes: NDArray[np.float64], project: Project) -> None:
        """Polygons in row order, in any projection.

        Args:
            geometries: valid polygons.
            boxes: n × 4 (west, south, east, north), EPSG:3857; NaN where a row has no geometry.
            project: some of the geometries → EPSG:3857.

        Raises:
            ValueError: more rows than an id tile can number.
        """
        if len(geometries) > MAX_ROWS:
            raise ValueError(f"{len(geometries)} rows do not fit three byte planes (at most {MAX_ROWS})")
        self._geometries, self._project = geometries, project
        self._west, self._south, self._east, self._north = np.ascontiguousarray(boxes.T)
        self._kept: OrderedDict[tuple[int, int, int], bytes | None] = OrderedDict()
        self._lock = Lock()

    def render(self, zoom: int, x: int, y: int) -> bytes | None:
        """Return a tile's gzip bytes, or None where nothing is or where no such tile exists."""
        if not (0 <= zoom < 30 and 0 <= x < 2**zoom and 0 <= y < 2**zoom):
            return None
        key = (zoom, x, y)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        tile = self._draw(zoom, x, y)
        with self._lock:
            self._kept[key] = tile
            while len(self._kept) > KEPT_TILES:
                self._kept.popitem(last=False)
        return tile

    def _draw(self, zoom: int, x: int, y: int) -> bytes | None:
        left, top = tile_origin(zoom, x, y)
        pixel = pixel_size(zoom)
        right, bottom = left + pixel * TILE_PX, top - pixel * TILE_PX
        rows = np.flatnonzero(
            (self._west <= right) & (self._east >= left) & (self._south <= top) & (self._north >= bottom)
        )
        if not len(rows):
            return None
        shapes = self._project(self._geometries[rows])
        raster = rasterise_rows(shapes, Window(left, top, pixel, TILE_PX, TILE_PX))
        if not raster.any():
            return None
        numbers = np.concatenate([[0], rows + 1]).astype(np.uint32)
        return encode_tile(numbers[raster])
