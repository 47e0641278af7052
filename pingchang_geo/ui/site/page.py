"""选址核查: does this project touch the red line, and how much carbon is at stake?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import streamlit as st

from pingchang_geo import layers
from pingchang_geo.ui import data as shared
from pingchang_geo.ui.briefing.page_capture import page_capture
from pingchang_geo.ui.frame import footer, guarded
from pingchang_geo.ui.map_panel import DRAWN, board, last_event
from pingchang_geo.ui.registry import page_of
from pingchang_geo.ui.site import answer as site_answer
from pingchang_geo.ui.site import input as site_input
from pingchang_geo.ui.site import map as site_map
from pingchang_geo.ui.site import state as site_state
from pingchang_geo.ui.site.state import Desk, Entry
from pingchang_geo.ui.state import Scope, change, read
from pingchang_geo.ui.status_line import status_line
from pingchang_geo.units import UnitChoice
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.site import SiteCheck, check_site
from pingchang_geo.workflow.site.answer import DESK_CHECK

#: Map and answer.
_COLUMNS: Final = (60, 40)
_UNSHARED: Final = "用地范围点数过多，地址放不下：链接只在本机当前会话有效，转给他人请附上边界文件。"
_NOT_IN_SCENES: Final = "场景和图片不含用地范围和核查结论，请在正文中写明，或另附核查报告。"
_WELCOME: Final = """
##### 项目用地是否触碰生态保护红线，涉及多少碳储量

用地图上方的三种方式之一给出范围，立即得到结论：

1. **在图上绘制**：点地图上的「绘制范围」，依次单击边界各点，双击结束
2. **粘贴坐标**：界址点经纬度、CGCS2000 坐标或勘测定界文本
3. **上传文件**：Shapefile、GeoPackage、GeoJSON、KML 或坐标文本

没有边界时，点「示例」先看一个结果。

结果包括：是否触碰及重叠面积或距离、涉及小班与树种、碳储量及 95 % 区间、年固碳量损失、周边景区园区。
核查报告（Word、PDF）和表格可下载。
"""


def site_page() -> None:
    """The page: ways in and map on the left, the answer on the right, tables below."""
    page = page_of("site")
    with guarded():
        found = shared.atlas()
        here = shared.data_layers(found)
        if not here:
            status_line(page, [], None, None)
            st.info("还没有任何图层数据，无法核查。请先发布生态保护红线与森林小班。", icon=":material/layers_clear:")
            return
        carbon = [spec.id for spec in layers.carbon_bearing() if spec.id in here]
        own = frozenset({site_state.SITE, site_state.NAME})
        focus = carbon[0] if carbon else next(iter(here))
        _page(found, Scope(here, focus, frozenset(here), extra=own, fixed=True))


def _page(found: Atlas, scope: Scope) -> None:
    page = page_of("site")
    county = site_state.county_of(found)
    desk = site_state.desk()
    desk.settle(county)
    _map_said(found, scope, desk, county)
    entry = desk.entry
    state = read(scope)
    check = _checked(found, desk) if entry is not None and entry.settled else None
    top = st.container()
    left, right = st.columns(_COLUMNS, gap="small")
    controls = left.container()
    with left:
        draw = site_input.way() is site_input.Way.DRAW
        shown = site_map.state_of(found, scope, state, desk, check, draw=draw)
        board(page.path, found, tuple(scope.layers), shown)
    with top:
        badges = [data for data in scope.layers.values() if data.spec.site is not None or data.spec.carbon is not None]
        unshared = _UNSHARED if entry is not None and entry.local else ""
        status_line(
            page,
            badges,
            state.units,
            lambda units: change(scope, units=units),
            unshared=unshared,
            more=page_capture(page, found, scope, state, left_out=_NOT_IN_SCENES if entry is not None else ""),
        )
    with controls:
        site_input.ways(found, county, desk)
    with right:
        _right(desk, check, state.units)
    if check is not None:
        site_answer.found_tables(check, state.units, lambda feature: change(scope, selected=feature))
        site_answer.folded(check)
    footer()


def _map_said(found: Atlas, scope: Scope, desk: Desk, county: Any | None) -> None:
    """Deal with what the reader did on the map, once."""
    event = last_event("site", found)
    if event is None or event.n == desk.heard:
        return
    if event.id == DRAWN:
        site_input.drawn(desk, event.geometry, county)
    elif feature := event.feature(scope):
        change(scope, selected=feature)
    desk.heard = event.n


def _right(desk: Desk, check: SiteCheck | None, units: UnitChoice) -> None:
    entry = desk.entry
    if entry is None:
        with st.container(border=True, key="site_welcome"):
            st.markdown(_WELCOME)
            st.caption(f"**{DESK_CHECK}**")
    elif check is None:
        site_input.open_points(entry, desk)
    else:
        site_answer.answer(check, units, desk)
        site_input.read_as(entry.boundary)


def _checked(found: Atlas, desk: Desk) -> SiteCheck:
    """The check of the boundary; computed once for each set of layers and boundary, whatever it is called."""
    assert desk.entry is not None
    check = _check((found.id, desk.entry.code, desk.entry.boundary.reading), found, desk.entry)
    return replace(check, name=desk.name)


@st.cache_resource(max_entries=16, ttl="2h", show_spinner=False)
def _check(key: tuple[str, ...], _found: Atlas, _entry: Entry) -> SiteCheck:
    return check_site(_found, _entry.boundary)
