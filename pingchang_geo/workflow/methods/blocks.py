"""Blocks of the methods text: the page draws them one by one, the file is written from the same ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

_SPECIAL: Final = re.compile(r"([\\`*_|<$~\[\]])")


@dataclass(frozen=True)
class Prose:
    """A paragraph, Markdown."""

    text: str


@dataclass(frozen=True)
class Points:
    """A list, one Markdown line each."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Formula:
    """A formula in LaTeX."""

    latex: str


@dataclass(frozen=True)
class Table:
    """Cells are Markdown, of one line; columns at the positions ``numbers`` are aligned right.

    ``flags`` are positions of columns that hold a flag (已核, 推算, 待核), which the page shows as a badge.
    """

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()
    flags: tuple[int, ...] = ()


Block = Prose | Points | Formula | Table


@dataclass(frozen=True)
class Section:
    """A chapter; ``id`` is its anchor on the page; ``folded`` ones start closed there."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    folded: bool = False


def safe(text: str) -> str:
    """Text of a parameter file, the ledger or a declaration, which Markdown shows as it is; one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def table_lines(headers: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> list[str]:
    """A Markdown table, line by line."""
    rule = ["--:" if i in numbers else ":--" for i in range(len(headers))]
    return [f"| {' | '.join(line)} |" for line in (headers, rule, *rows)]


def as_markdown(block: Block) -> str:
    """The block in a Markdown file (formulas as GitHub writes them)."""
    if isinstance(block, Prose):
        return block.text
    if isinstance(block, Points):
        return "\n".join(f"- {item}" for item in block.items)
    if isinstance(block, Formula):
        return f"$$\n{block.latex}\n$$"
    return "\n".join(table_lines(block.headers, block.rows, block.numbers))
