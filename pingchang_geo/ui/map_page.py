"""The one template of the map pages: status line, KPI strip, map beside charts, folded table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from pingchang_geo import layers
from pingchang_geo.specs import LayerSpec
from pingchang_geo.ui import data as shared
from pingchang_geo.ui import first_paint, kpis
from pingchang_geo.ui.briefing.page_capture import page_capture
from pingchang_geo.ui.chart_panel import chart_panel
from pingchang_geo.ui.context import Context
from pingchang_geo.ui.details import details
from pingchang_geo.ui.filters_panel import chips
from pingchang_geo.ui.frame import footer, guarded
from pingchang_geo.ui.map_panel import map_panel
from pingchang_geo.ui.registry import PageEntry, page_of
from pingchang_geo.ui.state import Scope, View, change, read
from pingchang_geo.ui.status_line import status_line
from pingchang_geo.ui.table_panel import table_panel
from pingchang_geo.ui.toolbar import toolbar
from pingchang_geo.workflow.atlas import Atlas

#: Map and side column (DESIGN §7: the map about 62 % wide).
_COLUMNS = (62, 38)

#: Cards of the strip for a page.
Strip = Callable[[Context], Sequence[kpis.Card]]


def layer_page(path: str) -> None:
    """The page of one layer, derived from its declaration."""
    page = page_of(path)
    with guarded():
        found = shared.atlas()
        if page.layer not in found:
            _unpublished(page)
            return
        here = shared.data_layers(found)
        shown = frozenset({page.layer, *_beneath(found[page.layer].spec)})
        map_page(page, found, Scope(here, page.layer, shown), _layer_cards)


def map_page(page: PageEntry, found: Atlas, scope: Scope, strip: Strip) -> None:
    """A page with a map, whatever its layers."""
    state = read(scope)
    view = View.of(scope.layers[state.focus], state.chosen)
    ctx = Context(page, found, scope, state, view)
    top = st.container()
    left, right = st.columns(_COLUMNS, gap="small")
    controls = left.container()
    with left:
        # First of all, so that the map recolours while the rest of the page is still being made.
        map_panel(ctx)
    with top:
        badges = [scope.layers[i] for i in scope.layers if i in state.shown or i == state.focus]
        capture = page_capture(page, found, scope, state)
        status_line(page, badges, state.units, lambda units: change(scope, units=units), more=capture)
        kpis.cards(strip(ctx), key="kpi")
    with controls:
        toolbar(ctx)
        chips(ctx)
    with right:
        details(ctx)
        _empty_notice(ctx)
        if not first_paint.over():
            first_paint.wait()
            return
        chart_panel(ctx)
    table_panel(ctx)
    _reported(ctx)
    footer()


def _beneath(spec: LayerSpec) -> tuple[str, ...]:
    """Points need something to stand on: carbon-bearing layers lie beneath zones that may be mere points."""
    if spec.zone is None or "Point" not in spec.geometry:
        return ()
    return tuple(layer.id for layer in layers.carbon_bearing())


def _layer_cards(ctx: Context) -> list[kpis.Card]:
    return kpis.computed(ctx.atlas, ctx.view, ctx.state.units, ctx.mark)


def _empty_notice(ctx: Context) -> None:
    keep = ctx.view.keep()
    if keep is not None and not keep.any():
        st.info(
            f"没有符合筛选条件的{ctx.data.spec.noun}。请放宽或清除上方的筛选条件。", icon=":material/filter_list_off:"
        )


def _reported(ctx: Context) -> None:
    """The report's own figures on this layer, folded, each with its quotation."""
    ids = ctx.data.spec.indicators
    if not ids:
        return
    with st.expander(f"报告数据与出处（{len(ids)} 项）", icon=":material/format_quote:"):
        for card in kpis.reported(ids):
            st.markdown(f"**{card.label}**　{card.value}")
            st.markdown(card.source)


def _unpublished(page: PageEntry) -> None:
    title = layers.get(page.layer).title
    status_line(page, [], None, None)
    st.info(
        f"图层「{title}」还没有发布数据。请由技术员用命令 `python -m pingchang_geo publish 文件 --layer {page.layer}` "
        "发布后刷新本页。",
        icon=":material/layers_clear:",
    )
