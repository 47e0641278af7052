"""总览: every layer on one map, the report's main figures above it."""

from __future__ import annotations

from functools import partial
from typing import Final

import streamlit as st

from pingchang_geo import layers
from pingchang_geo.filters import Filter
from pingchang_geo.specs import LayerSpec
from pingchang_geo.ui import data as shared
from pingchang_geo.ui import kpis
from pingchang_geo.ui.context import Context
from pingchang_geo.ui.frame import guarded
from pingchang_geo.ui.map_page import map_page
from pingchang_geo.ui.registry import page_of
from pingchang_geo.ui.state import Scope, View
from pingchang_geo.ui.status_line import status_line

#: Figures of the report on the strip; the rest stand on the page 指标与出处.
_HEADLINES: Final = (
    "redline_area_km2",
    "forest_cover_pct",
    "forest_land_area_wanmu",
    "new_forest_removal_wt_a",
    "managed_forest_removal_wt_a",
    "scenic_4a_count",
)
_COMPUTED: Final = "stock_tc"


def overview_page() -> None:
    """The page with all layers."""
    page = page_of("overview")
    with guarded():
        found = shared.atlas()
        here = shared.data_layers(found)
        if not here:
            status_line(page, [], None, None)
            st.info(
                "还没有任何图层数据。请运行 `make run` 载入参考图层，或用 `python -m pingchang_geo publish` 发布数据。",
                icon=":material/layers_clear:",
            )
            return
        carbon = [spec.id for spec in layers.carbon_bearing() if spec.id in here]
        focus = carbon[0] if carbon else next(iter(here))
        map_page(page, found, Scope(here, focus, frozenset(here), focus_free=True), _cards)


def _cards(ctx: Context) -> list[kpis.Card]:
    """Headline figures of the report, and the computed stock of the carbon-bearing layer."""
    found = kpis.reported(_HEADLINES)
    for spec in layers.carbon_bearing():
        if spec.id in ctx.scope.layers:
            data = ctx.scope.layers[spec.id]
            whole = ctx.view if spec.id == ctx.state.focus else View.of(data, Filter())
            found += [
                card
                for card in kpis.computed(whole, ctx.state.units, partial(_mark, ctx, spec))
                if card.label == _stock_label(spec)
            ]
    return found


def _mark(ctx: Context, spec: LayerSpec, name: str) -> str:
    return shared.mark(ctx.atlas, spec, [name])


def _stock_label(spec: LayerSpec) -> str:
    return spec.field(_COMPUTED).label
