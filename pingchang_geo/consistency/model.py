"""What a check says, and the little arithmetic that all checks share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from pingchang_geo import units
from pingchang_geo.indicators import Indicator, Ledger
from pingchang_geo.reconcile import rounding


class Finding(StrEnum):
    """Outcome of one check."""

    AGREES = "相符"
    DIFFERS = "不符"
    HIGH = "偏高"
    LOW = "偏低"
    INCOMPARABLE = "不可比"
    UNEQUAL = "不等同"
    UNCONFIRMED = "未确认"
    ALONE = "无对照"


@dataclass(frozen=True)
class Reference:
    """A value to compare with; ``flag`` says how far its source was verified (已核, 推算, 待核)."""

    label: str
    value: float
    unit: str
    flag: str
    source: str


@dataclass(frozen=True)
class Check:
    """One check of the report against itself.

    Attributes:
        inputs: the figures it rests on, with their quotations.
        working: what was computed, in figures and units.
        result: what came out.
        explanation: by which rule the finding follows, and what it does and does not mean.
        values: every number behind ``result``, by a name with its unit.
        references: values from outside the report that the result was compared with.
    """

    id: str
    title: str
    inputs: tuple[Indicator, ...]
    working: str
    result: str
    finding: Finding
    explanation: str
    values: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    references: tuple[Reference, ...] = ()

    @property
    def unverified(self) -> tuple[str, ...]:
        """Labels of the inputs whose source was not read first-hand."""
        return tuple(indicator.label for indicator in self.inputs if not indicator.verified)


def picked(ledger: Ledger, *ids: str) -> tuple[Indicator, ...]:
    """Figures of the ledger in the order asked for."""
    return tuple(ledger[i] for i in ids)


def value(indicator: Indicator) -> float:
    """The figure's number; :class:`ValueError` for a list of names."""
    if indicator.value is None:
        raise ValueError(f"{indicator.id} is no quantity")
    return indicator.value


def bounds(indicator: Indicator) -> tuple[float, float]:
    """What the written digits may stand for: half of the last digit either way."""
    half = rounding(indicator)
    return value(indicator) - half, value(indicator) + half


def shown(number: float, significant: int = 4) -> str:
    """A computed number as it is written in a sentence."""
    return units.format_number(number, significant=significant)
