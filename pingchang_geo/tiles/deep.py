"""Tiles below the archive's deepest zoom, drawn when somebody looks: few plots each, so milliseconds."""

from collections import OrderedDict
from threading import Lock

import numpy as np
import shapely
from numpy.typing import NDArray

from pingchang_geo.tiles.encoding import MAX_ROWS, encode_tile
from pingchang_geo.tiles.grid import TILE_PX, pixel_size, tile_origin
from pingchang_geo.tiles.raster import Window, rasterise_rows

KEPT_TILES = 256


class DeepTiles:
    """Renders single id tiles of a layer; safe to share between threads. Keeps a reference to the
    geometries, no copy."""

    def __init__(self, geoms_3857: NDArray[np.object_]) -> None:
        """Index valid polygons given in EPSG:3857 in row order."""
        if len(geoms_3857) > MAX_ROWS:
            raise ValueError(f"{len(geoms_3857)} rows do not fit three byte planes (at most {MAX_ROWS})")
        self._geoms = geoms_3857
        self._tree = shapely.STRtree(geoms_3857)
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
        size = pixel * TILE_PX
        rows = np.sort(self._tree.query(shapely.box(left, top - size, left + size, top)))
        raster = rasterise_rows(self._geoms[rows], Window(left, top, pixel, TILE_PX, TILE_PX))
        if not raster.any():
            return None
        numbers = np.concatenate([[0], rows + 1]).astype(np.uint32)
        return encode_tile(numbers[raster])
