"""What a file is by its bytes, compared with what its name says. Pure."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from pingchang_geo.messages import issue
from pingchang_geo.readers.model import Format, Refused

#: Bytes that tell a format.
HEAD_BYTES: Final = 4096
_SHP_CODE: Final = 9994


@dataclass(frozen=True)
class Content:
    """A kind of file: internal name, Chinese name, extensions that may carry it."""

    name: str
    label: str
    extensions: frozenset[str] = frozenset()
    format: Format | None = None


ZIP: Final = Content("zip", "ZIP 压缩包", frozenset({"zip", "kmz"}))
SHP: Final = Content("shp", "Shapefile 图形文件", frozenset({"shp"}), Format.SHAPEFILE)
SQLITE: Final = Content("sqlite", "GeoPackage 数据库", frozenset({"gpkg"}), Format.GEOPACKAGE)
JSON: Final = Content("json", "GeoJSON 文本", frozenset({"geojson", "json"}), Format.GEOJSON)
PARQUET: Final = Content("parquet", "GeoParquet 表", frozenset({"parquet", "geoparquet"}), Format.GEOPARQUET)
KML: Final = Content("kml", "KML 文本", frozenset({"kml"}), Format.KML)
SHAPEFILE_PARTS: Final = frozenset({"shp", "shx", "dbf", "prj", "cpg"})

_MAGIC: Final = (
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"SQLite format 3\x00", SQLITE),
    (b"PAR1", PARQUET),
    (b"Rar!", Content("rar", "RAR 压缩包")),
    (b"7z\xbc\xaf\x27\x1c", Content("7z", "7z 压缩包")),
    (b"\x1f\x8b", Content("gzip", "gzip 压缩包")),
    (b"%PDF", Content("pdf", "PDF 文档")),
    (b"\xd0\xcf\x11\xe0", Content("ole", "Office 文档或个人地理数据库")),
    (b"AC10", Content("dwg", "AutoCAD 图形")),
    (b"\x89PNG", Content("png", "图片")),
    (b"\xff\xd8\xff", Content("jpeg", "图片")),
    (b"II*\x00", Content("tiff", "影像")),
    (b"MM\x00*", Content("tiff", "影像")),
    (b"\x7fELF", Content("elf", "程序")),
    (b"MZ", Content("exe", "程序")),
)
_UNKNOWN: Final = Content("unknown", "未知的二进制内容")
_TEXT: Final = Content("text", "普通文本")
_XML: Final = Content("xml", "XML 文本")
#: White space, and the record separator that GeoJSON text sequences begin with (RFC 8142).
_BLANK: Final = b" \t\r\n\x1e"
#: Bytes of a name that could not be decoded, as Python keeps them.
_ESCAPED: Final = re.compile("[\udc80-\udcff]")
_KML_ROOT: Final = re.compile(rb"<(?:\w+:)?kml[\s>]")


def content_of(head: bytes) -> Content:
    """Kind of a file from its first :data:`HEAD_BYTES` bytes."""
    for magic, content in _MAGIC:
        if head.startswith(magic):
            return content
    if len(head) >= 4 and struct.unpack(">i", head[:4])[0] == _SHP_CODE:
        return SHP
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip(_BLANK)
    if text[:1] in (b"{", b"["):
        return JSON
    if text[:1] == b"<":
        return KML if _KML_ROOT.search(text) else _XML
    return _UNKNOWN if b"\x00" in head else _TEXT


def display(name: str) -> str:
    """A file's name as text: one that is not UTF-8 (Linux knows bytes only) is read as GB18030.

    >>> display("\udcc1\udcd6.shp")
    '林.shp'
    """
    if not _ESCAPED.search(name):
        return name
    return name.encode("utf-8", "surrogateescape").decode("gb18030", "replace")


def extension(name: str) -> str:
    """Lower-case extension without the dot."""
    return PurePath(name).suffix.lower().lstrip(".")


def check(name: str, head: bytes) -> Content:
    """Content of a data file or archive called ``name``.

    Raises:
        Refused: empty, of an unknown kind, or not what its extension says.
    """
    if not head:
        raise Refused(issue("FILE_EMPTY", file=name))
    content = content_of(head)
    named = extension(name)
    known = {ext for other in (ZIP, SHP, SQLITE, JSON, PARQUET, KML) for ext in other.extensions}
    if not content.extensions:
        code = "FORMAT_MISMATCH" if named in known else "FORMAT_UNKNOWN"
        raise Refused(issue(code, file=name, content=content.label))
    if named not in content.extensions:
        raise Refused(issue("FORMAT_MISMATCH", file=name, content=content.label))
    return content
