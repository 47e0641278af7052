"""CSV with a byte-order mark and xlsx with a 说明 sheet, from a :class:`~pingchang_geo.exports.sheet.Sheet`."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any, Final

from pingchang_geo.exports import workbook
from pingchang_geo.exports.sheet import Sheet, safe_text
from pingchang_geo.layers import palette

CSV_MIME: Final = "text/csv"
XLSX_MIME: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BOM: Final = b"\xef\xbb\xbf"
_WIDEST: Final = 40.0


def to_csv(sheet: Sheet) -> bytes:
    """UTF-8 with BOM (Excel and WPS read it as Chinese), CRLF; the notes follow the table after an empty line.

    Notes come last so that programs that read the first row as headers stay happy; with a mark its column is the
    last one, in every row.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    columns = {safe_text(header): _safe(values) for header, values in sheet.columns.items()}
    if sheet.mark:
        columns["数据性质"] = [sheet.mark] * sheet.rows
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    writer.writerow([])
    for label, text in sheet.notes:
        writer.writerow([safe_text(label), safe_text(text)])
    return _BOM + out.getvalue().encode("utf-8")


def to_xlsx(*sheets: Sheet) -> bytes:
    """Workbook with a page for each table (mark on top, frozen header, number formats) and a 说明 sheet with the notes.

    Notes that several tables share stand there once.
    """
    names = _distinct([_sheet_name(sheet.title) for sheet in sheets])
    pages = [_page(sheet, name) for sheet, name in zip(sheets, names, strict=True)]
    notes = dict.fromkeys(note for sheet in sheets for note in sheet.notes)
    lines = [[(safe_text(label), workbook.BOLD), (safe_text(text), workbook.WRAPPED)] for label, text in notes]
    title = safe_text("、".join(sheet.title for sheet in sheets))
    about = workbook.Page("说明", [14.0, 100.0], [[(title, workbook.BOLD)], *lines])
    return workbook.workbook([*pages, about], palette.RED_LINE)


def _page(sheet: Sheet, name: str) -> workbook.Page:
    head = [[(safe_text(header), workbook.HEADER) for header in sheet.columns]]
    if sheet.mark:
        head.insert(0, [(f"{sheet.mark}：仅供示意，不得作为管理依据", workbook.MARK)])
    return workbook.Page(
        name,
        widths=[min(_WIDEST, 4.0 + 2 * len(header)) for header in sheet.columns],
        head=head,
        columns=[_safe(values) for values in sheet.columns.values()],
        styles=[
            workbook.NUMBER + min(sheet.digits[h], workbook.MOST_DECIMALS) if h in sheet.digits else workbook.PLAIN
            for h in sheet.columns
        ],
        freeze=True,
    )


def _safe(values: Sequence[Any]) -> list[Any]:
    """Texts made safe (each distinct one once), numbers as they are."""
    known: dict[str, str] = {}
    cells: list[Any] = []
    for value in values:
        if not isinstance(value, str):
            cells.append(value)
            continue
        if value not in known:
            known[value] = safe_text(value)
        cells.append(known[value])
    return cells


def _sheet_name(title: str) -> str:
    """Excel's rules: at most 31 characters, none of ``[]:*?/\\``, no apostrophe at the ends, not 说明 again."""
    name = "".join("·" if c in "[]:*?/\\'" else c for c in title)[:31]
    return name if name and name != "说明" else "数据"


def _distinct(names: Sequence[str]) -> list[str]:
    """Names of which no two are alike to Excel, which does not tell capitals apart: later ones get a number."""
    taken: set[str] = set()
    found = []
    for name in names:
        own, number = name, 2
        while own.lower() in taken:
            own, number = f"{name[:28]}{number}", number + 1
        taken.add(own.lower())
        found.append(own)
    return found
