"""Building blocks of WordprocessingML: nodes, runs, paragraphs, fields, tables.

Texts only ever become the content of ``w:t``, which Word shows as it is; field codes come from this module alone.
Tables are built as nodes, since python-docx's cell by cell way takes seconds for a few hundred rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from pingchang_geo.documents import colours

Node = Any

#: Twentieths of a point, the unit of most lengths in the format.
TWIPS_MM: Final = 1440 / 25.4
#: Width of the text on the page.
TEXT_WIDTH: Final = round(166 * TWIPS_MM)


def node(tag: str, *children: Node, **attributes: Any) -> Node:
    """An element ``w:tag`` with attributes ``w:…``; children that are None are left out."""
    made = OxmlElement(f"w:{tag}")
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), str(value))
    for child in children:
        if child is not None:
            made.append(child)
    return made


def hexadecimal(color: str) -> str:
    """``#1E6B47`` as the format wants it."""
    return color.removeprefix("#").upper()


@dataclass(frozen=True)
class Look:
    """Direct formatting of a run; nothing set: that of the paragraph's style."""

    bold: bool = False
    color: str = ""
    size_pt: float = 0.0
    ground: str = ""
    border: str = ""

    def properties(self) -> Node:
        """``w:rPr`` with its parts in the order of the schema."""
        half_points = round(self.size_pt * 2)
        return node(
            "rPr",
            node("b") if self.bold else None,
            node("color", val=hexadecimal(self.color)) if self.color else None,
            node("sz", val=half_points) if half_points else None,
            node("szCs", val=half_points) if half_points else None,
            node("bdr", val="single", sz=4, space=0, color=hexadecimal(self.border)) if self.border else None,
            node("shd", val="clear", color="auto", fill=hexadecimal(self.ground)) if self.ground else None,
        )


PLAIN: Final = Look()
#: The mark: brown letters on yellow, framed.
MARK: Final = Look(bold=True, color=colours.MARK_INK, ground=colours.MARK_GROUND, border=colours.MARK_LINE)


def run(text: str, look: Look = PLAIN) -> Node:
    """Text in one look; a line break becomes a break."""
    made = node("r", look.properties())
    for number, line in enumerate(text.split("\n")):
        if number:
            made.append(node("br"))
        written = node("t")
        written.text = line
        written.set(qn("xml:space"), "preserve")
        made.append(written)
    return made


def tab() -> Node:
    """A step to the next tab stop."""
    return node("r", node("tab"))


def field(code: str, shown: str, look: Look = PLAIN) -> Node:
    """A field that Word computes, e.g. PAGE; ``shown`` until it does."""
    return node("fldSimple", run(shown, look), instr=f" {code} ")


def paragraph(style: str, *content: Node, keep_next: bool = False, align: str = "", before: int | None = None) -> Node:
    """A paragraph in a style (by its id); ``before``: space above in twips instead of the style's."""
    properties = node(
        "pPr",
        node("pStyle", val=style),
        node("keepNext") if keep_next else None,
        node("spacing", before=before) if before is not None else None,
        node("jc", val=align) if align else None,
    )
    return node("p", properties, *content)


@dataclass(frozen=True)
class Cell:
    """A table cell: paragraphs, ground, columns it spans, and its own borders (side → weight in ⅛ pt, colour)."""

    content: tuple[Node, ...]
    ground: str = ""
    span: int = 1
    borders: tuple[tuple[str, int, str], ...] = ()


@dataclass(frozen=True)
class Row:
    """A table row; header rows are repeated on every page."""

    cells: tuple[Cell, ...]
    header: bool = False


def table(widths: Sequence[float], rows: Iterable[Row], borders: Node, margins: tuple[int, int]) -> Node:
    """A table of fixed column widths (shares of the text's width).

    Args:
        widths: k shares that sum to 1.
        rows: whose cells span k columns together.
        borders: ``w:tblBorders``.
        margins: of each cell above/below and left/right, twips.
    """
    columns = [round(width * TEXT_WIDTH) for width in widths]
    upright, sideways = margins
    properties = node(
        "tblPr",
        node("tblW", w=sum(columns), type="dxa"),
        node("jc", val="center"),
        borders,
        node("tblLayout", type="fixed"),
        node(
            "tblCellMar",
            node("top", w=upright, type="dxa"),
            node("left", w=sideways, type="dxa"),
            node("bottom", w=upright, type="dxa"),
            node("right", w=sideways, type="dxa"),
        ),
        node("tblLook", val="0020" if rows else "0000", firstRow=1, noHBand=1, noVBand=1),
    )
    grid = node("tblGrid", *(node("gridCol", w=column) for column in columns))
    return node("tbl", properties, grid, *(_row(row, columns) for row in rows))


def _row(row: Row, columns: Sequence[int]) -> Node:
    made = node("tr", node("trPr", node("cantSplit"), node("tblHeader") if row.header else None))
    first = 0
    for cell in row.cells:
        width = sum(columns[first : first + cell.span])
        first += cell.span
        edges = [node(side, val="single", sz=weight, space=0, color=hexadecimal(c)) for side, weight, c in cell.borders]
        properties = node(
            "tcPr",
            node("tcW", w=width, type="dxa"),
            node("gridSpan", val=cell.span) if cell.span > 1 else None,
            node("tcBorders", *edges) if edges else None,
            node("shd", val="clear", color="auto", fill=hexadecimal(cell.ground)) if cell.ground else None,
            node("vAlign", val="center"),
        )
        made.append(node("tc", properties, *cell.content))
    return made


def borders(**sides: tuple[int, str]) -> Node:
    """``w:tblBorders``: side → weight in ⅛ pt and colour; sides in the order of the schema."""
    order = ("top", "left", "bottom", "right", "insideH", "insideV")
    return node(
        "tblBorders",
        *(
            node(side, val="single", sz=sides[side][0], space=0, color=hexadecimal(sides[side][1]))
            for side in order
            if side in sides
        ),
    )
