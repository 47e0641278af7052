"""Overlapping polygons, fast enough for a whole county in which every plot overlaps its neighbours.

Boxes find the candidates; of those a cheap predicate sorts out what only touches, and only the rest is intersected, in
threads, since GEOS lets go of the interpreter. Polygons of very many corners (the open land around thousands of
plots) are cut into pieces first, so that each neighbour meets a piece and not the whole.

Where a file lies on itself so often that there are millions of candidates, which features overlap is still found one
by one; how many pairs there are and how much they share is then estimated from a sample, and called so.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pingchang_geo.issues import Issue, Level
from pingchang_geo.messages import issue
from pingchang_geo.units import format_number
from pingchang_geo.validation.model import Subject
from pingchang_geo.validation.pieces import pieces_of

Rows = NDArray[np.int64]
Floats = NDArray[np.float64]
Polygons = NDArray[Any]
Flags = NDArray[np.bool_]

#: Overlaps up to this area are rounding of coordinates.
TOLERANCE_M2: Final = 1.0
#: Share of the total area that may be counted twice without being asked about.
CONFIRM_SHARE: Final = 0.01
_SHARE_SHOWN: Final = 0.0001
_AREAL: Final = (3, 6)
#: Pairs of meeting boxes up to which every one is looked at: so many, or so many a polygon if that is more. A clean map
#: has three or four a polygon.
_PAIRS: Final = 2_000_000
_PAIRS_EACH: Final = 8
#: Corners of all pairs together up to which every pair is measured, in the same way. Polygons that wind through one
#: another cost about a microsecond a corner; a clean map has three to five hundred a polygon.
_CORNERS: Final = 20_000_000
_CORNERS_EACH: Final = 5_000
#: Pairs measured at a time by one thread.
_CHUNK: Final = 4096
_THREADS: Final = min(4, len(os.sched_getaffinity(0)))
#: Where more than this share of a chunk's first pairs overlap, asking beforehand costs more than it saves.
_CROWDED: Final = 0.7
_ASKED: Final = 64
#: Polygons looked up in the index at a time, and how many pairs that should bring at most.
_BATCH: Final = 4096
_BATCH_PAIRS: Final = 1_000_000
#: Sample behind an estimate: polygons, and candidates of each, fewer where they have many corners.
_SAMPLE: Final = 400
_SAMPLE_EACH: Final = 200
_SAMPLE_LEAST: Final = 8
_SAMPLE_CORNERS: Final = 10_000_000
#: Neighbours on a line through all centres that each polygon of a dense file is tried with first.
_TRIED: Final = 4


@dataclass(frozen=True)
class Overlaps:
    """What overlaps among n polygons.

    Attributes:
        involved: n flags, exact.
        pairs: how many pairs share more than the tolerance.
        area_m2: what they share, summed over the pairs.
        estimated: whether ``pairs`` and ``area_m2`` are extrapolated from a sample.
    """

    involved: NDArray[np.bool_]
    pairs: int
    area_m2: float
    estimated: bool = False


def overlaps(subject: Subject) -> list[Issue]:
    """Plots that overlap, when the layer is one of plots (its features carry an extensive quantity)."""
    areal = np.flatnonzero(np.isin(shapely.get_type_id(subject.projected), _AREAL) & (subject.area_m2 > 0))
    found = find(subject.projected[areal])
    if not found.involved.any():
        return []
    flags = np.zeros(len(subject.frame), dtype=bool)
    flags[areal] = found.involved
    rows = subject.rows(flags)
    part = found.area_m2 / float(subject.area_m2[areal].sum())
    if found.estimated:
        pairs, area = (format_number(float(f"{value:.2g}"), 0) for value in (found.pairs, found.area_m2))
        return [issue("OVERLAP_MANY", rows=rows, pairs=pairs, area=area, share=f"{part:.0%}")]
    share = f"{part:.2%}" if part >= _SHARE_SHOWN else f"不足 {_SHARE_SHOWN:.2%}"
    level = Level.CONFIRM if part > CONFIRM_SHARE else None
    area = format_number(found.area_m2, 1)
    return [issue("OVERLAP", level=level, rows=rows, pairs=f"{found.pairs:,}", area=area, share=share)]


def overlapping_pairs(polygons: Polygons) -> tuple[Rows, Floats]:
    """Pairs (2, n) of positions i < j whose polygons share more than the tolerance, and the shared areas (m²)."""
    ground = _Ground(polygons)
    return ground.measured(*ground.all_met())


def find(polygons: Polygons, most: int | None = None) -> Overlaps:
    """Which of n polygons (metres) overlap, and how much.

    Args:
        polygons: polygons and multipolygons of positive area.
        most: pairs of meeting boxes up to which every one is measured.
    """
    ground = _Ground(polygons)
    limit = max(_PAIRS, _PAIRS_EACH * len(polygons)) if most is None else most
    try:
        first, second = ground.all_met(limit)
    except _TooMany:
        return _dense(ground)
    if ground.corners_of(first, second) > max(_CORNERS, _CORNERS_EACH * len(polygons)):
        return _dense(ground)
    pairs, shared = ground.measured(first, second)
    return Overlaps(_flags(pairs, len(polygons)), len(shared), float(shared.sum()))


def _flags(pairs: Rows, count: int) -> Flags:
    flags = np.zeros(count, dtype=bool)
    flags[pairs.ravel()] = True
    return flags


class _TooMany(Exception):  # noqa: N818 - no error, another way
    """There are more candidates than one wants to look at."""


class _Ground:
    """Polygons in pieces, with an index over the pieces' boxes."""

    def __init__(self, polygons: Polygons) -> None:
        self.count = len(polygons)
        self.pieces, self.owner = pieces_of(polygons)
        self.boxes = shapely.bounds(self.pieces)
        self._corners = shapely.get_num_coordinates(self.pieces).astype(np.int64)
        self._tree = shapely.STRtree(self.pieces)

    def corners_of(self, first: Rows, second: Rows) -> int:
        """Corners of all these pairs of pieces together."""
        return int(self._corners[first].sum() + self._corners[second].sum())

    def met(self, rows: Rows) -> tuple[Rows, Rows]:
        """Pairs of pieces whose boxes share area: one of ``rows``, the other of another polygon."""
        position, second = self._tree.query(self.pieces[rows])
        first = rows[position]
        box, other = self.boxes[first], self.boxes[second]
        low, high = np.maximum(box[:, :2], other[:, :2]), np.minimum(box[:, 2:], other[:, 2:])
        meet = (self.owner[first] != self.owner[second]) & (high > low).all(axis=1)
        return first[meet], second[meet]

    def met_by(self, polygon: int) -> tuple[Rows, Rows]:
        """:meth:`met` of the pieces of one polygon."""
        return self.met(np.arange(*np.searchsorted(self.owner, [polygon, polygon + 1])))

    def all_met(self, most: int | None = None) -> tuple[Rows, Rows]:
        """Every pair of pieces whose boxes share area, once.

        Raises:
            _TooMany: there are more than ``most``.
        """
        found, total, start, size = [np.empty((2, 0), dtype=np.int64)], 0, 0, 16
        while start < len(self.pieces):
            rows = np.arange(start, min(start + size, len(self.pieces)))
            met = np.stack(self.met(rows))
            start += size
            size = min(_BATCH, max(1, _BATCH_PAIRS * size // (met.shape[1] + 1)))
            found.append(met[:, met[0] < met[1]])
            total += found[-1].shape[1]
            if most is not None and total > most:
                raise _TooMany
        first, second = np.concatenate(found, axis=1)
        return first, second

    def measured(self, first: Rows, second: Rows) -> tuple[Rows, Floats]:
        """Of pairs of pieces: pairs of their polygons (2, n), i < j, that share more than the tolerance by all of
        these together, and what they share."""
        shared = self._shared(first, second)
        real = shared > 0
        owners = np.sort(np.stack([self.owner[first[real]], self.owner[second[real]]]), axis=0)
        keys, place = np.unique(owners[0] * self.count + owners[1], return_inverse=True)
        sums = np.bincount(place, weights=shared[real], minlength=len(keys)).astype(np.float64)
        keep = sums > TOLERANCE_M2
        return np.stack(np.divmod(keys[keep], self.count)), sums[keep]

    def _shared(self, first: Rows, second: Rows) -> Floats:
        """Area shared by each pair of pieces, measured in threads."""
        chunks = [slice(start, start + _CHUNK) for start in range(0, len(first), _CHUNK)]
        areas = np.zeros(len(first))

        def measure(chunk: slice) -> None:
            areas[chunk] = _shared_area(self.pieces[first[chunk]], self.pieces[second[chunk]])

        if len(chunks) == 1:
            measure(chunks[0])
        elif chunks:
            with ThreadPoolExecutor(_THREADS) as pool:
                list(pool.map(measure, chunks))
        return areas


def _shared_area(left: Polygons, right: Polygons) -> Floats:
    """Areas of pairwise intersections; what only touches is sorted out cheaply, unless hardly anything does."""
    areas = np.zeros(len(left))
    meet = np.arange(len(left))
    if len(meet) <= _ASKED or _interiors_meet(left[:_ASKED], right[:_ASKED]).mean() < _CROWDED:
        meet = np.flatnonzero(_interiors_meet(left, right))
    try:
        areas[meet] = shapely.area(shapely.intersection(left[meet], right[meet]))
    except shapely.errors.GEOSException:
        areas[meet] = [_one_area(left[pair], right[pair]) for pair in meet]
    return areas


def _interiors_meet(left: Polygons, right: Polygons) -> Flags:
    try:
        return np.asarray(shapely.relate_pattern(left, right, "T********"))
    except shapely.errors.GEOSException:
        return np.ones(len(left), dtype=bool)  # let the intersection decide


def _one_area(left: Any, right: Any) -> float:
    """Near-coincident edges can defeat the exact algorithm; then snap to a millimetre."""
    for grid_size in (None, 0.001, 0.01):
        try:
            return float(shapely.area(shapely.intersection(left, right, grid_size=grid_size)))
        except shapely.errors.GEOSException:
            continue
    return 0.0


def _dense(ground: _Ground) -> Overlaps:
    """Features that overlap one by one; the number of pairs and their area from a sample."""
    involved = np.zeros(ground.count, dtype=bool)
    for first, second in _near(ground):
        ask = ~(involved[ground.owner[first]] & involved[ground.owner[second]])
        involved |= _flags(ground.measured(first[ask], second[ask])[0], ground.count)
    for polygon in np.flatnonzero(~involved).tolist():
        if not involved[polygon]:
            involved[ground.measured(*ground.met_by(polygon))[0].ravel()] = True
    pairs, area_m2 = _estimated(ground)
    # a sample may miss what there is little of
    pairs = max(pairs, -(-int(involved.sum()) // 2))
    return Overlaps(involved, pairs, max(area_m2, pairs * TOLERANCE_M2), estimated=True)


def _near(ground: _Ground) -> Iterator[tuple[Rows, Rows]]:
    """Pairs of pieces next to each other on a line that goes up through one strip of the map after the other."""
    centre = (ground.boxes[:, :2] + ground.boxes[:, 2:]) / 2
    west, east = centre[:, 0].min(), centre[:, 0].max()
    strips = np.floor((centre[:, 0] - west) / ((east - west) or 1.0) * np.sqrt(len(centre)))
    line = np.lexsort((centre[:, 1], strips))
    for step in range(1, min(_TRIED + 1, len(line))):
        first, second = line[:-step], line[step:]
        other = ground.owner[first] != ground.owner[second]
        yield first[other], second[other]


def _estimated(ground: _Ground, seed: int = 0) -> tuple[int, float]:
    """Number of overlapping pairs and their area, from some polygons with some of the candidates of each."""
    random = np.random.default_rng(seed)
    sample = random.choice(ground.count, min(_SAMPLE, ground.count), replace=False)
    pairs = area_m2 = 0.0
    for polygon in sample.tolist():
        first, second = ground.met_by(polygon)
        if not len(first):
            continue
        affordable = _SAMPLE_CORNERS // _SAMPLE * len(first) // ground.corners_of(first, second)
        each = min(_SAMPLE_EACH, max(_SAMPLE_LEAST, affordable), len(first))
        some = random.choice(len(first), each, replace=False)
        shared = ground.measured(first[some], second[some])[1]
        pairs += len(shared) * len(first) / len(some)
        area_m2 += float(shared.sum()) * len(first) / len(some)
    share = ground.count / len(sample) / 2  # each pair is met from either side
    return round(pairs * share), area_m2 * share
