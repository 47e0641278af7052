"""What the reader has chosen on a page ↔ the address bar. The address is the only place where it lives.

Defaults are left out, so that a fresh page has a clean address; ``view`` is the map's own and kept; whatever else is
not understood is dropped with a notice that names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import streamlit as st

from pingchang_geo.classify import Method
from pingchang_geo.filters import Filter, OneOf
from pingchang_geo.maps.view import parse_view
from pingchang_geo.specs import FieldKind, FieldSpec, Theme
from pingchang_geo.ui.asked import settle
from pingchang_geo.ui.text import plain
from pingchang_geo.units import AreaUnit, MassUnit, UnitChoice
from pingchang_geo.workflow import derive
from pingchang_geo.workflow.atlas import LayerData

#: Parameters of ours besides the filter's fields. None of them is the name of a field.
_OWN: Final = ("layer", "theme", "method", "compare", "area", "mass", "layers", "sel")
#: Those that hold on every page with a map.
_GENERAL: Final = ("area", "mass", "layers", "sel")
#: The map's own parameter, which it writes in the browser (pingchang_geo/maps/view.py).
_VIEW: Final = "view"
_AREAS: Final = {unit.value.code: unit for unit in AreaUnit}
_MASSES: Final = {unit.value.code: unit for unit in MassUnit}
UNITS_KEY: Final = "units_preferred"
#: Letters of an unknown parameter's name that a notice repeats.
_NAMED: Final = 40

Selected = tuple[str, int]


@dataclass(frozen=True)
class Scope:
    """What a page offers: its layers (lowest first), the one in focus by default, those switched on by default."""

    layers: Mapping[str, LayerData]
    focus: str
    shown: frozenset[str]
    #: Whether the reader may put another layer in focus.
    focus_free: bool = False
    #: Parameters of the address that the page reads and writes itself; kept as they are.
    extra: frozenset[str] = frozenset()
    #: Colours and filters are the page's own matter: the address says nothing about them.
    fixed: bool = False


@dataclass(frozen=True)
class PageState:
    """One reader's choices on one page. ``theme`` and ``compare`` are field names, ``""`` for none."""

    focus: str
    theme: str
    shown: frozenset[str]
    method: Method = Method.ROUND
    compare: str = ""
    chosen: Filter = field(default_factory=Filter)
    units: UnitChoice = field(default_factory=UnitChoice)
    selected: Selected | None = None


def filter_fields(data: LayerData) -> tuple[FieldSpec, ...]:
    """Fields of a layer that the reader can filter by: declared so, and not empty in this version."""
    return tuple(f for f in data.spec.filterable if f.name in data.filled)


def themes_of(data: LayerData) -> tuple[Theme, ...]:
    """Themes of a layer that its version can fill."""
    return tuple(theme for theme in data.spec.themes if theme.field in data.filled)


def can_compare(data: LayerData) -> bool:
    """Whether the map can show the layer in two themes side by side: only what it draws from tiles."""
    return derive.tiled(data.version) and len(themes_of(data)) > 1


def defaults(scope: Scope, focus: str) -> PageState:
    """The state of an address without parameters."""
    themes = themes_of(scope.layers[focus])
    return PageState(focus, themes[0].field if themes else "", scope.shown & set(scope.layers))


def decode(params: Mapping[str, str], scope: Scope) -> tuple[PageState, list[str]]:
    """State from an address, and the names of parameters that were not understood."""
    bad: list[str] = []
    focus = scope.focus
    if "layer" in params and not scope.fixed:
        if scope.focus_free and params["layer"] in scope.layers:
            focus = params["layer"]
        else:
            bad.append("layer")
    state = defaults(scope, focus)
    data = scope.layers[focus]
    themes = {theme.field: theme for theme in themes_of(data)}
    readers: dict[str, Any] = {
        "theme": lambda text: {"theme": _known(text, themes)},
        "method": lambda text: {"method": Method(text)},
        "compare": lambda text: {"compare": _known(text, themes)},
        "area": lambda text: {"units": UnitChoice(_AREAS[text], state.units.mass)},
        "mass": lambda text: {"units": UnitChoice(state.units.area, _MASSES[text])},
        "layers": lambda text: {"shown": _shown(text, scope)},
        "sel": lambda text: {"selected": _selected(text, scope)},
    }
    mine = _GENERAL if scope.fixed else _OWN
    for name, reader in readers.items():
        if name in params and name in mine:
            try:
                state = replace(state, **reader(params[name]))
            except (KeyError, ValueError):
                bad.append(name)
    if state.compare and (state.compare == state.theme or not can_compare(data)):
        state = replace(state, compare="")
        bad.append("compare")
    chosen, unread = (Filter(), []) if scope.fixed else _filter(params, data)
    known = {*mine, *scope.extra, *(f.name for f in filter_fields(data) if not scope.fixed)}
    unread += [name for name in params if name not in known and not (name == _VIEW and parse_view(params[name]))]
    return replace(state, chosen=chosen), [*bad, *unread]


