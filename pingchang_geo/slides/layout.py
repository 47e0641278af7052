"""What of a scene stands where: pure, in inches. Texts shrink to a legible size and then go on to a further page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from pingchang_geo.briefing.story import StoryChart, StoryScene
from pingchang_geo.slides import cards, charts
from pingchang_geo.slides.measure import POINT_IN, Ruler, line_pt
from pingchang_geo.slides.template import EDGE_IN, WIDTH_IN
from pingchang_geo.slides.text import Box

TOP_IN, BOTTOM_IN = 1.32, 6.6
FULL_IN: Final = WIDTH_IN - 2 * EDGE_IN
#: One or two lines of sources below the body.
SOURCES: Final = Box(EDGE_IN, 6.68, FULL_IN, 0.36)
SOURCE_PT: Final = 9.0
QUOTE_PT, CITATION_PT, PROBLEM_PT = 13.0, 10.5, 11.0
QUOTE_INSET_IN, GAP_IN = 0.1, 0.14
_MAP_IN, _COLUMN_GAP_IN = 6.75, 0.3
_TEXT_IN: Final = 5.0
#: Sizes of running text, the largest that fits is taken: beside something else, and alone on the page.
_BESIDE_PT: Final = (20.0, 18.0, 17.0, 16.0, 15.0, 14.0)
_ALONE_PT: Final = (22.0, 20.0, 18.0, 17.0, 16.0, 15.0, 14.0)
_LAST_PT: Final = 13.0
#: Cards stay beside the map while the text has one of the first so many sizes.
_WITH_CARDS: Final = 4
#: Problems named on the page itself; the last page has all.
_PROBLEMS_SHOWN: Final = 3
_LARGEST_CHART_IN: Final = 4.4


@dataclass(frozen=True)
class Text:
    """Paragraphs in a box at one size."""

    box: Box
    size: float
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """One slide of a scene; what is None is not on it. ``suffix`` goes behind the title of further pages."""

    scene: StoryScene
    suffix: str = ""
    cards: Box | None = None
    map: Box | None = None
    text: Text | None = None
    quote: Box | None = None
    problems: tuple[str, ...] = ()
    problem_box: Box | None = None
    charts: tuple[tuple[StoryChart, Box], ...] = ()


def gap_pt(size: float) -> float:
    """Room between paragraphs, points."""
    return round(size * 0.45, 1)


def quote_lines(scene: StoryScene) -> tuple[str, str]:
    """The quotation in its marks, and where it stands."""
    assert scene.quote is not None
    return f"“{scene.quote.text}”", f"——报告原文，{scene.quote.citation}"


def problem_lines(scene: StoryScene) -> tuple[str, ...]:
    """What is wrong with the scene, in the words of the page."""
    shown = scene.problems[:_PROBLEMS_SHOWN]
    more = len(scene.problems) - len(shown)
    return (*(f"问题：{one}" for one in shown), *([f"另有 {more} 个问题，见末页。"] if more else []))


def pages(scene: StoryScene, ruler: Ruler) -> list[Page]:
    """The slides of one scene: one wherever everything stays legible, else the figures get a page of their own."""
    drawn = tuple(chart for chart in scene.charts if charts.has_numbers(chart))
    page = Page(scene, problems=problem_lines(scene))
    body = Box(EDGE_IN, TOP_IN, FULL_IN, BOTTOM_IN - TOP_IN)
    if scene.map is not None:
        return _with_map(page, body, drawn, ruler)
    return _without_map(*_strip(page, body, ruler), drawn, ruler)


def _strip(page: Page, body: Box, ruler: Ruler) -> tuple[Page, Box]:
    """Cards across the top of a page, and what is left of its body."""
    if not page.scene.cards:
        return page, body
    height = sum(cards.row_heights(page.scene.cards, body.width, ruler, wide=True))
    below = height + GAP_IN
    strip = Box(body.left, body.top, body.width, height)
    return replace(page, cards=strip), Box(body.left, body.top + below, body.width, body.height - below)


def _with_map(page: Page, body: Box, drawn: Sequence[StoryChart], ruler: Ruler) -> list[Page]:
    """Map at the left; beside it everything if it fits in legible letters, else the text; figures then come after."""
    left = Box(body.left, body.top, _MAP_IN, body.height)
    column = Box(left.right + _COLUMN_GAP_IN, body.top, body.right - left.right - _COLUMN_GAP_IN, body.height)
    page = replace(page, map=left)
    with_cards = _grid(page, column, ruler)
    if len(drawn) <= 1:
        least = GAP_IN + charts.least_height(drawn[0]) if drawn else 0.0
        for size in _BESIDE_PT:
            placed, below = _stacked(*with_cards, size, ruler)
            if below + least <= column.bottom:
                return [_charted(placed, drawn, column, below)]
    for size in _BESIDE_PT[:_WITH_CARDS]:
        placed, below = _stacked(*with_cards, size, ruler)
        if below <= column.bottom + 1e-6:
            return [placed, *_figures(replace(page.scene, cards=()), page.scene, body, drawn, ruler)]
    first = _column(page, column, _BESIDE_PT, ruler)
    return [*first, *_figures(page.scene, page.scene, body, drawn, ruler)]


def _grid(page: Page, column: Box, ruler: Ruler) -> tuple[Page, Box]:
    """Cards at the head of a column, and what is left of it."""
    if not page.scene.cards:
        return page, column
    height = sum(cards.row_heights(page.scene.cards, column.width, ruler, wide=False))
    page = replace(page, cards=Box(column.left, column.top, column.width, height))
    below = height + GAP_IN
    return page, Box(column.left, column.top + below, column.width, column.height - below)


def _charted(page: Page, drawn: Sequence[StoryChart], column: Box, below: float) -> Page:
    if not drawn:
        return page
    height = min(column.bottom - below - GAP_IN, _LARGEST_CHART_IN)
    return replace(page, charts=((drawn[0], Box(column.left, column.bottom - height, column.width, height)),))


def _figures(scene: StoryScene, whole: StoryScene, body: Box, drawn: Sequence[StoryChart], ruler: Ruler) -> list[Page]:
    """Cards and charts of ``scene``, the part of ``whole`` that is not on a page yet, on a page of their own."""
    if not drawn and not scene.cards:
        return []
    page, room = _strip(Page(scene), body, ruler)
    words = [*(["指标"] if scene.cards else []), *(["图表"] if drawn else [])]
    suffix = f"（{'与'.join(words)}）"
    return [replace(page, scene=whole, suffix=suffix, charts=_side_by_side(drawn, room))]


def _without_map(page: Page, body: Box, drawn: Sequence[StoryChart], ruler: Ruler) -> list[Page]:
    if not drawn:
        return _column(page, body, _ALONE_PT, ruler)
    column = Box(body.left, body.top, _TEXT_IN, body.height)
    right = Box(column.right + _COLUMN_GAP_IN, body.top, body.right - column.right - _COLUMN_GAP_IN, body.height)
    side = _one_below_other(drawn, right)
    if any(charts.least_height(chart) > box.height for chart, box in side):
        side = _side_by_side(drawn, right)
    first, *others = _column(page, column, _BESIDE_PT, ruler)
    if any(charts.least_height(chart) > box.height for chart, box in side):
        full = Box(EDGE_IN, TOP_IN, FULL_IN, BOTTOM_IN - TOP_IN)
        return [first, *others, *_figures(replace(page.scene, cards=()), page.scene, full, drawn, ruler)]
    return [replace(first, charts=side), *others]


def _side_by_side(drawn: Sequence[StoryChart], room: Box) -> tuple[tuple[StoryChart, Box], ...]:
    width = (room.width - _COLUMN_GAP_IN * (len(drawn) - 1)) / max(1, len(drawn))
    return tuple(
        (chart, Box(room.left + i * (width + _COLUMN_GAP_IN), room.top, width, room.height))
        for i, chart in enumerate(drawn)
    )


def _one_below_other(drawn: Sequence[StoryChart], room: Box) -> tuple[tuple[StoryChart, Box], ...]:
    height = (room.height - GAP_IN * (len(drawn) - 1)) / max(1, len(drawn))
    return tuple(
        (chart, Box(room.left, room.top + i * (height + GAP_IN), room.width, height)) for i, chart in enumerate(drawn)
    )


def _column(page: Page, column: Box, sizes: Sequence[float], ruler: Ruler) -> list[Page]:
    """Text, quotation and problems in a column, on further pages what does not fit."""
    for size in (*sizes, _LAST_PT):
        placed, below = _stacked(page, column, size, ruler)
        if below <= column.bottom + 1e-6:
            return [placed]
    return _spread(page, column, ruler)


def _stacked(page: Page, column: Box, size: float, ruler: Ruler) -> tuple[Page, float]:
    """The page with its column filled from the top, and where that ends."""
    y = column.top
    scene = page.scene
    if scene.paragraphs:
        height = ruler.height_in(scene.paragraphs, size, column.width, gap_pt(size))
        page = replace(page, text=Text(Box(column.left, y, column.width, height), size, scene.paragraphs))
        y += height + GAP_IN
    if scene.quote is not None:
        height = quote_height(scene, column.width, ruler)
        page = replace(page, quote=Box(column.left, y, column.width, height))
        y += height + GAP_IN
    if page.problems:
        height = problem_height(page.problems, column.width, ruler)
        page = replace(page, problem_box=Box(column.left, y, column.width, height))
        y += height + GAP_IN
    return page, y - GAP_IN if y > column.top else y


def quote_height(scene: StoryScene, width: float, ruler: Ruler) -> float:
    """Inches that the quotation takes with its insets."""
    words, citation = quote_lines(scene)
    room = width - 2 * QUOTE_INSET_IN
    lines = len(ruler.wrapped(words, QUOTE_PT, room)) * line_pt(QUOTE_PT)
    lines += len(ruler.wrapped(citation, CITATION_PT, room)) * line_pt(CITATION_PT)
    return lines * POINT_IN + 2 * QUOTE_INSET_IN


def problem_height(problems: Sequence[str], width: float, ruler: Ruler) -> float:
    """Inches that the box of problems takes with its insets."""
    return ruler.height_in(problems, PROBLEM_PT, width - 2 * QUOTE_INSET_IN) + 2 * QUOTE_INSET_IN


def _spread(page: Page, column: Box, ruler: Ruler) -> list[Page]:
    """Text over as many pages as it takes in the smallest size; quotation and problems where there is room for them."""
    size, step = _LAST_PT, line_pt(_LAST_PT) * POINT_IN
    full = Box(EDGE_IN, TOP_IN, FULL_IN, BOTTOM_IN - TOP_IN)
    waiting, made, room, base = list(page.scene.paragraphs), [], column, page
    base = replace(base, problems=())
    while waiting:
        taken, waiting = _taken(waiting, size, room, step, ruler)
        height = ruler.height_in(taken, size, room.width, gap_pt(size))
        made.append(replace(base, text=Text(Box(room.left, room.top, room.width, height), size, tuple(taken))))
        base, room = Page(page.scene, suffix="（续）"), full
    return [*made, *_rest(page, full, ruler)]


def _rest(page: Page, full: Box, ruler: Ruler) -> list[Page]:
    """Quotation and problems on a page of their own, cut only by what a page holds."""
    if page.scene.quote is None and not page.problems:
        return []
    bare = Page(replace(page.scene, paragraphs=()), suffix="（续）", problems=page.problems)
    placed, below = _stacked(bare, full, _LAST_PT, ruler)
    over = below - full.bottom
    if over > 0 and placed.quote is not None:
        placed = replace(placed, quote=replace(placed.quote, height=max(1.0, placed.quote.height - over)))
        if placed.problem_box is not None:
            assert placed.quote is not None
            top = placed.quote.bottom + GAP_IN
            placed = replace(placed, problem_box=replace(placed.problem_box, top=top))
    return [replace(placed, scene=page.scene)]


def _taken(waiting: Sequence[str], size: float, room: Box, step: float, ruler: Ruler) -> tuple[list[str], list[str]]:
    """Paragraphs that fit the room, the last one perhaps in part, and what is left."""
    taken: list[str] = []
    left = room.height
    for number, text in enumerate(waiting):
        lines = ruler.wrapped(text, size, room.width)
        most = max(0 if taken else 1, int((left + 1e-6) / step))
        if len(lines) > most:
            begun = "".join(lines[:most])
            rest = text[_consumed(text, begun) :]
            return ([*taken, begun] if most else taken), [rest, *waiting[number + 1 :]]
        taken.append(text)
        left -= len(lines) * step + gap_pt(size) * POINT_IN
    return taken, []


def _consumed(text: str, begun: str) -> int:
    """How many characters of ``text`` its first lines hold; spaces at their ends were dropped."""
    at = 0
    for sign in begun:
        while text[at] != sign:
            at += 1
        at += 1
    return at
