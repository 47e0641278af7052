"""Widths of letters, for laying out text before it is written: from the very font files that maps are drawn with."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path

from matplotlib.ft2font import FT2Font, LoadFlags

from pingchang_geo.prints.fonts import fallback_font


@cache
def advances(font: Path) -> Callable[[str], float]:
    """Function from one character to its width in ems; what neither font nor fallback has counts by its class."""
    faces = [FT2Font(str(path)) for path in (font, fallback_font())]
    known = [face.get_charmap() for face in faces]

    @cache
    def advance(sign: str) -> float:
        for face, glyphs in zip(faces, known, strict=True):
            if ord(sign) in glyphs:
                return face.load_char(ord(sign), flags=LoadFlags.NO_SCALE).horiAdvance / face.units_per_EM
        return 1.0 if unicodedata.east_asian_width(sign) in "WF" else 0.6

    return advance
