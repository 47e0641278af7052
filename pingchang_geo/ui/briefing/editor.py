"""Fields of one scene. Every field writes its change at once; what is too long says so below it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import streamlit as st

from pingchang_geo.briefing import Briefing, ChartKind, ChartRef, Scene, checks, editing
from pingchang_geo.briefing.model import (
    MOST_CARDS,
    MOST_CHARTS,
    MOST_NOTES,
    MOST_PARAGRAPH,
    MOST_PARAGRAPHS,
    MOST_SECTION,
    MOST_TITLE,
)
from pingchang_geo.briefing.placeholders import width
from pingchang_geo.indicators import load_ledger
from pingchang_geo.ui import asked
from pingchang_geo.ui.briefing import fields, state
from pingchang_geo.ui.briefing.fields import seed
from pingchang_geo.ui.briefing.map_editor import map_editor
from pingchang_geo.ui.briefing.state import Table
from pingchang_geo.units import UnitChoice
from pingchang_geo.workflow.accounts.account import groupings
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.briefings.figures import Figures

_LONGEST: Final = 4000
_NONE: Final = ""


def editor(table: Table, scene: Scene, found: Atlas) -> None:
    """Every part of a scene."""
    choices = figure_choices(found.id, found)
    _line(table, scene, "title", "标题", MOST_TITLE)
    _line(table, scene, "section", "章节", MOST_SECTION)
    _texts(table, scene)
    _cards(table, scene, choices)
    _quote(table, scene)
    _charts(table, scene, found)
    _notes(table, scene)
    map_editor(table, scene, found)
    _placeholders(choices)


def key_of(scene: Scene, part: str) -> str:
    """Key of a field; it starts afresh whenever something else than the field itself has changed the scene."""
    return f"edit_{part}_{scene.id}_{asked.desk(state.PAGE).turn}"


def seeded(scene: Scene, part: str, shown: Any) -> str:
    """Key of a field that shows a part of a scene as ``shown``, and from then on what was typed."""
    return seed(key_of(scene, part), getattr(scene, part), shown)


def write(table: Table, scene: Scene, part: str, key: str, convert: Callable[[Any], Any] = str) -> Callable[..., None]:
    """A callback that writes a field's value into the scene."""

    def get(briefing: Briefing) -> Any:
        return getattr(editing.scene_of(briefing, scene.id), part)

    def put(briefing: Briefing, value: Any) -> Briefing:
        return editing.with_scene(briefing, replace(editing.scene_of(briefing, scene.id), **{part: value}))

    return fields.write(table.name, key, convert, get, put)


def _line(table: Table, scene: Scene, part: str, label: str, most: int) -> None:
    now = getattr(scene, part)
    key = seeded(scene, part, now)
    st.text_input(
        f"{label}　:small[:gray[{width(now):.0f} / {most} 字]]",
        key=key,
        max_chars=_LONGEST,
        on_change=write(table, scene, part, key, lambda text: str(text).strip()),
    )
    _too_long(label, now, most)


def _texts(table: Table, scene: Scene) -> None:
    key = seeded(scene, "text", "\n".join(" ".join(text.split()) for text in scene.text))
    st.text_area(
        f"正文　:small[:gray[一行一段，最多 {MOST_PARAGRAPHS} 段，每段 {MOST_PARAGRAPH} 字]]",
        key=key,
        height=150,
        max_chars=_LONGEST,
        help="数字用「插入数字」给出的占位符，例如 {ledger:redline_area_km2}，放映时换成台账或计算的当前值。",
        on_change=write(table, scene, "text", key, lambda text: editing.paragraphs(str(text))),
    )
    for number, text in enumerate(scene.text, start=1):
        _too_long(f"第 {number} 段", text, MOST_PARAGRAPH)
    if len(scene.text) > MOST_PARAGRAPHS:
        st.caption(f":orange[段落 {len(scene.text)} 个，多于 {MOST_PARAGRAPHS} 个，一屏放不下。]")


def _notes(table: Table, scene: Scene) -> None:
    key = seeded(scene, "notes", scene.notes)
    st.text_area(
        f"讲稿　:small[:gray[{width(scene.notes):.0f} / {MOST_NOTES} 字，只在演讲者窗口和讲义中]]",
        key=key,
        height=110,
        max_chars=_LONGEST,
        on_change=write(table, scene, "notes", key, lambda text: str(text).strip()),
    )
    _too_long("讲稿", scene.notes, MOST_NOTES)


def _too_long(what: str, text: str, most: int) -> None:
    if message := checks.too_long(what, text, most):
        st.caption(f":orange[{message}]")


