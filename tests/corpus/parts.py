"""Files written byte by byte, where the usual writers are too well-behaved."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Ring = Sequence[tuple[float, float]] | np.ndarray
#: Name, type letter, width, decimals.
Field = tuple[str | bytes, str, int, int]


def raw(value: Any, codec: str) -> bytes:
    """Bytes as they are, anything else as text in this encoding."""
    return value if isinstance(value, bytes) else str(value).encode(codec)


def dbf(
    fields: Sequence[Field],
    rows: Iterable[Sequence[Any]],
    *,
    codec: str = "gbk",
    version: int = 3,
    language: int = 0,
    deleted: Iterable[int] = (),
) -> bytes:
    """A dBASE table; values are cut at the byte, as real writers do. ``deleted`` are 0-based rows."""
    described = b""
    for name, kind, width, decimals in fields:
        described += raw(name, codec)[:10].ljust(11, b"\0") + kind.encode() + bytes(4) + bytes([width, decimals])
        described += bytes(14)
    gone = set(deleted)
    records = []
    for number, row in enumerate(rows):
        cells = b""
        for value, (_, kind, width, _) in zip(row, fields, strict=True):
            text = raw("" if value is None else value, codec)[:width]
            cells += text.rjust(width) if kind in "NF" else text.ljust(width)
        records.append((b"*" if number in gone else b" ") + cells)
    length = 1 + sum(width for _, _, width, _ in fields)
    head = struct.pack("<B3xIHH17xB2x", version, len(records), 33 + len(described), length, language)
    return head + described + b"\r" + b"".join(records) + b"\x1a"


def polygon(rings: Sequence[Ring], *, kind: int = 5, extra: bytes = b"") -> bytes:
    """Content of a polygon or line record; ``extra`` are its Z and M blocks."""
    points = np.concatenate([np.asarray(ring, dtype="<f8").reshape(-1, 2) for ring in rings])
    starts = np.concatenate([[0], np.cumsum([len(ring) for ring in rings])[:-1]]).astype("<i4")
    box = np.concatenate([points.min(axis=0), points.max(axis=0)]).astype("<f8")
    head = struct.pack("<i", kind) + box.tobytes() + struct.pack("<ii", len(rings), len(points))
    return head + starts.tobytes() + points.tobytes() + extra


def point(x: float, y: float) -> bytes:
    """Content of a point record."""
    return struct.pack("<idd", 1, x, y)


NULL_SHAPE = struct.pack("<i", 0)


def shp(contents: Sequence[bytes], *, kind: int = 5, declared: int | None = None) -> tuple[bytes, bytes]:
    """A .shp and its .shx; ``declared`` overrides the length in the header (bytes)."""
    body = index = b""
    for number, content in enumerate(contents, start=1):
        index += struct.pack(">ii", (100 + len(body)) // 2, len(content) // 2)
        body += struct.pack(">ii", number, len(content) // 2) + content

    def head(length: int) -> bytes:
        return struct.pack(">i20xi", 9994, length // 2) + struct.pack("<ii", 1000, kind) + bytes(64)

    return head(declared or 100 + len(body)) + body, head(100 + len(index)) + index


def write_set(
    folder: Path,
    contents: Sequence[bytes],
    table: bytes,
    *,
    name: str = "forest",
    kind: int = 5,
    prj: str | None = None,
    cpg: str | None = None,
) -> Path:
    """A loose shapefile from records and a table; the path of its .shp."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.shp"
    body, index = shp(contents, kind=kind)
    path.write_bytes(body)
    path.with_suffix(".shx").write_bytes(index)
    path.with_suffix(".dbf").write_bytes(table)
    if prj is not None:
        path.with_suffix(".prj").write_text(prj, "utf-8")
    if cpg is not None:
        path.with_suffix(".cpg").write_text(cpg, "ascii")
    return path


def table_of(columns: Mapping[str, Sequence[Any]], **options: Any) -> bytes:
    """A table of text columns, each as wide as its longest value."""
    codec = options.get("codec", "gbk")
    widths = [max((len(raw(v, codec)) for v in values if v is not None), default=1) or 1 for values in columns.values()]
    fields: list[Field] = [(name, "C", min(width, 254), 0) for name, width in zip(columns, widths, strict=True)]
    return dbf(fields, zip(*columns.values(), strict=True), **options)


def zipped(target: Path, members: Mapping[str | bytes, bytes | Path], *, packed: bool = True) -> Path:
    """A zip; names given as bytes are stored as they are, without the UTF-8 flag, as Chinese tools do."""
    method = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in members.items():
            data = content.read_bytes() if isinstance(content, Path) else content
            archive.writestr(member(name), data, method)
    return target


def member(name: str | bytes) -> zipfile.ZipInfo:
    """Directory entry under a name that may not be UTF-8."""
    return zipfile.ZipInfo(name) if isinstance(name, str) else _RawName(name.decode("cp437"))


class _RawName(zipfile.ZipInfo):
    """An entry whose name is written byte for byte: cp437 maps every byte to one character and back."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # the hook of the standard library
        return self.filename.encode("cp437"), self.flag_bits


def patched(path: Path, position: int, content: bytes) -> Path:
    """Overwrite bytes in place."""
    data = bytearray(path.read_bytes())
    data[position : position + len(content)] = content
    path.write_bytes(data)
    return path
