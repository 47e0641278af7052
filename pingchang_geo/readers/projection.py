"""Which coordinate system a file is in: what it declares, checked against where that puts it.

The county is small, so the numbers themselves tell zone and prefix (never the datum). A declaration that lands the
data elsewhere, while a usual system lands them in the county, is a contradiction and is asked about.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from pingchang_geo.crs import COUNTY_BOX, STORAGE_EPSG
from pingchang_geo.issues import Issue, Level
from pingchang_geo.messages import issue
from pingchang_geo.readers.model import CrsFinding

#: Systems in use for the county, most usual first (DOMAIN notes §4, checked with pyproj).
NAMES: Final = {
    4490: "CGCS2000 经纬度（EPSG:4490）",
    4524: "CGCS2000 3 度带第 36 带（EPSG:4524）",
    4545: "CGCS2000 3 度带中央经线 108°（EPSG:4545）",
    4496: "CGCS2000 6 度带第 18 带（EPSG:4496）",
    4507: "CGCS2000 6 度带中央经线 105°（EPSG:4507）",
    4523: "CGCS2000 3 度带第 35 带（EPSG:4523）",
    4544: "CGCS2000 3 度带中央经线 105°（EPSG:4544）",
    32648: "WGS 84 UTM 48N（EPSG:32648）",
    3857: "Web 墨卡托（EPSG:3857）",
    4326: "WGS 84 经纬度（EPSG:4326）",
}
_CANDIDATES: Final = (4490, 4524, 4545, 4496, 4507, 4523, 4544, 32648, 3857)
_CGCS2000: Final = frozenset((4490, 4524, 4545, 4496, 4507, 4523, 4544))
_LEGACY_DATUMS: Final = ("xian", "beijing", "西安", "北京", "krasov", "iag75", "iag_75", "iag-75", "iag 1975")
#: Semi-major axes of the legacy datums (IAG 1975, Krasovsky 1940), in metres: a renamed grid still has its ellipsoid.
_LEGACY_AXES_M: Final = (6_378_140.0, 6_378_245.0)
#: First EPSG number of each Gauss-Kruger series, with the datum and the first zone or central meridian (degrees).
_SERIES: Final = (
    (4491, 11, "CGCS2000 6 度带", 13),
    (4513, 21, "CGCS2000 3 度带", 25),
    (2327, 11, "西安 80 6 度带", 13),
    (2349, 21, "西安 80 3 度带", 25),
    (2401, 21, "北京 54 3 度带", 25),
    (21413, 11, "北京 54 6 度带", 13),
)
_MERIDIANS: Final = (
    (4502, 11, 6, "CGCS2000 6 度带", 75),
    (4534, 21, 3, "CGCS2000 3 度带", 75),
    (2338, 11, 6, "西安 80 6 度带", 75),
    (2370, 21, 3, "西安 80 3 度带", 75),
    (2422, 21, 3, "北京 54 3 度带", 75),
    (21453, 11, 6, "北京 54 6 度带", 75),
)
_GEOGRAPHIC: Final = {4610: "西安 80 经纬度", 4214: "北京 54 经纬度"}
#: Legacy systems with the same numbers: coordinates tell zone and prefix, never the datum.
TWINS: Final = {
    4490: (4610, 4214),
    4524: (2360, 2412),
    4545: (2381, 2433),
    4496: (2332, 21418),
    4507: (2343, 21458),
    4523: (2359, 2411),
    4544: (2380, 2432),
}
_SAMPLE: Final = 2000
#: Share of features that must lie in the county's surroundings for a system to fit.
_SHARE: Final = 0.5
_MAX_TEXT: Final = 20_000
#: Numbers, authority codes, WKT, PROJJSON. PROJ strings and ``init=`` can name files and are not believed.
_DEFINITION: Final = re.compile(
    r"\d{4,6}$|(?:EPSG|OGC|ESRI|urn:ogc:def:crs)[:\w.]+$|[A-Za-z_]+\s*[\[(]|\{", re.IGNORECASE
)
_DEFAULT: Final = "OGC:CRS84"

Points = NDArray[np.float64]


@dataclass(frozen=True)
class _Declared:
    """A declaration that could be read."""

    crs: CRS
    epsg: int | None
    name: str
    legacy: bool


def name_of(epsg: int | None, crs: CRS | None = None) -> str:
    """Chinese name of a system."""
    if epsg in NAMES:
        return NAMES[epsg]
    title = (crs.name if crs is not None else "") if epsg is None else _title(epsg) or (crs.name if crs else "")
    return f"{title}（EPSG:{epsg}）" if epsg else title


def _title(epsg: int) -> str:
    """Chinese title of a national system by its place in the EPSG series; empty for any other."""
    if epsg in _GEOGRAPHIC:
        return _GEOGRAPHIC[epsg]
    for first, count, words, zone in _SERIES:
        if first <= epsg < first + count:
            return f"{words}第 {zone + epsg - first} 带"
    for first, count, step, words, meridian in _MERIDIANS:
        if first <= epsg < first + count:
            return f"{words}中央经线 {meridian + step * (epsg - first)}°"
    return ""


def sample(geometry: NDArray[Any]) -> Points:
    """Centres of the boxes of at most 2,000 features, spread over the file; empty ones left out."""
    step = max(1, len(geometry) // _SAMPLE)
    boxes = shapely.bounds(geometry[::step])
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    return boxes[:, :2] / 2 + boxes[:, 2:] / 2  # halves first: the sum of two extreme numbers is infinite


@lru_cache(maxsize=64)
def _transformer(definition: CRS | str) -> Transformer:
    return Transformer.from_crs(CRS.from_user_input(definition), CRS.from_epsg(STORAGE_EPSG), always_xy=True)


def to_degrees(points: Points, definition: CRS | str) -> Points:
    """Longitude and latitude (CGCS2000); what cannot be transformed is infinite."""
    lon, lat = _transformer(definition).transform(points[:, 0], points[:, 1])
    return np.column_stack([lon, lat])


def share_in_county(points: Points, definition: CRS | str) -> float:
    """Share of points that land in the county's surroundings under a definition."""
    if not len(points):
        return 0.0
    degrees = to_degrees(points, definition)
    west, south, east, north = COUNTY_BOX
    inside = (degrees[:, 0] >= west) & (degrees[:, 0] <= east) & (degrees[:, 1] >= south) & (degrees[:, 1] <= north)
    return float(inside.mean())


