"""Which of a line's numbers are its coordinates: counters, ring numbers and heights stand beside them. Pure.

A line of five numbers says nothing by itself; all lines of five numbers together do: the two columns that look like
coordinates of the county (failing that, of China) are taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pingchang_geo.readers.points.tokens import Number, Scanned

Values = NDArray[np.float64]

#: Ranges of (easting or longitude, northing or latitude) that are coordinates: of the county, of China. The eastings
#: are those of Gauss-Krüger and UTM without zone number; zone numbers 13–45 are taken off first.
_COUNTY: Final = (
    ((106.5, 107.9), (31.0, 32.2)),
    ((3.6e5, 4.9e5), (3.42e6, 3.57e6)),
    ((6.4e5, 7.8e5), (3.42e6, 3.57e6)),
    ((1.185e7, 1.202e7), (3.62e6, 3.79e6)),
)
_CHINA: Final = (
    ((72.0, 137.0), (15.0, 55.0)),
    ((1.0e5, 9.99e5), (1.6e6, 6.1e6)),
    ((8.0e6, 1.52e7), (1.6e6, 7.3e6)),
)
#: Columns looked at: coordinates further right have not been met.
_COLUMNS: Final = 8
_MOST: Final = 0.5


@dataclass(frozen=True)
class Layout:
    """How lines with the same number of numbers are read.

    Attributes:
        kind: ``pair`` two neighbouring columns from ``start``; ``pairs`` the whole line is points one after the
            other; ``dms`` six columns: degrees, minutes, seconds twice.
        county: share of the points that look like the county's; ``china`` like China's.
    """

    kind: str
    start: int
    county: float
    china: float


def _without_zone(east: Values) -> Values:
    zone = np.floor(east / 1e6)
    return np.where((zone >= 13) & (zone <= 45), east - zone * 1e6, east)


def _within(east: Values, north: Values, ranges: tuple[tuple[tuple[float, float], tuple[float, float]], ...]) -> Values:
    """Whether (east, north) lies in any of the ranges."""
    found = np.zeros(len(east), dtype=bool)
    for one in (east, _without_zone(east)):
        for (west, far_east), (south, far_north) in ranges:
            found |= (one >= west) & (one <= far_east) & (north >= south) & (north <= far_north)
    return found.astype(np.float64)


def likeness(first: Values, second: Values) -> tuple[float, float]:
    """Shares of pairs that look like coordinates of the county and of China, in whichever order fits better."""
    if not len(first):
        return 0.0, 0.0
    shares = [
        max(float(_within(first, second, ranges).mean()), float(_within(second, first, ranges).mean()))
        for ranges in (_COUNTY, _CHINA)
    ]
    return shares[0], max(shares)


def choose(rows: Sequence[Scanned]) -> Layout:
    """Layout of lines that all have the same number of numbers, two at least."""
    width = min(len(rows[0].numbers), _COLUMNS)
    values = np.array([[number.value for number in row.numbers[:_COLUMNS]] for row in rows], dtype=np.float64)
    counters = [_is_counter(rows, column, values[:, column]) for column in range(width)]
    options = []
    for start in range(width - 1):
        options.append((Layout("pair", start, *likeness(values[:, start], values[:, start + 1])), counters[start]))
    if len(rows[0].numbers) >= 4 and len(rows[0].numbers) % 2 == 0:
        options.append((_pairs(rows), False))
    for start in range(width - 5):
        dms = _sexagesimal(values[:, start : start + 6])
        if dms is not None:
            options.append((Layout("dms", start, *likeness(dms[:, 0], dms[:, 1])), False))
    if not any(max(layout.county, layout.china) > _MOST for layout, _ in options):
        start = next((column for column in range(width - 1) if not counters[column]), 0)
        return Layout("pair", start, 0.0, 0.0)
    return max(options, key=_preference)[0]


def _preference(option: tuple[Layout, bool]) -> tuple[bool, bool, bool, bool, int]:
    """Coordinates of the county before those of China before none; whole lines of points before a pair of them."""
    layout, counter = option
    return layout.county > _MOST, layout.china > _MOST, not counter, layout.kind != "pair", -layout.start


def _is_counter(rows: Sequence[Scanned], column: int, values: Values) -> bool:
    """Whole numbers that count up or stay the same."""
    if not all(row.numbers[column].whole for row in rows) or values.max(initial=0.0) >= 1e5:
        return False
    return len(values) < 2 or bool(np.isin(np.diff(values), (0.0, 1.0)).all())


def _pairs(rows: Sequence[Scanned]) -> Layout:
    """Every number of these lines taken in pairs: all of them have to look alike."""
    flat = np.array([[number.value for number in row.numbers] for row in rows], dtype=np.float64).reshape(-1, 2)
    same = [
        max(float(_within(flat[:, 0], flat[:, 1], (one,)).min()), float(_within(flat[:, 1], flat[:, 0], (one,)).min()))
        for one in (*_COUNTY, *_CHINA)
    ]
    return Layout("pairs", 0, max(same[: len(_COUNTY)]), max(same))


def _sexagesimal(six: Values) -> Values | None:
    """Degrees of six columns; None unless minutes and seconds are below sixty and degrees and minutes whole."""
    whole = six[:, [0, 1, 3, 4]]
    if (whole != np.floor(whole)).any() or (six < 0).any() or (six[:, [1, 2, 4, 5]] >= 60).any():
        return None
    return np.column_stack(
        [six[:, 0] + six[:, 1] / 60 + six[:, 2] / 3600, six[:, 3] + six[:, 4] / 60 + six[:, 5] / 3600]
    )


def points_of(row: Scanned, layout: Layout) -> list[tuple[Number, Number]]:
    """Points of one line under a layout."""
    numbers = row.numbers
    if layout.kind == "pairs":
        return [(numbers[at], numbers[at + 1]) for at in range(0, len(numbers) - 1, 2)]
    if layout.kind == "dms":
        six = np.array([[number.value for number in numbers[layout.start : layout.start + 6]]])
        degrees = _sexagesimal(six)
        return [] if degrees is None else [(Number(float(degrees[0, 0])), Number(float(degrees[0, 1])))]
    return [(numbers[layout.start], numbers[layout.start + 1])]
