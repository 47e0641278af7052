"""An upload from the file to the published version: time beside a plain copy, memory of the processes at work."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from benchmarks.data import FOLDER, Dataset
from benchmarks.figures import Figure, Result, at_most, ratio
from benchmarks.memory import Peaks, watching
from pingchang_geo import crs
from pingchang_geo.access import operator
from pingchang_geo.layers import forest
from pingchang_geo.settings import PROJECT_ROOT, Settings
from pingchang_geo.store import LocalStore
from pingchang_geo.validation import overlap
from pingchang_geo.workflow import versions
from pingchang_geo.workflow.uploads.drafts import Draft, Drafts
from tests.factories import write_shapefile, zip_shapefile

EPSG = 4524
#: What the analyst says when publishing.
SAID = {
    "kind": "official",
    "source": "平昌县林业局",
    "as_of": "2024-12-31",
    "licence": "",
    "note": "基准测试",
    "publisher": "基准测试",
}
WORDS = {"reader": "readers.worker", "drafting": ".drafting"}
#: Shares of the plots that the second file has changed, moved and lost.
_GREW, _MOVED, _GONE = 0.10, 0.05, 0.05
_WIDER_M = 2.0
_LIMIT_MB = 4096
WHO = operator(SAID["publisher"])


@dataclass(frozen=True)
class Files:
    """Shapefiles (GBK, no .cpg) of the county, and of its next survey."""

    first: Path
    second: Path


def files(data: Dataset) -> Files:
    """Written once for a reference build: the plots as built, and a year later."""
    folder = FOLDER / f"upload-{data.plots}-{data.reference_dir.name.rpartition('-')[2]}"
    if not folder.is_dir():
        partial = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        plots = data.forest().to_crs(epsg=EPSG)
        for name, frame in (("first", plots), ("second", next_survey(plots))):
            shp = write_shapefile(frame, partial, name=name, epsg=EPSG)
            zip_shapefile(shp, zipped(shp))
        partial.rename(folder)
    return Files(folder / "first.shp", folder / "second.shp")


def zipped(shp: Path) -> Path:
    """The same as a zip, as it is dropped on the page."""
    return shp.with_name(f"zipped-{shp.stem}.zip")


def next_survey(plots: gpd.GeoDataFrame, seed: int = 3) -> gpd.GeoDataFrame:
    """The plots a year later: some grew, some moved by a hand's breadth, some are gone; in another order."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(plots))
    grew, moved, gone = (int(share * len(plots)) for share in (_GREW, _MOVED, _GONE))
    after = plots.copy()
    after.loc[order[:grew], "HUO_LMGQXJ"] += 5
    shapes = after.geometry.to_numpy().copy()
    rows = order[grew : grew + moved]
    shapes[rows] = shapely.transform(shapes[rows], lambda xy: xy + np.array([0.2, 0.1]))
    after = after.set_geometry(shapes, crs=plots.crs)
    return after.iloc[order[gone:]].reset_index(drop=True)


@dataclass(frozen=True)
class Run:
    """One drafting process, from its start to its end."""

    seconds: float
    peaks: Peaks


