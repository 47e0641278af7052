"""A mesh of small irregular cells whose shared borders are literally the same line.

Voronoi cells of scattered points, held as a half-edge structure: corners are circumcentres of Delaunay triangles,
so that exactly three cells meet at every corner. Each border gets one deterministic crooked line, kept inside the
kite spanned by its two corners and its two sites; kites of different borders never overlap, therefore no two
lines cross. All coordinates are metres of the measuring projection.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from scipy.spatial import Delaunay

from pingchang_geo.reference.model import Flags, Floats, Ints

#: Intermediate points of a border lie at these fractions of its length; how many are used depends on its length.
_FRACTIONS: Final = np.array([0.27, 0.52, 0.76])
#: Borders longer than these multiples of the cell size get one, respectively three, intermediate points.
_BEND_FROM: Final = 0.42
_CROOKED_FROM: Final = 1.25
#: Several times the 0.1 m to which coordinates are rounded.
_SHORTEST_M: Final = 0.8
_PARTINGS: Final = 6


@dataclass(frozen=True)
class Mesh:
    """Borders between cells.

    Attributes:
        site_m: (cells, 2) the point each cell grew from.
        corner_m: (corners, 2).
        left, right: (borders,) cell on either side when walking from ``start`` to ``end``.
        start, end: (borders,) corner numbers.
        inner_m: (borders, 3, 2) intermediate points from start to end, NaN where unused.
        area_m2: (cells,) with the crooked borders.
        bounded: (cells,) whether the cell is closed.
    """

    site_m: Floats
    corner_m: Floats
    left: Ints
    right: Ints
    start: Ints
    end: Ints
    inner_m: Floats
    area_m2: Floats
    bounded: Flags


def scatter(rng: np.random.Generator, size_m: float, half_m: float) -> Floats:
    """Irregular points, one per ``size_m``² on average, over the square of half-width ``half_m``.

    A jittered lattice whose jitter reaches past the neighbours: as uneven as chance, without its clumps.
    """
    number = int(np.ceil(2 * half_m / size_m))
    row, column = np.divmod(np.arange(number * number), number)
    # Odd rows are shifted by half a step, so that no direction of the lattice survives the jitter.
    base = np.column_stack([column + 0.5 * (row % 2), row]) + 0.5
    return np.asarray((base + rng.uniform(-0.62, 0.62, base.shape)) * size_m - half_m)


def build_mesh(rng: np.random.Generator, site_m: Floats, size_m: float) -> Mesh:
    """The cells of ``site_m``; ``size_m`` is the typical cell width that decides how borders are bent."""
    net = _dual(site_m)
    net = net._replace(corner_m=_part_corners(site_m, net))
    inner_m = _bend(rng, site_m, net, size_m)
    cells = len(site_m)
    sides = np.bincount(net.left, minlength=cells) + np.bincount(net.right, minlength=cells)
    # Around a closed cell every corner is left as often as it is reached.
    open_ends = np.bincount(np.r_[net.left, net.right], np.r_[net.start - net.end, net.end - net.start], cells)
    return Mesh(site_m, *net, inner_m, _areas(cells, net, inner_m), (open_ends == 0) & (sides >= 3))


class _Net(NamedTuple):
    """Straight borders, as in :class:`Mesh`."""

    corner_m: Floats
    left: Ints
    right: Ints
    start: Ints
    end: Ints


def _dual(site_m: Floats) -> _Net:
    """Circumcentres, and for each pair of neighbouring triangles the border between the two shared sites."""
    delaunay = Delaunay(site_m)
    triangle = delaunay.simplices.astype(np.int64)
    a, b, c = (site_m[triangle[:, k]] for k in range(3))
    ba, ca = b - a, c - a
    cross = 2.0 * (ba[:, 0] * ca[:, 1] - ba[:, 1] * ca[:, 0])
    bb, cc = (ba**2).sum(1), (ca**2).sum(1)
    corner_m = a + np.column_stack([ca[:, 1] * bb - ba[:, 1] * cc, ba[:, 0] * cc - ca[:, 0] * bb]) / cross[:, None]
    beside = delaunay.neighbors.astype(np.int64)
    here, k = np.nonzero(beside > np.arange(len(triangle))[:, None])
    there = beside[here, k]
    p, q = triangle[here, (k + 1) % 3], triangle[here, (k + 2) % 3]
    # Triangles run counter-clockwise: walking from this one's centre out through side p→q has p on the right.
    flip = cross[here] < 0
    p, q = np.where(flip, q, p), np.where(flip, p, q)
    return _Net(corner_m, q, p, here, there)


def _part_corners(site_m: Floats, net: _Net) -> Floats:
    """Move the ends of very short borders apart, so that rounding cannot make cells across touch in a point."""
    corner_m = net.corner_m.copy()
    near = np.flatnonzero(np.hypot(*(corner_m[net.end] - corner_m[net.start]).T) < 4.0 * _SHORTEST_M)
    start, end = net.start[near], net.end[near]
    across = site_m[net.left[near]] - site_m[net.right[near]]
    # A quarter turn clockwise from "towards the left cell" is the way from start to end.
    ahead = np.column_stack([across[:, 1], -across[:, 0]]) / np.hypot(*across.T)[:, None]
    for _ in range(_PARTINGS):
        span = corner_m[end] - corner_m[start]
        lacking = _SHORTEST_M - (span * ahead).sum(axis=1)
        short = np.flatnonzero((lacking > 0.01 * _SHORTEST_M) & (np.hypot(*span.T) < 2.0 * _SHORTEST_M))
        # Adding up lets chains of short borders, each undoing its neighbour's move, settle within a few rounds.
        step = ahead[short] * lacking[short, None] / 2.0
        np.subtract.at(corner_m, start[short], step)
        np.add.at(corner_m, end[short], step)
    return corner_m


def _bend(rng: np.random.Generator, site_m: Floats, net: _Net, size_m: float) -> Floats:
    """Intermediate points: on the straight border, then drawn towards one of the two sites."""
    tail, head = net.corner_m[net.start], net.corner_m[net.end]
    length = np.hypot(*(head - tail).T)
    used = np.zeros((len(length), 3), dtype=bool)
    used[:, 1] = length > _BEND_FROM * size_m
    used[:, [0, 2]] = (length > _CROOKED_FROM * size_m)[:, None]
    pull = rng.uniform(-1.0, 1.0, used.shape)
    # A midpoint is displaced most, its neighbours follow it half and add their own.
    pull[:, 0] = 0.5 * pull[:, 1] + 0.5 * pull[:, 0]
    pull[:, 2] = 0.5 * pull[:, 1] + 0.5 * pull[:, 2]
    along = np.clip(_FRACTIONS + rng.uniform(-0.09, 0.09, used.shape), 0.15, 0.9)
    base = tail[:, None] + (head - tail)[:, None] * along[..., None]
    towards = np.where(pull[..., None] > 0, site_m[net.left][:, None], site_m[net.right][:, None]) - base
    # Long borders between near sites may bend as far as their kite allows, short ones in proportion.
    reach = np.minimum(0.42, 0.30 * length[:, None] / np.maximum(np.hypot(towards[..., 0], towards[..., 1]), 1e-9))
    points = base + towards * (np.abs(pull) * reach)[..., None]
    points[~used] = np.nan
    return np.asarray(points)


def _areas(cells: int, net: _Net, inner_m: Floats) -> Floats:
    """Areas by the shoelace formula, border by border."""
    twice = np.zeros(len(net.left))
    last = net.corner_m[net.start]
    for step in [*(inner_m[:, k] for k in range(3)), net.corner_m[net.end]]:
        here = np.where(np.isnan(step), last, step)
        twice += last[:, 0] * here[:, 1] - last[:, 1] * here[:, 0]
        last = here
    total = np.bincount(net.left, twice, cells) - np.bincount(net.right, twice, cells)
    return np.asarray(total / 2.0)
