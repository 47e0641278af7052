"""What a benchmark hands back: figures (all repetitions kept) and checks against targets. Pure."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figure:
    """One measured quantity with every repetition; ``note`` says what a reader must know beside the number."""

    label: str
    unit: str
    values: tuple[float, ...]
    note: str = ""

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError(f"{self.label}: nothing was measured")

    @property
    def n(self) -> int:
        return len(self.values)

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def low(self) -> float:
        return min(self.values)

    @property
    def high(self) -> float:
        return max(self.values)

    def text(self) -> str:
        """``3.42 s (3.30–3.91)``; a single measurement shows no range."""
        spread = f" ({number(self.low)}–{number(self.high)})" if self.n > 1 else ""
        return f"{number(self.median)}{_unit(self.unit)}{spread}"


@dataclass(frozen=True)
class Check:
    """A target beside what was reached; ``met`` is None for a comparison without a target."""

    target: str
    reached: str
    met: bool | None


@dataclass(frozen=True)
class Result:
    """One benchmark: what it measures, its figures, its checks, and what fell short in words."""

    name: str
    title: str
    method: str
    figures: tuple[Figure, ...]
    checks: tuple[Check, ...] = ()
    remarks: tuple[str, ...] = field(default=())


def number(value: float) -> str:
    """Three significant digits, no exponent: ``0.214``, ``3.42``, ``43.1``, ``1,280``."""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:.1f}"
    if size >= 1:
        return f"{value:.2f}"
    return f"{value:.3f}" if size >= 0.001 else f"{value:.1e}"


def at_most(what: str, value: float, limit: float, unit: str = "") -> Check:
    """``value`` must not exceed ``limit``."""
    return Check(f"{what} ≤ {limit:g}{_unit(unit)}", f"{number(value)}{_unit(unit)}", value <= limit)


def at_least(what: str, value: float, limit: float, unit: str = "") -> Check:
    """``value`` must reach ``limit``."""
    return Check(f"{what} ≥ {limit:g}{_unit(unit)}", f"{number(value)}{_unit(unit)}", value >= limit)


def compared(what: str, value: float, unit: str = "") -> Check:
    """A comparison that nothing is demanded of."""
    return Check(what, f"{number(value)}{_unit(unit)}", None)


def ratio(over: Figure, under: Figure) -> float:
    """Ratio of medians of two figures taken in the same rounds."""
    return over.median / under.median


def _unit(unit: str) -> str:
    return f" {unit}" if unit and unit not in "×%" else unit
