"""Carbon stock of a stand, by the method of the parameter set.

The continuous function B = a·V + b gives biomass (t dry matter/ha, roots included) from live volume V (m³/ha), the
IPCC form B = V·D·BEF·(1+R); carbon = B·CF. The intercept b is meant for standing forest: at V = 0 and on land without
an established stand (未成林地 and the like) it would be a phantom stock, so there biomass is a·V. Bamboo, economic
forest and shrub land have a biomass per hectare instead of a volume; it does not apply without an established stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pingchang_geo.carbon.parameters import FactorSet

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Words = pd.Series | Sequence[str | None]

#: What a plot's stock rests on; :func:`basis` gives positions in this tuple.
BASES: Final = (
    "蓄积换算",
    "蓄积换算（不计 b）",
    "单位面积生物量",
    "蓄积缺失或异常",
    "树种无参数",
    "未成林地等不计",
)
BY_VOLUME, WITHOUT_INTERCEPT, PER_HECTARE, NO_VOLUME, NO_PARAMETERS, NO_STAND = range(len(BASES))


@dataclass(frozen=True)
class Terms:
    """How n plots enter the arithmetic.

    Attributes:
        pool: position in ``factors.pools``; −1 where the stock is unknown or nothing stands (:data:`NO_STAND`).
        basis: position in :data:`BASES`.
        volume_m3_ha: live volume that is converted; 0 where the stock does not follow from the volume.
    """

    pool: NDArray[np.intp]
    basis: NDArray[np.int8]
    volume_m3_ha: Floats

    @property
    def with_intercept(self) -> Flags:
        """Plots that the intercept, or the value per hectare, applies to."""
        return (self.basis == BY_VOLUME) | (self.basis == PER_HECTARE)


def terms(
    species: Words,
    volume_m3_ha: Floats | Sequence[float],
    factors: FactorSet,
    established: Flags | None = None,
    land_class: Words | None = None,
) -> Terms:
    """Pool, basis and usable volume of n plots.

    Args:
        species: stand types by the names of ``factors.pool_of_species``; categoricals are looked up by category.
        volume_m3_ha: live volume; NaN where not surveyed.
        factors: the parameter set.
        established: False where no stand is established yet; all True by default.
        land_class: land classes by the names of ``factors.pool_of_land_class``; none by default.

    A species with a coefficient goes by its volume. One with a value per hectare goes by that, whatever its volume;
    so does shrub or bamboo land whose plot has no volume, or no species with a coefficient. A volume that is missing,
    negative or above ``factors.max_volume_m3_ha`` gives no stock. Without an established stand and with a volume of 0
    nothing stands.
    """
    stands = sum(not pool.per_ha for pool in factors.pools)
    of_species = _looked_up(species, factors.pool_of_species)
    volume = np.asarray(volume_m3_ha, dtype=np.float64)
    standing = np.ones(len(volume), dtype=bool) if established is None else np.asarray(established, dtype=bool)
    converts = (of_species >= 0) & (of_species < stands)
    per_ha = np.where(of_species >= stands, of_species, -1)
    if land_class is not None:
        by_land = (per_ha < 0) & ~(converts & (volume != 0) & ~np.isnan(volume))
        per_ha = np.where(by_land, _looked_up(land_class, factors.pool_of_land_class), per_ha)
    usable = (volume >= 0) & (volume <= factors.max_volume_m3_ha)  # False for NaN
    takes_per_ha = standing & (per_ha >= 0)
    takes_volume = converts & ~takes_per_ha
    full = usable & (volume > 0) & standing if factors.method == "continuous" else usable
    basis = np.full(len(volume), NO_PARAMETERS, dtype=np.int8)
    basis[~standing & ~converts & (per_ha >= 0)] = NO_STAND
    basis[takes_volume] = np.where(full, BY_VOLUME, np.where(usable, WITHOUT_INTERCEPT, NO_VOLUME))[takes_volume]
    basis[takes_per_ha] = PER_HECTARE
    nothing = ~standing & (volume == 0)
    basis[nothing] = NO_STAND
    pool = np.where(takes_per_ha, per_ha, np.where(takes_volume & usable & ~nothing, of_species, -1))
    return Terms(pool.astype(np.intp), basis, np.where(takes_volume & usable, volume, 0.0))


def _looked_up(words: Words, positions: Mapping[str, int]) -> NDArray[np.intp]:
    """Position of each word, −1 for an unknown or missing one; only distinct words are looked up."""
    codes, names = codes_of(words)
    return np.array([*(positions.get(name, -1) for name in names), -1], dtype=np.intp)[codes]


def codes_of(words: Words) -> tuple[NDArray[Any], list[Any]]:
    """Codes (−1 missing) into a list of distinct words; those of a categorical are taken as they are."""
    series: pd.Series = words if isinstance(words, pd.Series) else pd.Series(np.array(words, dtype=object))
    if isinstance(series.dtype, pd.CategoricalDtype):
        return series.cat.codes.to_numpy(), series.cat.categories.tolist()
    codes, names = pd.factorize(series.astype(object))
    return codes, list(names)


def biomass_of(plots: Terms, factors: FactorSet) -> Floats:
    """Biomass in t dry matter/ha of n plots; NaN where unknown, 0 where nothing stands."""
    slope = np.array([*(pool.slope_t_m3 for pool in factors.pools), np.nan])
    intercept = np.array([*(pool.intercept_t_ha for pool in factors.pools), 0.0])
    biomass = slope[plots.pool] * plots.volume_m3_ha
    biomass += np.where(plots.with_intercept, intercept[plots.pool], 0.0)
    biomass[plots.basis == NO_STAND] = 0.0
    return biomass


def stock_of(plots: Terms, factors: FactorSet) -> Floats:
    """Carbon stock in tC/ha of n plots: :func:`biomass_of` times the carbon fraction."""
    fraction = np.array([*(pool.carbon_fraction for pool in factors.pools), factors.carbon_fraction.value])
    return biomass_of(plots, factors) * fraction[plots.pool]


def biomass_t_ha(
    species: Words,
    volume_m3_ha: Floats | Sequence[float],
    factors: FactorSet,
    established: Flags | None = None,
    land_class: Words | None = None,
) -> Floats:
    """Biomass in t dry matter/ha, one value a plot; arguments as in :func:`terms`.

    Returns:
        n values; 0 where the volume is 0 or nothing stands; NaN where the volume is missing, negative or absurd, or
        where the parameter set has nothing for the species.
    """
    return biomass_of(terms(species, volume_m3_ha, factors, established, land_class), factors)


def stock_tc_ha(
    species: Words,
    volume_m3_ha: Floats | Sequence[float],
    factors: FactorSet,
    established: Flags | None = None,
    land_class: Words | None = None,
) -> Floats:
    """Carbon stock in tC/ha: :func:`biomass_t_ha` times the carbon fraction."""
    return stock_of(terms(species, volume_m3_ha, factors, established, land_class), factors)


def basis(
    species: Words,
    volume_m3_ha: Floats | Sequence[float],
    factors: FactorSet,
    established: Flags | None = None,
    land_class: Words | None = None,
) -> NDArray[np.int8]:
    """What each plot's stock rests on, as positions in :data:`BASES`; arguments as in :func:`terms`."""
    return terms(species, volume_m3_ha, factors, established, land_class).basis
