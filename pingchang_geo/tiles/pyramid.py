"""All tiles of a layer, from the zoom at which plots are clear down to the whole county."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from pingchang_geo.tiles.encoding import MAX_ROWS, encode_tile
from pingchang_geo.tiles.grid import TILE_PX, pixel_size, tile_origin, tile_range
from pingchang_geo.tiles.raster import Window, rasterise_rows, rescue_unseen

Geometries = NDArray[np.object_]
TileKey = tuple[int, int, int]

STRIP_TILES = 2
"""Tile rows filled at a time: bounds memory, whatever the number of plots."""

ENCODERS = 2
"""zlib lets go of the interpreter, so two threads compress at once."""


@dataclass(frozen=True)
class TileSet:
    """The non-empty tiles of one layer: gzipped tiles by ``(z, x, y)``, and how many rows the layer has."""

    tiles: dict[TileKey, bytes]
    rows: int
    zooms: tuple[int, ...]

    @property
    def size_bytes(self) -> int:
        """Bytes of all tiles together."""
        return sum(map(len, self.tiles.values()))


def build_tiles(geoms_3857: Geometries, *, zooms: Sequence[int] = range(8, 14)) -> TileSet:
    """Build the id tiles of a layer.

    ``geoms_3857`` is an object array (n,) of valid shapely polygons or multipolygons in EPSG:3857, in row
    order; missing and empty ones leave no pixel. The deepest zoom is rasterised, each shallower one takes
    every second pixel, so a plot smaller than a pixel vanishes there: figures never come from tiles. Raises
    ValueError above 16,777,215 rows.
    """
    if len(geoms_3857) > MAX_ROWS:
        raise ValueError(f"{len(geoms_3857)} rows do not fit three byte planes (at most {MAX_ROWS})")
    levels = tuple(sorted(zooms))
    bounds = shapely.bounds(geoms_3857)
    present = ~np.isnan(bounds[:, 0]) if len(bounds) else np.zeros(0, dtype=bool)
    if not present.any() or not levels:
        return TileSet({}, len(geoms_3857), levels)
    with ThreadPoolExecutor(ENCODERS) as pool:
        keys: list[TileKey] = []
        cut: list[NDArray[np.uint32]] = []
        tiles: dict[TileKey, bytes] = {}

        def flush() -> None:
            tiles.update(zip(keys, pool.map(encode_tile, cut), strict=True))
            keys.clear()
            cut.clear()

        for key, pixels in _cut_all(geoms_3857, bounds, levels):
            keys.append(key)
            cut.append(pixels)
            if len(cut) >= 64:
                flush()
        flush()
    return TileSet(dict(sorted(tiles.items())), len(geoms_3857), levels)


def _cut_all(
    geoms: Geometries, bounds: NDArray[np.float64], levels: tuple[int, ...]
) -> Iterator[tuple[TileKey, NDArray[np.uint32]]]:
    """Yield every non-empty tile's pixels, deepest zoom first, filling the shallower levels on the way."""
    top_zoom = levels[-1]
    west, south = np.nanmin(bounds[:, :2], axis=0)
    east, north = np.nanmax(bounds[:, 2:], axis=0)
    ranges = {zoom: tile_range((west, south, east, north), zoom) for zoom in levels}
    shallow = {zoom: _blank(ranges[zoom]) for zoom in levels[:-1]}
    x0, y0, x1, y1 = ranges[top_zoom]
    for strip_y in range(y0, y1, STRIP_TILES):
        strip_end = min(strip_y + STRIP_TILES, y1)
        raster = _strip(geoms, bounds, top_zoom, (x0, strip_y, x1, strip_end))
        for zoom, level in shallow.items():
            _subsample(raster, (x0, strip_y), level, ranges[zoom][:2], top_zoom - zoom)
        yield from _cut(raster, top_zoom, x0, strip_y)
    for zoom in reversed(levels[:-1]):
        yield from _cut(shallow.pop(zoom), zoom, *ranges[zoom][:2])


def _blank(tile_box: tuple[int, int, int, int]) -> NDArray[np.uint32]:
    x0, y0, x1, y1 = tile_box
    return np.zeros(((y1 - y0) * TILE_PX, (x1 - x0) * TILE_PX), dtype=np.uint32)


def _strip(
    geoms: Geometries, bounds: NDArray[np.float64], zoom: int, tile_box: tuple[int, int, int, int]
) -> NDArray[np.uint32]:
    """Rasterise the tiles of one strip; the numbers in it are ``row + 1`` of the whole layer."""
    x0, y0, x1, y1 = tile_box
    left, top = tile_origin(zoom, x0, y0)
    bottom = tile_origin(zoom, x0, y1)[1]
    window = Window(left, top, pixel_size(zoom), (x1 - x0) * TILE_PX, (y1 - y0) * TILE_PX)
    rows = np.flatnonzero((bounds[:, 1] <= top) & (bounds[:, 3] >= bottom))
    near = geoms[rows]
    raster = rasterise_rows(near, window)
    rescue_unseen(raster, near, window)
    numbers = np.concatenate([[0], rows + 1]).astype(np.uint32)
    return numbers[raster]


def _subsample(
    raster: NDArray[np.uint32],
    raster_tile: tuple[int, int],
    level: NDArray[np.uint32],
    level_tile: tuple[int, int],
    zooms_up: int,
) -> None:
    """Copy the centre pixel of each ``2**zooms_up`` block of a strip into a shallower level, in place."""
    step = 2**zooms_up
    origin = [tile * TILE_PX for tile in raster_tile]  # world pixels, deepest zoom
    # The first shallow pixel whose centre falls into the strip, per axis.
    first = [-(-(start - step // 2) // step) for start in origin]
    skip = [pixel * step + step // 2 - start for pixel, start in zip(first, origin, strict=True)]
    part = raster[skip[1] :: step, skip[0] :: step]
    column, row = (pixel - tile * TILE_PX for pixel, tile in zip(first, level_tile, strict=True))
    level[row : row + part.shape[0], column : column + part.shape[1]] = part


def _cut(raster: NDArray[np.uint32], zoom: int, x0: int, y0: int) -> Iterator[tuple[TileKey, NDArray[np.uint32]]]:
    for row in range(0, raster.shape[0], TILE_PX):
        for column in range(0, raster.shape[1], TILE_PX):
            tile = raster[row : row + TILE_PX, column : column + TILE_PX]
            if tile.any():
                yield (zoom, x0 + column // TILE_PX, y0 + row // TILE_PX), tile.copy()
