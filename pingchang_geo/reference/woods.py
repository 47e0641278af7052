"""Which cells are forest: the likeliest ones, in connected masses, summing up to a given area."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from pingchang_geo.reference.mesh import Mesh
from pingchang_geo.reference.model import Flags, Floats, Ints
from pingchang_geo.reference.rings import polygons, trace

#: A cell cut by the county line stays if at least this much of it lies inside.
_LEAST_SHARE: Final = 0.3
#: How many cells or plots are tried against each other to hit an area.
_TRIES: Final = 600


def inside(mesh: Mesh, county_m: Any, size_m: float) -> tuple[Flags, Floats, Flags]:
    """Cells of the county.

    Returns:
        ``allowed``: (cells,) closed cells within the county, or cut by its line into one good piece;
        ``area_m2``: (cells,) area inside; ``cut``: (cells,) those that the line crosses.
    """
    county_m = shapely.multipolygons(shapely.get_parts(county_m))
    shapely.prepare(county_m)
    allowed = mesh.bounded & shapely.contains_xy(county_m, mesh.site_m)
    area_m2 = mesh.area_m2.copy()
    cut = np.zeros(len(allowed), dtype=bool)
    near = _near_line(mesh, county_m, 3.0 * size_m)
    group = np.where(near & mesh.bounded, np.arange(len(near)), -1)
    rings = trace(mesh, group)
    shapes = polygons(mesh, rings)
    crossing = ~shapely.contains_properly(county_m, shapes)
    cells = rings.group[crossing]
    pieces = shapely.intersection(shapes[crossing], county_m)
    share = shapely.area(pieces) / np.maximum(shapely.area(shapes[crossing]), 1e-9)
    good = (shapely.get_type_id(pieces) == shapely.GeometryType.POLYGON) & (share >= _LEAST_SHARE)
    allowed[cells] = good
    area_m2[cells] = shapely.area(pieces)
    cut[cells] = True
    return allowed, area_m2, cut


def _near_line(mesh: Mesh, county_m: Any, distance_m: float) -> Flags:
    line = shapely.get_parts(shapely.boundary(county_m))
    pieces = np.concatenate(
        [shapely.linestrings(np.stack([c[:-1], c[1:]], 1)) for c in map(shapely.get_coordinates, line)]
    )
    near = np.zeros(len(mesh.site_m), dtype=bool)
    tree = shapely.STRtree(np.asarray(shapely.points(mesh.site_m)))
    near[tree.query(pieces, predicate="dwithin", distance=distance_m)[1]] = True
    return near


def neighbours(mesh: Mesh, county_m: Any, cut: Flags) -> sparse.csr_matrix:
    """Adjacency of cells, border numbers + 1 as data; cut cells touch only where they do inside the county."""
    touching = np.ones(len(mesh.left), dtype=bool)
    doubtful = np.flatnonzero(cut[mesh.left] & cut[mesh.right])
    points = np.concatenate(
        [
            mesh.corner_m[mesh.start[doubtful]][:, None],
            mesh.inner_m[doubtful],
            mesh.corner_m[mesh.end[doubtful]][:, None],
        ],
        axis=1,
    )
    shapely.prepare(county_m)
    touching[doubtful] = shapely.contains_xy(county_m, np.nan_to_num(points, nan=1e9)).any(axis=1)
    number = np.flatnonzero(touching)
    left, right = mesh.left[number], mesh.right[number]
    shape = (len(mesh.site_m),) * 2
    return sparse.csr_matrix((np.r_[number, number] + 1, (np.r_[left, right], np.r_[right, left])), shape=shape)


def choose(
    score: Floats, allowed: Flags, area_m2: Floats, graph: sparse.csr_matrix, *, target_m2: float, plot_m2: float
) -> Flags:
    """Cells of highest score, without specks and pinholes, whose area sums up to ``target_m2``."""
    ranked = np.flatnonzero(allowed)
    ranked = ranked[np.argsort(-score[ranked], kind="stable")]
    total = np.cumsum(area_m2[ranked])
    for share in (0.97, 0.94, 0.90, 0.85):
        chosen = np.zeros(len(score), dtype=bool)
        chosen[ranked[: np.searchsorted(total, share * target_m2)]] = True
        chosen = _tidy(chosen, allowed, area_m2, graph, plot_m2)
        if area_m2[chosen].sum() < target_m2 - 4.0 * plot_m2:
            break
    while True:
        missing = target_m2 - area_m2[chosen].sum()
        edge = np.flatnonzero(allowed & ~chosen & (graph @ chosen.astype(np.int8) > 0))
        edge = edge[np.argsort(-score[edge], kind="stable")]
        sums = np.cumsum(area_m2[edge])
        # Leave room for a last pair; take at most half of the edge at once, so that the next round follows scores.
        fitting = int(np.searchsorted(sums, missing - 2.0 * area_m2[chosen].mean()))
        if fitting == 0:
            break
        chosen[edge[: min(fitting, max(1, len(edge) // 4))]] = True
    edge = edge[:_TRIES]
    pair = np.abs(area_m2[edge][:, None] + area_m2[edge][None, :] - missing)
    np.fill_diagonal(pair, np.inf)
    chosen[edge[list(np.unravel_index(pair.argmin(), pair.shape))]] = True
    return chosen


def _tidy(chosen: Flags, allowed: Flags, area_m2: Floats, graph: sparse.csr_matrix, plot_m2: float) -> Flags:
    """Drop woods smaller than a plot, fill clearings of up to three cells."""
    part, _ = _components(chosen, graph)
    size = np.bincount(part[chosen], area_m2[chosen])
    chosen = chosen.copy()
    chosen[chosen] = size[part[chosen]] >= 1.2 * plot_m2
    part, _ = _components(~chosen, graph)
    cells = np.bincount(part[~chosen])
    open_end = np.bincount(part[~chosen], ~allowed[~chosen]) > 0
    small = ~chosen & (cells[part] <= 3) & ~open_end[part]
    return np.asarray(chosen | small)


def _components(member: Flags, graph: sparse.csr_matrix) -> tuple[Ints, int]:
    """Connected parts among ``member`` cells; others get number 0, which must not be read."""
    index = np.flatnonzero(member)
    number, labels = csgraph.connected_components(graph[index][:, index], directed=False)
    part = np.zeros(len(member), dtype=np.int64)
    part[index] = labels
    return part, int(number)


def components(member: Flags, graph: sparse.csr_matrix) -> Ints:
    """Connected part of each member cell; −1 elsewhere."""
    return np.where(member, _components(member, graph)[0], -1)


def take(order: Ints, area_m2: Floats, target_m2: float) -> Ints:
    """Items in the given order until their areas sum up to ``target_m2``, the last few exchanged to hit it."""
    sums = np.cumsum(area_m2[order])
    count = int(np.searchsorted(sums, target_m2))
    missing = target_m2 - (sums[count - 1] if count else 0.0)
    first = max(0, count - _TRIES)
    out, into = order[first:count], order[count : count + _TRIES]
    change = np.abs(area_m2[into][:, None] - np.r_[area_m2[out], 0.0][None, :] - missing)
    row, column = np.unravel_index(change.argmin(), change.shape)
    gone = out[column : column + 1]
    kept = order[:count]
    return np.r_[kept[~np.isin(kept, gone)], into[row : row + 1]]
