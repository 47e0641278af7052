"""The comparison of a draft with the current version: fates, sums by group, a map of what changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
import shapely
import streamlit as st

from pingchang_geo import layers, maps
from pingchang_geo.comparison import Status
from pingchang_geo.maps.sketch import Role, Shape, collection
from pingchang_geo.specs import LayerSpec
from pingchang_geo.ui.map_panel import board
from pingchang_geo.units import UnitChoice, format_number, shown_factor, shown_unit
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.uploads.drafting import FATE
from pingchang_geo.workflow.uploads.drafts import FATES, Draft, Drafts

_ROLES: Final = {Status.ADDED.label: Role.ADDED, Status.REMOVED.label: Role.REMOVED, Status.CHANGED.label: Role.CHANGED}
_LABELS: Final = {"area_ha": "面积", "stock_tc": "碳储量", "removal_tco2_a": "年固碳量"}
_UNITS: Final = {"area_ha": "ha", "stock_tc": "tC", "removal_tco2_a": "tCO₂/年"}
_SIMPLE_DEG: Final = 2e-5


def changes(drafts: Drafts, draft: Draft, found: dict[str, Any], atlas: Atlas) -> None:
    """What publishing would change."""
    if not found["layer"] or found["decision"] == "reject":
        return
    spec = layers.get(found["layer"])
    compared = drafts.comparison(draft)
    st.markdown("##### 与当前版本比较")
    if compared is None:
        current = atlas.layers.get(spec.id)
        words = (
            "尚无版本，这将是第一版。"
            if current is None
            else f"当前为{current.version.label}（示意数据），不作逐个比较。"
        )
        st.caption(f"「{spec.title}」{words}")
        return
    left, right = st.columns((0.58, 0.42), gap="small")
    with left:
        tables(spec, compared["summary"], compared["groups"], compared["changed_fields"], compared["moved"])
    with right:
        fates = drafts.features(draft, FATES)
        if fates is None:
            st.caption("没有变化，地图从略。")
        else:
            change_map(f"changes-{draft.id}", atlas, fates)


def tables(
    spec: LayerSpec,
    summary: Sequence[dict[str, Any]],
    groups: dict[str, Sequence[dict[str, Any]]],
    changed_fields: dict[str, int],
    moved: int,
) -> None:
    """Fates with their sums, the fields that changed, and sums by group."""
    counts = {row["status"]: row["count"] for row in summary}
    with st.container(horizontal=True, gap="small"):
        for label in (status.label for status in Status):
            st.metric(label, f"{counts.get(label, 0):,}", border=True)
    quantities = [name for name in _LABELS if any(row.get(f"{name}_after") is not None for row in summary)]
    st.dataframe(_sums([{**row, "group": row["status"]} for row in summary], quantities, "变化"), hide_index=True)
    words = [f"{spec.field(name).label} {count:,}" for name, count in list(changed_fields.items())[:8]]
    words += [f"图形 {moved:,}"] if moved else []
    if words:
        st.caption("变更的内容（个数）：" + "、".join(words))
    if groups:
        by = st.selectbox(
            "分组",
            list(groups),
            format_func=lambda name: f"按{_label(spec, name)}",
            key=f"groups_{spec.id}",
            label_visibility="collapsed",
            width=200,
        )
        st.dataframe(_sums(groups[by], quantities, _label(spec, by)), hide_index=True, height=240)


def _label(spec: LayerSpec, name: str) -> str:
    """A group's name: that of a field, or its own."""
    return spec.field(name).label if spec.has(name) else name


def _sums(rows: Sequence[dict[str, Any]], quantities: Sequence[str], title: str) -> pd.DataFrame:
    units = UnitChoice()
    columns: dict[str, list[str]] = {title: [str(row["group"]) for row in rows]}
    if rows and "count_before" in rows[0]:
        columns["个数"] = [f"{row['count_before']:,} → {row['count_after']:,}" for row in rows]
    for name in quantities:
        factor, unit = shown_factor(_UNITS[name], units), shown_unit(_UNITS[name], units)
        columns[f"{_LABELS[name]}（{unit}）"] = [
            f"{_number(row.get(f'{name}_before'), factor)} → {_number(row.get(f'{name}_after'), factor)}"
            for row in rows
        ]
    return pd.DataFrame(columns)


def _number(value: float | None, factor: float) -> str:
    return format_number(None if value is None else value * factor, significant=5)


def change_map(key: str, atlas: Atlas, fates: Any, mark: str = "") -> None:
    """Added, removed and changed features (or what they merge into) over the base map."""
    shapes = fates.geometry.to_numpy()
    if len(fates) > len(_ROLES):  # merged ones are simple already, and simplifying one of their size takes a minute
        shapes = shapely.simplify(shapes, _SIMPLE_DEG)
    sketch = collection(
        Shape(_ROLES[label], shape) for label, shape in zip(fates[FATE], shapes, strict=True) if shape is not None
    )
    west, south, east, north = (float(value) for value in shapely.total_bounds(fates.geometry.to_numpy()))
    state = maps.state({}, UnitChoice(), fly=(west, south, east, north), sketch=sketch, mark=mark)
    board(key, atlas, (), state, box="map_box_changes")
    if len(fates) <= len(_ROLES):
        st.caption("变化的图形较多，地图按新增、减少、变更合并显示，细部从略。")
