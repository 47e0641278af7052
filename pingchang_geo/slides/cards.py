"""The figures of a scene as a native table, a card a cell: label above, value, unit and kind below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pptx.enum.text import MSO_ANCHOR
from pptx.oxml.ns import qn
from pptx.util import Inches, Pt

from pingchang_geo.briefing.story import KIND_WORDS, Card
from pingchang_geo.layers import palette
from pingchang_geo.slides.measure import POINT_IN, Fitted, Ruler, line_pt
from pingchang_geo.slides.text import MARK_INK, MUTED, Box, Line, Run, describe, fill_lines, rgb

GROUND: Final = "#EEF4F0"
_INSET_IN: Final = 0.1
_GAP_PT: Final = 6.0
_LABEL_SIZES: Final = (12.0, 11.0)
_VALUE_SIZES: Final = (26.0, 24.0, 22.0, 20.0, 18.0, 16.0, 14.0)
_UNIT_PT, _KIND_PT = 13.0, 10.0
_UNIT, _KIND = "unit", "kind"
#: Values that are words may take this much.
_WORDS_IN: Final = 1.1
_LABEL_IN: Final = 0.66
#: Of the room for a line of several sizes: programs differ in the gaps between runs.
_SLACK: Final = 0.95


@dataclass(frozen=True)
class _Cell:
    """One card as it fits; ``beside`` stand behind the value, ``below`` are lines under it, of unit and kind."""

    card: Card
    label: Fitted
    value: Fitted
    beside: tuple[str, ...]
    below: tuple[tuple[str, ...], ...] = ()

    @property
    def height(self) -> float:
        """Inches without insets."""
        under = sum(line_pt(_UNIT_PT if _UNIT in line else _KIND_PT) for line in self.below)
        return self.label.height + self.value.height + under * POINT_IN


def kind(card: Card) -> str:
    """``报告值``, ``外部参考``, ``计算值`` or ``计算值〔示意〕``; the slide itself bears the whole mark."""
    return KIND_WORDS[card.kind] + (f"〔{card.mark.removesuffix('数据')}〕" if card.mark else "")


def columns(count: int, *, wide: bool) -> int:
    """Cards a row: all of them across a slide; up to three, or two by two, in a column."""
    return count if wide or count <= 3 else 2 if count == 4 else 3


def row_heights(cards: Sequence[Card], width: float, ruler: Ruler, *, wide: bool) -> list[float]:
    """Inches that each row takes."""
    across = columns(len(cards), wide=wide)
    cells = _cells(cards, width, ruler, across)
    rows = [cells[i : i + across] for i in range(0, len(cells), across)]
    return [max(cell.height for cell in row) + 2 * _INSET_IN for row in rows]


def cut(cards: Sequence[Card], width: float, ruler: Ruler, *, wide: bool) -> list[Card]:
    """Cards whose texts are too long to be shown whole."""
    cells = _cells(cards, width, ruler, columns(len(cards), wide=wide))
    return [cell.card for cell in cells if cell.label.cut or cell.value.cut]


def add_cards(slide: Any, cards: Sequence[Card], box: Box, ruler: Ruler, *, wide: bool) -> Any:
    """Put the table on a slide."""
    across = columns(len(cards), wide=wide)
    heights = row_heights(cards, box.width, ruler, wide=wide)
    frame = slide.shapes.add_table(len(heights), across, *box.emu)
    frame.name = "指标"
    describe(frame, "；".join(f"{card.label}：{card.value} {card.unit}（{kind(card)}）" for card in cards))
    table = frame.table
    table.first_row = table.horz_banding = False
    for row, height in zip(table.rows, heights, strict=True):
        row.height = Inches(height)
    for column in table.columns:
        column.width = Inches(box.width / across)
    cells = _cells(cards, box.width, ruler, across)
    for number in range(len(heights) * across):
        place = table.cell(number // across, number % across)
        if number < len(cells):
            _fill(place, cells[number])
        else:
            place.fill.background()
            _borders(place)
    return frame


def _cells(cards: Sequence[Card], width: float, ruler: Ruler, across: int) -> list[_Cell]:
    room = width / across - 2 * _INSET_IN - _GAP_PT * POINT_IN
    return [_cell(card, room, ruler) for card in cards]


def _cell(card: Card, room: float, ruler: Ruler) -> _Cell:
    """Value, unit and kind in one line if they fit, else the kind below, else the unit too."""
    label = ruler.fitted(card.label, room, _LABEL_IN, _LABEL_SIZES)
    unit = ruler.width_in(f" {card.unit}", _UNIT_PT) if card.unit else 0.0
    tag = ruler.width_in(f"  {kind(card)}", _KIND_PT)
    for beside, below, least in (((_UNIT, _KIND), (), 18.0), ((_UNIT,), ((_KIND,),), 14.0)):
        taken = (unit if _UNIT in beside else 0.0) + (tag if _KIND in beside else 0.0)
        for size in (size for size in _VALUE_SIZES if size >= least):
            if ruler.width_in(card.value, size) + taken <= room * _SLACK:
                return _Cell(
                    card, label, Fitted(card.value, size, (card.value,), line_pt(size) * POINT_IN), beside, below
                )
    value = ruler.fitted(card.value, room, _WORDS_IN, (*_VALUE_SIZES, 12.0, 11.0))
    return _Cell(card, label, value, (), ((_UNIT, _KIND),) if unit + tag <= room else ((_UNIT,), (_KIND,)))


def _fill(made: Any, cell: _Cell) -> None:
    made.fill.solid()
    made.fill.fore_color.rgb = rgb(GROUND)
    made.margin_left = made.margin_right = Inches(_INSET_IN)
    made.margin_top = made.margin_bottom = Inches(_INSET_IN)
    made.vertical_anchor = MSO_ANCHOR.MIDDLE
    runs = {
        _UNIT: Run(f" {cell.card.unit}" if cell.card.unit else "", _UNIT_PT),
        _KIND: Run(f"  {kind(cell.card)}", _KIND_PT, MARK_INK if cell.card.mark else MUTED),
    }
    value = Run(cell.value.text, cell.value.size, palette.ACCENT, bold=True)
    lines = [Line.of(cell.label.text, cell.label.size, MUTED), Line((value, *(runs[name] for name in cell.beside)))]
    for names in cell.below:
        first, *rest = (runs[name] for name in names)
        lines.append(Line((replace(first, text=first.text.lstrip()), *rest)))
    fill_lines(made.text_frame, lines)
    _borders(made)


def _borders(made: Any) -> None:
    """White gaps between the cells."""
    properties = made._tc.get_or_add_tcPr()
    for number, tag in enumerate(("a:lnL", "a:lnR", "a:lnT", "a:lnB")):
        line = properties.makeelement(qn(tag), {"w": str(int(Pt(_GAP_PT)))})
        fill = line.makeelement(qn("a:solidFill"), {})
        fill.append(fill.makeelement(qn("a:srgbClr"), {"val": "FFFFFF"}))
        line.append(fill)
        properties.insert(number, line)
