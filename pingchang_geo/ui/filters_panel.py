"""Filters from the layer's declaration: a panel of widgets, and the chips of what is active."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pingchang_geo import classify
from pingchang_geo.filters import Between, Filter, OneOf
from pingchang_geo.specs import FieldKind, FieldSpec
from pingchang_geo.ui.asked import later
from pingchang_geo.ui.context import Context
from pingchang_geo.ui.state import PageState, Scope, change, filter_fields, set_clause
from pingchang_geo.ui.text import clause_words, plain
from pingchang_geo.workflow.atlas import LayerData

_STEPS = 100


def filters_panel(ctx: Context) -> None:
    """A pop-over with one widget a field."""
    scope, state = ctx.scope, ctx.state
    data = scope.layers[state.focus]
    fields = filter_fields(data)
    # A label that counted the clauses would close the panel with every choice; the chips show them anyway.
    with st.popover(
        "筛选", icon=":material/filter_list:", disabled=not fields, key="filters_open", on_change="rerun"
    ) as panel:
        # A closed panel costs nothing; its widgets take their values from the address when it opens.
        if not panel.open:
            return
        st.caption(f"筛选{data.spec.noun}：各项条件同时满足，地图、指标、图表与数据表一并更新。")
        for field in fields:
            if field.kind is FieldKind.NUMBER:
                _range(scope, data, field, state)
            else:
                _categories(scope, data, field, state)


def chips(ctx: Context) -> None:
    """What is active, each with a button that clears it."""
    scope, state = ctx.scope, ctx.state
    spec = scope.layers[state.focus].spec
    # The row is there even when empty: the map below must not change its place, or the browser would reload it.
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="chips"):
        for clause in state.chosen.clauses:
            words = clause_words(spec, clause, state.units)
            st.button(
                plain(words),
                key=f"chip_{clause.field}",
                icon=":material/close:",
                icon_position="right",
                help="清除该条件",
                on_click=later(set_clause),
                args=(scope, clause.field, None),
            )
        if len(state.chosen.clauses) > 1:
            st.button("清除全部", key="chip_all", type="tertiary", on_click=later(_clear), args=(scope,))


def _clear(scope: Scope) -> None:
    change(scope, chosen=Filter())


def _categories(scope: Scope, data: LayerData, field: FieldSpec, state: PageState) -> None:
    key = f"filter_{data.spec.id}_{field.name}"
    names = list(data.categories[field.name])
    clause = next((c for c in state.chosen.clauses if c.field == field.name), None)
    st.session_state[key] = [v for v in clause.values if v in names] if isinstance(clause, OneOf) else []

    def picked() -> None:
        values = tuple(st.session_state[key])
        set_clause(scope, field.name, OneOf(field.name, values) if values else None)

    st.multiselect(field.label, names, key=key, placeholder="全部", help=field.help or None, on_change=later(picked))


def _range(scope: Scope, data: LayerData, field: FieldSpec, state: PageState) -> None:
    low, high = data.ranges[field.name]
    if low == high:
        return
    key = f"filter_{data.spec.id}_{field.name}"
    step = classify.nice_step((high - low) / _STEPS)
    low, high = float(np.floor(low / step) * step), float(np.ceil(high / step) * step)
    clause = next((c for c in state.chosen.clauses if c.field == field.name), None)
    chosen = clause if isinstance(clause, Between) else Between(field.name)
    st.session_state[key] = (
        float(np.clip(low if chosen.low is None else chosen.low, low, high)),
        float(np.clip(high if chosen.high is None else chosen.high, low, high)),
    )

    def picked() -> None:
        start, end = st.session_state[key]
        limits = (start if start > low else None, end if end < high else None)
        set_clause(scope, field.name, Between(field.name, *limits) if limits != (None, None) else None)

    label = f"{field.label}（{field.unit}）" if field.unit else field.label
    st.slider(label, low, high, step=step, key=key, help=field.help or None, on_change=later(picked))
