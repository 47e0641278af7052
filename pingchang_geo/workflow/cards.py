"""The card of one feature: what a click shows, in the reader's units. One source for pop-up, page and exports."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from pingchang_geo import layers
from pingchang_geo.provenance import ILLUSTRATIVE_MARK
from pingchang_geo.specs import FieldKind, FieldSpec, LayerSpec
from pingchang_geo.units import MassUnit, UnitChoice, format_quantity
from pingchang_geo.workflow.atlas import Atlas, LayerData


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
    shown = [(f, value) for f, value in shown if not _absent(value)]
    rows = tuple((f.label + _joined_mark(atlas, data.spec, f), show(f, value, units)) for f, value in shown)
    source = data.version.provenance
    badge = ILLUSTRATIVE_MARK if source.illustrative else f"{source.kind.label}数据"
    behind = layers.behind(data.spec, [f.name for f, _ in shown])
    note = "；".join(_source(atlas[other]) for other in behind if other in atlas)
    return Card(data.title_of(row), badge, source.kind.value, rows, note)


def _joined_mark(atlas: Atlas, spec: LayerSpec, field: FieldSpec) -> str:
    """〔示意〕 where a reference layer was joined into this value of an otherwise official feature."""
    others = [other for other in layers.behind(spec, [field.name]) if other != spec.id]
    return "〔示意〕" if atlas.mark(others) and not atlas.mark([spec.id]) else ""


def _source(data: LayerData) -> str:
    source = data.version.provenance
    parts = (f"{data.spec.title}{data.version.label}", source.kind.label, source.source, source.as_of)
    return " · ".join(part for part in parts if part)


def show(spec: FieldSpec, value: Any, units: UnitChoice) -> str:
    """One value as text with its unit; ``—`` where it is missing."""
    if _absent(value):
        return "—"
    if spec.kind is FieldKind.NUMBER:
        return format_quantity(float(value), spec.unit, units, spec.digits)
    return str(value)


def _absent(value: Any) -> bool:
    return bool(pd.isna(value)) or value == ""
