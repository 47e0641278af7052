"""The server's side of reading: start the worker, wait within the limits, take over its result."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from pingchang_geo.messages import issue
from pingchang_geo.readers import sniff
from pingchang_geo.readers.handover import GEOMETRY, RECORD, issue_from
from pingchang_geo.readers.model import CrsFinding, Limits, RawTable, Refused

_LOG: Final = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())
#: Whole numbers with more digits than float64 holds, and what pandas keeps them in beside nulls.
_WHOLE: Final = {pa.int64(): pd.Int64Dtype(), pa.uint64(): pd.UInt64Dtype()}
_ROOT: Final = Path(__file__).resolve().parents[2]


def read(
    paths: Sequence[Path],
    limits: Limits = Limits(),  # noqa: B008 - frozen
    *,
    encoding: str | None = None,
    crs: str | None = None,
    dataset: str | None = None,
) -> RawTable:
    """Read one data set from files as people have them.

    Args:
        paths: a zip, one file, or the parts of a shapefile; a lone part finds its siblings.
        limits: what reading may cost.
        encoding: attribute encoding said by the analyst.
        crs: EPSG number said by the analyst.
        dataset: which data set, where there are several.

    Raises:
        Refused: the file cannot be read as anything known; ``.issue`` says what was found and how to mend it.
    """
    job = {
        "paths": [str(path.absolute()) for path in paths],
        "limits": asdict(limits),
        "encoding": encoding,
        "crs": crs,
        "dataset": dataset,
    }
    label = sniff.display(paths[0].name) if paths else ""
    try:
        with tempfile.TemporaryDirectory(prefix="pingchang-read-") as name:
            (Path(name) / "request.json").write_text(json.dumps(job), "utf-8")
            return _result(Path(name), limits, label)
    except OSError as error:
        _LOG.exception("the temporary folder cannot be written")
        raise Refused(issue("READ_NO_SPACE", file=label)) from error


def _result(folder: Path, limits: Limits, label: str) -> RawTable:
    """Run the worker on the job in ``folder`` and take over what it found."""
    _run(folder, limits, label)
    try:
        said = json.loads((folder / "result.json").read_text("utf-8"))
    except (OSError, ValueError):
        raise Refused(issue("READ_CRASHED", detail="没有结果")) from None
    if "refused" in said:
        raise Refused(issue_from(said["refused"]))
    try:
        return _take(said, folder)
    except (pa.ArrowException, shapely.errors.ShapelyError, ValueError, OSError):
        _LOG.exception("the reader's result cannot be taken over")
        raise Refused(issue("READ_CRASHED", detail="结果有误")) from None


def _run(folder: Path, limits: Limits, label: str) -> None:
    """Run the worker to its end.

    Raises:
        Refused: it took too long, ran out of memory or crashed.
    """
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(_ROOT),
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "OMP_NUM_THREADS": "1",
        "PROJ_NETWORK": "OFF",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }
    command = [sys.executable, "-s", "-m", "pingchang_geo.readers.worker", str(folder)]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=limits.worker_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Refused(issue("READ_TIMEOUT", seconds=limits.worker_seconds)) from None
    if done.returncode:
        trouble = done.stderr.decode("utf-8", "replace")
        _LOG.error("reader worker failed with code %s:\n%s", done.returncode, trouble[-4000:])
        if "No space left" in trouble:
            raise Refused(issue("READ_NO_SPACE", file=label))
        detail = "内存不足" if "MemoryError" in trouble or "bad_alloc" in trouble else f"代码 {done.returncode}"
        raise Refused(issue("READ_CRASHED", detail=detail))


def _frame(columns: Any) -> pd.DataFrame:
    """A table for pandas. Large whole numbers among nulls stay whole: as float64 an id loses digits from 2^53 on."""
    names = columns.column_names
    gaps = [name for name in names if (column := columns.column(name)).null_count and column.type in _WHOLE]
    if not gaps:
        return columns.to_pandas(self_destruct=True)
    whole = columns.select(gaps).to_pandas(types_mapper=_WHOLE.get)
    return pd.concat([columns.drop_columns(gaps).to_pandas(self_destruct=True), whole], axis=1)[names]


def _take(said: dict[str, Any], folder: Path) -> RawTable:
    with pa.OSFile(str(folder / "result.arrow"), "rb") as source:
        content = pa.ipc.open_file(source).read_all()
    record = content.column(RECORD).to_numpy()
    wkb = np.asarray(content.column(GEOMETRY).to_numpy(zero_copy_only=False), dtype=object)
    frame = _frame(content.drop_columns([RECORD, GEOMETRY]))
    frame.index = pd.Index(record, name="record")
    finding = said["crs"]
    return RawTable(
        format=said["format"],
        dataset=said["dataset"],
        encoding=said["encoding"],
        encoding_evidence=said["encoding_evidence"],
        crs=CrsFinding(**{**finding, "candidates": tuple(finding["candidates"])}),
        table=frame,
        geometry=shapely.from_wkb(wkb),
        issues=tuple(issue_from(values) for values in said["issues"]),
        datasets=tuple(said["datasets"]),
    )