def fitting(points: Points) -> tuple[int, ...]:
    """The usual systems that put most of the points into the county."""
    return tuple(epsg for epsg in _CANDIDATES if share_in_county(points, f"EPSG:{epsg}") > _SHARE)


def _evidence(points: Points) -> str:
    low, high = points.min(axis=0), points.max(axis=0)
    if abs(high).max() <= 360:
        return f"横坐标 {low[0]:.3f}–{high[0]:.3f}，纵坐标 {low[1]:.3f}–{high[1]:.3f}，为经纬度"
    return f"横坐标 {low[0]:,.0f}–{high[0]:,.0f}，纵坐标 {low[1]:,.0f}–{high[1]:,.0f}"


def _bounds_text(points: Points) -> str:
    low, high = points.min(axis=0), points.max(axis=0)
    return f"（{low[0]:.6g}, {low[1]:.6g}）–（{high[0]:.6g}, {high[1]:.6g}）"


def parse(text: str, points: Points) -> _Declared | None:
    """Read a declaration: EPSG code, WKT (Esri's too) or PROJJSON; None when it cannot be understood."""
    text = text.strip().strip("\x00").strip()
    if len(text) > _MAX_TEXT or not _DEFINITION.match(text):
        return None
    if re.fullmatch(r"\d{4,6}", text):
        text = f"EPSG:{text}"
    try:
        crs = CRS.from_user_input(text)
        crs = crs.to_2d() if len(crs.axis_info) > 2 else crs
        if not (crs.is_geographic or crs.is_projected):
            return None
        to_degrees(points[:1], crs)  # some definitions parse but cannot be transformed
    except (CRSError, ProjError, ValueError, TypeError):
        return None
    geodetic = crs.geodetic_crs
    datum = f"{crs.name} {geodetic.name if geodetic else ''} {crs.datum.name if crs.datum else ''}".lower()
    epsg = 4326 if text == _DEFAULT else _number_of(crs, datum, points)
    return _Declared(crs, epsg, name_of(epsg, crs), _legacy(crs, datum))


