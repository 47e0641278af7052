"""Repair of invalid polygons, refused beforehand where it would take for ever. Pure.

A repair computes every crossing of the sides: two thousand corners at random have half a million and take a minute, and
the time grows faster than their square. So the crossings are counted first, which is cheap, and the worst polygons left
alone.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pingchang_geo import crs
from pingchang_geo.issues import Issue
from pingchang_geo.messages import issue
from pingchang_geo.units import format_number
from pingchang_geo.validation.crossings import Budget, crossings
from pingchang_geo.validation.shapes import polygonal

#: A repair may change the area by this much without being asked about: relative, or in m².
REPAIR_RELATIVE: Final = 1e-6
REPAIR_M2: Final = 1.0
#: Crossings that are repaired in one file: so many, or so many an invalid polygon if that is more. An honest slip of
#: the mouse makes one or two; fifty thousand take some seconds.
_CROSSINGS: Final = 50_000
_CROSSINGS_EACH: Final = 8
#: Pairs of sides looked at to count them: so many, or so many a side if that is more (a clean ring has three to five).
_PAIRS: Final = 20_000_000
_PAIRS_EACH: Final = 20

_POLYGON, _MULTIPOLYGON = 3, 6
Geometries = NDArray[Any]
Records = NDArray[np.int64]


def repaired(geometry: Geometries, record: Records) -> tuple[Geometries, list[Issue]]:
    """Valid geometries (EPSG:4490), with what the repair changed in m².

    None stands for what would take too long to repair and for what has no area left: both are refused.
    """
    kind = shapely.get_type_id(geometry)
    invalid = np.flatnonzero(np.isin(kind, (_POLYGON, _MULTIPOLYGON)) & ~shapely.is_valid(geometry))
    if not len(invalid):
        return geometry, []
    result = geometry.copy()
    allowed = _affordable(geometry[invalid])
    issues = _tangled(geometry[invalid[~allowed]], record[invalid[~allowed]])
    result[invalid[~allowed]] = None
    invalid = invalid[allowed]
    fixed = polygonal(shapely.make_valid(geometry[invalid], method="structure", keep_collapsed=False))
    empty = shapely.is_empty(fixed)
    if empty.any():
        issues.append(issue("GEOMETRY_COLLAPSED", rows=record[invalid[empty]]))
    fixed[empty] = None
    result[invalid] = fixed
    whole = ~empty
    return result, issues + _changed(geometry[invalid[whole]], fixed[whole], record[invalid[whole]])


def _affordable(polygons: Geometries) -> NDArray[np.bool_]:
    """Which invalid polygons are repaired: those with the fewest crossings first, as far as the budget goes."""
    corners = shapely.get_num_coordinates(polygons).astype(np.int64)
    most = max(_CROSSINGS, _CROSSINGS_EACH * len(polygons))
    count = corners * corners // 2  # more than there can be
    if count.sum() > most:
        budget = Budget(max(_PAIRS, _PAIRS_EACH * int(corners.sum())))
        for position in np.argsort(corners, kind="stable").tolist():
            found = crossings(polygons[position], most, budget)
            count[position] = most + 1 if found is None else found
    order = np.argsort(count, kind="stable")
    allowed = np.zeros(len(polygons), dtype=bool)
    allowed[order] = np.cumsum(count[order]) <= most
    return allowed


def _tangled(polygons: Geometries, record: Records) -> list[Issue]:
    if not len(polygons):
        return []
    corners = f"{int(shapely.get_num_coordinates(polygons).max()):,}"
    return [issue("GEOMETRY_TANGLED", rows=record, corners=corners)]


def _changed(before: Geometries, after: Geometries, record: Records) -> list[Issue]:
    """What the repair did to the areas: next to nothing, or something to ask about."""
    old, new = crs.area_m2(before), crs.area_m2(after)
    change = np.abs(new - old)
    small = (change <= REPAIR_M2) | (change <= REPAIR_RELATIVE * old)
    issues = []
    if small.any():
        total = format_number(float(change[small].sum()), 2)
        issues.append(issue("GEOMETRY_REPAIRED", rows=record[small], change=total))
    if (~small).any():
        issues.append(
            issue(
                "GEOMETRY_REPAIR_LARGE",
                rows=record[~small],
                before=format_number(float(old[~small].sum()), 1),
                after=format_number(float(new[~small].sum()), 1),
            )
        )
    return issues
