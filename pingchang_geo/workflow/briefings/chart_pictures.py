"""A story's chart as a picture, in the colours of the screen: for the handout and for whoever wants a PNG."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final

from matplotlib.patches import Wedge

from pingchang_geo.briefing.story import StoryChart
from pingchang_geo.layers import palette
from pingchang_geo.prints import PictureError
from pingchang_geo.prints.sheet import LINE, MUTED, POINT_IN, Box, Sheet
from pingchang_geo.units import format_number

_TITLE_PT, _LABEL_PT, _SOURCE_PT = 11.0, 8.5, 7.0
_EDGE_IN: Final = 0.12
_KEY_IN: Final = 0.11
#: Share of the width that names of lying bars may take, of a slot that a bar fills, of a ring's radius that is hole.
_NAMES_SHARE, _BAR_SHARE, _HOLE_SHARE = 0.36, 0.72, 0.55
_LEADING_IN: Final = _LABEL_PT * 1.35 * POINT_IN


def draw_chart(chart: StoryChart, width_px: int, height_px: int, dpi: int, font: Path) -> bytes:
    """PNG of a chart with title, unit, values, legend where there are several series, mark and source.

    Raises:
        PictureError: the size is out of range, or the chart has no numbers.
    """
    if not _numbers(chart):
        raise PictureError(f"图表「{chart.title}」没有数据。", fix="请检查筛选条件。")
    sheet = Sheet(width_px, height_px, dpi, font)
    body = _dressed(sheet, chart)
    if chart.kind == "doughnut":
        _ring(sheet, chart, body)
    elif chart.kind == "barh":
        _lying(sheet, chart, body)
    else:
        _standing(sheet, chart, body)
    return sheet.png()


def _numbers(chart: StoryChart) -> list[float]:
    return [v for one in chart.series for v in one.values if v is not None and math.isfinite(v)]


def _dressed(sheet: Sheet, chart: StoryChart) -> Box:
    """Title above, source and legend below; what is left for the chart itself."""
    page, width = sheet.page, sheet.page.width - 2 * _EDGE_IN
    unit = f"（{chart.unit}）" if chart.unit else ""
    mark = f"〔{chart.mark}〕" if chart.mark else ""
    top = page.top - _EDGE_IN
    for line in sheet.wrapped(f"{chart.title}{unit}{mark}", _TITLE_PT, width)[:2]:
        sheet.text(_EDGE_IN, top - _TITLE_PT * POINT_IN, line, _TITLE_PT, bold=True)
        top -= _TITLE_PT * 1.4 * POINT_IN
    bottom = _EDGE_IN
    lines = sheet.wrapped(f"来源：{chart.source}", _SOURCE_PT, width)[:3] if chart.source else []
    for line in reversed(lines):
        sheet.text(_EDGE_IN, bottom, line, _SOURCE_PT, color=MUTED)
        bottom += _SOURCE_PT * 1.4 * POINT_IN
    if len(chart.series) > 1:
        x = _EDGE_IN
        for one in chart.series:
            _key(sheet, x, bottom + 0.05, one.color)
            sheet.text(x + _KEY_IN + 0.06, bottom + 0.06, one.name, _LABEL_PT)
            x += _KEY_IN + 0.26 + sheet.text_width(one.name, _LABEL_PT)
        bottom += 0.22
    return Box(_EDGE_IN, bottom + 0.06, page.right - _EDGE_IN, top - 0.08)


def _key(sheet: Sheet, x: float, y: float, color: str) -> None:
    sheet.rectangle(Box(x, y, x + _KEY_IN, y + _KEY_IN), fill=color)


def _color(chart: StoryChart, series: int, place: int) -> str:
    return chart.colors[place] if series == 0 and place < len(chart.colors) else chart.series[series].color


def _lying(sheet: Sheet, chart: StoryChart, body: Box) -> None:
    names = [sheet.wrapped(name, _LABEL_PT, body.width * _NAMES_SHARE)[:2] for name in chart.categories]
    room = max((sheet.text_width(line, _LABEL_PT) for lines in names for line in lines), default=0.0)
    left, slot = body.left + room + 0.08, body.height / max(1, len(chart.categories))
    numbers = _numbers(chart)
    low, high = min(0.0, *numbers), max(0.0, *numbers)
    value_room = max(sheet.text_width(format_number(v), _LABEL_PT) for v in numbers) + 0.1
    spare = value_room if low < 0 else 0.0
    scale = (body.right - left - value_room - spare) / ((high - low) or 1.0)
    zero = left + spare - low * scale
    sheet.line([zero, zero], [body.bottom, body.top], color=LINE)
    thick = slot * _BAR_SHARE / len(chart.series)
    for place, lines in enumerate(names):
        middle = body.top - (place + 0.5) * slot
        for number, line in enumerate(lines):
            y = middle + ((len(lines) - 1) / 2 - number) * _LEADING_IN - 0.36 * _LABEL_PT * POINT_IN
            sheet.text(left - 0.08, y, line, _LABEL_PT, ha="right")
        for i, one in enumerate(chart.series):
            value = one.values[place]
            if value is None or not math.isfinite(value):
                continue
            y = middle + (len(chart.series) / 2 - i) * thick
            end = zero + value * scale
            sheet.rectangle(Box(min(zero, end), y - thick, max(zero, end), y), fill=_color(chart, i, place))
            at, side = (end + 0.05, "left") if value >= 0 else (end - 0.05, "right")
            base = y - thick / 2 - 0.36 * _LABEL_PT * POINT_IN
            sheet.text(at, base, format_number(value), _LABEL_PT, ha=side)  # type: ignore[arg-type]


def _standing(sheet: Sheet, chart: StoryChart, body: Box) -> None:
    """Columns, or a line through their tops."""
    slot = body.width / max(1, len(chart.categories))
    names = [sheet.wrapped(name, _LABEL_PT, slot * 0.94)[:3] for name in chart.categories]
    foot = body.bottom + max(map(len, names)) * _LEADING_IN + 0.05
    numbers = _numbers(chart)
    low, high = min(0.0, *numbers), max(0.0, *numbers)
    above, below = _LEADING_IN + 0.04, (_LEADING_IN + 0.04 if low < 0 else 0.0)
    scale = (body.top - foot - above - below) / ((high - low) or 1.0)
    zero = foot + below - low * scale
    sheet.line([body.left, body.right], [zero, zero], color=LINE)
    thick = slot * _BAR_SHARE / len(chart.series)
    for place, lines in enumerate(names):
        middle = body.left + (place + 0.5) * slot
        for number, line in enumerate(lines):
            sheet.text(middle, foot - 0.03 - (number + 0.8) * _LEADING_IN, line, _LABEL_PT, ha="center")
        for i, one in enumerate(chart.series):
            value = one.values[place]
            if value is None or not math.isfinite(value):
                continue
            x = middle if chart.kind == "line" else middle + (i + 0.5 - len(chart.series) / 2) * thick
            end = zero + value * scale
            if chart.kind != "line":
                bar = Box(x - thick / 2, min(zero, end), x + thick / 2, max(zero, end))
                sheet.rectangle(bar, fill=_color(chart, i, place))
            base = end + 0.04 if value >= 0 else end - _LEADING_IN
            sheet.text(x, base, format_number(value), _LABEL_PT, ha="center")
    if chart.kind == "line":
        for one in chart.series:
            known = [(p, v) for p, v in enumerate(one.values) if v is not None and math.isfinite(v)]
            xs = [body.left + (place + 0.5) * slot for place, _ in known]
            sheet.line(xs, [zero + value * scale for _, value in known], color=one.color, width=2.0)


def _ring(sheet: Sheet, chart: StoryChart, body: Box) -> None:
    parts = [(i, v) for i, v in enumerate(chart.series[0].values) if v is not None and math.isfinite(v) and v > 0]
    total = sum(value for _, value in parts) or 1.0
    radius = min(body.height, body.width * 0.5) / 2
    center = (body.left + radius, (body.bottom + body.top) / 2)
    start = 90.0
    for i, value in parts:
        end = start - 360.0 * value / total
        color = chart.colors[i] if i < len(chart.colors) else palette.CATEGORICAL[i % len(palette.CATEGORICAL)]
        wedge = Wedge(
            center, radius, end, start, width=radius * (1 - _HOLE_SHARE), facecolor=color, edgecolor="#FFFFFF"
        )
        sheet.add(wedge)
        y = center[1] + (len(parts) / 2 - i - 0.5) * 1.5 * _LEADING_IN
        x = center[0] + radius + 0.25
        _key(sheet, x, y, color)
        words = f"{chart.categories[i]}　{format_number(value)}（{100 * value / total:.1f} %）"
        lines = sheet.wrapped(words, _LABEL_PT, body.right - x - _KEY_IN - 0.08)
        sheet.text(x + _KEY_IN + 0.08, y, lines[0], _LABEL_PT)
        start = end
