"""Bars of an overlay or a ready result; choosing a zone's bar selects it on the map."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np
import pandas as pd
import streamlit as st

from pingchang_geo import charts, units
from pingchang_geo.layers import joined, protected
from pingchang_geo.specs import Chart, LayerSpec
from pingchang_geo.ui import totals
from pingchang_geo.ui.asked import later
from pingchang_geo.ui.overlay.context import OverlayContext
from pingchang_geo.ui.toolbar import short
from pingchang_geo.workflow.atlas import LayerData
from pingchang_geo.workflow.overlays import Combined, Ready, tables

_BAR_PX, _FRAME_PX = 19, 66


def overlay_charts(ctx: OverlayContext, found: Combined) -> None:
    """The chosen quantity by zone and by category of the counted layer."""
    left, right, by = found.left.spec, found.right.spec, ctx.choice.by
    measures = {field.name: field for field in tables.measures(found.left)}
    measure = measures[ctx.choice.measure]
    what = short(measure.label)
    behind = (left.id, right.id)
    zones = Chart("zones", f"各{right.noun}范围内{what}", by="name", measure=measure.name)
    _bars(ctx, tables.table_spec(found), zones, found.features, behind, selecting=ctx.selectable)
    if by:
        label = short(tables.group_label(found.left, by))
        groups = Chart("groups", f"范围内各{label}{what}", by="group", measure=tables.in_groups(measure.name))
        _bars(ctx, tables.category_spec(found, by), groups, _categorical(found, by), behind)


def ready_chart(ctx: OverlayContext, found: Ready) -> None:
    """The chosen quantity of a ready result, row by row, and how near zones lie to what is protected."""
    measure = next(field for field in found.measures if field.name == ctx.choice.measure)
    _bars(ctx, found.spec, found.chart(measure), found.frame, found.behind, selecting=ctx.selectable)
    for layer in protected():
        if found.zone is not None and joined.distance_field(layer) in found.frame:
            _distances(ctx, found, found.zone, layer)


def _distances(ctx: OverlayContext, found: Ready, zones: LayerData, layer: LayerSpec) -> None:
    """The zones nearest to a protected layer, nearest first."""
    distance_m = totals.column(zones, joined.distance_field(layer))
    order = [int(row) for row in np.argsort(distance_m, kind="stable") if not np.isnan(distance_m[row])]
    if not order:
        return
    bars = [
        charts.PlainBar(
            str(zones.titles[row]),
            float(distance_m[row]),
            units.format_number(float(distance_m[row]), 0) if distance_m[row] else "相交",
            layer.style.color,
        )
        for row in order[: charts.MOST_BARS]
    ]
    title = f"距{layer.title}" + (f"最近的 {len(bars)} 个" if len(order) > len(bars) else "")
    behind = (zones.spec.id, layer.id)
    st.plotly_chart(
        charts.plain_figure(title, "m", bars, mark=ctx.mark(behind), footer=ctx.versions(behind)),
        key=f"chart-{ctx.page.path}-distance-{found.id}-{layer.id}",
        theme=None,
        config=charts.config(f"平昌县_{found.title}_{title}_{date.today():%Y%m%d}"),
        alt=charts.plain_alt(title, bars),
    )


def _categorical(found: Combined, by: str) -> pd.DataFrame:
    """The table by category with its order kept: bars of equal length stay where the table has them."""
    table = found.by_category(by)
    return table.assign(group=pd.Categorical(table["group"], categories=table["group"].tolist()))


def _bars(
    ctx: OverlayContext,
    spec: LayerSpec,
    chart: Chart,
    frame: pd.DataFrame,
    behind: Iterable[str],
    *,
    selecting: bool = False,
) -> None:
    bars = charts.aggregate(spec, chart, frame)
    if not len(bars.names):
        return
    ids = list(behind)
    drawn = charts.figure(
        spec,
        chart,
        bars,
        ctx.units,
        mark=ctx.mark(ids),
        footer=ctx.versions(ids),
        height=_FRAME_PX + _BAR_PX * max(3, len(bars.names)),
    )
    turn_key = f"turn-{chart.id}"
    key = f"chart-{ctx.page.path}-{chart.id}-{st.session_state.get(turn_key, 0)}"

    def chosen() -> None:
        # A new key each time: the browser forgets its own selection, the map alone says what is selected.
        st.session_state[turn_key] = st.session_state.get(turn_key, 0) + 1
        points = st.session_state[key].selection.points
        rows = [bars.rows[point["point_index"]] for point in points]
        if rows and rows[0] >= 0:
            ctx.select(rows[0])

    st.plotly_chart(
        drawn,
        key=key,
        theme=None,
        config=charts.config(f"平昌县_{chart.title}_{date.today():%Y%m%d}"),
        on_select=later(chosen) if selecting else "ignore",
        selection_mode="points",
        alt=charts.alt(spec, chart, bars, ctx.units),
    )
