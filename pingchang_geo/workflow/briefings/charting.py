"""A scene's chart as plain numbers, from whichever source it names."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pingchang_geo import charts, classify
from pingchang_geo.briefing.checks import known_layer
from pingchang_geo.briefing.model import ChartKind, ChartRef, Shape
from pingchang_geo.briefing.story import KIND_WORDS, CardKind, ChartShape, Series, StoryChart
from pingchang_geo.briefing.table import spoken
from pingchang_geo.charts import Bars
from pingchang_geo.charts.bars import MISSING_LABEL
from pingchang_geo.filters import Filter
from pingchang_geo.indicators import Indicator, UnknownIndicatorError
from pingchang_geo.layers import behind, palette
from pingchang_geo.specs import Chart, FieldKind, LayerSpec
from pingchang_geo.units import format_number
from pingchang_geo.workflow.accounts.account import groupings
from pingchang_geo.workflow.atlas import LayerData
from pingchang_geo.workflow.briefings.figure import UNVERIFIED, MissingFigureError, method_of, short, version_words
from pingchang_geo.workflow.briefings.figures import Figures
from pingchang_geo.workflow.briefings.quantity import scale_of
from pingchang_geo.workflow.overlays.ready import Ready, ready_results

#: What computed figures are compared with stands in grey beside them: reported ones, benchmarks.
_BESIDE: Final = "#A9B8AF"
#: Numbers that a description for screen readers names of each series.
_SPOKEN: Final = 4
_WORDS: Final[Mapping[str, str]] = {"barh": "柱状图", "column": "柱状图", "line": "折线图", "doughnut": "环形图"}


class MissingChartError(Exception):
    """A chart cannot be made; the text says why, in Chinese."""


@dataclass(frozen=True)
class Made:
    """A chart and the layers it rests on."""

    chart: StoryChart
    behind: tuple[str, ...]


@dataclass(frozen=True)
class _Basis:
    """Layers that a chart rests on, and its source in words."""

    behind: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class _Drawing:
    """What is to be drawn."""

    title: str
    shape: Shape
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str
    colors: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Figures:
    """A short list of figures of one kind; ``external`` says which of them were read elsewhere."""

    names: tuple[str, ...]
    numbers: tuple[float | None, ...]
    unit: str
    kind: CardKind
    external: tuple[bool, ...]


class Charter:
    """Charts of one atlas."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        self._atlas = figures.atlas
        self._results: dict[str, Ready] | None = None

    def chart(self, ref: ChartRef, chosen: Mapping[str, Filter]) -> Made:
        """The chart and the layers it rests on.

        Args:
            ref: what to show.
            chosen: filters of the scene's map by layer, which its charts follow.

        Raises:
            MissingChartError: it cannot be made.
        """
        made: dict[ChartKind, Callable[[], Made]] = {
            ChartKind.LAYER: lambda: self._layer(ref, chosen),
            ChartKind.LEDGER: lambda: self._ledger(ref),
            ChartKind.COMPUTED: lambda: self._computed(ref),
            ChartKind.ACCOUNT: lambda: self._account(ref, chosen),
            ChartKind.READY: lambda: self._ready(ref),
            ChartKind.RECONCILE: lambda: self._reconcile(ref),
        }
        return made[ref.kind]()

    def _layer(self, ref: ChartRef, chosen: Mapping[str, Filter]) -> Made:
        spec = known_layer(ref.layer)
        chart = next((one for one in spec.charts if one.id == ref.chart), None) if spec else None
        if spec is None or chart is None:
            raise MissingChartError(f"图表「{spoken(ref.chart or ref.layer)}」不存在")
        if ref.layer not in self._atlas:
            raise MissingChartError(f"图层「{spec.title}」尚未发布数据，图表「{chart.title}」没有内容")
        return self._summed(self._atlas[ref.layer], chart, chosen.get(ref.layer, Filter()), ref)

    def _account(self, ref: ChartRef, chosen: Mapping[str, Filter]) -> Made:
        """Plots by a grouping: the carbon account."""
        data = self._figures.plots
        if data is None:
            raise MissingChartError("没有已发布的碳汇图层，碳汇核算图没有内容")
        groups = {field.name: field.label for field in groupings(data)}
        if ref.group not in groups:
            raise MissingChartError(f"不能按「{spoken(ref.group)}」汇总，可选：{'、'.join(groups)}")
        measure = ref.measure or "stock_tc"
        field = data.spec.field(measure) if data.spec.has(measure) else None
        if field is None or not field.extensive:
            raise MissingChartError(f"「{spoken(measure)}」不能汇总")
        title = ref.title or f"各{groups[ref.group]}{short(field.label)}"
        chart = Chart(f"account-{ref.group}", title, ref.group, measure)
        return self._summed(data, chart, chosen.get(data.spec.id, Filter()), ref)

    def _summed(self, data: LayerData, chart: Chart, chosen: Filter, ref: ChartRef) -> Made:
        for name in (chart.by, chart.measure):
            if name and name not in data.filled:
                label = data.spec.field(name).label
                raise MissingChartError(f"{version_words(data)}的「{label}」全部为空，图表「{chart.title}」没有内容")
        keep = chosen.mask(data.frame) if chosen else None
        bars = charts.aggregate(data.spec, chart, data.frame, keep)
        fields = [chart.by, chart.measure, *(clause.field for clause in chosen.clauses)]
        layer_ids = behind(data.spec, [name for name in fields if name])
        words = self._versions(layer_ids) + ("；按地图的筛选条件" if chosen else "")
        return self._of_bars(data.spec, chart, bars, ref, _Basis(layer_ids, words))

    def _of_bars(self, spec: LayerSpec, chart: Chart, bars: Bars, ref: ChartRef, basis: _Basis) -> Made:
        filtered = bool((bars.shown != bars.total).any())
        kept = [i for i in range(len(bars.names)) if not filtered or bars.shown[i]]
        if not kept:
            raise MissingChartError(f"没有符合筛选条件的{spec.noun}，图表「{chart.title}」没有内容")
        values = [float(bars.shown[i]) if bars.known[i] else math.nan for i in kept]
        field = spec.field(chart.measure) if chart.measure else None
        shown = scale_of(field.unit if field else "", self._figures.choice, values)
        numbers = tuple(value * shown.factor if math.isfinite(value) else None for value in values)
        colors = _colors(spec, chart, bars)
        drawing = _Drawing(
            ref.title or (f"{chart.title}，前 {len(kept)} 位" if bars.left_out else chart.title),
            ref.shape or (Shape.BARH if chart.horizontal else Shape.COLUMN),
            tuple(bars.names[i] for i in kept),
            (Series(short(field.label) if field else f"{spec.noun}数", numbers, spec.style.color),),
            shown.unit or ("个" if field is None else ""),
            tuple(colors[i] for i in kept) if colors else (),
        )
        return self._made(drawing, basis)

    def _ready(self, ref: ChartRef) -> Made:
        """A ready result of the overlays."""
        if self._results is None:
            self._results = {one.id: one for one in ready_results(self._atlas)}
        result = self._results.get(ref.group)
        if result is None:
            raise MissingChartError(f"没有名为「{spoken(ref.group)}」的叠加结果，或所需图层尚未发布")
        numbers = {field.name: field for field in result.fields if field.kind is FieldKind.NUMBER}
        field = numbers.get(ref.measure) if ref.measure else result.measures[0]
        if field is None:
            raise MissingChartError(f"叠加结果「{result.title}」没有「{spoken(ref.measure)}」")
        chart = result.chart(field)
        bars = charts.aggregate(result.spec, chart, result.frame)
        on_zones = result.zone is not None and result.zone.spec.has(field.name)
        layer_ids = behind(result.zone.spec, [field.name]) if result.zone and on_zones else result.behind
        basis = _Basis(layer_ids, f"{self._versions(layer_ids)}；{method_of(field) or '面积加权叠加'}")
        return self._of_bars(result.spec, chart, bars, ref, basis)

    def _ledger(self, ref: ChartRef) -> Made:
        found: list[Indicator] = []
        for name in ref.indicators:
            try:
                found.append(self._figures.ledger[name])
            except UnknownIndicatorError:
                raise MissingChartError(f"指标台账中没有「{spoken(name)}」") from None
        if not found or any(one.value is None for one in found):
            raise MissingChartError(f"图表「{ref.title}」的指标不是数值")
        unit = _one_unit(ref.title, [one.unit for one in found])
        numbers = tuple(one.value for one in found)
        sections = "、".join(dict.fromkeys(one.section.rstrip("、") for one in found if not one.external))
        others = [one.citation() for one in found if one.external]
        source = "；".join(dict.fromkeys([*([f"报告〔{sections}〕"] if sections else []), *others]))
        names = _names([one.label for one in found])
        flagged = tuple(name + ("" if one.verified else UNVERIFIED) for name, one in zip(names, found, strict=True))
        drawing = _plain(ref, _Figures(flagged, numbers, unit, "reported", tuple(one.external for one in found)))
        return self._made(drawing, _Basis((), source))

    def _computed(self, ref: ChartRef) -> Made:
        try:
            found = [one for name in ref.indicators for one in self._figures.several(name)]
        except MissingFigureError as error:
            raise MissingChartError(str(error)) from None
        if not found or any(math.isnan(one.number) for one in found):
            raise MissingChartError(f"图表「{ref.title}」的计算值不是数值")
        unit = _one_unit(ref.title, [one.unit for one in found])
        layer_ids = tuple(dict.fromkeys(layer for one in found for layer in one.behind))
        own = [one.source for one in found if not one.behind and one.source]
        source = "；".join(dict.fromkeys([*([self._versions(layer_ids)] if layer_ids else []), *own]))
        names, numbers = tuple(one.label + one.flag for one in found), tuple(one.number for one in found)
        drawing = _plain(ref, _Figures(names, numbers, unit, "computed", tuple(one.external for one in found)))
        return self._made(drawing, _Basis(layer_ids, source))

    def _reconcile(self, ref: ChartRef) -> Made:
        """Totals of one unit, reported beside computed."""
        account = self._figures.reconciled
        items = [one for one in account.compared if one.item.unit == ref.unit]
        if not items:
            raise MissingChartError(f"没有单位为「{spoken(ref.unit)}」的对账指标")
        names = tuple(one.item.label for one in items)
        reported = Series("报告值", tuple(one.item.reported for one in items), _BESIDE)
        computed = tuple(one.item.computed if math.isfinite(one.item.computed) else None for one in items)
        layer_ids = tuple(dict.fromkeys(one.data.spec.id for one in items if one.data is not None))
        series = (reported, Series("计算值", computed, palette.ACCENT))
        drawing = _Drawing(ref.title or "报告值与计算值", ref.shape or Shape.BARH, names, series, ref.unit)
        return self._made(drawing, _Basis(layer_ids, f"报告；{self._versions(layer_ids)}"))

    def _versions(self, layer_ids: Sequence[str]) -> str:
        return "、".join(version_words(self._atlas[i]) for i in layer_ids if i in self._atlas)

    def _made(self, drawing: _Drawing, basis: _Basis) -> Made:
        kind = _drawable(drawing.shape, drawing.series)
        chart = StoryChart(
            drawing.title,
            kind,
            drawing.categories,
            drawing.series,
            drawing.unit,
            drawing.colors,
            self._atlas.mark(basis.behind),
            basis.source,
            _alt(kind, drawing),
        )
        return Made(chart, basis.behind)


