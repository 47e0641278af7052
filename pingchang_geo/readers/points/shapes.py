"""Boundaries pasted as WKT or GeoJSON, read without GEOS; nothing deeper than a multipolygon is followed. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from pingchang_geo.boundary.model import Parcel, Ring
from pingchang_geo.messages import issue
from pingchang_geo.readers.points.survey import declared_in
from pingchang_geo.readers.points.written import Written, shown

_WKT: Final = re.compile(
    r"^\s*(?:SRID\s{0,2}=\s{0,2}\d{1,6}\s{0,2};\s{0,4})?(MULTI)?(POLYGON|LINESTRING|POINT)\b", re.I
)
_POLYGON: Final = re.compile(r"\b(?:MULTI)?POLYGON\s{0,4}(?:ZM?|M)?\s{0,4}(?=\()", re.I)
_OTHER: Final = re.compile(r"\b(GEOMETRYCOLLECTION|LINESTRING|POINT|CURVEPOLYGON)", re.I)
_PIECE: Final = re.compile(r"[()]|[^()]+")
_DEEPEST: Final = 3
#: Keys of a point written as an object, easting first.
_KEYS: Final = (("lng", "lat"), ("lon", "lat"), ("longitude", "latitude"), ("x", "y"), ("X", "Y"))
#: Attributes that hold a parcel's name, most telling first.
NAME_FIELDS: Final = ("地块名称", "项目名称", "宗地名称", "名称", "DKMC", "XMMC", "ZDMC", "MC", "NAME", "name", "title")


def is_wkt(text: str) -> bool:
    """Whether a text begins as WKT."""
    return _WKT.match(text) is not None


def wkt(text: str) -> Written:
    """Polygons of a text of WKT, one or several."""
    declared = declared_in(text[:200]) if text.lstrip()[:4].upper() == "SRID" else None
    parcels: list[Parcel] = []
    try:
        for match in _POLYGON.finditer(text):
            parcels += _parcels(_nested(text, match.end()))
    except ValueError as error:
        return Written("WKT", declared=declared, issues=(issue("SITE_TEXT_BROKEN", form="WKT", detail=str(error)),))
    if not parcels:
        other = _OTHER.search(text)
        found = "线或点" if other else "空的面"
        return Written("WKT", declared=declared, issues=(issue("SITE_NOT_AREA", what="WKT", found=found),))
    return Written("WKT", tuple(parcels), usual="xy", declared=declared)


def _nested(text: str, start: int) -> list[Any]:
    """Lists of points within brackets from ``start`` to the bracket that closes the first one."""
    stack: list[list[Any]] = [[]]
    for match in _PIECE.finditer(text, start):
        piece = match[0]
        if piece == "(":
            if len(stack) > _DEEPEST:
                raise ValueError("括号层数过多")
            stack.append([])
        elif piece == ")":
            done = stack.pop()
            if not stack:
                raise ValueError("括号不成对")
            stack[-1].append(done)
            if len(stack) == 1:
                return list(stack[0][0])
        elif piece.strip(" ,\t\r\n"):
            stack[-1] += _wkt_points(piece)
    raise ValueError("括号不成对")


def _wkt_points(piece: str) -> list[tuple[float, float]]:
    points = []
    for part in piece.split(","):
        numbers = part.split()
        if not numbers:
            continue
        if len(numbers) < 2:
            raise ValueError(f"{shown(part)}不是一个点")
        points.append((_float(numbers[0]), _float(numbers[1])))
    return points


def _float(value: Any) -> float:
    """A number of somebody's text; a text that is none is named in the error."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{shown(str(value))}不是数字") from None


def _depth(value: Any) -> int:
    """How many lists lie around the first point: 1 for a ring, 2 for a polygon, 3 for a multipolygon."""
    depth = 0
    while isinstance(value, (list, tuple)) and value and not isinstance(value[0], (int, float)):
        value = value[0]
        depth += 1
        if depth > _DEEPEST:
            raise ValueError("层数过多")
    return depth


def _parcels(nested: Any, name: str = "") -> list[Parcel]:
    """Parcels of nested lists of points: a ring, a polygon (rings) or a multipolygon."""
    depth = _depth(nested)
    if depth == 0:
        if nested:
            raise ValueError("坐标层数不足")
        return []
    polygons = {1: [[nested]], 2: [nested], 3: nested}[depth]
    parcels = []
    for polygon in polygons:
        if not isinstance(polygon, list):
            raise ValueError("坐标结构不合规")
        rings = [Ring(_points(ring), hole=number > 0) for number, ring in enumerate(polygon) if ring]
        if rings:
            parcels.append(Parcel(tuple(rings), name))
    return parcels


def _points(ring: Any) -> Any:
    points = []
    for point in ring if isinstance(ring, list) else [None]:
        if not isinstance(point, (list, tuple)) or len(point) < 2:
            raise ValueError("坐标结构不合规")
        points.append((_float(point[0]), _float(point[1])))
    return np.array(points, dtype=np.float64)


