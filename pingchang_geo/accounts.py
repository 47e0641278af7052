"""Carbon accounts: area, volume, stock and removal of plots by any grouping, and inside and outside of a zone layer.

What is unknown is not zero: plots without a stock are counted beside the sums, and a group of which nothing is known
shows NaN. Sums over the groups equal the sum over all plots.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pingchang_geo.carbon.stock import BASES, NO_VOLUME
from pingchang_geo.units import CO2_PER_C

Floats = NDArray[np.float64]

#: Group of plots without a value in the grouping column.
UNFILLED: Final = "未填"
INSIDE: Final = "内"
OUTSIDE: Final = "外"


def by_group(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """Accounts by a column of the plots.

    Args:
        frame: n plots with ``area_ha``, ``stock_tc``, ``removal_tco2_a``; ``volume_m3_ha``, ``stock_basis`` and
            ``reported_stock_tc`` count where they are there.
        by: a category or text column.

    Returns:
        One row a group that occurs: declared categories in their order, other words by area, 未填 last.

        - ``group``, ``plots``, ``area_ha``
        - ``volume_m3``: volume per hectare × area, of plots whose volume is usable
        - ``stock_tc``, ``stock_tco2`` (× 44/12), ``removal_tco2_a``: NaN where no plot of the group has one
        - ``unknown_plots``, ``unknown_area_ha``: plots without a stock
        - ``reported_stock_tc``, ``reported_own_tc``: what the file reports, and our stock of just those plots
        - ``stock_gap_tc``: reported − computed over the plots that have both
        - ``removal_area_ha``: area of the plots with a removal

    Raises:
        KeyError: the frame lacks the column.
    """
    column = frame[by]
    codes, names = pd.factorize(column if isinstance(column.dtype, pd.CategoricalDtype) else column.astype(object))
    codes = np.where(codes < 0, len(names), codes)
    table = _table(_Plots.of(frame), np.asarray(codes, dtype=np.intp), [*map(str, names), UNFILLED])
    table = table[table["plots"] > 0]
    return table.loc[_order(column, table)].reset_index(drop=True)


def inside_outside(frame: pd.DataFrame, share_field: str) -> pd.DataFrame:
    """Accounts of the parts of plots inside (内) and outside (外) a zone layer, by shared area.

    Args:
        frame: as for :func:`by_group`.
        share_field: column with the percentage of each plot inside, 0–100; a missing one counts as 0.

    Returns:
        Two rows with the columns of :func:`by_group`; every quantity adds up to that of all plots. A plot on the
        border counts, as a plot, where its larger part lies; ``border_plots`` says how many there are.

    Raises:
        KeyError: the frame lacks the column.
    """
    percent = np.nan_to_num(frame[share_field].to_numpy(dtype=np.float64, na_value=np.nan))
    share = np.clip(percent / 100, 0.0, 1.0)
    larger = (share >= 0.5).astype(np.float64)
    codes = np.repeat(np.array([0, 1], dtype=np.intp), len(frame))
    weight, count = np.concatenate([share, 1 - share]), np.concatenate([larger, 1 - larger])
    table = _table(_Plots.of(frame).twice(), codes, [INSIDE, OUTSIDE], weight, count)
    return table.assign(border_plots=int(((share > 0) & (share < 1)).sum()))


@dataclass(frozen=True)
class _Plots:
    """Quantities of n plots, NaN where unknown."""

    area_ha: Floats
    volume_m3: Floats
    stock_tc: Floats
    removal_tco2_a: Floats
    reported_tc: Floats

    @classmethod
    def of(cls, frame: pd.DataFrame) -> _Plots:
        def column(name: str) -> Floats:
            if name not in frame.columns:
                return np.full(len(frame), np.nan)
            return frame[name].to_numpy(dtype=np.float64, na_value=np.nan)

        area_ha, density = column("area_ha"), column("volume_m3_ha")
        usable = density >= 0
        if "stock_basis" in frame.columns:
            usable &= (frame["stock_basis"] != BASES[NO_VOLUME]).to_numpy(dtype=bool)
        volume = np.where(usable, density, np.nan) * area_ha
        reported = column("reported_stock_tc")
        return cls(np.nan_to_num(area_ha), volume, column("stock_tc"), column("removal_tco2_a"), reported)

    def twice(self) -> _Plots:
        """The plots followed by themselves."""
        columns = (self.area_ha, self.volume_m3, self.stock_tc, self.removal_tco2_a, self.reported_tc)
        return _Plots(*(np.concatenate([values, values]) for values in columns))


def _table(
    plots: _Plots, codes: NDArray[np.intp], names: list[str], weight: Floats | None = None, count: Floats | None = None
) -> pd.DataFrame:
    """Sums by code; ``weight`` is the part of each plot that counts, ``count`` (0 or 1) where it counts as a plot."""
    size = len(names)
    whole = np.ones(len(codes))
    weight = whole if weight is None else weight
    count = whole if count is None else count

    def summed(values: Floats) -> Floats:
        """Σ of the known; NaN for a group with plots of which none is known."""
        known = ~np.isnan(values) & (weight > 0)
        sums = np.bincount(codes[known], weights=(values * weight)[known], minlength=size).astype(np.float64)
        some = np.bincount(codes[weight > 0], minlength=size) > 0
        sums[some & (np.bincount(codes[known], minlength=size) == 0)] = np.nan
        return sums

    def counted(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(codes[flags], weights=count[flags], minlength=size).astype(np.int64)

    def area(flags: NDArray[np.bool_]) -> Floats:
        return np.bincount(codes[flags], weights=(plots.area_ha * weight)[flags], minlength=size).astype(np.float64)

    unknown, reports = np.isnan(plots.stock_tc), ~np.isnan(plots.reported_tc)
    stock_tc = summed(plots.stock_tc)
    columns: dict[str, Any] = {
        "group": names,
        "plots": counted(np.ones(len(codes), dtype=bool)),
        "area_ha": area(np.ones(len(codes), dtype=bool)),
        "volume_m3": summed(plots.volume_m3),
        "stock_tc": stock_tc,
        "stock_tco2": stock_tc * CO2_PER_C,
        "removal_tco2_a": summed(plots.removal_tco2_a),
        "unknown_plots": counted(unknown),
        "unknown_area_ha": area(unknown),
        "reported_stock_tc": summed(plots.reported_tc),
        "reported_own_tc": summed(np.where(reports, plots.stock_tc, np.nan)),
        "stock_gap_tc": summed(plots.reported_tc - plots.stock_tc),
        "removal_area_ha": area(~np.isnan(plots.removal_tco2_a)),
    }
    return pd.DataFrame(columns)


def _order(column: pd.Series[Any], table: pd.DataFrame) -> list[Any]:
    """Index labels of the table: categories in their order or else by area, 未填 last."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        place = {str(name): i for i, name in enumerate(column.cat.categories)}
        rank = [place.get(name, len(place)) for name in table["group"]]
    else:
        rank = [0] * len(table)
    keys = pd.DataFrame({"last": table["group"] == UNFILLED, "rank": rank, "area": -table["area_ha"]})
    return list(keys.sort_values(["last", "rank", "area"], kind="stable").index)
