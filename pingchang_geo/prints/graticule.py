"""Meridians and parallels across a map sheet, and where they meet its frame. Pure.

In the measuring projection they are very slightly curved; each is drawn through computed points, and its ticks stand
where it really crosses the frame.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pingchang_geo.crs import EQUAL_AREA_PROJ, STORAGE_EPSG, Geometries, transform
from pingchang_geo.prints.picture import Extent

Floats = NDArray[np.float64]

#: Spacings in seconds of arc that readers of maps are used to.
_STEPS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 18000, 36000)
#: Points along one line or one side of the frame.
_POINTS: Final = 33


@dataclass(frozen=True)
class Line:
    """One meridian or parallel: its degree, label, course in metres (m × 2) and where it crosses two sides.

    ``low`` and ``high`` are x on the lower and upper side for meridians, y on the left and right side for parallels;
    NaN where it leaves the sheet elsewhere.
    """

    degree: float
    label: str
    course: Floats
    low: float
    high: float


def step_deg(span_deg: float, most: int) -> float:
    """The smallest customary spacing that divides ``span_deg`` into at most ``most`` whole steps."""
    seconds = next((s for s in _STEPS_S if math.floor(span_deg * 3600 / s + 1e-6) <= most), _STEPS_S[-1])
    return seconds / 3600


def label(degree: float, signs: str, step: float) -> str:
    """``107°05′E``; ``signs``: letters of the positive and the negative half; seconds only where the spacing needs
    them."""
    seconds = round(abs(degree) * 3600)
    minutes, second = divmod(seconds, 60)
    whole, minute = divmod(minutes, 60)
    tail = f"{second:02d}″" if round(step * 3600) % 60 else ""
    return f"{whole}°{minute:02d}′{tail}{signs[0] if degree >= 0 else signs[1]}"


def graticule(extent: Extent, most_x: int = 5, most_y: int = 4) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """Meridians and parallels of a sheet (metres of the measuring projection), at most one more than asked for of
    each."""
    west, south, east, north = extent
    along_x, along_y = np.linspace(west, east, _POINTS), np.linspace(south, north, _POINTS)
    lon_low, _ = _degrees(along_x, np.full(_POINTS, south))
    lon_high, _ = _degrees(along_x, np.full(_POINTS, north))
    _, lat_left = _degrees(np.full(_POINTS, west), along_y)
    _, lat_right = _degrees(np.full(_POINTS, east), along_y)
    lats = np.linspace(
        min(lat_left.min(), lat_right.min()) - 0.01, max(lat_left.max(), lat_right.max()) + 0.01, _POINTS
    )
    lons = np.linspace(min(lon_low.min(), lon_high.min()) - 0.01, max(lon_low.max(), lon_high.max()) + 0.01, _POINTS)
    meridians = [
        Line(degree, label(degree, "EW", step), _metres(np.full(_POINTS, degree), lats), *crossings)
        for degree, step, crossings in _lines(lon_low, lon_high, along_x, most_x)
    ]
    parallels = [
        Line(degree, label(degree, "NS", step), _metres(lons, np.full(_POINTS, degree)), *crossings)
        for degree, step, crossings in _lines(lat_left, lat_right, along_y, most_y)
    ]
    return tuple(meridians), tuple(parallels)


def _lines(low: Floats, high: Floats, along: Floats, most: int) -> Iterator[tuple[float, float, tuple[float, float]]]:
    """Degree, spacing and crossings of each line of one family; ``low`` and ``high``: degrees at the places ``along``
    two opposite sides."""
    first, last = min(low[0], high[0]), max(low[-1], high[-1])
    step = step_deg(min(low[-1] - low[0], high[-1] - high[0]), most)
    for number in range(math.ceil(first / step), math.floor(last / step) + 1):
        degree = round(number * step, 9)
        at_low, at_high = (float(np.interp(degree, side, along, left=np.nan, right=np.nan)) for side in (low, high))
        yield degree, step, (at_low, at_high)


def _degrees(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    moved = shapely.get_coordinates(transform(_points(x, y), EQUAL_AREA_PROJ, f"EPSG:{STORAGE_EPSG}"))
    return moved[:, 0], moved[:, 1]


def _metres(lon: Floats, lat: Floats) -> Floats:
    moved = transform(_points(lon, lat), f"EPSG:{STORAGE_EPSG}", EQUAL_AREA_PROJ)
    return np.asarray(shapely.get_coordinates(moved), dtype=np.float64)


def _points(x: Floats, y: Floats) -> Geometries:
    return np.asarray(shapely.points(x, y), dtype=object)
