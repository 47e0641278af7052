"""Texts from files on Streamlit elements, which read Markdown: made inert. And filters in words."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from pingchang_geo import units
from pingchang_geo.filters import Clause, Filter, OneOf
from pingchang_geo.specs import LayerSpec
from pingchang_geo.units import UnitChoice

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>:$~&])")
#: Made into something else whatever is escaped, since it is looked for in the text itself: addresses become links,
#: names between colons icons, and signs such as ``->`` arrows. Only something invisible within keeps them as they are.
_UNESCAPABLE: Final = re.compile(
    r"(?<=http:)(?=//)|(?<=https:)(?=//)|(?<=www)(?=\.)|(?<=[\w.+-])(?=@)"
    r"|(?<=:)(?=[a-z+-][\w+-]*[:/])"
    r"|(?<=(?<!\S)[<>~-])(?=(?:->|>|-|=)(?!\S))",
    re.IGNORECASE,
)
_JOINER: Final = "\u2060"
#: Names listed before a clause says how many there are.
_NAMES_SPOKEN: Final = 4


def plain(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", _UNESCAPABLE.sub(_JOINER, " ".join(text.split())))


def local_time(iso: str) -> str:
    """A stored UTC time (``2026-11-22T10:30:00Z``) in the server's time zone, to the minute."""
    at = datetime.strptime(iso, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).astimezone()
    return f"{at:%Y-%m-%d %H:%M}"


def clause_words(spec: LayerSpec, clause: Clause, choice: UnitChoice) -> str:
    """``优势树种：马尾松、柏木`` or ``每公顷蓄积：50–120 m³/ha``."""
    field = spec.field(clause.field)
    if isinstance(clause, OneOf):
        names = "、".join(clause.values[:_NAMES_SPOKEN])
        more = f"等 {len(clause.values)} 项" if len(clause.values) > _NAMES_SPOKEN else ""
        return f"{field.label}：{names}{more}"
    factor, unit = units.shown_factor(field.unit, choice), units.shown_unit(field.unit, choice)
    low, high = (None if value is None else units.format_number(value * factor) for value in (clause.low, clause.high))
    words = f"≤ {high}" if low is None else f"≥ {low}" if high is None else f"{low}–{high}"
    return f"{field.label}：{words}{'' if unit == '%' or not unit else ' '}{unit}"


def filter_words(spec: LayerSpec, chosen: Filter, choice: UnitChoice) -> str:
    """All clauses in words; empty without any."""
    return "；".join(clause_words(spec, clause, choice) for clause in chosen.clauses)