def _legacy(crs: CRS, datum: str) -> bool:
    """Whether a system is of a datum before CGCS2000, by its names or by its ellipsoid."""
    axis = crs.ellipsoid.semi_major_metre if crs.ellipsoid else 0.0
    return any(word in datum for word in _LEGACY_DATUMS) or any(abs(axis - one) < 0.5 for one in _LEGACY_AXES_M)


def _number_of(crs: CRS, datum: str, points: Points) -> int | None:
    """EPSG number of a definition; a renamed one is believed only if both put the points in the same place."""
    exact = crs.to_epsg(min_confidence=100)
    if exact is not None:
        return int(exact)
    if "2000" in datum and "wgs" not in datum:  # CGCS2000 under one of its many names; the search below is slow
        for epsg in sorted(_CGCS2000):
            if _same_place(crs, epsg, points):
                return epsg
    likely = crs.to_epsg(min_confidence=50)
    return int(likely) if likely is not None and _same_place(crs, int(likely), points) else None


def _same_place(crs: CRS, epsg: int, points: Points) -> bool:
    probe = points if len(points) else np.array([[500_000.0, 3_490_000.0]])
    try:
        with np.errstate(invalid="ignore"):  # points that either cannot transform are infinite
            apart = np.abs(to_degrees(probe, crs) - to_degrees(probe, f"EPSG:{epsg}"))
    except (CRSError, ProjError):
        return False
    return bool(np.isfinite(apart).all() and apart.max(initial=0.0) < 1e-8)


def find(text: str | None, geometry: NDArray[Any], *, forced: str | None = None) -> tuple[CrsFinding, list[Issue]]:
    """Coordinate system of these geometries and what has to be said about it.

    Args:
        text: what the file declares (WKT, ``EPSG:…``, PROJJSON), None for nothing.
        geometry: shapely geometries in the file's coordinates.
        forced: what the analyst said (``4524`` or ``EPSG:4524``).
    """
    points = sample(geometry)
    said = parse(forced, points) if forced else None
    if said is not None:
        return _said(said, points)
    finding, issues = _found(text, points)
    if forced:
        wrong = issue("ANSWER_INVALID", level=Level.CONFIRM, question="坐标系", value=forced[:30], example="4524")
        issues = [wrong, *issues]
    return finding, issues


def _said(said: _Declared, points: Points) -> tuple[CrsFinding, list[Issue]]:
    """The analyst's word; whether x and y changed places is another question, which stays open."""
    if share_in_county(points, said.crs) <= _SHARE and _fits_swapped(points, said):
        return _swapped(said, points, "由使用者指定")
    return CrsFinding(said.epsg, _definition(said), "由使用者指定", 1.0), _legacy_issue(said)


def _found(text: str | None, points: Points) -> tuple[CrsFinding, list[Issue]]:
    """:func:`find` by the file alone."""
    declared = parse(text, points) if text else None
    if not len(points):
        return _without_points(declared)
    if declared is not None and share_in_county(points, declared.crs) > _SHARE:
        return _landed(declared, text or "")
    if declared is not None and _fits_swapped(points, declared):
        return _swapped(declared, points, _origin(declared, text or ""))
    if declared is not None and text != _DEFAULT:
        return _elsewhere(declared, points)
    finding, issues = _undeclared(points, unreadable=bool(text) and declared is None)
    if text == _DEFAULT and not finding.definition and np.abs(points).max() <= 180:
        return CrsFinding(4326, "EPSG:4326", "GeoJSON 默认 WGS 84，但坐标不在平昌县附近", 0.5), []
    return finding, issues


def _definition(declared: _Declared) -> str:
    return f"EPSG:{declared.epsg}" if declared.epsg else declared.crs.to_wkt()


def _legacy_issue(declared: _Declared) -> list[Issue]:
    return [issue("CRS_LEGACY", name=declared.name)] if declared.legacy else []


def _without_points(declared: _Declared | None) -> tuple[CrsFinding, list[Issue]]:
    if declared is None:
        return CrsFinding(None, "", "没有图形，也没有坐标系说明", 0.0), []
    return CrsFinding(declared.epsg, _definition(declared), "文件声明", 0.8), _legacy_issue(declared)


def _origin(declared: _Declared, text: str) -> str:
    """Who says that the file is in this system."""
    return "GeoJSON 默认 WGS 84" if text == _DEFAULT else f"文件声明为 {declared.name}"


