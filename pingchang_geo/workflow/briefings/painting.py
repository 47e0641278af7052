"""A layer's rows → colours, by the very theme and filter that the screen gets: the rules of ``web/src/lookup.js``."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pingchang_geo.layers import palette

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Painting:
    """n rows as the map shows them.

    Attributes:
        kept: n booleans: the filter lets the row through.
        colors: n colours ``#RRGGBB``, of rows that are not kept as well.
        counts: kept rows in each line of the legend; one line where there is no theme.
        missing: kept rows without a value.
        dimmed: whether what is not kept stays on the map as a pale ground.
    """

    kept: Bools
    colors: NDArray[Any]
    counts: tuple[int, ...]
    missing: int
    dimmed: bool

    @property
    def shown(self) -> int:
        """Rows that the filter lets through."""
        return int(self.kept.sum())


def painted(
    frame: pd.DataFrame, theme: Mapping[str, Any] | None, rules: Sequence[Mapping[str, Any]], color: str
) -> Painting:
    """Colours of a layer's rows.

    Args:
        frame: n rows with the columns that theme and filter name; categories are pandas categoricals.
        theme: as in the map's state, or None: one colour for all.
        rules: the filter as in the map's state; all clauses hold together.
        color: of the layer, where there is no theme.
    """
    keep = kept(frame, rules)
    lines = legend_lines(frame, theme)
    colors = np.array([*(theme["colors"] if theme else [color]), _missing(theme)], dtype=object)
    counts = np.bincount(lines[keep & (lines >= 0)], minlength=len(colors) - 1)
    return Painting(
        kept=keep,
        colors=colors[lines],  # −1 is the last: missing
        counts=tuple(int(count) for count in counts),
        missing=int((keep & (lines < 0)).sum()),
        dimmed=any(rule.get("dim") for rule in rules),
    )


def kept(frame: pd.DataFrame, rules: Iterable[Mapping[str, Any]]) -> Bools:
    """n booleans: rows that pass every clause; limits are compared as Float32, a missing number passes none."""
    keep = np.ones(len(frame), dtype=bool)
    for rule in rules:
        if "rows" in rule:
            bits = np.frombuffer(base64.b64decode(rule["rows"]), dtype=np.uint8)
            listed = np.unpackbits(bits, bitorder="little").astype(bool)[: len(frame)]
            keep &= np.pad(listed, (0, len(frame) - len(listed)))
        elif "codes" in rule:
            keep &= np.isin(frame[rule["field"]].cat.codes.to_numpy(), list(rule["codes"]))
        else:
            values = _numbers(frame, rule["field"])
            low, high = rule.get("min"), rule.get("max")
            keep &= values >= np.float32(-np.inf if low is None else low)
            keep &= values <= np.float32(np.inf if high is None else high)
    return keep


def legend_lines(frame: pd.DataFrame, theme: Mapping[str, Any] | None) -> Ints:
    """n places in the theme's legend, −1 without a value; all 0 where there is no theme.

    Classes are [low, high), the last one closed, as on the screen.
    """
    if theme is None:
        return np.zeros(len(frame), dtype=np.int64)
    if theme["mode"] == "categories":
        column = frame[theme["field"]]
        line_of = np.full(len(column.cat.categories) + 1, -1, dtype=np.int64)  # the last: no category (code −1)
        for line, codes in enumerate(theme["codes"]):
            line_of[list(codes)] = line
        return np.asarray(line_of[column.cat.codes.to_numpy()], dtype=np.int64)
    values = _numbers(frame, theme["field"])
    limits = np.asarray(theme["breaks"], dtype=np.float32)
    lines = np.minimum(np.searchsorted(limits, values, side="right") - 1, len(limits) - 2)
    with np.errstate(invalid="ignore"):
        inside = (values >= limits[0]) & (values <= limits[-1])
    return np.where(inside, lines, -1).astype(np.int64)


def _numbers(frame: pd.DataFrame, field: str) -> NDArray[np.float32]:
    return np.asarray(frame[field].to_numpy(dtype=np.float32, na_value=np.nan), dtype=np.float32)


def _missing(theme: Mapping[str, Any] | None) -> str:
    return str(theme.get("missing") or palette.MISSING) if theme else palette.MISSING
