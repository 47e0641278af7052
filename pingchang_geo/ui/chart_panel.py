"""The charts of a layer: choosing bars sets the filter, and the filter draws the bars."""

from __future__ import annotations

from datetime import date

import streamlit as st

from pingchang_geo import charts
from pingchang_geo.charts.bars import MISSING_LABEL
from pingchang_geo.specs import Chart
from pingchang_geo.ui.asked import later
from pingchang_geo.ui.context import Context
from pingchang_geo.ui.kpis import points_hint
from pingchang_geo.ui.selection import select
from pingchang_geo.ui.state import set_clause
from pingchang_geo.ui.text import filter_words

_BAR_PX, _FRAME_PX, _STANDING_PX = 19, 66, 210


def chart_panel(ctx: Context) -> None:
    """Every declared chart that this version can fill."""
    frame = ctx.data.frame
    for chart in ctx.data.spec.charts:
        if chart.by in frame.columns and (not chart.measure or chart.measure in frame.columns):
            _chart(ctx, chart)


def _chart(ctx: Context, chart: Chart) -> None:
    spec, state, view, page = ctx.data.spec, ctx.state, ctx.view, ctx.page.path
    bars = charts.aggregate(spec, chart, view.data.frame, view.keep(without=chart.by), view.clause(chart.by))
    if not len(bars.names):
        return
    wanting = _wanting(ctx, chart, bars)
    if wanting:
        st.caption(f"**{chart.title}**：{wanting}")
        return
    columns = (chart.by, chart.measure)
    sources = ctx.sources(*columns)
    versions = "、".join(f"{source.title}{source.version}（{source.provenance.kind.label}）" for source in sources)
    points = points_hint(ctx.data, *columns)
    footer = " · ".join(filter(None, (versions, points, f"{date.today():%Y-%m-%d}")))
    words = filter_words(spec, state.chosen, state.units)
    height = _FRAME_PX + _BAR_PX * max(3, len(bars.names)) if chart.horizontal else _STANDING_PX
    drawn = charts.figure(
        spec,
        chart,
        bars,
        state.units,
        mark=ctx.mark(*columns),
        footer=f"{footer} · 筛选：{words}" if words else footer,
        height=height,
    )
    turn_key = f"turn-{page}-{chart.id}"
    key = f"chart-{page}-{chart.id}-{st.session_state.get(turn_key, 0)}"
    choosable = any(bars.clauses) or any(row >= 0 for row in bars.rows)

    def chosen() -> None:
        # A new key each time: the browser forgets its own selection, the filter alone says what is chosen.
        st.session_state[turn_key] = st.session_state.get(turn_key, 0) + 1
        points = st.session_state[key].selection.points
        _choose(ctx, chart, bars, sorted({point["point_index"] for point in points}))

    st.plotly_chart(
        drawn,
        key=key,
        theme=None,
        config=charts.config(f"平昌县_{chart.title}_{date.today():%Y%m%d}"),
        on_select=later(chosen) if choosable else "ignore",
        selection_mode="points",
        alt=charts.alt(spec, chart, bars, state.units),
    )


def _wanting(ctx: Context, chart: Chart, bars: charts.Bars) -> str:
    """Why there is nothing to draw: a field that no feature of this version fills; else nothing."""
    spec, frame = ctx.data.spec, ctx.data.frame
    if tuple(bars.names) == (MISSING_LABEL,):
        field = chart.by
    elif chart.measure and not frame[chart.measure].notna().any():
        field = chart.measure
    else:
        return ""
    return f"{ctx.data.version.label}的「{spec.field(field).label}」全部为空，无法成图。"


def _choose(ctx: Context, chart: Chart, bars: charts.Bars, picked: list[int]) -> None:
    clause = ctx.view.clause(chart.by)
    before = clause
    for index in picked:
        if bars.clauses[index] is not None:
            clause = charts.toggled(clause, bars.clauses[index])
        elif bars.rows[index] >= 0:
            select(ctx, bars.rows[index])
    if clause != before:
        set_clause(ctx.scope, chart.by, clause)
