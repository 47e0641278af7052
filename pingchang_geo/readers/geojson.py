"""GeoJSON through json: FeatureCollection, Feature, bare geometry, or one feature a line.

A ``crs`` that is a link is dropped (a reader that follows it lets the file send requests); a named one is honoured.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pingchang_geo.issues import Issue
from pingchang_geo.messages import issue
from pingchang_geo.readers import arrow
from pingchang_geo.readers.model import Columns, Refused, Source, require_size

_GEOMETRIES: Final = frozenset(
    ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")
)
#: ``EPSG:4490``, ``urn:ogc:def:crs:EPSG::4490``, ``http://www.opengis.net/def/crs/EPSG/0/4490``; a name, never fetched.
_CRS_NAME: Final = re.compile(
    r"^(?:(?:urn:ogc:def:crs:)?(?=\w+:)|https?://(?:www\.)?opengis\.net/def/crs/(?=\w+/))"
    r"(EPSG|OGC)(?::|::|:[\d.]+:|/[\d.]+/)(\w+)$",
    re.IGNORECASE,
)
#: What members that are not what they should be raise on their way to a geometry.
_MALFORMED: Final = (
    TypeError,
    ValueError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    RecursionError,
    shapely.errors.GEOSException,
)
#: RFC 8142: each text of a sequence begins with this.
_RECORD_SEPARATOR: Final = "\x1e"


def read(source: Source) -> Columns:
    """Read a file.

    Raises:
        Refused: not JSON, not GeoJSON.
    """
    path = source.parts["geojson"]
    document, encoding = _load(path, source.label)
    features, crs_text, issues = _features(document, source.label)
    geometry, broken = geometries([feature.get("geometry") for feature in features])
    if len(broken):
        issues.append(issue("GEOMETRY_UNREADABLE", rows=(broken + 1).tolist(), detail="坐标结构不合规"))
    return Columns(
        _properties(features, source.label),
        geometry,
        np.arange(1, len(features) + 1),
        encoding,
        "GeoJSON 规定为 UTF-8" if encoding == "UTF-8" else "不是 UTF-8，按 GB18030 可完整解码",
        crs_text,
        tuple(issues),
    )


def _corrupt(label: str, detail: str) -> Refused:
    return Refused(issue("FORMAT_CORRUPT", file=label, content=" GeoJSON", detail=detail))


def _load(path: Path, label: str) -> tuple[Any, str]:
    raw = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    encoding = "UTF-8"
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        try:
            text, encoding = raw.decode("gb18030"), "GB18030"
        except UnicodeDecodeError:
            raise _corrupt(label, "文字编码既不是 UTF-8 也不是 GB18030") from None
    try:
        return _parsed(text), encoding
    except RecursionError:
        raise _corrupt(label, "嵌套层数过多") from None
    except ValueError as error:
        where = f"第 {error.lineno} 行附近" if isinstance(error, json.JSONDecodeError) else "数字过长"
        raise _corrupt(label, f"JSON 语法错误（{where}）") from None


def _parsed(text: str) -> Any:
    """The document, or the list of features where there is one a line.

    Raises:
        ValueError, RecursionError: not JSON.
    """
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except ValueError:
        # Not splitlines(): text may hold other line separators.
        lines = [line.strip().lstrip(_RECORD_SEPARATOR) for line in text.split("\n")]
        if not lines[0].endswith("}"):
            raise
        return [json.loads(line, parse_constant=lambda _: None) for line in lines if line]


def _features(document: Any, label: str) -> tuple[list[dict[str, Any]], str | None, list[Issue]]:
    """Features, CRS text, issues."""
    if isinstance(document, list):
        document = {"type": "FeatureCollection", "features": document}
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "Topology" or (isinstance(document, dict) and "rings" in str(document.get("geometryType", "")).lower()):
        raise Refused(_unsupported(label, "是 TopoJSON"))
    if isinstance(document, dict) and "geometryType" in document and kind is None:
        raise Refused(_unsupported(label, "是 Esri JSON"))
    if kind == "FeatureCollection" and isinstance(document.get("features"), list):
        features = document["features"]
    elif kind == "Feature":
        features = [document]
    elif isinstance(kind, str) and kind in _GEOMETRIES:
        features = [{"type": "Feature", "geometry": document, "properties": {}}]
    else:
        raise _corrupt(label, "没有 features，不是 GeoJSON")
    if not all(isinstance(feature, dict) for feature in features):
        raise _corrupt(label, "features 中有不是要素的内容")
    crs_text, issues = _crs(document.get("crs"))
    return features, crs_text, issues


def _unsupported(label: str, detail: str) -> Issue:
    return issue("FORMAT_UNSUPPORTED", file=label, detail=detail, remedy="请在桌面软件中导出为 GeoJSON 或 GeoPackage。")


def _crs(member: Any) -> tuple[str | None, list[Issue]]:
    """CRS text of the old ``crs`` member; RFC 7946 files have none and are WGS 84."""
    if not isinstance(member, dict):
        return "OGC:CRS84", []
    properties = member.get("properties")
    name = properties.get("name") if isinstance(properties, dict) else None
    if member.get("type") == "name" and isinstance(name, str) and (found := _CRS_NAME.match(name.strip())):
        return f"{found[1].upper()}:{found[2]}", []
    code = properties.get("code") if isinstance(properties, dict) else None
    if member.get("type") == "EPSG" and isinstance(code, int):  # the form before 2008
        return f"EPSG:{code}", []
    if member.get("type") == "link" or (isinstance(properties, dict) and "href" in properties):
        return "OGC:CRS84", [issue("CRS_LINK_DROPPED")]  # as without a member
    return None, []


def _properties(features: list[dict[str, Any]], label: str) -> dict[str, Any]:
    rows = [p if isinstance(p := feature.get("properties"), dict) else {} for feature in features]
    names = list(dict.fromkeys(name for row in rows for name in row))
    require_size(label, len(rows), len(names))
    columns = {arrow.text(name): arrow.column([row.get(name) for row in rows]) for name in names}
    return {name: column for name, column in columns.items() if column is not None}


def geometries(members: list[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Geometries of GeoJSON members, 2D, and the positions that could not be read; null stays None."""
    result = np.full(len(members), None, dtype=object)
    broken = []
    polygons = [
        position
        for position, member in enumerate(members)
        if isinstance(member, dict) and member.get("type") == "Polygon" and member.get("coordinates")
    ]
    try:
        result[polygons] = _polygons([members[position]["coordinates"] for position in polygons])
    except _MALFORMED:
        polygons = []
    done = set(polygons)
    for position, member in enumerate(members):
        if position in done or member is None:
            continue
        try:
            result[position] = _one(member)
        except _MALFORMED:
            broken.append(position)
    return result, np.array(broken, dtype=np.int64)


def _polygons(coordinates: list[Any]) -> NDArray[Any]:
    """All polygons at once: one array of vertices."""
    if not coordinates:
        return np.empty(0, dtype=object)
    rings = [ring for polygon in coordinates for ring in polygon]
    points = np.array([(p[0], p[1]) for ring in rings for p in ring], dtype=np.float64)
    if not np.isfinite(points).all():
        raise ValueError
    sizes = np.array([len(ring) for ring in rings])
    lines = np.asarray(shapely.linearrings(points, indices=np.repeat(np.arange(len(rings)), sizes)))
    counts = np.array([len(polygon) for polygon in coordinates])
    return np.asarray(shapely.polygons(lines, indices=np.repeat(np.arange(len(counts)), counts)))


def _one(member: Any) -> Any:
    """One geometry of any type; an empty one is empty."""
    if member["type"] not in _GEOMETRIES:
        raise ValueError
    if member["type"] == "Polygon" and member["coordinates"]:
        return _polygons([member["coordinates"]])[0]
    geometry = shapely.force_2d(shapely.from_geojson(json.dumps(member)))
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        raise ValueError
    return geometry
