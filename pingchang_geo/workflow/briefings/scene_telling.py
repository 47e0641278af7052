"""One scene, looked up piece by piece; what is missing is said in its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from pingchang_geo import provenance
from pingchang_geo.briefing import checks
from pingchang_geo.briefing.model import MOST_PARAGRAPH, MOST_TITLE, Problem, Scene
from pingchang_geo.briefing.placeholders import COMPUTED, LEDGER, Placeholder, fill, missing_words
from pingchang_geo.briefing.story import Card, CardKind, Quote, SourceLine, StoryChart, StoryMap, StoryScene
from pingchang_geo.briefing.table import spoken
from pingchang_geo.filters import Filter
from pingchang_geo.indicators import Indicator, UnknownIndicatorError
from pingchang_geo.messages import shown
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.briefings.charting import Charter, MissingChartError
from pingchang_geo.workflow.briefings.figure import UNVERIFIED, Figure, MissingFigureError
from pingchang_geo.workflow.briefings.figures import Figures
from pingchang_geo.workflow.briefings.mapping import Mapper, Shown

#: A space between two ideographs, left where a value begins or ends with one: ``人口 超过 60 万人``.
_LOOSE: Final = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")
_QUARTER: Final = re.compile(r"(\d{4})-Q([1-4])")
_QUARTERS: Final = "一二三四"
_DATE: Final = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


class SceneTeller:
    """One scene, looked up piece by piece; ``behind`` gathers the layers its figures, charts and map rest on."""

    def __init__(
        self, scene: Scene, figures: Figures, mapper: Mapper, charter: Charter, problems: list[Problem]
    ) -> None:
        self._scene = scene
        self._figures = figures
        self._mapper = mapper
        self._charter = charter
        self._sections: dict[str, None] = {}
        self._methods: dict[str, dict[str, None]] = {}
        self.behind: dict[str, None] = {}
        self.marked = False
        self.problems = problems

    def scene(self, number: int, union: tuple[str, ...]) -> StoryScene:
        """The scene as it is shown; ``union`` are the layers that its map state must speak of."""
        scene = self._scene
        title, paragraphs = self._texts()
        quote, cards = self._quote(), tuple(self._card(name) for name in scene.cards)
        views, problems = self._mapper.find(scene.map) if scene.map else ({}, [])
        story_map = self._map(views, union, problems)
        charts = tuple(self._charts({layer_id: view.chosen for layer_id, view in views.items()}))
        notes = self.text(scene.notes)
        return StoryScene(
            id=scene.id,
            number=number,
            section=self.text(scene.section),
            title=title,
            paragraphs=paragraphs,
            quote=quote,
            cards=cards,
            charts=charts,
            map=story_map,
            notes=notes,
            mark=provenance.ILLUSTRATIVE_MARK if self.marked else "",
            sources=self._sources(),
            problems=tuple(dict.fromkeys(problem.words() for problem in self.problems)),
        )

    def text(self, raw: str) -> str:
        """A text with its placeholders filled in."""
        filled, missing = fill(raw, self._looked_up)
        for placeholder in missing:
            self._problem(self._why(placeholder))
        return _LOOSE.sub("", filled) if filled != raw else filled

    def _texts(self) -> tuple[str, tuple[str, ...]]:
        """Title and paragraphs; their length is judged once more with the figures in them."""
        scene = self._scene
        title, paragraphs = self.text(scene.title), tuple(self.text(text) for text in scene.text)
        limits = [("标题", scene.title, title, MOST_TITLE)]
        limits += [
            (f"第 {n} 段", raw, text, MOST_PARAGRAPH)
            for n, (raw, text) in enumerate(zip(scene.text, paragraphs, strict=True), start=1)
        ]
        for what, raw, text, most in limits:
            if not checks.too_long(what, raw, most) and (message := checks.too_long(what, text, most)):
                self._problem(message)
        return title or missing_words("标题"), paragraphs

    def _looked_up(self, placeholder: Placeholder) -> str | None:
        if placeholder.kind == LEDGER:
            return self._reported(placeholder.name)
        if placeholder.kind == COMPUTED:
            figure = self._figure(placeholder.name)
            if figure is not None and figure.unit:  # words speak for themselves
                self._methods.setdefault(figure.source, {})[figure.label] = None
            return None if figure is None else figure.display()
        return None

    def _reported(self, name: str) -> str | None:
        """A figure of the ledger; ``.label`` and ``.as_of`` behind the id give its name and its date."""
        indicator_id, _, part = name.partition(".")
        indicator = self._indicator(indicator_id) if part in ("", "label", "as_of") else None
        if indicator is None:
            return None
        if part == "label":
            return indicator.label
        return as_of_words(indicator) if part else indicator.display() + _unverified(indicator)

    def _why(self, placeholder: Placeholder) -> str:
        if placeholder.kind == LEDGER:
            return f"指标台账中没有「{spoken(placeholder.name)}」。"
        if placeholder.kind == COMPUTED:
            return self._no_figure(placeholder.name)
        return f"占位符「{spoken(str(placeholder))}」应写作 {{ledger:…}} 或 {{computed:…}}。"

    def _no_figure(self, name: str) -> str:
        try:
            self._figures.get(name)
        except MissingFigureError as error:
            return f"{error}。"
        return ""

    def _indicator(self, name: str) -> Indicator | None:
        try:
            indicator = self._figures.ledger[name]
        except UnknownIndicatorError:
            return None
        if not indicator.external:
            self._sections[indicator.section.rstrip("、")] = None
        else:
            self._methods.setdefault(indicator.citation(), {})[indicator.label] = None
        return indicator

    def _figure(self, name: str) -> Figure | None:
        try:
            figure = self._figures.get(name)
        except MissingFigureError:
            return None
        self._rests_on(figure.behind, figure.mark)
        if not figure.behind and figure.source:  # of a layer's figure the layer's version is named
            self._methods.setdefault(figure.source, {})[figure.label] = None
        return figure

    def _rests_on(self, behind: Iterable[str], mark: str) -> None:
        self.behind |= dict.fromkeys(behind)
        self.marked = self.marked or bool(mark)

    def _quote(self) -> Quote | None:
        if not self._scene.quote:
            return None
        indicator = self._indicator(self._scene.quote)
        if indicator is None or indicator.external:
            self._problem(f"引文「{spoken(self._scene.quote)}」不在报告的指标台账中。")
            return None
        title = self._figures.ledger.report.title
        return Quote(indicator.quote, f"《{title}》{indicator.section.rstrip('、')}")

    def _card(self, name: str) -> Card:
        indicator = self._indicator(name)
        if indicator is not None:
            value = indicator.display().removesuffix(indicator.unit).rstrip()
            label, kind = indicator.label + _unverified(indicator), _kind("reported", external=indicator.external)
            return Card(label, value, indicator.unit, kind, indicator.citation())
        figure = self._figure(name)
        if figure is not None:
            label, kind = figure.label + figure.flag, _kind("computed", external=figure.external)
            return Card(label, figure.value, figure.unit, kind, figure.source, figure.mark)
        self._problem(f"指标卡：{self._no_figure(name)}")
        return Card(spoken(name), missing_words(""), "", "computed", "")

    def _map(self, views: Mapping[str, Shown], union: tuple[str, ...], problems: list[str]) -> StoryMap | None:
        if self._scene.map is None:
            return None
        story_map, more = self._mapper.map(self._scene.map, views, union)
        for problem in (*problems, *more):
            self._problem(problem)
        selected = [layer_id for layer_id, _ in story_map.select]
        self._rests_on((*(i for view in views.values() for i in view.behind), *selected), story_map.mark)
        return story_map

    def _charts(self, chosen: Mapping[str, Filter]) -> Iterable[StoryChart]:
        for ref in self._scene.charts:
            try:
                made = self._charter.chart(ref, chosen)
            except MissingChartError as error:
                self._problem(f"{error}。")
            else:
                self._rests_on(made.behind, made.chart.mark)
                yield made.chart

    def _sources(self) -> tuple[str, ...]:
        """Sections of the report, layer versions, and how the figures in the text came about."""
        lines = []
        if self._sections:
            sections = [section for section in self._all_sections() if section in self._sections]
            lines.append(f"报告《{self._figures.ledger.report.title}》〔{'〕〔'.join(sections)}〕")
        for layer_id in self._figures.atlas.layers:
            if layer_id in self.behind:
                line = layer_line(self._figures.atlas, layer_id)
                lines.append(f"{line.title}（{line.text}）")
        return (*lines, *(f"{'、'.join(labels)}：{source}" for source, labels in self._methods.items()))

    def _all_sections(self) -> tuple[str, ...]:
        """Sections of the report in its own order."""
        return tuple(dict.fromkeys(one.section.rstrip("、") for one in self._figures.ledger.values()))

    def _problem(self, message: str) -> None:
        scene = self._scene
        where = f"场景「{scene.title or scene.id}」：" if scene.id else ""
        self.problems.append(Problem(scene.id, shown(f"{where}{message}")))


def layer_line(atlas: Atlas, layer_id: str) -> SourceLine:
    """Version, kind, source and date of one layer."""
    data = atlas[layer_id]
    source = data.version.provenance
    dated = f"，时点 {source.as_of}" if source.as_of else ""
    text = f"{source.kind.label}数据：{source.source}{dated}"
    return SourceLine("layer", f"{data.spec.title}{data.version.label}", text, atlas.mark([layer_id]))


def as_of_words(indicator: Indicator) -> str:
    """When a figure holds: ``2022年一季度``, ``2025年``; the ledger's own note where it has no date."""
    if match := _QUARTER.fullmatch(indicator.as_of):
        return f"{match[1]}年{_QUARTERS[int(match[2]) - 1]}季度"
    if match := _DATE.fullmatch(indicator.as_of):
        return "".join(f"{int(part)}{word}" for part, word in zip(match.groups(), "年月日", strict=True) if part)
    return indicator.as_of or indicator.as_of_note


def _kind(own: CardKind, *, external: bool) -> CardKind:
    """What a figure stands for, wherever it was found: one of another source is no figure of the report."""
    return "external" if external else own


def _unverified(indicator: Indicator) -> str:
    return "" if indicator.verified else UNVERIFIED
