"""「图片」 and 「加入汇报」 for pages with a map: layers, colours, filter, view and selection, as in the address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from pingchang_geo.access import Right
from pingchang_geo.briefing import SceneMap
from pingchang_geo.classify import Method
from pingchang_geo.ui import permission
from pingchang_geo.ui.briefing.capture import capture_box
from pingchang_geo.ui.briefing.map_picture import map_picture
from pingchang_geo.ui.map_panel import shown_now
from pingchang_geo.ui.registry import PageEntry
from pingchang_geo.ui.state import PageState, Scope, decode
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.briefings.capturing import scene_map


def page_capture(
    page: PageEntry, found: Atlas, scope: Scope, state: PageState, *, theme: str | None = None, left_out: str = ""
) -> Callable[[], None]:
    """What draws the pop-overs in the status line: 「图片」 for every reader, 「加入汇报」 for those with the right.

    Args:
        page: the page.
        found: its layers.
        scope: what it offers.
        state: what the reader has chosen.
        theme: what colours the layer in focus where the page decides that itself; the layer is ``state.focus``.
        left_out: what of the page neither a scene nor a picture can hold, in words.
    """
    words = [left_out] if left_out else []
    words += ["不含对比图，只含主图。"] if state.compare else []
    words += ["按整数分级，不随所选的分级方法。"] if state.method is not Method.ROUND else []

    def map_now(versions: bool) -> SceneMap:
        params = st.query_params.to_dict()
        now = decode(params, scope)[0]
        if theme is not None:
            now = replace(now, focus=state.focus, theme=theme)
        # The map keeps its view and its switched layers in the address while the reader moves it.
        return scene_map(found, shown_now(scope, now), params.get("view", ""), now.selected, versions=versions)

    def draw() -> None:
        map_picture(page, found, lambda: map_now(False), state.units, left_out="".join(words))
        if permission.may(Right.UPDATE):
            capture_box(page, map_now, left_out="".join(words))

    return draw
