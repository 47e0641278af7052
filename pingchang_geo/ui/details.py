"""The card of the selected feature; on the start page, while nothing is selected, the county's fact sheet."""

from __future__ import annotations

import html

import streamlit as st

from pingchang_geo.ui import factsheet
from pingchang_geo.ui.asked import later
from pingchang_geo.ui.context import Context
from pingchang_geo.ui.state import change
from pingchang_geo.ui.text import plain
from pingchang_geo.workflow.cards import card

_KINDS = {"reference": "orange", "official": "green", "survey": "blue"}
_ROW = "<div><dt>{}</dt><dd>{}</dd></div>"


def details(ctx: Context) -> None:
    """All pop-up fields of the selected feature with units, its source and a button that closes the card."""
    if ctx.state.selected is None:
        if ctx.page.default:
            factsheet.of_county(ctx)
        return
    layer, row = ctx.state.selected
    shown = card(ctx.atlas, layer, row, ctx.state.units)
    with st.container(border=True, gap="xsmall", key="details"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(shown.title)}** :{_KINDS[shown.badge_kind]}-badge[{shown.badge}]", width="stretch")
            st.button(
                "关闭",
                key="details_close",
                icon=":material/close:",
                type="tertiary",
                on_click=later(change),
                args=(ctx.scope,),
                kwargs={"selected": None},
            )
        rows = "".join(
            _ROW.format(html.escape(label), html.escape(text)) for label, text in shown.rows if text != shown.title
        )
        st.html(f'<dl class="details">{rows}</dl>')
        st.caption(plain(shown.note))
        factsheet.of_feature(ctx, layer, row)
