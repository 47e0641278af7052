"""Where a reader has moved a map: the parameter ``view`` of a page's address, which the map itself writes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from pingchang_geo.crs import Box

#: A page's map on a screen of 1366 × 768, in pixels, for addresses that name no size.
USUAL_PX: Final = (820, 470)
_TILE_PX: Final = 256
#: Degrees north or south (the square world of web maps ends there), degrees east or west, zoom.
_MOST: Final = (85.0, 180.0, 24.0)
_LEAST_PX, _MOST_PX = 50, 10_000
_DIGITS: Final = 5


@dataclass(frozen=True, slots=True)
class MapView:
    """Centre (degrees, EPSG:4490), zoom, and the size in pixels of the map that was seen."""

    latitude: float
    longitude: float
    zoom: float
    width_px: float = USUAL_PX[0]
    height_px: float = USUAL_PX[1]

    @property
    def extent(self) -> Box:
        """West, south, east, north (degrees, EPSG:4490) of what was seen."""
        world_px = _TILE_PX * 2.0**self.zoom
        across = 360.0 * self.width_px / world_px / 2
        y = math.asinh(math.tan(math.radians(self.latitude)))
        along = 2 * math.pi * self.height_px / world_px / 2
        south, north = (math.degrees(math.atan(math.sinh(y + sign * along))) for sign in (-1, 1))
        west, east = self.longitude - across, self.longitude + across
        return round(west, _DIGITS), round(south, _DIGITS), round(east, _DIGITS), round(north, _DIGITS)


def parse_view(text: str) -> MapView | None:
    """``latitude,longitude,zoom`` or ``latitude,longitude,zoom,width,height``; None for anything else.

    >>> parse_view("31.5,107.1,12")
    MapView(latitude=31.5, longitude=107.1, zoom=12.0, width_px=820, height_px=470)
    """
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        return None
    place, size = numbers[:3], numbers[3:]
    if len(place) != 3 or len(size) not in {0, 2}:
        return None
    latitude, longitude, zoom = place
    near = abs(latitude) < _MOST[0] and abs(longitude) <= _MOST[1] and 0 <= zoom <= _MOST[2]
    if not near or not all(_LEAST_PX <= side <= _MOST_PX for side in size):
        return None
    return MapView(*numbers)
