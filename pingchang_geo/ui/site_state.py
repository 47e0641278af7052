"""The site being checked: how it came in, what is still asked about it, and how it stands in the address.

The address holds the polygon itself, so that a link opens the same check. A polygon too long for an address stays in
the session under a name that the address holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import shapely
import streamlit as st

from pingchang_geo.issues import Decision
from pingchang_geo.layers import boundaries
from pingchang_geo.messages import issue
from pingchang_geo.workflow import site_reading
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.site_reading import SiteBoundary

#: Parameters of the page's own: the polygon, and what people call it.
SITE: Final = "site"
NAME: Final = "name"
#: Letters of a polygon that an address carries: beyond that programs that pass links on cut them.
LONGEST: Final = 4000
#: Longest name of a site.
NAME_LETTERS: Final = 60
#: Leads the name of a polygon that only this session knows; the polygons' own texts begin with a digit.
_KEPT: Final = "local-"
_ENTRY_KEY, _KEPT_KEY, _FLY_KEY = "site_entry", "site_kept", "site_fly"

#: Reads the boundary again with answers (issue code → value).
Reader = Callable[[Mapping[str, str]], SiteBoundary]


@dataclass(frozen=True)
class Entry:
    """One boundary as it was given.

    Attributes:
        read: reads it again with other answers.
        boundary: what the reading found.
        answers: given so far.
        code: its place in the address; empty while something is open.
        example: it is our own example.
    """

    read: Reader
    boundary: SiteBoundary
    answers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    code: str = ""
    example: bool = False

    @property
    def settled(self) -> bool:
        """Whether there is a polygon and no question about it is open."""
        return self.boundary.polygon is not None and self.boundary.decision not in (Decision.CONFIRM, Decision.REJECT)

    @property
    def local(self) -> bool:
        """Whether the polygon is too long for the address."""
        return self.code.startswith(_KEPT)


def submit(read: Reader, *, name: str = "", example: bool = False) -> None:
    """Take a new boundary. For callbacks."""
    before = st.session_state.get(_ENTRY_KEY)
    if before is not None and before.example and not example:
        set_name("")  # what follows the example is not the example
    boundary = read({})
    if name or boundary.name:
        set_name(name or boundary.name)
    _take(Entry(read, boundary, example=example))


def answer(code: str, value: str = "") -> None:
    """Answer a question about the present boundary. For callbacks."""
    entry = st.session_state.get(_ENTRY_KEY)
    if entry is not None:
        answers = {**entry.answers, code: value}
        _take(Entry(entry.read, entry.read(answers), answers, example=entry.example))


def clear() -> None:
    """Forget the site. For callbacks."""
    st.session_state.pop(_ENTRY_KEY, None)
    for parameter in (SITE, NAME):
        st.query_params.pop(parameter, None)


def current(county: Any | None) -> Entry | None:
    """The boundary of this run, None without any; what the address says counts.

    Args:
        county: outline of the county, EPSG:4490.
    """
    text = st.query_params.get(SITE, "")
    entry: Entry | None = st.session_state.get(_ENTRY_KEY)
    if text and (entry is None or entry.code != text):
        entry = _of_address(text, county)
        if entry.code and "view" not in st.query_params:
            st.session_state[_FLY_KEY] = entry.code
        if not entry.code:
            st.query_params.pop(SITE, None)
    elif not text and entry is not None and entry.code:
        entry = None  # the reader has left for a page or an address without it
    st.session_state[_ENTRY_KEY] = entry
    return entry


def goes_there(entry: Entry) -> bool:
    """Whether the map moves to this boundary: not to one whose link says what the map shows."""
    return bool(entry.code) and st.session_state.get(_FLY_KEY) == entry.code


def name_of() -> str:
    """What the address calls the site."""
    return " ".join(st.query_params.get(NAME, "").split())[:NAME_LETTERS]


def set_name(name: str) -> None:
    """Call the site something, or nothing."""
    name = " ".join(name.split())[:NAME_LETTERS]
    if name:
        st.query_params[NAME] = name
    else:
        st.query_params.pop(NAME, None)


def _take(entry: Entry) -> None:
    polygon = entry.boundary.polygon
    code = _code_of(polygon) if entry.settled and polygon is not None else ""
    st.session_state[_ENTRY_KEY] = Entry(entry.read, entry.boundary, entry.answers, code, entry.example)
    st.session_state[_FLY_KEY] = code
    if code:
        st.query_params[SITE] = code
    else:
        st.query_params.pop(SITE, None)


def _code_of(polygon: shapely.Polygon | shapely.MultiPolygon) -> str:
    text = site_reading.encode(polygon)
    if len(text) <= LONGEST:
        return text
    code = _KEPT + hashlib.sha256(text.encode()).hexdigest()[:12]
    st.session_state.setdefault(_KEPT_KEY, {})[code] = polygon
    return code


def _of_address(text: str, county: Any | None) -> Entry:
    """The boundary that an address names; without a code when it cannot be had."""
    if text.startswith(_KEPT):
        shape = st.session_state.get(_KEPT_KEY, {}).get(text) or issue("SITE_ELSEWHERE")
    else:
        shape = site_reading.decode(text)

    def read(answers: Mapping[str, str]) -> SiteBoundary:
        return site_reading.read_drawn(shape, county=county, answers=answers)

    boundary = read({})
    return Entry(read, boundary, code=text if boundary.polygon is not None else "")


def county_of(found: Atlas) -> Any | None:
    """The county's outline (EPSG:4490), None where nobody has published it."""
    county = boundaries.COUNTY.id
    return shapely.union_all(found[county].geometry) if county in found else None
