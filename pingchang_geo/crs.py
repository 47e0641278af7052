"""Coordinate systems and areas.

Storage is CGCS2000 geographic (EPSG:4490, x = longitude, y = latitude). Areas are measured in a Lambert
equal-area projection centred on the county: against the geodesic area on the ellipsoid its relative error
is ≤ 3e-8, thousands of times faster. EPSG:3857 is for tiles only and never measured in.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

STORAGE_EPSG: Final = 4490
EQUAL_AREA_PROJ: Final = "+proj=laea +lat_0=31.56 +lon_0=107.2 +ellps=GRS80 +units=m +no_defs"
WEB_MERCATOR_EPSG: Final = 3857
#: Radius of the sphere of EPSG:3857, metres.
_SPHERE_M: Final = 6378137.0

#: The county's extent in degrees (west, south, east, north), with about 0.1° to spare on each side for
#: "does this land here at all?"; the exact outline is a layer.
COUNTY_BOX: Final = (106.73, 31.15, 107.67, 31.97)

Geometries = NDArray[Any]
#: West, south, east, north.
Box = tuple[float, float, float, float]


@cache
def equal_area_crs() -> CRS:
    """The measuring projection."""
    return CRS.from_proj4(EQUAL_AREA_PROJ)


@cache
def _transformer(source: str, target: str) -> Transformer:
    return Transformer.from_crs(CRS.from_user_input(source), CRS.from_user_input(target), always_xy=True)


def transform(geometries: Geometries, source: str, target: str) -> Geometries:
    """Reproject an array of shapely geometries (x = east or longitude); coordinates in one call."""
    transformer = _transformer(source, target)

    def move(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        east, north = transformer.transform(coordinates[:, 0], coordinates[:, 1])
        return np.column_stack([east, north])

    return shapely.transform(geometries, move)


def to_equal_area(geometries: Geometries) -> Geometries:
    """EPSG:4490 → the measuring projection (metres)."""
    return transform(geometries, f"EPSG:{STORAGE_EPSG}", EQUAL_AREA_PROJ)


def from_equal_area(geometries: Geometries) -> Geometries:
    """The measuring projection → EPSG:4490."""
    return transform(geometries, EQUAL_AREA_PROJ, f"EPSG:{STORAGE_EPSG}")


def to_web_mercator(geometries: Geometries) -> Geometries:
    """EPSG:4490 → EPSG:3857, for drawing only.

    CGCS2000 and WGS 84 differ by centimetres; the two are taken as one for the screen.
    """
    return transform(geometries, "EPSG:4326", f"EPSG:{WEB_MERCATOR_EPSG}")


def boxes_to_web_mercator(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Boxes (n × 4: west, south, east, north) EPSG:4490 → EPSG:3857, which keeps them upright; NaN stays NaN.

    By the projection's own formula on the sphere, as a million boxes must not keep a tile waiting; equal to
    :func:`to_web_mercator` within 1e-6 m (a test).
    """
    across = np.radians(boxes[:, 0::2])
    up = np.log(np.tan(np.pi / 4 + np.radians(boxes[:, 1::2]) / 2))
    west, east = (_SPHERE_M * across).T
    south, north = (_SPHERE_M * up).T
    return np.column_stack([west, south, east, north])


def area_m2(geometries: Geometries) -> NDArray[np.float64]:
    """Areas in m² of EPSG:4490 geometries; 0 for points and lines."""
    return np.asarray(shapely.area(to_equal_area(geometries)), dtype=np.float64)


def inside_county_box(bounds: tuple[float, float, float, float]) -> bool:
    """Whether a box (west, south, east, north in degrees) touches the county's surroundings."""
    west, south, east, north = COUNTY_BOX
    return bool(bounds[0] <= east and bounds[2] >= west and bounds[1] <= north and bounds[3] >= south)
