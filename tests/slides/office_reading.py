"""Where another office program has put the words: boxes of the PDF that it made of a deck against the deck's shapes.

This does not use the product's own measuring: line breaks, letters and line heights are the office program's.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from itertools import groupby
from pathlib import Path
from typing import Any

from pptx.util import Emu

#: A line that does not fit stands out by its height, 0.15 inches and more.
TOLERANCE_IN = 0.02
#: Share of a word's box that is the font's own room, above its letters and below.
_AIR = 1 / 8
_PAGE = re.compile(r"<page [^>]*>(.*?)</page>", re.S)
_WORD = re.compile(r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)</word>', re.S)
_POINTS_AN_INCH = 72


@dataclass(frozen=True)
class Area:
    """A rectangle on a page, inches."""

    left: float
    top: float
    right: float
    bottom: float

    def beyond(self, room: Area) -> float:
        """Inches by which it leaves another at the worst side."""
        across = max(room.left - self.left, self.right - room.right)
        return max(across, room.top - self.top, self.bottom - room.bottom)


@dataclass(frozen=True)
class Word:
    """A word as it stands on the page."""

    text: str
    area: Area


def words(pdf: Path) -> list[list[Word]]:
    """The words of each page in the order they are painted."""
    command = ["pdftotext", "-raw", "-bbox", str(pdf), "-"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [
        [
            word
            # A sign of another font is painted behind its line, so what is painted on one line is put in order.
            for _, line in groupby(map(_word, _WORD.findall(page)), lambda word: (word.area.top, word.area.bottom))
            for word in sorted(line, key=lambda word: word.area.left)
        ]
        for page in _PAGE.findall(listed)
    ]


def _word(found: tuple[str, ...]) -> Word:
    left, top, right, bottom = (float(side) / _POINTS_AN_INCH for side in found[:4])
    air = (bottom - top) * _AIR
    return Word(_bare(unescape(found[4])), Area(left, top + air, right, bottom - air))


def strays(pages: list[list[Word]], deck: Any) -> list[str]:
    """Texts of the deck that are not on their page, or whose words leave their shape or cell."""
    found = []
    for number, (page, slide) in enumerate(zip(pages, deck.slides, strict=True), start=1):
        for name, text, room in _texts(slide):
            if (beyond := _beyond(page, _bare(text), room)) is None:
                found.append(f"{number} {name}: not there: {text[:40]}")
            elif beyond > TOLERANCE_IN:
                found.append(f"{number} {name}: {beyond:.2f} beyond: {text[:40]}")
    return found


def _texts(slide: Any) -> Iterator[tuple[str, str, Area]]:
    """Every paragraph of a slide with the room it may take; a page number is a field and no text."""
    for shape in slide.shapes:
        if shape.has_text_frame and "‹#›" not in shape.text_frame.text:
            area = _area(shape.left, shape.top, shape.width, shape.height)
            yield from ((shape.name, text, area) for text in _paragraphs(shape.text_frame))
        if shape.has_table:
            yield from _cells(shape)


def _cells(frame: Any) -> Iterator[tuple[str, str, Area]]:
    top = frame.top
    for row in frame.table.rows:
        left = frame.left
        for column, cell in zip(frame.table.columns, row.cells, strict=True):
            area = _area(left, top, column.width, row.height)
            yield from ((f"{frame.name} cell", text, area) for text in _paragraphs(cell.text_frame))
            left += column.width
        top += row.height


def _paragraphs(frame: Any) -> list[str]:
    return [paragraph.text for paragraph in frame.paragraphs if paragraph.text.strip()]


def _area(left: int, top: int, width: int, height: int) -> Area:
    return Area(*(Emu(side).inches for side in (left, top, left + width, top + height)))


def _beyond(page: list[Word], text: str, room: Area) -> float | None:
    """How far the words of a text leave their room; of several places with that text the best; None: it is nowhere."""
    starts, whole = [], ""
    for word in page:
        starts.append(len(whole))
        whole += word.text
    places = [found.start() for found in re.finditer(f"(?={re.escape(text)})", whole)]
    return min(
        (
            max(
                word.area.beyond(room)
                for word, start in zip(page, starts, strict=True)
                if start < place + len(text) and start + len(word.text) > place
            )
            for place in places
        ),
        default=None,
    )


def _bare(text: str) -> str:
    return "".join(text.split())
