"""Shapefile geometry (.shp, .shx), after the ESRI white paper of July 1998. 2D only: Z and M are left out.

Every length in the file is checked before it is used; records whose inside does not add up are reported by number.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pingchang_geo.messages import issue
from pingchang_geo.readers import rings
from pingchang_geo.readers.model import Refused

_HEADER: Final = 100
_POINT, _LINE, _POLYGON, _MULTIPOINT = (1, 11, 21), (3, 13, 23), (5, 15, 25), (8, 18, 28)
_KNOWN: Final = frozenset((0, *_POINT, *_LINE, *_POLYGON, *_MULTIPOINT))
#: ESRI writes "no data" as numbers below −1e38; no projected coordinate on Earth comes near this.
_FARTHEST: Final = 1e15

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Shapes:
    """Geometries, the 0-based records that could not be read, and what was done about the index."""

    geometry: NDArray[Any]
    broken: Ints
    #: Why the index was rebuilt; empty when it was right.
    index_fault: str


def read(shp: Path, shx: Path | None, label: str) -> Shapes:
    """Read all shapes.

    Raises:
        Refused: not a shapefile, truncated, or of a kind that is not supported.
    """
    data = shp.read_bytes()
    if not data:
        raise Refused(issue("FILE_EMPTY", file=label))
    if len(data) < _HEADER:
        raise Refused(issue("SHP_TRUNCATED", file=label, expected="100 字节的文件头", actual=f"{len(data)} 字节"))
    code, declared, version, kind = *struct.unpack(">i20xi", data[:28]), *struct.unpack("<ii", data[28:36])
    if code != 9994 or version != 1000:
        raise Refused(issue("FORMAT_CORRUPT", file=label, content=" Shapefile", detail="文件头不合规"))
    if kind not in _KNOWN:
        raise Refused(
            issue(
                "FORMAT_UNSUPPORTED",
                file=label,
                detail=f"的图形类型（编号 {kind}）不是点、线或面",
                remedy="请在桌面软件中转换为二维面（或点、线）后重新导出。",
            )
        )
    start, length, fault = _records(data, shx, declared * 2, label)
    return _shapes(data, start, length, fault)


def _records(data: bytes, shx: Path | None, declared: int, label: str) -> tuple[Ints, Ints, str]:
    """Start of content and content length of every record, and why the index is not used."""
    fault = "缺失"
    if shx is not None:
        indexed = _from_index(data, shx)
        if indexed is not None:
            return *indexed, ""
        fault = "与 .shp 不符"
    end = min(declared, len(data)) if declared >= _HEADER else len(data)
    starts, lengths, stopped = _walk(data, end)
    needed = max(declared, _end_of_record(data, stopped) if stopped + 8 <= end else 0)
    if needed > len(data):
        actual = f"{len(data):,} 字节、{len(starts):,} 条完整图形"
        raise Refused(issue("SHP_TRUNCATED", file=label, expected=f"{needed:,} 字节", actual=actual))
    if stopped + 8 <= end and not _padding(data, stopped, end):
        detail = f"第 {len(starts) + 1:,} 条图形记录的长度不合规"
        raise Refused(issue("FORMAT_CORRUPT", file=label, content=" Shapefile", detail=detail))
    return np.array(starts, dtype=np.int64), np.array(lengths, dtype=np.int64), fault


def _end_of_record(data: bytes, position: int) -> int:
    """Where the record at ``position`` ends by its own account; not beyond its head when that makes no sense."""
    (words,) = struct.unpack_from(">i", data, position + 4)
    return position + 8 + 2 * max(words, 0)


def _walk(data: bytes, end: int) -> tuple[list[int], list[int], int]:
    """Start and length of each content, one after the other, and where that stops being possible."""
    starts, lengths = [], []
    position = _HEADER
    while position + 8 <= end:
        following = _end_of_record(data, position)
        if following < position + 12 or following > len(data):
            break
        starts.append(position + 8)
        lengths.append(following - position - 8)
        position = following
    return starts, lengths, position


def _padding(data: bytes, start: int, end: int) -> bool:
    """Whether only zeros are left: some writers pad the file with them, and they are no records."""
    return not data[start:end].strip(b"\0")


def _from_index(data: bytes, shx: Path) -> tuple[Ints, Ints] | None:
    """Records by the index; None when it does not agree with the .shp in every entry."""
    index = shx.read_bytes()
    if len(index) < _HEADER or (len(index) - _HEADER) % 8 or index[:4] != data[:4]:
        return None
    declared = struct.unpack(">i", index[24:28])[0] * 2
    if declared != len(index):
        return None
    entries = np.frombuffer(index, dtype=">i4", offset=_HEADER).reshape(-1, 2).astype(np.int64) * 2
    start, length = entries[:, 0] + 8, entries[:, 1]
    if ((start < _HEADER + 8) | (length < 4) | (start + length > len(data))).any():
        return None
    if len(start) and not np.array_equal(_integers(data, start - 4, ">i4") * 2, length):
        return None
    # The index may skip deleted shapes, but it must not stop short of the end of the file.
    reach = int((start + length).max()) if len(start) else _HEADER
    declared_shp = struct.unpack(">i", data[24:28])[0] * 2
    end = min(declared_shp, len(data))
    return (start, length) if reach >= end or _padding(data, reach, end) else None


def _integers(data: bytes, positions: Ints, dtype: str = "<i4") -> Ints:
    """32-bit integers at byte ``positions``."""
    raw = np.frombuffer(data, dtype=np.uint8)
    return np.ascontiguousarray(raw[positions[:, None] + np.arange(4)]).view(dtype)[:, 0].astype(np.int64)


def _doubles(data: bytes, start: Ints, count: Ints) -> NDArray[np.float64]:
    """(n, 2) points: ``count`` at each byte position ``start``."""
    parts = [np.frombuffer(data, "<f8", 2 * n, s) for s, n in zip(start.tolist(), count.tolist(), strict=True)]
    return (np.concatenate(parts) if parts else np.empty(0)).reshape(-1, 2)


def _shapes(data: bytes, start: Ints, length: Ints, fault: str) -> Shapes:
    geometry = np.full(len(start), None, dtype=object)
    broken = np.zeros(len(start), dtype=bool)
    kind = _integers(data, start)
    broken |= ~np.isin(kind, list(_KNOWN))
    for kinds, reader in ((_POINT, _points), (_MULTIPOINT, _multipoints), (_LINE, _paths), (_POLYGON, _paths)):
        which = np.flatnonzero(np.isin(kind, kinds))
        if len(which):
            shapes, bad = reader(data, start[which], length[which], closed=kinds is _POLYGON)
            geometry[which] = shapes
            broken[which] |= bad
    return Shapes(geometry, np.flatnonzero(broken), fault)


_Read = tuple[NDArray[Any], NDArray[np.bool_]]


def _finite(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray((np.abs(points) < _FARTHEST).all(axis=1))


def _points(data: bytes, start: Ints, length: Ints, *, closed: bool) -> _Read:
    del closed
    fits = length >= 20
    shapes = np.full(len(start), None, dtype=object)
    points = _doubles(data, start[fits] + 4, np.ones(int(fits.sum()), dtype=np.int64))
    good = _finite(points)
    shapes[np.flatnonzero(fits)[good]] = shapely.points(points[good])
    bad = ~fits
    bad[np.flatnonzero(fits)[~good]] = True
    return shapes, bad


def _multipoints(data: bytes, start: Ints, length: Ints, *, closed: bool) -> _Read:
    del closed
    shapes = np.full(len(start), None, dtype=object)
    bad = np.zeros(len(start), dtype=bool)
    for position, (begin, size) in enumerate(zip(start.tolist(), length.tolist(), strict=True)):
        count = struct.unpack_from("<i", data, begin + 36)[0] if size >= 40 else -1
        if count < 0 or 40 + 16 * count > size:
            bad[position] = True
            continue
        points = np.frombuffer(data, "<f8", 2 * count, begin + 40).reshape(-1, 2)
        bad[position] = not _finite(points).all()
        if not bad[position]:
            shapes[position] = shapely.multipoints(np.asarray(shapely.points(points)))
    return shapes, bad


def _paths(data: bytes, start: Ints, length: Ints, *, closed: bool) -> _Read:
    """Lines or polygons."""
    count = len(start)
    bad = length < 44
    safe = np.where(bad, start[0] * 0, start)
    parts, total = _integers(data, safe + 36), _integers(data, safe + 40)
    bad |= (parts < 0) | (total < 0) | (44 + 4 * parts + 16 * total > length) | ((parts == 0) & (total > 0))
    parts, total = np.where(bad, 0, parts), np.where(bad, 0, total)
    owner = np.repeat(np.arange(count), parts)
    ordinal = np.arange(len(owner)) - np.repeat(np.cumsum(parts) - parts, parts)
    begin = _integers(data, start[owner] + 44 + 4 * ordinal) if len(owner) else np.empty(0, dtype=np.int64)
    last = ordinal == parts[owner] - 1
    end = np.where(last, total[owner], np.append(begin[1:], 0))
    wrong = (begin < 0) | (end < begin) | (end > total[owner]) | ((ordinal == 0) & (begin != 0))
    bad[owner[wrong]] = True
    use = ~bad[owner]
    owner, size = owner[use], (end - begin)[use]
    points = _doubles(data, (start + 44 + 4 * parts)[~bad], total[~bad])
    finite = _finite(points)
    bad[np.repeat(np.flatnonzero(~bad), total[~bad])[~finite]] = True
    points[~finite] = 0.0
    shapes = _polygons(points, size, owner, count) if closed else _lines(points, size, owner, count)
    shapes[bad] = None
    return shapes, bad


def _polygons(points: NDArray[np.float64], size: Ints, owner: Ints, count: int) -> NDArray[Any]:
    """Rings of fewer than four vertices enclose nothing and are dropped; open rings are closed."""
    enough = size >= 4
    if not enough.all():
        points, size, owner = points[np.repeat(enough, size)], size[enough], owner[enough]
    if not len(size):
        return np.full(count, None, dtype=object)
    return rings.polygons(points, size, owner, count)


def _lines(points: NDArray[np.float64], size: Ints, owner: Ints, count: int) -> NDArray[Any]:
    shapes = np.full(count, None, dtype=object)
    enough = size >= 2
    points, size, owner = points[np.repeat(enough, size)], size[enough], owner[enough]
    if not len(size):
        return shapes
    lines = np.asarray(shapely.linestrings(points, indices=np.repeat(np.arange(len(size)), size)))
    several = np.bincount(owner, minlength=count)
    one = several[owner] == 1
    shapes[owner[one]] = lines[one]
    for record in np.unique(owner[~one]):
        shapes[record] = shapely.multilinestrings(lines[owner == record])
    return shapes
