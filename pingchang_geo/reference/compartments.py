"""The geometry of the forest layer: mesh, forest, compartments, coordinates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import shapely

from pingchang_geo.crs import area_m2, from_equal_area, to_equal_area
from pingchang_geo.reference.mesh import Mesh, build_mesh, scatter
from pingchang_geo.reference.model import Flags, Floats, Geometries, Ints
from pingchang_geo.reference.plots import grow
from pingchang_geo.reference.rings import polygons, trace
from pingchang_geo.reference.terrain import Terrain
from pingchang_geo.reference.woods import choose, inside, neighbours

#: Cells per compartment, on average.
_CELLS: Final = 2.3
#: Forest stays this far within the county line, so that rounding cannot push a point across.
_MARGIN_M: Final = 0.4
#: How often, and how far, corners of compartments that rounding spoils are moved.
_ATTEMPTS: Final = 8
_SHAKE_M: Final = 0.4
#: Six decimals of a degree: 0.1 m.
DECIMALS: Final = 6


@dataclass(frozen=True)
class Compartments:
    """Compartments in EPSG:4490.

    Attributes:
        shape: (plots,) polygons with six decimals; neighbours share every point of their common line.
        area_m2: (plots,) in the measuring projection, after rounding.
        x_m, y_m: (plots,) a point inside, in the measuring projection.
        height: (plots,) invented height, no unit.
    """

    shape: Geometries
    area_m2: Floats
    x_m: Floats
    y_m: Floats
    height: Floats


def build_compartments(seed: int, terrain: Terrain, county: Any, forest_m2: float, number: int) -> Compartments:
    """``number`` compartments of together ``forest_m2`` within ``county`` (EPSG:4490)."""
    rng = np.random.default_rng([seed, number])
    outline_m = to_equal_area(np.array([county], dtype=object))[0]
    county_m = shapely.buffer(outline_m, -_MARGIN_M, join_style="mitre")
    plot_m2 = forest_m2 / number
    size_m = float(np.sqrt(plot_m2 / _CELLS))
    site_m = _sites(rng, terrain, county_m, forest_m2, size_m)
    mesh = build_mesh(rng, site_m, size_m)
    allowed, cell_m2, cut = inside(mesh, county_m, size_m)
    graph = neighbours(mesh, county_m, cut)
    score = terrain.cover(*site_m.T)
    forest = choose(score, allowed, cell_m2, graph, target_m2=forest_m2, plot_m2=plot_m2)
    density = np.exp(0.55 * terrain.patches(1, 5_000)(*site_m.T))
    group = grow(rng, mesh, forest, graph, height=terrain.height(*site_m.T), density=density, number=number)
    shape = _outlines(rng, mesh, group, county_m, cut)
    x_m, y_m = shapely.get_coordinates(to_equal_area(shapely.point_on_surface(shape))).T
    return Compartments(shape, area_m2(shape), x_m, y_m, terrain.height(x_m, y_m))


def _sites(rng: np.random.Generator, terrain: Terrain, county_m: Any, forest_m2: float, size_m: float) -> Floats:
    """Points where forest may come to lie, with a rim; elsewhere only a few, to close the outermost cells."""
    west, south, east, north = shapely.bounds(county_m)
    half_m = max(-west, -south, east, north) + 8 * size_m
    site_m = scatter(rng, size_m, half_m)
    wide = shapely.simplify(shapely.buffer(county_m, 4 * size_m), 0.5 * size_m)
    shapely.prepare(wide)
    shapely.prepare(county_m)
    sample = site_m[:: max(1, len(site_m) // 200_000)]
    sample = sample[shapely.contains_xy(county_m, sample)]
    share = 1.0 - forest_m2 / shapely.area(county_m)
    cover = terrain.cover(*sample.T)
    # The lower limit leaves room for the edge that specks and clearings give up.
    limit = np.quantile(cover, share) - 0.25 * cover.std()
    within = np.flatnonzero(shapely.contains_xy(wide, site_m))
    likely = np.zeros(len(site_m), dtype=bool)
    for east, north in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)):
        # Cells beside the likely ones are of full number too: beside a gap they would grow long spikes.
        doubtful = within[~likely[within]]
        x_m, y_m = site_m[doubtful].T
        likely[doubtful] = terrain.cover(x_m + 2.5 * east * size_m, y_m + 2.5 * north * size_m) > limit
    likely |= rng.random(len(site_m)) < 0.02
    return np.asarray(site_m[likely])


def _outlines(rng: np.random.Generator, mesh: Mesh, group: Ints, county_m: Any, cut: Flags) -> Geometries:
    """Polygons in EPSG:4490; the few that rounding would spoil get straight borders and shaken corners instead."""
    for _ in range(_ATTEMPTS):
        shape_m = polygons(mesh, trace(mesh, group))
        crossing = np.unique(group[cut & (group >= 0)])
        shape_m[crossing] = _largest(shapely.intersection(shape_m[crossing], county_m))
        shape = shapely.transform(from_equal_area(shape_m), lambda c: np.round(c, DECIMALS))
        shape = shapely.remove_repeated_points(shape)
        spoilt = np.flatnonzero(~shapely.is_valid(shape))
        if not len(spoilt):
            return np.asarray(shape)
        beside = np.isin(group[mesh.left], spoilt) | np.isin(group[mesh.right], spoilt)
        corner = np.unique(np.r_[mesh.start[beside], mesh.end[beside]])
        corner_m = mesh.corner_m.copy()
        corner_m[corner] += rng.uniform(-_SHAKE_M, _SHAKE_M, (len(corner), 2))
        mesh = replace(mesh, corner_m=corner_m, inner_m=np.where(beside[:, None, None], np.nan, mesh.inner_m))
    raise RuntimeError(f"{len(spoilt)} compartments stay invalid after rounding")


def _largest(pieces: Geometries) -> Geometries:
    """The largest polygon of each geometry."""
    part, owner = shapely.get_parts(pieces, return_index=True)
    area = np.where(shapely.get_type_id(part) == shapely.GeometryType.POLYGON, shapely.area(part), -1.0)
    order = np.lexsort((-area, owner))
    return np.asarray(part[order[np.unique(owner[order], return_index=True)[1]]])
