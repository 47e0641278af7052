"""How often the sides of a polygon cross, without computing what they make: the cost of a repair, known beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

Points = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Sides looked up in the index at a time, and how many pairs that should bring at most.
_BATCH: Final = 4096
_BATCH_PAIRS: Final = 500_000


@dataclass
class Budget:
    """What counting may still cost: pairs of sides whose boxes meet."""

    pairs: int


def crossings(polygon: Any, most: int, budget: Budget) -> int | None:
    """Pairs of sides that meet elsewhere than in a common corner; near misses within rounding may count.

    Args:
        polygon: polygon or multipolygon with finite coordinates, valid or not.
        most: counting stops beyond this.
        budget: is used up by the pairs looked at.

    Returns:
        The number, exact up to ``most``; None when the budget is used up.
    """
    start, end = _sides(polygon)
    lines = np.asarray(shapely.linestrings(np.stack([start, end], axis=1)), dtype=object)
    tree = shapely.STRtree(lines)
    found = first = 0
    size = 16
    while first < len(start) and found <= most:
        one, other = tree.query(lines[first : first + size])
        budget.pairs -= len(one)
        if budget.pairs < 0:
            return None
        one = one + first
        later = other > one
        one, other = one[later], other[later]
        found += int(_meet(start[one], end[one], start[other], end[other]).sum())
        first += size
        size = min(_BATCH, max(1, _BATCH_PAIRS * size // (len(later) + 1)))
    return found


def _sides(polygon: Any) -> tuple[Points, Points]:
    """Corners where the sides of all rings begin and end; sides without length left out."""
    rings = shapely.get_rings(shapely.get_parts(polygon))
    points, ring = shapely.get_coordinates(rings, return_index=True)
    use = (ring[1:] == ring[:-1]) & (points[1:] != points[:-1]).any(axis=1)
    return points[:-1][use], points[1:][use]


def _meet(a: Points, b: Points, c: Points, d: Points) -> Flags:
    """Whether side a–b and side c–d, whose boxes meet, have a point in common that is no corner of both."""
    across = (_turn(a, b, c) * _turn(a, b, d) <= 0) & (_turn(c, d, a) * _turn(c, d, b) <= 0)
    shared = np.zeros(len(a), dtype=bool)
    for near in (a, b):
        for far in (c, d):
            shared |= (near == far).all(axis=1)
    return across & ~shared


def _turn(origin: Points, towards: Points, point: Points) -> Points:
    """Positive where ``point`` lies to the left of the line."""
    one, other = towards - origin, point - origin
    return np.asarray(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])
