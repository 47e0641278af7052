"""Selecting a feature from a table or a chart: unlike a click on the map, the map must go there."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pingchang_geo.crs import Box
from pingchang_geo.ui.context import Context
from pingchang_geo.ui.state import change

_FLY: Final = "fly_to"
#: Degrees kept around a feature, so that it is seen in its surroundings.
_AROUND: Final = 0.006


def select(ctx: Context, row: int | None) -> None:
    """Select a row of the layer in focus and let the map fly to it; None clears the selection. For callbacks."""
    if row is None:
        change(ctx.scope, selected=None)
        return
    west, south, east, north = (float(value) for value in ctx.data.bounds[row])
    st.session_state[_FLY] = (ctx.page.path, (west - _AROUND, south - _AROUND, east + _AROUND, north + _AROUND))
    change(ctx.scope, selected=(ctx.data.spec.id, row))


def destination(ctx: Context) -> Box | None:
    """Where the map of this page was last sent; the map goes there once."""
    page, box = st.session_state.get(_FLY, ("", None))
    return box if page == ctx.page.path else None
