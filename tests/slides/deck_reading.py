"""What is in a .pptx: frames with the room their texts take, pictures with their sharpness; for several test files."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from pptx import Presentation
from pptx.util import Emu

from pingchang_geo.prints.fonts import chinese_font
from pingchang_geo.slides.measure import POINT_IN, Ruler
from pingchang_geo.workflow.briefings.letters import advances

TOLERANCE_IN = 0.02


def opened(content: bytes) -> Any:
    return Presentation(io.BytesIO(content))


def ruler() -> Ruler:
    return Ruler(advances(chinese_font(None)))


def shapes(deck: Any) -> Iterator[tuple[int, Any]]:
    for number, slide in enumerate(deck.slides, start=1):
        for shape in slide.shapes:
            yield number, shape


def texts(slide: Any) -> str:
    found = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
    for shape in slide.shapes:
        if shape.has_table:
            found += [cell.text_frame.text for row in shape.table.rows for cell in row.cells]
    return "\n".join(found)


def height_in(frame: Any, width_in: float, measure: Ruler) -> float:
    """Inches that the paragraphs of a frame take, from the file alone: sizes and exact line heights."""
    total = 0.0
    for paragraph in frame.paragraphs:
        runs = [run for run in paragraph.runs if run.text]
        if not runs:
            continue
        size = max(run.font.size.pt for run in runs)
        if len({run.font.size.pt for run in runs}) == 1:
            lines = len(measure.wrapped(paragraph.text, size, width_in))
        else:  # runs of several sizes are made to fit one line
            width = sum(measure.width_in(run.text, run.font.size.pt) for run in runs)
            lines = 1 if width <= width_in + TOLERANCE_IN else 2
        before = paragraph.space_before.pt if paragraph.space_before else 0.0
        total += (lines * paragraph.line_spacing.pt + before) * POINT_IN
    return total


def overflows(deck: Any) -> list[str]:
    """Texts that need more room than their frame or cell has, and shapes beyond the slide."""
    measure, found = ruler(), []
    for number, shape in shapes(deck):
        if shape.left is not None and (
            min(shape.left, shape.top) < 0
            or shape.left + shape.width > deck.slide_width
            or shape.top + shape.height > deck.slide_height
        ):
            found.append(f"{number} {shape.name}: beyond the slide")
        if shape.has_text_frame and shape.text_frame.text and not shape.is_placeholder:
            frame = shape.text_frame
            width = Emu(shape.width - frame.margin_left - frame.margin_right).inches
            room = Emu(shape.height - frame.margin_top - frame.margin_bottom).inches
            if (needs := height_in(frame, width, measure)) > room + TOLERANCE_IN:
                found.append(f"{number} {shape.name}: {needs:.2f} > {room:.2f} {frame.text[:40]}")
        if shape.has_table:
            found += [f"{number} {words}" for words in _cells(shape.table, measure)]
    return found


def _cells(table: Any, measure: Ruler) -> Iterator[str]:
    for row in table.rows:
        for column, cell in zip(table.columns, row.cells, strict=True):
            width = Emu(column.width - cell.margin_left - cell.margin_right).inches
            room = Emu(row.height - cell.margin_top - cell.margin_bottom).inches
            if (needs := height_in(cell.text_frame, width, measure)) > room + TOLERANCE_IN:
                yield f"cell {cell.text_frame.text[:40]}: {needs:.2f} > {room:.2f}"


def sharpness(picture: Any) -> float:
    """Pixels an inch of a picture as it stands on the slide, across and down, the lesser."""
    across, down = picture.image.size
    return min(across / Emu(picture.width).inches, down / Emu(picture.height).inches)
