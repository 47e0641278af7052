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
    issues = []
    for name in names:
        field_spec = spec.field(name)
        absent = frame[name].isna().to_numpy()
        if absent.any() and (field_spec.required or len(spec.key) == 1):
            issues.append(issue("KEY_MISSING", field=name, rows=subject.rows(absent), label=field_spec.label))
    whole = frame[names].notna().all(axis=1).to_numpy() if len(names) == 1 else np.ones(len(frame), dtype=bool)
    repeated = frame.duplicated(names, keep=False).to_numpy() & whole
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
        absent = column.isna().to_numpy()
        if field_spec.required and field_spec.name not in key and absent.any():
            code = "VALUE_ALL_MISSING" if absent.all() else "VALUE_MISSING"
            issues.append(issue(code, field=field_spec.name, rows=subject.rows(absent), label=field_spec.label))
    return issues


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
            # A negative quantity of wood or carbon would go into totals; a negative age is somebody's "unknown".
            light = code == "VALUE_NEGATIVE" and not (spec.required or spec.extensive)
            issues.append(
                issue(
                    code,
                    level=Level.WARNING if light else None,
                    field=spec.name,
                    rows=subject.rows(flags),
                    label=spec.label,
                    samples=samples,
                    low=format_number(low),
                    high=f"{format_number(high)} {spec.unit}".strip(),
                )
            )
    return issues
