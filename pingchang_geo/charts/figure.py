"""The picture: plotly figures with the map's colours, the mark and the footer inside.

A chart shows what the other filters leave of each bar (solid) in front of the unfiltered total (ghost); bars outside
the reader's own choice on that chart stay visible but faint.
"""

from __future__ import annotations

import html
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go

from pingchang_geo import classify, units
from pingchang_geo.charts.bars import MISSING_LABEL, Bars, Floats
from pingchang_geo.layers import palette
from pingchang_geo.specs import Chart, LayerSpec
from pingchang_geo.units import UnitChoice

FONT: Final = "PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif"
_GHOST: Final = "#E6EBE8"
_FAINT: Final = 0.28
#: Width of a footer line in ideographs, what a phone has room for; and its height.
_FOOTER_LINE, _LINE_PX = 24.0, 13
#: Between the mark and the footer.
_GAP_PX: Final = 7
#: No line starts with these; they hang over the end of the line before.
_HANGING: Final = "：，、；）。"
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
                "Download plot": "下载图片",
                "Preparing image - this may take a few seconds": "正在生成图片",
                "Image download succeeded": "图片已下载",
                "Sorry, there was a problem downloading your image!": "图片没有生成，请重试。",
            },
            "format": {"decimal": ".", "thousands": ","},
        }
    },
}


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
    lines = _wrapped(footer)
    base = 24 if chart.horizontal else 46
    # The mark has a line of its own: on a phone the footer would run under it.
    below = _LINE_PX * len(lines) + _GAP_PX if mark and lines else _LINE_PX * max(0, len(lines) - 1)
    band = base + below
    layout = _layout(_title(chart, bars), label, band, height + below)
    layout |= _axes(chart, float(bars.total.max(initial=0)) * factor)
    layout["annotations"] = [_mark(mark, base)] if mark else []
    layout["annotations"] += [_footer(lines, band)] if footer else []
    # In one go: plotly's update methods cost several times the figure itself.
    return go.Figure([*ghosts, solid], layout)


def config(file_name: str) -> dict[str, Any]:
    """Plotly configuration: only the camera, in Chinese, with a speaking file name."""
    return {**CONFIG, "toImageButtonOptions": {"format": "png", "scale": 2, "filename": file_name}}


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
        lines = [f"<b>{_text(name)}</b>", _quantity(float(shown), unit, choice) if known else MISSING_LABEL]
        if whole > 0 and known:
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


def _wrapped(text: str) -> list[str]:
    """Lines no wider than :data:`_FOOTER_LINE`; Latin letters and digits are about half an ideograph wide."""
    lines, width = [""] if text else [], 0.0
    for letter in text:
        step = 0.55 if letter.isascii() else 1.0
        if width + step > _FOOTER_LINE and letter not in _HANGING:
            lines.append("")
            width = 0.0
        lines[-1] += letter
        width += step
    return lines


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


def _axes(chart: Chart, longest: float) -> dict[str, Any]:
    # Room for the number behind the longest bar.
    values = {"visible": False, "fixedrange": True, "range": [0, longest * 1.2 if longest > 0 else 1]}
    places = {"fixedrange": True, "automargin": True, "showgrid": False, "ticks": "", "type": "category"}
    if chart.horizontal:
        return {"xaxis": values, "yaxis": {**places, "autorange": "reversed", "ticksuffix": " "}}
    return {"xaxis": places, "yaxis": values}


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


def _footer(lines: list[str], band: int) -> dict[str, Any]:
    return {
        "text": "<br>".join(_text(line) for line in lines),
        "align": "left",
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
