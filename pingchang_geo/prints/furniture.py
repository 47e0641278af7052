"""What stands on and around the map's face besides the data: scale bar, north arrow, mark, frame, locator."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import shapely
from matplotlib.patches import PathPatch

from pingchang_geo.crs import Geometries
from pingchang_geo.layers import palette
from pingchang_geo.prints import measures, paths
from pingchang_geo.prints.graticule import Line
from pingchang_geo.prints.picture import Extent
from pingchang_geo.prints.sheet import MUTED, POINT_IN, WHITE, Box, Sheet

#: As on the screen and in charts.
MARK_INK, MARK_GROUND, MARK_LINE = "#7A4B00", "#FFF4DD", "#D9A84A"
_MARGIN_IN: Final = 0.09
TICK_IN: Final = 0.05
_TICK_SIZE: Final = 6.5
#: How far the name of a tick may reach beyond the corner of the frame; one nearer the corner goes unnamed.
_OVERHANG_IN: Final = 0.12
_BAR_SHARE: Final = 0.24
BAR_HEIGHT_IN: Final = 0.045


def draw_frame(
    sheet: Sheet, frame: Box, meridians: tuple[Line, ...], parallels: tuple[Line, ...], extent: Extent
) -> None:
    """The neat line; ticks where meridians and parallels meet it, named below and at the left."""
    sheet.rectangle(frame, edge=palette.INK, width=0.9, zorder=7)
    west, south, east, north = extent
    for line in meridians:
        for at, y, outward in ((line.low, frame.bottom, -1), (line.high, frame.top, 1)):
            x = frame.left + (at - west) / (east - west) * frame.width
            if math.isnan(x):
                continue
            sheet.line([x, x], [y, y + outward * TICK_IN], width=0.7)
            half = sheet.text_width(line.label, _TICK_SIZE) / 2
            if outward < 0 and frame.left <= x - half + _OVERHANG_IN and x + half - _OVERHANG_IN <= frame.right:
                sheet.text(x, y - TICK_IN - 0.02, line.label, _TICK_SIZE, color=MUTED, ha="center", va="top")
    for line in parallels:
        for at, x, outward in ((line.low, frame.left, -1), (line.high, frame.right, 1)):
            y = frame.bottom + (at - south) / (north - south) * frame.height
            if math.isnan(y):
                continue
            sheet.line([x, x + outward * TICK_IN], [y, y], width=0.7)
            half = sheet.text_width(line.label, _TICK_SIZE) / 2
            if outward < 0 and frame.bottom <= y - half + _OVERHANG_IN and y + half - _OVERHANG_IN <= frame.top:
                sheet.text(x - TICK_IN - 0.03, y, line.label, _TICK_SIZE, color=MUTED, ha="center", turn_deg=90)


def draw_scale_bar(sheet: Sheet, frame: Box, metres_per_in: float) -> Box:
    """Alternating bar of a round length in the lower left corner; returns the room it takes."""
    length_m = measures.bar_length_m(frame.width * _BAR_SHARE * metres_per_in)
    length, parts = length_m / metres_per_in, measures.bar_parts(length_m)
    size = 7.0
    number, unit = measures.length_text(length_m)
    half = f"{float(number) / 2:g}"
    end = sheet.text_width(number, size) / 2 + sheet.text_width(f" {unit}", size)
    ground = Box(
        frame.left + _MARGIN_IN,
        frame.bottom + _MARGIN_IN,
        frame.left + _MARGIN_IN + 0.16 + length + end,
        frame.bottom + _MARGIN_IN + BAR_HEIGHT_IN + 0.24,
    )
    sheet.rectangle(ground, fill=WHITE, alpha=0.85, zorder=8)
    left, bottom = ground.left + 0.09, ground.bottom + 0.07
    for part in range(parts):
        x = left + part * length / parts
        cell = Box(x, bottom, x + length / parts, bottom + BAR_HEIGHT_IN)
        sheet.rectangle(cell, fill=palette.INK if part % 2 == 0 else WHITE, edge=palette.INK, width=0.5, zorder=9)
    y = bottom + BAR_HEIGHT_IN + 0.035
    sheet.text(left, y, "0", size, ha="center")
    if parts % 2 == 0:
        sheet.text(left + length / 2, y, half, size, ha="center")
    sheet.text(left + length - sheet.text_width(number, size) / 2, y, f"{number} {unit}", size)
    return ground


def draw_north(sheet: Sheet, frame: Box, turn_deg: float) -> Box:
    """Arrow to true north in the upper right corner; returns the room it takes."""
    x, y = frame.right - _MARGIN_IN - 0.15, frame.top - _MARGIN_IN - 0.3
    ground = Box(x - 0.15, y - 0.2, x + 0.15, y + 0.3)
    sheet.rectangle(ground, fill=WHITE, alpha=0.85, zorder=8)
    turn = math.radians(turn_deg)

    def turned(right: float, up: float) -> tuple[float, float]:
        return (
            x + right * math.cos(turn) + up * math.sin(turn),
            y - right * math.sin(turn) + up * math.cos(turn),
        )

    tip, foot = turned(0, 0.13), turned(0, -0.09)
    sheet.polygon([tip, turned(-0.085, -0.16), foot], palette.INK, palette.INK)
    sheet.polygon([tip, turned(0.085, -0.16), foot], WHITE, palette.INK)
    sheet.text(*turned(0, 0.165), "北", 7.5, ha="center", bold=True)
    return ground


def draw_mark(sheet: Sheet, frame: Box, mark: str) -> Box | None:
    """示意数据 in the upper left corner of the map's face; returns the room it takes."""
    if not mark:
        return None
    size = 10.0
    width = sheet.text_width(mark, size) + 0.2
    ground = Box(
        frame.left + _MARGIN_IN, frame.top - _MARGIN_IN - 0.25, frame.left + _MARGIN_IN + width, frame.top - _MARGIN_IN
    )
    sheet.rectangle(ground, fill=MARK_GROUND, edge=MARK_LINE, width=0.9, alpha=0.96, zorder=8)
    baseline = (ground.bottom + ground.top) / 2 - 0.36 * size * POINT_IN
    sheet.text(ground.left + 0.1, baseline, mark, size, color=MARK_INK, bold=True)
    return ground


