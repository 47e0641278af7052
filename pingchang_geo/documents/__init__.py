"""Documents as data, written alike to Word and PDF; bytes out."""

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
    Tone,
)
from pingchang_geo.documents.pdf import to_pages, to_pdf
from pingchang_geo.documents.word import to_docx

__all__ = [
    "Align",
    "Block",
    "Bullets",
    "Callout",
    "Document",
    "DocumentError",
    "Facts",
    "Figure",
    "Heading",
    "PageBreak",
    "Paragraph",
    "Table",
    "Tone",
    "to_docx",
    "to_pages",
    "to_pdf",
]
