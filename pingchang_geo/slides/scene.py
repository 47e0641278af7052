"""The slides of one scene, written as :mod:`pingchang_geo.slides.layout` has placed everything."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN

from pingchang_geo.briefing.editing import paragraphs
from pingchang_geo.briefing.model import Problem
from pingchang_geo.briefing.story import StoryScene
from pingchang_geo.layers import palette
from pingchang_geo.slides import cards, charts, layout, template
from pingchang_geo.slides.layout import Page
from pingchang_geo.slides.measure import Ruler
from pingchang_geo.slides.text import (
    MARK_GROUND,
    MARK_INK,
    MARK_LINE,
    MUTED,
    Box,
    Line,
    Run,
    add_text,
    clean,
    describe,
    fill_frame,
    fill_lines,
    rgb,
)

_MARK: Final = Box(template.WIDTH_IN - template.EDGE_IN - 1.45, 0.5, 1.45, 0.42)
_TITLE_SIZES: Final = (28.0, 26.0, 24.0, 22.0, 20.0, 18.0)
_SECTION_SIZES: Final = (13.0, 12.0, 11.0)
_NOTE_PT: Final = 12.0


@dataclass
class Found:
    """What writing a scene found."""

    problems: list[Problem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def titled(presentation: Any, title: str, section: str, ruler: Ruler, suffix: str = "") -> Any:
    """A slide of the scene layout with title, section, footer and page number."""
    slide = presentation.slides.add_slide(template.layout(presentation, template.SCENE))
    room = template.TITLE.width - ruler.width_in(suffix, _TITLE_SIZES[0])
    fitted = ruler.fitted(clean(title), room, template.TITLE.height, _TITLE_SIZES)
    line = Line.of(fitted.text + suffix, fitted.size, bold=True)
    fill_frame(slide.shapes.title.text_frame, [line], anchor=MSO_ANCHOR.MIDDLE)
    holder = slide.placeholders[template.SECTION_INDEX]
    words = ruler.fitted(clean(section), template.SECTION.width, template.SECTION.height, _SECTION_SIZES)
    fill_frame(holder.text_frame, [Line.of(words.text, words.size, palette.ACCENT)], anchor=MSO_ANCHOR.MIDDLE)
    template.add_footer(slide)
    return slide


def add_mark(slide: Any, mark: str) -> None:
    """示意数据 in the upper right corner, where there is a mark."""
    if not mark:
        return
    line = Line((Run(clean(mark), 16.0, MARK_INK, bold=True),), align=PP_ALIGN.CENTER)
    add_text(slide, _MARK, [line], "示意标记", anchor=MSO_ANCHOR.MIDDLE, fill=MARK_GROUND, edge=MARK_LINE)


class SceneWriter:
    """Writes the slides of one scene."""

    def __init__(self, presentation: Any, scene: StoryScene, ruler: Ruler) -> None:
        self._presentation = presentation
        self._scene = scene
        self._ruler = ruler
        self._found = Found()

    def write(self, draw: Callable[[float, float], Any]) -> Found:
        """Write every page; ``draw`` makes the map's picture for a width and height in inches."""
        self._check()
        pages = layout.pages(self._scene, self._ruler)
        for page in pages:
            self._check_cards(page)
        for number, page in enumerate(pages):
            self._page(page, draw, first=number == 0)
        if len(pages) > 1:
            words = "、".join(page.suffix for page in pages[1:])
            self._found.remarks.append(
                f"第 {self._scene.number} 场「{clean(self._scene.title)}」分为 {len(pages)} 页{words}。"
            )
        return self._found

    def _check(self) -> None:
        """What cannot be shown whole is named; the notes have it whole."""
        scene = self._scene
        if self._ruler.fitted(clean(scene.title), template.TITLE.width, template.TITLE.height, _TITLE_SIZES).cut:
            self._problem("标题过长，幻灯片上已截短，全文见备注。", "请缩短标题。")
        for chart in scene.charts:
            if not charts.has_numbers(chart):
                self._problem(f"图表「{clean(chart.title)}」没有数据，没有生成。", "请检查筛选条件或换用其他图表。")

    def _check_cards(self, page: Page) -> None:
        if page.cards is None:
            return
        for card in cards.cut(self._scene.cards, page.cards.width, self._ruler, wide=page.map is None):
            self._problem(f"指标「{clean(card.label)[:24]}」过长，幻灯片上已截短，全文见备注。", "请换用较短的指标。")

    def _problem(self, message: str, fix: str = "") -> None:
        self._found.problems.append(Problem(self._scene.id, message, fix))

    def _page(self, page: Page, draw: Callable[[float, float], Any], *, first: bool) -> None:
        scene = self._scene
        slide = titled(self._presentation, scene.title, scene.section, self._ruler, page.suffix)
        add_mark(slide, scene.mark)
        if page.cards is not None:
            cards.add_cards(slide, scene.cards, page.cards, self._ruler, wide=page.map is None)
        if page.map is not None:
            self._map(slide, page.map, draw)
        if page.text is not None:
            size = page.text.size
            lines = [
                Line.of(text, size, before=layout.gap_pt(size) if i else 0.0)
                for i, text in enumerate(page.text.paragraphs)
            ]
            add_text(slide, page.text.box, lines, "正文")
        if page.quote is not None:
            self._quote(slide, page.quote)
        if page.problem_box is not None:
            lines = [Line.of(text, layout.PROBLEM_PT, MARK_INK) for text in page.problems]
            inset = layout.QUOTE_INSET_IN
            add_text(slide, page.problem_box, lines, "问题", fill=MARK_GROUND, edge=MARK_LINE, inset=inset)
        for chart, box in page.charts:
            charts.add_chart(slide, chart, box, self._ruler)
        self._sources(slide, page)
        self._notes(slide, first=first)

    def _map(self, slide: Any, box: Box, draw: Callable[[float, float], Any]) -> None:
        story_map = self._scene.map
        assert story_map is not None
        image = draw(box.width, box.height)
        for words in image.problems:
            self._problem(words)
        if not image.png:
            words = "".join(image.problems) or "地图未能绘制。"
            fitted = self._ruler.fitted(clean(words), box.width - 0.6, 2.0, [16, 14, 12])
            line = Line((Run(fitted.text, fitted.size, MARK_INK),), align=PP_ALIGN.CENTER)
            add_text(slide, box, [line], "地图未能绘制", anchor=MSO_ANCHOR.MIDDLE, fill=MARK_GROUND, inset=0.3)
            return
        shape = slide.shapes.add_picture(io.BytesIO(image.png), *box.emu)
        shape.name = "地图"
        mark = f"〔{story_map.mark}〕" if story_map.mark else ""
        describe(shape, f"地图：{story_map.title}{mark}")

    def _quote(self, slide: Any, box: Box) -> None:
        words, citation = layout.quote_lines(self._scene)
        bar = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, *Box(box.left, box.top, 0.05, box.height).emu)
        bar.name = "引文线"
        bar.fill.solid()
        bar.fill.fore_color.rgb = rgb(palette.ACCENT)
        bar.line.fill.background()
        bar.shadow.inherit = False
        inset = layout.QUOTE_INSET_IN
        citing = self._ruler.height_in([citation], layout.CITATION_PT, box.width - 2 * inset)
        height = box.height - 2 * inset - citing
        fitted = self._ruler.fitted(clean(words), box.width - 2 * inset, height, [layout.QUOTE_PT])
        if fitted.cut:
            self._problem("引文过长，幻灯片上已截短，全文见备注。", "请换用较短的引文。")
        lines = [Line.of(fitted.text, layout.QUOTE_PT), Line.of(clean(citation), layout.CITATION_PT, MUTED)]
        add_text(slide, box, lines, "引文", fill="#F4F7F5", inset=inset)
        slide.shapes._spTree.append(bar._element)  # the bar lies over the ground

    def _sources(self, slide: Any, page: Page) -> None:
        """As many sources as the two lines hold; charts on a page of their own name theirs."""
        own = page.charts and page.map is None and page.text is None
        of_charts = [chart.source for chart, _ in page.charts if chart.source]
        given = of_charts if own else [*self._scene.sources, *of_charts]
        sources = [clean(text) for text in dict.fromkeys(given)]
        if not sources:
            return
        box = layout.SOURCES
        for count in range(len(sources), -1, -1):
            more = "" if count == len(sources) else ("；" if count else "") + "其余见备注"
            fitted = self._ruler.fitted(
                f"来源：{'；'.join(sources[:count])}{more}", box.width, box.height, [layout.SOURCE_PT]
            )
            if not fitted.cut:
                break
        add_text(slide, box, [Line.of(fitted.text, fitted.size, MUTED)], "来源", anchor=MSO_ANCHOR.BOTTOM)

    def _notes(self, slide: Any, *, first: bool) -> None:
        scene = self._scene
        words = [*(paragraphs(scene.notes) or (scene.title,))] if first else ["（接上一页，讲稿见上一页。）"]
        if first:
            if self._ruler.fitted(clean(scene.title), template.TITLE.width, template.TITLE.height, _TITLE_SIZES).cut:
                words.append(f"标题全文：{scene.title}")
            if scene.quote is not None:
                words.append("引文：" + "".join(layout.quote_lines(scene)))
            words += [
                f"{card.label}：{card.value} {card.unit}（{cards.kind(card)}；{card.source}）" for card in scene.cards
            ]
        words += [f"来源：{text}" for text in scene.sources]
        words += [f"图表「{chart.title}」来源：{chart.source}" for chart in scene.charts if chart.source]
        words += [f"标记：{scene.mark}"] if scene.mark else []
        words += [f"问题：{text}" for text in scene.problems]
        fill_lines(slide.notes_slide.notes_text_frame, [Line.of(text, _NOTE_PT, before=3) for text in words])