def _landed(declared: _Declared, text: str) -> tuple[CrsFinding, list[Issue]]:
    evidence = f"{_origin(declared, text)}，坐标落在平昌县内"
    if text == _DEFAULT:
        return CrsFinding(4326, "EPSG:4326", evidence, 0.9, (4326, 4490)), []
    finding = CrsFinding(
        declared.epsg,
        _definition(declared),
        evidence,
        1.0 if declared.epsg else 0.6,
        (declared.epsg,) if declared.epsg else (),
    )
    if declared.epsg is None:
        return finding, [*_legacy_issue(declared), issue("CRS_CUSTOM", detail=declared.crs.name[:60])]
    return finding, _legacy_issue(declared)


def _elsewhere(declared: _Declared, points: Points) -> tuple[CrsFinding, list[Issue]]:
    """The declaration does not land in the county."""
    candidates = fitting(points)
    if candidates:
        first = candidates[0]
        evidence = _evidence(points)
        finding = CrsFinding(first, f"EPSG:{first}", evidence, 0.5, candidates)
        return finding, [
            issue("CRS_CONTRADICTORY", claimed=declared.name, name=_either(candidates), evidence=evidence, epsg=first)
        ]
    evidence = f"文件声明为 {declared.name}，但坐标不在平昌县附近"
    return CrsFinding(declared.epsg, _definition(declared), evidence, 0.5), _legacy_issue(declared)


def _fits_swapped(points: Points, declared: _Declared) -> bool:
    return share_in_county(points[:, ::-1], declared.crs) > _SHARE


def _swapped(declared: _Declared, points: Points, origin: str) -> tuple[CrsFinding, list[Issue]]:
    """The definition, of this origin, lands in the county once x and y have changed places."""
    evidence = f"{origin}，横纵坐标交换后落在平昌县内"
    finding = CrsFinding(declared.epsg, _definition(declared), evidence, 0.6, swap=True)
    return finding, [*_legacy_issue(declared), _swap_question(points)]


def _swap_question(points: Points) -> Issue:
    """Whether x and y changed places. Numbers only, whoever named the system: the answer holds for this sentence."""
    return issue("CRS_SWAPPED", evidence=_evidence(points))


def _undeclared(points: Points, *, unreadable: bool) -> tuple[CrsFinding, list[Issue]]:
    evidence = _evidence(points)
    if candidates := fitting(points):
        return _inferred(candidates, evidence, unreadable=unreadable)
    if candidates := fitting(points[:, ::-1]):
        said = f"{evidence}，横纵坐标交换后"
        finding, issues = _inferred(candidates, said, unreadable=unreadable)
        return replace(finding, confidence=0.4, swap=True), [_swap_question(points), *issues]
    detail = "坐标系说明无法识别" if unreadable else "文件没有坐标系说明，坐标也不在平昌县的范围内"
    return CrsFinding(None, "", detail, 0.0), [issue("CRS_UNKNOWN", detail=detail, bounds=_bounds_text(points))]


def _inferred(candidates: tuple[int, ...], evidence: str, *, unreadable: bool) -> tuple[CrsFinding, list[Issue]]:
    """What the numbers alone say: zone and prefix, sometimes several, never the datum; it is always asked."""
    first = candidates[0]
    name = NAMES[first]
    certain = len(candidates) == 1 and first in _CGCS2000
    finding = CrsFinding(
        first, f"EPSG:{first}", f"{evidence}，基准按 CGCS2000 认定", 0.8 if certain else 0.4, candidates
    )
    if unreadable:
        detail = "内容不是有效的坐标系定义"
        found = issue("CRS_UNREADABLE", detail=detail, name=_either(candidates), evidence=evidence, epsg=first)
    elif certain:
        found = issue("CRS_INFERRED", name=name, evidence=evidence, epsg=first)
    else:
        listed = "、".join(NAMES[epsg] for epsg in candidates)
        old = [twin for epsg in candidates for twin in TWINS.get(epsg, ())]
        numbers = "、".join(map(str, (*candidates, *old)))
        found = issue("CRS_MISSING", candidates=listed, name=name, evidence=evidence, numbers=numbers)
    return finding, [found]


def _either(candidates: tuple[int, ...]) -> str:
    return "或 ".join(NAMES[epsg] for epsg in candidates)
