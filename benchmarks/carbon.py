"""Carbon arithmetic, joins and intervals over all plots: no browser, no server."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks import machine, sql
from benchmarks.data import Dataset, zones
from benchmarks.figures import Figure, Result, at_most
from pingchang_geo import accounts, attributes, carbon, crs, layers
from pingchang_geo.indicators import load_ledger
from pingchang_geo.layers import boundaries, forest, redline
from pingchang_geo.settings import PROJECT_ROOT
from pingchang_geo.specs import CarbonColumns, LayerSpec
from pingchang_geo.store import LocalStore, Snapshot
from pingchang_geo.workflow import derive
from pingchang_geo.workflow.atlas import Atlas, load

_T = TypeVar("_T")

#: The county has 31 townships, which the reference layers lack: as many zones stand in for them in the joins.
TOWNSHIPS = 31


def timed(work: Callable[[], _T]) -> tuple[float, _T]:
    """Seconds and result."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def open_atlas(data: Dataset) -> Atlas:
    """The published layers, as a server holds them."""
    return load(LocalStore(data.data_dir))


def carbon_results(data: Dataset, rounds: int) -> list[Result]:
    """Stock and removal, ready joins, Monte Carlo, and the same totals from another engine."""
    atlas = open_atlas(data)
    return [stock(atlas, rounds), joins(data, rounds), monte_carlo(data, rounds), independent(atlas)]


def stock(atlas: Atlas, rounds: int) -> Result:
    """Stock and official removal of every plot."""
    frame, role = atlas[forest.SPEC.id].frame, _role(forest.SPEC)
    factors, ledger = carbon.load(), load_ledger()
    area_ha = frame["area_ha"].to_numpy(dtype=np.float64)

    def work() -> tuple[Any, Any]:
        rates = carbon.official_rates_tco2_ha_a(factors, ledger)
        stock_tc = attributes.stock_tc_ha(role, frame, factors) * area_ha
        return stock_tc, carbon.removal_tco2_a(frame[role.stand_kind], area_ha, rates)

    seconds = [timed(work)[0] * 1000 for _ in range(max(rounds, 1) * 5)]
    figure = Figure("stock and removal of all plots", "ms", tuple(seconds))
    return Result(
        "carbon",
        "Stock and removal",
        f"{len(frame):,} plots: volume → biomass → carbon by the parameter set, and the annual removal by the "
        "official rates, from the columns in memory to two arrays, by the functions that publishing calls.",
        (figure,),
        (at_most("time", figure.median, 50, "ms"),),
    )


def joins(data: Dataset, rounds: int) -> Result:
    """Every join that publishing makes, townships included."""
    store = LocalStore(data.data_dir)
    snapshot = _with_townships(store.snapshot())
    townships = gpd.GeoDataFrame(geometry=crs.from_equal_area(zones(TOWNSHIPS)), crs=f"EPSG:{crs.STORAGE_EPSG}")
    own = {spec.id: derive.read_attributes(store, snapshot.versions[spec.id]) for spec in layers.carbon_bearing()}
    seconds: dict[str, list[float]] = {}
    total: list[float] = []
    with TemporaryDirectory() as folder:
        for _ in range(rounds):
            projected = derive._Projected(store, snapshot, {boundaries.TOWNSHIPS.id: townships})
            for layer in {spec.id for pair in derive.joined_layers(snapshot) for spec in pair}:
                projected.metres(layer)
            took = list(_each_join(projected, snapshot, own, Path(folder)))
            for label, value in took:
                seconds.setdefault(label, []).append(value)
            total.append(sum(value for _, value in took))
    whole = Figure("all of them", "s", tuple(total))
    return Result(
        "carbon",
        "Ready joins",
        f"{data.plots:,} plots in the measuring projection, geometries in memory: inside red line, scenic areas, "
        f"parks and {TOWNSHIPS} zones that stand in for the townships; within 1, 3 and 5 km of each scenic area and "
        "park; distance to the red line and overlap with it; by the functions that publishing calls, index and "
        "writing of the results included, reading and projecting not.",
        (whole, *(Figure(label, "s", tuple(values)) for label, values in seconds.items())),
        (at_most("time", whole.median, 2, "s"),),
    )


def _with_townships(snapshot: Snapshot) -> Snapshot:
    any_version = next(iter(snapshot.versions.values()))
    version = replace(any_version, layer=boundaries.TOWNSHIPS.id, sha256="0" * 64)
    return Snapshot(MappingProxyType({**snapshot.versions, boundaries.TOWNSHIPS.id: version}))


def _each_join(
    projected: Any, snapshot: Snapshot, own: dict[str, pd.DataFrame], folder: Path
) -> Iterator[tuple[str, float]]:
    for plots, over in derive.joined_layers(snapshot):
        path = folder / f"{plots.id}-{over.id}.npz"
        yield f"inside {over.id}", timed(lambda t=path, p=plots, z=over: derive._save_join(t, projected, p, z))[0]
    for plots, around in derive.ringed_layers(snapshot):
        path = folder / f"{plots.id}-{around.id}-rings.parquet"
        work = lambda t=path, p=plots, z=around: derive._rings(projected, p, z, own[p.id]).to_parquet(t)  # noqa: E731
        yield f"around {around.id}, three rings", timed(work)[0]
    for around, guarded in derive.guarded_layers(snapshot):
        path = folder / f"{around.id}-{guarded.id}.parquet"
        near = lambda t=path, z=around, g=guarded: derive._guarded(projected, z, g).to_parquet(t)  # noqa: E731
        yield f"{around.id} and {guarded.id}: distance and overlap", timed(near)[0]


