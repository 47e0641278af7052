"""How much room a text takes, before it is put on a slide: slides never overflow, so everything is measured first.

Line heights are exact (points), so they do not depend on the font that a machine puts in place of 微软雅黑; widths are
those of a similar font with a little to spare.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

#: Width of one character in ems (share of the font size).
Advance = Callable[[str], float]

POINT_IN: Final = 1 / 72
#: Height of a line over the size of its letters.
LEADING: Final = 1.38
#: Fonts differ a little: room that is kept free.
_SPARE: Final = 1.03
#: Some programs put a little room, ems, between an ideograph and a letter or digit.
_BETWEEN: Final = 0.2
#: Such signs never begin a line, or never end one.
_NO_START: Final = frozenset("：，、；。！？）】》」』〉〕”’%‰℃°…—·)]},.;:!?")
_NO_END: Final = frozenset("（【《「『〈〔“‘([{")


@dataclass(frozen=True)
class Fitted:
    """A text as it fits: size in points, its lines (for measuring only), height in inches, whether it had to be cut."""

    text: str
    size: float
    lines: tuple[str, ...]
    height: float
    cut: bool = False


class Ruler:
    """Measures texts with the widths of one font."""

    def __init__(self, advance: Advance) -> None:
        self._advance = advance
        self._known: dict[str, float] = {}

    @cached_property
    def _ellipsis(self) -> float:
        return self._em("…")

    def _em(self, sign: str) -> float:
        if sign not in self._known:
            self._known[sign] = self._advance(sign)
        return self._known[sign]

    def width_in(self, text: str, size: float) -> float:
        """Inches that a line of text takes at ``size`` points."""
        changes = sum(_meet(a, b) for a, b in pairwise(text))
        return (sum(map(self._em, text)) + _BETWEEN * changes) * size * POINT_IN * _SPARE

    def wrapped(self, text: str, size: float, width_in: float) -> list[str]:
        """The text in lines of at most that width: ideographs break anywhere but at brackets and stops, words stay
        whole unless one alone is too wide. The lines together are the text without the spaces at their ends."""
        lines: list[str] = []
        line, used = "", 0.0
        for piece in _pieces(text):
            wide = self.width_in(piece.rstrip(), size)
            between = _BETWEEN * size * POINT_IN * _SPARE if line and _meet(line[-1], piece[0]) else 0.0
            if line and used + between + wide > width_in:
                lines.append(line.rstrip())
                line, used, between = "", 0.0, 0.0
                piece = piece.lstrip()  # noqa: PLW2901
            if self.width_in(piece.rstrip(), size) > width_in:
                *full, piece = self._broken(piece, size, width_in)  # noqa: PLW2901
                lines += full
            line += piece
            used += between + self.width_in(piece, size)
        return [*lines, line.rstrip()] if line.strip() or not lines else lines

    def _broken(self, word: str, size: float, width_in: float) -> list[str]:
        parts, part = [], ""
        for sign in word:
            if part and self.width_in(part + sign, size) > width_in:
                parts.append(part)
                part = ""
            part += sign
        return [*parts, part]

    def height_in(self, paragraphs: Sequence[str], size: float, width_in: float, gap_pt: float = 0.0) -> float:
        """Inches that paragraphs take, with ``gap_pt`` between them."""
        count = sum(len(self.wrapped(text, size, width_in)) for text in paragraphs)
        return (count * line_pt(size) + max(0, len(paragraphs) - 1) * gap_pt) * POINT_IN

    def fitted(self, text: str, width_in: float, height_in: float, sizes: Sequence[float]) -> Fitted:
        """The text in the largest of the sizes (descending) that fits the box; in the smallest, cut with … , where none
        does."""
        for size in sizes:
            lines = self.wrapped(text, size, width_in)
            if len(lines) * line_pt(size) * POINT_IN <= height_in + 1e-6:
                return Fitted(text, size, tuple(lines), len(lines) * line_pt(size) * POINT_IN)
        size = sizes[-1]
        most = max(1, int(height_in / (line_pt(size) * POINT_IN) + 1e-6))
        kept = self.wrapped(text, size, width_in)[:most]
        last = kept[-1]
        while last and self.width_in(last, size) + self._ellipsis * size * POINT_IN * _SPARE > width_in:
            last = last[:-1]
        kept[-1] = last + "…"
        return Fitted("".join(kept), size, tuple(kept), len(kept) * line_pt(size) * POINT_IN, cut=True)


def line_pt(size: float) -> float:
    """Height of a line in points, rounded as the file has it."""
    return round(size * LEADING, 1)


def _pieces(text: str) -> list[str]:
    """What must stay together: words with the space behind them, ideographs with stops after and brackets before."""
    pieces: list[str] = []
    for sign in text:
        if pieces and _joined(pieces[-1], sign):
            pieces[-1] += sign
        else:
            pieces.append(sign)
    return pieces


def _joined(piece: str, sign: str) -> bool:
    last = piece[-1]
    if sign == " " or sign in _NO_START or last in _NO_END:
        return True
    return last != " " and not _wide(last) and not _wide(sign)


def _meet(one: str, other: str) -> bool:
    return _wide(one) != _wide(other) and (one.isalnum() and other.isalnum())


def _wide(sign: str) -> bool:
    return unicodedata.east_asian_width(sign) in "WF"
