"""How the worker hands its result back: an Arrow file for columns and WKB, JSON for everything said about them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import shapely

from pingchang_geo.issues import Issue, Level

if TYPE_CHECKING:
    from pingchang_geo.readers.parse import Parsed

GEOMETRY: Final = "\x00wkb"
RECORD: Final = "\x00record"


def write(parsed: Parsed, folder: Path) -> None:
    """Write ``result.arrow`` and ``result.json``."""
    content = parsed.content
    wkb = pa.array(shapely.to_wkb(content.geometry), type=pa.large_binary())
    arrays = {RECORD: pa.array(content.record), GEOMETRY: wkb, **content.columns}
    table = pa.table(arrays)
    with pa.OSFile(str(folder / "result.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    said = {
        "format": parsed.source.format.value,
        "dataset": parsed.source.name,
        "datasets": parsed.datasets,
        "encoding": content.encoding,
        "encoding_evidence": content.encoding_evidence,
        "crs": asdict(parsed.crs),
        "issues": [asdict(issue) for issue in parsed.issues],
    }
    (folder / "result.json").write_text(json.dumps(said), "utf-8")


def issue_from(values: dict[str, Any]) -> Issue:
    """Inverse of ``asdict`` on an issue."""
    rows = {name: tuple(values[name]) for name in ("rows", "every_row")}
    return Issue(**{**values, **rows, "level": Level(values["level"])})
