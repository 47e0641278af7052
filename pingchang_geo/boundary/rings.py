"""One ring at a time: repeated points, closing, crossings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely

from pingchang_geo import crs
from pingchang_geo.boundary.crossings import Crossing, crossings
from pingchang_geo.boundary.model import SPOKEN, Points, Ring, place_of, spoken
from pingchang_geo.issues import Issue, Level
from pingchang_geo.messages import issue
from pingchang_geo.units import HA_M2, format_number

#: Consecutive points closer than this are one point: a tenth of the centimetre that surveys are written in.
SAME_POINT_M: Final = 0.001
#: A first and a last point closer than this were meant to be the same.
SAME_END_M: Final = 0.05
#: A closing side longer than this share of the whole perimeter is asked about. Three or four corners of a narrow strip
#: have one by nature, as long as one of the other sides; among many points already a smaller share stands out.
OPEN_SHARE: Final = 0.4
OPEN_SHARE_OF_MANY: Final = 0.25
_OPEN_POINTS: Final = 5
_MANY_POINTS: Final = 10
_OPPOSITE: Final = 1.05
#: A repair may change the area by this much without being asked about.
REPAIR_M2: Final = 1.0


@dataclass(frozen=True)
class CleanRing:
    """A ring without its closing point and without repeats, as a valid polygon (its inside); None when refused."""

    area: Any | None
    points: int
    issues: tuple[Issue, ...]


def clean(ring: Ring, label: str) -> CleanRing:
    """Mend what can be mended without changing the shape; propose a repair for the rest."""
    points, issues = _without_repeats(ring, label)
    distinct = len(np.unique(np.round(points, 9), axis=0))
    if distinct < 3:
        few = issue("SITE_FEW_POINTS", ring=label, points=distinct)
        return CleanRing(None, len(points), (*issues, few))
    polygon = shapely.Polygon(points)
    if shapely.is_valid(polygon):
        return CleanRing(polygon, len(points), tuple(issues))
    found = crossings(points)
    if found is None:
        return CleanRing(None, len(points), (*issues, issue("SITE_TANGLED", ring=label)))
    repaired, question = _repaired(polygon, found, label)
    return CleanRing(repaired, len(points), (*issues, question))


def metres(points: Points) -> Points:
    """Points in the measuring projection."""
    return np.asarray(shapely.get_coordinates(crs.to_equal_area(np.asarray(shapely.points(points)))))


def _without_repeats(ring: Ring, label: str) -> tuple[Points, list[Issue]]:
    """Points without consecutive repeats and without the closing point, and what that meant."""
    points = ring.points
    flat = metres(points)
    step = np.hypot(*np.diff(flat, axis=0).T) if len(flat) > 1 else np.empty(0)
    keep = np.concatenate([[True], step >= SAME_POINT_M]) if len(flat) else np.empty(0, dtype=bool)
    issues: list[Issue] = []
    if not keep.all():
        where = place_of(ring, np.flatnonzero(~keep))
        issues.append(issue("SITE_DUPLICATE_POINTS", ring=label, place=where, count=int((~keep).sum())))
    points, flat = points[keep], flat[keep]
    if len(points) < 3:
        return points, issues
    gap = float(np.hypot(*(flat[0] - flat[-1])))
    if gap > SAME_END_M:
        issues.append(_open(flat, gap, label))
        return points, issues
    if gap >= SAME_POINT_M:
        issues.append(issue("SITE_CLOSED", ring=label, gap=format_number(gap, 3), done="按同一点处理"))
    return points[:-1], issues


def _open(flat: Points, gap: float, label: str) -> Issue:
    """What to say about a first and a last point that differ."""
    sides = np.hypot(*np.diff(flat, axis=0).T)
    share = gap / (float(sides.sum()) + gap)
    apart = len(flat) >= _OPEN_POINTS or gap > _OPPOSITE * float(sides.max())
    if apart and share > (OPEN_SHARE_OF_MANY if len(flat) >= _MANY_POINTS else OPEN_SHARE):
        return issue("SITE_OPEN", ring=label, gap=format_number(gap, 1), share=f"{share:.0%}")
    return issue("SITE_CLOSED", ring=label, gap=format_number(gap, 1), done="已自动连接")


def _repaired(polygon: Any, found: list[Crossing], label: str) -> tuple[Any, Issue]:
    """The polygon rebuilt from its sides, and the question about it."""
    fixed = shapely.make_valid(polygon, method="structure", keep_collapsed=False)
    before, after = (float(value) for value in crs.area_m2(np.array([polygon, fixed])))
    count = len(shapely.get_coordinates(polygon)) - 1
    named = "；".join(
        f"第 {one.first + 1}–{(one.first + 1) % count + 1} 点与第 {one.second + 1}–{(one.second + 1) % count + 1} 点"
        f"的连线相交于{spoken(one.point)}"
        for one in found[:SPOKEN]
    )
    small = abs(after - before) <= REPAIR_M2
    return fixed, issue(
        "SITE_SELF_CROSSING",
        level=Level.REPAIRED if small else None,
        ring=label,
        crossing=named or "相邻的边重合",
        crossings=max(len(found), 1),
        before=_area_words(before),
        after=_area_words(after),
    )


def _area_words(area_m2: float) -> str:
    """``"12.35 公顷"``; square metres for what is smaller than a tenth of a hectare."""
    if area_m2 < HA_M2 / 10:
        return f"{format_number(area_m2, 1)} m²"
    return f"{format_number(area_m2 / HA_M2, 2)} 公顷"
