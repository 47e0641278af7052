"""PDF of a report by Typst: the page is ``report.typ``, the content goes in as data, never as markup."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from pingchang_geo.documents.model import (
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
from pingchang_geo.documents.preparation import PAGE_LETTERS, prepared
from pingchang_geo.documents.typesetting import WIDE, breakable, compiled, picture_file

_KINDS: Final[dict[type[Any], str]] = {
    Heading: "heading",
    Paragraph: "paragraph",
    Bullets: "bullets",
    Callout: "callout",
    Facts: "facts",
    Table: "table",
    Figure: "figure",
    PageBreak: "pagebreak",
}
#: Wide letters that surely fit on a line of running text and of the title; letters of table text are counted by
#: ``preparation.PAGE_LETTERS``, of which capitals take half as much again.
_LINE_LETTERS, _TITLE_LETTERS = 56, 20


def to_pdf(document: Document, font: Path) -> bytes:
    """The document as a tagged PDF, A4, with the font embedded.

    Args:
        document: what to write.
        font: file of a Chinese font (``prints.chinese_font``).

    Raises:
        DocumentError: the font cannot be used, or the document cannot be set.
    """
    return _compiled(document, font, "pdf")[0]


def to_pages(document: Document, font: Path, ppi: float = 110) -> list[bytes]:
    """Every page as a PNG picture, exactly as in the PDF: for previews."""
    return _compiled(document, font, "png", ppi)


def _compiled(document: Document, font: Path, form: Any, ppi: float = 144) -> list[bytes]:
    ready = prepared(document)
    pictures = [block.png for block in ready.blocks if isinstance(block, Figure)]
    return compiled(
        "report.typ", _data(ready), pictures, font, title=ready.title, moment=ready.made_at, form=form, ppi=ppi
    )


def _data(document: Document) -> dict[str, Any]:
    """What ``report.typ`` reads."""
    pictures = 0
    blocks = []
    for block in document.blocks:
        data = {"kind": _KINDS[type(block)], **_plain(block)}
        if isinstance(block, Figure):
            data["file"] = picture_file(pictures)
            pictures += 1
        blocks.append(data)
    return {
        "title": document.title,
        "title_lines": breakable(document.title, _TITLE_LETTERS),
        "subtitle": breakable(document.subtitle, _LINE_LETTERS),
        "mark": document.mark,
        "header": breakable(document.header, _LINE_LETTERS),
        "footer": breakable(document.footer, _LINE_LETTERS),
        "notes": [breakable(note, _LINE_LETTERS) for note in document.notes],
        "blocks": blocks,
    }


def _plain(block: Block) -> dict[str, Any]:
    """The block's fields, with breaks in words that are too long for their place; the picture's bytes stay out."""
    fields = asdict(block)
    fields.pop("png", None)
    if isinstance(block, Table):
        room = [max(2, int((width * PAGE_LETTERS - 3) / WIDE)) for width in block.widths]
        fields["header"] = [breakable(text, letters) for text, letters in zip(block.header, room, strict=True)]
        fields["rows"] = [[breakable(text, n) for text, n in zip(row, room, strict=True)] for row in block.rows]
    if isinstance(block, Facts):
        pair = int(PAGE_LETTERS / block.columns / WIDE)
        fields["items"] = [[breakable(a, pair // 4), breakable(b, pair // 2)] for a, b in block.items]
    return {name: value if name == "alt" else _broken(value) for name, value in fields.items()}


def _broken(value: Any) -> Any:
    if isinstance(value, str):
        return breakable(value, _LINE_LETTERS)
    return [_broken(item) for item in value] if isinstance(value, list | tuple) else value
