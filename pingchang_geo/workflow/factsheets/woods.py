"""Forest and carbon of a place: the same shares of plots that the pages count, with interval and groups."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pingchang_geo import accounts, attributes, carbon, layers
from pingchang_geo.carbon.factors import FactorSet
from pingchang_geo.layers import palette
from pingchang_geo.site import TOUCH_M2
from pingchang_geo.specs import CarbonColumns
from pingchang_geo.units import HA_M2
from pingchang_geo.workflow import derive
from pingchang_geo.workflow.accounts.account import role_of
from pingchang_geo.workflow.atlas import Atlas, LayerData
from pingchang_geo.workflow.factsheets.place import Place

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Woods:
    """Plots on the ground of a place.

    Attributes:
        plots: the layer they are of.
        frame: n plots; ``area_ha``, ``stock_tc`` and ``removal_tco2_a`` are those of the part inside.
        area_ha, stock_tc, removal_tco2_a: as the pages give them, slivers of a square metre apart; NaN where there
            are plots and none is known.
        estimate: 95 % interval of the stock, tC.
        flagged: flag (待核, 转引) and words on the parameters that this stock rests on.
    """

    plots: LayerData
    factors: FactorSet
    frame: pd.DataFrame
    area_ha: float
    stock_tc: float
    removal_tco2_a: float
    estimate: carbon.Estimate
    flagged: tuple[tuple[str, str], ...]

    @property
    def role(self) -> CarbonColumns:
        """Which columns feed the carbon arithmetic."""
        return role_of(self.plots.spec)

    @property
    def known(self) -> NDArray[np.bool_]:
        """n booleans: the plot has a stock."""
        return self.frame["stock_tc"].notna().to_numpy(dtype=bool)

    @property
    def stock_tc_ha(self) -> float:
        """Mean stock of the plots whose stock is known."""
        area = float(self.frame["area_ha"].to_numpy(dtype=np.float64)[self.known].sum())
        return self.stock_tc / area if area > 0 else math.nan

    @property
    def removal_caveat(self) -> str:
        """What goes with the sum over stand kinds."""
        return carbon.sum_caveat(
            self.frame[self.role.stand_kind], self.frame["removal_tco2_a"].to_numpy(dtype=np.float64)
        )

    def by_stand_type(self) -> pd.DataFrame:
        """Groups by stand type (:func:`accounts.by_group`), largest area first."""
        table = accounts.by_group(self.frame, self.role.stand_type)
        return table.sort_values("area_ha", ascending=False, kind="stable", ignore_index=True)

    def model_removal_tco2_a(self, growth_pct_a: float) -> tuple[float, float]:
        """Removal by volume growth, tCO₂/a (NaN where nothing is known), and the area it could be computed for, ha.

        Raises:
            FactorError: the rate is negative or no number.
        """
        area = self.frame["area_ha"].to_numpy(dtype=np.float64)
        volume = self.frame[self.role.volume_m3_ha].to_numpy(dtype=np.float64, na_value=np.nan)
        stand = self.frame[self.role.stand_type]
        values = carbon.growth_removal_tco2_a(stand, volume, area, growth_pct_a, self.factors)
        known = np.isfinite(values)
        return (float(values[known].sum()) if known.any() else math.nan), float(area[known].sum())


def woods_of(atlas: Atlas, place: Place) -> Woods | None:
    """Plots of a place; None while no carbon-bearing layer is published, or its zones are not counted."""
    plots = next((atlas[spec.id] for spec in layers.carbon_bearing() if spec.id in atlas), None)
    if plots is None:
        return None
    role, factors = role_of(plots.spec), carbon.load()
    if place.data is None:
        rows, share = np.arange(len(plots.frame)), np.ones(len(plots.frame))
    elif place.data.spec.zone is None:
        return None
    else:
        rows, share = _shares(plots, place)
    whole = plots.frame.iloc[rows]
    pools = attributes.pools(role, whole, factors, share)
    scaled = {
        name: whole[name].to_numpy(dtype=np.float64, na_value=np.nan) * share for name in palette.PLOT_COLUMNS.values()
    }
    frame = whole.assign(**scaled).reset_index(drop=True)
    totals = {name: _known_sum(values) for name, values in scaled.items()}
    return Woods(
        plots,
        factors,
        frame,
        **totals,
        estimate=carbon.monte_carlo(pools, factors),
        flagged=factors.flagged(pools.used),
    )


def _shares(plots: LayerData, place: Place) -> tuple[NDArray[np.int64], Floats]:
    """Rows of the plots that share ground with a zone, and the part of each, 0–1; neighbours that only share a sliver
    along the border are none of them."""
    assert place.data is not None
    pairs = derive.read_join(plots.store, plots.version, place.data.version).pairs
    here = (pairs.right == place.row) & (pairs.area_m2 > TOUCH_M2)
    rows = np.asarray(pairs.left[here], dtype=np.int64)
    area_m2 = plots.frame["area_ha"].to_numpy(dtype=np.float64)[rows] * HA_M2
    share = np.divide(pairs.area_m2[here], area_m2, out=np.zeros(len(rows)), where=area_m2 > 0)
    return rows, np.minimum(share, 1.0)


def _known_sum(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.sum()) if known.size or not values.size else math.nan
