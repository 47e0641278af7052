"""Bars of a short list of figures: methods side by side, benchmarks, shares of the uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from pingchang_geo import units
from pingchang_geo.charts import canvas
from pingchang_geo.layers import palette

_BAR_PX, _FRAME_PX = 26, 64
#: Letters behind a bar that the axis always has room for.
_SHORT_TEXT = 5


@dataclass(frozen=True)
class PlainBar:
    """One lying bar; ``text`` stands behind it, ``low`` and ``high`` draw a whisker."""

    name: str
    value: float
    text: str = ""
    color: str = palette.ACCENT
    low: float | None = None
    high: float | None = None

    @property
    def label(self) -> str:
        """What stands behind the bar."""
        return self.text or units.format_number(self.value, significant=3)

    @property
    def end(self) -> float:
        """The farthest point drawn."""
        return max(self.value, self.high or self.value)


def plain_figure(title: str, unit: str, bars: Sequence[PlainBar], *, mark: str = "", footer: str = "") -> go.Figure:
    """Lying bars in the order given, largest text last; ``mark`` and ``footer`` as in every chart."""
    lines = canvas.wrapped(footer)
    height = _FRAME_PX + _BAR_PX * len(bars)
    band, tall = canvas.frame(lines, mark, base=canvas.BASE_PX, height=height)
    layout = canvas.layout(title, unit, band, tall)
    layout |= canvas.axes(_room(bars) * max((bar.end for bar in bars), default=0.0), horizontal=True)
    layout["annotations"] = canvas.inscriptions(lines, mark, base=canvas.BASE_PX, band=band)
    names = [canvas.text_of(bar.name) for bar in bars]
    trace = {
        "type": "bar",
        "x": [bar.value for bar in bars],
        "y": names,
        "orientation": "h",
        "marker": {"color": [bar.color for bar in bars], "line": {"width": 0}},
        "text": [canvas.text_of(bar.label) for bar in bars],
        "textposition": "outside",
        "textfont": {"size": 11, "color": palette.INK},
        "cliponaxis": False,
        "showlegend": False,
        "hovertemplate": "%{y}<br>%{text}<extra></extra>",
    }
    if any(bar.low is not None and bar.high is not None for bar in bars):
        trace["error_x"] = _whiskers(bars)
        # Behind the bar's end the text would lie on the whisker.
        trace |= {"textposition": "inside", "insidetextanchor": "start", "textfont": {"size": 11, "color": "#FFFFFF"}}
    return go.Figure([trace], layout)


def _room(bars: Sequence[PlainBar]) -> float:
    """How much longer the axis is than usual, so that a long text behind the longest bar is not cut off on a phone."""
    longest = max((len(bar.label) for bar in bars), default=0)
    return 1 + max(0, longest - _SHORT_TEXT) * 0.05


def plain_alt(title: str, bars: Sequence[PlainBar]) -> str:
    """Description for screen readers: the title and every bar."""
    return f"柱状图，{title}：" + "，".join(f"{bar.name} {bar.label}" for bar in bars)


def _whiskers(bars: Sequence[PlainBar]) -> dict[str, object]:
    return {
        "type": "data",
        "symmetric": False,
        "array": [(bar.high - bar.value) if bar.high is not None else 0.0 for bar in bars],
        "arrayminus": [(bar.value - bar.low) if bar.low is not None else 0.0 for bar in bars],
        "color": palette.INK,
        "thickness": 1.2,
        "width": 5,
    }
