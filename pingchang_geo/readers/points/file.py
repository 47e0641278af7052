"""A small text file as people save it: UTF-8, UTF-16 with its mark, or GBK."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Final

from pingchang_geo.messages import issue
from pingchang_geo.readers import sniff
from pingchang_geo.readers.model import Refused

#: Extensions that hold coordinates as text; the content decides which form.
EXTENSIONS: Final = frozenset(("txt", "csv", "tsv", "dat", "wkt", "prn"))
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def is_text(path: Path) -> bool:
    """Whether a file is read as text by its name."""
    return sniff.extension(path.name) in EXTENSIONS


def read(path: Path, most_bytes: int) -> str:
    """Text of a file.

    Raises:
        Refused: missing, empty, larger than ``most_bytes``, or not text.
    """
    name = path.name
    if not path.is_file():
        raise Refused(issue("FILE_MISSING", file=name))
    try:
        with path.open("rb") as stream:
            raw = stream.read(most_bytes + 1)
    except OSError:
        raise Refused(issue("FILE_UNREADABLE", file=name)) from None
    return text_of(raw, name, most_bytes)


def text_of(raw: bytes, name: str, most_bytes: int) -> str:
    """Text of bytes that messages call ``name``; the same refusals."""
    if not raw:
        raise Refused(issue("FILE_EMPTY", file=name))
    if len(raw) > most_bytes:
        raise Refused(issue("FILE_TOO_LARGE", file=name, size=f">{most_bytes >> 20}", limit=most_bytes >> 20))
    for mark, codec in _MARKS:
        if raw.startswith(mark):
            return raw.decode(codec, errors="replace")
    content = sniff.content_of(raw)
    if content.extensions or b"\x00" in raw:
        if content is sniff.JSON:
            return _decoded(raw, name)
        raise Refused(issue("FORMAT_UNKNOWN", file=name, content=content.label))
    return _decoded(raw, name)


def _decoded(raw: bytes, name: str) -> str:
    for codec in ("utf-8", "gb18030"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    raise Refused(issue("FORMAT_UNKNOWN", file=name, content="编码不明的内容"))
