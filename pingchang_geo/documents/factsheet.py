"""一页纸: a place on one A4 page as plain data, set by Typst; PDF or PNG out.

One page whatever the texts: each is cut to what its place can hold, and letters shrink until all of it fits.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pingchang_geo.documents.model import PNG_SIGNATURE, WORK_TITLE, DocumentError
from pingchang_geo.documents.preparation import clean
from pingchang_geo.documents.typesetting import breakable, compiled, noted, picture_file

#: What one page holds.
MOST_FIGURES, MOST_BARS, MOST_FACTS, MOST_ROWS, MOST_NOTES = 8, 8, 7, 8, 8
#: Longest texts, in half widths of an ideograph; what is longer ends in an ellipsis.
_LONGEST: Final = {
    "title": 96,
    "subtitle": 150,
    "label": 40,
    "value": 26,
    "unit": 16,
    "detail": 52,
    "source": 112,
    "mark": 16,
    "heading": 56,
    "fact": 110,
    "cell": 44,
    "bar": 30,
    "amount": 30,
    "remark": 130,
    "note": 560,
}
#: Pixels an inch of the PNG form.
PNG_PPI: Final = 220
_TITLE_LETTERS, _CARD_LETTERS, _CELL_LETTERS, _BAR_LETTERS, _LINE_LETTERS = 24, 12, 8, 9, 60
_WIDE_ASCII: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZmw@%&+=<>~#^_")
_COLOR: Final = re.compile(r"#[0-9A-Fa-f]{6}")


@dataclass(frozen=True)
class SheetFigure:
    """One figure: ``value`` in ``unit``, below it ``detail`` (an interval, a share), then where it comes from.

    ``kind`` is 计算 or 报告; ``mark`` is 示意 where a reference layer stands behind it.
    """

    label: str
    value: str
    unit: str = ""
    detail: str = ""
    source: str = ""
    mark: str = ""
    kind: str = "计算"


@dataclass(frozen=True)
class Bar:
    """One bar: ``amount`` is the length, ``text`` what stands behind it."""

    label: str
    amount: float
    text: str
    color: str


@dataclass(frozen=True)
class BarChart:
    """Lying bars, drawn by Typst; without bars ``empty`` says why there are none."""

    title: str
    bars: tuple[Bar, ...]
    source: str = ""
    mark: str = ""
    empty: str = ""


@dataclass(frozen=True)
class SidePanel:
    """What stands beside the chart: label–value pairs, or a table with a header."""

    title: str
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    remark: str = ""
    mark: str = ""


@dataclass(frozen=True)
class FactSheet:
    """The whole page.

    Attributes:
        title: name of the place.
        made_at: when it was made; printed as a date and kept in the file's properties.
        picture: PNG of the map, or nothing: then ``no_picture`` says why.
        alt: what the map shows, in words.
        notes: sources and caveats, small, at the foot.
        mark: 示意数据 or nothing, beside the title and in the head.
        approval: 审图号 as the operator entered it; empty: not printed.

    Raises:
        DocumentError: more figures, bars, rows or notes than a page holds, a bar that cannot be drawn, no PNG.
    """

    title: str
    made_at: datetime
    figures: tuple[SheetFigure, ...]
    chart: BarChart
    panel: SidePanel
    picture: bytes = b""
    alt: str = ""
    no_picture: str = ""
    subtitle: str = ""
    mark: str = ""
    notes: tuple[str, ...] = ()
    approval: str = ""
    header: str = f"{WORK_TITLE} · 一页纸"

    def __post_init__(self) -> None:
        rows = MOST_ROWS if self.panel.header else MOST_FACTS
        held = (
            ("数字", len(self.figures), MOST_FIGURES),
            ("条形", len(self.chart.bars), MOST_BARS),
            ("表格行", len(self.panel.rows), rows),
            ("说明", len(self.notes), MOST_NOTES),
        )
        for what, count, most in held:
            if count > most:
                raise DocumentError(f"一页纸「{self.title}」的{what}有 {count} 项，一页最多 {most} 项。")
        if self.picture and not self.picture.startswith(PNG_SIGNATURE):
            raise DocumentError(f"一页纸「{self.title}」的地图不是 PNG 图片。")
        width = len(self.panel.header) or 2
        if any(len(row) != width for row in self.panel.rows):
            raise DocumentError(f"一页纸「{self.title}」的表格各行列数不一致。")
        if not all(
            bar.amount >= 0 and bar.amount < float("inf") and _COLOR.fullmatch(bar.color) for bar in self.chart.bars
        ):
            raise DocumentError(f"一页纸「{self.title}」的条形图数值或颜色无效。")

    @property
    def date(self) -> str:
        """``2026 年 11 月 22 日``."""
        return f"{self.made_at.year} 年 {self.made_at.month} 月 {self.made_at.day} 日"


def sheet_pdf(sheet: FactSheet, font: Path) -> bytes:
    """The fact sheet as a tagged PDF of one A4 page.

    Args:
        sheet: what to write.
        font: file of a Chinese font (``prints.chinese_font``).

    Raises:
        DocumentError: the font cannot be used, or the page cannot be set.
    """
    return _one(sheet, font, "pdf")


def sheet_png(sheet: FactSheet, font: Path, ppi: float = PNG_PPI) -> bytes:
    """The same page as a picture."""
    return _one(sheet, font, "png", ppi)


@dataclass(frozen=True)
class Room:
    """What a page leaves its map, mm; ``scale`` is how far letters shrank, ``fits`` whether that was enough."""

    width_mm: float
    height_mm: float
    scale: float
    fits: bool


def map_room(sheet: FactSheet, font: Path) -> Room:
    """Room for the map beside all that the page holds, whatever picture it has: so the map can be drawn to fit.

    Raises:
        DocumentError: the font cannot be used, or the page cannot be set.
    """
    data = {**_data(sheet), "picture": ""}
    return Room(**noted("factsheet.typ", data, font, "fit", title=clean(sheet.title)))


def _one(sheet: FactSheet, font: Path, form: str, ppi: float = PNG_PPI) -> bytes:
    pictures = [sheet.picture] if sheet.picture else []
    title = clean(sheet.title)
    pages = compiled(
        "factsheet.typ", _data(sheet), pictures, font, title=title, moment=sheet.made_at, form=form, ppi=ppi
    )
    if form == "png" and len(pages) != 1:  # the template's frame holds one page: this would be a fault of its own
        raise DocumentError(f"一页纸「{title}」超出一页。")
    return pages[0]


def clipped(text: str, most: int) -> str:
    """The text in one line, clean, of at most ``most`` half widths of an ideograph; an ellipsis stands for the rest."""
    found = clean(text)
    if sum(map(_half_widths, found)) <= most:
        return found
    kept, room = "", most - 2
    for sign in found:
        room -= _half_widths(sign)
        if room < 0:
            break
        kept += sign
    return kept.rstrip() + "…"


def _half_widths(sign: str) -> int:
    """Capitals, ``m`` and ``w`` are nearly as wide as an ideograph; of other scripts nobody knows."""
    return 1 if sign.isascii() and sign not in _WIDE_ASCII else 2


def _cut(text: str, what: str, word: int) -> str:
    return breakable(clipped(text, _LONGEST[what]), word)


def _data(sheet: FactSheet) -> dict[str, Any]:
    """What ``factsheet.typ`` reads."""
    return {
        "title": clipped(sheet.title, _LONGEST["title"]),
        "title_lines": _cut(sheet.title, "title", _TITLE_LETTERS),
        "subtitle": _cut(sheet.subtitle, "subtitle", _LINE_LETTERS),
        "header": _cut(sheet.header, "subtitle", _LINE_LETTERS),
        "mark": clipped(sheet.mark, _LONGEST["mark"]),
        "date": sheet.date,
        "approval": _cut(sheet.approval and f"审图号：{sheet.approval}", "heading", _LINE_LETTERS),
        "picture": picture_file(0) if sheet.picture else "",
        "alt": clean(sheet.alt) or clean(sheet.title),
        "no_picture": _cut(sheet.no_picture, "remark", _LINE_LETTERS),
        "figures": [asdict(_figure(figure)) for figure in sheet.figures],
        "chart": _chart(sheet.chart),
        "panel": _panel(sheet.panel),
        "notes": [_cut(note, "note", _LINE_LETTERS) for note in sheet.notes],
    }


def _figure(figure: SheetFigure) -> SheetFigure:
    return replace(
        figure,
        label=_cut(figure.label, "label", _CARD_LETTERS),
        value=_cut(figure.value, "value", _CELL_LETTERS),
        unit=_cut(figure.unit, "unit", _CELL_LETTERS),
        detail=_cut(figure.detail, "detail", _CARD_LETTERS),
        source=_cut(figure.source, "source", _CARD_LETTERS),
        mark=_cut(figure.mark, "mark", _CELL_LETTERS),
        kind=_cut(figure.kind, "mark", _CELL_LETTERS),
    )


def _chart(chart: BarChart) -> dict[str, Any]:
    longest = max((bar.amount for bar in chart.bars), default=0.0)
    return {
        "title": _cut(chart.title, "heading", _CARD_LETTERS * 2),
        "source": _cut(chart.source, "remark", _CARD_LETTERS * 2),
        "mark": _cut(chart.mark, "mark", _CELL_LETTERS),
        "empty": _cut(chart.empty, "remark", _CARD_LETTERS * 2),
        "bars": [
            {
                "label": _cut(bar.label, "bar", _BAR_LETTERS),
                "share": bar.amount / longest if longest > 0 else 0.0,
                "text": _cut(bar.text, "amount", _BAR_LETTERS * 2),
                "color": bar.color,
            }
            for bar in chart.bars
        ],
    }


def _panel(panel: SidePanel) -> dict[str, Any]:
    what, word = ("cell", _CELL_LETTERS) if panel.header else ("fact", _CARD_LETTERS * 2)
    return {
        "title": _cut(panel.title, "heading", _CARD_LETTERS * 2),
        "header": [_cut(text, "cell", _CELL_LETTERS) for text in panel.header],
        "rows": [
            [_cut(row[0], "cell", _CELL_LETTERS), *(_cut(text, what, word) for text in row[1:])] for row in panel.rows
        ],
        "remark": _cut(panel.remark, "remark", _CARD_LETTERS * 2),
        "mark": _cut(panel.mark, "mark", _CELL_LETTERS),
    }
