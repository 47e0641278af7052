"""``state`` of docs/architecture.md: what the map shows now; legends come from the same declaration as the colours."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pingchang_geo import classify, units
from pingchang_geo.classify import Method
from pingchang_geo.filters import Filter
from pingchang_geo.layers import palette
from pingchang_geo.specs import FieldKind, LayerSpec, Theme
from pingchang_geo.units import UnitChoice

OTHER_LABEL: Final = "其他"
#: Titles too long for a legend lose the method in brackets; the page says it.
DEFAULT_OPACITY: Final = {True: 0.88, False: 1.0}


def theme_state(
    spec: LayerSpec, theme: Theme, frame: pd.DataFrame, choice: UnitChoice, method: Method = Method.ROUND
) -> dict[str, Any]:
    """One way of colouring a layer: limits, colours, legend labels in the reader's units, counts over all rows."""
    if spec.field(theme.field).kind is FieldKind.NUMBER:
        return _classes(spec, theme, frame, choice, method)
    return _categories(theme, frame)


def rows_rule(mask: NDArray[np.bool_], *, dim: bool = False) -> dict[str, Any]:
    """Look-up rule that keeps just the rows where ``mask`` holds, whatever made it.

    Args:
        mask: one boolean a row of the layer's frame.
        dim: the other rows stay on the map as a pale ground, uncounted, instead of going.
    """
    bits = np.packbits(np.asarray(mask, dtype=bool), bitorder="little")
    rule: dict[str, Any] = {"rows": base64.b64encode(bits.tobytes()).decode("ascii")}
    return {**rule, "dim": True} if dim else rule


def layer_state(
    frame: pd.DataFrame,
    *,
    tiled: bool,
    visible: bool,
    theme: dict[str, Any] | None = None,
    chosen: Filter | None = None,
    rules: Sequence[dict[str, Any]] = (),
    opacity: float | None = None,
) -> dict[str, Any]:
    """One layer's part of a state; ``rules`` (:func:`rows_rule`) hold together with the reader's filter."""
    return {
        "visible": visible,
        "opacity": DEFAULT_OPACITY[tiled] if opacity is None else opacity,
        "outline": True,
        "theme": theme,
        "filter": [*(chosen.rule(frame) if chosen else []), *rules],
    }


def state(
    layers: Mapping[str, dict[str, Any]],
    choice: UnitChoice,
    *,
    compare: tuple[str, dict[str, Any]] | None = None,
    select: tuple[str, int] | None = None,
    marked: Sequence[tuple[str, int]] = (),
    fly: tuple[float, float, float, float] | None = None,
    sketch: dict[str, Any] | None = None,
    draw: bool = False,
    mark: str = "",
) -> dict[str, Any]:
    """The whole state.

    Args:
        layers: layer id → :func:`layer_state`.
        choice: units of tooltips and pop-ups.
        compare: layer and theme for the right-hand side of the divider.
        select: layer and row of the selected feature.
        marked: of further features that are outlined like it, and stay so whatever is selected.
        fly: west, south, east, north to move to.
        sketch: what lies over the layers (:func:`pingchang_geo.maps.sketch.collection`), or nothing.
        draw: whether the map offers its drawing tool; what is drawn comes back as the feature ``map:site``.
        mark: 示意数据 where a reference layer stands behind anything that the map shows, or nothing.
    """
    return {
        "mark": mark,
        "layers": dict(layers),
        "compare": {"layer": compare[0], "theme": compare[1]} if compare else None,
        "units": {"area": choice.area.value.code, "mass": choice.mass.value.code},
        "select": {"layer": select[0], "row": select[1]} if select else None,
        "marked": [{"layer": layer, "row": row} for layer, row in marked],
        "fly": [[fly[1], fly[0]], [fly[3], fly[2]]] if fly else None,
        "sketch": {"features": sketch} if sketch else None,
        "draw": draw,
    }


def _classes(spec: LayerSpec, theme: Theme, frame: pd.DataFrame, choice: UnitChoice, method: Method) -> dict[str, Any]:
    field = spec.field(theme.field)
    values = classify.finite(frame[theme.field])
    largest = float(values.max()) if values.size else 0.0
    shown_in = units.fitting(field.unit, choice, largest)
    factor = units.shown_factor(field.unit, shown_in)
    # Limits are round in the unit that the legend shows.
    limits = classify.breaks(values * factor, method, len(theme.ramp), [b * factor for b in theme.breaks])
    stored = _covering(np.asarray(limits) / factor, values)
    return {
        "field": theme.field,
        "title": theme.title,
        "unit": units.shown_unit(field.unit, shown_in),
        "mode": "classes",
        "breaks": stored,
        "colors": ramp_colors(theme.ramp, len(limits) - 1),
        "labels": list(classify.labels(limits)),
        "counts": list(classify.counts(values, stored)),
        "missing": palette.MISSING,
    }


def _covering(limits: Any, values: Any) -> list[float]:
    """Limits converted back to the internal unit; rounding must not leave the smallest or largest value outside."""
    stored = [float(limit) for limit in limits]
    if values.size:
        stored[0] = min(stored[0], float(values.min()))
        stored[-1] = max(stored[-1], float(values.max()))
    return stored


def ramp_colors(ramp: tuple[str, ...], classes: int) -> list[str]:
    """``classes`` colours spread over a ramp from light to dark; a single class takes its middle."""
    if classes == 1:
        return [ramp[len(ramp) // 2]]
    return [ramp[round(i * (len(ramp) - 1) / (classes - 1))] for i in range(classes)]


def _categories(theme: Theme, frame: pd.DataFrame) -> dict[str, Any]:
    column = frame[theme.field]
    names = [str(name) for name in column.cat.categories]
    codes = column.cat.codes.to_numpy()
    found = np.bincount(codes[codes >= 0], minlength=len(names))
    counted = {name: int(count) for name, count in zip(names, found, strict=True)}
    colors = classify.category_colors(theme.palette, counted, palette.CATEGORICAL, palette.OTHER)
    own = [i for i, name in enumerate(names) if colors.get(name, palette.OTHER) != palette.OTHER]
    rest = [i for i, name in enumerate(names) if colors.get(name) == palette.OTHER]
    lines = [[i] for i in own] + ([rest] if rest else [])
    return {
        "field": theme.field,
        "title": theme.title,
        "unit": "",
        "mode": "categories",
        "codes": lines,
        "colors": [colors[names[i]] for i in own] + ([palette.OTHER] if rest else []),
        "labels": [names[i] for i in own] + ([OTHER_LABEL] if rest else []),
        "counts": [int(sum(found[i] for i in line)) for line in lines],
        "missing": palette.MISSING,
    }
