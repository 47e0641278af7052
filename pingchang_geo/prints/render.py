"""The map sheet: title, map face with frame and furniture, legend, notes; drawn with matplotlib, PNG bytes out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from pingchang_geo.crs import Geometries
from pingchang_geo.prints import features, furniture, labels, measures
from pingchang_geo.prints import legend as legends
from pingchang_geo.prints.fonts import chinese_font
from pingchang_geo.prints.graticule import Line, graticule
from pingchang_geo.prints.picture import Extent, Key, LegendEntry, MapPicture, PictureLayer
from pingchang_geo.prints.sheet import LEADING, LINE, MUTED, POINT_IN, Box, Sheet

#: How the sheet is projected: stated by the renderer, since it alone knows.
PROJECTION_NOTE: Final = (
    "坐标系：2000 国家大地坐标系（CGCS2000）；投影：以县域为中心的兰勃特等积方位投影；图框注记为经纬度。"
)
_GROUND: Final = "#FBFCFA"
_EDGE_IN: Final = 0.14
_TITLE_PT, _SUBTITLE_PT = 13.0, 8.5
_TICKS_LEFT_IN, _TICKS_BELOW_IN = 0.24, 0.21
_NOTES_SHARE: Final = 0.3
_LEGEND_SHARE, _LEGEND_LEAST_IN = 0.31, 1.25
#: Sheets at least this much wider than high carry the legend beside the map, others below.
_BESIDE_ASPECT: Final = 1.2
_LOCATOR_IN: Final = 1.15
#: What the locator beside a map gives up so that the legend fits: share of its size left, smallest letters then.
_LOCATOR_SHARES: Final = ((1.0, 7.5), (0.7, 7.5), (0.7, 7.0), (0.7, 6.0), (0.0, 6.0))
#: Its title, and the line between it and the legend.
_LOCATOR_HEAD_IN: Final = 0.32
_GRATICULE: Final = "#5C6A72"


@dataclass(frozen=True)
class Layout:
    """Where everything stands, inches: the map's frame, the legend's room and the lines of the notes."""

    frame: Box
    panel: Box | None
    beside: bool
    notes: tuple[str, ...]
    note_pt: float


def render(
    picture: MapPicture, width_px: int = 1920, height_px: int = 1080, dpi: int = 200, font: Path | None = None
) -> bytes:
    """A map sheet as PNG of exactly ``width_px`` × ``height_px``.

    Args:
        picture: what to show, metres of the measuring projection.
        width_px: pixels.
        height_px: pixels.
        dpi: pixels an inch; letters have a fixed size in points, so a higher value makes them larger in pixels.
        font: file of a Chinese font (:func:`~pingchang_geo.prints.fonts.chinese_font`); None: the installed one.

    Raises:
        PictureError: the extent, size or font is unusable, or a layer's properties do not match its features.
    """
    return composed(picture, width_px, height_px, dpi, font).png()


def composed(picture: MapPicture, width_px: int, height_px: int, dpi: int, font: Path | None = None) -> Sheet:
    """The sheet laid out and filled, before it is written; for composing it into something larger and for tests."""
    sheet = Sheet(width_px, height_px, dpi, chinese_font(font))
    layout = _layout(sheet, picture)
    frame = layout.frame
    extent = measures.fitted(picture.extent_m, frame.width / frame.height)
    _draw_title(sheet, picture)
    _draw_notes(sheet, layout, picture.approval)
    most_x, most_y = max(2, int(frame.width / 0.95)), max(2, int(frame.height / 0.95))
    meridians, parallels = graticule(extent, most_x, most_y) if picture.graticule else ((), ())
    _draw_face(sheet, picture, layout, extent, (*meridians, *parallels))
    furniture.draw_frame(sheet, frame, meridians, parallels, extent)
    if layout.panel is not None:
        _draw_panel(sheet, picture, layout, extent)
    return sheet


def veil(county_m: Geometries, extent_m: Extent) -> PictureLayer:
    """A layer that pales everything outside the county (on whatever sheet the extent ends up)."""
    x, y = extent_m[2] - extent_m[0], extent_m[3] - extent_m[1]
    around = shapely.box(extent_m[0] - 3 * x, extent_m[1] - 3 * y, extent_m[2] + 3 * x, extent_m[3] + 3 * y)
    outside = shapely.difference(around, shapely.union_all(county_m))
    return PictureLayer(np.array([outside]), fill="#E9ECE9", edge=None, alpha=0.78)


def _layout(sheet: Sheet, picture: MapPicture) -> Layout:
    page = sheet.page
    top = page.top - _EDGE_IN - (_TITLE_PT * LEADING * POINT_IN + 0.04 if picture.title else 0)
    notes, note_pt = _note_lines(sheet, picture)
    bottom = _EDGE_IN + len(notes) * note_pt * LEADING * POINT_IN + 0.06
    body = Box(_EDGE_IN, bottom, page.right - _EDGE_IN, top)
    ticks_left, ticks_below = (_TICKS_LEFT_IN, _TICKS_BELOW_IN) if picture.graticule else (0.0, 0.04)
    edge = furniture.TICK_IN if picture.graticule else 0.0
    beside = body.width / body.height >= _BESIDE_ASPECT
    has_panel = bool(picture.legend) or picture.locator_m is not None
    right, floor, panel = body.right - edge, body.bottom + ticks_below, None
    if has_panel and beside:
        wanted = max(legends.natural_width(sheet, _entries(picture)), _LEGEND_LEAST_IN)
        width = min(wanted, max(body.width * _LEGEND_SHARE, _LEGEND_LEAST_IN), body.width / 2)
        panel = Box(body.right - width, body.bottom + ticks_below, body.right, body.top)
        right = panel.left - 0.16
    elif has_panel:
        height = _height_below(sheet, picture, body)
        panel = Box(body.left, body.bottom, body.right, body.bottom + height)
        floor = panel.top + ticks_below + 0.06
    return Layout(Box(body.left + ticks_left, floor, right, body.top - edge), panel, beside, notes, note_pt)


def _note_lines(sheet: Sheet, picture: MapPicture) -> tuple[tuple[str, ...], float]:
    """All notes in lines; smaller letters when they would take too much of the sheet."""
    width = sheet.page.width - 2 * _EDGE_IN
    size = picture.note_pt
    while True:
        lines = [line for note in (PROJECTION_NOTE, *picture.notes) for line in sheet.wrapped(note, size, width)]
        most = int(sheet.page.height * _NOTES_SHARE / (size * LEADING * POINT_IN))
        if picture.approval:
            approval = sheet.text_width(_approval(picture.approval), size)
            if sheet.text_width(lines[-1], size) + approval + 0.2 > width:
                lines.append("")
        if len(lines) <= most:
            return tuple(lines), size
        if size <= 5.0:
            return (*lines[: most - 1], "…"), size
        size -= 0.5


def _approval(number: str) -> str:
    return f"审图号：{number}"


def _columns_below(body: Box, picture: MapPicture) -> tuple[int, float]:
    """Columns of the legend below the map and the width they have."""
    width = body.width - (_LOCATOR_IN + 0.2 if picture.locator_m is not None else 0)
    return max(1, int(width / 1.7)), width


def _height_below(sheet: Sheet, picture: MapPicture, body: Box) -> float:
    columns, width = _columns_below(body, picture)
    entries = _entries(picture)
    height = legends.laid_out(sheet, entries, (width, body.height * 0.4), columns).height if picture.legend else 0.0
    return max(height, _LOCATOR_IN if picture.locator_m is not None else 0.0)


def _entries(picture: MapPicture) -> tuple[LegendEntry, ...]:
    titled = picture.legend[:1] and picture.legend[0].key is Key.HEADING
    return picture.legend if titled else (LegendEntry.heading(legends.TITLE), *picture.legend)


def _draw_title(sheet: Sheet, picture: MapPicture) -> None:
    if not picture.title:
        return
    baseline = sheet.page.top - _EDGE_IN - _TITLE_PT * POINT_IN
    size, room = _TITLE_PT, sheet.page.width - 2 * _EDGE_IN
    while sheet.text_width(picture.title, size) > room and size > 7:
        size -= 0.5
    title = sheet.wrapped(picture.title, size, room)
    sheet.text(_EDGE_IN, baseline, title[0] + ("…" if len(title) > 1 else ""), size, bold=True)
    left = _EDGE_IN + sheet.text_width(picture.title, size) + 0.16
    if picture.subtitle and left < sheet.page.right - 1:
        lines = sheet.wrapped(picture.subtitle, _SUBTITLE_PT, sheet.page.right - _EDGE_IN - left)
        sheet.text(left, baseline, lines[0] + ("…" if len(lines) > 1 else ""), _SUBTITLE_PT, color=MUTED)


def _draw_notes(sheet: Sheet, layout: Layout, approval: str) -> None:
    leading = layout.note_pt * LEADING * POINT_IN
    for number, line in enumerate(reversed(layout.notes)):
        sheet.text(_EDGE_IN, _EDGE_IN + number * leading, line, layout.note_pt, color=MUTED)
    if approval:
        x = sheet.page.right - _EDGE_IN
        sheet.text(x, _EDGE_IN, _approval(approval), layout.note_pt, ha="right")


def _draw_face(sheet: Sheet, picture: MapPicture, layout: Layout, extent: Extent, lines: tuple[Line, ...]) -> None:
    """Everything within the frame."""
    frame, page = layout.frame, sheet.page
    position = (
        frame.left / page.width,
        frame.bottom / page.height,
        frame.width / page.width,
        frame.height / page.height,
    )
    axes: Axes = sheet.figure.add_axes(position, facecolor=_GROUND, zorder=1)
    axes.set_xlim(extent[0], extent[2])
    axes.set_ylim(extent[1], extent[3])
    axes.xaxis.set_visible(False)
    axes.yaxis.set_visible(False)
    axes.spines[:].set_visible(False)
    metres_per_in = (extent[2] - extent[0]) / frame.width
    view = features.View(extent, metres_per_in / sheet.dpi, sheet.dpi / 72)
    ordered = sorted(picture.layers, key=lambda layer: layer.zorder)
    for number, layer in enumerate(ordered):
        features.draw(axes, layer, view, zorder=2 + number)
    for line in lines:
        course = Line2D(*line.course.T, color=_GRATICULE, linewidth=0.35, alpha=0.55, zorder=2.9 + len(ordered))
        course.set_dashes((8, 5))
        axes.add_artist(course)
    taken = [
        furniture.draw_scale_bar(sheet, frame, metres_per_in),
        furniture.draw_north(
            sheet, frame, measures.north_turn_deg((extent[0] + extent[2]) / 2, (extent[1] + extent[3]) / 2)
        ),
    ]
    mark = furniture.draw_mark(sheet, frame, picture.mark)
    _draw_labels(sheet, list(reversed(ordered)), frame, extent, [*taken, *([mark] if mark else [])])


def _draw_labels(sheet: Sheet, layers: list[PictureLayer], frame: Box, extent: Extent, taken: list[Box]) -> None:
    """Names of the uppermost layer first."""
    scale = frame.width / (extent[2] - extent[0])

    def place(x_m: float, y_m: float) -> tuple[float, float]:
        return frame.left + (x_m - extent[0]) * scale, frame.bottom + (y_m - extent[1]) * scale

    wanted = [label for layer in layers for label in labels.candidates(sheet, layer, extent, place)]
    if not wanted:
        return
    symbols = [box for layer in layers for box in labels.symbol_boxes(layer, extent, place)]
    for label, box in labels.placed(wanted, frame, [*taken, *symbols]):
        baseline = box.bottom + 0.22 * label.size * POINT_IN
        sheet.text(box.left, baseline, label.text, label.size, color=label.color, halo=True, zorder=7.5)


def _draw_panel(sheet: Sheet, picture: MapPicture, layout: Layout, extent: Extent) -> None:
    """Legend and locator; beside the map the locator gives way before the legend becomes too small to read."""
    panel = layout.panel
    assert panel is not None
    entries = _entries(picture) if picture.legend else ()
    if layout.beside:
        wanted = min(_LOCATOR_IN, panel.height * 0.4)
        for share, smallest in _LOCATOR_SHARES if picture.locator_m is not None else ((0.0, 0.0),):
            taken = share * wanted + _LOCATOR_HEAD_IN if share else 0.0
            legend = legends.laid_out(sheet, entries, (panel.width, panel.height - taken), smallest=smallest)
            if not legend.omitted:
                break
        locator = Box(panel.left, panel.bottom, panel.right, panel.bottom + taken - 0.12) if taken else None
        if locator is not None:
            sheet.line([panel.left, panel.right], [locator.top + 0.06] * 2, color=LINE, width=0.6)
    else:
        columns, width = _columns_below(panel, picture)
        legend = legends.laid_out(sheet, entries, (width, panel.height), columns)
        locator = Box(panel.right - _LOCATOR_IN, panel.bottom, panel.right, panel.top)
    legends.draw(sheet, legend, panel.left, panel.top)
    if locator is not None and picture.locator_m is not None:
        furniture.draw_locator(sheet, locator, picture.locator_m, extent)
