"""对账: totals computed from a layer beside the totals that the report gives, with the difference and a verdict."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
import pandas as pd

from pingchang_geo import units
from pingchang_geo.indicators import Indicator, Ledger
from pingchang_geo.provenance import Provenance
from pingchang_geo.specs import ControlTotal, LayerSpec

BY_CONSTRUCTION: Final = "示意数据按报告总量生成，一致属构造使然"
#: 官方口径系数法 derives its rates from the very totals it is compared with.
BY_RATE: Final = "系数由报告的总量与面积反推，一致只说明面积一致"

MISSING: Final = "该版本数据缺少计算所需的字段或取值"
UNPUBLISHED: Final = "该图层尚未发布数据"
BEYOND: Final = "超出容差：请核对数据范围、分类口径与时点是否与报告相同"

#: Ledger unit ← internal unit (ha, tC or tCO₂ a year, features).
_FACTORS: Final = {
    "km²": units.HA_M2 / units.KM2_M2,
    "公顷": 1.0,
    "亩": units.MU_PER_HA,
    "万亩": units.MU_PER_HA / 10_000,
    "吨碳": 1.0,
    "万吨碳": 1e-4,
    "吨CO₂/年": 1.0,
    "万吨CO₂/年": 1e-4,
    "个": 1.0,
}


#: Where a tolerance comes from.
DECLARED: Final = "图层声明的相对容差"
ROUNDING: Final = "报告数字末位的一半"
COUNTED: Final = "个数须相等"


class Verdict(StrEnum):
    """Outcome of one comparison."""

    AGREES = "一致"
    DIFFERS = "不一致"
    UNKNOWN = "无法核对"


@dataclass(frozen=True)
class Reconciliation:
    """One control total: both figures in the ledger's ``unit``; ``relative`` is (computed − reported) / reported.

    ``computed`` and ``relative`` are NaN where the layer cannot give them; ``note`` says why, or that agreement
    follows from how reference data were made. ``tolerance`` is relative; ``tolerance_basis`` says where it comes from.
    """

    layer: str
    indicator: str
    label: str
    unit: str
    reported: float
    computed: float
    tolerance: float
    tolerance_basis: str
    verdict: Verdict
    note: str

    @property
    def by_construction(self) -> bool:
        """Whether the agreement says nothing of the data: they, or the rate, were made from the reported total."""
        return bool(self.why_agreeing)

    @property
    def why_agreeing(self) -> str:
        """``构造使然`` or ``系数反推`` where agreement follows from how the figure was made, else nothing."""
        if self.verdict is not Verdict.AGREES:
            return ""
        return "构造使然" if BY_CONSTRUCTION in self.note else "系数反推" if BY_RATE in self.note else ""

    @property
    def difference(self) -> float:
        """Computed − reported, in ``unit``."""
        return self.computed - self.reported

    @property
    def relative(self) -> float:
        """Difference as a share of the reported figure."""
        return self.difference / self.reported if self.reported else math.nan


def reconcile(
    spec: LayerSpec, frame: pd.DataFrame, provenance: Provenance, ledger: Ledger
) -> tuple[Reconciliation, ...]:
    """Compare every control total of a layer with the ledger.

    Args:
        spec: declares the control totals.
        frame: the layer's n rows with derived columns (areas in ha, masses in t).
        provenance: of the layer's version.
        ledger: the reported figures.

    Raises:
        UnknownIndicatorError: a control total names a figure that the ledger does not have.
    """
    return tuple(_compare(spec, control, frame, provenance, ledger) for control in spec.control_totals)


def computed_total(control: ControlTotal, frame: pd.DataFrame) -> float:
    """Σ of the control's field, or the number of features, in the ledger's unit.

    NaN where nothing can be said: a column is missing or empty, or no selected row has a value.
    """
    keep = np.ones(len(frame), dtype=bool)
    if control.where is not None:
        column, value = control.where
        if column not in frame.columns or not frame[column].notna().any():
            return math.nan
        keep = np.asarray(frame[column] == value, dtype=bool)
    if not control.field:
        return float(keep.sum())
    if control.field not in frame.columns:
        return math.nan
    values = frame[control.field].to_numpy(dtype=np.float64, na_value=np.nan)
    values = values[keep]
    if len(values) and np.isnan(values).all():
        return math.nan
    return float(np.nansum(values)) * _FACTORS[control.unit]


def rounding(indicator: Indicator) -> float:
    """Half of the last digit that the source writes, in the indicator's unit: 79.57 stands for 79.565 … 79.575."""
    decimals = len(indicator.value_text.partition(".")[2])
    return 0.5 * 10.0**-decimals


def tolerance_of(control: ControlTotal, indicator: Indicator) -> tuple[float, str]:
    """Relative tolerance and where it comes from: the declared one, but never finer than the source's rounding."""
    reported = abs(indicator.value or 0.0)
    if not control.field:
        return 0.0, COUNTED
    rounded = rounding(indicator) / reported if reported else 0.0
    return (control.tolerance, DECLARED) if control.tolerance >= rounded else (rounded, ROUNDING)


def unpublished(spec: LayerSpec, ledger: Ledger) -> tuple[Reconciliation, ...]:
    """The control totals of a layer that has no version: nothing can be compared, and that is said."""
    found = (_outcome(spec, control, math.nan, ledger) for control in spec.control_totals)
    return tuple(replace(item, note=UNPUBLISHED) for item in found)


@dataclass(frozen=True)
class Summary:
    """How many comparisons came out how; ``by_construction`` are among ``agrees``."""

    agrees: int
    by_construction: int
    differs: int
    unknown: int

    @classmethod
    def of(cls, items: Iterable[Reconciliation]) -> Summary:
        """Count verdicts."""
        found = list(items)
        counts = Counter(item.verdict for item in found)
        made = sum(item.by_construction for item in found)
        return cls(counts[Verdict.AGREES], made, counts[Verdict.DIFFERS], counts[Verdict.UNKNOWN])

    def words(self) -> str:
        """``共 7 项：一致 7 项（其中 5 项属构造使然或系数反推），不一致 0 项，无法核对 0 项。``."""
        made = f"（其中 {self.by_construction} 项属构造使然或系数反推）" if self.by_construction else ""
        total = self.agrees + self.differs + self.unknown
        return f"共 {total} 项：一致 {self.agrees} 项{made}，不一致 {self.differs} 项，无法核对 {self.unknown} 项。"


def _compare(
    spec: LayerSpec, control: ControlTotal, frame: pd.DataFrame, provenance: Provenance, ledger: Ledger
) -> Reconciliation:
    notes = (BY_CONSTRUCTION if provenance.illustrative else "", BY_RATE if control.by_rate else "")
    found = _outcome(spec, control, computed_total(control, frame), ledger)
    return replace(found, note="；".join(filter(None, notes))) if found.verdict is Verdict.AGREES else found


def _outcome(spec: LayerSpec, control: ControlTotal, computed: float, ledger: Ledger) -> Reconciliation:
    reported = ledger.number(control.indicator)
    tolerance, basis = tolerance_of(control, ledger[control.indicator])
    if math.isnan(computed):
        verdict, note = Verdict.UNKNOWN, MISSING
    elif abs(computed - reported) <= tolerance * abs(reported):
        verdict, note = Verdict.AGREES, ""
    else:
        verdict, note = Verdict.DIFFERS, BEYOND
    return Reconciliation(
        spec.id, control.indicator, control.label, control.unit, reported, computed, tolerance, basis, verdict, note
    )
