"""Where rings cross, found in bounded time: a text of random numbers has millions of crossings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pingchang_geo.boundary.model import Points

#: Segments looked up at once; what one look-up returns stays small even if everything meets everything.
_CHUNK: Final = 256
#: Pairs of touching segments above which a boundary is a tangle: neighbouring parcels have a few per segment.
_MOST_PAIRS: Final = 400_000
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


def meeting(sides: NDArray[np.object_], most: int = _MOST_PAIRS) -> Pairs | None:
    """Pairs (2, k) of sides that meet, first < second; None when there are more than ``most``."""
    tree = shapely.STRtree(sides)
    found: list[Pairs] = []
    total = 0
    for start in range(0, len(sides), _CHUNK):
        left, right = tree.query(sides[start : start + _CHUNK], predicate="intersects")
        left = left + start
        once = left < right
        found.append(np.stack([left[once], right[once]]).astype(np.int64))
        total += int(once.sum())
        if total > most:
            return None
    return np.concatenate(found, axis=1) if found else np.empty((2, 0), dtype=np.int64)


def crossings(points: Points) -> list[Crossing] | None:
    """Where a ring (without closing point) meets itself other than at consecutive corners; None for a tangle."""
    sides = segments(points)
    pairs = meeting(sides, most=len(sides) + MOST_CROSSINGS)
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
