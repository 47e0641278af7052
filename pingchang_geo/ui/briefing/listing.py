"""The scenes of a briefing as a compact list, and what can be done with the chosen one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import streamlit as st

from pingchang_geo.briefing import Briefing, Scene, editing
from pingchang_geo.briefing.model import SceneMap
from pingchang_geo.ui import asked
from pingchang_geo.ui.briefing.state import Table, doing, edit, edit_scene, turn_to
from pingchang_geo.ui.text import plain

_KEY: Final = "briefing_scene"
#: Longer lists scroll.
_UNSCROLLED, _HEIGHT_PX = 22, 560
#: A row of the list: letters of a title and of a section that one line holds.
_TITLE, _SECTION = 18, 8
#: Letters that a badge takes.
_BADGE = 5


def scene_list(table: Table, chosen: Scene | None, problems: Mapping[str, tuple[str, ...]], *, editable: bool) -> None:
    """The list; the chosen scene goes into the address.

    Args:
        table: the briefing.
        chosen: the scene looked at.
        problems: by scene id, what is wrong with it.
        editable: offer moving, copying, hiding, deleting and new scenes.
    """
    if editable:
        _actions(table, chosen)
    if chosen is None:
        st.info("这份汇报还没有场景。" + ("点「新建」，或在任一地图页点「加入汇报」。" if editable else ""))
        return
    rows = {scene.id: _row(number, scene, problems) for number, scene in _numbered(table.briefing)}

    def picked() -> None:
        turn_to(table.name, str(st.session_state[_KEY]))

    st.session_state[_KEY] = chosen.id
    height: Any = _HEIGHT_PX if len(rows) > _UNSCROLLED else "content"
    with st.container(height=height, border=True, key="briefing_list"):
        st.radio(
            "场景",
            list(rows),
            format_func=lambda scene_id: rows.get(scene_id, ""),
            key=_KEY,
            on_change=asked.later(picked),
            label_visibility="collapsed",
            width="stretch",
        )


def _numbered(briefing: Briefing) -> list[tuple[int, Scene]]:
    """Scenes with the numbers they are played under; 0 for hidden ones."""
    shown = 0
    rows = []
    for scene in briefing.scenes:
        shown += not scene.hidden
        rows.append((0 if scene.hidden else shown, scene))
    return rows


def _row(number: int, scene: Scene, problems: Mapping[str, tuple[str, ...]]) -> str:
    found = problems.get(scene.id, ())
    title = plain(_cut(scene.title or "（无标题）", _TITLE - (_BADGE if found or scene.hidden else 0)))
    words = f"{number}　**{title}**" if number else f":gray[–　{title}] :gray-badge[隐藏]"
    if scene.section and not found:
        words += f"　:small[:gray[{plain(_cut(scene.section, _SECTION))}]]"
    if found:
        words += f" :orange-badge[{len(found)} 个问题]"
    return words


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def _actions(table: Table, chosen: Scene | None) -> None:
    """Buttons over the list."""
    scenes = table.briefing.scenes
    # Ids and places are settled now: a request that comes twice must not do its work twice.
    made = editing.new_id(table.briefing)
    place = scenes.index(chosen) if chosen else 0
    hide = "显示" if chosen and chosen.hidden else "隐藏"
    offered: list[tuple[str, str, Callable[[], str], bool]] = [
        ("上移", "up", lambda: _move(table, chosen, place - 1), place > 0),
        ("下移", "down", lambda: _move(table, chosen, place + 1), place < len(scenes) - 1),
        ("复制", "copy", lambda: _double(table, chosen, made), chosen is not None),
        (hide, "hide", lambda: _hide(table, chosen), chosen is not None),
        ("删除", "delete", lambda: _delete(table, chosen), chosen is not None),
        ("新建", "new", lambda: _new(table, chosen, made), True),
    ]
    with st.container(horizontal=True, gap="xxsmall", key="briefing_actions"):
        for label, key, action, possible in offered:
            st.button(label, key=f"scene_{key}", disabled=not possible, on_click=doing(action), type="tertiary")


def _move(table: Table, scene: Scene | None, to: int) -> str:
    if scene is not None:
        edit(table.name, lambda briefing: editing.moved(briefing, scene.id, to), scene=scene.id)
    return ""


def _double(table: Table, scene: Scene | None, copy_id: str) -> str:
    if scene is None:
        return ""
    edit(table.name, lambda briefing: editing.doubled(briefing, scene.id, copy_id), scene=copy_id)
    return f"已复制「{_called(scene)}」。"


def _hide(table: Table, scene: Scene | None) -> str:
    if scene is None:
        return ""
    edit_scene(table.name, scene.id, hidden=not scene.hidden)
    return f"「{_called(scene)}」已{'恢复显示' if scene.hidden else '隐藏，放映和导出时跳过'}。"


def _delete(table: Table, scene: Scene | None) -> str:
    if scene is None:
        return ""
    place = table.briefing.scenes.index(scene)
    rest = [one for one in table.briefing.scenes if one.id != scene.id]
    following = rest[min(place, len(rest) - 1)].id if rest else ""
    edit(table.name, lambda briefing: editing.without(briefing, scene.id), scene=following)
    return f"已删除「{_called(scene)}」，可以撤销。"


def _new(table: Table, after: Scene | None, made: str) -> str:
    scene = Scene(made, title="新场景", section=after.section if after else "", map=SceneMap())
    edit(table.name, lambda briefing: editing.inserted(briefing, scene, after.id if after else ""), scene=made)
    return "已加入一个空白场景，请在「编辑」中填写。"


def _called(scene: Scene) -> str:
    return scene.title or scene.id
