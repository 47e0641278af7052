"""The shipped briefing: from scene to scene in the player, and the whole story as one file."""

from __future__ import annotations

from functools import partial
from typing import Any

from playwright.sync_api import Browser

from benchmarks.browser import Visit, visiting
from benchmarks.carbon import open_atlas, timed
from benchmarks.data import Dataset
from benchmarks.figures import Figure, Result, at_most
from pingchang_geo.briefing import parse
from pingchang_geo.settings import PROJECT_ROOT
from pingchang_geo.store.briefings import SHIPPED_DIR
from pingchang_geo.workflow.atlas import Atlas
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


def _file(atlas: Atlas) -> bytes:
    shipped = parse((SHIPPED_DIR / "default.toml").read_bytes())
    return single_file(tell(shipped, atlas, approval=""), atlas, PROJECT_ROOT / "web")


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
