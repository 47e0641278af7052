"""Charts from frames: one declared chart → bars under a filter → a plotly figure."""

from pingchang_geo.charts.bars import MOST_BARS, Bars, aggregate, toggled
from pingchang_geo.charts.canvas import config
from pingchang_geo.charts.figure import alt, figure
from pingchang_geo.charts.plain import PlainBar, plain_alt, plain_figure

__all__ = [
    "MOST_BARS",
    "Bars",
    "PlainBar",
    "aggregate",
    "alt",
    "config",
    "figure",
    "plain_alt",
    "plain_figure",
    "toggled",
]
