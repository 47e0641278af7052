"""「加入汇报」 for pages with a map: layers, colours, filter, view and selection, as the address has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from pingchang_geo.access import Right
from pingchang_geo.briefing import SceneMap
from pingchang_geo.classify import Method
from pingchang_geo.ui import permission
from pingchang_geo.ui.briefing.capture import capture_box
from pingchang_geo.ui.map_panel import shown_now
from pingchang_geo.ui.registry import PageEntry
from pingchang_geo.ui.state import PageState, Scope, decode
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.briefings.capturing import scene_map


def page_capture(
    page: PageEntry, found: Atlas, scope: Scope, state: PageState, *, theme: str | None = None, left_out: str = ""
) -> Callable[[], None] | None:
    """What draws the pop-over in the status line; None for readers without the right.

    Args:
        page: the page.
        found: its layers.
        scope: what it offers.
        state: what the reader has chosen.
        theme: what colours the layer in focus where the page decides that itself; the layer is ``state.focus``.
        left_out: what of the page no scene can hold, in words.
    """
    if not permission.may(Right.UPDATE):
        return None
    words = [left_out] if left_out else []
    words += ["对比图不随场景保存。"] if state.compare else []
    words += ["分级方法不随场景保存，场景用整数分级。"] if state.method is not Method.ROUND else []

    def map_now(versions: bool) -> SceneMap:
        params = st.query_params.to_dict()
        now = decode(params, scope)[0]
        if theme is not None:
            now = replace(now, focus=state.focus, theme=theme)
        # The map keeps its view and its switched layers in the address while the reader moves it.
        return scene_map(found, shown_now(scope, now), params.get("view", ""), now.selected, versions=versions)

    return lambda: capture_box(page, map_now, left_out="".join(words))
