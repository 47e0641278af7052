"""Numbers as a briefing shows them: few digits, large units, so that they can be read from the back row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pingchang_geo import units
from pingchang_geo.units import AreaUnit, UnitChoice

#: From this many 亩 on, 万亩 are shown, as the report does.
_MANY_MU: Final = 100_000
_WAN: Final = 10_000
WANMU: Final = "wanmu"


@dataclass(frozen=True, slots=True)
class Quantity:
    """``number`` in ``unit``, and the digits shown; words have no number (NaN)."""

    text: str
    unit: str
    number: float


@dataclass(frozen=True, slots=True)
class Scale:
    """From an internal unit to the shown one: ``number = value * factor``."""

    factor: float
    unit: str


def scale(unit: str, choice: UnitChoice, largest: float, *, fixed: str = "") -> Scale:
    """The unit in which values up to ``largest`` are shown.

    Args:
        unit: internal unit (``ha``, ``tC``, …).
        choice: the reader's units.
        largest: largest value, in the internal unit.
        fixed: a unit that somebody asked for by name (``wanmu``, ``mu``, ``t`` …): it is kept however many digits.
    """
    fitted = choice if fixed else units.fitting(unit, choice, largest)
    factor, label = units.shown_factor(unit, fitted), units.shown_unit(unit, fitted)
    in_mu = label == AreaUnit.MU.value.label
    if in_mu and (fixed == WANMU or (not fixed and abs(largest) * factor >= _MANY_MU)):
        return Scale(factor / _WAN, f"万{label}")
    return Scale(factor, label)


def scale_of(unit: str, choice: UnitChoice, values: Iterable[float]) -> Scale:
    """One unit for all values of a chart."""
    return scale(unit, choice, max((abs(value) for value in values if value == value), default=0.0))  # noqa: PLR0124


def quantity(value: float, unit: str, choice: UnitChoice, *, fixed: str = "") -> Quantity:
    """A value of an internal unit as it is shown, with about four significant digits."""
    shown = scale(unit, choice, value, fixed=fixed)
    number = value * shown.factor
    return Quantity(units.format_number(number), shown.unit, number)
