"""A story as PowerPoint: maps drawn, texts measured, the deck built."""

from __future__ import annotations

from typing import Final

from pingchang_geo import slides
from pingchang_geo.briefing.story import Story, StoryScene
from pingchang_geo.documents.model import WORK_TITLE
from pingchang_geo.prints import PictureError
from pingchang_geo.slides import Deck, MapImage, Printing
from pingchang_geo.slides.deck import Progress
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.briefings import pictures
from pingchang_geo.workflow.briefings.letters import advances

#: Dots an inch of a map on its slide, and how much larger than on paper its letters are.
DPI: Final = 220
LETTERS: Final = 1.35


def deck(story: Story, atlas: Atlas, *, on: str = "", progress: Progress | None = None) -> Deck:
    """The story as a .pptx file; always finishes, what is wrong is listed in the deck and on its last slides.

    Args:
        story: what to tell.
        atlas: that it was told over.
        on: the day, ISO, printed on maps and cover; empty: not printed.
        progress: called with pages done, pages in all and what was done.
    """
    font, problem = pictures.font()
    printing = Printing(advances(font), WORK_TITLE, on, (problem,) if problem else ())

    def drawn(scene: StoryScene, width_in: float, height_in: float) -> MapImage:
        frame = pictures.Frame.of(width_in, height_in, DPI, LETTERS)
        assert scene.map is not None
        try:
            return MapImage(pictures.draw(scene.map, atlas, frame, approval=story.approval, on=on))
        except PictureError as error:
            return MapImage(problems=(f"地图未能绘制：{error}",))

    return slides.build(story, drawn, printing, progress)
