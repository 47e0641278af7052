"""All checks of a boundary, in order: what stops it first comes first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import shapely

from pingchang_geo import crs
from pingchang_geo.boundary import assembly, extent
from pingchang_geo.boundary import rings as ring_checks
from pingchang_geo.boundary.model import SPOKEN, Parcel
from pingchang_geo.issues import Issue, Level
from pingchang_geo.messages import issue
from pingchang_geo.units import HA_M2

#: More is no site but a layer, and would not be checked within a second.
MAX_VERTICES: Final = 20_000
MAX_RINGS: Final = 1_000

_FEWEST: Final = 3
_GRIDS_M: Final = (0.001, 0.01)
_NO_ANSWERS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True)
class Checked:
    """A boundary after all checks.

    Attributes:
        polygon: valid Polygon or MultiPolygon, EPSG:4490, shells anticlockwise; None when refused. While questions
            are open it is the one that is proposed.
        vertices: of the rings as given, closing points and repeats not counted.
        areas_ha: of each parcel given, overlaps and rings inside others not yet taken off.
    """

    polygon: Any | None
    area_ha: float = 0.0
    vertices: int = 0
    areas_ha: tuple[float, ...] = ()
    issues: tuple[Issue, ...] = ()


def check(
    parcels: Sequence[Parcel],
    *,
    county: Any | None = None,
    answers: Mapping[str, str] = _NO_ANSWERS,
    hint: str = "",
) -> Checked:
    """Check a boundary and put it together.

    Args:
        parcels: rings in degrees (EPSG:4490).
        county: outline of the county (EPSG:4490); without it its surrounding box.
        answers: issue code → value; only ``SITE_NESTED`` (``parcel``) changes what is proposed.
        hint: said beside "outside the county": which other reading would fit.
    """
    parcels = [parcel for parcel in parcels if parcel.rings]
    given = sum(len(ring.points) for parcel in parcels for ring in parcel.rings)
    if not given:
        return Checked(None, issues=(issue("SITE_EMPTY"),))
    refused = too_many(given, sum(len(parcel.rings) for parcel in parcels))
    stopped = [refused] if refused else extent.finite(parcels)
    if not stopped and given < _FEWEST:
        stopped = [issue("SITE_FEW_POINTS", ring="边界", points=given)]
    stopped = stopped or extent.far(parcels, hint)
    if stopped:
        return Checked(None, vertices=given, issues=tuple(stopped))
    labels = labelled(parcels)  # "" for a single one
    cleaned = [
        [ring_checks.clean(ring, _ring_label(label, number, parcel)) for number, ring in enumerate(parcel.rings)]
        for parcel, label in zip(parcels, labels, strict=True)
    ]
    flat = [one for rings in cleaned for one in rings]
    issues = [found for one in flat for found in one.issues]
    vertices = sum(one.points for one in flat)
    issues = _merged(issues)
    if any(found.level is Level.BLOCKING for found in issues):
        return Checked(None, vertices=vertices, issues=tuple(issues))
    whole = assembly.assemble(parcels, cleaned, labels, answers)
    issues += whole.issues
    if whole.polygon is None:
        return Checked(None, vertices=vertices, issues=tuple(issues))
    polygon = steady(whole.polygon)
    if polygon is None:
        return Checked(None, vertices=vertices, issues=(*issues, issue("SITE_TANGLED", ring="边界")))
    return _placed(Checked(polygon, 0.0, vertices, _areas_ha(parcels, cleaned), tuple(issues)), county, hint)


def steady(polygon: Any) -> Any | None:
    """The polygon, oriented, and valid both in degrees and in the measuring projection.

    A side that passes a corner by nanometres may cross it after projecting; such a polygon is put on a grid of a
    millimetre, or of a centimetre. None when even that does not help.
    """
    if shapely.is_valid(polygon) and shapely.is_valid(_flat(polygon)):
        return shapely.orient_polygons(polygon)
    for grid_m in _GRIDS_M:
        flat = shapely.set_precision(shapely.make_valid(_flat(polygon), method="structure"), grid_m)
        moved = crs.from_equal_area(np.array([assembly.polygonal(flat)], dtype=object))[0]
        if shapely.is_valid(moved) and shapely.is_valid(_flat(moved)):
            return shapely.orient_polygons(moved)
    return None


def _flat(polygon: Any) -> Any:
    return crs.to_equal_area(np.array([polygon], dtype=object))[0]


def labelled(parcels: Sequence[Parcel]) -> list[str]:
    """What messages call each parcel: its name, its number, or nothing when there is only one."""
    if len(parcels) == 1:
        return [""]
    return [f"「{parcel.name}」" if parcel.name else f"第 {n} 个地块" for n, parcel in enumerate(parcels, start=1)]


def _ring_label(label: str, number: int, parcel: Parcel) -> str:
    if len(parcel.rings) == 1:
        return label or "边界"
    return f"{label}第 {number + 1} 圈"


def too_many(vertices: int, rings: int) -> Issue | None:
    """The refusal of a boundary of so many points (closing ones included) and rings; None if it is fine."""
    if vertices <= MAX_VERTICES + rings and rings <= MAX_RINGS:
        return None
    return issue(
        "SITE_VERTICES",
        size=f"{vertices:,} 个点、{rings:,} 个环",
        most=f"{MAX_VERTICES:,}",
        most_rings=f"{MAX_RINGS:,}",
    )


def _areas_ha(parcels: Sequence[Parcel], cleaned: Sequence[Sequence[ring_checks.CleanRing]]) -> tuple[float, ...]:
    """Each parcel's shells less its holes, for comparing with the area that the input states."""
    areas = []
    for parcel, rings in zip(parcels, cleaned, strict=True):
        sign = [-1.0 if ring.hole else 1.0 for ring in parcel.rings]
        areas.append(float(np.dot(sign, crs.area_m2(np.array([one.area for one in rings], dtype=object)))) / HA_M2)
    return tuple(areas)


def _merged(issues: Sequence[Issue]) -> list[Issue]:
    """At most :data:`SPOKEN` issues of a code; the last one says how many more there are."""
    by_code: dict[str, list[Issue]] = {}
    for one in issues:
        by_code.setdefault(one.code, []).append(one)
    result: list[Issue] = []
    for found in by_code.values():
        shown, rest = found[:SPOKEN], len(found) - SPOKEN
        if rest > 0:
            last = shown[-1]
            heaviest = max((one.level for one in found), key=list(Level).index)
            more = f"{last.message.removesuffix('。')}（另有 {rest} 处同样情况）。"
            shown[-1] = replace(last, message=more, level=heaviest, count=last.count + rest)
        result += shown
    return result


def _placed(checked: Checked, county: Any | None, hint: str) -> Checked:
    """Size and place, measured."""
    outline = county if county is not None else shapely.box(*crs.COUNTY_BOX)
    polygon_m, outline_m = crs.to_equal_area(np.array([checked.polygon, outline], dtype=object))
    issues = [
        *checked.issues,
        *extent.size(polygon_m, outline_m if county is not None else None),
    ]
    if shapely.area(polygon_m) >= extent.REFUSED_M2:
        issues += extent.whereabouts(polygon_m, outline_m, hint)
    refused = any(found.level is Level.BLOCKING for found in issues)
    return Checked(
        None if refused else checked.polygon,
        float(shapely.area(polygon_m)) / HA_M2,
        checked.vertices,
        checked.areas_ha,
        tuple(issues),
    )
