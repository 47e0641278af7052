"""What every chart stands on: fonts and colours, title and axes, the mark and the footer inside the picture."""

from __future__ import annotations

import html
import re
from typing import Any, Final

from pingchang_geo.layers import palette

FONT: Final = "PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif"
#: Width of a footer line in ideographs, what a phone has room for; and its height.
_FOOTER_LINE, _LINE_PX = 24.0, 13
#: Room below lying bars.
BASE_PX: Final = 24
#: Between the mark and the footer.
_GAP_PX: Final = 7
#: No line starts with these; they hang over the end of the line before.
_HANGING: Final = "：，、；）。"
#: What stays together: a word, a number, a date, no longer than half a line; else a letter.
_PIECE: Final = re.compile(r"[0-9A-Za-z.%-]{1,20}|.", re.DOTALL)
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


def config(file_name: str) -> dict[str, Any]:
    """Plotly configuration: only the camera, in Chinese, with a speaking file name."""
    return {**CONFIG, "toImageButtonOptions": {"format": "png", "scale": 2, "filename": file_name}}


def frame(lines: list[str], mark: str, *, base: int, height: int) -> tuple[int, int]:
    """Band below the plot and height of the whole figure, in pixels, with room for footer and mark.

    The mark has a line of its own: on a phone the footer would run under it.
    """
    below = _LINE_PX * len(lines) + _GAP_PX if mark and lines else _LINE_PX * max(0, len(lines) - 1)
    return base + below, height + below


def inscriptions(lines: list[str], mark: str, *, base: int, band: int) -> list[dict[str, Any]]:
    """The mark at the right of the base line, the footer at the bottom."""
    found = [_mark(mark, base)] if mark else []
    return [*found, _footer(lines, band)] if lines else found


def wrapped(text: str) -> list[str]:
    """Lines no wider than :data:`_FOOTER_LINE`, dates and words whole; Latin letters and digits are about half an
    ideograph wide."""
    lines, width = [""] if text else [], 0.0
    for piece in _PIECE.findall(text):
        step = sum(0.55 if letter.isascii() else 1.0 for letter in piece)
        if width + step > _FOOTER_LINE and piece not in _HANGING:
            lines.append("")
            width = 0.0
        if lines[-1] or not piece.isspace():
            lines[-1] += piece
            width += step
    return lines


def text_of(value: str) -> str:
    """Names come from files; plotly would read tags in them."""
    return html.escape(value, quote=False)


def layout(title: str, label: str, band: int, height: int) -> dict[str, Any]:
    """Title with its unit, margins, fonts, no dragging."""
    return {
        "title": {
            "text": f"<b>{text_of(title)}</b>（{label}）",
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


def axes(longest: float, *, horizontal: bool) -> dict[str, Any]:
    """Axes of bars up to ``longest``, with room for the number behind the longest bar."""
    values = {"visible": False, "fixedrange": True, "range": [0, longest * 1.2 if longest > 0 else 1]}
    places = {"fixedrange": True, "automargin": True, "showgrid": False, "ticks": "", "type": "category"}
    if horizontal:
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
        "text": "<br>".join(text_of(line) for line in lines),
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
