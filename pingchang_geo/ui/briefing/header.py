"""Above the scenes: which briefing, play it, take it away; and for those who may: undo, save, versions, import."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

import streamlit as st

from pingchang_geo.access import Actor
from pingchang_geo.briefing import Scene
from pingchang_geo.briefing.model import SHIPPED
from pingchang_geo.ui import asked, permission
from pingchang_geo.ui.briefing import state, storing
from pingchang_geo.ui.briefing.exports import exports
from pingchang_geo.ui.briefing.state import Table
from pingchang_geo.ui.text import local_time, plain
from pingchang_geo.workflow.atlas import Atlas

_KEY: Final = "briefing_name"
_DARK: Final = "briefing_dark"


def header(table: Table, chosen: Scene | None, found: Atlas, who: Actor, *, editable: bool) -> None:
    """One line of controls, and what the reader has to know of the version before them."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="briefing_header"):
        _choose(table, who)
        _play(table, chosen)
        exports(table, found)
        st.space("stretch")
        if editable:
            st.button(
                "撤销",
                icon=":material/undo:",
                key="briefing_undo",
                disabled=not state.bench().before.get(table.name),
                on_click=state.doing(lambda: state.undo(table.name)),
                help="取消最近一次修改",
            )
            storing.save_box(table)
            storing.more_box(table, who)
    _standing(table, editable=editable)


def _choose(table: Table, who: Actor) -> None:
    titles = {name: state.label(who, name, starred=True) for name in state.names(who)}

    def picked() -> None:
        state.turn_to(str(st.session_state[_KEY]))
        state.bench().findings = ()

    st.session_state[_KEY] = table.name
    st.selectbox(
        "汇报",
        list(titles),
        key=_KEY,
        format_func=lambda name: titles.get(name, name),
        on_change=asked.later(picked),
        label_visibility="collapsed",
        width=330,
    )


def play_address(name: str, scene: Scene | None, *, dark: bool) -> str:
    """Where a briefing plays, from a scene on."""
    start = f"#{quote(scene.id)}" if scene is not None and not scene.hidden else ""
    return f"{permission.base_path()}/play/{quote(name)}{'?theme=dark' if dark else ''}{start}"


def _play(table: Table, chosen: Scene | None) -> None:
    dark = bool(st.session_state.get(_DARK))
    played = state.saved_scene(table, chosen)
    st.link_button(
        "开始汇报",
        play_address(table.name, played, dark=dark),
        icon=":material/play_arrow:",
        type="primary",
        disabled=table.saved is None,
        help="在新窗口从所选场景开始放映：← → 翻页，F 全屏，N 演讲者窗口，T 深浅色，Esc 退出全屏、打开目录",
    )
    st.toggle("大屏深色", key=_DARK, help="深色底，适合投影和大屏")


def _standing(table: Table, *, editable: bool) -> None:
    """Which version this is; what is not saved; who has saved in the meantime."""
    saved = table.saved
    parts = []
    if saved is None:
        parts.append("尚未保存，保存后才能放映")
    elif saved.number:
        note = f"（{plain(saved.note)}）" if saved.note else ""
        parts.append(f"{saved.label} · {plain(saved.actor)} · {local_time(saved.saved_at)}{note}")
    else:
        parts.append("随系统提供的汇报" if table.name == SHIPPED else saved.label)
    shown = sum(not scene.hidden for scene in table.briefing.scenes)
    hidden = len(table.briefing.scenes) - shown
    parts.append(f"{shown} 个场景" + (f"，另有 {hidden} 个隐藏" if hidden else ""))
    if table.work is not None and saved is not None:
        parts.append("**有未保存的修改**，放映的是已保存的版本")
    st.caption("　|　".join(parts))
    if editable and table.outdated and saved is not None:
        when = f"已于 {local_time(saved.saved_at)} " if saved.saved_at else "已"
        st.warning(
            f"**{plain(saved.actor)}{when}保存{saved.label}**，"
            "您的修改基于更早的版本，不能直接保存。请用「保存」中的「另存为」，或在「更多」中放弃修改后重做。",
            icon=":material/group:",
        )