def _plain(ref: ChartRef, shown: _Figures) -> _Drawing:
    """A short list of figures; those of other sources are named and stand in grey beside the others."""
    kinds: dict[CardKind, None] = dict.fromkeys("external" if external else shown.kind for external in shown.external)
    colors: tuple[str, ...] = ()
    if ref.shape is Shape.DOUGHNUT:
        colors = palette.CATEGORICAL[: len(shown.names)]
    elif len(kinds) > 1:
        colors = tuple(_BESIDE if external else palette.ACCENT for external in shown.external)
    series = (Series("、".join(KIND_WORDS[kind] for kind in kinds), shown.numbers, palette.ACCENT),)
    return _Drawing(ref.title, ref.shape or Shape.BARH, shown.names, series, shown.unit, colors)


def _drawable(shape: Shape, series: Sequence[Series]) -> ChartShape:
    """A ring only of one row of parts of a whole; bars otherwise."""
    values = [value for one in series for value in one.values]
    parts = len(series) == 1 and all(value is not None and value >= 0 for value in values) and any(values)
    kinds: dict[Shape, ChartShape] = {Shape.COLUMN: "column", Shape.LINE: "line"}
    if shape is Shape.DOUGHNUT and parts:
        return "doughnut"
    return kinds.get(shape, "barh")


