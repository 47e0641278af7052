"""Plotly figures from frames: one declared chart → bars under a filter, drawn with the map's colours.

A chart shows what the other filters leave of each bar (solid) in front of the unfiltered total (ghost); bars outside
the reader's own choice on that chart stay visible but faint.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from pingchang_geo import classify, units
from pingchang_geo.filters import Between, Clause, OneOf
from pingchang_geo.layers import palette
from pingchang_geo.specs import Chart, FieldKind, LayerSpec
from pingchang_geo.units import UnitChoice

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: Bars shown; the rest of the categories share one.
MOST_BARS: Final = 12
MISSING_LABEL: Final = "无数据"
OTHER_LABEL: Final = "其他"
FONT: Final = "PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif"
_GHOST: Final = "#E6EBE8"
_FAINT: Final = 0.28
_BINS: Final = 10
_MARK_INK, _MARK_GROUND, _MARK_LINE = "#7A4B00", "#FFF4DD", "#D9A84A"
_MUTED: Final = "#55635B"

#: The mode bar holds the camera only, in Chinese.
CONFIG: Final[dict[str, Any]] = {
    "displaylogo": False,
    "modeBarButtons": [["toImage"]],
    "locale": "zh-CN",
    "locales": {
        "zh-CN": {
            "dictionary": {
                "Download plot as a PNG": "下载图片（PNG）",
                "Download plot as a png": "下载图片（PNG）",
                "Download plot": "下载图片",
                "Taking snapshot - this may take a few seconds": "正在生成图片",
                "Snapshot succeeded": "图片已生成",
            },
            "format": {"decimal": ".", "thousands": ","},
        }
    },
}


@dataclass(frozen=True)
class Bars:
    """n bars: ``total`` over all rows and ``shown`` under the other filters, both in the internal unit (or counts).

    ``clauses[i]`` is the filter clause that choosing bar i means (None: the bar cannot be chosen); ``chosen[i]`` says
    whether the bar belongs to the present choice. ``rows[i]`` is the single row behind a bar, −1 if there are several.
    ``left_out`` counts the smaller bars that are not shown.
    """

    names: tuple[str, ...]
    total: Floats
    shown: Floats
    chosen: tuple[bool, ...]
    clauses: tuple[Clause | None, ...]
    rows: tuple[int, ...]
    left_out: int = 0


def aggregate(
    spec: LayerSpec, chart: Chart, frame: pd.DataFrame, keep: Mask | None = None, own: Clause | None = None
) -> Bars:
    """Bars of a chart.

    Args:
        spec: the layer.
        chart: what to sum by what; without a measure features are counted.
        frame: n rows.
        keep: rows that every other filter keeps; None keeps all.
        own: the clause on this chart's own field, which highlights instead of filtering.
    """
    weights = np.ones(len(frame)) if not chart.measure else _numbers(frame, chart.measure)
    if spec.field(chart.by).kind is FieldKind.NUMBER:
        return _distribution(chart, frame, weights, keep, own)
    codes, names = _codes(frame, chart.by)
    n = len(names) + 1
    total = _sums(codes, weights, n)
    shown = total if keep is None else _sums(codes[keep], weights[keep], n)
    counts = np.bincount(codes, minlength=n)
    rows = np.full(n, -1)
    rows[codes] = np.arange(len(codes))
    rows[counts != 1] = -1
    filterable = spec.field(chart.by).filterable
    bars = Bars(
        names=(*names, MISSING_LABEL),
        total=total,
        shown=shown,
        chosen=tuple(own is None or (isinstance(own, OneOf) and name in own.values) for name in (*names, "")),
        clauses=(*((OneOf(chart.by, (name,)) if filterable else None) for name in names), None),
        rows=tuple(int(r) for r in rows),
    )
    present = [i for i in range(n) if counts[i]]
    if not chart.horizontal:
        return _picked(bars, present)
    # Single features beyond the largest are left out; a bar of all the others would dwarf them.
    return _ranked(bars, present, rest=spec.field(chart.by).kind is not FieldKind.TEXT)


def toggled(own: Clause | None, clause: Clause | None) -> Clause | None:
    """The clause after the reader clicked a bar: added to the choice, or taken out of it."""
    if not isinstance(clause, OneOf):
        return None if clause == own else clause
    if not isinstance(own, OneOf):
        return clause
    kept = tuple(value for value in own.values if value not in clause.values)
    values = kept if len(kept) < len(own.values) else (*own.values, *clause.values)
    return OneOf(clause.field, values) if values else None


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
        footer: versions, filters and date for exported images.
        height: of the figure in pixels.
    """
    unit = spec.field(chart.measure).unit if chart.measure else ""
    factor = units.shown_factor(unit, choice)
    label = units.shown_unit(unit, choice) if unit else "个"
    filtered = bool((bars.shown != bars.total).any())
    drawn = go.Figure()
    if filtered:
        drawn.add_trace(_bars(chart, bars.names, bars.total * factor, color=_GHOST, hover="skip"))
    drawn.add_trace(
        _bars(
            chart,
            bars.names,
            bars.shown * factor,
            color=_colors(spec, chart, bars),
            opacity=[1.0 if chosen else _FAINT for chosen in bars.chosen],
            text=[units.format_number(v * factor) if v else "" for v in bars.shown],
            customdata=_hover_texts(bars, unit, choice),
        )
    )
    drawn.update_layout(**_layout(_title(chart, bars), label, _band(chart), height))
    _axes(drawn, chart, float(bars.total.max(initial=0)) * factor)
    if mark:
        drawn.add_annotation(**_mark(mark, _band(chart)))
    if footer:
        drawn.add_annotation(**_footer(footer, _band(chart)))
    return drawn


