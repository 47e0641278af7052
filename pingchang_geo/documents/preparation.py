"""A document made ready for either writer: texts cleaned, headings numbered, table columns given widths. Pure.

Both writers start from this, so that Word and PDF say the same.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import replace
from functools import singledispatch
from typing import Final

from pingchang_geo.documents.model import (
    Align,
    Block,
    Bullets,
    Callout,
    Document,
    Facts,
    Figure,
    Heading,
    PageBreak,
    Paragraph,
    Table,
)

#: What neither XML nor a page can hold, and what would turn the order of letters round: control characters,
#: lone surrogates, non-characters, directional marks.
_FORBIDDEN: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2060-\u2069\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]"
)
_SPACES: Final = re.compile(r"[ \t\r\n\x85\u2028\u2029]+")
_DIGITS: Final = "零一二三四五六七八九十"
#: Narrowest and widest column that is laid out by its texts, in letters (an ideograph is two).
_NARROWEST, _WIDEST = 5.0, 34.0
#: Headers up to this long ask for room in one line: 面积（公顷）.
_SHORT_HEADER: Final = 12
#: Letters of table text (9 pt) across the page.
PAGE_LETTERS: Final = 104
#: Longest unbroken run of letters a table cell must hold.
_WORD: Final = re.compile(r"[^\s\u2e80-\uffef]+")


def clean(text: str) -> str:
    """The text in one line, without what a file cannot hold; nothing else is changed."""
    return _SPACES.sub(" ", _FORBIDDEN.sub("", text)).strip()


def prepared(document: Document) -> Document:
    """The document with clean texts, numbered headings, and widths and alignments of every table filled in; a line
    break stands in headers of narrow columns only."""
    numbers = [0, 0, 0]
    blocks: list[Block] = []
    for block in document.blocks:
        ready = _ready(block)
        if isinstance(ready, Heading) and document.numbered:
            ready = replace(ready, text=_next_number(numbers, ready.level) + ready.text)
        blocks.append(ready)
    return replace(
        document,
        title=clean(document.title),
        subtitle=clean(document.subtitle),
        mark=clean(document.mark),
        header=clean(document.header),
        footer=clean(document.footer) or document.date,
        notes=_clean_all(document.notes),
        blocks=tuple(blocks),
    )


def column_widths(table: Table) -> tuple[float, ...]:
    """Share of the width for each column, summing to 1: as given, or fit for the texts."""
    if table.widths:
        total = sum(table.widths)
        return tuple(width / total for width in table.widths)
    wanted = [_wanted(header, [row[i] for row in table.rows]) for i, header in enumerate(table.header)]
    total = sum(wanted)
    return tuple(width / total for width in wanted)


def letters(text: str) -> int:
    """Width of a text in letters; an ideograph counts two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def chinese_number(number: int) -> str:
    """一 … 九十九, as headings count."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else ("十" if tens == 1 else f"{_DIGITS[tens]}十")
    return head + (_DIGITS[ones] if ones else "")


def _wanted(header: str, cells: list[str]) -> float:
    """Letters that a column asks for: its usual long text; a header may break into two lines, a word or number
    should not."""
    lengths = sorted(letters(cell) for cell in cells)
    usual = lengths[math.ceil(0.9 * (len(lengths) - 1))] if lengths else 0
    words = [len(run) for text in (header, *cells[:200]) for run in _WORD.findall(text)]
    words += map(letters, [header] if letters(header) <= _SHORT_HEADER else _header_parts(header))
    return min(max(usual, min(max(words), _WIDEST / 2), _NARROWEST), _WIDEST) + 2


def _header_parts(header: str) -> list[str]:
    """A header breaks before its unit, not within: 年固碳量 and （tCO₂/年）."""
    name, bracket, unit = header.partition("（")
    return [name, bracket + unit] if bracket and name else [header]


def _broken_header(header: str, share: float) -> str:
    """The header, its unit in a second line if it does not fit beside the name."""
    return header if letters(header) + 2 <= share * PAGE_LETTERS else "\n".join(_header_parts(header))


def _next_number(numbers: list[int], level: int) -> str:
    """Number of the next heading: 一、 then （一） then 1. ; deeper counters start again."""
    numbers[level - 1] += 1
    numbers[level:] = [0] * (3 - level)
    number = numbers[level - 1]
    return (f"{chinese_number(number)}、", f"（{chinese_number(number)}）", f"{number}. ")[level - 1]


def _clean_all(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(clean(text) for text in texts)


@singledispatch
def _ready(block: Block) -> Block:
    raise TypeError(f"not a block: {type(block).__name__}")


@_ready.register
def _(block: Heading) -> Block:
    return replace(block, text=clean(block.text))


@_ready.register
def _(block: Paragraph) -> Block:
    return replace(block, text=clean(block.text))


@_ready.register
def _(block: Bullets) -> Block:
    return replace(block, items=_clean_all(block.items))


@_ready.register
def _(block: Callout) -> Block:
    return replace(block, title=clean(block.title), lines=_clean_all(block.lines))


@_ready.register
def _(block: Facts) -> Block:
    return replace(block, items=tuple((clean(label), clean(value)) for label, value in block.items))


@_ready.register
def _(block: Table) -> Block:
    cleaned = replace(
        block,
        header=_clean_all(block.header),
        rows=tuple(_clean_all(row) for row in block.rows),
        alignments=block.alignments or (Align.LEFT,) * len(block.header),
        caption=clean(block.caption),
        note=clean(block.note),
    )
    widths = column_widths(cleaned)
    header = tuple(map(_broken_header, cleaned.header, widths))
    return replace(cleaned, header=header, widths=widths)


@_ready.register
def _(block: Figure) -> Block:
    return replace(block, caption=clean(block.caption), alt=clean(block.alt) or clean(block.caption))


@_ready.register
def _(block: PageBreak) -> Block:
    return block
