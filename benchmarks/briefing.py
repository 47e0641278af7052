"""The shipped briefing: from scene to scene in the player, as one file, as maps and as slides."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

from playwright.sync_api import Browser

from benchmarks.browser import Visit, visiting
from benchmarks.carbon import open_atlas, timed
from benchmarks.data import Dataset
from benchmarks.figures import Figure, Result, at_most
from pingchang_geo.briefing import Story, parse
from pingchang_geo.settings import PROJECT_ROOT
from pingchang_geo.store.briefings import SHIPPED_DIR
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.briefings import handout, pictures, slides
from pingchang_geo.workflow.briefings.playing import single_file
from pingchang_geo.workflow.briefings.telling import tell

_PATIENCE_S = 30.0
_PAUSE_MS = 300
_SETTLED = "window.PingchangBriefing && window.PingchangBriefing.stats().settledAt"
#: The browser's time of the last key press, before anything handles it.
_LISTEN = "window.addEventListener('keydown', (event) => (window.__pressed = event.timeStamp), true)"


def next_scene(browser: Browser, url: str, plots: int, rounds: int) -> Result:
    """Key press → map, texts and charts settled, for every scene of the shipped briefing."""
    first, again, opened, maps = [], [], [], []
    for _ in range(rounds):
        with visiting(browser, f"{url}/play/default") as visit:
            stats = _settled(visit)
            opened.append(float(stats["settledAt"]) / 1000)
            visit.page.evaluate(_LISTEN)
            first += [_after(visit, "ArrowRight") for _ in range(stats["count"] - 1)]
            visit.page.keyboard.press("Home")
            _settled(visit)
            again += [_after(visit, "ArrowRight") for _ in range(stats["count"] - 1)]
            maps.append(int(_settled(visit)["maps"]))
    shown = Figure("next scene, shown for the first time", "s", tuple(first), "its data is fetched")
    repeated = Figure("next scene, shown before", "s", tuple(again))
    return Result(
        "briefing",
        "Next scene of a briefing",
        f"The shipped briefing over {plots:,} plots, played from the first scene to the last in a browser with nothing "
        "kept, and once more. From the browser's time stamp of the key press until the map has landed and painted "
        "everything visible and the charts stand; a flight of 0.45 s is part of it where the extent changes.",
        (
            shown,
            repeated,
            Figure("opening: navigation → first scene settled", "s", tuple(opened)),
            Figure("maps made in a whole briefing", "", tuple(float(count) for count in maps)),
        ),
        (
            at_most("next scene, median", shown.median, 0.7, "s"),
            at_most("maps made in a whole briefing", max(maps), 1),
        ),
    )


def one_file(data: Dataset, usual: Dataset, rounds: int) -> Result:
    """The shipped briefing as one HTML file: seconds over ``data``, size over the ``usual`` reference layers."""
    seconds, sizes = [], []
    for _ in range(rounds):
        took, body = timed(partial(_file, open_atlas(data)))
        seconds.append(took)
        sizes.append(len(body) / 1e6)
    small = _file(open_atlas(usual))
    file = Figure("briefing looked up and written", "s", tuple(seconds), "every round opens the layers anew")
    return Result(
        "briefing",
        "A briefing as one HTML file",
        f"Story, map, tiles to zoom 13, columns, outlines and libraries in one file, over {data.plots:,} plots; the "
        f"size also over {usual.plots:,}.",
        (
            file,
            Figure(f"size, {data.plots:,} plots", "MB", tuple(sizes)),
            Figure(f"size, {usual.plots:,} plots", "MB", (len(small) / 1e6,)),
        ),
        (
            at_most("written, slowest", file.high, 15, "s"),
            at_most(f"size over {usual.plots:,} plots", len(small) / 1e6, 15, "MB"),
        ),
    )


def on_paper(data: Dataset, rounds: int) -> Result:
    """The shipped briefing's maps, its PowerPoint deck and its handout over ``data``."""
    atlas = open_atlas(data)
    story = _told(atlas)
    shown = [scene.map for scene in story.scenes if scene.map is not None]
    # Another day each time, as pictures of a day are kept; the first picture pays for reading columns and outlines.
    days = iter(f"2000-{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 29))
    first, _ = timed(partial(pictures.draw, shown[0], atlas, pictures.SHEET, on=next(days)))
    maps = [
        timed(partial(pictures.draw, one, atlas, pictures.SHEET, on=day))[0]
        for day in (next(days) for _ in range(rounds))
        for one in shown
    ]
    decks, handouts = [], []
    for day in (next(days) for _ in range(rounds)):
        took, deck = timed(partial(slides.deck, story, atlas, on=day))
        decks.append(took)
        handouts.append(timed(partial(handout.handout, story, atlas, made_at=datetime(2000, 1, 1, tzinfo=UTC)))[0])
    map_figure = Figure("a scene's map, 1920 × 1080", "s", tuple(maps), f"{len(shown)} maps, {rounds} times")
    deck_figure = Figure(
        "PowerPoint deck", "s", tuple(decks), f"{deck.slides} slides, {len(deck.content) / 1e6:.1f} MB"
    )
    return Result(
        "briefing",
        "Maps, slides and handout of a briefing",
        f"Every map of the shipped briefing's {len(story.scenes)} scenes over {data.plots:,} plots as a picture of its "
        "own; then the whole deck with all its maps drawn anew at 220 dots an inch, native charts, notes; then the "
        "PDF handout, whose maps are drawn anew only in the first round.",
        (
            Figure("the first map of a process", "s", (first,)),
            map_figure,
            deck_figure,
            Figure("PDF handout", "s", tuple(handouts)),
        ),
        (
            at_most("map 1920 × 1080, median", map_figure.median, 1.5, "s"),
            at_most("deck, slowest", deck_figure.high, 20, "s"),
        ),
    )


def _told(atlas: Atlas) -> Story:
    return tell(parse((SHIPPED_DIR / "default.toml").read_bytes()), atlas, approval="")


def _file(atlas: Atlas) -> bytes:
    return single_file(_told(atlas), atlas, PROJECT_ROOT / "web")


def _settled(visit: Visit) -> dict[str, Any]:
    visit.wait(lambda: visit.ask(_SETTLED, top=True), _PATIENCE_S, "the scene does not settle")
    found: dict[str, Any] = visit.ask("window.PingchangBriefing.stats()", top=True)
    return found


def _after(visit: Visit, key: str) -> float:
    """Seconds from the press of a key to the settled scene."""
    visit.page.wait_for_timeout(_PAUSE_MS)
    visit.page.keyboard.press(key)
    stats = _settled(visit)
    return (float(stats["settledAt"]) - float(visit.ask("window.__pressed", top=True))) / 1000
