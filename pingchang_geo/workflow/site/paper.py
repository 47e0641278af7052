"""The printable report of a site check as files: map, document, Word and PDF in one go."""

from __future__ import annotations

from typing import Final

from pingchang_geo import prints
from pingchang_geo.documents import Document, to_docx, to_pdf
from pingchang_geo.settings import settings
from pingchang_geo.workflow.site import SiteCheck, picture, report

__all__ = ["document", "docx", "pdf"]

#: Dots an inch that :data:`prints.REPORT_PX` is made for.
_DPI: Final = 240


def document(check: SiteCheck) -> Document:
    """Report with its map drawn."""
    width, height = prints.REPORT_PX
    drawn = prints.render(picture(check), width, height, _DPI, font=settings().font)
    return report(check, drawn)


def docx(check: SiteCheck) -> bytes:
    """The report as .docx."""
    return to_docx(document(check))


def pdf(check: SiteCheck) -> bytes:
    """The report as PDF."""
    return to_pdf(document(check), prints.chinese_font(settings().font))
