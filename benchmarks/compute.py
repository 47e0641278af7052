"""Tiles and joins: no browser, no server."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import geopandas as gpd
import numpy as np
import shapely

from benchmarks.data import Dataset, zones
from benchmarks.figures import Figure, Result, at_least, at_most, ratio
from pingchang_geo import crs
from pingchang_geo.overlay import Pairs, overlaps
from pingchang_geo.tiles import build_tiles

_T = TypeVar("_T")


def _timed(work: Callable[[], _T]) -> tuple[float, _T]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def tiles(data: Dataset, rounds: int) -> Result:
    """Id tiles of zooms 8–13."""
    degrees = np.asarray(data.forest().geometry.array, dtype=object)
    seconds, size_mb, count = [], 0.0, 0
    for _ in range(rounds):
        took, built = _timed(lambda: build_tiles(crs.to_web_mercator(degrees), zooms=range(8, 14)))
        seconds.append(took)
        size_mb, count = built.size_bytes / 1e6, len(built.tiles)
    time_s = Figure("building, projection included", "s", tuple(seconds))
    return Result(
        "tiles",
        "Id tiles z8–13",
        f"{len(degrees):,} plots (EPSG:4490, in memory) → gzipped tiles in memory, by the function that publishing "
        "calls; reprojection to EPSG:3857 is included, reading the file and writing the archive are not.",
        (time_s, Figure(f"size of {count} tiles, gzipped", "MB", (size_mb,))),
        (at_most("time", time_s.median, 15, "s"), at_most("size", size_mb, 10, "MB")),
    )


def join(data: Dataset, rounds: int, count: int = 100) -> Result:
    """Our area-weighted join against geopandas.overlay."""
    plots = crs.to_equal_area(np.asarray(data.forest().geometry.array, dtype=object))
    areas = zones(count)
    ours_s, theirs_s = [], []
    worst = 0.0
    pairs = 0
    for _ in range(rounds):
        took, mine = _timed(partial(overlaps, _fresh(plots), _fresh(areas)))
        ours_s.append(took)
        took, other = _timed(partial(_geopandas, _fresh(plots), _fresh(areas)))
        theirs_s.append(took)
        worst, pairs = max(worst, difference_m2(mine, other, count)), len(mine)
    ours, theirs = Figure("ours", "s", tuple(ours_s)), Figure("geopandas.overlay", "s", tuple(theirs_s))
    corners = int(shapely.get_num_coordinates(areas).mean())
    return Result(
        "join",
        f"Area-weighted join with {len(areas)} zones",
        f"{len(plots):,} plots with {len(areas)} zones that fill the county (mean {corners:,} corners, no gaps), "
        "both in the measuring projection; from geometries in memory to one shared area a pair. geopandas: "
        "`overlay(how='intersection')` with its defaults and the areas of its result. The geometries are copied "
        "before each run, so that neither side profits from prepared geometries. Pairs are compared one by one, a "
        "pair that one side lacks counts as 0 m².",
        (ours, theirs, Figure("largest difference of a pair", "m²", (worst,), f"{pairs:,} pairs")),
        (
            at_least("geopandas.overlay ÷ ours", ratio(theirs, ours), 4, "×"),
            at_most("largest difference of a pair's area", worst, 1e-3, "m²"),
        ),
    )


def _fresh(geometries: np.ndarray) -> np.ndarray:
    # from_wkb would cost seconds; translating by nothing makes new, unprepared geometries
    return np.asarray(shapely.transform(geometries, lambda xy: xy), dtype=object)


def _geopandas(plots: np.ndarray, areas: np.ndarray) -> Pairs:
    left = gpd.GeoDataFrame({"left": np.arange(len(plots))}, geometry=plots, crs=crs.EQUAL_AREA_PROJ)
    right = gpd.GeoDataFrame({"right": np.arange(len(areas))}, geometry=areas, crs=crs.EQUAL_AREA_PROJ)
    with warnings.catch_warnings():
        # plots that only touch a zone are dropped, and it says so
        warnings.simplefilter("ignore", UserWarning)
        found = gpd.overlay(left, right, how="intersection")
    return Pairs(found["left"].to_numpy(), found["right"].to_numpy(), found.geometry.area.to_numpy())


def difference_m2(first: Pairs, second: Pairs, zone_count: int) -> float:
    """Largest difference of a pair's shared area; a pair that one side lacks has 0 there."""

    def by_pair(pairs: Pairs) -> dict[int, float]:
        keys = pairs.left.astype(np.int64) * zone_count + pairs.right
        unique, place = np.unique(keys, return_inverse=True)
        return dict(zip(unique.tolist(), np.bincount(place, weights=pairs.area_m2).tolist(), strict=True))

    one, two = by_pair(first), by_pair(second)
    return max((abs(one.get(key, 0.0) - two.get(key, 0.0)) for key in one.keys() | two.keys()), default=0.0)
