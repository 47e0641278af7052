"""Text in shapes: named fonts for both scripts, exact line heights, no auto-fit. Texts are data, never markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Inches, Pt

from pingchang_geo.layers import palette
from pingchang_geo.slides.measure import line_pt

#: In Office and WPS on Windows; where it is missing the office program takes a similar one.
FONT: Final = "微软雅黑"
MUTED: Final = "#55635B"
#: As on maps and in documents.
MARK_INK, MARK_GROUND, MARK_LINE = "#7A4B00", "#FFF4DD", "#D9A84A"
_FORBIDDEN: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_BLANK: Final = re.compile(r"[\t\r\n\u2028\u2029]+")
#: A space that must not end a line: between a number and its sign.
_UNIT: Final = re.compile(r"(?<=\d) (?=[%‰℃°])")


@dataclass(frozen=True)
class Run:
    """Letters of one look; ``size`` in points."""

    text: str
    size: float
    color: str = palette.INK
    bold: bool = False


@dataclass(frozen=True)
class Line:
    """One paragraph of runs; ``before`` points of room above it."""

    runs: tuple[Run, ...]
    before: float = 0.0
    align: Any = PP_ALIGN.LEFT

    @classmethod
    def of(cls, text: str, size: float, color: str = palette.INK, *, bold: bool = False, before: float = 0.0) -> Line:
        """A paragraph of one look."""
        return cls((Run(text, size, color, bold),), before)


@dataclass(frozen=True)
class Box:
    """A rectangle on the slide, inches from the upper left corner."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Inches."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Inches."""
        return self.top + self.height

    @property
    def emu(self) -> tuple[Inches, Inches, Inches, Inches]:
        """As python-pptx takes it."""
        return Inches(self.left), Inches(self.top), Inches(self.width), Inches(self.height)


def clean(text: str) -> str:
    """The text without what XML or a line of text cannot hold; a number and its per-cent sign stay together."""
    return _UNIT.sub("\u00a0", _FORBIDDEN.sub("", _BLANK.sub(" ", text)))


def rgb(color: str) -> RGBColor:
    """``#RRGGBB`` as python-pptx takes it."""
    found: RGBColor = RGBColor.from_string(color.lstrip("#").upper())  # type: ignore[no-untyped-call]
    return found


def set_font(element: Any) -> None:
    """Name the font for Latin and for East Asian letters of an ``rPr`` or ``defRPr``."""
    for tag in ("a:latin", "a:ea", "a:cs"):
        for old in element.findall(qn(tag)):
            element.remove(old)
    for tag in ("a:latin", "a:ea"):
        element.append(element.makeelement(qn(tag), {"typeface": FONT}))


def fill_frame(frame: Any, lines: Sequence[Line], *, anchor: Any = MSO_ANCHOR.TOP, inset: float = 0.0) -> None:
    """Write paragraphs into a text frame with fixed insets; nothing shrinks or grows by itself."""
    body = frame._txBody.bodyPr
    for old in list(body):
        body.remove(old)
    frame.word_wrap = True
    frame.auto_size = None
    frame.vertical_anchor = anchor
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = Inches(inset)
    fill_lines(frame, lines)


def fill_lines(frame: Any, lines: Iterable[Line]) -> None:
    """Replace the paragraphs of a text frame."""
    for number, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.alignment = line.align
        paragraph.space_before, paragraph.space_after = Pt(line.before), Pt(0)
        paragraph.line_spacing = Pt(line_pt(max(run.size for run in line.runs)))
        for run in line.runs:
            written = paragraph.add_run()
            written.text = clean(run.text)
            written.font.size, written.font.bold = Pt(run.size), run.bold
            written.font.color.rgb = rgb(run.color)
            properties = written._r.get_or_add_rPr()
            properties.set("lang", "zh-CN")
            properties.set("altLang", "en-US")
            set_font(properties)


def add_text(
    slide: Any,
    box: Box,
    lines: Sequence[Line],
    name: str,
    *,
    anchor: Any = MSO_ANCHOR.TOP,
    fill: str = "",
    edge: str = "",
    inset: float = 0.0,
) -> Any:
    """A text box of its own."""
    shape = slide.shapes.add_textbox(*box.emu)
    shape.name = name
    if fill:
        shape.fill.solid()
        shape.fill.fore_color.rgb = rgb(fill)
    if edge:
        shape.line.color.rgb = rgb(edge)
        shape.line.width = Pt(1)
    fill_frame(shape.text_frame, lines, anchor=anchor, inset=inset)
    return shape


def describe(shape: Any, words: str) -> None:
    """Alternative text of a picture, chart or table."""
    shape._element.xpath(".//p:cNvPr")[0].set("descr", clean(words))
