"""Charts from frames: one declared chart → bars under a filter → a plotly figure."""

from pingchang_geo.charts.bars import MOST_BARS, Bars, aggregate, toggled
from pingchang_geo.charts.figure import alt, config, figure

__all__ = ["MOST_BARS", "Bars", "aggregate", "alt", "config", "figure", "toggled"]
