"""The site being checked: how it came in, what is still asked about it, and how it stands in the address.

The address holds the polygon itself, so that a link opens the same check. The session remembers it as well, for a
reader who comes back from another page. A polygon too long for an address stays in the session under a name that the
address holds.

A callback can be cut short by the next thing that the browser says, for instance that the map is drawn. So callbacks
here only note on the :class:`Desk` what is to be done, and the run does it; and an address that the browser sent before
it heard of the new one is recognised as such.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

import shapely
import streamlit as st

from pingchang_geo.issues import Decision
from pingchang_geo.layers import boundaries
from pingchang_geo.messages import issue
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.boundaries import reading
from pingchang_geo.workflow.boundaries.reading import SiteBoundary

#: Parameters of the page's own: the polygon, and what people call it.
SITE: Final = "site"
NAME: Final = "name"
#: Letters of a polygon that an address carries: beyond that programs that pass links on cut them.
LONGEST: Final = 4000
#: Longest name of a site.
NAME_LETTERS: Final = 60
#: Leads the name of a polygon that only this session knows; the polygons' own texts begin with a digit.
_KEPT: Final = "local-"
_DESK_KEY: Final = "site_desk"

#: Reads the boundary again with answers (issue code → value).
Reader = Callable[[Mapping[str, str]], SiteBoundary]
#: What the address says: polygon and name.
Said = tuple[str, str]


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


@dataclass
class Desk:
    """What a session has before it; one object, changed in place.

    Attributes:
        asked: what the reader has asked for and no run has done yet.
        entry: the present boundary, if any.
        name: what it is called.
        fly: code of the boundary that the map moves to.
        kept: polygons too long for an address, by code.
        heard: number of the last event of the map that was dealt with.
        owed: what the address has been set to and the browser has not yet confirmed; ``before`` what it said then.
    """

    asked: Callable[[], None] | None = None
    entry: Entry | None = None
    name: str = ""
    fly: str = ""
    kept: dict[str, shapely.Polygon | shapely.MultiPolygon] = field(default_factory=dict)
    heard: int | None = None
    owed: Said | None = None
    before: Said = ("", "")

    def ask(self, action: Callable[[], None]) -> None:
        """Have something done by the next run. For callbacks: nothing here can be interrupted."""
        self.asked = action

    def submit(self, read: Reader, *, name: str = "", example: bool = False) -> None:
        """Take a new boundary."""
        boundary = read({})
        if self.entry is not None and self.entry.example and not example:
            self.name = ""  # what follows the example is not the example
        self.name = _tidy(name or boundary.name or self.name)
        self._take(Entry(read, boundary, example=example))

    def answer(self, code: str, value: str = "") -> None:
        """Answer a question about the present boundary."""
        if self.entry is not None:
            answers = {**self.entry.answers, code: value}
            self._take(Entry(self.entry.read, self.entry.read(answers), answers, example=self.entry.example))

    def call(self, name: str) -> None:
        """Call the site something, or nothing."""
        self.name = _tidy(name)
        self._write()

    def clear(self) -> None:
        """Forget the site."""
        self.entry, self.name, self.fly = None, "", ""
        self._write()

    def settle(self, county: Any | None) -> None:
        """Do what was asked for and bring address and desk together; first thing of a run.

        Args:
            county: outline of the county, EPSG:4490.
        """
        self._hear(county)
        self.do_asked()

    def do_asked(self) -> None:
        """Do what was asked for, once; what cuts a run short is no ``Exception`` and leaves it for the next run."""
        if self.asked is None:
            return
        try:
            self.asked()
        except Exception:
            self.asked = None
            raise
        self.asked = None

    def goes_there(self, entry: Entry) -> bool:
        """Whether the map moves to this boundary: not to one whose link says what the map shows."""
        return not entry.code or self.fly == entry.code

    def _hear(self, county: Any | None) -> None:
        """Follow the address, unless it is one that the browser sent before it heard of ours."""
        said = _said()
        if self.owed is not None:
            stale = said == self.before and said != self.owed
            self.owed = self.owed if stale else None
            if stale:
                return self._write()
        text, name = said
        if text and (self.entry is None or self.entry.code != text):
            self._open(text, county)
            self.name = _tidy(name)
        elif text:
            self.name = _tidy(name)
        elif name or (self.entry is not None and self.entry.code):
            self._write()  # a name without a site is nobody's
        return None

    def _open(self, text: str, county: Any | None) -> None:
        """Take the boundary that an address names."""
        shape = self.kept.get(text, issue("SITE_ELSEWHERE")) if text.startswith(_KEPT) else reading.decode(text)

        def read(answers: Mapping[str, str]) -> SiteBoundary:
            return reading.read_drawn(shape, county=county, answers=answers)

        boundary = read({})
        code = text if boundary.polygon is not None else ""
        self.entry = Entry(read, boundary, code=code)
        self.fly = "" if "view" in st.query_params else code
        if not code:
            self.name = ""
            self._write()

    def _take(self, entry: Entry) -> None:
        code = self._code_of(entry)
        self.entry, self.fly = replace(entry, code=code), code
        self._write()

    def _code_of(self, entry: Entry) -> str:
        polygon = entry.boundary.polygon
        if polygon is None or not entry.settled:
            return ""
        text = reading.encode(polygon)
        if len(text) <= LONGEST:
            return text
        code = _KEPT + hashlib.sha256(text.encode()).hexdigest()[:12]
        self.kept[code] = polygon
        return code

    def _write(self) -> None:
        """Put the desk's site and name into the address."""
        wanted = (self.entry.code if self.entry is not None else "", self.name)
        if not wanted[0]:
            wanted = ("", "")
        said = _said()
        if wanted == said:
            return
        if self.owed is None:
            self.before = said
        self.owed = wanted
        own = {parameter: text for parameter, text in zip((SITE, NAME), wanted, strict=True) if text}
        others = {key: text for key, text in st.query_params.to_dict().items() if key not in (SITE, NAME)}
        # At once: each change is a step that the browser goes back to, and half of one is no site.
        st.query_params.from_dict({**others, **own})


def desk() -> Desk:
    """The session's desk."""
    found: Desk = st.session_state.setdefault(_DESK_KEY, Desk())
    return found


def _said() -> Said:
    return st.query_params.get(SITE, ""), st.query_params.get(NAME, "")


def _tidy(name: str) -> str:
    return " ".join(name.split())[:NAME_LETTERS]


def county_of(found: Atlas) -> Any | None:
    """The county's outline (EPSG:4490), None where nobody has published it."""
    county = boundaries.COUNTY.id
    return shapely.union_all(found[county].geometry) if county in found else None
