"""The line above the map: which layer, coloured by what, in which classes, compared with what, filtered how."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pingchang_geo.classify import Method
from pingchang_geo.filters import Filter
from pingchang_geo.specs import FieldKind
from pingchang_geo.ui.asked import later
from pingchang_geo.ui.context import Context
from pingchang_geo.ui.filters_panel import filters_panel
from pingchang_geo.ui.state import can_compare, change, themes_of


def toolbar(ctx: Context) -> None:
    """Controls of the map; each writes the address and nothing else."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="toolbar"):
        if ctx.scope.focus_free:
            _focus(ctx)
        themes = {theme.field: short(theme.title) for theme in themes_of(ctx.data)}
        if themes:
            _pick(ctx, ("着色", "theme"), themes, ctx.state.theme)
        if themes and ctx.data.spec.field(ctx.state.theme).kind is FieldKind.NUMBER:
            methods = {method.value: method.label for method in Method}
            _pick(ctx, ("分级", "method"), methods, ctx.state.method.value, make=Method)
        if can_compare(ctx.data):
            others = {"": "不对比", **{k: v for k, v in themes.items() if k != ctx.state.theme}}
            _pick(ctx, ("对比", "compare"), others, ctx.state.compare if ctx.state.compare in others else "")
        filters_panel(ctx)


def short(title: str) -> str:
    """Title without the method in brackets."""
    return title.partition("（")[0]


def _focus(ctx: Context) -> None:
    names = {layer_id: data.spec.title for layer_id, data in ctx.scope.layers.items()}

    def picked() -> None:
        focus = st.session_state["tool_layer"]
        themes = themes_of(ctx.scope.layers[focus])
        theme = themes[0].field if themes else ""
        shown = ctx.state.shown | {focus}
        change(ctx.scope, focus=focus, theme=theme, compare="", chosen=Filter(), shown=shown)

    _select("图层", "tool_layer", names, ctx.state.focus, picked)


def _pick(ctx: Context, about: tuple[str, str], names: dict[str, str], now: str, make: Any = str) -> None:
    label, what = about
    key = f"tool_{what}"
    _select(label, key, names, now, lambda: change(ctx.scope, **{what: make(st.session_state[key])}))


def _select(label: str, key: str, names: dict[str, str], now: str, picked: Any) -> None:
    st.session_state[key] = now
    st.selectbox(
        label,
        list(names),
        key=key,
        format_func=lambda value: f"{label}：{names[value]}",
        label_visibility="collapsed",
        on_change=later(picked),
        width=168,
    )
