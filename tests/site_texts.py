"""Boundaries of sites written in the forms people use; the oracle for coordinates is pyproj itself.

Squares are built in the measuring projection, so that their areas are known by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import shapely
from hypothesis import strategies as st
from pyproj import Transformer

from pingchang_geo import crs

#: Middle of the samples in degrees: north of the county seat.
CENTRE = (107.10, 31.60)


@cache
def _projector(epsg: int) -> Transformer:
    return Transformer.from_crs(4490, epsg, always_xy=True)


def metres(corners: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Corners in metres east and north of :data:`CENTRE` (in the equal-area plane) as degrees."""
    east, north = shapely.get_coordinates(crs.to_equal_area(np.array([shapely.Point(CENTRE)])))[0]
    moved = shapely.points([(east + x, north + y) for x, y in corners])
    return [(float(x), float(y)) for x, y in shapely.get_coordinates(crs.from_equal_area(np.asarray(moved)))]


def rectangle(width_m: float, height_m: float, x: float = 0.0, y: float = 0.0) -> list[tuple[float, float]]:
    """Corners of a rectangle of this size, anticlockwise, not closed, in degrees."""
    return metres([(x, y), (x + width_m, y), (x + width_m, y + height_m), (x, y + height_m)])


def projected(points: Sequence[tuple[float, float]], epsg: int) -> list[tuple[float, float]]:
    """Easting and northing of points in degrees."""
    return [_projector(epsg).transform(*point) for point in points]


def lines(points: Sequence[tuple[float, float]], pattern: str) -> str:
    """One line a point; the pattern's fields are ``n``, ``x`` and ``y``."""
    return "\n".join(pattern.format(n=number, x=x, y=y) for number, (x, y) in enumerate(points, start=1))


def sexagesimal(value: float, marks: str = "°′″") -> str:
    """Degrees, minutes and seconds to 1e-5 seconds (0.3 mm)."""
    steps = round(value * 3600 * 100_000)
    seconds, rest = steps % (60 * 100_000) / 100_000, steps // (60 * 100_000)
    return f"{rest // 60}{marks[0]}{rest % 60:02d}{marks[1]}{seconds:08.5f}{marks[2]}"


def survey(
    parcels: Sequence[tuple[str, Sequence[Sequence[tuple[float, float]]]]],
    *,
    epsg: int = 4524,
    datum: str = "2000国家大地坐标系",
    degrees: int = 3,
    zone: int = 36,
    areas: Sequence[float] | None = None,
) -> str:
    """The 勘测定界 form: parcels as (name, rings in degrees); rings are closed, northing first."""
    text = [
        "[属性描述]",
        "格式版本号=1.01",
        "数据产生单位=平昌县自然资源局",
        f"坐标系={datum}",
        f"几度分带={degrees}",
        "投影类型=高斯克吕格",
        "计量单位=米",
        f"带号={zone}",
        "精度=0.001",
        "转换参数=0,0,0,0,0,0,0",
        "[地块坐标]",
    ]
    for at, (name, rings) in enumerate(parcels):
        closed = [[*projected(ring, epsg), projected(ring[:1], epsg)[0]] for ring in rings]
        area = areas[at] if areas else polygon_area_ha(rings)
        text.append(f"{sum(map(len, closed))},{area:.4f},{at + 1},{name},面,H48G001,工业用地,0601,@")
        number = 0
        for ring_number, ring in enumerate(closed, start=1):
            for x, y in ring:
                number += 1
                text.append(f"J{number},{ring_number},{y:.4f},{x:.4f}")
    return "\n".join(text)


def polygon_area_ha(rings: Sequence[Sequence[tuple[float, float]]]) -> float:
    """Area of a shell less its holes."""
    return float(crs.area_m2(np.array([shapely.Polygon(rings[0], rings[1:])]))[0]) / 10_000


@st.composite
def holed(draw: Callable[..., Any], *, most: int = 12) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """A simple polygon of 50 to 900 m radius somewhere in the county and a triangle of 10 m in its middle, in degrees.

    Its corners are seen from the middle one after the other, so that no side crosses another or comes nearer than 25 m.
    """
    count = draw(st.integers(3, most))
    x, y = draw(st.integers(-8_000, 8_000)), draw(st.integers(-8_000, 8_000))
    radii = draw(st.lists(st.integers(50, 900), min_size=count, max_size=count))
    turn = draw(st.floats(0, 6.28))
    angles = turn + np.arange(count) * 2 * np.pi / count
    ring = metres([(x + r * np.cos(a), y + r * np.sin(a)) for r, a in zip(radii, angles, strict=True)])
    return ring, metres([(x + 10, y), (x - 5, y + 8), (x - 5, y - 8)])


def star(*, most: int = 12) -> st.SearchStrategy[list[tuple[float, float]]]:
    """The polygon of :func:`holed` alone."""
    return holed(most=most).map(lambda made: made[0])


def shrunk(ring: Sequence[tuple[float, float]], factor: float = 0.3) -> list[tuple[float, float]]:
    """The same shape, smaller, about the mean of its corners: inside a convex ring."""
    points = np.asarray(ring)
    middle = points.mean(axis=0)
    return [(float(x), float(y)) for x, y in middle + factor * (points - middle)]
