"""Tables of an overlay and of ready results, their method in one line, and downloads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import numpy as np
import pandas as pd
import streamlit as st

from pingchang_geo import exports
from pingchang_geo.exports.geopackage import GPKG_MIME
from pingchang_geo.exports.sheet import Sheet
from pingchang_geo.specs import FieldSpec
from pingchang_geo.ui.asked import later
from pingchang_geo.ui.overlay.context import OverlayContext
from pingchang_geo.ui.text import plain
from pingchang_geo.ui.toolbar import short
from pingchang_geo.workflow.overlays import Combined, Ready, export, tables

#: Rows sent to the browser; downloads hold them all.
_ROWS_SHOWN: Final = 500
_HEAD_PX, _ROW_PX, _TALLEST_PX = 38, 35, 360


def zone_table(ctx: OverlayContext, found: Combined) -> None:
    """Title, downloads of the whole overlay, and the table by zone."""
    left, right, by = found.left.spec, found.right.spec, ctx.choice.by
    ids = (left.id, right.id)

    def notes() -> tuple[tuple[str, str], ...]:
        return ctx.notes(ids, export.words(found, by))

    name = f"平昌县_叠加_{left.title}_{right.title}" + (f"_{found.buffer_m / 1000:g}km" if found.buffer_m else "")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _heading(f"各{right.noun}", ctx.selectable)
        st.space("stretch")
        downloads(
            name,
            lambda: exports.to_xlsx(*export.sheets(found, by, ctx.units, notes())),
            lambda: export.geopackage(found, notes()),
        )
    rows = _first_rows(found, ctx.choice.measure)
    fields = tables.feature_fields(found)
    table(ctx, f"各{right.noun}", found.features.iloc[rows], fields, rows if ctx.selectable else None)
    if len(rows) < len(found.features):
        st.caption(f"仅列出前 {len(rows)} 行，全部 {len(found.features):,} 行请下载查看。")


def category_table(ctx: OverlayContext, found: Combined) -> None:
    """The table by category of the counted layer, overlaps once."""
    by = ctx.choice.by
    if not by or not found.totals.count:
        return
    title = f"各{tables.group_label(found.left, by)}"
    _heading(f"{title}（合计，重叠只计一次）", False)
    table(ctx, title, found.by_category(by), tables.category_fields(found, by))


def method_lines(found: Combined) -> None:
    """How the figures came about, whether area was conserved, and the mark."""
    st.caption(plain(tables.method_words(found)))
    if found.sum_caveat:
        st.caption(f"年固碳量：{found.sum_caveat}")
    balance = tables.balance_words(found)
    if balance and found.balance is not None:
        (st.caption if found.balance.holds else st.error)(plain(balance))
    _marked(found.mark)


def ready_results(ctx: OverlayContext, found: Ready, every: Sequence[Ready]) -> None:
    """Table of one ready result, with downloads of all of them."""
    ids = list(dict.fromkeys(layer for one in every for layer in one.behind))
    mark = ctx.mark(ids)

    def notes(some: Sequence[Ready]) -> tuple[tuple[str, str], ...]:
        behind = dict.fromkeys(layer for one in some for layer in one.behind)
        return ctx.notes(behind, [(f"方法（{one.title}）", one.words) for one in some])

    def workbook() -> bytes:
        lines = notes(every)
        made = [export.ready_sheet(one, ctx.units, lines, ctx.mark(one.behind)) for one in every]
        return exports.to_xlsx(*made)

    zoned = [one for one in every if one.zone is not None]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _heading(found.title, ctx.selectable)
        st.space("stretch")
        downloads(
            "平昌县_现成结果",
            workbook,
            (lambda: export.ready_geopackage(zoned, notes(zoned), mark)) if zoned else None,
            label="全部结果",
        )
    rows = np.arange(len(found.frame)) if ctx.selectable else None
    table(ctx, found.title, found.frame, found.fields, rows)
    st.caption(plain(found.words))
    _marked(ctx.mark(found.behind))


def _heading(title: str, selectable: bool) -> None:
    hint = "　:gray[:small[点选一行，可在地图上定位]]" if selectable else ""
    st.markdown(f"##### {plain(title)}{hint}", width="content")


def _marked(mark: str) -> None:
    if mark:
        st.caption(f":orange-badge[{mark}] 图形与属性仅供示意，不得作为管理依据。")


def downloads(
    name: str, workbook: Callable[[], bytes], geopackage: Callable[[], bytes] | None, label: str = ""
) -> None:
    """A workbook and, where there are geometries, a GeoPackage; made when they are asked for."""
    stamp = f"{datetime.now():%Y%m%d}"
    of = f"（{label}）" if label else ""
    offered: list[tuple[str, str, str, Callable[[], bytes]]] = [
        (f"下载 Excel{of}", exports.XLSX_MIME, "xlsx", workbook),
    ]
    if geopackage is not None:
        offered.append((f"下载 GeoPackage{of}", GPKG_MIME, "gpkg", geopackage))
    for words, mime, ending, make in offered:
        st.download_button(
            words,
            data=make,
            file_name=f"{name}_{stamp}.{ending}",
            mime=mime,
            key=f"overlay-{ending}",
            icon=":material/download:",
            on_click="ignore",
        )


def table(ctx: OverlayContext, title: str, frame: pd.DataFrame, fields: Sequence[FieldSpec], rows: Any = None) -> None:
    """A table in the reader's units; with ``rows`` of a layer, choosing a line selects the feature on the map.

    Headers leave the method in brackets to their hint; downloads have it in full.
    """
    briefly = [replace(spec, label=short(spec.label)) for spec in fields]
    sheet = Sheet.of_frame(title, frame, briefly, ctx.units)
    hints = {short(spec.label): spec.help or spec.label for spec in fields}
    columns = {
        header: st.column_config.NumberColumn(header, format="localized", help=hints.get(header.partition("（")[0]))
        for header in sheet.digits
    }
    key = f"overlay-table-{title}"

    def picked() -> None:
        found = st.session_state[key].selection.rows
        ctx.select(int(rows[found[0]]) if found else None)

    st.dataframe(
        pd.DataFrame(sheet.columns),
        key=key,
        height=min(_TALLEST_PX, _HEAD_PX + _ROW_PX * max(1, len(frame))),
        hide_index=True,
        column_config=columns,
        on_select=later(picked) if rows is not None else "ignore",
        selection_mode="single-row",
        placeholder="—",
        alt=f"{title}数据表",
    )


def _first_rows(found: Combined, measure: str) -> Any:
    """All zones in their order; of very many the first by the chosen quantity."""
    if len(found.features) <= _ROWS_SHOWN:
        return np.arange(len(found.features))
    values = found.features[measure].fillna(0).to_numpy(dtype=np.float64)
    return np.argsort(-values, kind="stable")[:_ROWS_SHOWN]
