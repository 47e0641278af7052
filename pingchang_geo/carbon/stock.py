"""Carbon stock of a stand by the continuous expansion method.

B = a·V + b gives biomass (t dry matter/ha, roots included) from live volume V (m³/ha); carbon = B·CF. The
intercept b is meant for standing forest: at V = 0 and on land without an established stand (未成林地 and the like) it
would be a phantom stock, so there biomass is a·V.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pingchang_geo.carbon.factors import FactorSet

Floats = NDArray[np.float64]


def biomass_t_ha(
    species: pd.Series[str] | Sequence[str],
    volume_m3_ha: Floats | Sequence[float],
    factors: FactorSet,
    established: NDArray[np.bool_] | None = None,
) -> Floats:
    """Biomass in t dry matter/ha, one value a plot.

    Args:
        species: stand types by the names of ``factors.by_species``; n values.
        volume_m3_ha: live volume, n values; NaN where not surveyed.
        factors: the parameter set.
        established: n flags, False where no stand is established yet and b does not apply; all True by default.

    Returns:
        n values; 0 where the volume is 0; NaN where the volume is missing or negative, or where the parameter
        set has no coefficient for the species (bamboo, economic forest, unrecognised codes).
    """
    volume = np.asarray(volume_m3_ha, dtype=np.float64)
    codes, names = pd.factorize(pd.Series(species).astype(object))
    table = factors.by_species
    a = np.array([table[n].a_t_m3 if n in table else np.nan for n in names] + [np.nan])[codes]
    b = np.array([table[n].b_t_ha if n in table else np.nan for n in names] + [np.nan])[codes]
    stand = volume > 0 if established is None else (volume > 0) & established
    biomass = a * volume + np.where(stand, b, 0.0)
    biomass[volume < 0] = np.nan
    return biomass


def stock_tc_ha(
    species: pd.Series[str] | Sequence[str],
    volume_m3_ha: Floats | Sequence[float],
    factors: FactorSet,
    established: NDArray[np.bool_] | None = None,
) -> Floats:
    """Carbon stock in tC/ha: :func:`biomass_t_ha` times the carbon fraction."""
    return biomass_t_ha(species, volume_m3_ha, factors, established) * factors.carbon_fraction.value
