"""The line above the map of 叠加分析: two layers and a buffer, or a ready result; and what the charts show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import streamlit as st

from pingchang_geo.specs import FieldSpec
from pingchang_geo.ui.asked import later
from pingchang_geo.ui.overlay.state import Choice, Offer, change, kilometres
from pingchang_geo.ui.toolbar import short
from pingchang_geo.workflow.overlays import MOST_BUFFER_M

#: Buffers offered, in kilometres; any other up to the largest may be typed.
_BUFFERS: Final = ("0", "1", "3", "5", "10", "20")
_OWN, _READY = "自选图层", "现成结果"
_WIDTH: Final = 172


def controls(choice: Choice, offer: Offer, titles: Mapping[str, str], ready: Mapping[str, str]) -> None:
    """What is laid over what; each control writes the address and nothing else.

    Args:
        choice: the present one.
        offer: what there is.
        titles: of the layers, by id.
        ready: titles of the ready results, by id.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="toolbar"):
        _mode(choice, offer)
        if choice.ready:
            _pick("结果", "ready", dict(ready), choice.ready, offer, width=260)
            return
        _pick("统计", "left", {layer: titles[layer] for layer in offer.lefts}, choice.left, offer)
        st.button(
            "对调",
            key="overlay_swap",
            icon=":material/swap_horiz:",
            help="对调被统计图层与范围图层",
            disabled=choice.right not in offer.lefts or choice.left not in offer.rights,
            on_click=later(change),
            args=(offer,),
            kwargs={"left": choice.right, "right": choice.left},
        )
        zones = {layer: titles[layer] for layer in offer.rights if layer != choice.left}
        _pick("范围", "right", zones, choice.right, offer)
        _buffer(choice, offer)


def chart_controls(choice: Choice, offer: Offer, measures: Sequence[FieldSpec], groupings: Sequence[FieldSpec]) -> None:
    """Which quantity the charts show, and by what they group."""
    with st.container(horizontal=True, gap="xsmall", key="overlay_chart_tools"):
        if len(measures) > 1:
            named = {spec.name: short(spec.label) for spec in measures}
            _pick("指标", "measure", named, choice.measure, offer, width=230)
        if len(groupings) > 1:
            _pick("分组", "by", {spec.name: short(spec.label) for spec in groupings}, choice.by, offer, width=190)


def _mode(choice: Choice, offer: Offer) -> None:
    if not offer.ready:
        return
    st.session_state["overlay_mode"] = _READY if choice.ready else _OWN

    def picked() -> None:
        wanted = next(iter(offer.ready)) if st.session_state["overlay_mode"] == _READY else ""
        change(offer, ready=wanted)

    st.segmented_control(
        "方式",
        [_OWN, _READY],
        key="overlay_mode",
        required=True,
        on_change=later(picked),
        label_visibility="collapsed",
        width="content",
    )


def _buffer(choice: Choice, offer: Offer) -> None:
    now = f"{choice.buffer_km:g}"
    options = sorted({*_BUFFERS, now}, key=float)
    st.session_state["overlay_km"] = now

    def picked() -> None:
        text = str(st.session_state["overlay_km"] or "0")
        try:
            change(offer, buffer_km=kilometres(text))
        except ValueError:
            most = f"{MOST_BUFFER_M / 1000:g}"
            st.toast(f"周边距离应为 0–{most} 的数字，单位 km。", icon=":material/straighten:")

    st.selectbox(
        "周边",
        options,
        key="overlay_km",
        format_func=lambda text: "周边：不外扩" if text == "0" else f"周边：{text} km",
        accept_new_options=True,
        label_visibility="collapsed",
        help="范围要素向外扩展的距离，可输入 0–20 之间的数字，单位 km",
        on_change=later(picked),
        width=136,
    )


def _pick(label: str, name: str, names: dict[str, str], now: str, offer: Offer, *, width: int = _WIDTH) -> None:
    key = f"overlay_{name}"
    st.session_state[key] = now
    _select(label, key, names, lambda: change(offer, **{name: st.session_state[key]}), width)


def _select(label: str, key: str, names: dict[str, str], picked: Callable[[], Any], width: int) -> None:
    st.selectbox(
        label,
        list(names),
        key=key,
        format_func=lambda value: f"{label}：{names[value]}",
        label_visibility="collapsed",
        on_change=later(picked),
        width=width,
    )
