"""Whether the features lie in the county, and whether they are shifted as internet maps are. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pingchang_geo.crs import COUNTY_BOX
from pingchang_geo.issues import Issue
from pingchang_geo.messages import issue
from pingchang_geo.validation.model import Subject

#: The outline is a published map's, not a survey: up to about 500 m beyond it is "at the border", not outside.
_OUTLINE_DEG: Final = 0.005
#: GCJ-02 is suspected when this share of features leaves the county and undoing the shift brings back
#: this share of those.
_GCJ_OUTSIDE: Final = 0.004
_GCJ_BROUGHT_BACK: Final = 0.8
_GCJ_FEWEST: Final = 20
_KRASOVSKY_A: Final = 6378245.0
_KRASOVSKY_E2: Final = 0.00669342162296594323
_BD_PI: Final = np.pi * 3000.0 / 180.0

Points = NDArray[np.float64]


def gcj_offset(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Points:
    """The shift GCJ-02 adds, in degrees, (n, 2); the algorithm as widely published."""
    x, y = lon - 105.0, lat - 35.0
    wave = 20 * np.sin(6 * x * np.pi) + 20 * np.sin(2 * x * np.pi)
    d_lat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + wave * 2 / 3
    d_lat += (20 * np.sin(y * np.pi) + 40 * np.sin(y / 3 * np.pi)) * 2 / 3
    d_lat += (160 * np.sin(y / 12 * np.pi) + 320 * np.sin(y * np.pi / 30)) * 2 / 3
    d_lon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + wave * 2 / 3
    d_lon += (20 * np.sin(x * np.pi) + 40 * np.sin(x / 3 * np.pi)) * 2 / 3
    d_lon += (150 * np.sin(x / 12 * np.pi) + 300 * np.sin(x / 30 * np.pi)) * 2 / 3
    radians = np.radians(lat)
    magic = 1 - _KRASOVSKY_E2 * np.sin(radians) ** 2
    root = np.sqrt(magic)
    d_lat = d_lat * 180 / (_KRASOVSKY_A * (1 - _KRASOVSKY_E2) / (magic * root) * np.pi)
    d_lon = d_lon * 180 / (_KRASOVSKY_A / root * np.cos(radians) * np.pi)
    return np.column_stack([d_lon, d_lat])


def _bd_undone(points: Points) -> Points:
    """BD-09 → GCJ-02, the formula as widely published."""
    x, y = points[:, 0] - 0.0065, points[:, 1] - 0.006
    radius = np.hypot(x, y) - 0.00002 * np.sin(y * _BD_PI)
    angle = np.arctan2(y, x) - 0.000003 * np.cos(x * _BD_PI)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def _gcj_undone(points: Points) -> Points:
    """GCJ-02 → true degrees: two fixed-point steps, within a centimetre here."""
    true = points
    for _ in range(2):
        true = points - gcj_offset(true[:, 0], true[:, 1])
    return true


#: Internet maps' shifts by the question about them, smallest first, and how each is undone.
_SHIFTS: Final[Mapping[str, Callable[[Points], Points]]] = {
    "GCJ_SUSPECTED": _gcj_undone,
    "BD_SUSPECTED": lambda points: _gcj_undone(_bd_undone(points)),
}


def corrected(geometry: NDArray[Any], codes: Iterable[str]) -> NDArray[Any]:
    """Geometries (degrees) without the shifts that these questions are about."""
    for code in codes:
        if code in _SHIFTS:
            geometry = np.asarray(shapely.transform(geometry, _SHIFTS[code]))
    return geometry


def _centres(geometry: NDArray[Any]) -> Points:
    boxes = shapely.bounds(geometry)
    return np.column_stack([(boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2])


def whereabouts(subject: Subject, county: Any | None) -> list[Issue]:
    """Features outside the county; base-map layers (neighbours, rivers) only have to be near it."""
    geometry = subject.frame.geometry.to_numpy()
    here = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    if not here.any():
        return []
    area = shapely.box(*COUNTY_BOX) if county is None or subject.spec.base_map else county
    shapely.prepare(area)
    centres = _centres(geometry)
    centred = here & shapely.contains_xy(area, centres[:, 0], centres[:, 1])
    rest = np.flatnonzero(here & ~centred)
    meets = np.zeros(len(geometry), dtype=bool)
    meets[rest] = shapely.intersects(area, geometry[rest])
    near = rest[~meets[rest]]
    meets[near] = shapely.distance(area, geometry[near]) <= _OUTLINE_DEG
    outside = here & ~centred & ~meets
    if outside.sum() == here.sum():
        west, south, east, north = shapely.total_bounds(geometry)
        bounds = f"东经 {west:.3f}–{east:.3f}°、北纬 {south:.3f}–{north:.3f}°"
        return [issue("OUTSIDE_ALL", count=int(outside.sum()), bounds=bounds)]
    if subject.spec.base_map:
        return []
    issues = []
    if outside.any():
        issues.append(issue("OUTSIDE_SOME", rows=subject.rows(outside)))
    if meets.any():
        issues.append(issue("OUTSIDE_CROSSING", rows=subject.rows(meets)))
    if county is not None:
        issues += _shifted(subject, county, centres, here & ~centred, int(here.sum()))
    return issues


def _shifted(subject: Subject, county: Any, centres: Points, off: NDArray[np.bool_], total: int) -> list[Issue]:
    """Centres outside the county that come back when the shift of an internet map is undone."""
    count = int(off.sum())
    if count < _GCJ_FEWEST or count < _GCJ_OUTSIDE * total or count > 0.5 * total:
        return []
    known = np.isfinite(centres).all(axis=1)
    undone = {code: undo(centres) for code, undo in _SHIFTS.items()}
    still = {code: int((~shapely.contains_xy(county, *true.T) & known).sum()) for code, true in undone.items()}
    code = min(still, key=lambda one: still[one])
    if still[code] > (1 - _GCJ_BROUGHT_BACK) * count:
        return []
    offset = (centres - undone[code])[off].mean(axis=0)
    east, north = offset[0] * 94_900, offset[1] * 110_900  # metres per degree at 31.6° N
    direction = ("东" if east > 0 else "西") + ("北" if north > 0 else "南")
    metres = f"{np.hypot(east, north):.0f}"
    return [issue(code, rows=subject.rows(off), direction=direction, metres=metres)]
