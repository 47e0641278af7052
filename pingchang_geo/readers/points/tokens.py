"""Numbers of one line of text: every usual notation of degrees, the axis named beside them, the point's name. Pure.

Every pattern is linear: the text comes from outside.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_DMS: Final = (
    r"(?P<degrees>\d{1,3})\s?[°度]\s?(?P<minutes>\d{1,2}(?:\.\d{1,12})?)\s?(?:['分]|(?![\d.°度]))"
    r"(?:\s?(?P<seconds>\d{1,2}(?:\.\d{1,12})?)(?:\s?(?:\"|''|秒)|(?![\d.]|\s?[°度])))?"
)
_PACKED: Final = r"(?<![\d.])(?P<d>\d{2,3})[-:](?P<m>\d{1,2})[-:](?P<s>\d{1,2}(?:\.\d{1,12})?)(?![\d:-])"
_GROUPED: Final = r"(?<![\d.,])[-+]?\d{1,3}(?:,\d{3})+(?:\.\d{1,12})?(?![\d,]?\d)"
_PLAIN: Final = r"(?:(?<![\d.°'\"])[-+])?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][+-]\d{1,2})?"
_NUMBER: Final = re.compile(f"{_DMS}|{_PACKED}|(?P<plain>{_PLAIN})")
_NUMBER_GROUPED: Final = re.compile(f"{_DMS}|{_PACKED}|(?P<grouped>{_GROUPED})|(?P<plain>{_PLAIN})")
GROUPED: Final = re.compile(_GROUPED)

#: Words for an axis. X and Y say nothing about east and north: surveys and mathematics differ.
_AXES: Final = {
    "lon": r"东经|西经|经度|经|longitude|long|lon|lng|[EW]",
    "lat": r"北纬|南纬|纬度|纬|latitude|lat|[NS]",
    "north": r"纵坐标|北坐标|northing|north|纵|北",
    "east": r"横坐标|东坐标|easting|east|横|东",
    "x": r"X坐标|X",
    "y": r"Y坐标|Y",
}
_BEFORE: Final = re.compile(
    rf"(?:^|[^A-Za-z])(?:{'|'.join(f'(?P<{axis}>{words})' for axis, words in _AXES.items())})"
    r"(?P<sign>(?:\s?[(\[][^()\[\]]{0,8}[)\]])?\s{0,3}[:=]?\s{0,3})$",
    re.IGNORECASE,
)
_CELL: Final = re.compile(r"[\s,;|/()\[\]:°\"']+")
_WORD: Final = re.compile(
    rf"(?:{'|'.join(f'(?P<{axis}>{words})' for axis, words in _AXES.items())})(?:坐标|值|[EWNSXY])?",
    re.IGNORECASE,
)
_HEMISPHERE: Final = re.compile(r"(?P<gap>\s?°?\s?)(?P<letter>[NSEW])(?![A-Za-z])")
_UNIT: Final = re.compile(r"\s?(?:°|度|米|m(?![A-Za-z])|[东北经纬])", re.IGNORECASE)
_NEGATIVE: Final = re.compile(r"西经|南纬|W|S", re.IGNORECASE)
#: Text before a number that is looked at for an axis or a name.
_LOOK_BACK: Final = 20
#: A heading of columns is not longer.
_HEADING_LETTERS: Final = 200
#: Whole numbers below this, stuck to letters, belong to a point's name (J1, 界址点12).
_NAME_BELOW: Final = 100_000


@dataclass(frozen=True)
class Number:
    """One number of a line: its value (degrees already put together), the axis named beside it, whether it is whole."""

    value: float
    axis: str = ""
    whole: bool = False


@dataclass(frozen=True)
class Scanned:
    """A line (or the part of a line that is one point).

    Attributes:
        line: 1-based number.
        text: half-width text.
        numbers: in order; those of point names left out.
        name: point name at the beginning (``J1``), empty when there is none.
        doubtful: digits and letters run into one another, so that a value may have been mistyped.
    """

    line: int
    text: str
    numbers: tuple[Number, ...]
    name: str = ""
    doubtful: bool = False


def scan(line: int, text: str, *, grouped: bool = False) -> Scanned:
    """Numbers of a half-width text; ``grouped`` reads ``463,123.45`` as one number."""
    numbers: list[Number] = []
    name = ""
    doubtful = False
    for match in (_NUMBER_GROUPED if grouped else _NUMBER).finditer(text):
        before = text[max(0, match.start() - _LOOK_BACK) : match.start()]
        kind = _kind(match, before, text[match.end() : match.end() + 8])
        if kind == "name":
            name = name or text[max(0, match.start() - 8) : match.end()].strip(" ,;:\t")
        elif kind == "doubtful":
            doubtful = True
        else:
            numbers.append(_number(match, before, text[match.end() : match.end() + 8]))
    return Scanned(line, text, tuple(numbers), name, doubtful)


def axes(text: str) -> list[str]:
    """Axis words that stand alone in a line, in order; a heading of columns has two at least."""
    found = (_WORD.fullmatch(cell) for cell in _CELL.split(text[:_HEADING_LETTERS]))
    words = [match.lastgroup or "" for match in found if match]
    return words if len(words) > 1 else []


def _kind(match: re.Match[str], before: str, after: str) -> str:
    """``number``; ``name`` for the number of a point; ``doubtful`` when letters run into it."""
    plain = match.group("plain") or ""
    follows = after[:1] if after[:1].isalpha() and not _HEMISPHERE.match(after) and not _UNIT.match(after) else ""
    short = plain.lstrip("+-").isdigit() and abs(float(plain)) < _NAME_BELOW
    if before[-1:].isalpha() or before[-1:] in ("#", "_"):
        return _stuck_kind(before, follows, short=short)
    if not follows:
        return "number"
    if not plain:
        return "doubtful" if follows.isascii() else "number"
    return "name" if short and not (follows.isascii() and after[1:2].isdigit()) else "doubtful"


def _stuck_kind(before: str, follows: str, *, short: bool) -> str:
    """The same for a number that letters stand right before: an axis, a name, or a slip (``l07.10``)."""
    named = _BEFORE.search(before)
    if named is not None and not (short and named.group("sign") == "" and before[-1].isascii()):
        return "doubtful" if follows else "number"
    if short:
        return "doubtful" if follows.isascii() and follows else "name"
    return "doubtful" if before[-1].isascii() or follows else "number"


def _number(match: re.Match[str], before: str, after: str) -> Number:
    named = _BEFORE.search(before)
    axis = next((one for one in _AXES if named.group(one)), "") if named else ""
    word = named.group(axis) if named and axis in ("lon", "lat") else ""
    behind = _HEMISPHERE.match(after)
    if behind and _belongs(behind, after, prefixed=bool(axis)):
        word = behind["letter"]
        axis = "lon" if word in "EW" else "lat"
    value, whole = _value(match)
    return Number(-value if _NEGATIVE.fullmatch(word) else value, axis, whole)


def _belongs(behind: re.Match[str], after: str, *, prefixed: bool) -> bool:
    """Whether a letter behind a number names its axis, not that of the next number (``N 31.5 E 107.1``)."""
    starts_next = after[behind.end() : behind.end() + 1].isdigit()
    if behind["gap"].strip("°"):  # a blank between
        return not prefixed and not starts_next
    return not (prefixed and starts_next)


def _value(match: re.Match[str]) -> tuple[float, bool]:
    if match.group("degrees"):
        return _degrees(match["degrees"], match["minutes"], match["seconds"]), False
    if match.group("d"):
        return _degrees(match["d"], match["m"], match["s"]), False
    text = match.groupdict().get("grouped") or match["plain"]
    return float(text.replace(",", "")), text.isdigit()


def _degrees(degrees: str, minutes: str, seconds: str | None) -> float:
    return float(degrees) + float(minutes) / 60 + float(seconds or 0) / 3600
