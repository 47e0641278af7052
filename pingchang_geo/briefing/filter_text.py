"""A filter as one line of text, in the form that page addresses have: ``species=马尾松~柏木&volume_m3_ha=50..``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from pingchang_geo.filters import Filter

#: Letters that have a meaning of their own in the text; everything else stays legible.
_ESCAPED: Final = str.maketrans({letter: f"%{ord(letter):02X}" for letter in "%&+=;# "})


def filter_text(chosen: Filter) -> str:
    """Text of a filter; the empty filter is empty."""
    return "&".join(f"{name}={value.translate(_ESCAPED)}" for name, value in chosen.encode().items())


def parse_filter(text: str, kinds: Mapping[str, bool]) -> tuple[Filter, list[str]]:
    """Inverse of :func:`filter_text`, and the names of what was not understood.

    Args:
        text: one line of text.
        kinds: fields that may be filtered, and whether each is a number.
    """
    pairs = parse_qsl(text, keep_blank_values=True)
    parameters = dict(pairs)
    if text.strip() and not pairs:
        return Filter(), [text.strip()]
    chosen, bad = Filter.decode(parameters, kinds)
    times = Counter(name for name, _ in pairs)
    repeated = [name for name in parameters if times[name] > 1]
    return chosen, [*bad, *(name for name in parameters if name not in kinds), *repeated]
