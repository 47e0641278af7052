"""Classes of a quantity, and colours of categories.

Class limits are round by default, equal intervals, quantiles or natural breaks on request.

Values and limits are compared as the map compares them: both as Float32, classes ``[low, high)``, the last one
closed. Counts made here therefore equal the pixels' classes to the last feature.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pingchang_geo import units

Floats = NDArray[np.float64]
Breaks = tuple[float, ...]

DEFAULT_CLASSES: Final = 6
#: Natural breaks are searched on this many weighted bins; more would not move a limit visibly.
_NATURAL_BINS: Final = 256
#: A class that holds more than this share of all values says the quantity is skewed.
_SKEWED_SHARE: Final = 0.6
_ROUND: Final = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 10.0)


class Method(StrEnum):
    """How limits are chosen; the value stands in the address."""

    ROUND = "round"
    EQUAL = "equal"
    QUANTILE = "quantile"
    NATURAL = "natural"

    @property
    def label(self) -> str:
        """Name in the switch."""
        return {"round": "整数分级", "equal": "等间距", "quantile": "分位数", "natural": "自然断点"}[self.value]


def finite(values: Any) -> Floats:
    """The present values as the map sees them (Float32, widened again)."""
    numbers = _float32(values)
    return numbers[np.isfinite(numbers)].astype(np.float64)


def _float32(values: Any) -> NDArray[np.float32]:
    to_numpy = getattr(values, "to_numpy", None)
    numbers = to_numpy(dtype=np.float64, na_value=np.nan) if to_numpy else np.asarray(values, dtype=np.float64)
    with np.errstate(over="ignore"):
        return np.asarray(numbers, dtype=np.float32)


def breaks(
    values: Any, method: Method = Method.ROUND, classes: int = DEFAULT_CLASSES, preferred: Sequence[float] = ()
) -> Breaks:
    """Limits for at most ``classes`` classes that cover every present value.

    Args:
        values: n numbers, missing ones NaN.
        method: how to choose the limits.
        classes: wanted number of classes; fewer when the values do not support them.
        preferred: customary limits used by :attr:`Method.ROUND`, widened where values lie outside.

    Returns:
        k + 1 strictly increasing limits, k ≥ 1; ``(0, 1)`` without any value.
    """
    present = finite(values)
    if present.size == 0:
        return (0.0, 1.0)
    low, high = float(present.min()), float(present.max())
    if low == high and not (preferred and method is Method.ROUND):
        return _around(low)
    if method is Method.EQUAL:
        limits = np.linspace(low, high, classes + 1)
    elif method is Method.QUANTILE:
        limits = np.quantile(present, np.linspace(0, 1, classes + 1))
    elif method is Method.NATURAL:
        limits = _natural(present, classes)
    elif preferred:
        limits = np.asarray(preferred, dtype=np.float64)
    else:
        return round_breaks(present, classes)
    return _covering(limits, low, high)


def round_breaks(values: Any, classes: int = DEFAULT_CLASSES) -> Breaks:
    """Round limits: equal steps (:func:`nice_step`), or rounded quantiles where equal steps would put most
    values into one class."""
    present = finite(values)
    if present.size == 0:
        return (0.0, 1.0)
    low, high = float(present.min()), float(present.max())
    if low == high:
        return _around(low)
    # The middle 96 % decide the step, so that one giant does not flatten the rest.
    inner_low, inner_high = (float(q) for q in np.quantile(present, (0.02, 0.98)))
    if inner_low == inner_high:
        inner_low, inner_high = low, high
    step = nice_step((inner_high - inner_low) / classes)
    first = math.floor(inner_low / step)
    last = max(first + 1, math.ceil(inner_high / step))
    while last - first > classes:
        step = nice_step(step * 1.01)
        first, last = math.floor(inner_low / step), math.ceil(inner_high / step)
    limits = np.round(np.arange(first, last + 1) * step, 10)
    limits[0] = min(limits[0], math.floor(low / step) * step)
    limits[-1] = max(limits[-1], math.ceil(high / step) * step)
    if max(counts(present, tuple(limits))) > _SKEWED_SHARE * present.size:
        limits = _rounded_quantiles(present, classes)
    return _covering(limits, low, high)


def nice_step(at_least: float) -> float:
    """Smallest of 1, 1.5, 2, 2.5, 3, 4, 5 × 10ⁿ that is not below ``at_least``."""
    power = 10.0 ** math.floor(math.log10(at_least))
    return next(factor * power for factor in _ROUND if factor * power >= at_least * (1 - 1e-12))


def class_of(values: Any, limits: Sequence[float]) -> NDArray[np.int64]:
    """Class index of each of n values; −1 where missing or outside."""
    numbers = _float32(values)
    edges = np.asarray(limits, dtype=np.float32)
    classes = np.searchsorted(edges[1:-1], numbers, side="right").astype(np.int64)
    with np.errstate(invalid="ignore"):
        outside = ~((numbers >= edges[0]) & (numbers <= edges[-1]))
    classes[outside] = -1
    return classes


def counts(values: Any, limits: Sequence[float]) -> tuple[int, ...]:
    """How many values each class holds; missing ones belong to none."""
    classes = class_of(values, limits)
    found = np.bincount(classes[classes >= 0], minlength=len(limits) - 1)
    return tuple(int(n) for n in found)


def labels(limits: Sequence[float], factor: float = 1.0) -> tuple[str, ...]:
    """``"10–20"`` for each class, limits times ``factor``, with as few decimals as keep them apart."""
    shown = [limit * factor for limit in limits]
    digits = 0
    while digits < 6 and not _apart(shown, digits):
        digits += 1
    texts = [units.format_number(value, digits) for value in shown]
    return tuple(f"{low}–{high}" for low, high in itertools.pairwise(texts))


#: At most this many categories have a colour of their own; the rest share 其他.
MOST_CATEGORIES: Final = 10


def category_colors(
    declared: Mapping[str, str],
    counted: Mapping[str, int],
    free: Sequence[str],
    other: str,
    most: int = MOST_CATEGORIES,
) -> dict[str, str]:
    """Colour of each category that occurs; one assignment for map, legend and chart.

    Args:
        declared: colours by name; one declared as ``other`` counts as none.
        counted: name → number of features, in natural order; names that do not occur get no colour.
        free: colours for names without a declared one, taken in order.
        other: shared by the rarest where more than ``most`` occur.
    """
    present = [name for name, count in counted.items() if count]
    kept = set(sorted(present, key=lambda name: -counted[name])[:most]) if len(present) > most else set(present)
    fixed = {name: declared[name] for name in kept if declared.get(name, other) != other}
    unused = iter([color for color in free if color not in fixed.values()])
    return {name: (fixed.get(name) or next(unused, other)) if name in kept else other for name in present}


def _apart(values: Sequence[float], digits: int) -> bool:
    """Whether rounding keeps the limits distinct and close (within 2 % of the narrowest class)."""
    rounded = [round(value, digits) for value in values]
    widths = [b - a for a, b in itertools.pairwise(values)]
    tolerance = 0.02 * min(widths)
    return all(abs(r - v) <= tolerance for r, v in zip(rounded, values, strict=True))


def _around(value: float) -> Breaks:
    step = nice_step(abs(value)) if value else 1.0
    low = math.floor(value / step) * step
    return (low, max(low + step, value))


def _covering(limits: Floats, low: float, high: float) -> Breaks:
    """Strictly increasing limits that hold every value."""
    ordered = np.unique(np.asarray(limits, dtype=np.float64))
    # Limits that Float32 cannot tell apart would make an empty class.
    _, first = np.unique(ordered.astype(np.float32), return_index=True)
    distinct = ordered[first]
    distinct[0] = min(distinct[0], low)
    distinct[-1] = max(distinct[-1], high)
    if distinct.size == 1:
        return _around(float(distinct[0]))
    return tuple(float(limit) for limit in distinct)


def _rounded_quantiles(present: Floats, classes: int) -> Floats:
    """Quantiles rounded to two significant digits; the ends rounded outwards."""
    inner = [_significant(float(q)) for q in np.quantile(present, np.linspace(0, 1, classes + 1)[1:-1])]
    low, high = float(present.min()), float(present.max())
    ends = (_significant(low, math.floor), _significant(high, math.ceil))
    return np.asarray(sorted({*inner, *ends}), dtype=np.float64)


def _significant(value: float, rounding: Any = round) -> float:
    if value == 0:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(abs(value))) - 1)
    return float(np.round(rounding(value / unit) * unit, 10))


def _natural(present: Floats, classes: int) -> Floats:
    """Fisher–Jenks: limits that make the squared distance inside classes smallest, on weighted bins."""
    # Bins of equal count and of equal width together keep both the crowd and the tail apart.
    edges = np.unique(
        np.concatenate(
            [
                np.quantile(present, np.linspace(0, 1, _NATURAL_BINS // 2 + 1)),
                np.linspace(present.min(), present.max(), _NATURAL_BINS // 2 + 1),
            ]
        )
    )
    index = np.clip(np.searchsorted(edges, present, side="right") - 1, 0, len(edges) - 1)
    weight = np.bincount(index, minlength=len(edges)).astype(np.float64)
    total = np.bincount(index, weights=present, minlength=len(edges)).astype(np.float64)
    square = np.bincount(index, weights=present**2, minlength=len(edges)).astype(np.float64)
    used = weight > 0
    lows = np.minimum.reduceat(np.sort(present), np.concatenate([[0], np.cumsum(weight[used])[:-1]]).astype(np.int64))
    starts = _fisher(weight[used], total[used], square[used], min(classes, int(used.sum())))
    return np.concatenate([lows[starts], [present.max()]])


def _fisher(weight: Floats, total: Floats, square: Floats, classes: int) -> NDArray[np.int64]:
    """First bin of each class in the best partition of m ordered bins (dynamic programme, O(k·m²) vectorised)."""
    m = len(weight)
    w, t, s = (np.concatenate([[0.0], np.cumsum(column)]) for column in (weight, total, square))
    first, last = np.arange(m)[:, None], np.arange(m)[None, :] + 1
    with np.errstate(divide="ignore", invalid="ignore"):
        cost = (s[last] - s[first]) - (t[last] - t[first]) ** 2 / (w[last] - w[first])
    cost = np.where(first < last, cost, np.inf)
    best = cost[0].copy()
    starts = np.zeros((classes, m), dtype=np.int64)
    for k in range(1, classes):
        through = np.full((m, m), np.inf)
        through[1:] = best[:-1, None] + cost[1:]
        starts[k] = through.argmin(axis=0)
        best = through.min(axis=0)
    found = [m]
    for k in range(classes - 1, -1, -1):
        found.append(int(starts[k, found[-1] - 1]) if k else 0)
    return np.unique(np.asarray(found[1:], dtype=np.int64))
