"""汇报: choose a briefing, look through its scenes, play it, take it away; whoever may edits it here.

Work in progress lies on the disk, by user and briefing; the address says which briefing and scene are looked at.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import streamlit as st

from pingchang_geo.access import Right
from pingchang_geo.briefing import Briefing, Scene
from pingchang_geo.briefing.story import Story, StoryScene
from pingchang_geo.ui import asked, permission
from pingchang_geo.ui import data as shared
from pingchang_geo.ui.briefing import editor, preview, state
from pingchang_geo.ui.briefing.header import header
from pingchang_geo.ui.briefing.listing import scene_list
from pingchang_geo.ui.frame import footer, guarded
from pingchang_geo.ui.registry import page_of
from pingchang_geo.ui.state import notice
from pingchang_geo.ui.status_line import status_line
from pingchang_geo.ui.text import plain
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.briefings.telling import tell

#: List, texts, map and charts.
_COLUMNS: Final = (29, 31, 40)
_LOOK, _EDIT = "预览", "编辑"
_MODE: Final = "briefing_mode"


def briefing_page() -> None:
    """The whole page."""
    page = page_of("briefing")
    with guarded():
        asked.settle()
        _tidy()
        found = shared.atlas()
        who = permission.actor()
        editable = who.may(Right.UPDATE)
        status_line(page, [], None, None)
        table = state.table(who, state.wanted(who))
        chosen = state.chosen_scene(table.briefing)
        header(table, chosen, found, who, editable=editable)
        asked.desk(state.PAGE).told()
        _findings()
        told = _told(table.briefing, found)
        by_id = {scene.id: scene for scene in told.scenes}
        left, middle, right = st.columns(_COLUMNS, gap="small")
        with right:
            preview.map_of(by_id.get(chosen.id) if chosen else None, found)
        with left:
            scene_list(table, chosen, {scene.id: scene.problems for scene in told.scenes}, editable=editable)
        if chosen is not None:
            with middle:
                _scene(table, chosen, by_id[chosen.id], found, editable=editable)
            with right:
                preview.charts_of(by_id[chosen.id])
        footer()


def _scene(table: state.Table, chosen: Scene, told: StoryScene, found: Atlas, *, editable: bool) -> None:
    mode = _LOOK
    if editable:
        st.segmented_control(
            "方式",
            [_LOOK, _EDIT],
            key=_MODE,
            default=_LOOK,
            required=True,
            label_visibility="collapsed",
            width="content",
        )
        mode = st.session_state.get(_MODE) or _LOOK
    preview.problems(told)
    if mode == _EDIT:
        editor.editor(table, chosen, found)
    else:
        preview.texts(told)


def _told(briefing: Briefing, found: Atlas) -> Story:
    """The story with the hidden scenes in it, which the list shows too."""
    return tell(replace(briefing, scenes=tuple(replace(scene, hidden=False) for scene in briefing.scenes)), found)


def _tidy() -> None:
    """Drop what the address holds beyond understanding, by name."""
    unknown = [name for name in st.query_params if name not in state.KNOWN]
    if unknown:
        notice(unknown)
        st.query_params.from_dict({n: v for n, v in st.query_params.to_dict().items() if n in state.KNOWN})


def _findings() -> None:
    """What was wrong with the file brought in last."""
    found = state.bench().findings
    if found:
        with st.expander(f"导入的文件有 {len(found)} 个问题", icon=":material/edit_note:", expanded=True):
            st.markdown("\n".join(f"- {plain(line)}" for line in found))
