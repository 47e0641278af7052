"""A small table as Markdown: for a few rows with badges and long texts, which a data grid would cut off."""

from __future__ import annotations

from collections.abc import Sequence


def markdown_table(headers: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[int] = ()) -> str:
    """Table with the columns at positions ``numbers`` aligned right; cells are Markdown, of one line each."""
    rule = ["--:" if i in numbers else ":--" for i in range(len(headers))]
    lines = [headers, rule, *([" ".join(cell.split()) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
