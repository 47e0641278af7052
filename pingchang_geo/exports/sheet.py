"""What is exported: a table with Chinese headers, and the notes that say where it comes from."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from pingchang_geo import units
from pingchang_geo.provenance import Provenance
from pingchang_geo.specs import FieldKind, FieldSpec
from pingchang_geo.units import UnitChoice

#: A cell that starts like this is run as a formula by spreadsheet programs.
_FORMULA: Final = re.compile(r"^[\s\x00]*[=+\-@\t\r＝＋－＠]")
#: Characters that an xlsx file cannot hold.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def safe_text(value: str) -> str:
    """Text as a cell: control characters dropped; what looks like a formula gets a leading apostrophe."""
    text = _CONTROL.sub("", value)
    return f"'{text}" if _FORMULA.match(text) else text


@dataclass(frozen=True)
class Source:
    """One layer version behind a table, as the notes name it."""

    title: str
    version: str
    published_at: str
    provenance: Provenance

    def line(self) -> str:
        """``森林小班 第 1 版（示意）：来源…；许可…；时点…``."""
        p = self.provenance
        parts = [f"来源：{p.source}"]
        parts += [f"{label}：{text}" for label, text in (("许可", p.licence), ("数据时点", p.as_of)) if text]
        parts += [f"发布于 {self.published_at[:10]}"] if self.published_at else []
        return f"{self.title} {self.version}（{p.kind.label}）：" + "；".join(parts) + (f"。{p.note}" if p.note else "")


@dataclass(frozen=True)
class Sheet:
    """A table ready to be written.

    Attributes:
        title: of the table and its sheet.
        columns: header → values, all of one length; numbers stay numbers.
        notes: (label, text) lines for the 说明 sheet or the head of a CSV.
        mark: 示意数据 or nothing.
    """

    title: str
    columns: Mapping[str, Sequence[Any]]
    notes: tuple[tuple[str, str], ...] = ()
    mark: str = ""
    digits: dict[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Number of data rows."""
        return len(next(iter(self.columns.values()), ()))

    @classmethod
    def of_frame(
        cls,
        title: str,
        frame: pd.DataFrame,
        fields: Sequence[FieldSpec],
        choice: UnitChoice,
        *,
        notes: tuple[tuple[str, str], ...] = (),
        mark: str = "",
        suffixes: Mapping[str, str] = MappingProxyType({}),
    ) -> Sheet:
        """Sheet of a layer's rows: headers are label and unit, numbers in the reader's units; fields that the
        frame lacks, or that are empty throughout, are left out. ``suffixes`` go behind the header of a column."""
        columns: dict[str, Sequence[Any]] = {}
        digits: dict[str, int] = {}
        for spec in fields:
            if spec.name not in frame.columns or bool(frame[spec.name].isna().all()):
                continue
            # Masses of single features stay in tonnes where 万吨 would leave only zeros.
            own = choice
            if spec.kind is FieldKind.NUMBER:
                own = units.fitting(spec.unit, choice, float(frame[spec.name].abs().max()))
            header = header_of(spec, own, taken=columns) + suffixes.get(spec.name, "")
            columns[header] = _values(frame[spec.name], spec, own)
            if spec.kind is FieldKind.NUMBER:
                digits[header] = shown_digits(spec, own)
        return cls(title, columns, notes, mark, digits)


def header_of(spec: FieldSpec, choice: UnitChoice, taken: Any = ()) -> str:
    """``面积（亩）``; a header already taken gets the column's English name behind it."""
    unit = units.shown_unit(spec.unit, choice)
    header = f"{spec.label}（{unit}）" if unit and unit not in spec.label else spec.label
    return f"{header} {spec.name}" if header in taken else header


def shown_digits(spec: FieldSpec, choice: UnitChoice) -> int:
    """Decimals for a column: the declared ones, more by the factor's magnitude where the unit is larger."""
    digits = 2 if spec.digits is None else spec.digits
    factor = units.shown_factor(spec.unit, choice)
    extra = 0
    while factor < 1 and extra < 4:
        factor *= 10
        extra += 1
    return digits + extra


def notes(
    sources: Sequence[Source], made_at: datetime, *, filters: str = "", rows: str = "", mark: str = ""
) -> tuple[tuple[str, str], ...]:
    """The lines every export carries."""
    lines = [("说明", f"{mark}：图形与属性仅供示意，不得作为管理依据。")] if mark else []
    lines += [("图层版本", source.line()) for source in sources]
    lines += [("筛选条件", filters or "无"), ("记录数", rows)] if rows else [("筛选条件", filters or "无")]
    lines += [("导出时间", made_at.strftime("%Y-%m-%d %H:%M"))]
    return tuple(lines)


def _values(column: pd.Series[Any], spec: FieldSpec, choice: UnitChoice) -> Sequence[Any]:
    if spec.kind is FieldKind.NUMBER:
        numbers = pd.to_numeric(column, errors="coerce").astype("float64") * units.shown_factor(spec.unit, choice)
        digits = shown_digits(spec, choice)
        kind = float if digits else int
        return [kind(value) if math.isfinite(value) else None for value in numbers.round(digits).tolist()]
    return ["" if pd.isna(value) else str(value) for value in column.tolist()]
