"""What the reader has chosen on the page 碳汇核算 ↔ the address bar; defaults are left out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import streamlit as st

from pingchang_geo.ui.asked import settle
from pingchang_geo.ui.state import UNITS_KEY, notice
from pingchang_geo.units import AreaUnit, MassUnit, UnitChoice

_AREAS: Final = {unit.value.code: unit for unit in AreaUnit}
_MASSES: Final = {unit.value.code: unit for unit in MassUnit}
#: Largest volume growth that can be entered, %/a.
MOST_GROWTH: Final = 50.0


@dataclass(frozen=True)
class Offer:
    """What can be chosen; the first of each is the default. Versions by number, ``(earlier, later)`` the proposal."""

    sets: tuple[str, ...]
    groups: tuple[str, ...]
    versions: tuple[int, ...]
    proposal: tuple[int, int]


@dataclass(frozen=True)
class AccountsState:
    """One reader's choices; ``growth_pct_a`` is None until entered, versions are 0 where there are none."""

    set_id: str
    by: str
    growth_pct_a: float | None = None
    before: int = 0
    after: int = 0
    units: UnitChoice = field(default_factory=UnitChoice)


def defaults(offer: Offer) -> AccountsState:
    """The state of an address without parameters."""
    return AccountsState(offer.sets[0], offer.groups[0], None, *offer.proposal)


def decode(params: Mapping[str, str], offer: Offer) -> tuple[AccountsState, list[str]]:
    """State from an address, and the names of parameters that were not understood."""
    state, bad = defaults(offer), []
    readers: dict[str, Any] = {
        "set": lambda text: {"set_id": _one_of(text, offer.sets)},
        "by": lambda text: {"by": _one_of(text, offer.groups)},
        "growth": lambda text: {"growth_pct_a": _growth(text)},
        "before": lambda text: {"before": _version(text, offer)},
        "after": lambda text: {"after": _version(text, offer)},
        "area": lambda text: {"units": UnitChoice(_AREAS[text], state.units.mass)},
        "mass": lambda text: {"units": UnitChoice(state.units.area, _MASSES[text])},
    }
    for name, reader in readers.items():
        if name in params:
            try:
                state = replace(state, **reader(params[name]))
            except (KeyError, ValueError):
                bad.append(name)
    return state, [*bad, *(name for name in params if name not in readers)]


def encode(state: AccountsState, offer: Offer) -> dict[str, str]:
    """Parameters of a state; whatever is as by default is left out."""
    plain = defaults(offer)
    found = {
        "set": state.set_id if state.set_id != plain.set_id else "",
        "by": state.by if state.by != plain.by else "",
        "growth": "" if state.growth_pct_a is None else f"{state.growth_pct_a:.6g}",
        "before": str(state.before) if state.before != plain.before else "",
        "after": str(state.after) if state.after != plain.after else "",
        "area": state.units.area.value.code if state.units.area != plain.units.area else "",
        "mass": state.units.mass.value.code if state.units.mass != plain.units.mass else "",
    }
    return {name: text for name, text in found.items() if text}


def read(offer: Offer) -> AccountsState:
    """The state of this run; the address is put in order, and what it held beyond understanding is named."""
    settle()
    params = st.query_params.to_dict()
    state, bad = decode(params, offer)
    if bad:
        notice(bad)
    preferred = st.session_state.get(UNITS_KEY)
    if preferred is not None and "area" not in params and "mass" not in params:
        state = replace(state, units=preferred)
    st.session_state[UNITS_KEY] = state.units
    _store(state, offer)
    return state


def change(offer: Offer, **changes: Any) -> None:
    """Write changes into the address; for what :func:`~pingchang_geo.ui.asked.later` does before a run reads it."""
    state, _ = decode(st.query_params.to_dict(), offer)
    if "units" in changes:
        st.session_state[UNITS_KEY] = changes["units"]
    else:
        state = replace(state, units=st.session_state.get(UNITS_KEY, state.units))
    _store(replace(state, **changes), offer)


def _store(state: AccountsState, offer: Offer) -> None:
    wanted = encode(state, offer)
    if wanted != st.query_params.to_dict():
        st.query_params.from_dict(wanted)


def _one_of(text: str, known: tuple[str, ...]) -> str:
    if text not in known:
        raise KeyError(text)
    return text


def _growth(text: str) -> float:
    number = float(text)
    if not (math.isfinite(number) and 0 <= number <= MOST_GROWTH):
        raise ValueError(text)
    return number


def _version(text: str, offer: Offer) -> int:
    number = int(text) if text.isascii() and text.isdecimal() else 0
    if number not in offer.versions:
        raise ValueError(text)
    return number
