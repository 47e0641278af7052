"""Bars of a declared chart under a filter: what the other filters leave of each, and what choosing a bar means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pingchang_geo.filters import Clause, OneOf
from pingchang_geo.specs import Chart, FieldKind, LayerSpec

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: Bars shown; the rest of the categories share one.
MOST_BARS: Final = 12
MISSING_LABEL: Final = "无数据"
OTHER_LABEL: Final = "其他"


@dataclass(frozen=True)
class Bars:
    """n bars: ``total`` over all rows and ``shown`` under the other filters, both in the internal unit (or counts).

    ``clauses[i]`` is the filter clause that choosing bar i means (None: the bar cannot be chosen); ``chosen[i]`` says
    whether the bar belongs to the present choice. ``rows[i]`` is the single row behind a bar, −1 if there are several.
    ``known[i]`` is False where no feature left of the bar has a value: nothing is known, which is not zero.
    ``left_out`` counts the smaller bars that are not shown.
    """

    names: tuple[str, ...]
    total: Floats
    shown: Floats
    chosen: tuple[bool, ...]
    clauses: tuple[Clause | None, ...]
    rows: tuple[int, ...]
    known: tuple[bool, ...]
    left_out: int = 0
    #: Features of each category, over all rows; what the map's legend assigns colours by.
    counted: Mapping[str, int] = field(default_factory=dict)


def aggregate(
    spec: LayerSpec, chart: Chart, frame: pd.DataFrame, keep: Mask | None = None, own: Clause | None = None
) -> Bars:
    """Bars of a chart.

    Args:
        spec: the layer.
        chart: what to sum by what; without a measure features are counted.
        frame: n rows.
        keep: rows that every other filter keeps; None keeps all.
        own: the clause on this chart's own field, which highlights instead of filtering.
    """
    weights = np.ones(len(frame)) if not chart.measure else _numbers(frame, chart.measure)
    present = np.isfinite(weights)
    weights = np.nan_to_num(weights)
    codes, names = _codes(frame, chart.by)
    n = len(names) + 1
    total = _sums(codes, weights, n)
    shown = total if keep is None else _sums(codes[keep], weights[keep], n)
    counts = np.bincount(codes, minlength=n)
    left, known = _counts(codes, present, keep, n)
    rows = np.full(n, -1)
    rows[codes] = np.arange(len(codes))
    rows[counts != 1] = -1
    filterable = spec.field(chart.by).filterable
    bars = Bars(
        names=(*names, MISSING_LABEL),
        total=total,
        shown=shown,
        chosen=tuple(own is None or (isinstance(own, OneOf) and name in own.values) for name in (*names, "")),
        clauses=(*((OneOf(chart.by, (name,)) if filterable else None) for name in names), None),
        rows=tuple(int(r) for r in rows),
        # Of a bar that the filter empties something is known: it is zero.
        known=tuple(bool(k) for k in np.where(left > 0, known > 0, np.bincount(codes[present], minlength=n) > 0)),
        counted={name: int(count) for name, count in zip(names, counts[:-1], strict=True)},
    )
    order = [i for i in range(n) if counts[i]]
    if not chart.horizontal:
        return _picked(bars, order)
    # Single features beyond the largest are left out; a bar of all the others would dwarf them.
    return _ranked(bars, order, rest=spec.field(chart.by).kind is not FieldKind.TEXT)


def toggled(own: Clause | None, clause: Clause | None) -> Clause | None:
    """The clause after the reader clicked a bar: added to the choice, or taken out of it."""
    if not isinstance(clause, OneOf):
        return None if clause == own else clause
    if not isinstance(own, OneOf):
        return clause
    kept = tuple(value for value in own.values if value not in clause.values)
    values = kept if len(kept) < len(own.values) else (*own.values, *clause.values)
    return OneOf(clause.field, values) if values else None


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    return np.asarray(frame[name].to_numpy(dtype=np.float64, na_value=np.nan))


def _sums(codes: NDArray[np.int64], weights: Floats, n: int) -> Floats:
    return np.bincount(codes, weights=weights, minlength=n).astype(np.float64)


def _counts(
    codes: NDArray[np.int64], present: Mask, keep: Mask | None, n: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Features of each bar that the filter leaves, and how many of them have a value."""
    keep = np.ones(len(codes), dtype=bool) if keep is None else keep
    return np.bincount(codes[keep], minlength=n), np.bincount(codes[keep & present], minlength=n)


def _codes(frame: pd.DataFrame, name: str) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Category code of each row, ``len(names)`` where missing."""
    column = frame[name]
    if not isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype("category")
    names = tuple(str(value) for value in column.cat.categories)
    codes = column.cat.codes.to_numpy().astype(np.int64)
    codes[codes < 0] = len(names)
    return codes, names


def _picked(bars: Bars, order: list[int]) -> Bars:
    return replace(
        bars,
        names=tuple(bars.names[i] for i in order),
        total=bars.total[order],
        shown=bars.shown[order],
        chosen=tuple(bars.chosen[i] for i in order),
        clauses=tuple(bars.clauses[i] for i in order),
        rows=tuple(bars.rows[i] for i in order),
        known=tuple(bars.known[i] for i in order),
    )


def _ranked(bars: Bars, present: list[int], *, rest: bool) -> Bars:
    """Largest totals first; beyond :data:`MOST_BARS` the smallest are added up, or only counted in ``left_out``."""
    order = sorted(present, key=lambda i: (bars.names[i] == MISSING_LABEL, -bars.total[i]))
    if len(order) <= MOST_BARS:
        return _picked(bars, order)
    if not rest:
        return replace(_picked(bars, order[:MOST_BARS]), left_out=len(order) - MOST_BARS)
    head, tail = order[: MOST_BARS - 1], order[MOST_BARS - 1 :]
    kept = _picked(bars, head)
    return replace(
        kept,
        names=(*kept.names, f"{OTHER_LABEL}（{len(tail)} 项）"),
        total=np.append(kept.total, bars.total[tail].sum()),
        shown=np.append(kept.shown, bars.shown[tail].sum()),
        chosen=(*kept.chosen, any(bars.chosen[i] for i in tail)),
        clauses=(*kept.clauses, None),
        rows=(*kept.rows, -1),
        known=(*kept.known, any(bars.known[i] for i in tail)),
    )