@contextmanager
def workplace(data: Dataset) -> Iterator[Drafts]:
    """Drafts over a copy of the published layers: what is published here stays here."""
    folder = FOLDER / "upload-work"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(data.data_dir, folder)
    try:
        yield Drafts(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def received(drafts: Drafts, shp: Path) -> Draft:
    """A draft of the loose files of a shapefile."""
    parts = sorted(shp.parent.glob(f"{shp.stem}.*"))
    with ExitStack() as stay:
        opened = [(path.name, stay.enter_context(path.open("rb"))) for path in parts]
        return drafts.create(opened, WHO, forest.SPEC.id, _LIMIT_MB)


def work(drafts: Drafts, draft: Draft, data_dir: Path, action: str, *arguments: str) -> Run:
    """Start a drafting process as the page does and wait for its end.

    Raises:
        RuntimeError: the files were refused, asked about, or not published: then nothing was measured.
    """
    start = time.perf_counter()
    with watching(os.getpid(), WORDS) as peaks:
        drafts.start(draft, action, Settings(data_dir=data_dir, max_upload_mb=_LIMIT_MB), WHO, *arguments)
        while drafts.working(draft):
            time.sleep(0.005)
    seconds = time.perf_counter() - start
    after = drafts.get(draft.id)
    found = (drafts.inspection(draft) or {}).get("decision")
    stage = {"inspect": "inspected", "publish": "published"}[action]
    if after is None or after.stage != stage or after.error or found not in ("accept", "repair"):
        raise RuntimeError(f"{action}: {found}, {after}\n{(drafts.folder(draft.id) / 'log.txt').read_text('utf-8')}")
    return Run(seconds, peaks)


def plain_copy(shp: Path) -> float:
    """Seconds of pyogrio reading the file and writing it as GeoPackage, in a fresh process; imports not counted."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.upload", str(shp)],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def _copied(shp: Path) -> float:
    target = shp.with_suffix(".copy.gpkg")
    target.unlink(missing_ok=True)
    start = time.perf_counter()
    pyogrio.write_dataframe(pyogrio.read_dataframe(shp, encoding="gbk"), target, driver="GPKG")
    seconds = time.perf_counter() - start
    target.unlink()
    return seconds


def upload_results(data: Dataset, rounds: int) -> list[Result]:
    """Copy, inspect, publish, twice over, in turn; then the comparison and the worst case of overlaps."""
    written = files(data)
    copies: list[float] = []
    runs: dict[str, list[Run]] = {}
    for _ in range(rounds):
        with workplace(data) as drafts:
            for name, shp in (("first", written.first), ("second", written.second)):
                copies.append(plain_copy(shp))
                draft = received(drafts, shp)
                root = drafts.folder(draft.id).parent.parent
                runs.setdefault(f"inspect {name}", []).append(work(drafts, draft, root, "inspect"))
                draft = drafts.get(draft.id) or draft
                said = json.dumps(SAID, ensure_ascii=False)
                runs.setdefault(f"publish {name}", []).append(work(drafts, draft, root, "publish", said))
            compared = comparison(LocalStore(root), rounds)
    return [_timed(data, written, copies, runs), compared, overlaps(written.first, rounds)]


def _timed(data: Dataset, written: Files, copies: list[float], runs: dict[str, list[Run]]) -> Result:
    copy = Figure("plain copy", "s", tuple(copies))
    seconds = {name: tuple(run.seconds for run in done) for name, done in runs.items()}
    first = Figure("inspect, nothing to compare with", "s", seconds["inspect first"])
    second = Figure("inspect, compared with the current version", "s", seconds["inspect second"])
    publish = Figure("publish", "s", (*seconds["publish first"], *seconds["publish second"]))
    reader, inspecting = (_peak(runs, "inspect", name) for name in ("reader", "drafting"))
    publishing = _peak(runs, "publish", "drafting")
    size_mb = sum(path.stat().st_size for path in written.first.parent.glob("first.*")) / 1e6
    return Result(
        "upload",
        f"Upload of {data.plots:,} plots",
        f"The county's reference plots with {data.plots:,} plots (all of its area, 24 columns, so that every check and "
        f"every join has its work), written by pyogrio as a shapefile in GBK without .cpg ({size_mb:,.0f} MB), over "
        "the reference layers; then the same a year later over that: a tenth grew, a twentieth moved, a twentieth is "
        "gone, in another order. Inspect and publish: each one process as the page starts it, from the start of the "
        "interpreter to its end: reading in the sandboxed worker, all checks, comparison with tables and map, results "
        "saved; content, carbon, tiles, joins, switch. Plain copy: pyogrio reads the file and writes a GeoPackage, "
        "start and imports not counted. Peaks: greatest resident memory (VmHWM), mapped files included.",
        (
            copy,
            first,
            second,
            publish,
            Figure("peak of the reading worker", "MB", reader),
            Figure("peak of the drafting process, inspecting", "MB", inspecting),
            Figure("peak of the drafting process, publishing", "MB", publishing),
        ),
        (
            at_most("inspect ÷ plain copy", ratio(first, copy), 3, "×"),
            at_most("inspect with comparison ÷ plain copy", ratio(second, copy), 3, "×"),
            at_most("publish ÷ plain copy", ratio(publish, copy), 6, "×"),
            at_most("peak of the reading worker", max(reader), 1500, "MB"),
            at_most("peak of the drafting process", max(*inspecting, *publishing), 1500, "MB"),
        ),
    )


def _peak(runs: dict[str, list[Run]], action: str, name: str) -> tuple[float, ...]:
    """Peaks of one kind of process in all runs of an action."""
    found = [run.peaks for key, done in runs.items() if key.startswith(action) for run in done]
    return tuple(peaks.children_mb[name] for peaks in found)


def comparison(store: LocalStore, rounds: int) -> Result:
    """The two newest versions of the plots, as the page of versions compares them."""
    after, before = store.versions(forest.SPEC.id)[:2]
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        shown = versions.compare_versions(store, before, after)
        seconds.append(time.perf_counter() - start)
    changed = int((shown.found.status != 0).sum()) + len(shown.found.removed)
    figure = Figure("comparison", "s", tuple(seconds), f"{changed:,} plots differ")
    return Result(
        "upload",
        f"Comparison of {before.rows:,} with {after.rows:,} plots",
        "The two versions published above: reading both, areas and carbon, matching by key, every field and every "
        "outline, sums by fate and by each category.",
        (figure,),
        (at_most("time", figure.median, 5, "s"),),
    )


def overlaps(shp: Path, rounds: int) -> Result:
    """The overlap check where every plot overlaps all its neighbours."""
    metres = pyogrio.read_dataframe(shp, columns=[], encoding="gbk").geometry.to_crs(crs.EQUAL_AREA_PROJ).to_numpy()
    figures: list[Figure] = []
    for label, plots in (("as they are", metres), ("all widened", shapely.buffer(metres, _WIDER_M, quad_segs=2))):
        seconds = []
        for _ in range(rounds):
            start = time.perf_counter()
            found = overlap.find(plots)
            seconds.append(time.perf_counter() - start)
        figures.append(Figure(f"plots {label}", "s", tuple(seconds), _words(found)))
    return Result(
        "upload",
        "Overlap check",
        f"{len(metres):,} plots in the measuring projection, once as they are (a clean map) and once each widened by "
        f"{_WIDER_M:g} m, so that all overlap all their neighbours; every pair and its area, on all cores.",
        tuple(figures),
        (at_most("every plot overlaps its neighbours", figures[-1].median, 8, "s"),),
    )


def _words(found: Any) -> str:
    return f"{found.pairs:,} pairs, {int(found.involved.sum()):,} plots"


if __name__ == "__main__":
    print(_copied(Path(sys.argv[1])))
