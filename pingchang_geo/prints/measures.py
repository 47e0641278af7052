"""Numbers of a map sheet: extents that fit a frame, round lengths of the scale bar, true north. Pure.

Within the county the measuring projection keeps lengths to 2 parts in 100,000 (it is centred there and the county is
80 km across), so that a length on the map, in metres of the projection, is a length on the ground.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import shapely

from pingchang_geo.crs import EQUAL_AREA_PROJ, STORAGE_EPSG, Geometries, transform
from pingchang_geo.prints.picture import Extent, PictureError

#: Extents beyond this (metres from the centre of the projection) are no map of the county.
_FARTHEST_M: Final = 2_000_000.0


def around(geometries_m: Geometries, margin: float = 0.15, least_m: float = 0.0) -> Extent:
    """Extent around geometries with a margin on each side (share of the longer side), at least ``least_m`` wide and
    high.

    Raises:
        PictureError: there is nothing to show.
    """
    bounds = shapely.total_bounds(geometries_m) if len(geometries_m) else np.full(4, np.nan)
    west, south, east, north = (float(v) for v in bounds)
    if not all(map(math.isfinite, (west, south, east, north))):
        raise PictureError("没有可供制图的图形。", fix="请检查数据是否为空。")
    spare = 2 * margin * max(east - west, north - south)
    width, height = max(east - west + spare, least_m), max(north - south + spare, least_m)
    x, y = (west + east) / 2, (south + north) / 2
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def fitted(extent: Extent, aspect: float) -> Extent:
    """The extent widened (never cropped) about its centre to ``aspect`` = width ÷ height.

    Raises:
        PictureError: the extent is empty, not finite or not on the county's part of the globe.
    """
    west, south, east, north = extent
    if not all(math.isfinite(v) and abs(v) <= _FARTHEST_M for v in extent) or east <= west or north <= south:
        raise PictureError("地图范围无效。", fix="请检查范围的西、南、东、北四至（等积投影，米）。")
    width, height = east - west, north - south
    width, height = max(width, height * aspect), max(height, width / aspect)
    x, y = (west + east) / 2, (south + north) / 2
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def bar_length_m(longest_m: float) -> float:
    """The largest round length (1, 2 or 5 times a power of ten metres) not above ``longest_m``."""
    power = 10.0 ** math.floor(math.log10(longest_m))
    return max(step * power for step in (1.0, 2.0, 5.0) if step * power <= longest_m * (1 + 1e-9))


def bar_parts(length_m: float) -> int:
    """Into how many alternating parts of round length a bar of that round length divides: quarters or fifths."""
    leading = round(length_m / 10.0 ** math.floor(math.log10(length_m) + 1e-9))
    return {1: 4, 2: 4, 5: 5}[leading]


def length_text(length_m: float) -> tuple[str, str]:
    """Number and unit: ``("500", "m")``, ``("2", "km")``."""
    return (f"{length_m / 1000:g}", "km") if length_m >= 1000 else (f"{length_m:g}", "m")


def north_turn_deg(x_m: float, y_m: float) -> float:
    """Direction of true north at a place, degrees clockwise from the top of the sheet.

    The projection's grid north differs from it by up to 0.2° at the county's edges.
    """
    step_deg = 0.01
    here = transform(np.array([shapely.Point(x_m, y_m)]), EQUAL_AREA_PROJ, f"EPSG:{STORAGE_EPSG}")[0]
    ahead = shapely.Point(here.x, here.y + step_deg)
    point = transform(np.array([ahead]), f"EPSG:{STORAGE_EPSG}", EQUAL_AREA_PROJ)[0]
    return math.degrees(math.atan2(point.x - x_m, point.y - y_m))
