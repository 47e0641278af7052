"""95 % intervals of a carbon stock: IPCC Approach 1 (error propagation) and Approach 2 (seeded Monte Carlo).

A stand type's volume, coefficients and carbon fraction err for all of its plots together: that error does not average
out over many plots. So the plots are first summed by stand type (:class:`Pools`); since biomass is linear in volume and
area, a stand type's stock under a common error is a function of these sums alone, exactly. 10,000 draws therefore cost
the same for one plot and for 100,000. Only an input declared with the scope ``plot`` errs in each plot by itself; its
sum has a known variance, Σ of squares over the plots, and is drawn as one normal number a stand type.

Areas come from the geometry and are taken as exact. Half widths U are in % at 95 %: a standard deviation is U/1.96.
Approach 1 is IPCC 2006, volume 1, chapter 3, equations 3.1 (products: √ΣU²) and 3.2 (sums: √Σ(U·x)²/|Σx|), as
reproduced in the documentation of mocaredd; the original was not read.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pingchang_geo.carbon.parameters import FactorSet, Uncertainty
from pingchang_geo.carbon.stock import Words, stock_of, terms

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

APPROACH_1: Final = "误差传播法（IPCC 方法 1）"
APPROACH_2: Final = "蒙特卡洛法（IPCC 方法 2）"
#: Any fixed number makes the draws repeatable; this one is the code of CGCS2000.
SEED: Final = 4490
DRAWS: Final = 10_000

#: Half width of a normal distribution's 95 % interval in standard deviations.
_Z95: Final = 1.959963984540054
#: A share of the variance below this is rounding of sums that cancel, not a cause.
_NEGLIGIBLE: Final = 1e-9
#: Inputs of a stock; the official rates are an input of the removal.
_STOCK_INPUTS: Final = ("volume", "expansion", "carbon_fraction", "per_ha")


@dataclass(frozen=True, eq=False)
class Pools:
    """Sums over plots, one entry a pool of ``factors.pools`` (m values each).

    Attributes:
        set_id: parameter set whose pools these are.
        volume_m3: Σ of volume × area over the plots that go by volume.
        area_ha: Σ of area over the plots that the intercept or the value per hectare applies to.
        volume_squares, products, area_squares: Σ of v², v·s and s² with v and s a plot's part of the two sums above.
        unknown_plots: plots whose stock is unknown, not in any sum.
        unknown_area_ha: their area.
    """

    set_id: str
    volume_m3: Floats
    area_ha: Floats
    volume_squares: Floats
    products: Floats
    area_squares: Floats
    unknown_plots: int
    unknown_area_ha: float

    @classmethod
    def of(
        cls,
        species: Words,
        volume_m3_ha: Floats | Sequence[float],
        area_ha: Floats | Sequence[float],
        factors: FactorSet,
        *,
        established: Flags | None = None,
        land_class: Words | None = None,
        share: Floats | None = None,
    ) -> Pools:
        """Sums over n plots; ``share`` (n values, 0–1) is the part of each that counts, all of it by default.

        The other arguments are those of :func:`pingchang_geo.carbon.stock.terms`.
        """
        plots = terms(species, volume_m3_ha, factors, established, land_class)
        area = np.nan_to_num(np.asarray(area_ha, dtype=np.float64))
        if share is not None:
            area = area * np.clip(share, 0.0, 1.0)
        unknown = np.isnan(stock_of(plots, factors)) & (area > 0)
        counted = plots.pool >= 0
        pool, area_known = plots.pool[counted], area[counted]
        volume = plots.volume_m3_ha[counted] * area_known
        bearing = np.where(plots.with_intercept[counted], area_known, 0.0)

        def summed(weights: Floats) -> Floats:
            return np.bincount(pool, weights=weights, minlength=len(factors.pools)).astype(np.float64)

        return cls(
            factors.id,
            summed(volume),
            summed(bearing),
            summed(volume * volume),
            summed(volume * bearing),
            summed(bearing * bearing),
            int(unknown.sum()),
            float(area[unknown].sum()),
        )

    @property
    def used(self) -> frozenset[int]:
        """Positions of the pools that some stock rests on."""
        return frozenset(np.flatnonzero((self.volume_m3 > 0) | (self.area_ha > 0)).tolist())

    def stock_tc(self, factors: FactorSet) -> Floats:
        """Carbon stock of each pool, tC (m values)."""
        return _Lines.of(self, factors).stock_tc(self)


@dataclass(frozen=True)
class Estimate:
    """A total with its 95 % interval, in the unit of the total (tC for stocks).

    ``total`` is the plain computed figure, not a mean of draws. ``half_width_pct`` is half the interval's width in %
    of the total (0 for a total of 0). ``contributions`` are (input, share of the variance in %), largest first, sum
    100; empty where nothing varies. ``draws`` is 0 and ``seed`` None without a simulation.
    """

    total: float
    low: float
    high: float
    half_width_pct: float
    method: str
    contributions: tuple[tuple[str, float], ...]
    draws: int = 0
    seed: int | None = None


@dataclass(frozen=True, eq=False)
class _Lines:
    """The straight lines of a set as columns: m slopes, intercepts and carbon fractions; ``per_ha`` tells the kind."""

    slope: Floats
    intercept: Floats
    fraction: Floats
    per_ha: Flags

    @classmethod
    def of(cls, pools: Pools, factors: FactorSet) -> _Lines:
        if pools.set_id != factors.id:
            raise ValueError(f"the pools were summed for {pools.set_id}, not for {factors.id}")
        rows = factors.pools
        return cls(
            np.array([row.slope_t_m3 for row in rows]),
            np.array([row.intercept_t_ha for row in rows]),
            np.array([row.carbon_fraction for row in rows]),
            np.array([row.per_ha for row in rows]),
        )

    def stock_tc(self, pools: Pools) -> Floats:
        return self.fraction * (self.slope * pools.volume_m3 + self.intercept * pools.area_ha)

    def parts(self, pools: Pools, input_id: str) -> Floats:
        """The part of each pool's stock that scales with an input, tC (m values)."""
        if input_id == "volume":
            return self.fraction * self.slope * pools.volume_m3
        stock = self.stock_tc(pools)
        if input_id == "expansion":
            return np.where(self.per_ha, 0.0, stock)
        return np.where(self.per_ha, stock, 0.0) if input_id == "per_ha" else stock

    def part_squares(self, pools: Pools, input_id: str) -> Floats:
        """Σ over a pool's plots of the square of the part that scales with an input, tC² (m values)."""
        if input_id == "volume":
            return self.fraction**2 * self.slope**2 * pools.volume_squares
        squares = self.fraction**2 * (
            self.slope**2 * pools.volume_squares
            + 2 * self.slope * self.intercept * pools.products
            + self.intercept**2 * pools.area_squares
        )
        return np.where(self.per_ha == (input_id == "per_ha"), squares, 0.0)


