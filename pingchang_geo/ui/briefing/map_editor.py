"""The map of a scene in words and with the few controls that need no map: colours, opacity, filter, view, versions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import streamlit as st

from pingchang_geo.briefing import Briefing, Feature, LayerView, Scene, SceneMap, checks, editing
from pingchang_geo.briefing.filter_text import parse_filter
from pingchang_geo.maps.state import DEFAULT_OPACITY
from pingchang_geo.ui import asked
from pingchang_geo.ui import data as shared
from pingchang_geo.ui.briefing import fields, state
from pingchang_geo.ui.briefing.state import Table, doing
from pingchang_geo.ui.state import themes_of
from pingchang_geo.ui.text import filter_words, plain
from pingchang_geo.ui.toolbar import short
from pingchang_geo.units import UnitChoice
from pingchang_geo.workflow import derive
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.briefings.features import key_of

#: Larger layers offer no list of their features.
_MOST_OFFERED: Final = 200
_MOST_HIGHLIGHTED: Final = 12

#: A layer that somebody has taken off the map.
_GONE: Final = object()

MapChange = Callable[[SceneMap], SceneMap]


def map_editor(table: Table, scene: Scene, found: Atlas) -> None:
    """What the map shows, layer by layer; a new view comes from a map page by 「加入汇报」."""
    with st.expander("地图", icon=":material/map:"):
        if scene.map is None:
            st.caption("本场景没有地图。")
            _button("加上地图", "map_on", table, scene, lambda one: one)
            return
        # A file may name a layer twice; the last one counts.
        for view in {view.layer: view for view in scene.map.layers}.values():
            _layer(table, scene, view, found)
        _add(table, scene, scene.map, found)
        _highlights(table, scene, scene.map, found)
        st.caption(_view_words(scene.map))
        with st.container(horizontal=True, gap="xsmall"):
            if scene.map.extent or scene.map.focus:
                _button("改为全县范围", "map_county", table, scene, lambda one: replace(one, extent=None, focus=None))
            if _outdated(scene.map, found):
                _button("已核对，改记当前版本", "map_versions", table, scene, lambda one: _current(one, found))
        st.caption("要换一幅图：在地图页调好图层、筛选和视野，点「加入汇报」，选「替换某场景的地图」。")


def view_words(view: LayerView) -> str:
    """A layer of a scene in one line: colours, opacity, filter, version."""
    spec = checks.known_layer(view.layer)
    if spec is None:
        return f"「{view.layer}」不存在"
    theme = spec.theme(view.theme)
    chosen, bad = parse_filter(view.filter, checks.filter_kinds(spec))
    parts = [f"着色 {short(theme.title)}" if theme else "默认着色"]
    parts += [f"不透明度 {view.opacity:.0%}"] if view.opacity is not None else []
    parts += [f"筛选 {filter_words(spec, chosen, UnitChoice())}"] if chosen else []
    parts += [f"无法识别的筛选 {'、'.join(bad)}"] if bad else []
    parts += [f"制作时版本 {view.version.partition('-')[0]}"] if view.version else []
    return "；".join(parts)


def _layer(table: Table, scene: Scene, view: LayerView, found: Atlas) -> None:
    spec = checks.known_layer(view.layer)
    with st.container(border=True, gap="xsmall", key=f"map_layer_{view.layer}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.markdown(f"**{plain(spec.title if spec else view.layer)}**", width="stretch")
            if view.filter:
                _button("清除筛选", f"map_nofilter_{view.layer}", table, scene, _changing(view, filter=""))
            _button("移除", f"map_remove_{view.layer}", table, scene, lambda one: _without(one, view.layer))
        st.caption(plain(view_words(view)))
        if spec is None or view.layer not in found:
            return
        themes = {theme.field: short(theme.title) for theme in themes_of(found[view.layer])}
        with st.container(horizontal=True, gap="small"):
            if themes:
                _theme(table, scene, view, themes)
            _opacity(table, scene, view, found)


def _theme(table: Table, scene: Scene, view: LayerView, themes: dict[str, str]) -> None:
    names = {"": "默认", **themes}
    key = fields.seed(_key(scene, f"theme_{view.layer}"), view.theme, view.theme if view.theme in names else "")
    st.selectbox(
        "着色",
        list(names),
        key=key,
        format_func=lambda name: names.get(name, name),
        on_change=_write(table, scene, view.layer, "theme", str),
        width=150,
    )


def _opacity(table: Table, scene: Scene, view: LayerView, found: Atlas) -> None:
    usual = DEFAULT_OPACITY[view.layer in found and derive.tiled(found[view.layer].version)]
    now = view.opacity if view.opacity is not None and 0 <= view.opacity <= 1 else usual
    key = fields.seed(_key(scene, f"opacity_{view.layer}"), view.opacity, round(now * 20) * 5)
    st.slider(
        "不透明度",
        0,
        100,
        step=5,
        format="%d%%",
        key=key,
        on_change=_write(table, scene, view.layer, "opacity", lambda percent: percent / 100),
        width=150,
    )


def _add(table: Table, scene: Scene, here: SceneMap, found: Atlas) -> None:
    there = {view.layer for view in here.layers}
    more = {one: data.spec.title for one, data in shared.data_layers(found).items() if one not in there}
    if not more:
        return
    key = _key(scene, "add")

    def added() -> str:
        chosen = st.session_state.get(key)
        if not chosen:
            return ""
        return _change(table, scene, lambda one: _with_layer(one, LayerView(chosen)))

    st.selectbox(
        "添加图层",
        list(more),
        index=None,
        key=key,
        format_func=lambda name: more.get(name, name),
        placeholder="添加图层",
        on_change=doing(added),
        label_visibility="collapsed",
    )


def _highlights(table: Table, scene: Scene, here: SceneMap, found: Atlas) -> None:
    """Features of the scene's small layers to choose from; others are highlighted by capturing them on a map page."""
    offered = {
        Feature(data.spec.id, name): f"{data.spec.title}：{name}"
        for view in here.layers
        if (data := found.layers.get(view.layer)) is not None and len(data.frame) <= _MOST_OFFERED
        for row in range(len(data.frame))
        if (name := key_of(data, row))
    }

    def get(briefing: Briefing) -> tuple[Feature, ...]:
        return (editing.scene_of(briefing, scene.id).map or SceneMap()).select

    def put(briefing: Briefing, select: tuple[Feature, ...]) -> Briefing:
        now = editing.scene_of(briefing, scene.id)
        return editing.with_scene(briefing, replace(now, map=replace(now.map or SceneMap(), select=select)))

    key = fields.seed(_key(scene, "select"), here.select, list(here.select))
    st.multiselect(
        "突出对象",
        list(dict.fromkeys((*here.select, *st.session_state[key], *offered))),
        key=key,
        format_func=lambda one: offered.get(one, one.key),
        max_selections=max(_MOST_HIGHLIGHTED, len(here.select)),
        placeholder="选择要在图上描出的对象",
        on_change=fields.write(table.name, key, tuple, get, put),
    )


