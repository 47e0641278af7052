"""Units: exact factors, and numbers as the screen shows them.

Inside the package areas are hectares or square metres, masses tonnes, and every name says which
(``area_ha``, ``stock_tc``). Conversions happen only here and where a value is shown.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Final

#: 1 亩 = 2000/3 m² (exactly 1/15 ha).
MU_M2: Final = 2000 / 3
HA_M2: Final = 10_000.0
KM2_M2: Final = 1_000_000.0
MU_PER_HA: Final = 15.0

#: Mass of CO₂ per mass of carbon, 44/12.
CO2_PER_C: Final = 44 / 12


@dataclass(frozen=True)
class DisplayUnit:
    """A unit that the reader may choose: ``shown = internal * factor``."""

    code: str
    label: str
    factor: float
    digits: int


class AreaUnit(Enum):
    """Area units offered by the unit switch; the internal unit is the hectare."""

    MU = DisplayUnit("mu", "亩", MU_PER_HA, 0)
    HA = DisplayUnit("ha", "公顷", 1.0, 1)
    KM2 = DisplayUnit("km2", "km²", 0.01, 2)


class MassUnit(Enum):
    """Mass units offered by the unit switch; the internal unit is the tonne."""

    T = DisplayUnit("t", "吨", 1.0, 0)
    WT = DisplayUnit("wt", "万吨", 1e-4, 2)


@dataclass(frozen=True)
class UnitChoice:
    """The reader's units: area in hectares and mass in tonnes are shown in these."""

    area: AreaUnit = AreaUnit.MU
    mass: MassUnit = MassUnit.WT


#: Units of quantities that the unit switch changes, with what they measure.
_AREA_UNITS = frozenset({"ha"})
_MASS_UNITS = {"tC": "C", "tCO₂": "CO₂", "tCO₂/年": "CO₂/年"}


def shown_unit(unit: str, choice: UnitChoice) -> str:
    """Label of an internal ``unit`` under the reader's choice: ``"ha"`` → ``"亩"``, ``"tC"`` → ``"万吨碳"``."""
    if unit in _AREA_UNITS:
        return choice.area.value.label
    if unit in _MASS_UNITS:
        kind = _MASS_UNITS[unit]
        return choice.mass.value.label + ("碳" if kind == "C" else f" {kind}")
    return unit


def shown_factor(unit: str, choice: UnitChoice) -> float:
    """Factor from the internal ``unit`` to the shown one."""
    if unit in _AREA_UNITS:
        return choice.area.value.factor
    if unit in _MASS_UNITS:
        return choice.mass.value.factor
    return 1.0


def fitting(unit: str, choice: UnitChoice, largest: float) -> UnitChoice:
    """The reader's choice, except that masses of single features are shown in tonnes where even the largest of
    them would be under one 万吨: legends and tables of plots stay legible."""
    if unit in _MASS_UNITS and choice.mass is MassUnit.WT and abs(largest) * MassUnit.WT.value.factor < 1:
        return UnitChoice(choice.area, MassUnit.T)
    return choice


def format_number(value: float | None, digits: int | None = None, *, significant: int = 4) -> str:
    """Number with thousands separators; ``—`` for a missing one.

    With ``digits`` that many decimals; otherwise about ``significant`` significant digits, never more than
    four decimals and never trailing zeros.
    """
    if value is None or not math.isfinite(value):
        return "—"
    if digits is None:
        magnitude = math.floor(math.log10(abs(value))) if value else 0
        digits = min(4, max(0, significant - 1 - magnitude))
        text = f"{value:,.{digits}f}"
        return _signed(text.rstrip("0").rstrip(".") if "." in text else text)
    return _signed(f"{value:,.{digits}f}")


def _signed(text: str) -> str:
    """A true minus sign, and none before a rounded zero."""
    if not text.startswith("-"):
        return text
    return text[1:] if not text.strip("-0.,") else "−" + text[1:]


def format_quantity(value: float | None, unit: str, choice: UnitChoice | None = None, digits: int | None = None) -> str:
    """Value of an internal ``unit`` with its label in the reader's units, e.g. ``"1,804,200 亩"``.

    ``digits`` holds only while the unit is not converted; a converted value gets about four significant digits.
    """
    if value is None or not math.isfinite(value):
        return "—"
    choice = choice or UnitChoice()
    factor = shown_factor(unit, choice)
    text = format_number(value * factor, digits if factor == 1.0 else None)
    label = shown_unit(unit, choice)
    return text + ("" if label == "%" or not label else " ") + label


def ha_from_wanmu(area_wanmu: float) -> float:
    """万亩 → hectares."""
    return area_wanmu * 10_000 / MU_PER_HA