def monte_carlo(data: Dataset, rounds: int) -> Result:
    """The interval of the county's stock, in a process of its own whose memory is watched."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.carbon", str(data.data_dir), str(rounds)],
        cwd=PROJECT_ROOT,
        env=data.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    seconds = Figure("sums by stand type and draws", "s", tuple(found["seconds"]))
    traced = Figure("allocated at most by it (tracemalloc)", "MB", (found["traced_mb"],))
    whole = Figure("process at its peak", "MB", (found["peak_mb"],), f"{found['before_mb']:.0f} MB before it began")
    return Result(
        "carbon",
        "Monte Carlo",
        f"{found['draws']:,} draws of the stock of {found['plots']:,} plots, errors common to a stand type, with the "
        "share of each input: from the columns in memory to the interval, in a process that has loaded the layers. "
        "Peak: greatest resident memory (VmHWM) of the whole process during the computation.",
        (seconds, whole, traced),
        (at_most("time", seconds.median, 5, "s"), at_most("peak of the whole process", whole.median, 500, "MB")),
    )


def _watched(data_dir: Path, rounds: int) -> dict[str, Any]:
    frame, role = load(LocalStore(data_dir))[forest.SPEC.id].frame, _role(forest.SPEC)
    factors = carbon.load()

    def work() -> carbon.Estimate:
        return carbon.monte_carlo(attributes.pools(role, frame, factors), factors)

    before = machine.peak_mb(reset=True)
    seconds = []
    for _ in range(rounds):
        took, estimate = timed(work)
        seconds.append(took)
    peak = machine.peak_mb()
    tracemalloc.start()
    work()
    traced = tracemalloc.get_traced_memory()[1] / 1e6
    return {
        "seconds": seconds,
        "before_mb": before,
        "peak_mb": peak,
        "traced_mb": traced,
        "draws": estimate.draws,
        "plots": len(frame),
    }


def independent(atlas: Atlas) -> Result:
    """Our totals against DuckDB's."""
    plots_id, inside_id = forest.SPEC.id, redline.SPEC.id
    data = atlas[plots_id]
    plots = sql.raw_plots(data.frame, np.asarray(shapely.area(data.metres)))
    joined = [over for part, over in derive.joined_layers(atlas.snapshot) if part.id == plots_id]
    pairs = {over.id: _pairs(data.store, atlas, plots_id, over.id) for over in joined}
    took, theirs = timed(lambda: sql.totals(plots, pairs, inside_id))
    differences = compare(atlas, theirs)
    return Result(
        "carbon",
        "Independent totals",
        f"{len(plots):,} plots: stock by species, removal by kind, stock of every zone and stock inside and outside "
        "the red line, computed once more in DuckDB SQL from the raw columns (species, volume, land class, kind, area) "
        "and from coefficients and report totals read separately from their files; the joined areas are ours.",
        (Figure("the SQL, tables included", "s", (took,)),),
        tuple(at_most(f"{what}, largest relative difference", value, 1e-9) for what, value in differences.items()),
    )


def _pairs(store: Any, atlas: Atlas, plots_id: str, zones_id: str) -> pd.DataFrame:
    versions = atlas.snapshot.versions
    pairs = derive.read_join(store, versions[plots_id], versions[zones_id]).pairs
    return pd.DataFrame({"row": pairs.left, "zone": pairs.right, "shared_m2": pairs.area_m2})


def compare(atlas: Atlas, theirs: sql.Totals) -> dict[str, float]:
    """Largest relative differences of the atlas's totals to another engine's, by what they are totals of."""
    frame, role = atlas[forest.SPEC.id].frame, _role(forest.SPEC)
    species = accounts.by_group(frame, role.stand_type).set_index("group")["stock_tc"].to_dict()
    kinds = accounts.by_group(frame, role.stand_kind).set_index("group")["removal_tco2_a"].to_dict()
    zone = layers.get(redline.SPEC.id).zone
    assert zone is not None
    sides = accounts.inside_outside(frame, zone.share_field).set_index("group")["stock_tc"]
    inside = {"in": theirs.stock_inside, "out": theirs.stock_outside}
    found = {
        "stock by species": sql.largest_difference(species, _named(theirs.stock_by_species)),
        "removal by kind": sql.largest_difference(kinds, _named(theirs.removal_by_kind)),
        "stock inside and outside the red line": sql.largest_difference(
            {"in": sides[accounts.INSIDE], "out": sides[accounts.OUTSIDE]}, inside
        ),
    }
    for layer, sums in theirs.zones.items():
        found[f"stock of each zone of {layer}"] = sql.largest_difference(
            dict(enumerate(atlas[layer].frame["forest_stock_tc"])), sums
        )
    return found


def _named(sums: Any) -> dict[str, float]:
    return {accounts.UNFILLED if key is None else key: value for key, value in sums.items()}


def _role(spec: LayerSpec) -> CarbonColumns:
    assert spec.carbon is not None
    return spec.carbon


if __name__ == "__main__":
    print(json.dumps(_watched(Path(sys.argv[1]), int(sys.argv[2]))))