def approach1(pools: Pools, factors: FactorSet) -> Estimate:
    """IPCC Approach 1: every input's half width times the part of the total that scales with it, added in squares.

    Inputs common to all plots add up linearly before they are squared, those common to a stand type are squared by
    stand type, those of single plots by plot. With one scope an input this is what equations 3.1 and 3.2 give when
    applied in turn, without the product of two half widths, which they neglect as well.
    """
    lines = _Lines.of(pools, factors)
    total = float(lines.stock_tc(pools).sum())
    widths = [(row, row.half_width_pct / 100 * _spread(lines, pools, row)) for row in _stock_rows(factors)]
    return _propagated(total, widths)


def _spread(lines: _Lines, pools: Pools, row: Uncertainty) -> float:
    """What one unit of relative error of an input moves the total by, in tC."""
    if row.scope == "plot":
        return math.sqrt(float(lines.part_squares(pools, row.id).sum()))
    parts = lines.parts(pools, row.id)
    return float(parts.sum()) if row.scope == "all" else math.sqrt(float((parts**2).sum()))


def _propagated(total: float, widths: Iterable[tuple[Uncertainty, float]]) -> Estimate:
    found = list(widths)
    half = math.sqrt(sum(width**2 for _, width in found))
    shares = _shares([(row, width**2) for row, width in found])
    return Estimate(
        total, max(0.0, total - half), total + half, 100 * half / total if total > 0 else 0.0, APPROACH_1, shares
    )


def official_removal(by_kind_tco2_a: Mapping[str, float], factors: FactorSet) -> Estimate:
    """Interval of the removal by 官方口径系数法, tCO₂/a, from its sums by stand kind (Approach 1)."""
    values = np.array([value for value in by_kind_tco2_a.values() if math.isfinite(value)])
    rows = factors.uncertainty("official_rate")
    return _propagated(
        float(values.sum()),
        [
            (row, row.half_width_pct / 100 * float(values.sum() if row.scope == "all" else np.sqrt((values**2).sum())))
            for row in rows
        ],
    )


