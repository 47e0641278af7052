"""Inspect a case as the command line would, in this process or through the real worker, and compare."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS, Transformer

from pingchang_geo.issues import Decision, Level
from pingchang_geo.readers import handover, reading
from pingchang_geo.readers.model import Limits, RawTable, Request
from pingchang_geo.readers.parse import parse
from pingchang_geo.workflow.inspect import Inspection, inspect, inspection_text
from tests.corpus import sample
from tests.corpus.case import Case

_ROOT = Path(__file__).parents[2]
_WEIGHTS = (Level.BLOCKING, Level.CONFIRM, Level.REPAIRED)
#: What one upload may cost here: smaller than in production, so that bombs go off early.
LIMITS = Limits(max_upload_mb=64, max_unpacked_mb=256, worker_seconds=60, worker_memory_mb=2048)


@cache
def county() -> Any:
    """The county's outline as shipped."""
    return gpd.read_file(_ROOT / "data" / "geo" / "county.geojson").geometry.union_all()


def read_here(paths: Sequence[Path], limits: Limits = LIMITS, **said: Any) -> RawTable:
    """What the worker does, hand-over included, without starting a process."""
    with tempfile.TemporaryDirectory(prefix="pingchang-read-") as name:
        folder = Path(name)
        (folder / "unpacked").mkdir()
        request = Request(tuple(paths), limits, said.get("encoding"), said.get("crs"), said.get("dataset"))
        handover.write(parse(request, folder / "unpacked"), folder)
        return reading._take(json.loads((folder / "result.json").read_text("utf-8")), folder)


@contextmanager
def in_this_process() -> Iterator[None]:
    """Read without the worker process, which costs half a second a file."""
    with mock.patch("pingchang_geo.readers.read", read_here, create=True):
        yield


def projected(degrees: np.ndarray, epsg: int) -> np.ndarray:
    """Degrees as they are in a system with the same numbers on another datum: what surveyors' files hold."""
    crs = CRS.from_epsg(epsg)
    if crs.is_geographic:
        return degrees
    base = Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True)
    return np.asarray(
        shapely.transform(degrees, lambda points: np.column_stack(base.transform(points[:, 0], points[:, 1])))
    )


def inspected(case: Case, folder: Path) -> Inspection:
    """Make the case's files and inspect them."""
    return inspect(case.write(folder), case.layer, limits=LIMITS, county=county(), answers=case.answers)


def check(case: Case, inspection: Inspection, folder: Path) -> None:
    """Everything the case expects, and what holds for every inspection."""
    said = "\n" + inspection_text(inspection)
    found = {issue.code for issue in inspection.issues}
    assert inspection.decision.value == case.decision, said
    assert found >= case.must, f"missing {sorted(case.must - found)}{said}"
    assert not found & case.never, f"wrong {sorted(found & case.never)}{said}"
    heavy = {issue.code for issue in inspection.issues if issue.level in _WEIGHTS}
    assert heavy <= case.must, f"unexpected {sorted(heavy - case.must)}{said}"
    _shape_of_the_answer(inspection, folder)
    _facts(case, inspection)
    if case.same:
        _same_content(inspection)


def _shape_of_the_answer(inspection: Inspection, folder: Path) -> None:
    """One JSON object without paths, tracebacks or control characters; what is refused says how to mend it."""
    values = json.dumps(inspection.as_dict(), ensure_ascii=False, allow_nan=False)
    text = inspection_text(inspection)
    for leak in (str(folder), "/tmp/", "Traceback", "pingchang-read-"):
        assert leak not in values + text
    assert "INSPECT_FAILED" not in values
    assert not [c for c in text if (ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066\u2028"]
    for issue in inspection.issues:
        assert issue.fix or issue.level not in (Level.BLOCKING, Level.CONFIRM)
    assert (inspection.frame is None) is (inspection.decision is Decision.REJECT)


def _facts(case: Case, inspection: Inspection) -> None:
    values = inspection.as_dict()
    values |= {"epsg": values["crs"]["epsg"], "guessed": values["layer"]}
    for name, expected in case.facts.items():
        wanted = pytest.approx(expected, rel=1e-5) if isinstance(expected, float) else expected
        if isinstance(expected, dict):
            assert {key: values[name].get(key) for key in expected} == expected
        else:
            assert values[name] == wanted, name


def _same_content(inspection: Inspection) -> None:
    frame = inspection.checked
    assert frame is not None
    expected = sample.truth().set_index(pd.RangeIndex(1, sample.ROWS + 1)).loc[frame.index]
    for name in ("species", "origin", "age_group"):
        assert frame[name].astype(str).tolist() == expected[name].tolist(), name
    for name in ("canopy", "volume_m3_ha"):
        assert frame[name].to_numpy() == pytest.approx(expected[name].to_numpy()), name
    apart = shapely.hausdorff_distance(np.asarray(frame.geometry.array), np.asarray(expected.geometry))
    assert apart.max() < sample.TOLERANCE_DEG
