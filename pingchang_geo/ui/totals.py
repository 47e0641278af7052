"""Sums of a layer's quantities: what is unknown is not zero, and a plot that lies in two zones counts once."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pingchang_geo import layers
from pingchang_geo.layers import palette
from pingchang_geo.specs import LayerSpec
from pingchang_geo.workflow.atlas import Atlas, LayerData

Floats = NDArray[np.float64]

#: The zones' forest area above the plots' own by more than this share means that zones overlap.
_OVERLAP: Final = 1e-3


def total(values: Floats) -> float:
    """Sum of what is known; NaN where there are features but nothing is known of any, 0 without features."""
    known = values[~np.isnan(values)]
    return float(known.sum()) if known.size or not values.size else float("nan")


def column(data: LayerData, name: str) -> Floats:
    """A column as float64, NaN where missing."""
    return np.asarray(data.frame[name].to_numpy(dtype=np.float64, na_value=np.nan))


def once(found: Atlas, zone: LayerSpec, name: str) -> float | None:
    """A total over all zones of a layer with overlaps counted once, from the plots' covered share.

    Returns:
        The total in the internal unit, NaN where nothing is known of the plots inside; None where ``name`` is no
        total of zones or no layer carries the plots.
    """
    if zone.zone is None or name not in palette.PLOT_COLUMNS:
        return None
    inside: list[Floats] = []
    for plots in layers.carbon_bearing():
        share, quantity = zone.zone.share_field, palette.PLOT_COLUMNS[name]
        if plots.id in found and {share, quantity} <= set(found[plots.id].frame.columns):
            covered = column(found[plots.id], share) / 100
            here = covered > 0
            inside.append(covered[here] * column(found[plots.id], quantity)[here])
    return total(np.concatenate(inside)) if inside else None


def overlapping(found: Atlas, data: LayerData) -> bool:
    """Whether zones of the layer overlap where there are plots, so that adding up the zones counts plots twice."""
    name = next(iter(palette.PLOT_COLUMNS))
    plots_once = once(found, data.spec, name)
    return plots_once is not None and name in data.frame and total(column(data, name)) > plots_once * (1 + _OVERLAP)
