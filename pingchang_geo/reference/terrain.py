"""An invented but terrain-like surface over the county, for the reference layers to follow.

Sums of smooth lattice noise. Taking the absolute value of a noise field turns its zero lines into long winding
valleys that meet and part like streams; three such fields of falling wavelength give main valleys, side valleys
and gullies. Nothing here is measured terrain.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pingchang_geo.reference.model import Floats

#: Half-width in metres of the square on which noise repeats; the county is about 70 km across.
_EXTENT_M: Final = 48_000.0
#: The county seat in the measuring projection's metres (31.565° N, 107.097° E), verified in the domain notes.
SEAT_XY_M: Final = (-9_780.0, 580.0)
#: 佛头山: "at the north edge of the county seat", as texts say.
HILL_XY_M: Final = (-9_380.0, 3_280.0)


class Noise:
    """One smooth random field with values of zero mean and unit variance, periodic over the extent."""

    def __init__(self, seed: int, wavelength_m: float) -> None:
        size = max(4, round(2 * _EXTENT_M / wavelength_m))
        lattice = np.random.default_rng(seed).standard_normal((size, size))
        self._coefficients: NDArray[np.float64] = ndimage.spline_filter(lattice, order=3, mode="grid-wrap")
        self._scale = size / (2 * _EXTENT_M)
        # A cubic spline through white noise has this variance between its knots, on average over phase.
        self._norm = 1.0 / 0.82

    def __call__(self, x_m: Floats, y_m: Floats) -> Floats:
        """Values at points given in metres of the measuring projection."""
        where = np.stack([(y_m + _EXTENT_M) * self._scale, (x_m + _EXTENT_M) * self._scale])
        sampled = ndimage.map_coordinates(self._coefficients, where, order=3, mode="grid-wrap", prefilter=False)
        return np.asarray(sampled * self._norm, dtype=np.float64)


class Terrain:
    """Height-like and patch-like fields, all functions of position and of one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._warp = [(Noise(seed + 1, 9_000), Noise(seed + 2, 9_000), 1_500.0)]
        self._warp.append((Noise(seed + 3, 2_200), Noise(seed + 4, 2_200), 330.0))
        self._valleys = [
            (Noise(seed + 11, 17_000), 0.26, 5.0),
            (Noise(seed + 12, 7_500), 0.40, 2.8),
            (Noise(seed + 13, 3_400), 0.62, 1.6),
            (Noise(seed + 14, 1_500), 0.50, 1.3),
        ]
        self._broad = Noise(seed + 21, 22_000)
        self._fine = Noise(seed + 22, 420)

    def _bend(self, x_m: Floats, y_m: Floats) -> tuple[Floats, Floats]:
        for east, north, size in self._warp:
            x_m, y_m = x_m + size * east(x_m, y_m), y_m + size * north(x_m, y_m)
        return x_m, y_m

    def height(self, x_m: Floats, y_m: Floats) -> Floats:
        """Height above the valley floors, without unit; about 0 in valleys and 1.5 on ridges."""
        u, v = self._bend(x_m, y_m)
        total = np.zeros_like(u)
        shelter = np.ones_like(u)
        for noise, weight, steepness in self._valleys:
            # Saturating: a slope ends in a ridge or plateau, so that no single mass towers over the rest.
            rise = np.tanh(steepness * np.abs(noise(u, v)))
            total += weight * shelter * rise
            # Side valleys cut into slopes, not into the floor of the valley that they join.
            shelter = np.minimum(1.0, 0.45 + rise)
        total += 0.05 * self._broad(u, v)
        # The county seat lies in a basin with the hill of 佛头山 north of it; bent less than the rest, to stay there.
        x_m, y_m = 0.75 * x_m + 0.25 * u, 0.75 * y_m + 0.25 * v
        for place, wide_m, high_m, rise_by in ((SEAT_XY_M, 2_800.0, 1_700.0, -1.0), (HILL_XY_M, 1_300.0, 1_200.0, 1.0)):
            apart = np.hypot((x_m - place[0]) / wide_m, (y_m - place[1]) / high_m)
            total += rise_by * np.exp(-(apart**2))
        return np.asarray(total, dtype=np.float64)

    def cover(self, x_m: Floats, y_m: Floats) -> Floats:
        """How likely forest is: the height, with small clearings and wooded knolls."""
        return np.asarray(self.height(x_m, y_m) + 0.07 * self._fine(x_m, y_m), dtype=np.float64)

    def patches(self, number: int, wavelength_m: float) -> Noise:
        """A further independent field, for stand attributes that come in patches."""
        return Noise(self._seed + 1000 + number, wavelength_m)
