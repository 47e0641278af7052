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
        with pq.ParquetFile(source.parts["parquet"]) as file:
            metadata = (file.schema_arrow.metadata or {}).get(b"geo")
            if metadata is None:
                raise _corrupt(source.label, "没有 geo 元数据，是普通的 Parquet 表")
            name, crs_text = _primary(metadata, source.label)
            require_size(source.label, file.metadata.num_rows, len(file.schema_arrow))
            texts = [field.name for field in file.schema_arrow if pa.types.is_string(field.type)]
        # Repeated text stays a dictionary: run-length encoding lets some kilobytes stand for gigabytes.
        with pq.ParquetFile(source.parts["parquet"], read_dictionary=texts) as file:
            table = file.read()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _corrupt(source.label, "文件内容不完整或校验不通过") from error
    if name not in table.column_names:
        raise _corrupt(source.label, f"没有图形列「{name}」")
    geometry, broken = arrow.from_wkb(table.column(name).to_pylist())
    columns = {}
    for column_name in table.column_names:
        if column_name == name:
            continue
        column = arrow.plain(table.column(column_name).combine_chunks())
        if column is not None:
            columns[column_name] = column
    issues: tuple[Issue, ...] = ()
    if len(broken):
        issues = (issue("GEOMETRY_UNREADABLE", rows=(broken + 1).tolist(), detail="编码有误，或含有圆弧等曲线"),)
    return Columns(
        columns, geometry, np.arange(1, len(geometry) + 1), "UTF-8", "Parquet 规定为 UTF-8", crs_text, issues
    )


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
