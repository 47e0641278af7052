"""Polygons from the rings of shapefile records. Pure.

A record lists its rings without saying which is a hole of which. By the standard shells run clockwise and holes
counter-clockwise; real files break that, so orientation is believed only where the boxes of the rings agree with it,
and containment decides the rest.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Records with more rings than this are always decided by containment.
_MANY: Final = 64


def polygons(points: Floats, sizes: Ints, record: Ints, count: int) -> NDArray[Any]:
    """One polygon, multipolygon or None per record.

    Args:
        points: (n, 2) vertices of all rings, one after the other.
        sizes: vertices of each ring, each ≥ 4.
        record: 0-based record of each ring, ascending.
        count: number of records.
    """
    result = np.full(count, None, dtype=object)
    if len(sizes) == 0:
        return result
    rings = np.asarray(shapely.linearrings(points, indices=np.repeat(np.arange(len(sizes)), sizes)))
    per_record = np.bincount(record, minlength=count)
    single = per_record[record] == 1
    result[record[single]] = shapely.polygons(rings[single])
    multiple = np.flatnonzero(~single)
    if len(multiple):
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        _assemble(result, rings, multiple, record, _signed_area(points, starts, sizes))
    return result


def _assemble(result: NDArray[Any], rings: NDArray[Any], which: Ints, record: Ints, area: Floats) -> None:
    """Fill the records that have several rings; ``area`` is signed."""
    boxes = shapely.bounds(rings)
    first = np.flatnonzero(np.concatenate([[True], np.diff(record[which]) != 0]))
    for begin, end in zip(first, np.append(first[1:], len(which)), strict=True):
        members = which[begin:end]
        shell_of = _by_orientation(area[members], boxes[members])
        if shell_of is None:
            shell_of = _by_containment(rings[members], np.abs(area[members]))
        result[record[members[0]]] = _build(rings[members], shell_of)


def _signed_area(points: Floats, starts: Ints, sizes: Ints) -> Floats:
    """Shoelace area of each ring; negative = clockwise."""
    # Relative to the first vertex: eastings of 36 million would cost nine digits.
    local = points - np.repeat(points[starts], sizes, axis=0)
    following = np.roll(local, -1, axis=0)
    ends = starts + sizes - 1
    following[ends] = local[starts]
    cross = local[:, 0] * following[:, 1] - following[:, 0] * local[:, 1]
    return np.asarray(np.add.reduceat(cross, starts) / 2)


def _by_orientation(area: Floats, boxes: Floats) -> Ints | None:
    """Shell of each ring (itself for a shell) when orientation and boxes agree, else None."""
    if len(area) > _MANY:
        return None
    shell = area < 0
    if not shell.any():
        return None
    inside = (
        (boxes[:, None, 0] >= boxes[None, :, 0])
        & (boxes[:, None, 1] >= boxes[None, :, 1])
        & (boxes[:, None, 2] <= boxes[None, :, 2])
        & (boxes[:, None, 3] <= boxes[None, :, 3])
    )
    np.fill_diagonal(inside, False)
    containers = inside & shell[None, :]
    wanted = np.where(shell, 0, 1)
    if (containers.sum(axis=1) != wanted).any():
        return None
    own = np.arange(len(area))
    return np.where(shell, own, containers.argmax(axis=1))


def _by_containment(rings: NDArray[Any], size: Floats) -> Ints:
    """Even nesting depth = shell, odd = hole of the smallest ring around it."""
    faces = np.asarray(shapely.polygons(rings))
    inner = shapely.point_on_surface(shapely.make_valid(faces))
    tree = shapely.STRtree(faces)
    point, face = tree.query(inner, predicate="intersects")
    around = (point != face) & (size[face] > size[point])
    point, face = point[around], face[around]
    depth = np.bincount(point, minlength=len(rings))
    shell_of = np.arange(len(rings))
    order = np.argsort(-size[face], kind="stable")  # the smallest container is written last
    holes = depth[point[order]] % 2 == 1
    parents_ok = depth[face[order]] % 2 == 0
    use = holes & parents_ok
    shell_of[point[order][use]] = face[order][use]
    return shell_of


def _build(rings: NDArray[Any], shell_of: Ints) -> Any:
    own = shell_of == np.arange(len(rings))
    parts = []
    for shell in np.flatnonzero(own):
        holes = rings[(shell_of == shell) & ~own]
        parts.append(shapely.polygons(rings[shell], holes=holes if len(holes) else None))
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
