"""A fact sheet as a file: map drawn, page set, bytes out. The same place and day give the same bytes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pingchang_geo.documents import FactSheet, map_room, sheet_pdf, sheet_png
from pingchang_geo.units import UnitChoice
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.briefings.pictures import font
from pingchang_geo.workflow.factsheets.picture import draw
from pingchang_geo.workflow.factsheets.place import Place
from pingchang_geo.workflow.factsheets.sheet import fact_sheet


def pdf(
    atlas: Atlas, place: Place, *, at: datetime, choice: UnitChoice | None = None, growth_pct_a: float | None = None
) -> bytes:
    """The sheet as PDF, one A4 page; see :func:`.sheet.fact_sheet`."""
    sheet = _whole(atlas, place, at=at, choice=choice, growth_pct_a=growth_pct_a)
    return sheet_pdf(sheet, font()[0])


def png(
    atlas: Atlas, place: Place, *, at: datetime, choice: UnitChoice | None = None, growth_pct_a: float | None = None
) -> bytes:
    """The same page as a picture of 220 dots an inch."""
    sheet = _whole(atlas, place, at=at, choice=choice, growth_pct_a=growth_pct_a)
    return sheet_png(sheet, font()[0])


def _whole(
    atlas: Atlas, place: Place, *, at: datetime, choice: UnitChoice | None, growth_pct_a: float | None
) -> FactSheet:
    """The sheet with its map; the page without one says how large it may be."""
    sheet = fact_sheet(atlas, place, at=at, choice=choice, growth_pct_a=growth_pct_a)
    room = map_room(sheet, font()[0])
    return replace(sheet, picture=draw(atlas, place, choice or UnitChoice(), room.width_mm, room.height_mm))
