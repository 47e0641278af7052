"""Numbers of the reference compartments: 片区, 林班, 小班, each a compact group, counted from north-west."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.spatial import cKDTree

from pingchang_geo.reference.compartments import Compartments
from pingchang_geo.reference.model import Floats, Ints

ZONES: Final = 12
_LINBAN_HA: Final = 115.0
_LEAST_PLOTS: Final = 8
_SAMPLE: Final = 40_000


def number(seed: int, plots: Compartments) -> tuple[Ints, Ints, Ints]:
    """Zone, linban within the zone, xiaoban within the linban of each compartment; all from 1."""
    rng = np.random.default_rng([seed, len(plots.shape), 2])
    where = np.column_stack([plots.x_m, plots.y_m])
    zone = _groups(rng, where, ZONES, band_m=12_000.0)
    linban = np.zeros(len(where), dtype=np.int64)
    usual_ha = max(_LINBAN_HA, _LEAST_PLOTS * plots.area_m2.mean() / 1e4)
    for one in range(ZONES):
        member = np.flatnonzero(zone == one)
        count = max(1, round(plots.area_m2[member].sum() / 1e4 / usual_ha))
        linban[member] = _groups(rng, where[member], min(count, len(member)), band_m=1_500.0)
    band = np.floor(-plots.y_m / 250.0)
    order = np.lexsort((plots.x_m, band, linban, zone))
    block = zone[order] * (linban.max() + 1) + linban[order]
    first = np.r_[0, np.flatnonzero(np.diff(block)) + 1]
    xiaoban = np.empty(len(where), dtype=np.int64)
    xiaoban[order] = np.arange(len(where)) - np.repeat(first, np.diff(np.r_[first, len(where)])) + 1
    return zone + 1, linban + 1, xiaoban


def _groups(rng: np.random.Generator, where: Floats, count: int, band_m: float) -> Ints:
    """``count`` compact groups of points (Lloyd's method on a sample), numbered in bands from the north."""
    sample = where[rng.choice(len(where), min(_SAMPLE, len(where)), replace=False)]
    centre = sample[:count].copy()
    for _ in range(15):
        nearest = cKDTree(centre).query(sample)[1]
        filled = np.bincount(nearest, minlength=count)
        sums = np.column_stack([np.bincount(nearest, sample[:, k], count) for k in (0, 1)])
        centre[filled > 0] = sums[filled > 0] / filled[filled > 0, None]
    order = np.lexsort((centre[:, 0], np.floor(-centre[:, 1] / band_m)))
    nearest = cKDTree(centre[order]).query(where)[1]
    return np.asarray(np.unique(nearest, return_inverse=True)[1], dtype=np.int64)