def monte_carlo(pools: Pools, factors: FactorSet, draws: int = DRAWS, seed: int = SEED) -> Estimate:
    """IPCC Approach 2: the 2.5 % and 97.5 % quantiles of ``draws`` totals; the same seed gives the same interval.

    Inputs are normal around 1, one number for all, for each stand type, or (as a variance) for each plot; no input and
    no stand type's biomass falls below 0. The share of an input is the variance that it causes by itself, the others
    held fixed, in % of the sum over the inputs.
    """
    lines = _Lines.of(pools, factors)
    rows = _stock_rows(factors)
    total = float(lines.stock_tc(pools).sum())
    totals = _drawn(lines, pools, rows, draws, seed)
    low, high = (float(value) for value in np.quantile(totals, (0.025, 0.975)))
    shares = _shares([(row, float(_drawn(lines, pools, [row], draws, seed).var())) for row in rows])
    return Estimate(total, low, high, 50 * (high - low) / total if total > 0 else 0.0, APPROACH_2, shares, draws, seed)


def _stock_rows(factors: FactorSet) -> list[Uncertainty]:
    return [row for row in factors.uncertainties if row.id in _STOCK_INPUTS]


def _shares(variances: Sequence[tuple[Uncertainty, float]]) -> tuple[tuple[str, float], ...]:
    """Labels with their share of the sum in %, largest first; inputs that move nothing but rounding are left out."""
    whole = sum(variance for _, variance in variances)
    several = {row.id for row, _ in variances if sum(other.id == row.id for other, _ in variances) > 1}
    words = {"all": "（全部一致）", "stand_type": "（同类一致）", "plot": "（逐小班）"}
    named = [
        (row.label + (words[row.scope] if row.id in several else ""), 100 * variance / whole)
        for row, variance in variances
        if variance > _NEGLIGIBLE * whole
    ]
    return tuple(sorted(named, key=lambda one: -one[1]))


def _drawn(lines: _Lines, pools: Pools, rows: Sequence[Uncertainty], draws: int, seed: int) -> Floats:
    """``draws`` totals in tC with the given inputs varied."""
    factor = {name: np.ones((1, 1)) for name in _STOCK_INPUTS}
    for row in rows:
        if row.scope != "plot":
            factor[row.id] = factor[row.id] * _multipliers(row, len(lines.slope), draws, seed)
    outer = np.where(lines.per_ha[:, None], factor["per_ha"], factor["expansion"])
    by_volume = lines.slope[:, None] * factor["volume"]
    by_area = lines.intercept[:, None]
    biomass = by_volume * pools.volume_m3[:, None] + by_area * pools.area_ha[:, None]
    alone = [row for row in rows if row.scope == "plot"]
    if alone:
        variance = _plot_variance(pools, alone, by_volume, by_area, lines.per_ha[:, None])
        normal = _generator(seed, "plot", "").standard_normal((len(lines.slope), draws))
        biomass = np.maximum(biomass + np.sqrt(variance) * normal, 0.0)
    totals = (lines.fraction[:, None] * factor["carbon_fraction"] * outer * biomass).sum(axis=0)
    return np.asarray(np.broadcast_to(totals, (draws,)), dtype=np.float64)


def _multipliers(row: Uncertainty, pools: int, draws: int, seed: int) -> Floats:
    """Multipliers around 1 of an input: one line for all pools, or one for each; never below 0."""
    normal = _generator(seed, row.id, row.scope).standard_normal((1 if row.scope == "all" else pools, draws))
    return np.asarray(np.maximum(1 + row.half_width_pct / 100 / _Z95 * normal, 0.0), dtype=np.float64)


def _generator(seed: int, name: str, scope: str) -> np.random.Generator:
    """Each input has its own stream, so that an input varied alone draws what it draws among the others."""
    return np.random.default_rng([seed, *f"{name} {scope}".encode()])


def _plot_variance(
    pools: Pools, rows: Sequence[Uncertainty], by_volume: Floats, by_area: Floats, per_ha: Flags
) -> Floats:
    """Variance of a pool's biomass (t²) from errors that are independent from plot to plot, without the outer factor.

    A plot's biomass is p + q with p by volume (``by_volume``·v) and q by area; with independent relative errors x of
    p and y of p + q its variance is x²·p² + y²·(p + q)² + x²·y²·p², summed here over the plots of each pool.
    """
    squares = dict.fromkeys(_STOCK_INPUTS, 0.0)
    for row in rows:
        squares[row.id] += (row.half_width_pct / 100 / _Z95) ** 2
    p_squares = by_volume**2 * pools.volume_squares[:, None]
    whole_squares = (
        p_squares + 2 * by_volume * by_area * pools.products[:, None] + by_area**2 * pools.area_squares[:, None]
    )
    x, y = squares["volume"], squares["expansion"]
    return np.where(per_ha, squares["per_ha"] * whole_squares, (x + x * y) * p_squares + y * whole_squares)