def _view_words(here: SceneMap) -> str:
    if here.extent:
        west, south, east, north = here.extent
        return f"范围：东经 {west:.3f}°–{east:.3f}°，北纬 {south:.3f}°–{north:.3f}°"
    if here.focus:
        return f"范围：以「{plain(here.focus.key)}」为中心"
    return "范围：全县"


def _button(label: str, key: str, table: Table, scene: Scene, change: MapChange) -> None:
    st.button(label, key=key, type="tertiary", on_click=doing(lambda: _change(table, scene, change)))


def _change(table: Table, scene: Scene, change: MapChange) -> str:
    """Change the map of a scene as it is on the disk now."""

    def changed(briefing: Briefing) -> Briefing:
        now = editing.scene_of(briefing, scene.id)
        return editing.with_scene(briefing, replace(now, map=change(now.map or SceneMap())))

    state.edit(table.name, changed)
    return ""


def _write(table: Table, scene: Scene, layer: str, part: str, convert: Callable[[Any], Any]) -> Callable[..., None]:
    """A callback that writes a field's value into the view of a layer."""

    def get(briefing: Briefing) -> Any:
        here = editing.scene_of(briefing, scene.id).map or SceneMap()
        return next((getattr(view, part) for view in reversed(here.layers) if view.layer == layer), _GONE)

    def put(briefing: Briefing, value: Any) -> Briefing:
        now = editing.scene_of(briefing, scene.id)
        views = (
            replace(view, **{part: value}) if view.layer == layer else view for view in (now.map or SceneMap()).layers
        )
        return editing.with_scene(briefing, replace(now, map=replace(now.map or SceneMap(), layers=tuple(views))))

    return fields.write(table.name, _key(scene, f"{part}_{layer}"), convert, get, put)


def _changing(view: LayerView, **changes: str) -> MapChange:
    def change(here: SceneMap) -> SceneMap:
        views = (replace(one, **changes) if one.layer == view.layer else one for one in here.layers)  # type: ignore[arg-type]
        return replace(here, layers=tuple(views))

    return change


def _without(here: SceneMap, layer: str) -> SceneMap:
    return replace(here, layers=tuple(one for one in here.layers if one.layer != layer))


def _with_layer(here: SceneMap, view: LayerView) -> SceneMap:
    return replace(_without(here, view.layer), layers=(*_without(here, view.layer).layers, view))


def _outdated(here: SceneMap, found: Atlas) -> bool:
    return any(
        one.version and one.layer in found and one.version != found[one.layer].version.name for one in here.layers
    )


def _current(here: SceneMap, found: Atlas) -> SceneMap:
    """The map with the current versions noted where any was."""
    views = (
        replace(one, version=found[one.layer].version.name) if one.version and one.layer in found else one
        for one in here.layers
    )
    return replace(here, layers=tuple(views))


def _key(scene: Scene, part: str) -> str:
    return f"edit_map_{part}_{scene.id}_{asked.desk(state.PAGE).turn}"
