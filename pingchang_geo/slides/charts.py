"""A story's chart as a native one: editable, its numbers in the embedded workbook, colours as on the screen."""

from __future__ import annotations

import math
from typing import Any, Final

from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION, XL_TICK_MARK
from pptx.oxml.ns import qn
from pptx.util import Pt

from pingchang_geo.briefing.story import Series, StoryChart
from pingchang_geo.layers import palette
from pingchang_geo.slides.measure import Ruler
from pingchang_geo.slides.text import Box, clean, describe, rgb, set_font
from pingchang_geo.slides.workbook import ChartData

_TYPES: Final = {
    "barh": XL_CHART_TYPE.BAR_CLUSTERED,
    "column": XL_CHART_TYPE.COLUMN_CLUSTERED,
    "line": XL_CHART_TYPE.LINE_MARKERS,
    "doughnut": XL_CHART_TYPE.DOUGHNUT,
}
TITLE_PT: Final = 14.0
_SMALLEST_TITLE_PT: Final = 11.0
_LABEL_PT: Final = 11.0
#: Inches: a bar with its gap, the title and the margins; the least for the other shapes.
_BAR_IN, _HEAD_IN, _LEGEND_IN, _LEAST_IN, _LEAST_RING_IN = 0.29, 0.55, 0.3, 2.0, 2.8


def least_height(chart: StoryChart) -> float:
    """Inches below which the chart cannot be read from afar."""
    legend = _LEGEND_IN if len(chart.series) > 1 else 0.0
    if chart.kind == "doughnut":
        return _LEAST_RING_IN
    if chart.kind != "barh":
        return _LEAST_IN + legend
    bars = len(chart.categories) * max(1.0, 0.75 * len(chart.series))
    return max(1.4, _HEAD_IN + bars * _BAR_IN + legend)


def has_numbers(chart: StoryChart) -> bool:
    """Whether there is anything to draw."""
    return any(_known(value) for series in chart.series for value in series.values)


def heading(chart: StoryChart) -> str:
    """Title with unit and mark: ``各优势树种面积（万亩）〔示意数据〕``."""
    unit = f"（{chart.unit}）" if chart.unit and f"（{chart.unit}）" not in chart.title else ""
    return f"{chart.title}{unit}" + (f"〔{chart.mark}〕" if chart.mark else "")


def number_format(chart: StoryChart) -> str:
    """Format of Excel for the labels: about four significant digits of the largest number, a true minus sign."""
    numbers = [
        float(value) for series in chart.series for value in series.values if value is not None and _known(value)
    ]
    largest = max((abs(number) for number in numbers), default=0.0)
    if all(number == round(number) for number in numbers):
        digits = 0
    elif all(round(number, 2) == number for number in numbers):
        digits = 2 if any(round(number, 1) != number for number in numbers) else 1
    else:
        digits = 3 if largest < 1 else 2 if largest < 100 else 1 if largest < 1000 else 0
    shape = "#,##0" + ("." + "0" * digits if digits else "")
    return f"{shape};−{shape}"


def add_chart(slide: Any, chart: StoryChart, box: Box, ruler: Ruler) -> Any:
    """Put the chart on a slide; its title shrinks to the width, and is cut only where the smallest does not fit."""
    data: Any = ChartData(number_format=number_format(chart))  # type: ignore[no-untyped-call]
    data.categories = [clean(name) for name in chart.categories]
    for series in chart.series:
        data.add_series(clean(series.name), [value if _known(value) else None for value in series.values])
    frame = slide.shapes.add_chart(_TYPES[chart.kind], *box.emu, data)
    frame.name = f"图表：{clean(chart.title)}"
    describe(frame, chart.alt or heading(chart))
    made = frame.chart
    made.font.size = Pt(_LABEL_PT)
    made.font.color.rgb = rgb(palette.INK)
    set_font(made.font._rPr)
    _title(made, chart, box, ruler)
    _legend(made, chart)
    plot = made.plots[0]
    plot.vary_by_categories = chart.kind == "doughnut"  # its legend names the categories
    if chart.kind == "doughnut":
        _ring(plot, chart)
    else:
        _axes(made, chart)
        _bars(plot, chart)
    return frame


def _title(made: Any, chart: StoryChart, box: Box, ruler: Ruler) -> None:
    sizes = [TITLE_PT, 13.0, 12.0, _SMALLEST_TITLE_PT]
    fitted = ruler.fitted(heading(chart), box.width - 0.3, 0.5 if box.height > 2 else 0.25, sizes)
    made.has_title = True
    frame = made.chart_title.text_frame
    run = frame.paragraphs[0].add_run()
    run.text = clean(fitted.text)
    run.font.size, run.font.bold = Pt(fitted.size), True
    run.font.color.rgb = rgb(palette.INK)
    properties = run._r.get_or_add_rPr()
    properties.set("lang", "zh-CN")
    set_font(properties)
    made.chart_title.include_in_layout = False


