"""总览: every layer on one map, the report's main figures above it."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pingchang_geo import layers
from pingchang_geo.ui import data as shared
from pingchang_geo.ui import kpis
from pingchang_geo.ui.context import Context
from pingchang_geo.ui.frame import guarded
from pingchang_geo.ui.map_page import map_page
from pingchang_geo.ui.registry import page_of
from pingchang_geo.ui.state import Scope
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
#: The computed figure: the carbon of the layer in focus, or else the number of its features.
_STOCKS: Final = ("stock_tc", "forest_stock_tc")
_COUNT: Final = ""


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
    """Headline figures of the report, and the stock of the layer in focus under its filter."""
    own = {card.field: card for card in kpis.computed(ctx.atlas, ctx.view, ctx.state.units, ctx.mark)}
    field = next((name for name in _STOCKS if name in own), _COUNT)
    return [*kpis.reported(_HEADLINES), own[field]]
