"""Documents as data, written alike to Word and PDF; bytes out."""

from pingchang_geo.documents.factsheet import (
    Bar,
    BarChart,
    FactSheet,
    SheetFigure,
    SidePanel,
    map_room,
    sheet_pdf,
    sheet_png,
)
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
    "Bar",
    "BarChart",
    "Block",
    "Bullets",
    "Callout",
    "Document",
    "DocumentError",
    "FactSheet",
    "Facts",
    "Figure",
    "Heading",
    "PageBreak",
    "Paragraph",
    "SheetFigure",
    "SidePanel",
    "Table",
    "Tone",
    "map_room",
    "sheet_pdf",
    "sheet_png",
    "to_docx",
    "to_pages",
    "to_pdf",
]
