"""Tables of the last pages: sources and problems, as native tables over as many slides as they take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pptx.enum.text import MSO_ANCHOR
from pptx.oxml.ns import qn
from pptx.util import Inches, Pt

from pingchang_geo.layers import palette
from pingchang_geo.slides.measure import POINT_IN, Fitted, Ruler, line_pt
from pingchang_geo.slides.text import Box, Line, describe, fill_lines, rgb

HEAD_GROUND: Final = "#EAF1ED"
_RULE: Final = "#C9D1CC"
_PT: Final = 12.0
_HEAD_PT: Final = 12.0
_INSET_X_IN, _INSET_Y_IN = 0.08, 0.05


@dataclass(frozen=True)
class Grid:
    """Header, shares of the width and rows of texts."""

    header: tuple[str, ...]
    shares: tuple[float, ...]
    rows: tuple[tuple[str, ...], ...]


def pages(grid: Grid, box: Box, ruler: Ruler) -> Iterator[tuple[Grid, tuple[float, ...], bool]]:
    """Parts of the grid that each fit the box, the heights of their rows (header first), and whether a text was cut."""
    widths = [share / sum(grid.shares) * box.width for share in grid.shares]
    head = line_pt(_HEAD_PT) * POINT_IN + 2 * _INSET_Y_IN
    rows: list[tuple[str, ...]] = []
    heights: list[float] = []
    cut = False
    for row in grid.rows:
        cells = [_cell(text, width, box.height - head, ruler) for text, width in zip(row, widths, strict=True)]
        height = max(cell.height for cell in cells) + 2 * _INSET_Y_IN
        if rows and head + sum(heights) + height > box.height + 1e-6:
            yield Grid(grid.header, grid.shares, tuple(rows)), (head, *heights), cut
            rows, heights, cut = [], [], False
        rows.append(tuple(cell.text for cell in cells))
        heights.append(height)
        cut = cut or any(cell.cut for cell in cells)
    if rows:
        yield Grid(grid.header, grid.shares, tuple(rows)), (head, *heights), cut


def _cell(text: str, width: float, height: float, ruler: Ruler) -> Fitted:
    return ruler.fitted(text, width - 2 * _INSET_X_IN, height - 2 * _INSET_Y_IN, (_PT,))


def add_table(slide: Any, grid: Grid, heights: Sequence[float], box: Box, name: str) -> Any:
    """Put one part of a grid on a slide."""
    size = Box(box.left, box.top, box.width, sum(heights))
    frame = slide.shapes.add_table(len(grid.rows) + 1, len(grid.header), *size.emu)
    frame.name = name
    describe(frame, f"{name}：{len(grid.rows)} 行，列为{'、'.join(grid.header)}。")
    table = frame.table
    table.first_row, table.horz_banding = True, False
    for column, share in zip(table.columns, grid.shares, strict=True):
        column.width = Inches(share / sum(grid.shares) * box.width)
    for number, (texts, height) in enumerate(zip((grid.header, *grid.rows), heights, strict=True)):
        table.rows[number].height = Inches(height)
        for place, text in enumerate(texts):
            _write(table.cell(number, place), text, head=number == 0)
    return frame


def _write(cell: Any, text: str, *, head: bool) -> None:
    cell.fill.solid()
    cell.fill.fore_color.rgb = rgb(HEAD_GROUND if head else "#FFFFFF")
    cell.margin_left = cell.margin_right = Inches(_INSET_X_IN)
    cell.margin_top = cell.margin_bottom = Inches(_INSET_Y_IN)
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE if head else MSO_ANCHOR.TOP
    color = palette.ACCENT if head else palette.INK
    fill_lines(cell.text_frame, [Line.of(text, _HEAD_PT if head else _PT, color, bold=head)])
    properties = cell._tc.get_or_add_tcPr()
    line = properties.makeelement(qn("a:lnB"), {"w": str(int(Pt(0.75)))})
    fill = line.makeelement(qn("a:solidFill"), {})
    fill.append(fill.makeelement(qn("a:srgbClr"), {"val": _RULE.lstrip("#")}))
    line.append(fill)
    properties.insert(0, line)
