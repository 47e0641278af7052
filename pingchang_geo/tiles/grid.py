"""The XYZ tile grid of EPSG:3857: sizes and corners."""

from math import pi

TILE_PX = 256
HALF_WORLD_M = pi * 6378137.0
"""Half the width of the EPSG:3857 square in its own metres (true only on the equator)."""


def pixel_size(zoom: int) -> float:
    """Width of one pixel at a zoom level, in EPSG:3857 units."""
    return 2.0 * HALF_WORLD_M / (TILE_PX * 2**zoom)


def tile_origin(zoom: int, x: int, y: int) -> tuple[float, float]:
    """Return the left and top coordinate (EPSG:3857) of a tile."""
    size = pixel_size(zoom) * TILE_PX
    return -HALF_WORLD_M + x * size, HALF_WORLD_M - y * size


def tile_range(bounds: tuple[float, float, float, float], zoom: int) -> tuple[int, int, int, int]:
    """Return ``(x0, y0, x1, y1)``, the tiles (ends exclusive) that cover bounds given in EPSG:3857.

    The range is clipped to the world, so plots outside the projection's square are simply not drawn.
    """
    size = pixel_size(zoom) * TILE_PX
    last = 2**zoom - 1
    west, south, east, north = bounds

    def clip(number: float) -> int:
        return max(0, min(last, int(number // 1)))

    x0, x1 = clip((west + HALF_WORLD_M) / size), clip((east + HALF_WORLD_M) / size)
    y0, y1 = clip((HALF_WORLD_M - north) / size), clip((HALF_WORLD_M - south) / size)
    return x0, y0, x1 + 1, y1 + 1
