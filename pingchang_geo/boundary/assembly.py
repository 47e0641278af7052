"""From rings to parcels to one polygon: holes inside shells, rings inside rings, parcels that overlap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely

from pingchang_geo import crs
from pingchang_geo.boundary.crossings import MOST_BETWEEN, pairs_of
from pingchang_geo.boundary.model import SPOKEN, Parcel
from pingchang_geo.boundary.rings import CleanRing
from pingchang_geo.issues import Issue
from pingchang_geo.messages import issue
from pingchang_geo.units import HA_M2, format_number

#: Overlaps and protruding holes below this, or this share of the area, are rounding: a side that is straight in a
#: projected system is so only to centimetres in degrees, where a neighbour may have another corner on it.
_TOUCH_M2: Final = 1.0
_TOUCH_SHARE: Final = 2e-5
#: Above this many parcels the overlap is told in total, not by pairs.
_MOST_NAMED: Final = 200


@dataclass(frozen=True)
class Assembled:
    """One polygon of everything, before orientation; None when there is nothing left or it is a tangle."""

    polygon: Any | None
    issues: tuple[Issue, ...]


def assemble(
    parcels: Sequence[Parcel], rings: Sequence[Sequence[CleanRing]], labels: Sequence[str], answers: Mapping[str, str]
) -> Assembled:
    """Put cleaned rings (one list per parcel, all with an area) together.

    ``answers["SITE_NESTED"] == "parcel"`` counts rings inside rings as parcels of their own, not as holes.
    """
    areas = [one.area for parcel in rings for one in parcel]
    if not _bounded(areas):
        return Assembled(None, (issue("SITE_TANGLED", ring="边界"),))
    issues: list[Issue] = []
    shapes: list[Any] = []
    loose: list[bool] = []
    for parcel, cleaned, label in zip(parcels, rings, labels, strict=True):
        shape, found = _parcel(parcel, cleaned, label)
        shapes.append(shape)
        loose.append(all(ring.hole is None for ring in parcel.rings))
        issues += found
    shapes, nested = _nested(shapes, loose, labels, as_parcels=answers.get("SITE_NESTED") == "parcel")
    whole = shapely.union_all(np.array(shapes, dtype=object))
    whole = polygonal(whole)
    return Assembled(whole, (*issues, *nested, *_overlap(shapes, whole, labels)))


def _bounded(areas: Sequence[Any]) -> bool:
    """Whether the sides of all rings cross one another seldom enough to be parcels, not a tangle."""
    ends = []
    for area in areas:
        for part in shapely.get_parts(area):
            for ring in (part.exterior, *part.interiors):
                points = shapely.get_coordinates(ring)
                ends.append(np.stack([points[:-1], points[1:]], axis=1))
    if not ends:
        return True
    sides = np.asarray(shapely.linestrings(np.concatenate(ends)))
    return pairs_of(sides, shapely.crosses, MOST_BETWEEN) is not None


def _parcel(parcel: Parcel, cleaned: Sequence[CleanRing], label: str) -> tuple[Any, list[Issue]]:
    """One parcel: shells less holes; a hole outside every shell is proposed as a part of its own."""
    shells = [one.area for ring, one in zip(parcel.rings, cleaned, strict=True) if not ring.hole]
    holes = [
        (number, one.area) for number, (ring, one) in enumerate(zip(parcel.rings, cleaned, strict=True)) if ring.hole
    ]
    if not shells:  # holes only: the first ring has to be the shell, whatever it was called
        shells, holes = [holes[0][1]], holes[1:]
    shell = shapely.union_all(np.array(shells, dtype=object))
    shapely.prepare(shell)
    issues: list[Issue] = []
    apart: list[Any] = []
    inner: list[Any] = []
    covered = shapely.covers(shell, np.array([hole for _, hole in holes], dtype=object))
    for (number, hole), inside in zip(holes, covered, strict=True):
        touch_m2 = max(_TOUCH_M2, _TOUCH_SHARE * _area_m2(hole))
        if inside or _area_m2(shapely.difference(hole, shell)) <= touch_m2:
            inner.append(hole)
            continue
        disjoint = _area_m2(shapely.intersection(hole, shell)) <= touch_m2
        (apart if disjoint else inner).append(hole)
        where, done = ("之外", "按另一地块计入") if disjoint else ("内外都有", "只扣除外环以内的部分")
        issues.append(issue("SITE_HOLE_OUTSIDE", ring=f"{label}第 {number + 1} 圈", outside=where, done=done))
    if inner:
        shell = shapely.difference(shell, shapely.union_all(np.array(inner, dtype=object)))
    if apart:
        shell = shapely.union_all(np.array([shell, *apart], dtype=object))
    return polygonal(shell), issues


def _nested(
    shapes: list[Any], loose: Sequence[bool], labels: Sequence[str], *, as_parcels: bool
) -> tuple[list[Any], list[Issue]]:
    """Rings that merely follow one another (nothing says hole or parcel): those inside others become holes."""
    free = [
        at for at, (shape, is_loose) in enumerate(zip(shapes, loose, strict=True)) if is_loose and not shape.is_empty
    ]
    if len(free) < 2:
        return shapes, []
    chosen = np.array([shapes[at] for at in free], dtype=object)
    tree = shapely.STRtree(chosen)
    inner, outer = tree.query(chosen, predicate="within")
    proper = (inner != outer) & (shapely.area(chosen[inner]) < shapely.area(chosen[outer]))
    inner, outer = inner[proper], outer[proper]
    depth = np.bincount(inner, minlength=len(free))
    holes = np.flatnonzero(depth % 2 == 1)
    if not len(holes):
        return shapes, []
    named = "、".join(labels[free[int(at)]] or f"第 {int(at) + 1} 个环" for at in holes[:SPOKEN])
    area = format_number(sum(_area_m2(chosen[int(at)]) for at in holes) / HA_M2, 2)
    question = issue("SITE_NESTED", rings=named, count=len(holes), area=area)
    if as_parcels:
        return shapes, [question]
    result = list(shapes)
    for hole in holes:
        around = outer[inner == hole]
        shell = around[np.argmax(depth[around])]  # the innermost of those around it
        at = free[int(shell)]
        result[at] = polygonal(shapely.difference(result[at], chosen[hole]))
        result[free[int(hole)]] = shapely.Polygon()
    return result, [question]


def _overlap(shapes: Sequence[Any], whole: Any, labels: Sequence[str]) -> list[Issue]:
    """What is covered more than once; the union counts it once."""
    total = _area_m2(whole)
    excess = float(crs.area_m2(np.array(shapes, dtype=object)).sum()) - total
    if len(shapes) < 2 or excess <= max(_TOUCH_M2, _TOUCH_SHARE * total):
        return []
    named = ""
    if len(shapes) <= _MOST_NAMED:
        array = np.array(shapes, dtype=object)
        first, second = shapely.STRtree(array).query(array, predicate="intersects")
        pairs = [(int(i), int(j)) for i, j in zip(first, second, strict=True) if i < j]
        real = [pair for pair in pairs if _area_m2(shapely.intersection(array[pair[0]], array[pair[1]])) > _TOUCH_M2]
        named = "、".join(f"{_name(labels, i)}与{_name(labels, j)}" for i, j in real[:SPOKEN])
        named = f"（{named}{'等' if len(real) > SPOKEN else ''}）" if named else ""
    return [issue("SITE_OVERLAP", pairs=named, area=format_number(excess / HA_M2, 4))]


def _name(labels: Sequence[str], at: int) -> str:
    return labels[at] or f"第 {at + 1} 个地块"


def _area_m2(shape: Any) -> float:
    return float(crs.area_m2(np.array([shape], dtype=object))[0])


def polygonal(shape: Any) -> Any:
    """Polygons of a shape only; what collapsed to lines or points is left out."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    parts = [part for part in shapely.get_parts(shape) if part.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(np.array(parts, dtype=object)) if parts else shapely.Polygon()