def geojson(text: str) -> Written | None:
    """Polygons of a GeoJSON text or of bare coordinate lists; None when the text is no JSON at all."""
    try:
        document = json.loads(text)
    except RecursionError:
        return Written("GeoJSON", issues=(issue("SITE_TEXT_BROKEN", form="GeoJSON", detail="嵌套层数过多"),))
    except ValueError as error:
        if not isinstance(error, json.JSONDecodeError) or '"' not in text:
            return None
        detail = f"第 {error.lineno} 行附近 JSON 语法错误"
        return Written("GeoJSON", issues=(issue("SITE_TEXT_BROKEN", form="GeoJSON", detail=detail),))
    return geojson_document(document)


def geojson_document(document: Any) -> Written:
    """Polygons of a decoded GeoJSON: geometry, Feature, FeatureCollection, or bare coordinates."""
    form = "GeoJSON"
    parcels: list[Parcel] = []
    others: list[str] = []
    rows: list[int] = []
    try:
        if isinstance(document, list):
            parcels, form = _parcels(_pairs(document)), "坐标数组"
        elif isinstance(document, Mapping) and isinstance(document.get("rings"), list):
            parcels, form = _esri(document["rings"]), "Esri JSON"
        else:
            for number, (geometry, name) in enumerate(_members(document), start=1):
                kind = geometry.get("type")
                if kind in ("Polygon", "MultiPolygon"):
                    parcels += _parcels(geometry.get("coordinates") or [], name)
                else:
                    others.append(str(kind)[:20])
                    rows.append(number)
    except ValueError as error:
        return Written(form, issues=(issue("SITE_TEXT_BROKEN", form=form, detail=str(error)),))
    found = "、".join(dict.fromkeys(others)) or "空的图形"
    if not parcels:
        return Written(form, issues=(issue("SITE_NOT_AREA", what=form, found=found),))
    skipped = (issue("SITE_SKIPPED", found=found, rows=rows),) if others else ()
    names = {parcel.name for parcel in parcels}
    name = names.pop() if len(names) == 1 else ""
    return Written(form, tuple(parcels), usual="xy", name=name, declared=_crs(document), issues=skipped)


def _pairs(document: list[Any]) -> list[Any]:
    """A list of ``{"lng": …, "lat": …}`` as a list of pairs; any other list as it is."""
    if not document or not all(isinstance(one, Mapping) for one in document):
        return document
    keys = next((pair for pair in _KEYS if all(pair[0] in one and pair[1] in one for one in document)), None)
    return [[one[keys[0]], one[keys[1]]] for one in document] if keys else document


def _esri(rings: list[Any]) -> list[Parcel]:
    """Rings of Esri JSON: those that turn the other way than the first one are holes."""
    made = [_points(ring) for ring in rings if ring]
    turns = [_turn(points) for points in made]
    rings_made = [Ring(points, hole=turn * turns[0] < 0) for points, turn in zip(made, turns, strict=True)]
    return [Parcel(tuple(rings_made))] if rings_made else []


def _turn(points: Any) -> float:
    """Twice the signed area of a ring, positive anticlockwise."""
    x, y = (points - points[0]).T
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())


def _members(document: Any) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Geometries with their names, geometry collections not followed."""
    if not isinstance(document, Mapping):
        raise ValueError("不是 GeoJSON")
    kind = document.get("type")
    features = document.get("features") if kind == "FeatureCollection" else [document]
    if not isinstance(features, list):
        raise ValueError("没有 features")
    for feature in features:
        if not isinstance(feature, Mapping):
            raise ValueError("features 中有不是要素的内容")
        if feature.get("type") != "Feature":
            yield feature, ""
        elif isinstance(geometry := feature.get("geometry"), Mapping):
            yield geometry, name_of(feature.get("properties"))


def name_of(properties: Any) -> str:
    """Name among a feature's attributes; empty when there is none."""
    if isinstance(properties, Mapping):
        for field in NAME_FIELDS:
            value = properties.get(field)
            if isinstance(value, str) and value.strip():
                return value.strip()[:60]
    return ""


def _crs(document: Any) -> Any:
    """What the old ``crs`` member, or Esri's ``spatialReference``, says."""
    reference = document.get("spatialReference") if isinstance(document, Mapping) else None
    if isinstance(reference, Mapping):
        return declared_in(f"EPSG:{str(reference.get('latestWkid') or reference.get('wkid'))[:8]}")
    member = document.get("crs") if isinstance(document, Mapping) else None
    properties = member.get("properties") if isinstance(member, Mapping) else None
    name = properties.get("name") if isinstance(properties, Mapping) else None
    return declared_in(name[:80].replace("::", ":")) if isinstance(name, str) else None
