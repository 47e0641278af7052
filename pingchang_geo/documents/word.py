"""Word file (.docx) by python-docx: real headings, tables, captions and fields that people can go on working with."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from docx.document import Document as WordFile
from docx.image.exceptions import InvalidImageStreamError, UnexpectedEndOfFileError, UnrecognizedImageError
from docx.shared import Mm

from pingchang_geo.documents import colours, word_styles
from pingchang_geo.documents import word_xml as xml
from pingchang_geo.documents.model import (
    Align,
    Block,
    Bullets,
    Callout,
    Document,
    DocumentError,
    Facts,
    Figure,
    Heading,
    PageBreak,
    Paragraph,
    Table,
)
from pingchang_geo.documents.preparation import prepared
from pingchang_geo.documents.word_xml import Cell, Look, Node, Row

_TEXT_MM: Final = 166.0
_ALIGN: Final = {Align.LEFT: "left", Align.CENTER: "center", Align.RIGHT: "right"}
#: Label and value of a fact, shares of a pair.
_FACT_SHARES: Final = (0.375, 0.625)
_SPACE: Final = 120


def to_docx(document: Document) -> bytes:
    """The document as .docx, A4; equal documents give equal bytes.

    Raises:
        DocumentError: a figure is no readable picture.
    """
    ready = prepared(document)
    word = word_styles.new_file(ready)
    writer = _Writer(word)
    body = word.element.body
    section = body.sectPr
    for content in (_title(ready), *(writer.block(block) for block in ready.blocks), _notes(ready)):
        for made in content:
            section.addprevious(made)
    return word_styles.packed(word)


def _title(document: Document) -> Iterator[Node]:
    edge = xml.node("bottom", val="single", sz=12, space=6, color=xml.hexadecimal(colours.ACCENT))
    title = xml.paragraph("Title", xml.run(document.title))
    if document.mark:
        tabs = xml.node("tabs", xml.node("tab", val="right", pos=xml.TEXT_WIDTH))
        title.pPr.insert_element_before(tabs, "w:spacing", "w:jc")
        title.extend([xml.tab(), xml.run(f" {document.mark} ", replace(xml.MARK, size_pt=11))])
    parts = [title]
    if document.subtitle:
        parts.append(xml.paragraph("Subtitle", xml.run(document.subtitle)))
    parts[-1].pPr.insert_element_before(xml.node("pBdr", edge), "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc")
    yield from parts
    yield _spacer()


def _notes(document: Document) -> Iterator[Node]:
    for number, note in enumerate(document.notes):
        made = xml.paragraph(word_styles.SMALL, xml.run(note), before=0 if number else 3 * _SPACE)
        if not number:
            edge = xml.node("top", val="single", sz=4, space=6, color=xml.hexadecimal(colours.LINE))
            made.pPr.insert_element_before(xml.node("pBdr", edge), "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc")
        yield made


def _spacer(height: int = _SPACE) -> Node:
    """Room below a table: without a paragraph between them two tables become one."""
    properties = xml.node(
        "pPr",
        xml.node("spacing", before=0, after=0, line=height, lineRule="exact"),
        xml.node("rPr", xml.node("sz", val=2)),
    )
    return xml.node("p", properties)


class _Writer:
    """Blocks → nodes of the body, counting tables and figures."""

    def __init__(self, word: WordFile) -> None:
        self.word = word
        self.tables = 0
        self.figures = 0

    def block(self, block: Block) -> Iterator[Node]:
        """Paragraphs and tables of one block."""
        match block:
            case Heading(text, level):
                yield xml.paragraph(f"Heading{level}", xml.run(text))
            case Paragraph(text, small):
                yield xml.paragraph(word_styles.SMALL if small else word_styles.BODY, xml.run(text), align="both")
            case Bullets():
                yield from _bullets(block)
            case Callout():
                yield from _callout(block)
            case Facts():
                yield from _facts(block)
            case Table():
                yield from self._table(block)
            case Figure():
                yield from self._figure(block)
            case PageBreak():
                yield xml.node("p", xml.node("r", xml.node("br", type="page")))

    def _caption(self, kind: str, number: int, text: str, *, keep_next: bool) -> Node:
        field = xml.field(f"SEQ {kind} \\* ARABIC", str(number))
        return xml.paragraph("Caption", xml.run(f"{kind} "), field, xml.run(f"　{text}"), keep_next=keep_next)

    def _table(self, block: Table) -> Iterator[Node]:
        if block.caption:
            self.tables += 1
            yield self._caption("表", self.tables, block.caption, keep_next=True)
        else:
            yield _spacer()
        last = len(block.rows) - 1
        rows = [_header_row(block)]
        for number, texts in enumerate(block.rows):
            rows.append(_body_row(block, texts, total=block.total and number == last))
        accent = (8, colours.ACCENT)
        edges = xml.borders(top=accent, bottom=accent, insideH=(4, colours.LINE))
        yield xml.table(block.widths, rows, edges, margins=(45, 85))
        yield _spacer(60 if block.note else 2 * _SPACE)
        if block.note:
            yield xml.paragraph(word_styles.SMALL, xml.run(block.note), align="both")

    def _figure(self, block: Figure) -> Iterator[Node]:
        try:
            inline = self.word.part.new_pic_inline(io.BytesIO(block.png), width=Mm(_TEXT_MM * block.width_pct / 100))
        except (InvalidImageStreamError, UnexpectedEndOfFileError, UnrecognizedImageError, ValueError) as error:
            raise DocumentError(f"插图「{block.caption}」无法读取。") from error
        self.figures += 1
        inline.docPr.set("name", f"图 {self.figures}")
        inline.docPr.set("descr", block.alt)
        drawing = xml.node("r", xml.node("drawing", inline))
        yield xml.paragraph("Normal", drawing, keep_next=bool(block.caption), align="center", before=_SPACE)
        if block.caption:
            yield self._caption("图", self.figures, block.caption, keep_next=False)


def _bullets(block: Bullets) -> Iterator[Node]:
    for number, item in enumerate(block.items, start=1):
        if not block.numbered:
            yield xml.paragraph("ListBullet", xml.run(item))
            continue
        made = xml.paragraph("Normal", xml.run(f"{number}."), xml.tab(), xml.run(item))
        made.pPr.append(xml.node("ind", left=420, hanging=420))
        yield made


def _callout(block: Callout) -> Iterator[Node]:
    strong, ground = colours.TONES[block.tone]
    lines = [xml.paragraph(word_styles.CALLOUT_TITLE, xml.run(block.title, Look(color=strong)))]
    lines += [xml.paragraph(word_styles.CALLOUT_TEXT, xml.run(line)) for line in block.lines]
    cell = Cell(tuple(lines), ground, borders=(("left", 36, strong),))
    yield _spacer()
    yield xml.table((1.0,), [Row((cell,))], xml.borders(), margins=(140, 200))
    yield _spacer(2 * _SPACE)


def _facts(block: Facts) -> Iterator[Node]:
    widths = tuple(share / block.columns for share in _FACT_SHARES) * block.columns
    rows = []
    for first in range(0, len(block.items), block.columns):
        pairs = block.items[first : first + block.columns]
        cells: list[Cell] = []
        for number, (label, value) in enumerate(pairs):
            # The last value takes what is left of its row.
            span = 1 + 2 * (block.columns - len(pairs)) if number == len(pairs) - 1 else 1
            named = xml.paragraph(word_styles.FACT, xml.run(label, Look(color=colours.MUTED, size_pt=9.5)))
            cells.append(Cell((named,), colours.LABEL_GROUND))
            cells.append(Cell((xml.paragraph(word_styles.FACT, xml.run(value)),), span=span))
        rows.append(Row(tuple(cells)))
    line = (4, colours.LINE)
    edges = xml.borders(top=line, left=line, bottom=line, right=line, insideH=line, insideV=line)
    if rows:
        yield xml.table(widths, rows, edges, margins=(60, 100))
        yield _spacer(2 * _SPACE)


def _header_row(block: Table) -> Row:
    below = (("bottom", 6, colours.ACCENT),)
    cells = [
        Cell((_cell_text(text, "center", Look(bold=True)),), colours.HEADER_GROUND, borders=below)
        for text in block.header
    ]
    return Row(tuple(cells), header=True)


def _body_row(block: Table, texts: tuple[str, ...], *, total: bool) -> Row:
    look = Look(bold=total)
    above = (("top", 6, colours.ACCENT),) if total else ()
    return Row(
        tuple(
            Cell((_cell_text(text, _ALIGN[align], look),), colours.LABEL_GROUND if total else "", borders=above)
            for text, align in zip(texts, block.alignments, strict=True)
        )
    )


def _cell_text(text: str, align: str, look: Look) -> Node:
    return xml.paragraph(word_styles.TABLE_TEXT, xml.run(text, look), align=align)