def config(file_name: str) -> dict[str, Any]:
    """Plotly configuration: only the camera, in Chinese, with a speaking file name."""
    return {**CONFIG, "toImageButtonOptions": {"format": "png", "scale": 2, "filename": file_name}}


def alt(spec: LayerSpec, chart: Chart, bars: Bars, choice: UnitChoice) -> str:
    """Description for screen readers: title and the three largest bars."""
    unit = spec.field(chart.measure).unit if chart.measure else ""
    order = np.argsort(-bars.shown, kind="stable")[:3]
    parts = [f"{bars.names[i]} {_quantity(float(bars.shown[i]), unit, choice)}" for i in order]
    return f"柱状图，{chart.title}：" + "，".join(parts)


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    return np.nan_to_num(frame[name].to_numpy(dtype=np.float64, na_value=np.nan))


def _sums(codes: NDArray[np.int64], weights: Floats, n: int) -> Floats:
    return np.bincount(codes, weights=weights, minlength=n).astype(np.float64)


def _codes(frame: pd.DataFrame, name: str) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Category code of each row, ``len(names)`` where missing."""
    column = frame[name]
    if not isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype("category")
    names = tuple(str(value) for value in column.cat.categories)
    codes = column.cat.codes.to_numpy().astype(np.int64)
    codes[codes < 0] = len(names)
    return codes, names


def _distribution(chart: Chart, frame: pd.DataFrame, weights: Floats, keep: Mask | None, own: Clause | None) -> Bars:
    limits = classify.breaks(frame[chart.by], classify.Method.ROUND, _BINS)
    codes = classify.class_of(frame[chart.by], limits)
    here = codes >= 0
    n = len(limits) - 1
    total = _sums(codes[here], weights[here], n)
    both = here if keep is None else here & keep
    shown = _sums(codes[both], weights[both], n)
    # Filters hold both ends, classes only the lower one: step to the Float32 just below the upper limit.
    tops = [float(np.nextafter(np.float32(high), np.float32(-np.inf))) for high in limits[1:-1]] + [limits[-1]]
    clauses = tuple(Between(chart.by, low, top) for low, top in zip(limits[:-1], tops, strict=True))
    chosen = tuple(
        not isinstance(own, Between)
        or ((own.low is None or c.high >= own.low) and (own.high is None or c.low <= own.high))  # type: ignore[operator]
        for c in clauses
    )
    return Bars(classify.labels(limits), total, shown, chosen, clauses, (-1,) * n)


def _picked(bars: Bars, order: list[int]) -> Bars:
    return Bars(
        tuple(bars.names[i] for i in order),
        bars.total[order],
        bars.shown[order],
        tuple(bars.chosen[i] for i in order),
        tuple(bars.clauses[i] for i in order),
        tuple(bars.rows[i] for i in order),
    )


def _ranked(bars: Bars, present: list[int], *, rest: bool) -> Bars:
    """Largest totals first; beyond :data:`MOST_BARS` the smallest are added up, or only counted in ``left_out``."""
    order = sorted(present, key=lambda i: (bars.names[i] == MISSING_LABEL, -bars.total[i]))
    if len(order) <= MOST_BARS:
        return _picked(bars, order)
    if not rest:
        return replace(_picked(bars, order[:MOST_BARS]), left_out=len(order) - MOST_BARS)
    head, tail = order[: MOST_BARS - 1], order[MOST_BARS - 1 :]
    kept = _picked(bars, head)
    return Bars(
        (*kept.names, f"{OTHER_LABEL}（{len(tail)} 项）"),
        np.append(kept.total, bars.total[tail].sum()),
        np.append(kept.shown, bars.shown[tail].sum()),
        (*kept.chosen, any(bars.chosen[i] for i in tail)),
        (*kept.clauses, None),
        (*kept.rows, -1),
    )


def _bars(chart: Chart, names: tuple[str, ...], values: Floats, *, color: Any, hover: str = "", **more: Any) -> go.Bar:
    places = [_text(name) for name in names]
    sides = {"x": values, "y": places, "orientation": "h"} if chart.horizontal else {"x": places, "y": values}
    marker = {"color": color, "line": {"width": 0}}
    if "opacity" in more:
        marker["opacity"] = more.pop("opacity")
    look: dict[str, Any] = (
        {"hoverinfo": "skip"} if hover == "skip" else {"hovertemplate": "%{customdata}<extra></extra>"}
    )
    if "text" in more:
        look |= {"textposition": "outside", "textfont": {"size": 11, "color": palette.INK}, "cliponaxis": False}
    return go.Bar(**sides, marker=marker, showlegend=False, **look, **more)


def _colors(spec: LayerSpec, chart: Chart, bars: Bars) -> Any:
    theme = spec.theme(chart.by)
    if theme is None or not theme.palette:
        return spec.style.color
    return [theme.palette.get(name, palette.OTHER) for name in bars.names]


def _hover_texts(bars: Bars, unit: str, choice: UnitChoice) -> list[str]:
    whole = float(bars.shown.sum())
    texts = []
    for name, shown, total in zip(bars.names, bars.shown, bars.total, strict=True):
        lines = [f"<b>{_text(name)}</b>", _quantity(float(shown), unit, choice)]
        if whole > 0:
            lines.append(f"占比 {100 * shown / whole:.1f}%")
        if shown != total:
            lines.append(f"筛选前 {_quantity(float(total), unit, choice)}")
        texts.append("<br>".join(lines))
    return texts


def _quantity(value: float, unit: str, choice: UnitChoice) -> str:
    return units.format_quantity(value, unit, choice) if unit else f"{value:,.0f} 个"


def _text(value: str) -> str:
    """Names come from files; plotly would read tags in them."""
    return html.escape(value, quote=False)


def _title(chart: Chart, bars: Bars) -> str:
    return f"{chart.title}，前 {len(bars.names)} 位" if bars.left_out else chart.title


def _layout(title: str, label: str, band: int, height: int) -> dict[str, Any]:
    return {
        "title": {
            "text": f"<b>{_text(title)}</b>（{label}）",
            "font": {"size": 13, "color": palette.INK},
            "x": 0.0,
            "xref": "container",
            "y": 1.0,
            "yref": "container",
            "yanchor": "top",
            "pad": {"l": 6, "t": 8},
        },
        "height": height,
        "margin": {"l": 6, "r": 12, "t": 34, "b": band},
        "barmode": "overlay",
        "bargap": 0.28,
        "paper_bgcolor": "#FFFFFF",
        "plot_bgcolor": "#FFFFFF",
        "font": {"family": FONT, "size": 12, "color": palette.INK},
        "hoverlabel": {
            "bgcolor": palette.INK,
            "font": {"family": FONT, "size": 12, "color": "#FFFFFF"},
            "align": "left",
        },
        "dragmode": False,
        "hovermode": "closest",
        "uniformtext": {"minsize": 9, "mode": "show"},
    }


def _axes(drawn: go.Figure, chart: Chart, longest: float) -> None:
    # Room for the number behind the longest bar.
    values = {"visible": False, "fixedrange": True, "range": [0, longest * 1.2 if longest > 0 else 1]}
    places = {"fixedrange": True, "automargin": True, "showgrid": False, "ticks": "", "type": "category"}
    if chart.horizontal:
        drawn.update_xaxes(**values)
        drawn.update_yaxes(**places, autorange="reversed", ticksuffix=" ")
    else:
        drawn.update_yaxes(**values)
        drawn.update_xaxes(**places)


def _band(chart: Chart) -> int:
    """Pixels below the plot: footer and mark, and above them the names of standing bars."""
    return 24 if chart.horizontal else 46


def _mark(mark: str, band: int) -> dict[str, Any]:
    return {
        "text": mark,
        "xref": "paper",
        "yref": "paper",
        "x": 1,
        "y": 0,
        "yshift": 2 - band,
        "xanchor": "right",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 11, "color": _MARK_INK},
        "bgcolor": _MARK_GROUND,
        "bordercolor": _MARK_LINE,
        "borderwidth": 1,
        "borderpad": 2,
    }


def _footer(text: str, band: int) -> dict[str, Any]:
    return {
        "text": _text(text),
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": 0,
        "yshift": 4 - band,
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 10, "color": _MUTED},
    }
