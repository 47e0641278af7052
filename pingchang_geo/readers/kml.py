"""KML through expat: placemarks with names, extended data and geometries. WGS 84 by definition.

A document type is refused (entities are how XML files read other files or explode); links to other documents are
ignored with a notice; styles, overlays, tours and tracks are not data. KMZ is an ordinary archive with a KML inside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

import numpy as np
import shapely

from pingchang_geo.issues import Issue
from pingchang_geo.messages import issue
from pingchang_geo.readers import arrow
from pingchang_geo.readers.model import Columns, Refused, Source, require_size

_DECLARED: Final = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([\w.-]+)[\"'][^>]*\?>")
_CHINESE: Final = frozenset(("GBK", "GB2312", "GB18030", "CP936", "HZ"))
#: Deeper nesting than any real document has.
_DEPTH: Final = 200
_NAME, _DESCRIPTION, _FOLDER = "名称", "描述", "文件夹"


def read(source: Source) -> Columns:
    """Read a file.

    Raises:
        Refused: not XML, not KML, a document type, nothing in it.
    """
    root, encoding = _tree(source.parts["kml"], source.label)
    marks = list(_placemarks(root))
    issues: list[Issue] = []
    links = sum(1 for element in root.iter() if _local(element) in ("NetworkLink", "NetworkLinkControl"))
    if links:
        issues.append(issue("KML_LINK_IGNORED", count=links))
    if not marks:
        raise _corrupt(source.label, "没有地标（Placemark）")
    geometry = np.full(len(marks), None, dtype=object)
    broken: list[int] = []
    for position, (mark, _) in enumerate(marks):
        try:
            geometry[position] = _geometry_of(mark)
        except (ValueError, IndexError, shapely.errors.GEOSException):
            broken.append(position)
    if broken:
        issues.append(issue("GEOMETRY_UNREADABLE", rows=[i + 1 for i in broken], detail="坐标结构不合规"))
    return Columns(
        _columns(marks, source.label),
        geometry,
        np.arange(1, len(marks) + 1),
        encoding,
        f"XML 声明为 {encoding}" if encoding != "UTF-8" else "XML 缺省为 UTF-8",
        "OGC:CRS84",
        tuple(issues),
    )


def _corrupt(label: str, detail: str) -> Refused:
    return Refused(issue("FORMAT_CORRUPT", file=label, content=" KML", detail=detail))


def _tree(path: Path, label: str) -> tuple[Element, str]:
    """The document's root and its encoding."""
    raw = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    encoding = "UTF-8"
    declared = _DECLARED.match(raw[:200].lstrip())
    if declared and declared[1].decode().upper() in _CHINESE:  # expat does not know the Chinese encodings
        encoding = "GB18030"
        try:
            raw = raw.lstrip()[declared.end() :].decode(encoding).encode()
        except UnicodeDecodeError:
            raise _corrupt(label, "文字与声明的编码不符") from None
    builder = TreeBuilder()
    depth = 0

    def doctype(*_: Any) -> None:
        raise Refused(issue("XML_DOCTYPE", file=label))

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEPTH:
            raise _corrupt(label, "嵌套层数过多")
        builder.start(name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(name)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        raise _corrupt(label, f"XML 语法错误（第 {error.lineno} 行附近）") from None
    except (LookupError, ValueError):
        raise _corrupt(label, "XML 声明的编码不能识别") from None
    root = builder.close()
    if _local(root) != "kml":
        raise _corrupt(label, f"根元素是 {_local(root)[:40]}，不是 kml")
    return root, encoding


def _local(element: Element) -> str:
    """Name without its namespace."""
    return str(element.tag).rpartition(" ")[2]


def _child(element: Element, name: str) -> Element | None:
    return next((child for child in element if _local(child) == name), None)


def _text(element: Element | None) -> str | None:
    text = (element.text or "").strip() if element is not None else ""
    return text or None


def _placemarks(root: Element) -> Iterator[tuple[Element, str | None]]:
    """Placemarks in document order with the name of the folder that holds them."""
    waiting: list[tuple[Element, str | None]] = [(root, None)]
    while waiting:
        element, folder = waiting.pop()
        if _local(element) == "Placemark":
            yield element, folder
            continue
        if _local(element) == "Folder":
            folder = _text(_child(element, "name")) or folder
        waiting.extend((child, folder) for child in reversed(list(element)))


def _columns(marks: list[tuple[Element, str | None]], label: str) -> dict[str, Any]:
    rows: list[dict[str, str | None]] = []
    for mark, folder in marks:
        row = {_NAME: _text(_child(mark, "name")), _DESCRIPTION: _text(_child(mark, "description")), _FOLDER: folder}
        extended = _child(mark, "ExtendedData")
        for item in extended.iter() if extended is not None else ():
            if _local(item) == "Data":
                row[item.get("name", "")] = _text(_child(item, "value"))
            elif _local(item) == "SimpleData":
                row[item.get("name", "")] = _text(item)
        rows.append(row)
    names = [name for name in dict.fromkeys(name for row in rows for name in row) if name]
    require_size(label, len(rows), len(names))
    filled = [name for name in names if any(row.get(name) for row in rows)]
    columns = {name: arrow.column([row.get(name) for row in rows]) for name in filled}
    return {name: column for name, column in columns.items() if column is not None}


def _geometry_of(mark: Element) -> Any:
    """The placemark's geometry, 2D; None without one.

    Raises:
        ValueError: coordinates that are no numbers, or too few of them.
    """
    parts: list[Any] = []
    waiting = [child for child in mark if _local(child) in _MAKERS or _local(child) == "MultiGeometry"]
    while waiting:
        element = waiting.pop(0)
        if _local(element) == "MultiGeometry":
            waiting.extend(child for child in element if _local(child) in _MAKERS or _local(child) == "MultiGeometry")
        else:
            parts.append(_MAKERS[_local(element)](element))
    if not parts:
        return None
    if len(parts) == 1:
        return parts[0]
    kinds = {part.geom_type for part in parts}
    if len(kinds) > 1:
        return shapely.GeometryCollection(parts)
    multi: dict[str, Callable[[list[Any]], Any]] = {
        "Point": shapely.MultiPoint,
        "LineString": shapely.MultiLineString,
        "Polygon": shapely.MultiPolygon,
    }
    return multi[kinds.pop()](parts)


def _points(element: Element | None) -> list[tuple[float, float]]:
    """``lon,lat[,altitude]`` tuples; blanks around the commas, which some programs write, are tolerated."""
    text = _text(_child(element, "coordinates")) if element is not None else None
    tidy = " ".join((text or "").split()).replace(" ,", ",").replace(", ", ",")
    pairs = [item.split(",") for item in tidy.split(" ")]
    points = [(float(pair[0]), float(pair[1])) for pair in pairs]
    if not points or not np.isfinite(points).all():
        raise ValueError("no coordinates")
    return points


def _polygon(element: Element) -> Any:
    rings: dict[str, list[Any]] = {"outerBoundaryIs": [], "innerBoundaryIs": []}
    for side in element:
        if _local(side) in rings:
            rings[_local(side)] += [_points(ring) for ring in side if _local(ring) == "LinearRing"]
    (shell,) = rings["outerBoundaryIs"]
    return shapely.Polygon(shell, rings["innerBoundaryIs"])


_MAKERS: Final[dict[str, Callable[[Element], Any]]] = {
    "Point": lambda element: shapely.Point(_points(element)[0]),
    "LineString": lambda element: shapely.LineString(_points(element)),
    "LinearRing": lambda element: shapely.Polygon(_points(element)),
    "Polygon": _polygon,
}
