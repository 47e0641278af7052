"""A scene as it will be told: texts, quotation, cards, charts, problems; and its map."""

from __future__ import annotations

import re
from typing import Any, Final

import plotly.graph_objects as go
import streamlit as st

from pingchang_geo import charts, maps
from pingchang_geo.briefing.story import Card, Series, StoryChart, StoryScene
from pingchang_geo.charts.canvas import FONT, text_of
from pingchang_geo.ui import data as shared
from pingchang_geo.ui.map_panel import board
from pingchang_geo.ui.text import plain
from pingchang_geo.units import UnitChoice
from pingchang_geo.workflow import derive
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.board import extent

_INK, _MUTED = "#1B2A22", "#55635B"
_CHART_PX, _BAR_PX = 230, 21
#: What a problem says of its place, which is known here.
_WHERE: Final = re.compile(r"^场景「.*?」：")
_KINDS: Final = {"reported": "报告", "computed": "计算", "external": "参考"}


def texts(scene: StoryScene) -> None:
    """Everything of a scene but its map and charts. Texts are data: Markdown is taken out of them."""
    if scene.section:
        st.caption(plain(scene.section))
    st.markdown(f"##### {plain(scene.title)}" + (f"　:orange-badge[{scene.mark}]" if scene.mark else ""))
    for paragraph in scene.paragraphs:
        st.markdown(plain(paragraph))
    if scene.cards:
        with st.grid(2, min_column_width=150, gap="xsmall", key="briefing_cards"):
            for number, card in enumerate(scene.cards):
                _card(number, card)
    if scene.quote:
        st.markdown(f"> {plain(scene.quote.text)}\n>\n> :small[:gray[{plain(scene.quote.citation)}]]")
    if scene.notes:
        with st.expander("讲稿", icon=":material/speaker_notes:"):
            st.markdown("\n\n".join(plain(line) for line in scene.notes.splitlines() if line.strip()))
    if scene.sources:
        with st.expander("来源与方法", icon=":material/format_quote:"):
            for line in scene.sources:
                st.caption(plain(line))


def problems(scene: StoryScene) -> None:
    """What is wrong with a scene."""
    if scene.problems:
        lines = "\n".join(f"- {plain(_WHERE.sub('', line))}" for line in scene.problems)
        st.warning(
            f"本场景有 {len(scene.problems)} 个问题，放映时照常显示其余内容：\n\n{lines}", icon=":material/edit_note:"
        )


def map_of(scene: StoryScene | None, found: Atlas) -> None:
    """The map of a scene, the county where it has none; the same component for all scenes."""
    here = shared.data_layers(found)
    board("briefing", found, tuple(here), state_of(scene, found))
    if scene is None or scene.map is None:
        st.caption("本场景没有地图，放映时只显示文字与图表。")
    else:
        st.caption(plain(scene.map.title) + "。放映时地图占满屏幕。")


def state_of(scene: StoryScene | None, found: Atlas) -> dict[str, Any]:
    """State of the page's map for a scene: every layer of the page is spoken of, those not in the scene are off."""
    state = (
        dict(scene.map.state) if scene is not None and scene.map else maps.state({}, UnitChoice(), fly=extent(found))
    )
    states = dict(state["layers"])
    for layer_id, data in shared.data_layers(found).items():
        if layer_id not in states:
            states[layer_id] = maps.layer_state(data.frame, tiled=derive.tiled(data.version), visible=False)
    return {**state, "layers": states}


def charts_of(scene: StoryScene) -> None:
    """The charts of a scene."""
    for number, chart in enumerate(scene.charts):
        st.plotly_chart(
            figure(chart),
            key=f"briefing_chart_{scene.id}_{number}",
            theme=None,
            config=charts.config(f"平昌县_{chart.title}"),
            alt=chart.alt,
        )
        st.caption(plain("　".join(filter(None, (chart.mark, chart.source)))))


def figure(chart: StoryChart) -> go.Figure:
    """A story's chart for the screen, in its own colours."""
    categories = [text_of(name) for name in chart.categories]
    drawn = go.Figure([_trace(chart, series, categories) for series in chart.series])
    return _laid_out(drawn, chart)


def _trace(chart: StoryChart, series: Series, categories: list[str]) -> Any:
    values, name, colors = list(series.values), text_of(series.name), list(chart.colors)
    if chart.kind == "doughnut":
        return go.Pie(labels=categories, values=values, hole=0.55, sort=False, marker={"colors": colors})
    if chart.kind == "line":
        return go.Scatter(x=categories, y=values, name=name, mode="lines+markers", line_color=series.color)
    x, y, way = (values, categories, "h") if chart.kind == "barh" else (categories, values, "v")
    return go.Bar(x=x, y=y, name=name, orientation=way, marker_color=colors or series.color)


def _laid_out(drawn: go.Figure, chart: StoryChart) -> go.Figure:
    title = text_of(chart.title) + (f"（{text_of(chart.unit)}）" if chart.unit else "")
    lying = chart.kind == "barh"
    height = max(_CHART_PX, 80 + _BAR_PX * len(chart.categories) * len(chart.series)) if lying else _CHART_PX
    drawn.update_layout(
        title={"text": title, "font": {"size": 14}, "x": 0, "xanchor": "left"},
        font={"family": FONT, "size": 12, "color": _INK},
        height=height,
        margin={"l": 8, "r": 12, "t": 36, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=len(chart.series) > 1 or chart.kind == "doughnut",
        legend={"orientation": "h", "y": -0.12},
    )
    drawn.update_xaxes(automargin=True, fixedrange=True, gridcolor="#E8EDEA", tickfont={"color": _MUTED})
    drawn.update_yaxes(automargin=True, fixedrange=True, gridcolor="#E8EDEA")
    if lying:
        drawn.update_yaxes(autorange="reversed")
    return drawn


def _card(number: int, card: Card) -> None:
    value = " ".join(filter(None, (card.value, card.unit)))
    tag = " · ".join(filter(None, (_KINDS[card.kind], card.mark.removesuffix("数据"))))
    with st.container(border=True, gap=None, key=f"briefing_card_{number}"):
        st.markdown(f":small[:gray[{plain(card.label)}]]", help=plain(card.source) or None)
        st.markdown(f"**{plain(value)}** :small[:gray[{tag}]]")