def draw_locator(sheet: Sheet, box: Box, outline: Geometries, extent: Extent) -> None:
    """The county's outline in a box, with the map's extent as a red rectangle (a cross where it would be a dot)."""
    sheet.text(box.left, box.top - 0.1, "位置", 7.5, bold=True)
    inner = Box(box.left, box.bottom, box.right, box.top - 0.16)
    west, south, east, north = (float(v) for v in shapely.total_bounds(outline))
    metres_per_in = max((east - west) / inner.width, (north - south) / inner.height) * 1.02
    middle = (inner.left + inner.right) / 2, (inner.bottom + inner.top) / 2

    def place(x_m: float, y_m: float) -> tuple[float, float]:
        return (
            middle[0] + (x_m - (west + east) / 2) / metres_per_in,
            middle[1] + (y_m - (south + north) / 2) / metres_per_in,
        )

    polygons, _ = paths.parts(np.asarray(outline, dtype=object), paths.POLYGON)
    for path in paths.polygon_paths(polygons, (west, south, east, north), metres_per_in / 300):
        path.vertices = np.column_stack(place(*np.asarray(path.vertices).T))
        sheet.add(PathPatch(path, facecolor="#EDF1EE", edgecolor=palette.OUTLINE, linewidth=0.7, zorder=8))
    (left, bottom), (right, top) = place(extent[0], extent[1]), place(extent[2], extent[3])
    seen = Box(max(left, inner.left), max(bottom, inner.bottom), min(right, inner.right), min(top, inner.top))
    if min(seen.width, seen.height) < 0.05:
        x, y = (left + right) / 2, (bottom + top) / 2
        sheet.line([x - 0.08, x + 0.08], [y, y], color=palette.RED_LINE, width=1.0)
        sheet.line([x, x], [y - 0.08, y + 0.08], color=palette.RED_LINE, width=1.0)
        seen = Box(x - 0.035, y - 0.035, x + 0.035, y + 0.035)
    sheet.rectangle(seen, edge=palette.RED_LINE, width=1.1, zorder=9)
