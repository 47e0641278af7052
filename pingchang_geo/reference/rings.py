"""Outlines of groups of cells, traced along the borders between different groups.

Exactly three cells meet at a corner, so a group has at most one border leaving any corner: the next border of a
ring is found by look-up, for all rings at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from pingchang_geo.reference.mesh import Mesh
from pingchang_geo.reference.model import Flags, Geometries, Ints


@dataclass(frozen=True)
class Rings:
    """Directed borders in ring order.

    Attributes:
        border: (steps,) border number; forward where the group lies on its left.
        forward: (steps,) direction of walking.
        ring: (steps,) ring number, ascending.
        group: (rings,) the group each ring belongs to; a group with holes has several.
    """

    border: Ints
    forward: Flags
    ring: Ints
    group: Ints


def trace(mesh: Mesh, group: Ints) -> Rings:
    """Rings of every group ≥ 0; cells of group −1 are outside."""
    one, other = group[mesh.left], group[mesh.right]
    ahead = np.flatnonzero((one != other) & (one >= 0))
    back = np.flatnonzero((one != other) & (other >= 0))
    border = np.r_[ahead, back]
    forward = np.r_[np.ones(len(ahead), bool), np.zeros(len(back), bool)]
    owner = np.where(forward, one[border], other[border])
    tail = np.where(forward, mesh.start[border], mesh.end[border])
    head = np.where(forward, mesh.end[border], mesh.start[border])
    corners = len(mesh.corner_m)
    key = owner * corners + tail
    order = np.argsort(key, kind="stable")
    border, forward, owner, head, key = (x[order] for x in (border, forward, owner, head, key))
    following = np.searchsorted(key, owner * corners + head)
    first, place = _rank(following)
    order = np.lexsort((place, first))
    first = first[order]
    fresh = np.r_[True, first[1:] != first[:-1]]
    return Rings(border[order], forward[order], np.cumsum(fresh) - 1, owner[order][fresh])


def _rank(following: Ints) -> tuple[Ints, Ints]:
    """For each element of a permutation, the least element of its cycle and the steps from there to it."""
    least = np.arange(len(following))
    jump = following.copy()
    while True:
        smaller = np.minimum(least, least[jump])
        if np.array_equal(smaller, least):
            break
        least, jump = smaller, jump[jump]
    steps = np.where(least == np.arange(len(least)), 0, 1)
    before = np.empty_like(following)
    before[following] = np.arange(len(following))
    before = np.where(steps == 0, np.arange(len(following)), before)
    while True:
        further = steps[before]
        if not further.any():
            return least, steps
        steps, before = steps + further, before[before]


def polygons(mesh: Mesh, rings: Rings) -> Geometries:
    """One polygon per ring, in metres of the measuring projection."""
    steps = len(rings.border)
    points = np.full((steps, 4, 2), np.nan)
    points[:, 0] = mesh.corner_m[np.where(rings.forward, mesh.start[rings.border], mesh.end[rings.border])]
    bends = mesh.inner_m[rings.border]
    points[:, 1:] = np.where(rings.forward[:, None, None], bends, bends[:, ::-1])
    number = np.repeat(rings.ring, 4)
    flat = points.reshape(-1, 2)
    keep = ~np.isnan(flat[:, 0])
    flat, number = flat[keep], number[keep]
    start = np.flatnonzero(np.r_[True, number[1:] != number[:-1]])
    # Close every ring by repeating its first point after its last.
    stop = np.r_[start[1:], len(number)]
    closed = np.insert(flat, stop, flat[start], axis=0)
    which = np.insert(number, stop, number[start])
    return np.asarray(shapely.polygons(shapely.linearrings(closed, indices=which)))


def is_hole(mesh: Mesh, rings: Rings) -> Flags:
    """(rings,) whether a ring bounds a hole: groups lie on the left, so holes run clockwise."""
    tail = mesh.corner_m[np.where(rings.forward, mesh.start[rings.border], mesh.end[rings.border])]
    head = mesh.corner_m[np.where(rings.forward, mesh.end[rings.border], mesh.start[rings.border])]
    twice = np.bincount(rings.ring, tail[:, 0] * head[:, 1] - head[:, 0] * tail[:, 1])
    return np.asarray(twice < 0)