def _legend(made: Any, chart: StoryChart) -> None:
    ring = chart.kind == "doughnut"
    made.has_legend = ring or len(chart.series) > 1
    if made.has_legend:
        made.legend.position = XL_LEGEND_POSITION.RIGHT if ring else XL_LEGEND_POSITION.BOTTOM
        made.legend.include_in_layout = False
        made.legend.font.size = Pt(_LABEL_PT)
        set_font(made.legend.font._rPr)


def _axes(made: Any, chart: StoryChart) -> None:
    """Numbers stand on the bars, so there is no value axis to read; bars start at zero."""
    categories, values = made.category_axis, made.value_axis
    categories.format.line.color.rgb = rgb("#C9D1CC")
    categories.major_tick_mark = XL_TICK_MARK.NONE
    categories.tick_labels.font.size = Pt(_LABEL_PT)
    set_font(categories.tick_labels.font._rPr)
    categories.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    categories.has_major_gridlines = False
    if chart.kind == "barh":
        categories.reverse_order = True
    else:  # names wrap rather than turn
        turned = categories.tick_labels._element.find(qn("c:txPr")).find(qn("a:bodyPr"))
        turned.set("rot", "0")
        turned.set("vert", "horz")
    values.has_major_gridlines = False
    values.visible = False
    numbers = [value for series in chart.series for value in series.values if value is not None and _known(value)]
    if chart.kind != "line" and numbers:
        if min(numbers) >= 0:
            values.minimum_scale = 0
        if max(numbers) <= 0:
            values.maximum_scale = 0


def _bars(plot: Any, chart: StoryChart) -> None:
    if chart.kind != "line":
        plot.gap_width = 45 if len(chart.categories) * len(chart.series) > 5 else 100
        plot.overlap = 0
    plot.has_data_labels = True
    labels = plot.data_labels
    labels.show_value = True
    labels.number_format, labels.number_format_is_linked = number_format(chart), False
    labels.font.size = Pt(_LABEL_PT)
    set_font(labels.font._rPr)
    labels._element.find(qn("c:txPr")).find(qn("a:bodyPr")).set("wrap", "none")
    labels.position = XL_LABEL_POSITION.ABOVE if chart.kind == "line" else XL_LABEL_POSITION.OUTSIDE_END
    for number, (made, series) in enumerate(zip(plot.series, chart.series, strict=True)):
        if chart.kind == "line":
            _line(made, series)
            continue
        made.invert_if_negative = False
        _solid(made.format, series.color)
        for i, color in enumerate(chart.colors if number == 0 else ()):
            _solid(made.points[i].format, color)


def _line(made: Any, series: Series) -> None:
    made.smooth = False
    made.format.line.color.rgb = rgb(series.color)
    made.format.line.width = Pt(2.25)
    _solid(made.marker.format, series.color)
    made.marker.format.line.color.rgb = rgb(series.color)


def _ring(plot: Any, chart: StoryChart) -> None:
    """Each part in its colour; numbers in white or ink, whichever is legible on it."""
    made, series = plot.series[0], chart.series[0]
    colors = chart.colors or tuple(palette.CATEGORICAL[i % len(palette.CATEGORICAL)] for i in range(len(series.values)))
    hole = plot._element.find(qn("c:holeSize"))
    if hole is not None:
        hole.set("val", "55")
    for i, (value, color) in enumerate(zip(series.values, colors, strict=False)):
        point = made.points[i]
        _solid(point.format, color)
        point.format.line.color.rgb = rgb("#FFFFFF")
        if value is not None and _known(value):
            font = point.data_label.font
            font.size, font.bold = Pt(12), True
            font.color.rgb = rgb("#FFFFFF" if _luminance(color) < 0.4 else palette.INK)
            set_font(font._rPr)
            _number_format(point.data_label._dLbl, number_format(chart))


def _number_format(label: Any, text: str) -> None:
    """A point's own label does not take the series' format: its ``numFmt`` stands right behind index and layout."""
    element = label.makeelement(qn("c:numFmt"), {"formatCode": text, "sourceLinked": "0"})
    before = [child for child in label if child.tag in {qn("c:idx"), qn("c:delete"), qn("c:layout"), qn("c:tx")}]
    label.insert(len(before), element)


def _solid(form: Any, color: str) -> None:
    form.fill.solid()
    form.fill.fore_color.rgb = rgb(color)


def _luminance(color: str) -> float:
    channels = [int(color.lstrip("#")[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _known(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
