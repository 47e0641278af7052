"""GeoParquet through Arrow: WKB geometry columns; metadata ``geo`` after GeoParquet 1.1."""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pingchang_geo.issues import Issue
from pingchang_geo.messages import issue
from pingchang_geo.readers import arrow
from pingchang_geo.readers.model import Columns, Refused, Source, require_size

_LABEL: Final = " GeoParquet"


def _corrupt(label: str, detail: str) -> Refused:
    return Refused(issue("FORMAT_CORRUPT", file=label, content=_LABEL, detail=detail))


def read(source: Source) -> Columns:
    """Read a file.

    Raises:
        Refused: not Parquet, or Parquet without geometry.
    """
    try:
        table, name, crs_text = _table(source)
        position = table.column_names.index(name)
        geometry, broken = arrow.from_wkb(table.column(position).to_pylist())
        columns = _columns(table, position)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _corrupt(source.label, "文件内容不完整或校验不通过") from error
    issues: tuple[Issue, ...] = ()
    if len(broken):
        issues = (issue("GEOMETRY_UNREADABLE", rows=(broken + 1).tolist(), detail="编码有误，或含有圆弧等曲线"),)
    return Columns(
        columns, geometry, np.arange(1, len(geometry) + 1), "UTF-8", "Parquet 规定为 UTF-8", crs_text, issues
    )


def _table(source: Source) -> tuple[Any, str, str | None]:
    """The table, its geometry column and its CRS text."""
    path = source.parts["parquet"]
    with pq.ParquetFile(path) as file:
        metadata = (file.schema_arrow.metadata or {}).get(b"geo")
        if metadata is None:
            raise _corrupt(source.label, "没有 geo 元数据，是普通的 Parquet 表")
        name, crs_text = _primary(metadata, source.label)
        require_size(source.label, file.metadata.num_rows, len(file.schema_arrow))
        if name not in file.schema_arrow.names:
            raise _corrupt(source.label, f"没有图形列「{name}」")
        texts = [field.name for field in file.schema_arrow if pa.types.is_string(field.type)]
    # Repeated text stays a dictionary: run-length encoding lets some kilobytes stand for gigabytes.
    with pq.ParquetFile(path, read_dictionary=texts) as file:
        return file.read(), name, crs_text


def _columns(table: Any, geometry: int) -> dict[str, Any]:
    """Every other column that can be shown in a table; of two with one name the first."""
    columns: dict[str, Any] = {}
    for position, name in enumerate(table.column_names):
        if position == geometry or name in columns:
            continue
        column = arrow.plain(table.column(position).combine_chunks())
        if column is not None:
            columns[name] = column
    return columns


def _primary(metadata: bytes, label: str) -> tuple[str, str | None]:
    """Primary geometry column and its CRS text (PROJJSON; CRS84 when absent, unknown when null)."""
    try:
        geo: Any = json.loads(metadata)
        name = geo["primary_column"]
        column = geo["columns"][name]
        encoding = column["encoding"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _corrupt(label, "geo 元数据不合规") from None
    if encoding != "WKB":
        raise Refused(
            issue("FORMAT_UNSUPPORTED", file=label, detail=f"的图形编码是 {encoding}", remedy="请以 WKB 编码导出。")
        )
    if "crs" not in column:
        return name, "OGC:CRS84"
    crs = column["crs"]
    return name, None if crs is None else json.dumps(crs)
