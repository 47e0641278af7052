"""The rows behind the map: a folded table of the first rows, and downloads of all of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from pingchang_geo import exports
from pingchang_geo.exports import sheet as sheets
from pingchang_geo.exports.sheet import Sheet
from pingchang_geo.ui import data as shared
from pingchang_geo.ui.asked import later
from pingchang_geo.ui.context import Context
from pingchang_geo.ui.selection import select
from pingchang_geo.ui.text import filter_words

Rows = NDArray[np.intp]

#: Rows sent to the browser; downloads hold them all.
_ROWS_SHOWN = 500


def table_panel(ctx: Context) -> None:
    """Table of the layer in focus under the filter."""
    data, page, keep = ctx.data, ctx.page.path, ctx.view.keep()
    rows = len(data.frame) if keep is None else int(keep.sum())
    title = f"数据表：{data.spec.title}（{rows:,} 个{data.spec.noun}）"
    with st.expander(title, icon=":material/table_rows:", key=f"table-{page}", on_change="rerun") as panel:
        if not panel.open:
            return
        make = sheet_maker(ctx)
        downloads(make, f"平昌县_{data.spec.title}_{data.version.label.replace(' ', '')}", key=f"rows-{page}")
        if rows == 0:
            st.info(f"没有符合筛选条件的{data.spec.noun}。请放宽或清除筛选条件。", icon=":material/filter_list_off:")
            return
        first = np.arange(min(rows, _ROWS_SHOWN)) if keep is None else np.flatnonzero(keep)[:_ROWS_SHOWN]
        _table(ctx, make(first), first)
        if rows > _ROWS_SHOWN:
            st.caption(f"仅列出前 {_ROWS_SHOWN} 行，全部 {rows:,} 行请下载查看。")


def sheet_maker(ctx: Context) -> Callable[..., Sheet]:
    """Function that makes the sheet of all rows under the filter, or of the rows it is given."""
    data, spec, state, found = ctx.data, ctx.data.spec, ctx.state, ctx.atlas
    keep = ctx.view.keep()
    mark = ctx.mark()
    suffixes = {name: suffix for name in data.frame.columns if (suffix := shared.joined_mark(found, spec, name))}
    sources = ctx.sources(*data.frame.columns)
    words = filter_words(spec, state.chosen, state.units)

    def make(rows: Rows | None = None) -> Sheet:
        frame = data.frame.iloc[rows] if rows is not None else data.frame if keep is None else data.frame[keep]
        lines = sheets.notes(sources, datetime.now(), filters=words, rows=f"{len(frame):,}", mark=mark)
        if suffixes:
            lines = (("说明", "标〔示意〕的列由示意图层叠加得到，仅供示意。"), *lines)
        return Sheet.of_frame(spec.title, frame, spec.fields, state.units, notes=lines, mark=mark, suffixes=suffixes)

    return make


def downloads(make: Callable[[], Sheet], name: str, *, key: str) -> None:
    """Two buttons; the file is made when it is asked for."""
    stamp = f"{datetime.now():%Y%m%d}"
    with st.container(horizontal=True, gap="small"):
        for label, mime, ending, write in (
            ("下载 CSV", exports.CSV_MIME, "csv", exports.to_csv),
            ("下载 Excel", exports.XLSX_MIME, "xlsx", exports.to_xlsx),
        ):
            st.download_button(
                label,
                data=lambda write=write: write(make()),  # type: ignore[misc]
                file_name=f"{name}_{stamp}.{ending}",
                mime=mime,
                key=f"{key}-{ending}",
                icon=":material/download:",
                on_click="ignore",
            )


def _table(ctx: Context, sheet: Sheet, rows: Rows) -> None:
    key = f"rows-{ctx.page.path}-{ctx.data.spec.id}"

    def picked() -> None:
        found = st.session_state[key].selection.rows
        select(ctx, int(rows[found[0]]) if found else None)

    columns = {header: st.column_config.NumberColumn(header, format="localized") for header in sheet.digits}
    st.dataframe(
        pd.DataFrame(sheet.columns),
        key=key,
        height=340,
        hide_index=True,
        column_config=columns,
        on_select=later(picked),
        selection_mode="single-row",
        placeholder="—",
        alt=f"{sheet.title}数据表",
    )
    st.caption(f"{sheet.mark}　点选一行，可在地图上定位该要素。" if sheet.mark else "点选一行，可在地图上定位该要素。")