def _cards(table: Table, scene: Scene, choices: dict[str, str]) -> None:
    key = seeded(scene, "cards", list(scene.cards))
    options = list(dict.fromkeys((*scene.cards, *st.session_state[key], *choices)))
    st.multiselect(
        "指标卡",
        options,
        key=key,
        format_func=lambda name: choices.get(name, name),
        max_selections=max(MOST_CARDS, len(scene.cards)),
        placeholder="选择指标",
        wrap=True,
        help=f"最多 {MOST_CARDS} 个。报告数字来自指标台账，计算值随数据更新。",
        on_change=write(table, scene, "cards", key, tuple),
    )


def _quote(table: Table, scene: Scene) -> None:
    ledger = load_ledger()
    quotes = {_NONE: "不引用", **{one.id: f"{one.label}：{one.quote}" for one in ledger.values() if one.quote}}
    if scene.quote not in quotes:
        quotes[scene.quote] = f"{scene.quote}（台账中没有）"
    key = seeded(scene, "quote", scene.quote)
    st.selectbox(
        "报告原文引用",
        list(quotes),
        key=key,
        format_func=lambda name: quotes.get(name, name),
        on_change=write(table, scene, "quote", key),
    )


def _charts(table: Table, scene: Scene, found: Atlas) -> None:
    offered = chart_choices(table, found)
    key = seeded(scene, "charts", list(scene.charts))
    st.multiselect(
        "图表",
        list(dict.fromkeys((*scene.charts, *st.session_state[key], *offered))),
        key=key,
        format_func=lambda chart: offered.get(chart) or _chart_words(chart),
        max_selections=max(MOST_CHARTS, len(scene.charts)),
        placeholder="选择图表",
        wrap=True,
        help=f"最多 {MOST_CHARTS} 个。",
        on_change=write(table, scene, "charts", key, tuple),
    )


def _placeholders(choices: dict[str, str]) -> None:
    """Figures with what to write for them."""
    with st.expander("插入数字", icon=":material/pin:"):
        chosen = st.selectbox(
            "指标",
            list(choices),
            index=None,
            format_func=lambda name: choices.get(name, name),
            placeholder="查找指标",
            key="briefing_figure",
            label_visibility="collapsed",
        )
        if chosen:
            kind = "ledger" if chosen in load_ledger() else "computed"
            st.caption("把下面的占位符复制到正文、标题或讲稿中：")
            st.code(f"{{{kind}:{chosen}}}", language=None)


@st.cache_resource(max_entries=4, show_spinner="正在计算可选的指标……")
def figure_choices(atlas_id: str, _found: Atlas) -> dict[str, str]:
    """Figures that an editor may choose: name → what it says. Read only.

    Args:
        atlas_id: what the figures are kept under.
    """
    ledger = load_ledger()
    words = {False: "报告", True: "外部参考"}
    reported = {one.id: f"{one.label}　{one.display()}（{words[one.external]}）" for one in ledger.values()}
    figures = Figures(_found, ledger, UnitChoice())
    computed = {name: figures.get(name) for name in figures.offered()}
    return {**reported, **{name: f"{one.label}　{one.display()}（计算）" for name, one in computed.items()}}


def chart_choices(table: Table, found: Atlas) -> dict[ChartRef, str]:
    """Charts that an editor may choose: those that published layers declare, carbon by groups, and all in use."""
    offered: dict[ChartRef, str] = {}
    for data in found.layers.values():
        if data.spec.base_map:
            continue
        for chart in data.spec.charts:
            offered[ChartRef(ChartKind.LAYER, layer=data.spec.id, chart=chart.id)] = f"{data.spec.title}：{chart.title}"
        if data.spec.carbon is not None:
            for field in groupings(data):
                offered[ChartRef(ChartKind.ACCOUNT, group=field.name)] = f"碳汇核算：按{field.label}"
    for scene in table.briefing.scenes:
        for ref in scene.charts:
            offered.setdefault(ref, _chart_words(ref))
    return offered


def _chart_words(ref: ChartRef) -> str:
    """A chart of the file in words."""
    if ref.title:
        return ref.title
    spec = checks.known_layer(ref.layer)
    names = {
        ChartKind.LAYER: f"{spec.title if spec else ref.layer}：{ref.chart}",
        ChartKind.LEDGER: "报告数字",
        ChartKind.COMPUTED: "计算值",
        ChartKind.ACCOUNT: f"碳汇核算：{ref.group}",
        ChartKind.READY: f"叠加结果：{ref.group}",
        ChartKind.RECONCILE: f"对账：{ref.unit}",
    }
    return names[ref.kind] + (f"（{ref.measure}）" if ref.measure else "")
