"""Which coordinate system a site's numbers are in: what is said, what is answered, and where each reading would put it.

The county is small, so the numbers tell zone, prefix and order of the axes, never the datum. One reading that fits is
taken and said; several, or one that contradicts what is said, are asked about; none is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from pingchang_geo.boundary import Parcel
from pingchang_geo.boundary.model import Points
from pingchang_geo.issues import Issue
from pingchang_geo.messages import issue
from pingchang_geo.readers.points.written import Declared, Written
from pingchang_geo.workflow.boundaries import usual
from pingchang_geo.workflow.boundaries.usual import Candidate

_SAMPLE: Final = 2_000
_MOST: Final = 0.5
#: Systems that may be taken without asking when nothing else fits (Web Mercator is a map's, not a survey's).
_TRUSTED: Final = frozenset((4490, 4524, 4545, 4496, 4507, 4523))
#: The 3 degree zone beside the county's own: it fits, but the county is at its rim.
_OTHER_ZONE: Final = frozenset((4523, 4544))
_QUESTIONS: Final = ("SITE_CRS", "SITE_HEADER", "SITE_ZONE")


@dataclass(frozen=True)
class CrsReading:
    """One way to read the coordinates: ``value`` is the answer (``"4545"``), ``lands`` whether it is in the county."""

    value: str
    label: str
    lands: bool


@dataclass(frozen=True)
class Settled:
    """The system that is taken or proposed.

    Attributes:
        definition: what pyproj takes; empty when there is none.
        epsg: its number.
        swap: the first number is the northing (latitude).
        strip: the zone number is taken off the eastings.
        words: how the coordinates are read and what speaks for it.
        hint: beside "outside the county": another reading that would fit.
        code: issue code that a chosen reading answers.
    """

    definition: str = ""
    epsg: int | None = None
    swap: bool = False
    strip: bool = False
    words: str = ""
    hint: str = ""
    readings: tuple[CrsReading, ...] = ()
    code: str = "SITE_CRS"
    issues: tuple[Issue, ...] = ()


def settle(written: Written, county: Any | None, answers: Mapping[str, str]) -> Settled:
    """System of a written text's numbers."""
    points = _sample(written.parcels)
    if not len(points):
        return Settled()
    forced = next((answers[code].strip() for code in _QUESTIONS if answers.get(code, "").strip()), "")
    if forced:
        settled = _forced(forced, points, written)
    elif written.declared is not None and (claims := _claims(written.declared)):
        settled = _declared(written, written.declared, claims, points)
    else:
        settled = _by_numbers(written, points)
    if written.declared is not None and written.declared.legacy:
        settled = replace(settled, issues=(*settled.issues, issue("CRS_LEGACY", name=written.declared.words)))
    if settled.epsg in _OTHER_ZONE:
        other = issue("SITE_OTHER_ZONE", name=usual.name_of(settled.epsg))
        settled = replace(settled, issues=(*settled.issues, other))
    return replace(settled, readings=_with_county(settled, points, county))


def moved(parcels: Sequence[Parcel], settled: Settled) -> tuple[Parcel, ...]:
    """Parcels in degrees (EPSG:4490)."""
    return tuple(
        replace(
            parcel,
            rings=tuple(replace(ring, points=degrees_of(ring.points, settled)) for ring in parcel.rings),
        )
        for parcel in parcels
    )


def degrees_of(points: Points, settled: Settled) -> Points:
    """Points as written → longitude and latitude."""
    return usual.placed(points, settled.definition, swap=settled.swap, strip=settled.strip)


