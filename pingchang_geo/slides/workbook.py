"""A chart's data and the workbook embedded with it: texts are texts there, never formulas, links or markup."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pptx.chart.data import CategoryChartData
from pptx.chart.xlsx import CategoryWorkbookWriter


class ChartData(CategoryChartData):
    """python-pptx's data of a chart; names of categories and series are put into the workbook as they are."""

    @property
    def _workbook_writer(self) -> _Writer:
        return _Writer(self)  # type: ignore[no-untyped-call]


class _Writer(CategoryWorkbookWriter):
    @contextmanager
    def _open_worksheet(self, xlsx_file: Any) -> Iterator[tuple[Any, Any]]:
        with super()._open_worksheet(xlsx_file) as (workbook, sheet):
            sheet.add_write_handler(str, _as_text)
            yield workbook, sheet


def _as_text(sheet: Any, row: int, column: int, text: str, *form: Any) -> int:
    """Write a cell as text, whatever it looks like.

    XlsxWriter copies what stands between <r> and </r> into the file unescaped: a space behind it prevents that.
    """
    markup = text.startswith("<r>") and text.endswith("</r>")
    written: int = sheet.write_string(row, column, f"{text} " if markup else text, *form)
    return written
