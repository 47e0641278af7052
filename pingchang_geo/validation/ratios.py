"""Sums that should agree: area field against geometry, total volume against volume per hectare. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from pingchang_geo.issues import Issue, Level
from pingchang_geo.messages import issue
from pingchang_geo.specs import FieldSpec
from pingchang_geo.units import HA_M2, KM2_M2, MU_M2, format_number
from pingchang_geo.validation.model import Flags, Subject

#: Area units a field may be in, in m².
AREA_UNITS: Final = {"公顷": HA_M2, "亩": MU_M2, "m²": 1.0, "km²": KM2_M2}
_STANDARD: Final = "公顷"
_DECLARED: Final = {"ha": "公顷", "m²": "m²", "km²": "km²"}
#: A ratio this near to a unit's is that unit.
_NEAR: Final = 0.05
#: Ratios that mixing up units produces.
_SUSPICIOUS: Final = (15.0, 10.0, MU_M2, 1e4, 100.0, 1000.0)
#: A row differs from its geometry when by more than this share, and by more than 0.1 ha.
_ROW_SHARE: Final = 0.1
_ROW_M2: Final = 1000.0
_PREFIX: Final = "reported_area"


def hint(ratio: float) -> str:
    """What a suspicious ratio suggests."""
    for factor in _SUSPICIOUS:
        for value, text in ((factor, f"，接近 {factor:.6g}"), (1 / factor, f"，接近 1/{factor:.6g}")):
            if abs(ratio / value - 1) < _NEAR:
                return text + "，像是单位混用"
    return ""


def inferred_unit(ratio_m2: float) -> str | None:
    """Unit of a field whose sum is 1/``ratio_m2`` of the geometry's square metres; None when it is near none."""
    for name, factor in AREA_UNITS.items():
        if abs(ratio_m2 / factor - 1) <= _NEAR:
            return name
    return None


def areas(subject: Subject) -> list[Issue]:
    """Area fields (by convention ``reported_area…``) against the geometry."""
    issues: list[Issue] = []
    for spec in subject.spec.source_fields:
        if spec.name.startswith(_PREFIX):
            issues += _area(subject, spec)
    return issues


def _sums(subject: Subject, spec: FieldSpec) -> tuple[Flags, float]:
    """Rows with a stated area and one of their own, and the m² of geometry to one unit of what is stated (or 0)."""
    stated = subject.frame[spec.name].to_numpy(dtype=np.float64)
    both = np.isfinite(stated) & (stated > 0) & (subject.area_m2 > 0)
    return both, float(subject.area_m2[both].sum() / stated[both].sum()) if both.any() else 0.0


def _area(subject: Subject, spec: FieldSpec) -> list[Issue]:
    both, m2_per_unit = _sums(subject, spec)
    if not both.any():
        return []
    unit = inferred_unit(m2_per_unit)
    named = subject.units.get(spec.name)
    declared = named or _DECLARED.get(spec.unit)
    if unit is None or (declared and unit != declared):
        return [_contradiction(spec, m2_per_unit, unit, named)]
    issues = []
    if not declared:
        # The trade's standard is hectares; every other unit is a guess that somebody has to agree to.
        level = Level.WARNING if unit == _STANDARD else None
        ratio = f"1 : {format_number(m2_per_unit)} m²"
        issues.append(
            issue("AREA_UNIT_INFERRED", level=level, field=spec.name, label=spec.label, ratio=ratio, unit=unit)
        )
    stated = subject.frame[spec.name].to_numpy(dtype=np.float64)
    apart = np.abs(stated * AREA_UNITS[unit] - subject.area_m2)
    differs = both & (apart > _ROW_SHARE * subject.area_m2) & (apart > _ROW_M2)
    if differs.any():
        percent = f"{_ROW_SHARE:.0%}".rstrip("%")
        issues.append(
            issue("AREA_DIFFERS", field=spec.name, rows=subject.rows(differs), label=spec.label, percent=percent)
        )
    return issues


def _contradiction(spec: FieldSpec, m2_per_unit: float, unit: str | None, named: str | None) -> Issue:
    """Area field and geometry that no unit, or not the one declared, brings together."""
    declared = named or _DECLARED.get(spec.unit)
    ratio = AREA_UNITS[declared or _STANDARD] / m2_per_unit
    said = f"，像是{unit}" if unit else hint(ratio)
    against = f"{'列名' if named else ''}声明的单位{declared}" if declared else "亩、公顷、m²、km² 中的任何一种单位"
    return issue("AREA_RATIO", field=spec.name, label=spec.label, ratio=format_number(ratio), hint=said, unit=against)


def in_field_units(subject: Subject) -> pd.DataFrame:
    """The area fields in their own units (hectares where the layer declares none), by the unit that the geometry shows.

    Returns:
        The columns that change, n rows; those whose unit cannot be told are left as they are.
    """
    columns = {}
    for spec in subject.spec.source_fields:
        unit = inferred_unit(_sums(subject, spec)[1]) if spec.name.startswith(_PREFIX) else None
        wanted = _DECLARED.get(spec.unit, _STANDARD)
        declared = subject.units.get(spec.name) or _DECLARED.get(spec.unit)
        if unit is not None and unit != wanted and unit == (declared or unit):
            factor = AREA_UNITS[unit] / AREA_UNITS[wanted]
            columns[spec.name] = subject.frame[spec.name].to_numpy(dtype=np.float64) * factor
    return pd.DataFrame(columns, index=subject.frame.index)


def volumes(subject: Subject) -> list[Issue]:
    """Total volume against volume per hectare × area, where the layer has both."""
    carbon = subject.spec.carbon
    if carbon is None or not subject.spec.has("volume_m3"):
        return []
    total = subject.frame["volume_m3"].to_numpy(dtype=np.float64)
    density = subject.frame[carbon.volume_m3_ha].to_numpy(dtype=np.float64)
    computed = density * subject.area_m2 / HA_M2
    both = np.isfinite(total) & np.isfinite(computed) & (total > 0) & (computed > 0)
    if not both.any():
        return []
    ratio = float(total[both].sum() / computed[both].sum())
    said = hint(ratio)
    if not said:
        return []
    return [issue("VOLUME_RATIO", field="volume_m3", ratio=format_number(ratio), hint=said)]