def _sample(parcels: Sequence[Parcel]) -> Points:
    rings = [ring.points for parcel in parcels for ring in parcel.rings]
    points = np.concatenate(rings) if rings else np.empty((0, 2))
    points = points[np.isfinite(points).all(axis=1)]
    return points[:: max(1, len(points) // _SAMPLE)]


def _forced(text: str, points: Points, written: Written) -> Settled:
    """What the user chose."""
    epsg = _number(text)
    if epsg is None:
        wrong = issue("ANSWER_INVALID", question="坐标系", value=text[:30], example="SITE_CRS=4545")
        return Settled(issues=(wrong,))
    options = [
        Candidate(epsg, swap, strip)
        for strip in (False, True)
        for swap in ((True, False) if written.order == "yx" else (False, True))
    ]
    best = max(options, key=lambda one: usual.share(points, one))
    if usual.share(points, best) <= _MOST:
        best = Candidate(epsg, _northing_first(points, epsg, written))
    legacy = (issue("CRS_LEGACY", name=best.name),) if _is_legacy(epsg) else ()
    words = f"{written.form}，按指定的 {best.name}读取：{usual.evidence(points, best)}"
    others = [one for one in usual.fitting(points) if one.epsg != epsg]
    hint = f"；按 {others[0].name}读取则落在县内" if others else ""
    settled = _taken(best, words, (*legacy, *_swapped(best, points, written)))
    return replace(settled, hint=hint, readings=_readings([best, *others], points))


def _number(text: str) -> int | None:
    """EPSG number of a two-dimensional geographic or projected system; None for anything else."""
    found = re.fullmatch(r"(?:EPSG:)?(\d{4,6})", text.strip(), re.IGNORECASE)
    try:
        system = CRS.from_epsg(int(found[1])) if found else None
    except CRSError:
        return None
    usable = system is not None and (system.is_geographic or system.is_projected) and len(system.axis_info) == 2
    return int(found[1]) if found and usable else None


def _is_legacy(epsg: int) -> bool:
    """Whether a system rests on a datum before CGCS2000."""
    geodetic = CRS.from_epsg(epsg).geodetic_crs
    return geodetic is not None and re.search("xian|beijing", geodetic.name, re.IGNORECASE) is not None


def _northing_first(points: Points, epsg: int, written: Written) -> bool:
    """Order of the axes of points that land nowhere: as said, else by size."""
    if written.order or written.usual:
        return (written.order or written.usual) == "yx"
    first, second = np.abs(points[:, 0]).max(), np.abs(points[:, 1]).max()
    if usual.geographic(epsg):
        return bool(second > 90 >= first)
    return bool(_is_northing(first) and not _is_northing(second))


def _is_northing(values: Any) -> Any:
    """Whether metres are a northing of China."""
    return (values >= 1.6e6) & (values < 6.1e6)


def _claims(declared: Declared) -> list[int]:
    """EPSG numbers that a declaration may mean, with and without zone number in the eastings."""
    if declared.epsg is not None:
        return [declared.epsg] if _number(str(declared.epsg)) is not None else []
    if declared.geographic:
        return [4490]
    found: list[int] = []
    widths = (declared.degrees,) if declared.degrees else (3, 6)
    for width in widths:
        zone = declared.zone
        if zone is None and declared.meridian is not None:
            zone = declared.meridian // 3 if width == 3 else (declared.meridian + 3) // 6
            if (3 * zone if width == 3 else 6 * zone - 3) != declared.meridian:
                continue
        if zone is not None and width == 3 and 25 <= zone <= 45:
            found += [4513 + zone - 25, 4534 + zone - 25]
        elif zone is not None and width == 6 and 13 <= zone <= 23:
            found += [4491 + zone - 13, 4502 + zone - 13]
    return found


def _declared(written: Written, declared: Declared, claims: Sequence[int], points: Points) -> Settled:
    """A text that says what its coordinates are in: believed if that lands in the county."""
    landing = [
        candidate
        for epsg in claims
        for swap in (False, True)
        if usual.share(points, candidate := Candidate(epsg, swap)) > _MOST
    ]
    if landing:
        taken = landing[0]
        words = f"{written.form}，说明为{declared.words}，坐标相符：{usual.evidence(points, taken)}"
        return _taken(taken, words, _swapped(taken, points, written))
    others = usual.fitting(points)
    if others:
        first = others[0]
        asked = issue(
            "SITE_HEADER",
            claimed=declared.words,
            name=first.name,
            evidence=usual.evidence(points, first),
            epsg=first.epsg,
        )
        words = f"{written.form}，{usual.evidence(points, first)}，符合 {first.name}；与说明（{declared.words}）不符"
        settled = _taken(first, words, (asked, *_swapped(first, points, written)))
        return replace(settled, code="SITE_HEADER", readings=_readings(others, points))
    if (mended := _wrong_zone(written, points)) is not None:
        return mended
    taken = Candidate(_prefixed(claims, points, written), _northing_first(points, claims[0], written))
    return _taken(taken, f"{written.form}，说明为{declared.words}：{usual.evidence(points, taken)}", ())


def _prefixed(claims: Sequence[int], points: Points, written: Written) -> int:
    """Of a zone's two systems the one with the zone number, if the eastings have one."""
    swap = _northing_first(points, claims[0], written)
    with_zone = float(points[:, 0 if not swap else 1].max()) >= usual.ZONE_M
    return claims[0] if with_zone or len(claims) == 1 else claims[1]


def _taken(candidate: Candidate, words: str, issues: Sequence[Issue]) -> Settled:
    return Settled(
        f"EPSG:{candidate.epsg}",
        candidate.epsg,
        candidate.swap,
        candidate.strip,
        words,
        readings=(CrsReading(str(candidate.epsg), candidate.name, True),),
        issues=tuple(issues),
    )


def _readings(candidates: Sequence[Candidate], points: Points) -> tuple[CrsReading, ...]:
    seen: dict[str, CrsReading] = {}
    for one in candidates:
        seen.setdefault(str(one.epsg), CrsReading(str(one.epsg), one.name, usual.share(points, one) > _MOST))
    return tuple(seen.values())


def _swapped(candidate: Candidate, points: Points, written: Written) -> tuple[Issue, ...]:
    """Whether the order of the axes contradicts what the text says or its form usually has."""
    said = written.order or written.usual or ("xy" if usual.geographic(candidate.epsg) else None)
    found = "yx" if candidate.swap else "xy"
    if said is None or said == found:
        return ()
    low, high = points.min(axis=0), points.max(axis=0)
    digits = 3 if usual.geographic(candidate.epsg) else 0
    ranges = (
        f"第一个数为 {low[0]:,.{digits}f}–{high[0]:,.{digits}f}，第二个数为 {low[1]:,.{digits}f}–{high[1]:,.{digits}f}"
    )
    names = ("经度", "纬度") if usual.geographic(candidate.epsg) else ("横坐标（东）", "纵坐标（北）")
    first, second = names if said == "xy" else names[::-1]
    why = "说明" if written.order else f"{written.form}通常"
    return (issue("SITE_SWAPPED", evidence=f"{why}为{first}在前、{second}在后，而{ranges}"),)


def _by_numbers(written: Written, points: Points) -> Settled:
    """Nothing is said: the numbers alone."""
    fits = usual.fitting(points)
    if not fits:
        return _wrong_zone(written, points) or _elsewhere(written, points)
    first = fits[0]
    evidence = usual.evidence(points, first)
    swapped = _swapped(first, points, written)
    words = f"{written.form}，{evidence}，按 {first.name}读取"
    if len(fits) == 1 and first.epsg in _TRUSTED:
        code = "SITE_DEGREES" if usual.geographic(first.epsg) else "SITE_INFERRED"
        return _taken(first, words, (issue(code, name=first.name, evidence=evidence), *swapped))
    asked = issue("SITE_CRS", fitting=_fit_words(fits), name=first.name, evidence=evidence, epsg=first.epsg)
    return replace(_taken(first, words, (asked, *swapped)), readings=_readings(fits, points))


def _fit_words(fits: Sequence[Candidate]) -> str:
    """What the numbers fit: several systems, or a single one that surveys do not usually use."""
    names = "、".join(dict.fromkeys(one.name for one in fits))
    if len({one.epsg for one in fits}) > 1:
        return f"坐标与多个坐标系相符：{names}"
    return f"坐标只与 {names}相符，测绘成果通常不用该坐标系"


def _wrong_zone(written: Written, points: Points) -> Settled | None:
    """Eastings whose zone number puts them elsewhere, but which fit the county without it."""
    for swap in (True, False):
        east = points[:, 1 if swap else 0]
        zone = int(np.median(east) // usual.ZONE_M)
        if not 13 <= zone <= 45:
            continue
        fits = [one for epsg in (4545, 4507) if usual.share(points, one := Candidate(epsg, swap, True)) > _MOST]
        if fits:
            first = fits[0]
            evidence = usual.evidence(points, first)
            asked = issue("SITE_ZONE", zone=zone, name=first.name, evidence=evidence, epsg=first.epsg)
            words = f"{written.form}，{evidence}，去掉带号 {zone} 后符合 {first.name}"
            settled = _taken(first, words, (asked, *_swapped(first, points, written)))
            return replace(settled, code="SITE_ZONE", readings=_readings(fits, points))
    return None


def _elsewhere(written: Written, points: Points) -> Settled:
    """Points that no usual system puts into the county: longitudes and latitudes of another place, or unknown."""
    high = np.abs(points).max(axis=0)
    if high.max() <= 180 and high.min() <= 90:
        taken = Candidate(4490, _northing_first(points, 4490, written))
        return _taken(taken, f"{written.form}，{usual.evidence(points, taken)}，按经纬度读取", ())
    for swap in (True, False):
        east = points[:, 1 if swap else 0]
        north = points[:, 0 if swap else 1]
        zone = int(np.median(east) // usual.ZONE_M)
        if not _is_northing(north).all() or not (np.floor(east / usual.ZONE_M) == zone).all():
            continue
        if 25 <= zone <= 45 or 13 <= zone <= 23:
            epsg = 4513 + zone - 25 if zone >= 25 else 4491 + zone - 13
            taken = Candidate(epsg, swap)
            return _taken(taken, f"{written.form}，{usual.evidence(points, taken)}，横坐标带号为 {zone}", ())
    detail = "按常用坐标系都不在平昌县附近，可能是地方独立坐标系，或漏写了数位"
    return Settled(issues=(issue("SITE_CRS_UNKNOWN", bounds=usual.bounds_text(points), detail=detail),))


def _with_county(settled: Settled, points: Points, county: Any | None) -> tuple[CrsReading, ...]:
    """Readings with ``lands`` judged by the county's outline where there is one."""
    if county is None or not settled.definition:
        return settled.readings
    outline = shapely.buffer(county, 0.005)
    shapely.prepare(outline)
    result = []
    for one in settled.readings:
        candidates = [Candidate(int(one.value), swap, settled.strip) for swap in (settled.swap, not settled.swap)]
        best = max(candidates, key=lambda candidate: usual.share(points, candidate))
        degrees = usual.placed(points, f"EPSG:{one.value}", swap=best.swap, strip=best.strip)
        inside = shapely.contains_xy(outline, degrees[:, 0], degrees[:, 1])
        result.append(replace(one, lands=bool(inside.mean() > _MOST)))
    return tuple(result)
