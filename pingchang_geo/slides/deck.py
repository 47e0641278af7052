"""The whole deck: cover, scenes, sources, problems."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from pptx.enum.text import MSO_ANCHOR

from pingchang_geo.briefing.model import Problem
from pingchang_geo.briefing.story import Story, StoryScene
from pingchang_geo.slides import tables, template
from pingchang_geo.slides.archive import finished
from pingchang_geo.slides.measure import Advance, Ruler
from pingchang_geo.slides.scene import SceneWriter, add_mark, titled
from pingchang_geo.slides.text import MUTED, Box, Line, add_text, clean, fill_frame, fill_lines

#: Title and text of the page, how many of how many are done.
Progress = Callable[[int, int, str], None]
_KINDS: Final = {"report": "报告", "layer": "图层", "parameters": "参数"}
_TABLE: Final = Box(template.EDGE_IN, 1.35, template.WIDTH_IN - 2 * template.EDGE_IN, 5.5)
#: Longest text that a property of the file may hold.
_MOST_PROPERTY: Final = 255
_UNKNOWN_DATE: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class MapImage:
    """The picture of a scene's map, or in words why there is none; ``problems``: what is wrong with it all the same."""

    png: bytes = b""
    problems: tuple[str, ...] = ()


#: Draws the map of a scene for a box of so many inches, width and height.
Draw = Callable[[StoryScene, float, float], MapImage]


@dataclass(frozen=True)
class Printing:
    """What the story itself does not say.

    Attributes:
        advance: width of a character in ems, of the font that texts are measured with.
        footer: on every slide: name of the work.
        on: day the deck is made, ISO; empty: not printed.
        problems: found by whoever exports (a font that is missing).
    """

    advance: Advance
    footer: str
    on: str = ""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Deck:
    """A finished deck.

    Attributes:
        content: the .pptx file.
        slides: how many.
        problems: the story's own and those of the export; the last slides list them.
        remarks: what was laid out otherwise than one scene a slide, and why.
    """

    content: bytes
    slides: int
    problems: tuple[Problem, ...]
    remarks: tuple[str, ...]


def build(story: Story, draw: Draw, printing: Printing, progress: Progress | None = None) -> Deck:
    """The story as a .pptx file; equal stories with equal maps on the same day give equal bytes.

    Never raises for what a story says: what cannot be shown is said in its place and listed on the last slides.
    """
    presentation = template.blank(printing.footer)
    ruler = Ruler(printing.advance)
    total = len(story.scenes) + 2
    tell = progress or (lambda done, total, words: None)
    problems = [*story.problems, *(Problem("", words) for words in printing.problems)]
    remarks: list[str] = []
    problems += _cover(presentation, story, printing, ruler)
    tell(1, total, "封面")
    for number, scene in enumerate(story.scenes, start=1):
        writer = SceneWriter(presentation, scene, ruler)
        found = writer.write(lambda width, height, scene=scene: draw(scene, width, height))  # type: ignore[misc]
        problems += found.problems
        remarks += found.remarks
        tell(number + 1, total, scene.title)
    _sources(presentation, story, ruler)
    _problems(presentation, problems, ruler)
    made_at = _moment(story.made_at)
    _properties(presentation, story, printing, made_at)
    content = finished(presentation, made_at)
    tell(total, total, "完成")
    return Deck(content, len(presentation.slides), tuple(problems), tuple(remarks))


def _cover(presentation: Any, story: Story, printing: Printing, ruler: Ruler) -> list[Problem]:
    """The first slide; what is cut there stands whole in its notes."""
    slide = presentation.slides.add_slide(template.layout(presentation, template.COVER))
    box = template.COVER_TITLE
    title = ruler.fitted(clean(story.title) or printing.footer, box.width, box.height, [44, 40, 36, 32, 28, 24])
    fill_frame(slide.shapes.title.text_frame, [Line.of(title.text, title.size, bold=True)], anchor=MSO_ANCHOR.BOTTOM)
    box = template.COVER_SUBTITLE
    subtitle = ruler.fitted(clean(story.subtitle), box.width, box.height, [20, 18, 16, 14])
    fill_frame(slide.placeholders[1].text_frame, [Line.of(subtitle.text, subtitle.size, MUTED)])
    lines = [
        f"数据发布：{story.made_at[:10]}" if story.made_at else "",
        f"制作日期：{printing.on}" if printing.on else "",
    ]
    lines.append(f"审图号：{story.approval}" if story.approval else "")
    shown = [Line.of(ruler.fitted(text, 11.5, 0.3, [14]).text, 14, MUTED, before=2) for text in lines if text]
    if shown:
        add_text(slide, Box(0.9, 5.5, 11.5, 0.95), shown, "日期与审图号")
    if story.mark:
        words = f"{story.mark}：凡标有此字样的图和数据以参考图层为据，不得引用到正式文件。"
        add_text(slide, Box(0.9, 4.75, 11.5, 0.4), [Line.of(words, 14, "#7A4B00")], "示意说明")
        add_mark(slide, story.mark)
    notes = slide.notes_slide.notes_text_frame
    fill_lines(notes, [Line.of(f"{clean(story.title)}。{clean(story.subtitle)}", 12)])
    cut = [what for what, fitted in (("标题", title), ("副标题", subtitle)) if fitted.cut]
    return [Problem("", f"汇报{what}过长，封面上已截短，全文见备注。", f"请缩短{what}。") for what in cut]


def _sources(presentation: Any, story: Story, ruler: Ruler) -> None:
    rows = tuple(
        (_KINDS.get(one.kind, one.kind), clean(one.title), clean(one.text), clean(one.mark)) for one in story.sources
    )
    grid = tables.Grid(("类别", "来源", "说明", "标记"), (0.9, 3.4, 7.0, 1.1), rows)
    _table_slides(presentation, grid, ruler, "数据来源与版本", story.mark)


def _problems(presentation: Any, problems: list[Problem], ruler: Ruler) -> None:
    """What is wrong, scene by scene; no slide where nothing is."""
    rows = tuple((clean(one.scene) or "全部", clean(one.message), clean(one.fix)) for one in problems)
    grid = tables.Grid(("场景", "问题", "处理"), (1.6, 6.4, 4.4), rows)
    _table_slides(presentation, grid, ruler, f"问题清单（{len(rows)} 项）", "")


def _table_slides(presentation: Any, grid: tables.Grid, ruler: Ruler, title: str, mark: str) -> None:
    parts = list(tables.pages(grid, _TABLE, ruler))
    for number, (part, heights, _) in enumerate(parts, start=1):
        count = f"（{number}/{len(parts)}）" if len(parts) > 1 else ""
        slide = titled(presentation, f"{title}{count}", "附", ruler)
        tables.add_table(slide, part, heights, _TABLE, title)
        add_mark(slide, mark)
        fill_lines(slide.notes_slide.notes_text_frame, [Line.of(title, 12)])


def _properties(presentation: Any, story: Story, printing: Printing, made_at: datetime) -> None:
    about = presentation.core_properties
    about.title, about.subject = _short(story.title), _short(story.subtitle)
    about.author = about.last_modified_by = _short(printing.footer)
    about.keywords, about.comments = _short(story.mark), _short(f"数据版本 {story.atlas_id}")
    about.language, about.revision = "zh-CN", 1
    about.created = about.modified = made_at


def _short(text: str) -> str:
    return clean(text)[:_MOST_PROPERTY]


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None, microsecond=0)
    except ValueError:
        return _UNKNOWN_DATE.replace(tzinfo=None)
