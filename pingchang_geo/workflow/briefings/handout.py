"""A story on paper (讲义): a page a scene with its map, figures, charts and speaker's notes; PDF."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pingchang_geo.briefing.editing import paragraphs
from pingchang_geo.briefing.model import Problem
from pingchang_geo.briefing.story import KIND_WORDS, Card, Story, StoryChart, StoryScene
from pingchang_geo.documents import (
    Align,
    Block,
    Bullets,
    Callout,
    Document,
    Facts,
    Figure,
    Heading,
    PageBreak,
    Paragraph,
    Table,
    Tone,
    to_pdf,
)
from pingchang_geo.prints import PictureError
from pingchang_geo.slides.deck import Progress
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.briefings import pictures
from pingchang_geo.workflow.briefings.chart_pictures import draw_chart

#: Inches of the pictures on the page (A4 with its margins), and dots an inch.
_WIDTH_IN, _MAP_IN, _CHART_IN, _DPI = 6.5, 3.2, 1.5, 220
#: A bar with its gap; the chart's title, source and margins.
_BAR_IN, _HEAD_IN = 0.16, 0.6
_SOURCES: Final = {"report": "报告", "layer": "图层", "parameters": "参数"}


@dataclass(frozen=True)
class Handout:
    """A finished handout: the PDF, and the story's problems with those of the export; its last page lists them."""

    content: bytes
    problems: tuple[Problem, ...]


def handout(story: Story, atlas: Atlas, *, made_at: datetime, progress: Progress | None = None) -> Handout:
    """The story as PDF, A4; what cannot be drawn is said in its place and listed at the end.

    Args:
        story: what to tell.
        atlas: that it was told over.
        made_at: printed in the footer, with its time zone.
        progress: called with scenes done, scenes in all and what was done.
    """
    unset, problems = document(story, atlas, made_at=made_at, progress=progress)
    return Handout(to_pdf(unset, pictures.font()[0]), problems)


def document(
    story: Story, atlas: Atlas, *, made_at: datetime, progress: Progress | None = None
) -> tuple[Document, tuple[Problem, ...]]:
    """The handout before it is set, and what is wrong with it."""
    tell = progress or (lambda done, total, words: None)
    blocks: list[Block] = []
    found = list(story.problems)
    if words := pictures.font()[1]:
        found.append(Problem("", words))
    for number, scene in enumerate(story.scenes, start=1):
        blocks += [PageBreak()] if number > 1 else []
        blocks += _Page(story, scene, atlas, f"{made_at:%Y-%m-%d}", found).blocks()
        tell(number, len(story.scenes), scene.title)
    blocks += [PageBreak(), *_end(story, found)]
    approval = (f"审图号：{story.approval}",) if story.approval else ()
    made = Document(
        title=story.title,
        subtitle=story.subtitle,
        made_at=made_at,
        blocks=tuple(blocks),
        mark=story.mark,
        notes=(f"汇报讲义。数据发布：{story.made_at[:10]}；数据版本：{story.atlas_id}。", *approval),
        numbered=False,
    )
    return made, tuple(found)


class _Page:
    """The blocks of one scene; ``found`` gathers what is wrong."""

    def __init__(self, story: Story, scene: StoryScene, atlas: Atlas, on: str, found: list[Problem]) -> None:
        self._story = story
        self._scene = scene
        self._atlas = atlas
        self._on = on
        self._found = found

    def blocks(self) -> Iterator[Block]:
        """Title, map, texts, quotation, figures, charts, problems, notes, sources."""
        scene = self._scene
        mark = f"〔{scene.mark}〕" if scene.mark else ""
        section = f"（{scene.section}）" if scene.section and scene.section != scene.title else ""
        yield Heading(f"{scene.number}　{scene.title}{section}{mark}")
        yield from self._map()
        for text in scene.paragraphs:
            yield Paragraph(text)
        if scene.quote is not None:
            yield Paragraph(f"“{scene.quote.text}”——报告原文，{scene.quote.citation}", small=True)
        if scene.cards:
            yield Facts(tuple(map(_fact, scene.cards)), columns=2 if len(scene.cards) > 1 else 1)
        for chart in scene.charts:
            yield from self._chart(chart)
        if scene.problems:
            yield Callout(Tone.AMBER, "本场问题", scene.problems)
        if spoken := paragraphs(scene.notes):
            yield Heading("讲稿", 3)
            yield from map(Paragraph, spoken)
        if scene.sources:
            yield Paragraph(f"来源：{'；'.join(scene.sources)}", small=True)

    def _map(self) -> Iterator[Block]:
        story_map = self._scene.map
        if story_map is None:
            return
        frame = pictures.Frame.of(_WIDTH_IN, _MAP_IN, _DPI)
        try:
            png = pictures.draw(story_map, self._atlas, frame, approval=self._story.approval, on=self._on)
        except PictureError as error:
            yield self._failed(f"地图未能绘制：{error}")
            return
        yield Figure(png, "", f"地图：{story_map.title}")

    def _chart(self, chart: StoryChart) -> Iterator[Block]:
        bars = len(chart.categories) * len(chart.series) if chart.kind == "barh" else 0
        height = max(_CHART_IN, _HEAD_IN + bars * _BAR_IN)
        size = round(_WIDTH_IN * _DPI), min(round(height * _DPI), 8000)
        try:
            png = draw_chart(chart, *size, _DPI, pictures.font()[0])
        except PictureError as error:
            yield self._failed(f"图表未能绘制：{error}")
            return
        yield Figure(png, "", chart.alt or chart.title)

    def _failed(self, words: str) -> Callout:
        self._found.append(Problem(self._scene.id, f"场景「{self._scene.title}」：{words}"))
        return Callout(Tone.AMBER, words)


def _fact(card: Card) -> tuple[str, str]:
    mark = f"〔{card.mark}〕" if card.mark else ""
    return card.label, f"{card.value} {card.unit}（{KIND_WORDS[card.kind]}）{mark}"


def _end(story: Story, found: list[Problem]) -> Iterator[Block]:
    rows = tuple((_SOURCES.get(one.kind, one.kind), one.title, one.text, one.mark) for one in story.sources)
    yield Heading("数据来源与版本")
    if rows:
        header = ("类别", "来源", "说明", "标记")
        yield Table(header, rows, (Align.LEFT,) * len(header), (1.0, 3.2, 6.0, 1.2))
    if found:
        yield Heading("问题清单")
        yield Bullets(tuple(dict.fromkeys(problem.words() for problem in found)), numbered=True)
