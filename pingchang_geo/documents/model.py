"""A document as plain data, written alike to Word and PDF. Texts are data: shown as they are, never interpreted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from pingchang_geo.errors import PingchangError

#: Name of the whole work, in the header of every page unless the document says otherwise.
WORK_TITLE: Final = "平昌县生态资产一张图"
#: How every PNG file begins.
PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"


class DocumentError(PingchangError):
    """A document is malformed or could not be written."""


class Tone(StrEnum):
    """What a callout says at a glance; the colour is never the only sign, the words say it too."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"


class Align(StrEnum):
    """Alignment of a table column: words left, numbers right."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


@dataclass(frozen=True)
class Heading:
    """A heading of level 1–3; levels make the outline of the file."""

    text: str
    level: int = 1

    def __post_init__(self) -> None:
        if self.level not in {1, 2, 3}:
            raise DocumentError(f"标题「{self.text}」的级别 {self.level} 无效。", fix="应为 1–3 级。")


@dataclass(frozen=True)
class Paragraph:
    """Running text; ``small`` for remarks."""

    text: str
    small: bool = False


@dataclass(frozen=True)
class Bullets:
    """A list of sentences; ``numbered`` for steps."""

    items: tuple[str, ...]
    numbered: bool = False


@dataclass(frozen=True)
class Callout:
    """The answer in a coloured box: a short statement and, below, what it rests on."""

    tone: Tone
    title: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """Label–value pairs in a grid of ``columns`` pairs a row."""

    items: tuple[tuple[str, str], ...]
    columns: int = 2

    def __post_init__(self) -> None:
        if not 1 <= self.columns <= 3:
            raise DocumentError(f"要点栏的栏数 {self.columns} 无效。", fix="应为 1–3 栏。")


@dataclass(frozen=True)
class Table:
    """A table whose header is repeated on every page.

    Attributes:
        header: k column titles, units included.
        rows: of k cells each, already formatted.
        alignments: k, or empty for left.
        widths: k relative widths, or empty: from the lengths of the texts.
        caption: above the table; numbered 表 1, 表 2 … in order.
        note: below the table, small.
        total: whether the last row is a total, set off from the others.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    alignments: tuple[Align, ...] = ()
    widths: tuple[float, ...] = ()
    caption: str = ""
    note: str = ""
    total: bool = False

    def __post_init__(self) -> None:
        k = len(self.header)
        if not k or any(len(row) != k for row in self.rows):
            raise DocumentError(f"表格「{self.caption}」各行的列数与表头不一致。")
        if len(self.alignments) not in {0, k} or len(self.widths) not in {0, k} or any(w <= 0 for w in self.widths):
            raise DocumentError(f"表格「{self.caption}」的列宽或对齐方式与列数不符。")


@dataclass(frozen=True)
class Figure:
    """A PNG picture; ``alt`` is read to those who cannot see it; captions are numbered 图 1, 图 2 …"""

    png: bytes
    caption: str = ""
    alt: str = ""
    width_pct: float = 100.0

    def __post_init__(self) -> None:
        if not self.png.startswith(PNG_SIGNATURE):
            raise DocumentError(f"插图「{self.caption}」不是 PNG 图片。")
        if not 10 <= self.width_pct <= 100:
            raise DocumentError(
                f"插图「{self.caption}」的宽度 {self.width_pct:g} % 无效。", fix="应为版心宽度的 10–100 %。"
            )


@dataclass(frozen=True)
class PageBreak:
    """What follows starts on a new page."""


Block = Heading | Paragraph | Bullets | Callout | Facts | Table | Figure | PageBreak


@dataclass(frozen=True)
class Document:
    """A whole document, A4 upright.

    Attributes:
        title: on the first page and in the file's properties.
        made_at: when it was made; printed in the footer and kept in the file's properties.
        blocks: the content in order.
        subtitle: below the title: object, place, number.
        mark: 示意数据 or nothing, in the header of every page and beside the title.
        notes: closing lines in small print: layer versions, sources, remarks.
        header: left in the header of every page.
        footer: left in the footer of every page; the date by default.
        numbered: whether headings are numbered 一、（一）1. as official documents are.
    """

    title: str
    made_at: datetime
    blocks: tuple[Block, ...]
    subtitle: str = ""
    mark: str = ""
    notes: tuple[str, ...] = ()
    header: str = WORK_TITLE
    footer: str = ""
    numbered: bool = True

    @property
    def date(self) -> str:
        """``2026 年 11 月 22 日``."""
        return f"{self.made_at.year} 年 {self.made_at.month} 月 {self.made_at.day} 日"
