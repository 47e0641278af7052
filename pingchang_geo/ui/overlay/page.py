"""叠加分析: two layers and a buffer, or a ready result, as map, figures, charts, tables and files."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pingchang_geo.errors import OverlayError
from pingchang_geo.ui import data as shared
from pingchang_geo.ui import first_paint, kpis
from pingchang_geo.ui.asked import later
from pingchang_geo.ui.briefing.page_capture import page_capture
from pingchang_geo.ui.details import details
from pingchang_geo.ui.frame import footer, guarded
from pingchang_geo.ui.map_panel import Event, board
from pingchang_geo.ui.overlay import state as overlay_state
from pingchang_geo.ui.overlay.cards import overlay_cards, ready_cards
from pingchang_geo.ui.overlay.charts import overlay_charts, ready_chart
from pingchang_geo.ui.overlay.context import OverlayContext, combined, ready_results
from pingchang_geo.ui.overlay.controls import chart_controls, controls
from pingchang_geo.ui.overlay.map import overlay_state as map_of_overlay
from pingchang_geo.ui.overlay.map import ready_state as map_of_ready
from pingchang_geo.ui.overlay.map import shown_by
from pingchang_geo.ui.overlay.results import category_table, method_lines, zone_table
from pingchang_geo.ui.overlay.results import ready_results as ready_tables
from pingchang_geo.ui.overlay.state import Choice, Offer
from pingchang_geo.ui.registry import page_of
from pingchang_geo.ui.state import Scope, change, read
from pingchang_geo.ui.status_line import status_line
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.overlays import POLYGON, Combined, Ready, tables

#: Map and side column (DESIGN §7).
_COLUMNS: Final = (62, 38)
_NOT_IN_SCENES: Final = "场景和图片不含叠加范围和突出显示，只含图层本身；叠加结果可在图表与指标卡中选用。"


def overlay_page() -> None:
    """The page."""
    page = page_of("overlay")
    with guarded():
        found = shared.atlas()
        offer = _offer(found)
        if len({*offer.lefts, *offer.rights}) < 2 or not shared.data_layers(found):
            status_line(page, [], None, None)
            st.info("叠加分析需要至少两个已发布的图层。请先发布图层数据。", icon=":material/layers_clear:")
            return
        _page(found, offer)


def _page(found: Atlas, offer: Offer) -> None:
    page = page_of("overlay")
    every = ready_results(found.id, found)
    choice = overlay_state.read(offer)
    result = next((one for one in every if one.id == choice.ready), None)
    ctx = _context(found, offer, choice, result)
    overlay, refused = _combined(found, choice) if result is None else (None, None)
    top = st.container()
    left, right = st.columns(_COLUMNS, gap="small")
    line = left.container()

    def happened(event: Event) -> None:
        if feature := event.feature(ctx.scope):
            change(ctx.scope, selected=feature)

    with left:
        state = map_of_ready(ctx, result) if result is not None else map_of_overlay(ctx, overlay)
        board(page.path, found, tuple(ctx.scope.layers), state, happened)
    with top:
        behind = result.behind if result is not None else (choice.left, choice.right)
        seen = shown_by(ctx, *(result.colour if result is not None else (choice.left, choice.by)))
        status_line(
            page,
            [found[layer] for layer in behind],
            ctx.units,
            lambda units: change(ctx.scope, units=units),
            more=page_capture(page, found, ctx.scope, seen, theme=seen.theme, left_out=_NOT_IN_SCENES),
        )
        _cards(ctx, result, overlay)
    with line:
        titles = {layer: data.spec.title for layer, data in found.layers.items()}
        controls(choice, offer, titles, {one.id: one.title for one in every})
    with right:
        if refused is not None:
            st.warning(f"**{refused.message}**\n\n{refused.fix}", icon=":material/layers_clear:")
        view = ctx.map_context()
        if view is not None:
            details(view)
        if not first_paint.over():
            first_paint.wait()
            return
        _side(ctx, result, overlay)
    if result is not None:
        ready_tables(ctx, result, every)
    elif overlay is not None:
        with left:
            zone_table(ctx, overlay)
        with right:
            category_table(ctx, overlay)
        method_lines(overlay)
    footer()


def _cards(ctx: OverlayContext, result: Ready | None, overlay: Combined | None) -> None:
    if result is not None:
        kpis.cards(ready_cards(ctx, result), key="kpi")
    elif overlay is not None:
        kpis.cards(overlay_cards(ctx, overlay), key="kpi")


def _side(ctx: OverlayContext, result: Ready | None, overlay: Combined | None) -> None:
    if result is not None:
        chart_controls(ctx.choice, ctx.offer, result.measures, ())
        ready_chart(ctx, result)
        _in_detail(ctx, result)
    elif overlay is not None:
        _hints(overlay)
        if not overlay.totals.count:
            return
        chart_controls(ctx.choice, ctx.offer, tables.measures(overlay.left), tables.groupings(overlay.left))
        overlay_charts(ctx, overlay)


def _in_detail(ctx: OverlayContext, result: Ready) -> None:
    """From a ready result to the same two layers, where species and any other category can be looked at."""
    if result.layers is None:
        return
    left, right = result.layers
    st.button(
        f"在自选图层中细分（{ctx.atlas[left].spec.title} × {ctx.atlas[right].spec.title}）",
        key="overlay_detail",
        icon=":material/join_inner:",
        type="tertiary",
        on_click=later(overlay_state.change),
        args=(ctx.offer,),
        kwargs={"ready": "", "left": left, "right": right},
    )


def _hints(found: Combined) -> None:
    """Nothing found, or zones without area: what to do."""
    left, right = found.left.spec, found.right.spec
    if not found.totals.count:
        near = found.features["nearest_m"].min() if "nearest_m" in found.features else float("nan")
        nearest = f"最近的{left.noun}距离 {near:,.0f} m。" if near == near else ""  # noqa: PLR0124  NaN is not itself
        st.info(f"范围内没有{left.noun}。{nearest}请加大周边距离，或另选图层。", icon=":material/search_off:")
    elif found.features["zone_area_ha"].isna().any() and POLYGON in found.dimensions:
        st.info(
            f"「{right.title}」中的点和线没有面积，只统计与之相交的{left.noun}个数。选择周边距离后，再按面积统计。",
            icon=":material/straighten:",
        )


def _combined(found: Atlas, choice: Choice) -> tuple[Combined | None, OverlayError | None]:
    try:
        return combined((found.id, choice.left, choice.right, choice.buffer_m), found), None
    except OverlayError as error:
        return None, error


def _context(found: Atlas, offer: Offer, choice: Choice, result: Ready | None) -> OverlayContext:
    here = shared.data_layers(found)
    behind = result.behind if result is not None else (choice.left, choice.right)
    focus = next((layer for layer in behind if layer in here), next(iter(here)))
    scope = Scope(here, focus, frozenset(behind), extra=overlay_state.PARAMETERS, fixed=True)
    zones = result.zone if result is not None else found[choice.right]
    return OverlayContext(page_of("overlay"), found, scope, read(scope), offer, choice, zones)


def _offer(found: Atlas) -> Offer:
    """Layers with features: what is counted begins with what bears carbon, what gives zones with the zone layers."""
    filled = [data for data in found.layers.values() if len(data.frame)]
    lefts = sorted(filled, key=lambda data: (data.spec.carbon is None, data.spec.base_map))
    rights = sorted(filled, key=lambda data: (data.spec.zone is None, data.spec.base_map))
    ready = {one.id: tuple(f.name for f in one.measures) for one in ready_results(found.id, found)}
    return Offer(
        lefts=tuple(data.spec.id for data in lefts),
        rights=tuple(data.spec.id for data in rights),
        groupings={d.spec.id: tuple(f.name for f in tables.groupings(d)) for d in lefts},
        measures={d.spec.id: tuple(f.name for f in tables.measures(d)) for d in lefts},
        ready=ready,
    )
