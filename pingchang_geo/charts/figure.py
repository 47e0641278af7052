"""The picture: plotly figures with the map's colours, the mark and the footer inside.

A chart shows what the other filters leave of each bar (solid) in front of the unfiltered total (ghost); bars outside
the reader's own choice on that chart stay visible but faint.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import plotly.graph_objects as go

from pingchang_geo import classify, units
from pingchang_geo.charts import canvas
from pingchang_geo.charts.bars import MISSING_LABEL, Bars, Floats
from pingchang_geo.layers import palette
from pingchang_geo.specs import Chart, LayerSpec
from pingchang_geo.units import UnitChoice

_GHOST: Final = "#E6EBE8"
_FAINT: Final = 0.28
#: Names of standing bars need more room below.
_STANDING_BASE_PX: Final = 46


def figure(
    spec: LayerSpec,
    chart: Chart,
    bars: Bars,
    choice: UnitChoice,
    *,
    mark: str = "",
    footer: str = "",
    height: int = 260,
) -> go.Figure:
    """The figure of a chart.

    Args:
        choice: the reader's units.
        mark: 示意数据 or nothing; stands inside the picture, so that exported images carry it.
        footer: versions, filters and date for exported images; takes as many lines as it needs.
        height: of the figure in pixels.
    """
    unit = spec.field(chart.measure).unit if chart.measure else ""
    choice = units.fitting(unit, choice, float(bars.total.max(initial=0)))
    factor = units.shown_factor(unit, choice)
    label = units.shown_unit(unit, choice) if unit else "个"
    filtered = bool((bars.shown != bars.total).any())
    ghosts = [_bars(chart, bars.names, bars.total * factor, color=_GHOST, hover="skip")] if filtered else []
    solid = _bars(
        chart,
        bars.names,
        bars.shown * factor,
        color=_colors(spec, chart, bars),
        opacity=[1.0 if chosen else _FAINT for chosen in bars.chosen],
        text=[
            units.format_number(v * factor) if known else MISSING_LABEL
            for v, known in zip(bars.shown, bars.known, strict=True)
        ],
        customdata=_hover_texts(bars, unit, choice),
    )
    lines = canvas.wrapped(footer)
    base = canvas.BASE_PX if chart.horizontal else _STANDING_BASE_PX
    band, tall = canvas.frame(lines, mark, base=base, height=height)
    layout = canvas.layout(_title(chart, bars), label, band, tall)
    layout |= canvas.axes(float(bars.total.max(initial=0)) * factor, horizontal=chart.horizontal)
    layout["annotations"] = canvas.inscriptions(lines, mark, base=base, band=band)
    # In one go: plotly's update methods cost several times the figure itself.
    return go.Figure([*ghosts, solid], layout)


def alt(spec: LayerSpec, chart: Chart, bars: Bars, choice: UnitChoice) -> str:
    """Description for screen readers: title and the three largest bars."""
    unit = spec.field(chart.measure).unit if chart.measure else ""
    order = np.argsort(-bars.shown, kind="stable")[:3]
    values = [_quantity(float(bars.shown[i]), unit, choice) if bars.known[i] else MISSING_LABEL for i in order]
    parts = [f"{bars.names[i]} {value}" for i, value in zip(order, values, strict=True)]
    return f"柱状图，{chart.title}：" + "，".join(parts)


def _bars(
    chart: Chart, names: tuple[str, ...], values: Floats, *, color: Any, hover: str = "", **more: Any
) -> dict[str, Any]:
    places = [canvas.text_of(name) for name in names]
    sides = {"x": values, "y": places, "orientation": "h"} if chart.horizontal else {"x": places, "y": values}
    marker = {"color": color, "line": {"width": 0}}
    if "opacity" in more:
        marker["opacity"] = more.pop("opacity")
    look: dict[str, Any] = (
        {"hoverinfo": "skip"} if hover == "skip" else {"hovertemplate": "%{customdata}<extra></extra>"}
    )
    if "text" in more:
        look |= {"textposition": "outside", "textfont": {"size": 11, "color": palette.INK}, "cliponaxis": False}
    # Without fonts of their own for both cases plotly fails on the first choice of a bar with a text.
    look["selected"] = {"textfont": {"color": palette.INK}}
    look["unselected"] = {"marker": {"opacity": _FAINT}, "textfont": {"color": palette.INK}}
    return {"type": "bar", **sides, "marker": marker, "showlegend": False, **look, **more}


def _colors(spec: LayerSpec, chart: Chart, bars: Bars) -> Any:
    theme = spec.theme(chart.by)
    if theme is None or not theme.palette:
        return spec.style.color
    colors = classify.category_colors(theme.palette, bars.counted, palette.CATEGORICAL, palette.OTHER)
    return [colors.get(name, palette.OTHER) for name in bars.names]


def _hover_texts(bars: Bars, unit: str, choice: UnitChoice) -> list[str]:
    whole = float(bars.shown.sum())
    texts = []
    for name, shown, total, known in zip(bars.names, bars.shown, bars.total, bars.known, strict=True):
        lines = [f"<b>{canvas.text_of(name)}</b>", _quantity(float(shown), unit, choice) if known else MISSING_LABEL]
        if whole > 0 and known:
            lines.append(f"占比 {100 * shown / whole:.1f}%")
        if shown != total:
            lines.append(f"筛选前 {_quantity(float(total), unit, choice)}")
        texts.append("<br>".join(lines))
    return texts


def _quantity(value: float, unit: str, choice: UnitChoice) -> str:
    return units.format_quantity(value, unit, choice) if unit else f"{value:,.0f} 个"


def _title(chart: Chart, bars: Bars) -> str:
    return f"{chart.title}，前 {len(bars.names)} 位" if bars.left_out else chart.title
