"""Where rings cross, found in bounded time: a text of random numbers has millions of crossings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pingchang_geo.boundary.model import Points

#: Segments looked up at once, at first and at most: a tangle shows in the first few.
_FIRST_CHUNK: Final = 16
_LARGEST_CHUNK: Final = 1_024
#: Pairs of segments with overlapping boxes that are looked at; a real boundary has a few per segment.
_MOST_CANDIDATES: Final = 2_000_000
#: Crossings between the rings of a boundary above which it is a tangle.
MOST_BETWEEN: Final = 10_000
#: Crossings of one ring above which it is no boundary that anybody drew.
MOST_CROSSINGS: Final = 100

Pairs = NDArray[np.int64]


@dataclass(frozen=True)
class Crossing:
    """Two sides of a ring that meet: their numbers (side i joins points i and i + 1, 0-based) and where."""

    first: int
    second: int
    point: tuple[float, float]


def segments(points: Points) -> NDArray[np.object_]:
    """Sides of a closed ring given without its closing point."""
    ends = np.stack([points, np.roll(points, -1, axis=0)], axis=1)
    return np.asarray(shapely.linestrings(ends))


def pairs_of(sides: NDArray[np.object_], relation: Callable[..., Any], most: int) -> Pairs | None:
    """Pairs (2, k) of sides, first < second, in a relation (``shapely.crosses``); None for more than ``most`` of them.

    Also None when too many pairs would have to be looked at to tell.
    """
    tree = shapely.STRtree(sides)
    found: list[Pairs] = []
    total = looked = start = 0
    chunk = _FIRST_CHUNK
    while start < len(sides):
        left, right = tree.query(sides[start : start + chunk])
        left = left + start
        start, chunk = start + chunk, min(2 * chunk, _LARGEST_CHUNK)
        once = left < right
        left, right = left[once], right[once]
        looked += len(left)
        if looked > _MOST_CANDIDATES:
            return None
        true = relation(sides[left], sides[right])
        found.append(np.stack([left[true], right[true]]).astype(np.int64))
        total += int(true.sum())
        if total > most:
            return None
    return np.concatenate(found, axis=1) if found else np.empty((2, 0), dtype=np.int64)


def crossings(points: Points) -> list[Crossing] | None:
    """Where a ring (without closing point) meets itself other than at consecutive corners; None for a tangle."""
    sides = segments(points)
    pairs = pairs_of(sides, shapely.intersects, len(sides) + MOST_CROSSINGS)
    if pairs is None:
        return None
    where = shapely.intersection(sides[pairs[0]], sides[pairs[1]])
    apart = pairs[1] - pairs[0]
    neighbours = (apart == 1) | (apart == len(sides) - 1)
    real = ~neighbours | (shapely.get_dimensions(where) == 1)
    centres = shapely.centroid(where[real])
    return [
        Crossing(int(first), int(second), (float(x), float(y)))
        for first, second, x, y in zip(
            pairs[0][real], pairs[1][real], shapely.get_x(centres), shapely.get_y(centres), strict=True
        )
    ]
