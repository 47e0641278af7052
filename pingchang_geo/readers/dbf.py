"""dBASE tables (.dbf): fixed-width records, read as one byte matrix.

Columns become dictionary-encoded text exactly as stored (trimmed): every distinct value is decoded once. Numbers
stay text here; :mod:`pingchang_geo.fieldmap` parses them, so that 20-digit numbers and leading zeros survive.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pingchang_geo.messages import issue
from pingchang_geo.readers import encoding
from pingchang_geo.readers.model import Refused

_HEADER: Final = 32
_DELETED: Final = ord("*")
#: Kinds stored as text; N and F are digits.
_TEXT_KINDS: Final = frozenset("CNFDL")
#: Kinds stored as little-endian numbers, with their width (dBASE 7, Visual FoxPro).
_BINARY_KINDS: Final = {"I": ("<i4", 4), "O": ("<f8", 8), "B": ("<f8", 8)}
#: First header byte, table kinds with and without memo files.
_VERSIONS: Final = frozenset((0x02, 0x03, 0x04, 0x05, 0x30, 0x31, 0x32, 0x43, 0x63, 0x83, 0x8B, 0x8C, 0xCB, 0xF5, 0xFB))


@dataclass(frozen=True)
class DbfField:
    """One column: stored name, type letter, position in the record."""

    name: bytes
    kind: str
    offset: int
    width: int


@dataclass(frozen=True)
class DbfTable:
    """A table as bytes: ``records`` is (n, record length) uint8, first byte the deletion mark."""

    fields: tuple[DbfField, ...]
    records: NDArray[np.uint8]
    language: int

    @property
    def deleted(self) -> NDArray[np.bool_]:
        """Rows marked as deleted."""
        return np.asarray(self.records[:, 0] == _DELETED)


def read(path: Path, label: str) -> DbfTable:
    """Read a table.

    Raises:
        Refused: not a table, or shorter than its header says.
    """
    data = np.fromfile(path, dtype=np.uint8)
    if len(data) == 0:
        raise Refused(issue("FILE_EMPTY", file=label))
    if len(data) < _HEADER + 1:
        raise Refused(issue("SHP_TRUNCATED", file=label, expected="至少 33 字节", actual=f"{len(data)} 字节"))
    count, header, length = struct.unpack("<IHH", data[4:12].tobytes())
    if header < _HEADER + 1 or (length < 1 and count) or int(data[0]) not in _VERSIONS:
        raise Refused(issue("FORMAT_CORRUPT", file=label, content=" dBASE 属性表", detail="文件头不合规"))
    if header > len(data):
        raise Refused(issue("SHP_TRUNCATED", file=label, expected=f"{header} 字节的表头", actual=f"{len(data)} 字节"))
    fields = _fields(data[:header].tobytes(), length, label)
    available = (len(data) - header) // max(length, 1)
    if available < count:
        raise Refused(
            issue("SHP_TRUNCATED", file=label, expected=f"{count:,} 条记录", actual=f"{available:,} 条完整记录")
        )
    records = data[header : header + count * length].reshape(count, max(length, 1))
    return DbfTable(fields, records, int(data[29]))


def _fields(header: bytes, length: int, label: str) -> tuple[DbfField, ...]:
    fields = []
    offset = 1
    for start in range(_HEADER, len(header) - _HEADER + 1, _HEADER):
        entry = header[start : start + _HEADER]
        if entry[0] == 0x0D or not entry.strip(b"\0"):
            break
        kind = chr(entry[11])
        width = entry[16] + (256 * entry[17] if kind == "C" else 0)  # Clipper's long text fields
        if offset + width > length:
            width = entry[16]
        if offset + width > length:
            raise Refused(
                issue("FORMAT_CORRUPT", file=label, content=" dBASE 属性表", detail="字段宽度之和超过记录长度")
            )
        if width:
            fields.append(DbfField(entry[:11].split(b"\0")[0].strip(), kind, offset, width))
        offset += width
    return tuple(fields)


@dataclass(frozen=True)
class _Coded:
    """A column as distinct byte values and a code per row."""

    codes: NDArray[np.int32]
    values: list[bytes]
    full: list[bool]


def _bytes(table: DbfTable, field: DbfField) -> NDArray[np.uint8]:
    """One column as an (n, width) matrix."""
    return np.ascontiguousarray(table.records[:, field.offset : field.offset + field.width])


def _coded(table: DbfTable, field: DbfField) -> _Coded:
    cut = _bytes(table, field)
    fixed = pa.Array.from_buffers(pa.binary(field.width), len(cut), [None, pa.py_buffer(cut)])
    coded = fixed.dictionary_encode()
    raw = coded.dictionary.to_pylist()
    values = [value.split(b"\0")[0].strip(b" ") for value in raw]
    full = [not value.endswith((b" ", b"\0")) for value in raw]
    return _Coded(coded.indices.to_numpy(zero_copy_only=False), values, full)


def columns(
    table: DbfTable, keep: NDArray[np.bool_], *, cpg: str | None, forced: str | None
) -> tuple[dict[str, Any], encoding.EncodingFinding]:
    """Columns as Arrow dictionary arrays of text (missing = null) and the encoding found."""
    readable = [field for field in table.fields if field.kind in _TEXT_KINDS]
    coded = [_coded(table, field) for field in readable]
    foreign = [encoding.Stored(field.name, len(field.name) >= 10) for field in readable]
    for column in coded:
        foreign += [
            encoding.Stored(value, full) for value, full in zip(column.values, column.full, strict=True) if value
        ]
    finding = encoding.detect(foreign, cpg=cpg, language=table.language, forced=forced)
    texts = dict(zip(readable, coded, strict=True))
    result: dict[str, Any] = {}
    for field in table.fields:
        name = _text(field.name, len(field.name) >= 10, finding.codec) or f"列{len(result) + 1}"
        if field in texts:
            result[_unique(name, result)] = _arrow(texts[field], keep, finding.codec)
        elif (stored := _BINARY_KINDS.get(field.kind)) and field.width == stored[1]:
            result[_unique(name, result)] = pa.array(_bytes(table, field).view(stored[0])[keep, 0])
    return result, finding


def _unique(name: str, taken: dict[str, Any]) -> str:
    number = 1
    unique = name
    while unique in taken:
        unique = f"{name}_{number}"
        number += 1
    return unique


def _text(value: bytes, full: bool, codec: str) -> str:
    try:
        return encoding.decode(value, codec, full=full)
    except UnicodeDecodeError:
        return encoding.decode_lossy(value, codec)


def _arrow(column: _Coded, keep: NDArray[np.bool_], codec: str) -> Any:
    """Dictionary array whose values are distinct and non-empty; empty text is null."""
    distinct: dict[str, int] = {}
    remap = np.empty(len(column.values), dtype=np.int32)
    for position, (value, full) in enumerate(zip(column.values, column.full, strict=True)):
        text = _text(value, full, codec)
        remap[position] = distinct.setdefault(text, len(distinct)) if text else -1
    codes = remap[column.codes[keep]] if len(remap) else np.empty(0, dtype=np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), pa.array(list(distinct), type=pa.string()))