def encode(state: PageState, scope: Scope) -> dict[str, str]:
    """Parameters of a state; whatever is as by default is left out."""
    plain = defaults(scope, state.focus)
    found: dict[str, str] = {}
    if state.focus != scope.focus:
        found["layer"] = state.focus
    if state.theme != plain.theme:
        found["theme"] = state.theme
    if state.method != plain.method:
        found["method"] = state.method.value
    if state.compare and state.compare != state.theme:
        found["compare"] = state.compare
    if state.units.area != plain.units.area:
        found["area"] = state.units.area.value.code
    if state.units.mass != plain.units.mass:
        found["mass"] = state.units.mass.value.code
    if state.shown != plain.shown:
        found["layers"] = ",".join(i for i in scope.layers if i in state.shown) or "none"
    if state.selected:
        found["sel"] = f"{state.selected[0]}:{state.selected[1]}"
    return {**found, **state.chosen.encode()}


def read(scope: Scope) -> PageState:
    """The state of this run; the address is put in order, and what it held beyond understanding is named."""
    settle()
    params = st.query_params.to_dict()
    state, bad = decode(params, scope)
    if bad:
        notice(bad)
    preferred = st.session_state.get(UNITS_KEY)
    if preferred is not None and "area" not in params and "mass" not in params:
        state = replace(state, units=preferred)
    st.session_state[UNITS_KEY] = state.units
    _store(state, scope)
    return state


def change(scope: Scope, **changes: Any) -> None:
    """Write changes into the address; for what :func:`~pingchang_geo.ui.asked.later` does before a run reads it."""
    state, _ = decode(st.query_params.to_dict(), scope)
    if "units" in changes:
        st.session_state[UNITS_KEY] = changes["units"]
    else:
        state = replace(state, units=st.session_state.get(UNITS_KEY, state.units))
    _store(replace(state, **changes), scope)


def set_clause(scope: Scope, name: str, clause: Any) -> None:
    """Replace or drop the clause on one field; like :func:`change`."""
    state, _ = decode(st.query_params.to_dict(), scope)
    change(scope, chosen=state.chosen.replacing(name, clause))


def _store(state: PageState, scope: Scope) -> None:
    """One message at most: the address is only touched where it differs."""
    params = st.query_params.to_dict()
    view = {_VIEW: params[_VIEW]} if parse_view(params.get(_VIEW, "")) else {}
    own = {name: params[name] for name in params if name in scope.extra}
    wanted = {**view, **encode(state, scope), **own}
    if wanted != params:
        st.query_params.from_dict(wanted)


def notice(bad: Iterable[str]) -> None:
    """Name the parameters of the address that were not understood."""
    names = "、".join(plain(name[:_NAMED]) for name in dict.fromkeys(bad))  # whoever made the link wrote them
    st.toast(f"地址中的参数无法识别，已忽略：{names}", icon=":material/link_off:", duration="long")


def _known(text: str, names: Mapping[str, Any]) -> str:
    if text not in names:
        raise KeyError(text)
    return text


def _shown(text: str, scope: Scope) -> frozenset[str]:
    names = frozenset() if text == "none" else frozenset(text.split(","))
    if not names <= set(scope.layers):
        raise KeyError(text)
    return names


def _selected(text: str, scope: Scope) -> Selected:
    layer, _, row = text.partition(":")
    # int() alone would also read "1_0", "+1" and the digits of other scripts.
    if not (row.isascii() and row.isdecimal()) or int(row) >= len(scope.layers[layer].frame):
        raise ValueError(text)
    return layer, int(row)


def _filter(params: Mapping[str, str], data: LayerData) -> tuple[Filter, list[str]]:
    """Filter on the layer in focus; unknown categories are not understood, wherever they stand."""
    fields = {f.name: f.kind is FieldKind.NUMBER for f in filter_fields(data)}
    chosen, bad = Filter.decode(params, fields)
    for clause in chosen.clauses:
        if isinstance(clause, OneOf) and not set(clause.values) <= set(data.frame[clause.field].cat.categories):
            chosen = chosen.replacing(clause.field, None)
            bad.append(clause.field)
    return chosen, bad


@dataclass(frozen=True)
class View:
    """The rows of the layer in focus under the filter, with one mask per clause so that charts can leave theirs out."""

    data: LayerData
    chosen: Filter
    masks: Mapping[str, Any]

    @classmethod
    def of(cls, data: LayerData, chosen: Filter) -> View:
        """Compute the masks once a run."""
        return cls(data, chosen, {clause.field: clause.mask(data.frame) for clause in chosen.clauses})

    def keep(self, without: str = "") -> Any:
        """Rows kept by every clause but the one on ``without``; None when nothing filters."""
        masks = [mask for name, mask in self.masks.items() if name != without]
        return np.logical_and.reduce(masks) if masks else None

    def clause(self, name: str) -> Any:
        """The clause on a field, or None."""
        return next((clause for clause in self.chosen.clauses if clause.field == name), None)
