"""The typed filter: one object that becomes a mask on a frame, a rule for the map and a query string.

Because all three come from the same object, the page's figures and the map's pixels agree to the last plot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pingchang_geo.errors import FilterError

#: Separates values inside one query parameter; the field's own values never hold it.
_SEPARATOR = "~"


@dataclass(frozen=True)
class OneOf:
    """Keep rows whose category is one of ``values``."""

    field: str
    values: tuple[str, ...]

    def mask(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """Boolean mask, one entry a row."""
        return np.asarray(frame[self.field].isin(list(self.values)), dtype=bool)

    def rule(self, frame: pd.DataFrame) -> dict[str, Any]:
        """Look-up rule for the map: codes into the column's categories."""
        categories = list(frame[self.field].cat.categories)
        return {
            "field": self.field,
            "codes": [categories.index(value) for value in self.values if value in categories],
        }


@dataclass(frozen=True)
class Between:
    """Keep rows whose number lies in [low, high], both ends included, compared as Float32; missing drops out."""

    field: str
    low: float | None = None
    high: float | None = None

    def mask(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """Boolean mask, one entry a row; float32 because the map has float32 columns."""
        values = frame[self.field].to_numpy(dtype=np.float32, na_value=np.nan)
        keep = ~np.isnan(values)
        if self.low is not None:
            keep &= values >= np.float32(self.low)
        if self.high is not None:
            keep &= values <= np.float32(self.high)
        return keep

    def rule(self, frame: pd.DataFrame) -> dict[str, Any]:
        """Look-up rule for the map."""
        limits = {"min": self.low, "max": self.high}
        return {"field": self.field, **{k: float(np.float32(v)) for k, v in limits.items() if v is not None}}


Clause = OneOf | Between


@dataclass(frozen=True)
class Filter:
    """All clauses hold together (AND). The empty filter keeps everything."""

    clauses: tuple[Clause, ...] = field(default=())

    def __bool__(self) -> bool:
        return bool(self.clauses)

    def mask(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """Boolean mask over ``frame``, whose categories are pandas categoricals.

        Raises:
            FilterError: a clause names a column that the frame does not have.
        """
        keep = np.ones(len(frame), dtype=bool)
        for clause in self.clauses:
            if clause.field not in frame.columns:
                raise FilterError(f"筛选条件中的字段「{clause.field}」在该图层中不存在。", fix="请清除该筛选条件。")
            keep &= clause.mask(frame)
        return keep

    def rule(self, frame: pd.DataFrame) -> list[dict[str, Any]]:
        """The map's form of the same filter (docs/architecture.md, ``state.layers[…].filter``)."""
        return [clause.rule(frame) for clause in self.clauses]

    def replacing(self, clause_field: str, clause: Clause | None) -> Filter:
        """A filter with the clause on ``clause_field`` replaced, or dropped when ``clause`` is None."""
        kept = tuple(c for c in self.clauses if c.field != clause_field)
        return Filter(kept if clause is None else (*kept, clause))

    def encode(self) -> dict[str, str]:
        """Query parameters, one a field: ``{"species": "马尾松~柏木", "volume_m3_ha": "50.."}``."""
        return {clause.field: _encode(clause) for clause in self.clauses}

    @classmethod
    def decode(cls, parameters: Mapping[str, str], kinds: Mapping[str, bool]) -> tuple[Filter, list[str]]:
        """Filter from query parameters, and the names of parameters that were not understood.

        ``kinds`` maps each field that may be filtered to whether it is a number. Names outside ``kinds`` are
        ignored silently: they belong to somebody else.
        """
        clauses: list[Clause] = []
        bad: list[str] = []
        for name, text in parameters.items():
            if name not in kinds:
                continue
            clause = _decode_between(name, text) if kinds[name] else _decode_one_of(name, text)
            if clause is None:
                bad.append(name)
            else:
                clauses.append(clause)
        return cls(tuple(clauses)), bad


def _encode(clause: Clause) -> str:
    if isinstance(clause, OneOf):
        return _SEPARATOR.join(_apart(value) for value in clause.values)
    low = "" if clause.low is None else f"{clause.low:.9g}"
    high = "" if clause.high is None else f"{clause.high:.9g}"
    return f"{low}..{high}"


def _decode_one_of(name: str, text: str) -> OneOf | None:
    values = tuple(_together(value) for value in text.split(_SEPARATOR) if value)
    return OneOf(name, values) if values else None


def _apart(value: str) -> str:
    """A value without the separator; any value must come back as it was."""
    return value.replace("%", "%25").replace(_SEPARATOR, "%7E")


def _together(text: str) -> str:
    return text.replace("%7E", _SEPARATOR).replace("%25", "%")


def _decode_between(name: str, text: str) -> Between | None:
    low, dots, high = text.partition("..")
    if not dots or not (low or high):
        return None
    try:
        limits = tuple(float(part) if part else None for part in (low, high))
    except ValueError:
        return None
    if any(limit is not None and not np.isfinite(limit) for limit in limits):
        return None
    return Between(name, *limits)
