"""The card of one feature: what a click shows, in the reader's units. One source for pop-up, page and exports."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from pingchang_geo.provenance import ILLUSTRATIVE_MARK
from pingchang_geo.specs import FieldKind, FieldSpec
from pingchang_geo.units import MassUnit, UnitChoice, format_quantity
from pingchang_geo.workflow.atlas import Atlas


@dataclass(frozen=True)
class Card:
    """Title, labelled values and source of one feature; every text is plain, never HTML."""

    title: str
    badge: str
    badge_kind: str
    rows: tuple[tuple[str, str], ...]
    note: str

    def as_dict(self) -> dict[str, Any]:
        """JSON form of the pop-up (docs/architecture.md)."""
        return {
            "title": self.title,
            "badge": {"text": self.badge, "kind": self.badge_kind},
            "rows": [list(row) for row in self.rows],
            "note": self.note,
        }


def card(atlas: Atlas, layer_id: str, row: int, units: UnitChoice) -> Card:
    """Card of one feature; its masses stay in tonnes, since a single plot's would be 0.01 万吨.

    Raises:
        UnknownLayerError: the layer has no data.
        IndexError: no such row.
    """
    data = atlas[layer_id]
    if not 0 <= row < len(data.frame):
        raise IndexError(row)
    record = data.frame.iloc[row]
    units = replace(units, mass=MassUnit.T)
    shown = [(data.spec.field(name), record[name]) for name in data.spec.popup if name in data.frame.columns]
    rows = tuple((f.label, show(f, value, units)) for f, value in shown if not _absent(value))
    source = data.version.provenance
    badge = ILLUSTRATIVE_MARK if source.illustrative else f"{source.kind.label}数据"
    note = f"{data.spec.title}{data.version.label} · {source.source}" + (f" · {source.as_of}" if source.as_of else "")
    return Card(data.title_of(row), badge, source.kind.value, rows, note)


def show(spec: FieldSpec, value: Any, units: UnitChoice) -> str:
    """One value as text with its unit; ``—`` where it is missing."""
    if _absent(value):
        return "—"
    if spec.kind is FieldKind.NUMBER:
        return format_quantity(float(value), spec.unit, units, spec.digits)
    return str(value)


def _absent(value: Any) -> bool:
    return bool(pd.isna(value)) or value == ""
