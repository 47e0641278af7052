"""What a boundary is made of before it is a polygon."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

Points = NDArray[np.float64]

#: How many places a message names.
SPOKEN: Final = 3
_NO_LINES: Final[tuple[int, ...]] = ()


@dataclass(frozen=True)
class Ring:
    """One ring as it was given: (n, 2) points, x before y, closed or not.

    Attributes:
        hole: whether it was said to be a hole; None when nothing was said.
        lines: 1-based line of each point in the text it came from; empty otherwise.
    """

    points: Points
    hole: bool | None = None
    lines: tuple[int, ...] = _NO_LINES


@dataclass(frozen=True)
class Parcel:
    """Rings that belong together, with the name and the area (unit unsaid) that the input gives."""

    rings: tuple[Ring, ...]
    name: str = ""
    stated_area: float | None = None


def rings_of(polygon: Any, name: str = "") -> tuple[Parcel, ...]:
    """Parcels of a shapely polygon or multipolygon: one for each part, all of the same name; other shapes give none."""
    parcels = []
    for part in shapely.get_parts(polygon):
        if part.is_empty or part.geom_type != "Polygon":
            continue
        holes = [Ring(shapely.get_coordinates(ring), hole=True) for ring in part.interiors]
        parcels.append(Parcel((Ring(shapely.get_coordinates(part.exterior), hole=False), *holes), name))
    return tuple(parcels)


def place_of(ring: Ring, positions: Iterable[int]) -> str:
    """Where points are, for a message: ``"第 3、7 行"`` of the text, or ``"第 2、6 点"`` when there was no text."""
    at = [int(position) for position in positions]
    numbers = [ring.lines[one] if ring.lines else one + 1 for one in at]
    return numbered(numbers, "行" if ring.lines else "点")


def numbered(numbers: Sequence[int], unit: str) -> str:
    """``"第 3、7 行"``; after :data:`SPOKEN` numbers ``"第 1、2、3 等 9 行"``."""
    listed = list(dict.fromkeys(numbers))
    text = "、".join(str(number) for number in listed[:SPOKEN])
    return f"第 {text} {unit}" if len(listed) <= SPOKEN else f"第 {text} 等 {len(listed):,} {unit}"


def spoken(point: Any) -> str:
    """A point in degrees, for a message: ``（107.105000, 31.565000）``."""
    return f"（{float(point[0]):.6f}, {float(point[1]):.6f}）"
