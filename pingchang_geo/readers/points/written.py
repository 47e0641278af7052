"""What a text of coordinates holds, before anything is decided about its coordinate system. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pingchang_geo.boundary.model import Parcel, numbered
from pingchang_geo.issues import Issue

#: Full-width ASCII (FF01–FF5E), the punctuation people type with a Chinese keyboard, and marks of degrees.
_HALF: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    ord(wide): half
    for wide, half in {
        "、": ",", "。": ".", "．": ".", "　": " ", "\u00a0": " ", "\u2002": " ", "\u2003": " ", "\u2009": " ",
        "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "－": "-",
        "′": "'", "’": "'", "‘": "'", "＇": "'", "ˊ": "'", "´": "'", "`": "'",
        "″": '"', "”": '"', "“": '"', "＂": '"', "〃": '"',
        "º": "°", "˚": "°", "˙": "°", "【": "[", "】": "]", "〔": "[", "〕": "]",
        "\ufeff": "", "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\u200e": "", "\u200f": "",
    }.items()
}  # fmt: skip
#: Of these, what is worth telling about when it stands beside numbers: not the marks of minutes and seconds.
_TOLD: Final = frozenset("，、。．；：　＝－—（）") | frozenset(chr(code) for code in range(0xFF10, 0xFF1A))


@dataclass(frozen=True)
class Declared:
    """What a text says about its coordinate system.

    Attributes:
        words: for messages, e.g. ``2000国家大地坐标系，3 度分带，第 36 带``.
        legacy: a datum before CGCS2000 is named (Xian 80, Beijing 54).
        degrees: width of the projection zones, 3 or 6.
        zone: zone number.
        meridian: central meridian in degrees.
        epsg: number, where one is named.
        geographic: the text says that it holds longitudes and latitudes.
    """

    words: str
    legacy: bool = False
    degrees: int | None = None
    zone: int | None = None
    meridian: int | None = None
    epsg: int | None = None
    geographic: bool = False


@dataclass(frozen=True)
class Written:
    """A text of coordinates as it was written.

    Attributes:
        form: kind of text, in Chinese.
        parcels: points as written, first number before second.
        order: what the text itself says of the two columns: ``xy`` easting (longitude) first, ``yx`` northing
            (latitude) first; None when it does not say.
        usual: the order this form of text has by convention, for saying that it was broken; None without one.
        name: what the text calls the whole.
        declared: what the text says of its coordinate system; None when it says nothing.
    """

    form: str
    parcels: tuple[Parcel, ...] = ()
    order: str | None = None
    usual: str | None = None
    name: str = ""
    declared: Declared | None = None
    issues: tuple[Issue, ...] = ()


def half_width(text: str) -> str:
    """Chinese punctuation, digits and letters as their ASCII counterparts; invisible characters dropped."""
    return text.translate(_HALF)


def has_full_width(text: str) -> bool:
    """Whether a line holds full-width signs that matter between numbers."""
    return not _TOLD.isdisjoint(text)


def place(lines: Iterable[int]) -> str:
    """``第 3、7 行``."""
    return numbered(list(lines), "行")


def shown(text: str, most: int = 30) -> str:
    """A piece of somebody's text for a message: one line, cut, in quotation marks."""
    flat = " ".join("".join(letter if letter.isprintable() else " " for letter in text[: 4 * most]).split())
    return f"「{flat[:most]}{'…' if len(flat) > most else ''}」"
