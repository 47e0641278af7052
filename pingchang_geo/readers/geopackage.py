"""GeoPackage through sqlite3: opened read-only and immutable, ordinary tables only, rows copied."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pingchang_geo.issues import Issue
from pingchang_geo.messages import issue
from pingchang_geo.readers import arrow
from pingchang_geo.readers.model import Columns, Refused, Source

#: Bytes of the envelope by its indicator code (GeoPackage 1.3, clause 2.1.3).
_ENVELOPE: Final = (0, 32, 48, 48, 64)
_HEADER: Final = 8
_LABEL: Final = " GeoPackage"
_ALLOWED: Final = frozenset((sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION))
#: A polygon of sixteen million vertices; a generated column must not make more of a small file.
_LONGEST_VALUE: Final = 256 << 20
_EPSG_LIMIT: Final = 1_000_000
#: Column names that are not UTF-8 raise on their own.
_DAMAGED: Final = (sqlite3.Error, UnicodeDecodeError, OverflowError)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
    connection.text_factory = lambda raw: raw.decode("utf-8", errors="replace")

    def authorize(action: int, *_: Any) -> int:
        return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY

    connection.set_authorizer(authorize)
    return connection


def _corrupt(label: str, detail: str) -> Refused:
    return Refused(issue("FORMAT_CORRUPT", file=label, content=_LABEL, detail=detail))


def tables(path: Path, label: str) -> list[str]:
    """Feature tables, ordinary ones only.

    Raises:
        Refused: not a GeoPackage, or damaged.
    """
    try:
        connection = _connect(path)
        try:
            master = {
                name.lower(): (kind, sql or "")  # SQLite does not tell names by case
                for name, kind, sql in connection.execute("SELECT name, type, sql FROM sqlite_master")
            }
            if "gpkg_contents" not in master or "gpkg_geometry_columns" not in master:
                raise _corrupt(label, "没有 gpkg_contents 表，是普通的 SQLite 数据库")
            listed = connection.execute("SELECT table_name FROM gpkg_contents WHERE data_type = 'features'").fetchall()
        finally:
            connection.close()
    except _DAMAGED as error:
        raise _corrupt(label, "数据库结构损坏") from error
    return [
        name
        for (name,) in listed
        if master.get(name.lower(), ("", ""))[0] == "table"
        and not master[name.lower()][1].upper().lstrip().startswith("CREATE VIRTUAL")
    ]


def read(source: Source) -> Columns:
    """Read one feature table.

    Raises:
        Refused: damaged, or the table has no geometry column.
    """
    path = source.parts["gpkg"]
    try:
        connection = _connect(path)
        try:
            return _read(connection, source)
        finally:
            connection.close()
    except _DAMAGED as error:
        raise _corrupt(source.label, "读取数据表时出错") from error


def _read(connection: sqlite3.Connection, source: Source) -> Columns:
    table = source.table or ""
    entry = connection.execute(
        "SELECT column_name, srs_id FROM gpkg_geometry_columns WHERE table_name = ? COLLATE NOCASE", (table,)
    ).fetchone()
    if entry is None:
        raise _corrupt(source.label, f"数据表「{table}」没有图形列")
    geometry_column, srs_id = entry
    quoted = '"' + table.replace('"', '""') + '"'
    cursor = connection.execute(f"SELECT * FROM {quoted}")
    names = [item[0] for item in cursor.description]
    rows = cursor.fetchall()
    if geometry_column not in names:
        raise _corrupt(source.label, f"数据表「{table}」没有图形列")
    values = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())
    blobs = values.pop(geometry_column)
    geometry, broken = geometries(blobs)
    record = np.arange(1, len(blobs) + 1)
    issues: tuple[Issue, ...] = ()
    if len(broken):
        issues = (issue("GEOMETRY_UNREADABLE", rows=(broken + 1).tolist(), detail="编码有误，或含有圆弧等曲线"),)
    columns = {name: arrow.column(list(column)) for name, column in values.items()}
    return Columns(
        {name: column for name, column in columns.items() if column is not None},
        geometry,
        record,
        "UTF-8",
        "GeoPackage 规定为 UTF-8",
        _srs(connection, srs_id),
        issues,
    )


def _srs(connection: sqlite3.Connection, srs_id: int) -> str | None:
    """CRS text: an EPSG code where the file names one, else its WKT."""
    row = connection.execute(
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?",
        (srs_id,),
    ).fetchone()
    if row is None:
        return None
    organization, code, definition = row
    if str(organization).upper() == "EPSG" and isinstance(code, int) and 0 < code < _EPSG_LIMIT:
        return f"EPSG:{code}"
    text = str(definition or "")
    return text if text and text.lower() != "undefined" else None


def _wkb(blob: Any) -> bytes | None:
    """WKB inside a GeoPackage blob; None for a missing geometry, b"" for a broken one."""
    if blob is None:
        return None
    if not isinstance(blob, bytes) or len(blob) < _HEADER or blob[:2] != b"GP":
        return b""
    flags = blob[3]
    envelope = (flags >> 1) & 0x07
    return blob[_HEADER + _ENVELOPE[envelope] :] if envelope < len(_ENVELOPE) else b""


def geometries(blobs: tuple[Any, ...]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Geometries of GeoPackage blobs, 2D, and the positions that could not be read."""
    wkb = [_wkb(blob) for blob in blobs]
    return arrow.from_wkb(wkb)
