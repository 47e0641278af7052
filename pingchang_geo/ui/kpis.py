"""KPI cards: figures computed from the layer under the filter, and figures that the report gives; never mixed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
import streamlit as st
from numpy.typing import NDArray

from pingchang_geo import reconcile, units
from pingchang_geo.indicators import Indicator, load_ledger
from pingchang_geo.layers import joined
from pingchang_geo.reconcile import Reconciliation
from pingchang_geo.specs import FieldKind, FieldSpec, LayerSpec
from pingchang_geo.ui import totals
from pingchang_geo.ui.state import View
from pingchang_geo.ui.text import plain
from pingchang_geo.units import UnitChoice
from pingchang_geo.workflow.atlas import Atlas, LayerData

#: Quantities on the strip besides the number of features.
_MOST_QUANTITIES = 3


@dataclass(frozen=True)
class Card:
    """One card; ``kind`` is 计算 or 报告, ``source`` the Markdown of its 「出处」, ``field`` the column it sums."""

    label: str
    value: str
    kind: str
    source: str
    hint: str = ""
    mark: str = ""
    field: str = ""

    @property
    def tag(self) -> str:
        """What stands beside the value: ``计算 · 示意 · 占 33.3%``."""
        return " · ".join(part for part in (self.kind, self.mark.removesuffix("数据"), self.hint) if part)


def cards(items: Sequence[Card], *, key: str, across: int = 0) -> None:
    """The strip: cards side by side (``across`` of them, all by default), wrapping where the window is narrow."""
    with st.grid(across or len(items), min_column_width=150, gap="xsmall", key=key):
        for number, item in enumerate(items):
            place = f"{key}_{number}"
            with st.container(border=True, horizontal=True, wrap=False, gap="xxsmall", key=place):
                value = f"**{item.value}** :small[:gray[{item.tag}]]"
                st.markdown(f"{short(item.label)}\n\n{value}", width="stretch")
                with st.popover("出处", type="tertiary", width="content", help=f"{item.label}的出处"):
                    st.markdown(f"**{item.label}**　{item.value}\n\n{item.source}")


def computed(found: Atlas, view: View, choice: UnitChoice, mark_of: Callable[[str], str]) -> list[Card]:
    """Number of features and sums of the layer's derived quantities under the filter.

    Without a filter, totals over zones count every plot once; under one the zones are added up.
    ``mark_of`` gives the mark of what stands behind a column (``""``: the features themselves).
    """
    data = view.data
    keep = view.keep()
    rows = len(data.frame)
    kept = rows if keep is None else int(keep.sum())
    hint = _share(kept, rows) if keep is not None else ""
    mark = mark_of("")
    shown = [Card(f"{data.spec.noun}数", f"{kept:,} 个", "计算", _method(data, None, mark), hint, mark)]
    overlap = totals.overlapping(found, data)
    for field in quantities(data):
        values = totals.column(data, field.name)
        if np.isnan(values).all():
            continue  # points have no area, and a version without volumes no stock
        whole, plots_once = totals.total(values), totals.once(found, data.spec, field.name)
        part = totals.total(values[keep]) if keep is not None else whole if plots_once is None else plots_once
        twice = overlap and (keep is not None or plots_once is None)
        mark = mark_of(field.name)
        share = _share(part, whole) if keep is not None else ""
        shown.append(
            Card(
                field.label,
                units.format_quantity(part, field.unit, units.fitting(field.unit, choice, whole)),
                "计算",
                _method(data, field, mark) + _overlaps(overlap, twice) + _left_out(data, values, keep),
                " · ".join(filter(None, (share, points_hint(data, field.name)))),
                mark,
                field.name,
            )
        )
    return shown


def quantities(data: LayerData) -> list[FieldSpec]:
    """Derived quantities that add up, in the order of the pop-up."""
    spec = data.spec
    fields = [spec.field(name) for name in spec.popup if name in data.frame.columns]
    adding = [f for f in fields if f.derived and f.extensive and f.kind is FieldKind.NUMBER]
    return adding[:_MOST_QUANTITIES]


def short(label: str) -> str:
    """Label without the method in brackets; the method stands in the 出处."""
    return label.partition("（")[0]


def reported(ids: Sequence[str]) -> list[Card]:
    """Figures of the report, as it writes them, with the quotation."""
    ledger = load_ledger()
    return [Card(ledger[i].label, ledger[i].display(), "报告", citation(ledger[i])) for i in ids]


def citation(indicator: Indicator) -> str:
    """Markdown of a figure's source."""
    lines = [f"> {plain(indicator.citation())}"]
    when = indicator.as_of or indicator.as_of_note
    lines += [f"时点：{plain(when)}"] if when else []
    lines += [plain(indicator.note)] if indicator.note else []
    return "\n\n".join(lines)


def points_hint(data: LayerData, *names: str) -> str:
    """How points count in the totals inside zones; nothing where none of the columns is one or all zones are known."""
    if not joined.shows_inside(names) or not (shapely.get_type_id(data.geometry) == shapely.GeometryType.POINT).any():
        return ""
    return joined.point_note(data.spec.zone)


def _left_out(data: LayerData, values: NDArray[np.float64], keep: Any) -> str:
    """How many features the sum does not hold, because nothing is known of them."""
    missing = np.isnan(values) if keep is None else np.isnan(values[keep])
    count = int(missing.sum())
    return f"\n\n其中 {count:,} 个{data.spec.noun}无数据，未计入。" if count else ""


def _overlaps(overlap: bool, twice: bool) -> str:
    if not overlap:
        return ""
    return "\n\n图层内有范围相互重叠，重叠部分" + ("重复计入。" if twice else "只计一次。")


def _share(part: float, whole: float) -> str:
    return f"占 {100 * part / whole:.1f}%" if whole > 0 and part == part else ""  # noqa: PLR0124  NaN is not itself


def _method(data: LayerData, field: FieldSpec | None, mark: str) -> str:
    """How a computed figure came about, and what the report says about the same total."""
    spec, version = data.spec, data.version
    origin = plain(version.provenance.source)
    lines = [f"由「{spec.title}」{version.label}计算（{version.provenance.kind.label}：{origin}）。"]
    if field is not None and field.help:
        lines.append(plain(field.help))
    lines += [_compared(item) for item in _totals(spec, data, field)]
    if mark:
        lines.append(f":orange-badge[{mark}] 图形与属性仅供示意，不得作为管理依据。")
    return "\n\n".join(lines)


def _totals(spec: LayerSpec, data: LayerData, field: FieldSpec | None) -> list[Reconciliation]:
    name = field.name if field is not None else ""
    wanted = {c.indicator for c in spec.control_totals if c.field == name}
    if not wanted:
        return []
    return [item for item in reconciled((spec.id, data.version.name), data) if item.indicator in wanted]


@st.cache_resource(max_entries=16, show_spinner=False)
def reconciled(key: tuple[str, str], _data: LayerData) -> tuple[Reconciliation, ...]:
    """Reconciliation of one version, by layer and version name; computed once."""
    return reconcile.reconcile(_data.spec, _data.frame, _data.version.provenance, load_ledger())


def _compared(item: Reconciliation) -> str:
    indicator = load_ledger()[item.indicator]
    text = f"报告值：{item.label} {plain(indicator.display())}；全部数据计算值 "
    text += f"{units.format_number(item.computed, significant=6)} {item.unit}，{item.verdict.value}。"
    text += (f"{item.note}。" if item.note else "") + f"\n\n> {plain(indicator.citation())}"
    return text + (f"\n\n{plain(indicator.note)}" if indicator.note else "")
