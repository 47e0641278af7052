"""Keys and values: missing, duplicated, out of range. Pure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pingchang_geo.issues import Issue, Level
from pingchang_geo.messages import issue
from pingchang_geo.specs import FieldKind, FieldSpec
from pingchang_geo.units import format_number
from pingchang_geo.validation.model import Subject

_SAMPLES = 3


def key_fields(subject: Subject) -> list[str]:
    """Key fields that hold anything at all."""
    return [name for name in subject.spec.key if subject.frame[name].notna().any()]


def unique_keys(subject: Subject) -> int | None:
    """Number of distinct keys; None without key fields."""
    names = key_fields(subject)
    return int((~subject.frame.duplicated(names)).sum()) if names else None


def keys(subject: Subject) -> list[Issue]:
    """Key absent, missing in some rows, duplicated."""
    spec, frame = subject.spec, subject.frame
    names = key_fields(subject)
    if not names:
        labels = "、".join(spec.field(name).label for name in spec.key)
        return [issue("KEY_ABSENT", labels=labels)]
    needed = [name for name in spec.key if spec.field(name).required or len(spec.key) == 1]
    issues = []
    for name in needed:
        absent = frame[name].isna().to_numpy()
        if absent.any():
            issues.append(issue("KEY_MISSING", field=name, rows=subject.rows(absent), label=spec.field(name).label))
    # Rows without a number are missing one, they do not share one.
    whole = frame[needed if needed else names[:1]].notna().all(axis=1).to_numpy()
    repeated = np.zeros(len(frame), dtype=bool)
    repeated[whole] = frame.loc[whole, names].duplicated(keep=False).to_numpy()
    if repeated.any():
        sample = "-".join(_shown(value) for value in frame.loc[repeated, names].iloc[0])
        labels = "、".join(spec.field(name).label for name in names)
        issues.append(
            issue("KEY_DUPLICATE", field=names[-1], rows=subject.rows(repeated), labels=labels, sample=sample)
        )
    return issues


def _shown(value: Any) -> str:
    return "空" if pd.isna(value) else str(value)


def values(subject: Subject) -> list[Issue]:
    """Numbers out of their limits, required values missing."""
    issues: list[Issue] = []
    key = set(subject.spec.key)
    for field_spec in subject.spec.source_fields:
        column = subject.frame[field_spec.name]
        if field_spec.kind is FieldKind.NUMBER:
            issues += _limits(subject, field_spec)
        if _named_freely(field_spec):
            issues += _mixed(subject, field_spec)
        absent = column.isna().to_numpy()
        if field_spec.required and field_spec.name not in key and absent.any():
            code = "VALUE_ALL_MISSING" if absent.all() else "VALUE_MISSING"
            issues.append(issue(code, field=field_spec.name, rows=subject.rows(absent), label=field_spec.label))
    return issues


def _named_freely(spec: FieldSpec) -> bool:
    """Categories that come as they are: no table turns codes into names."""
    return spec.kind is FieldKind.CATEGORY and not spec.codes and not spec.values


def _mixed(subject: Subject, spec: FieldSpec) -> list[Issue]:
    """Codes and names in one column: sums by it would tear apart what belongs together."""
    column = subject.frame[spec.name].astype("category")
    categories = [str(value) for value in column.cat.categories]
    code = np.array([value.isdigit() for value in categories] + [False])
    name = np.array([not value.isascii() for value in categories] + [False])
    coded, named = (flags[column.cat.codes.to_numpy()] for flags in (code, name))
    if not coded.any() or not named.any():
        return []
    rows = coded if coded.sum() <= named.sum() else named
    samples = [categories[int(np.flatnonzero(flags)[0])] for flags in (code, name)]
    return [
        issue(
            "VALUES_MIXED",
            field=spec.name,
            rows=subject.rows(rows),
            label=spec.label,
            number=samples[0],
            name=samples[1],
            coded=f"{int(coded.sum()):,}",
            named=f"{int(named.sum()):,}",
        )
    ]


def _limits(subject: Subject, spec: FieldSpec) -> list[Issue]:
    if spec.limits is None:
        return []
    low, high = spec.limits
    number = subject.frame[spec.name].to_numpy(dtype=np.float64)
    issues = []
    negative = (number < 0) if low >= 0 else np.zeros(len(number), dtype=bool)
    for code, flags in (("VALUE_NEGATIVE", negative), ("VALUE_LIMITS", ((number < low) | (number > high)) & ~negative)):
        if flags.any():
            samples = "、".join(format_number(float(value)) for value in number[flags][:_SAMPLES])
            # An impossible quantity of wood or carbon would go into totals; a negative age is somebody's "unknown".
            summed = spec.required or spec.extensive
            levels = {"VALUE_NEGATIVE": Level.BLOCKING, "VALUE_LIMITS": Level.CONFIRM}
            issues.append(
                issue(
                    code,
                    level=levels[code] if summed else Level.WARNING,
                    field=spec.name,
                    rows=subject.rows(flags),
                    label=spec.label,
                    samples=samples,
                    low=format_number(low),
                    high=f"{format_number(high)} {spec.unit}".strip(),
                )
            )
    return issues
