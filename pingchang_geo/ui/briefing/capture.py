"""「加入汇报」: the present map of a page as a scene of a briefing, for those who may edit."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import streamlit as st

from pingchang_geo.access import Actor, Right
from pingchang_geo.briefing import Briefing, Scene, SceneMap, editing
from pingchang_geo.briefing.model import MOST_TITLE, NAME_PATTERN
from pingchang_geo.briefing.placeholders import width
from pingchang_geo.errors import PingchangError
from pingchang_geo.ui import asked, permission
from pingchang_geo.ui.briefing import state
from pingchang_geo.ui.briefing.state import doing
from pingchang_geo.ui.registry import PageEntry, page_of
from pingchang_geo.ui.text import plain

_DESK: Final = "capture"
_NEW: Final = "+"
_END: Final = "at the end"
_LONGEST: Final = 200

#: The page's map at the moment when it is asked for; the argument says whether versions are noted.
MapNow = Callable[[bool], SceneMap]


@dataclass(frozen=True)
class _Fields:
    """Keys of the controls; a new set after each capture."""

    name: str
    new: str
    place: str
    title: str
    section: str
    versions: str

    @classmethod
    def of(cls, turn: int) -> _Fields:
        return cls(*(f"capture_{part}_{turn}" for part in ("name", "new", "place", "title", "section", "versions")))


def capture_box(page: PageEntry, map_now: MapNow, *, left_out: str = "") -> None:
    """The pop-over on a page with a map, for readers who may edit.

    Args:
        page: where it stands.
        map_now: makes the scene's map when the reader says so, from the address as it is then.
        left_out: what the page shows and no scene can hold, in words.
    """
    who, desk = permission.actor(), asked.desk(_DESK)
    icon = ":material/add_to_photos:"
    with st.popover("加入汇报", icon=icon, type="tertiary", width="content", key="capture", on_change="rerun") as box:
        if not box.open:
            return
        fields = _Fields.of(desk.turn)
        desk.told()
        if desk.done and desk.turned:
            address = {state.NAME: desk.turned, state.SCENE: str(st.session_state.get("capture_scene", ""))}
            script, label, icon = page_of("briefing").script, "到「汇报」查看", ":material/arrow_forward:"
            st.page_link(script, label=label, icon=icon, query_params=address)
        name = _briefing(who, fields)
        _place(who, name, fields)
        st.text_input("标题", key=fields.title, max_chars=_LONGEST, placeholder=f"最多 {MOST_TITLE} 字")
        title = str(st.session_state.get(fields.title) or "")
        if width(title) > MOST_TITLE:
            st.caption(f":orange[标题长约 {width(title):.0f} 字，超过 {MOST_TITLE} 字，投影时难以看清。]")
        st.text_input("章节（可不填）", key=fields.section, max_chars=_LONGEST, placeholder=page.title)
        st.checkbox(
            "记下图层版本", value=True, key=fields.versions, help="图层更新后，该场景会提示核对文字与图是否仍相符"
        )
        if left_out:
            st.caption(left_out)
        st.button(
            "加入",
            type="primary",
            icon=":material/add:",
            key="capture_go",
            on_click=doing(_taken, _DESK),
            args=(page, map_now, fields),
        )


def _briefing(who: Actor, fields: _Fields) -> str:
    """Which briefing; a new one by its name."""
    titles = {name: state.label(who, name) for name in state.names(who)}
    options = [*titles, _NEW]
    name = st.selectbox("汇报", options, key=fields.name, format_func=lambda one: titles.get(one, "新建一份汇报……"))
    if name == _NEW:
        st.text_input(
            "新汇报的名称",
            key=fields.new,
            max_chars=40,
            placeholder="例如 county-2025",
            help="小写字母、数字和连字符，用于放映地址",
        )
    return str(name)


def _place(who: Actor, name: str, fields: _Fields) -> None:
    """Behind which scene, or in place of whose map."""
    scenes = () if name == _NEW else state.table(who, name).briefing.scenes
    words = {_END: "放在最后"}
    words |= {f"after:{scene.id}": f"放在第 {n} 个「{scene.title}」之后" for n, scene in enumerate(scenes, 1)}
    words |= {f"map:{scene.id}": f"替换第 {n} 个「{scene.title}」的地图" for n, scene in enumerate(scenes, 1)}
    st.selectbox("位置", list(words), key=f"{fields.place}_{name}", format_func=lambda one: words.get(one, one))


def _taken(page: PageEntry, map_now: MapNow, fields: _Fields) -> str:
    """Put the scene where it was asked for, among the reader's unsaved changes."""
    chosen = {name: st.session_state.get(name) for name in (fields.name, fields.new, fields.title, fields.section)}
    who = permission.require(Right.UPDATE)
    desk, bench = asked.desk(_DESK), state.bench()
    name = str(chosen[fields.name] or "")
    place = str(st.session_state.get(f"{fields.place}_{name}") or _END)
    scene_map = map_now(bool(st.session_state.get(fields.versions, True)))
    title = " ".join(str(chosen[fields.title] or "").split())
    way, _, scene_id = place.partition(":")
    if not title and way != "map":
        raise PingchangError("请填写场景的标题。")
    now = _table(who, name, str(chosen[fields.new] or "").strip())
    if way == "map":
        changed = _remapped(now.briefing, scene_id, title, scene_map)
    else:
        section = " ".join(str(chosen[fields.section] or "").split()) or page.title
        scene = Scene(editing.new_id(now.briefing), title=title, section=section, map=scene_map)
        changed = editing.inserted(now.briefing, scene, scene_id)
        scene_id = scene.id
    number = editing.place_of(changed, scene_id) + 1
    st.session_state["capture_scene"] = scene_id
    # From here on nothing of the session is touched: a request that is cut short comes again, and must not count twice.
    state.keep(who, now, changed, now.base)
    bench.before.setdefault(now.name, []).append(state.Step(now.briefing, now.base, changed))
    desk.turn += 1
    desk.turned = now.name
    return f"已{'替换' if way == 'map' else '加入'}「{changed.title}」第 {number} 个场景，尚未保存。"


def _remapped(briefing: Briefing, scene_id: str, title: str, scene_map: SceneMap) -> Briefing:
    scene = editing.scene_of(briefing, scene_id)
    return editing.with_scene(briefing, replace(scene, title=title or scene.title, map=scene_map))


def _table(who: Actor, name: str, new: str) -> state.Table:
    """The briefing that is added to; a new one is empty."""
    if name != _NEW:
        return state.table(who, name)
    if not re.fullmatch(NAME_PATTERN, new):
        raise PingchangError(
            f"新汇报的名称「{plain(new)}」不能使用。" if new else "请填写新汇报的名称。",
            fix="名称只能含小写字母、数字和连字符，最多 40 个。",
        )
    if new in state.names(who):
        raise PingchangError(f"名称「{new}」已被使用。", fix="请换一个名称，或在上面选择这份汇报。")
    return state.Table(new, Briefing(new, new), None, None)
