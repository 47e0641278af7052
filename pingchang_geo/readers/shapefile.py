"""A shapefile is a set: geometry, attributes, index, CRS and code page files have to agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pingchang_geo.issues import Issue
from pingchang_geo.messages import issue
from pingchang_geo.readers import dbf, encoding, shp
from pingchang_geo.readers.model import Columns, Refused, Source

_SMALL_TEXT = 20_000


def read(source: Source, forced_encoding: str | None) -> Columns:
    """Read one set.

    Raises:
        Refused: a part is missing, truncated, or the parts disagree.
    """
    for part in ("shp", "dbf"):
        if part not in source.parts:
            raise Refused(issue("SHP_PART_MISSING", dataset=source.name, part=f".{part}"))
    shapes = shp.read(source.parts["shp"], source.parts.get("shx"), f"{source.name}.shp")
    table = dbf.read(source.parts["dbf"], f"{source.name}.dbf")
    if len(shapes.geometry) != len(table.records):
        raise Refused(
            issue(
                "SHP_COUNT",
                dataset=source.name,
                shapes=f"{len(shapes.geometry):,}",
                records=f"{len(table.records):,}",
            )
        )
    deleted = table.deleted
    keep = ~deleted
    columns, finding = dbf.columns(table, keep, cpg=_text(source.parts.get("cpg")), forced=forced_encoding)
    return Columns(
        columns,
        shapes.geometry[keep],
        np.flatnonzero(keep) + 1,
        finding.name,
        finding.evidence,
        _text(source.parts.get("prj")),
        (*finding.issues, *_notes(source, shapes, deleted)),
    )


def _notes(source: Source, shapes: shp.Shapes, deleted: np.ndarray) -> list[Issue]:
    notes = []
    if shapes.index_fault:
        notes.append(issue("SHX_REBUILT", detail=shapes.index_fault))
    if deleted.any():
        notes.append(issue("DBF_DELETED", rows=(np.flatnonzero(deleted) + 1).tolist()))
    broken = shapes.broken[~deleted[shapes.broken]]
    if len(broken):
        notes.append(issue("SHP_RECORDS_BROKEN", file=f"{source.name}.shp", rows=(broken + 1).tolist()))
    return notes


def _text(path: Path | None) -> str | None:
    """Content of a .prj or .cpg; None when there is none or it is blank."""
    if path is None:
        return None
    raw = path.read_bytes()[:_SMALL_TEXT]
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = encoding.decode_lossy(raw, "gb18030")
    return text.strip("\x00 \r\n\t") or None
