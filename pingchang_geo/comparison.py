"""Two versions of a layer side by side: which features came, went, changed or stayed. Pure.

Features are matched by the layer's key where it is unique on both sides; what is left, by identical geometry; whatever
is left then was added or removed. Nothing is matched by position: files come in any order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from pingchang_geo.crs import Geometries
from pingchang_geo.specs import FieldKind, FieldSpec, LayerSpec

Rows = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: Coordinates nearer than this are the same: 1e-8° is about a millimetre, far above the noise of a reprojection.
SAME_DEG: Final = 1e-8
#: Numbers are the same within this share: text files and single floats keep six to seven digits.
_SAME_SHARE: Final = 1e-6


class Status(IntEnum):
    """What became of a feature."""

    UNCHANGED = 0
    CHANGED = 1
    ADDED = 2
    REMOVED = 3

    @property
    def label(self) -> str:
        """For the screen."""
        return ("未变", "变更", "新增", "减少")[self.value]


@dataclass(frozen=True)
class Comparison:
    """The outcome.

    Attributes:
        before_row: for each of the n features afterwards its row before, −1 where it was added.
        status: n values of :class:`Status` (never REMOVED).
        removed: rows before that are gone.
        moved: n flags, True where the geometry of a matched feature changed.
        changed_fields: field → how many matched features changed in it, most first.
        by_key: how many features were matched by key; the other matches are by geometry.
        ambiguous: features afterwards whose key is missing or not unique.
    """

    before_row: Rows
    status: NDArray[np.int8]
    removed: Rows
    moved: Flags
    changed_fields: Mapping[str, int]
    by_key: int
    ambiguous: int

    def count(self, status: Status) -> int:
        """Number of features with a status."""
        return len(self.removed) if status is Status.REMOVED else int((self.status == status).sum())

    @property
    def matched(self) -> Flags:
        """Features afterwards that were there before."""
        return self.before_row >= 0

    @property
    def identical(self) -> bool:
        """Nothing was added, removed or changed."""
        return not len(self.removed) and not self.status.any()


def compare(
    spec: LayerSpec,
    before: pd.DataFrame,
    before_geometry: Geometries,
    after: pd.DataFrame,
    after_geometry: Geometries,
) -> Comparison:
    """Compare two contents of a layer.

    Args:
        spec: the layer.
        before: m rows of canonical source columns.
        before_geometry: m geometries, EPSG:4490.
        after: n rows of canonical source columns.
        after_geometry: n geometries, EPSG:4490.
    """
    before, after = before.reset_index(drop=True), after.reset_index(drop=True)
    before_row, by_key, ambiguous = _by_key(before, after, spec.key)
    _by_geometry(before_row, before_geometry, after_geometry)
    matched = np.flatnonzero(before_row >= 0)
    partner = before_row[matched]
    moved = np.zeros(len(after), dtype=bool)
    moved[matched] = ~same_geometry(before_geometry[partner], after_geometry[matched])
    changed = moved.copy()
    fields: dict[str, int] = {}
    for field in spec.source_fields:
        differs = _differs(field, before, after, partner, matched)
        if differs.any():
            fields[field.name] = int(differs.sum())
            changed[matched[differs]] = True
    status = np.where(before_row < 0, Status.ADDED, np.where(changed, Status.CHANGED, Status.UNCHANGED)).astype(np.int8)
    gone = np.ones(len(before), dtype=bool)
    gone[partner] = False
    ordered = dict(sorted(fields.items(), key=lambda item: -item[1]))
    return Comparison(before_row, status, np.flatnonzero(gone), moved, ordered, by_key, ambiguous)


def keys(frame: pd.DataFrame, key: Sequence[str]) -> pd.Series[str]:
    """The key of each row as one text, missing where all its parts are."""
    parts = [frame[name].astype(object).where(frame[name].notna(), "") for name in key if name in frame.columns]
    if not parts:
        return pd.Series([None] * len(frame), dtype=object, index=frame.index)
    texts = parts[0].astype(str)
    for part in parts[1:]:
        texts = texts + "\x1f" + part.astype(str)
    return texts.where(texts.str.strip("\x1f") != "", None)


def _by_key(before: pd.DataFrame, after: pd.DataFrame, key: Sequence[str]) -> tuple[Rows, int, int]:
    """Row before of each feature afterwards by unique key (−1 without), how many, and how many keys are no use."""
    known = [name for name in key if name in before.columns and name in after.columns]
    old, new = keys(before, known), keys(after, known)
    codes, _ = pd.factorize(pd.concat([old, new], ignore_index=True))
    codes = np.asarray(codes, dtype=np.int64)
    old_codes, new_codes = codes[: len(old)], codes[len(old) :]
    size = int(codes.max()) + 1 if len(codes) else 0
    once = np.bincount(old_codes[old_codes >= 0], minlength=size) == 1
    unique = np.bincount(new_codes[new_codes >= 0], minlength=size) == 1
    place = np.full(size, -1, dtype=np.int64)
    usable = old_codes >= 0
    place[old_codes[usable]] = np.flatnonzero(usable)
    found = np.full(len(new), -1, dtype=np.int64)
    good = new_codes >= 0
    good[good] = unique[new_codes[good]]
    ambiguous = int(len(new) - good.sum())
    good[good] = once[new_codes[good]]
    found[good] = place[new_codes[good]]
    return found, int(good.sum()), ambiguous


def _by_geometry(before_row: Rows, before_geometry: Geometries, after_geometry: Geometries) -> None:
    """Match what is left by identical geometry, in place; geometries that occur twice are left alone."""
    taken = np.zeros(len(before_geometry), dtype=bool)
    taken[before_row[before_row >= 0]] = True
    free_after = np.flatnonzero((before_row < 0) & _drawn(after_geometry))
    free_before = np.flatnonzero(~taken & _drawn(before_geometry))
    if not len(free_after) or not len(free_before):
        return
    codes, _ = pd.factorize(
        np.concatenate([_prints(before_geometry[free_before]), _prints(after_geometry[free_after])])
    )
    old, new = codes[: len(free_before)], codes[len(free_before) :]
    size = int(codes.max()) + 1
    single = (np.bincount(old, minlength=size) == 1) & (np.bincount(new, minlength=size) == 1)
    place = np.full(size, -1, dtype=np.int64)
    place[old] = free_before
    before_row[free_after[single[new]]] = place[new[single[new]]]


def _drawn(geometry: Geometries) -> Flags:
    return np.asarray(~(shapely.is_missing(geometry) | shapely.is_empty(geometry)))


def _prints(geometry: Geometries) -> NDArray[Any]:
    """Normalised geometries, to about a centimetre, as WKB."""
    plain = shapely.normalize(shapely.transform(_single(geometry), lambda xy: np.round(xy, 7)))
    return np.asarray(shapely.to_wkb(plain), dtype=object)


def same_geometry(first: Geometries, second: Geometries) -> Flags:
    """Whether two arrays of geometries agree pair by pair, whatever the order of rings and where they start; a
    collection of one part is that part."""
    first, second = _single(first), _single(second)
    missing = shapely.is_missing(first) & shapely.is_missing(second)
    same = np.asarray(shapely.equals_exact(first, second, tolerance=SAME_DEG)) | missing
    rest = np.flatnonzero(~same)
    if len(rest):
        one, two = (shapely.normalize(geometry[rest]) for geometry in (first, second))
        same[rest] = shapely.equals_exact(one, two, tolerance=SAME_DEG)
    return same


def _single(geometry: Geometries) -> Geometries:
    """Multi-geometries of one part as that part: formats differ in which they write."""
    wrapped = (shapely.get_type_id(geometry) >= shapely.GeometryType.MULTIPOINT) & (
        shapely.get_num_geometries(geometry) == 1
    )
    if not wrapped.any():
        return geometry
    plain = geometry.copy()
    plain[wrapped] = shapely.get_geometry(geometry[wrapped], 0)
    return plain


def _differs(field: FieldSpec, before: pd.DataFrame, after: pd.DataFrame, old_rows: Rows, new_rows: Rows) -> Flags:
    """Flags over the matched pairs whose values of a field differ; a column that one side lacks holds nothing."""
    if field.name not in before.columns and field.name not in after.columns:
        return np.zeros(len(old_rows), dtype=bool)
    old, new = (_column(frame, field.name) for frame in (before, after))
    if field.kind is FieldKind.NUMBER:
        one, two = (
            np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))[rows]
            for column, rows in ((old, old_rows), (new, new_rows))
        )
        apart = np.abs(one - two) > _SAME_SHARE * np.maximum(np.abs(one), np.abs(two))
        return np.asarray(apart | (np.isnan(one) != np.isnan(two)))
    codes, _ = pd.factorize(pd.concat([old.astype(object), new.astype(object)], ignore_index=True))
    return np.asarray(codes[: len(old)][old_rows] != codes[len(old) :][new_rows])


def _column(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    if name not in frame.columns:
        return pd.Series([None] * len(frame), dtype=object, index=frame.index)
    column: pd.Series[Any] = frame[name]
    if column.dtype.kind in "OUST" or isinstance(column.dtype, pd.StringDtype):
        return column.where(column != "", None)
    return column


def summary(
    comparison: Comparison, before: pd.DataFrame, after: pd.DataFrame, quantities: Sequence[str]
) -> pd.DataFrame:
    """Features and sums of ``quantities`` by status.

    Returns:
        One row a :class:`Status` (label in ``status``): ``count``, and for each quantity ``<name>_before``,
        ``<name>_after``; a column is left out where neither frame has it.
    """
    rows = []
    for status in Status:
        after_rows = np.flatnonzero(comparison.status == status) if status is not Status.REMOVED else np.empty(0, int)
        before_rows = comparison.removed if status is Status.REMOVED else comparison.before_row[after_rows]
        before_rows = before_rows[before_rows >= 0]
        row: dict[str, Any] = {"status": status.label, "count": comparison.count(status)}
        for name in quantities:
            row[f"{name}_before"] = _sum(before, name, before_rows)
            row[f"{name}_after"] = _sum(after, name, after_rows)
        rows.append(row)
    return pd.DataFrame(rows)


def _sum(frame: pd.DataFrame, name: str, rows: Rows) -> float:
    if name not in frame.columns:
        return float("nan")
    values = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)[rows]
    return float(np.nansum(values))


def by_group(before: pd.DataFrame, after: pd.DataFrame, group: str, quantities: Sequence[str]) -> pd.DataFrame:
    """Sums of ``quantities`` before and after by a category, with differences.

    Returns:
        One row a group (``group``; 未填 where missing), in order of the largest absolute change of the first quantity:
        ``count_before``, ``count_after``, and ``<name>_before``, ``<name>_after``, ``<name>_change`` a quantity.
    """
    sides = []
    for frame, side in ((before, "before"), (after, "after")):
        names = frame[group].astype(object).where(frame[group].notna(), "未填") if group in frame else None
        if names is None:
            names = pd.Series(["未填"] * len(frame), index=frame.index)
        columns = {name: frame[name].astype("float64") for name in quantities if name in frame.columns}
        table = pd.DataFrame({"count": 1, **columns}, index=frame.index).groupby(names.to_numpy()).sum(min_count=0)
        sides.append(table.add_suffix(f"_{side}"))
    joined = sides[0].join(sides[1], how="outer").fillna(0.0)
    for name in quantities:
        if {f"{name}_before", f"{name}_after"} <= set(joined.columns):
            joined[f"{name}_change"] = joined[f"{name}_after"] - joined[f"{name}_before"]
    first = f"{quantities[0]}_change" if quantities else ""
    if first in joined.columns:
        joined = joined.reindex(joined[first].abs().sort_values(ascending=False, kind="stable").index)
    counts = {name: joined[name].astype("int64") for name in ("count_before", "count_after")}
    return joined.assign(**counts).rename_axis("group").reset_index()
