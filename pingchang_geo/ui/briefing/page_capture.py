"""「加入汇报」 for pages whose map is their address: layers, colours, filter, view and the selected feature."""

from __future__ import annotations

import streamlit as st

from pingchang_geo.briefing import SceneMap
from pingchang_geo.classify import Method
from pingchang_geo.ui.briefing.capture import capture_box
from pingchang_geo.ui.context import Context
from pingchang_geo.ui.map_panel import shown_now
from pingchang_geo.ui.state import PageState, Scope, decode
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.briefings.capturing import scene_map


def page_capture(ctx: Context, *, left_out: str = "") -> None:
    """The pop-over of a map page; ``left_out`` says what of the page no scene can hold."""
    words = [left_out] if left_out else []
    words += ["对比图不随场景保存。"] if ctx.state.compare else []
    words += ["分级方法不随场景保存，场景用整数分级。"] if ctx.state.method is not Method.ROUND else []
    capture_box(ctx.page, lambda versions: map_now(ctx.atlas, ctx.scope, versions), left_out="".join(words))


def map_now(found: Atlas, scope: Scope, versions: bool) -> SceneMap:
    """The map of a scene from the present address, which the map itself keeps up to date while it is moved."""
    params = st.query_params.to_dict()
    state: PageState = decode(params, scope)[0]
    return scene_map(found, shown_now(scope, state), params.get("view", ""), state.selected, versions=versions)
