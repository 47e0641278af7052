"""The site check over all layers, warm."""

from __future__ import annotations

import time

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks import sql
from benchmarks.carbon import open_atlas, timed
from benchmarks.data import Dataset
from benchmarks.figures import Figure, Result, at_most
from pingchang_geo import crs
from pingchang_geo.layers import boundaries, forest
from pingchang_geo.site import TOUCH_M2
from pingchang_geo.workflow import site
from pingchang_geo.workflow.atlas import Atlas

VERTICES = 100


def site_result(data: Dataset, sites: int) -> Result:
    """Random sites of 100 vertices, the whole county, and one site's figures from another engine."""
    atlas = open_atlas(data)
    areas = random_sites(atlas, sites)
    unused = open_atlas(data)
    cold, _ = timed(lambda: site.check_site(unused, areas[0]))
    site.check_site(atlas, areas[0])
    seconds, hit = [], []
    for area in areas:
        start = time.perf_counter()
        found = site.check_site(atlas, area)
        seconds.append((time.perf_counter() - start) * 1000)
        hit.append(len(found.result.carbon[0].plots))
    answer, _ = timed(lambda: [site.words(found), site.as_dict(found)])
    county = atlas[boundaries.COUNTY.id].geometry[0]
    whole, everything = timed(lambda: site.check_site(atlas, county))
    check = Figure("check of one site", "ms", tuple(seconds), f"{min(hit):,}–{max(hit):,} plots hit")
    return Result(
        "site",
        "Site check",
        f"{len(areas)} random star-shaped sites of {VERTICES} vertices, 5 ha to 2,000 ha, all over the county, against "
        f"all layers ({data.plots:,} plots): projection, red line, plots with shared areas, stock with 10,000 draws, "
        "removal, distances. Warm: geometries and indexes are in memory after a first check. The other engine: the "
        "shared areas of one site by geopandas.overlay, its stock and removal by DuckDB SQL from the raw columns.",
        (
            check,
            Figure("sentences and JSON of the last one", "ms", (answer * 1000,)),
            Figure("first check, geometries read, projected and indexed", "s", (cold,)),
            Figure("check of the whole county", "s", (whole,), f"{len(everything.result.carbon[0].plots):,} plots hit"),
        ),
        (
            at_most("median", check.median, 200, "ms"),
            at_most("worst", check.high, 200, "ms"),
            at_most("the whole county", whole, 5, "s"),
            at_most("largest relative difference to the other engine", difference(atlas, areas[-1]), 1e-9),
        ),
    )


def random_sites(atlas: Atlas, count: int, seed: int = 23) -> list[shapely.Polygon]:
    """Star-shaped polygons of 100 vertices around random plots, EPSG:4490; the largest comes last."""
    random = np.random.default_rng(seed)
    plots = atlas[forest.SPEC.id].metres
    centres = shapely.get_coordinates(shapely.centroid(plots[random.choice(len(plots), count)]))
    radii = np.sqrt(np.geomspace(5, 2000, count) * 1e4 / np.pi)
    angles = np.linspace(0, 2 * np.pi, VERTICES, endpoint=False)
    around = np.column_stack([np.cos(angles), np.sin(angles)])
    stars = [
        shapely.Polygon(centre + radius * random.uniform(0.7, 1.3, (VERTICES, 1)) * around)
        for centre, radius in zip(centres, radii, strict=True)
    ]
    return list(crs.from_equal_area(np.array(stars, dtype=object)))


def difference(atlas: Atlas, area: shapely.Polygon) -> float:
    """Largest relative difference of area, stock and removal of a site to geopandas and DuckDB."""
    data = atlas[forest.SPEC.id]
    (ours,) = site.check_site(atlas, area).result.carbon
    plots = gpd.GeoDataFrame({"row": np.arange(len(data.frame))}, geometry=data.metres, crs=crs.EQUAL_AREA_PROJ)
    one = gpd.GeoDataFrame(geometry=crs.to_equal_area(np.array([area])), crs=crs.EQUAL_AREA_PROJ)
    cut = gpd.overlay(plots, one, how="intersection", keep_geom_type=True)
    shared = pd.DataFrame({"row": cut["row"], "shared_m2": cut.geometry.area})
    # the check leaves out plots that share no more than its threshold
    shared = shared[shared["shared_m2"] > TOUCH_M2]
    theirs = sql.site_totals(sql.raw_plots(data.frame, np.asarray(shapely.area(data.metres))), shared)
    named = ("area", "stock", "removal")
    mine = (ours.area_ha, ours.stock_tc, ours.removal_tco2_a)
    return sql.largest_difference(dict(zip(named, mine, strict=True)), dict(zip(named, theirs, strict=True)))
