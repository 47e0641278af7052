"""Colours of documents: the project's ink, accent and marks on paper."""

from __future__ import annotations

from typing import Final

from pingchang_geo.documents.model import Tone
from pingchang_geo.layers import palette

INK: Final = palette.INK
ACCENT: Final = palette.ACCENT
MUTED: Final = "#55635B"
LINE: Final = "#C9D1CC"
HEADER_GROUND: Final = "#EAF1ED"
LABEL_GROUND: Final = "#F4F7F5"

#: As in charts and on maps.
MARK_INK, MARK_GROUND, MARK_LINE = "#7A4B00", "#FFF4DD", "#D9A84A"

#: Tone of a callout → its bar and title, and its ground.
TONES: Final = {
    Tone.RED: (palette.RED_LINE, "#FCEDEE"),
    Tone.AMBER: ("#8A5300", "#FFF4DD"),
    Tone.GREEN: (palette.ACCENT, "#E8F3ED"),
}
