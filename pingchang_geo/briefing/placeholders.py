"""Placeholders in texts: ``{ledger:<id>}`` and ``{computed:<name>}``, so that no figure is typed by hand.

``{ledger:<id>.label}`` and ``{ledger:<id>.as_of}`` give an indicator's name and its date.
Braces that hold no ``word:`` are ordinary text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

LEDGER: Final = "ledger"
COMPUTED: Final = "computed"
_PLACEHOLDER: Final = re.compile(r"\{([A-Za-z_]+):([^{}]*)\}")
#: What a placeholder counts for before it is looked up, in ideographs: ``79.57 km²``.
_USUAL_WIDTH: Final = 6.0


@dataclass(frozen=True, slots=True)
class Placeholder:
    """``kind`` is usually :data:`LEDGER` or :data:`COMPUTED`, but may be a slip of the pen."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{{{self.kind}:{self.name}}}"


#: Text for a placeholder, or None where there is none.
Lookup = Callable[[Placeholder], str | None]


def found_in(text: str) -> Iterator[Placeholder]:
    """Placeholders of a text, in order."""
    return (Placeholder(match[1], match[2].strip()) for match in _PLACEHOLDER.finditer(text))


def fill(text: str, lookup: Lookup) -> tuple[str, tuple[Placeholder, ...]]:
    """The text with its placeholders replaced, and those that were not found.

    What is missing stands as 「〔…缺失〕」 in its place. What was put in is not looked at again.
    """
    missing: list[Placeholder] = []

    def replaced(match: re.Match[str]) -> str:
        placeholder = Placeholder(match[1], match[2].strip())
        value = lookup(placeholder)
        if value is None:
            missing.append(placeholder)
            return missing_words(placeholder.name)
        return value

    return _PLACEHOLDER.sub(replaced, text), tuple(missing)


def missing_words(name: str) -> str:
    """What stands where something is missing."""
    return f"〔{name or '占位符'}缺失〕"


def without(text: str) -> str:
    """The text with its placeholders taken out: what somebody typed."""
    return _PLACEHOLDER.sub("", text)


def width(text: str) -> float:
    """Length in ideographs as the eye sees it: letters and digits of Latin are half as wide."""
    plain = without(text)
    usual = _USUAL_WIDTH * sum(1 for _ in found_in(text))
    return usual + sum(0.5 if letter.isascii() else 1.0 for letter in plain)
