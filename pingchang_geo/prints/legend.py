"""The legend: laid out first (how much room it takes), then drawn; in one column beside the map or several below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from matplotlib.collections import PathCollection
from matplotlib.patches import Rectangle
from matplotlib.transforms import IdentityTransform

from pingchang_geo.layers import palette
from pingchang_geo.prints import looks
from pingchang_geo.prints.picture import Key, LegendEntry
from pingchang_geo.prints.sheet import LEADING, LINE, MUTED, POINT_IN, Box, Sheet

TITLE: Final = "图例"
_SIZES: Final = (8.0, 7.5, 7.0, 6.5, 6.0)
_KEY_IN, _KEY_HEIGHT_EM = 0.26, 1.05
_GAP_IN: Final = 0.08
_COLUMN_GAP_IN: Final = 0.2
_LABEL_LINES: Final = 2


@dataclass(frozen=True)
class Line:
    """One entry laid out: its label in lines, and the height of all of it."""

    entry: LegendEntry
    label: tuple[str, ...]
    height: float


@dataclass(frozen=True)
class Legend:
    """A legend laid out in columns of equal width."""

    columns: tuple[tuple[Line, ...], ...]
    size: float
    column_width: float
    height: float
    #: Entries that found no room; the legend says so.
    omitted: int = 0


def laid_out(
    sheet: Sheet, entries: Sequence[LegendEntry], room: tuple[float, float], columns: int = 1, smallest: float = 0.0
) -> Legend:
    """Legend that fits into ``room`` (width and height, inches): smaller letters if need be, not below ``smallest``
    points; what still does not fit is counted in a last line, never dropped silently."""
    width, height = room
    sizes = [size for size in _SIZES if size >= smallest]
    column_width = (width - _COLUMN_GAP_IN * (columns - 1)) / columns
    for size in sizes:
        lines = [_line(sheet, entry, size, column_width) for entry in entries]
        split = _columns(lines, columns, height)
        if split is not None:
            return Legend(split, size, column_width, max((sum(li.height for li in c) for c in split), default=0.0))
    lines = [_line(sheet, entry, sizes[-1], column_width) for entry in entries]
    fitting: tuple[tuple[Line, ...], ...] = ((),)
    low, high = 0, len(entries)
    while low < high:  # the most entries that fit together with the line that counts the others
        kept = (low + high + 1) // 2
        more = LegendEntry.heading(f"另有 {len(entries) - kept} 项未列出")
        split = _columns([*lines[:kept], _line(sheet, more, sizes[-1], column_width)], columns, height)
        low, high = (low, kept - 1) if split is None else (kept, high)
        fitting = fitting if split is None else split
    return Legend(fitting, sizes[-1], column_width, height, len(entries) - low)


def natural_width(sheet: Sheet, entries: Sequence[LegendEntry]) -> float:
    """Inches that a single column needs so that no label breaks."""
    widths = [0.0]
    for entry in entries:
        key = 0.0 if entry.key is Key.HEADING else _KEY_IN + _GAP_IN
        detail = sheet.text_width(entry.detail, _detail_size(entry, _SIZES[0])) + 2 * _GAP_IN if entry.detail else 0.0
        widths.append(key + sheet.text_width(entry.label, _SIZES[0]) + detail)
    return max(widths) + 0.02


def draw(sheet: Sheet, legend: Legend, left: float, top: float) -> None:
    """Draw the columns downwards from the upper left corner."""
    for number, column in enumerate(legend.columns):
        x = left + number * (legend.column_width + _COLUMN_GAP_IN)
        y = top
        for line in column:
            _draw_line(sheet, line, legend.size, Box(x, y - line.height, x + legend.column_width, y))
            y -= line.height


def _line(sheet: Sheet, entry: LegendEntry, size: float, width: float) -> Line:
    room = width - (0 if entry.key is Key.HEADING else _KEY_IN + _GAP_IN)
    if entry.detail:
        room -= sheet.text_width(entry.detail, _detail_size(entry, size)) + _GAP_IN
    label = sheet.wrapped(entry.label, size, max(room, width / 4))
    if len(label) > _LABEL_LINES:
        label = [*label[: _LABEL_LINES - 1], label[_LABEL_LINES - 1][:-1] + "…"]
    leading = size * LEADING * POINT_IN
    spare = 0.45 if entry.key is Key.HEADING else 0.25
    return Line(entry, tuple(label), leading * (len(label) + spare))


def _columns(lines: list[Line], columns: int, height: float) -> tuple[tuple[Line, ...], ...] | None:
    """Lines spread over columns evenly, headings not left at a foot; None: they do not fit."""
    total = sum(line.height for line in lines)
    tallest = max((line.height for line in lines), default=0.0)
    limit = max(total / columns, tallest)
    while limit <= height + 1e-9:
        split = _filled(lines, limit)
        if len(split) <= columns:
            return split
        limit += tallest / 2
    split = _filled(lines, height)
    return split if len(split) <= columns and tallest <= height else None


def _filled(lines: list[Line], limit: float) -> tuple[tuple[Line, ...], ...]:
    columns: list[list[Line]] = [[]]
    used = 0.0
    for number, line in enumerate(lines):
        follower = lines[number + 1].height if line.entry.key is Key.HEADING and number + 1 < len(lines) else 0.0
        if columns[-1] and used + line.height + follower > limit + 1e-9:
            columns.append([])
            used = 0.0
        columns[-1].append(line)
        used += line.height
    return tuple(tuple(column) for column in columns)


def _detail_size(entry: LegendEntry, size: float) -> float:
    return size - 0.5 if entry.key is Key.HEADING else size


def _draw_line(sheet: Sheet, line: Line, size: float, box: Box) -> None:
    entry = line.entry
    leading = size * LEADING * POINT_IN
    heading = entry.key is Key.HEADING
    baseline = box.top - leading * (0.98 if heading else 0.88)
    x = box.left if heading else box.left + _KEY_IN + _GAP_IN
    for number, text in enumerate(line.label):
        sheet.text(x, baseline - number * leading, text, size, bold=heading)
    if entry.detail:
        sheet.text(box.right, baseline, entry.detail, _detail_size(entry, size), color=MUTED, ha="right")
    if not heading:
        middle = baseline + 0.36 * size * POINT_IN
        half = size * _KEY_HEIGHT_EM * POINT_IN / 2
        draw_key(sheet, entry, Box(box.left, middle - half, box.left + _KEY_IN, middle + half))


def draw_key(sheet: Sheet, entry: LegendEntry, box: Box) -> None:
    """Draw the key of an entry into a box: a swatch, a line or the symbol."""
    middle = (box.bottom + box.top) / 2
    if entry.key is Key.POINT:
        color = entry.fill or entry.edge or palette.INK
        style = looks.symbol_style(entry.location, color)
        half = box.height * 0.6
        path = looks.shape(entry.symbol)
        collection = PathCollection(
            [path],
            sizes=[(2 * half / POINT_IN) ** 2],
            offsets=[((box.left + box.right) / 2, middle)],
            offset_transform=sheet.figure.dpi_scale_trans,
            zorder=10,
            **looks.plural(style),
        )
        collection.set_transform(IdentityTransform())
        sheet.figure.add_artist(collection)
    elif entry.key is Key.LINE:
        style, _ = looks.line_style(entry.location, entry.dash, entry.width)
        color = entry.edge or entry.fill or palette.INK
        sheet.line([box.left, box.right], [middle, middle], color=color, width=max(entry.width, 0.8), style=style)
    else:
        _draw_swatch(sheet, entry, box)


def _draw_swatch(sheet: Sheet, entry: LegendEntry, box: Box) -> None:
    style, cap = looks.line_style(entry.location, entry.dash, entry.width)
    edge = entry.edge or (LINE if entry.width > 0 else None)
    patch = Rectangle(
        (box.left, box.bottom),
        box.width,
        box.height,
        facecolor=looks.rgba(entry.fill, entry.alpha * (looks.filling(entry.location) if entry.edge else 1.0)),
        edgecolor=looks.rgba(edge),
        linewidth=min(entry.width, 1.6) if entry.edge else 0.4,
        linestyle=style if entry.edge else "-",
        capstyle=cap,
        zorder=9,
    )
    if entry.hatch:
        patch.set_hatch(looks.hatch(entry.hatch))
        patch.set_hatchcolor(looks.rgba(entry.edge))
        patch.set_hatch_linewidth(max(0.4, entry.width * 0.5))
    sheet.add(patch)
