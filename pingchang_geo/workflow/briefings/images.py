"""Every map and every chart of a story as a picture of its own, for documents and posters of other programs."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pingchang_geo.briefing.story import Story, StoryChart, StoryScene
from pingchang_geo.exports.filenames import file_stem
from pingchang_geo.prints import PictureError
from pingchang_geo.slides.deck import Progress
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.briefings import pictures
from pingchang_geo.workflow.briefings.chart_pictures import draw_chart

#: A chart of its own: half a slide wide at 220 dots an inch; lying bars get the height that their names need.
_CHART_PX, _CHART_DPI = (1440, 810), 220
_HEAD_PX, _BAR_PX, _MOST_PX = 240, 56, 4000
_LIST: Final = "图片说明.txt"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
#: Programs of Windows take a text without it for GBK.
_BYTE_ORDER_MARK: Final = "\ufeff"


@dataclass(frozen=True, slots=True)
class Image:
    """One picture; ``about`` says in a line what it shows and where it comes from; no ``png``: ``about`` says why."""

    name: str
    about: str
    png: bytes = b""


def chart_png(chart: StoryChart) -> bytes:
    """PNG of one chart.

    Raises:
        PictureError: it has no numbers.
    """
    width, height = _CHART_PX
    if chart.kind == "barh":
        bars = len(chart.categories) * len(chart.series)
        height = min(max(height, _HEAD_PX + bars * _BAR_PX), _MOST_PX)
    return draw_chart(chart, width, height, _CHART_DPI, pictures.font()[0])


def images(story: Story, atlas: Atlas, *, on: str = "", progress: Progress | None = None) -> Iterator[Image]:
    """Maps (1920 × 1080) and charts in the order of the scenes.

    Args:
        story: what to draw.
        atlas: that it was told over.
        on: the day, ISO, printed on maps; empty: not printed.
        progress: called with scenes done, scenes in all and what was done.
    """
    for done, scene in enumerate(story.scenes, start=1):
        yield from _of(scene, story, atlas, on)
        if progress is not None:
            progress(done, len(story.scenes), f"场景「{scene.title}」的图片")


def archive(
    story: Story, atlas: Atlas, *, on: str = "", progress: Progress | None = None
) -> tuple[bytes, tuple[str, ...]]:
    """A ZIP of all pictures with a list of what they show, and what could not be drawn, in words."""
    out, lines, missing = io.BytesIO(), [], []
    with zipfile.ZipFile(out, "w") as archived:
        for image in images(story, atlas, on=on, progress=progress):
            if image.png:
                archived.writestr(zipfile.ZipInfo(image.name, _EPOCH), image.png)
                lines.append(f"{image.name}\r\n    {image.about}")
            else:
                missing.append(image.about)
        head = [story.title, f"数据截至 {story.made_at[:10]}" if story.made_at else "", story.mark]
        found = [*(problem.words() for problem in story.problems), pictures.font()[1]]
        wrong = [*(f"问题：{words}" for words in found if words), *(f"未能绘制：{words}" for words in missing)]
        text = "\r\n".join([*(line for line in head if line), "", *lines, *(["", *wrong] if wrong else [])])
        archived.writestr(zipfile.ZipInfo(_LIST, _EPOCH), f"{_BYTE_ORDER_MARK}{text}\r\n".encode())
    return out.getvalue(), tuple(missing)


def _of(scene: StoryScene, story: Story, atlas: Atlas, on: str) -> Iterator[Image]:
    stem = f"{scene.number:02}_{file_stem(scene.title, scene.id, 30)}"
    if scene.map is not None:
        about = "；".join([scene.map.title, *scene.sources, *([scene.map.mark] if scene.map.mark else [])])
        try:
            png = pictures.draw(scene.map, atlas, pictures.SHEET, approval=story.approval, on=on)
        except PictureError as error:
            yield Image(f"{stem}_地图.png", f"场景 {scene.number}「{scene.title}」的地图：{error}")
        else:
            yield Image(f"{stem}_地图.png", about, png)
    for number, chart in enumerate(scene.charts, start=1):
        name = f"{stem}_图表{number}.png"
        about = "；".join(part for part in (chart.title, chart.alt, chart.source, chart.mark) if part)
        try:
            yield Image(name, about, chart_png(chart))
        except PictureError as error:
            yield Image(name, f"场景 {scene.number}「{scene.title}」的图表：{error}")