def _colors(spec: LayerSpec, chart: Chart, bars: Bars) -> list[str]:
    """Colours of the bars as the map's legend has them; none where all are alike."""
    theme = spec.theme(chart.by)
    if theme is None or not theme.palette:
        return []
    colors = classify.category_colors(theme.palette, bars.counted, palette.CATEGORICAL, palette.OTHER)
    return [palette.MISSING if name == MISSING_LABEL else colors.get(name, palette.OTHER) for name in bars.names]


def _one_unit(title: str, units: Sequence[str]) -> str:
    if len(set(units)) != 1:
        raise MissingChartError(f"图表「{title}」的指标单位不一：{'、'.join(dict.fromkeys(units))}")
    return units[0]


def _names(labels: Sequence[str]) -> list[str]:
    """Labels without the remark in brackets that all of them share."""
    remarks = {label.partition("（")[2] for label in labels}
    return [short(label) for label in labels] if len(remarks) == 1 else list(labels)


def _alt(kind: ChartShape, drawing: _Drawing) -> str:
    """What the chart shows, in words: every number of short charts, the first ones of long charts."""
    parts = []
    for one in drawing.series:
        pairs = list(zip(drawing.categories, one.values, strict=True))[:_SPOKEN]
        numbers = [f"{name} {MISSING_LABEL if value is None else format_number(value)}" for name, value in pairs]
        parts.append((f"{one.name}：" if len(drawing.series) > 1 else "") + "，".join(numbers))
    unit = f"（{drawing.unit}）" if drawing.unit else ""
    return f"{_WORDS[kind]}，{drawing.title}{unit}：" + "；".join(parts)
