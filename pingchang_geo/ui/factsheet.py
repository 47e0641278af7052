"""一页纸: a fact sheet to take away, of the selected feature or of the county; nothing is made before the click."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import streamlit as st

from pingchang_geo.exports.filenames import file_stem
from pingchang_geo.ui.context import Context
from pingchang_geo.workflow import factsheets

_FORMS: Final = (
    ("PDF", "pdf", "application/pdf", factsheets.pdf),
    ("PNG", "png", "image/png", factsheets.png),
)


def of_county(ctx: Context) -> None:
    """A pop-over with the county's sheet."""
    _offer(ctx, "全县一页纸", "county", lambda: factsheets.county(ctx.atlas))


def of_feature(ctx: Context, layer: str, row: int) -> None:
    """A pop-over with the sheet of one feature; nothing for layers whose features have none."""
    if factsheets.has_sheet(ctx.atlas[layer].spec):
        _offer(ctx, "一页纸", f"{layer}-{row}", lambda: factsheets.feature(ctx.atlas, layer, row))


def file_name(title: str, ending: str, at: datetime) -> str:
    """``一页纸_佛头山_20261122.pdf``."""
    return f"一页纸_{file_stem(title)}_{at:%Y%m%d}.{ending}"


def _offer(ctx: Context, label: str, key: str, find: Callable[[], factsheets.Place]) -> None:
    about = "A4 单页：位置图、主要数字、优势树种、来源与说明"
    with st.popover(
        label, icon=":material/description:", width="content", help=about, key=f"sheet-{key}", on_change="rerun"
    ) as panel:
        if not panel.open:
            return
        growth = st.number_input(
            "蓄积年生长率 p（%/年），用于模型法",
            min_value=0.0,
            max_value=factsheets.MOST_GROWTH,
            value=None,
            step=0.1,
            format="%.2f",
            placeholder="没有缺省值，不填则不计算",
            key=f"sheet-growth-{key}",
        )
        place = find()
        with st.container(horizontal=True, gap="small"):
            for name, ending, mime, make in _FORMS:
                st.download_button(
                    f"下载 {name}",
                    data=lambda make=make: make(  # type: ignore[misc]
                        ctx.atlas, place, at=datetime.now(), choice=ctx.state.units, growth_pct_a=growth
                    ),
                    file_name=file_name(place.title, ending, datetime.now()),
                    mime=mime,
                    key=f"sheet-{ending}-{key}",
                    icon=":material/download:",
                    on_click="ignore",
                )
        st.caption("点击后生成，约 2 秒。")
