"""The map of a page: one component whose script never changes; everything afterwards is a state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st
from streamlit_folium import st_folium

from pingchang_geo import layers, maps
from pingchang_geo.crs import Box
from pingchang_geo.filters import Filter
from pingchang_geo.ui import data as shared
from pingchang_geo.ui import first_paint
from pingchang_geo.ui.asked import later
from pingchang_geo.ui.context import Context, marked_fields
from pingchang_geo.ui.selection import destination
from pingchang_geo.ui.state import PageState, Scope, change, themes_of
from pingchang_geo.workflow import derive
from pingchang_geo.workflow.atlas import Atlas, LayerData
from pingchang_geo.workflow.briefings.capturing import LayerShown

#: Height the component is told; the page's style sheet makes it a share of the window.
_HEIGHT_PX = 480
#: Opacity of a tiled layer that lies beneath the one in focus.
_BENEATH = 0.55
_CLICK = "last_active_drawing"
#: What the map sends when the reader has finished drawing (web/src/draw.js).
DRAWN: Final = "map:site"


@dataclass(frozen=True)
class Event:
    """What the reader did on the map: clicked a feature (``forest:17``) or drew a polygon (:data:`DRAWN`).

    ``geometry`` is the GeoJSON polygon drawn (EPSG:4490), None for a click; ``n`` tells it from all others.
    """

    id: str
    geometry: dict[str, Any] | None = None
    n: int | None = None

    def feature(self, scope: Scope) -> tuple[str, int] | None:
        """Layer and row clicked, None for anything that is no feature of the page's layers."""
        layer, _, row = self.id.partition(":")
        known = layer in scope.layers and row.isdecimal() and int(row) < len(scope.layers[layer].frame)
        return (layer, int(row)) if known else None


def map_panel(ctx: Context) -> None:
    """Show the map of a page in its present state; a click on a feature selects it."""

    def happened(event: Event) -> None:
        if feature := event.feature(ctx.scope):
            change(ctx.scope, selected=feature)

    state = map_state(ctx.atlas, ctx.scope, ctx.state, destination(ctx))
    board(ctx.page.path, ctx.atlas, tuple(ctx.scope.layers), state, happened)


def board(
    page: str,
    found: Atlas,
    layer_ids: tuple[str, ...],
    state: dict[str, Any],
    on_event: Callable[[Event], None] = lambda _: None,
    *,
    box: str = "map_box",
) -> None:
    """The map of any page.

    Args:
        page: path of the page. With the atlas it is all that the component's key depends on, so the map stays.
        layer_ids: layers with a switch, lowest first; must not change from run to run.
        state: what :func:`pingchang_geo.maps.state` makes.
        on_event: called once for each thing the reader does on the map; a callback, which runs before the page.
        box: key of the container; a page with two maps names the second ``map_box_…``.
    """
    key = _key(page, found)
    config = shared.map_config(found.id, layer_ids, found)
    with st.container(key=box):
        st_folium(
            maps.new_map(config, shared.map_assets()),
            key=key,
            height=_HEIGHT_PX,
            use_container_width=True,
            returned_objects=[_CLICK],
            feature_group_to_add=maps.command(state),
            on_change=later(lambda: _heard(key, on_event)),
        )


def last_event(page: str, found: Atlas) -> Event | None:
    """What the reader did last on the map of a page; the same until there is something new.

    For pages that must not lose an event: a callback can be cut short by whatever the browser says next.
    """
    drawing = (st.session_state.get(_key(page, found)) or {}).get(_CLICK)
    return _event(drawing) if drawing else None


def _key(page: str, found: Atlas) -> str:
    return f"map-{page}-{found.id}"


def _event(drawing: dict[str, Any]) -> Event:
    return Event(str(drawing.get("id")), drawing.get("geometry"), (drawing.get("properties") or {}).get("n"))


def map_state(found: Atlas, scope: Scope, state: PageState, fly: Box | None = None) -> dict[str, Any]:
    """The page's state as the map understands it; ``fly`` is where it goes once."""
    states = {}
    for layer_id, data in scope.layers.items():
        focused = layer_id == state.focus
        tiled = derive.tiled(data.version)
        states[layer_id] = maps.layer_state(
            data.frame,
            tiled=tiled,
            visible=layer_id in state.shown,
            opacity=None if focused or not tiled else _BENEATH,
            theme=_theme(found, layer_id, state),
            chosen=state.chosen if focused else None,
        )
    compare = None
    if state.compare:
        compare = (state.focus, shared.theme(found, state.focus, state.compare, state.method, state.units))
    mark = map_mark(found, scope, state)
    return maps.state(states, state.units, compare=compare, select=state.selected, fly=fly, mark=mark)


def shown_now(scope: Scope, state: PageState) -> dict[str, LayerShown]:
    """Layers that the map shows in this state, as a scene of a briefing keeps them."""
    found = {}
    for layer_id, data in scope.layers.items():
        if layer_id in state.shown:
            focused = layer_id == state.focus
            beneath = not focused and derive.tiled(data.version)
            theme = state.theme if focused else _first_theme(data)
            found[layer_id] = LayerShown(theme, _BENEATH if beneath else None, state.chosen if focused else Filter())
    return found


def map_mark(found: Atlas, scope: Scope, state: PageState) -> str:
    """示意数据 when a reference layer stands behind a layer that is shown: its features, colours or filter."""
    behind: set[str] = set()
    for layer_id in state.shown:
        fields: tuple[str, ...] = (_theme_field(found, layer_id, state),)
        if layer_id == state.focus:
            fields = marked_fields((*fields, state.compare), state.chosen)
        behind.update(layers.behind(scope.layers[layer_id].spec, fields))
    return found.mark(behind)


def _theme_field(found: Atlas, layer_id: str, state: PageState) -> str:
    """The chosen theme of the layer in focus; a large layer beneath keeps its first one."""
    return state.theme if layer_id == state.focus else _first_theme(found[layer_id])


def _first_theme(data: LayerData) -> str:
    themes = themes_of(data) if derive.tiled(data.version) else ()
    return themes[0].field if themes else ""


def _theme(found: Atlas, layer_id: str, state: PageState) -> dict[str, Any] | None:
    field = _theme_field(found, layer_id, state)
    return shared.theme(found, layer_id, field, state.method, state.units) if field else None


def _heard(key: str, on_event: Callable[[Event], None]) -> None:
    """Pass on what the map says, once: the component repeats its last value on every run."""
    value = st.session_state.get(key) or {}
    drawing = value.get(_CLICK)
    if not drawing:
        return
    event = _event(drawing)
    if st.session_state.get(f"{key}-seen") == (event.id, event.n):
        return
    st.session_state[f"{key}-seen"] = (event.id, event.n)
    if not first_paint.heard(event.id):
        on_event(event)
