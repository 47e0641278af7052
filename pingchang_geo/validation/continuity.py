"""What is suspicious about new content only beside the current version. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from pingchang_geo.comparison import Comparison, Status
from pingchang_geo.crs import Geometries
from pingchang_geo.issues import Issue
from pingchang_geo.messages import issue
from pingchang_geo.specs import LayerSpec
from pingchang_geo.units import format_number
from pingchang_geo.validation.ratios import hint

#: Losing more than this share of the features, and at least so many, is asked about.
_LOST_SHARE: Final = 0.2
_LOST_FEWEST: Final = 3
#: Fewer matches by key than this share, where both sides have keys, means new keys throughout.
_KEY_SHARE: Final = 0.05
#: A shift is uniform when most features moved, by more than a metre, and all alike.
_MOVED_SHARE: Final = 0.8
_SHIFT_FEWEST: Final = 5
_SHIFT_M: Final = 1.0
_ALIKE: Final = 0.25
#: Metres of one degree of latitude, and of longitude on the equator (GRS80, mean).
_DEGREE_M: Final = 111_320.0


@dataclass(frozen=True)
class Side:
    """One of the two contents: rows of canonical columns with ``area_ha``, geometries in EPSG:4490."""

    frame: pd.DataFrame
    geometry: Geometries


def continuity(spec: LayerSpec, found: Comparison, before: Side, after: Side) -> list[Issue]:
    """Everything that a comparison with the current version makes doubtful.

    Args:
        spec: the layer.
        found: of ``before`` and ``after``.
        before: the current version, m rows.
        after: the new content, n rows.
    """
    if found.identical:
        return [issue("NOTHING_CHANGED", count=len(after.frame))]
    placed = [*_lost(found, before), *_renumbered(found, before, after), *_shifted(found, before, after)]
    return [*placed, *_ratios(spec, found, before, after)]


def _lost(found: Comparison, before: Side) -> list[Issue]:
    gone, total = len(found.removed), len(before.frame)
    if gone < _LOST_FEWEST or gone <= _LOST_SHARE * total:
        return []
    return [issue("MASS_DELETION", count=gone, total=f"{total:,}", percent=f"{gone / total:.0%}")]


def _renumbered(found: Comparison, before: Side, after: Side) -> list[Issue]:
    fewer = min(len(before.frame), len(after.frame))
    usable = len(after.frame) - found.ambiguous
    if fewer < _LOST_FEWEST or usable < fewer / 2 or found.by_key > _KEY_SHARE * fewer:
        return []
    return [issue("KEYS_ALL_NEW", count=usable, placed=f"{int(found.matched.sum()):,}")]


def _centres(geometry: Geometries) -> NDArray[np.float64]:
    box = shapely.bounds(geometry)
    return np.column_stack([(box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2])


def _shifted(found: Comparison, before: Side, after: Side) -> list[Issue]:
    """Matched features that all moved by about the same vector: a wrong datum or projection, not a survey."""
    rows = np.flatnonzero(found.moved)
    matched = int(found.matched.sum())
    if len(rows) < _SHIFT_FEWEST or len(rows) < _MOVED_SHARE * matched:
        return []
    old = _centres(before.geometry[found.before_row[rows]])
    offset = _centres(after.geometry[rows]) - old
    metres = offset * _DEGREE_M * np.column_stack([np.cos(np.radians(old[:, 1])), np.ones(len(rows))])
    metres = metres[np.isfinite(metres).all(axis=1)]
    if len(metres) < _SHIFT_FEWEST:
        return []
    middle = np.median(metres, axis=0)
    distance = float(np.hypot(*middle))
    spread = float(np.median(np.hypot(*(metres - middle).T)))
    if distance < _SHIFT_M or spread > max(_ALIKE * distance, 0.05):
        return []
    east, north = middle
    words = [f"向{'东' if east > 0 else '西'} {abs(east):.1f} 米"] if abs(east) >= 0.1 else []
    words += [f"向{'北' if north > 0 else '南'} {abs(north):.1f} 米"] if abs(north) >= 0.1 else []
    return [issue("UNIFORM_SHIFT", count=len(rows), shift="、".join(words))]


def _ratios(spec: LayerSpec, found: Comparison, before: Side, after: Side) -> list[Issue]:
    """Sums of the same features that differ by a factor which mixing up units produces."""
    new_rows = np.flatnonzero(found.status != Status.ADDED)
    old_rows = found.before_row[new_rows]
    issues = []
    for field in spec.source_fields:
        if field.name not in before.frame.columns or field.name not in after.frame.columns or not field.unit:
            continue
        if not (field.extensive or field.name.startswith("reported_area") or _is_density(spec, field.name)):
            continue
        old, new = (_numbers(side.frame, field.name, rows) for side, rows in ((before, old_rows), (after, new_rows)))
        both = np.isfinite(old) & np.isfinite(new)
        if not both.any() or old[both].sum() <= 0 or new[both].sum() <= 0:
            continue
        ratio = float(new[both].sum() / old[both].sum())
        if suspicion := hint(ratio):
            issues.append(
                issue("SUM_RATIO", field=field.name, label=field.label, ratio=format_number(ratio), hint=suspicion)
            )
    return issues


def _is_density(spec: LayerSpec, name: str) -> bool:
    return spec.carbon is not None and name == spec.carbon.volume_m3_ha


def _numbers(frame: pd.DataFrame, name: str, rows: Any) -> NDArray[np.float64]:
    values = frame[name]
    if values.dtype.kind not in "fiu":
        return np.full(len(rows), np.nan)
    return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan)[rows])
