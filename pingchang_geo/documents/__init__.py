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
]
