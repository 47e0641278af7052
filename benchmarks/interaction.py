"""One open forest page: filter → recoloured, panning, heap of the map's frame."""

from __future__ import annotations

import json
from html import escape
from typing import Any
from urllib.parse import urljoin

from playwright.sync_api import Browser, ViewportSize

from benchmarks.browser import Visit, visiting
from benchmarks.cold import map_drawn
from benchmarks.figures import Figure, Result, at_most

_PATIENCE_S = 20.0
_QUIET_MS = 1200
#: Bars of the first chart wide enough to be hit, in page coordinates.
_BARS = """[...document.querySelector('.js-plotly-plot').querySelectorAll('g.point path')]
  .map((p) => p.getBoundingClientRect()).filter((r) => r.width > 12).slice(0, 4)
  .map((r) => [r.x + r.width / 2, r.y + r.height / 2])"""
#: An entry of the list that is no species.
_CHOOSE_ALL = ("Select all", "全选")
_DRAGS, _DRAG_STEPS = 8, 25


def filters(browser: Browser, url: str, rounds: int) -> Result:
    """From a press in the page to the recoloured map: a bar of a chart, and a choice in the filter panel."""
    with visiting(browser, f"{url}/forest") as visit:
        map_drawn(visit)
        visit.page.wait_for_timeout(_QUIET_MS)
        bars = _by_bars(visit, rounds)
    with visiting(browser, f"{url}/forest") as visit:
        map_drawn(visit)
        visit.page.wait_for_timeout(_QUIET_MS)
        panel = _by_panel(visit, rounds)
    bar_s = Figure("click on a bar → map recoloured", "s", tuple(s for s, _ in bars))
    panel_s = Figure("choice in the filter panel → map recoloured", "s", tuple(s for s, _ in panel))
    recolour = Figure("of that, repainting all tiles", "ms", tuple(ms for _, ms in [*bars, *panel]))
    return Result(
        "filter",
        "Filter → map recoloured",
        "On the open forest page, from the browser's time stamp of the pointer press to the painted frame in which "
        "the map shows its tiles anew: server run, messages and component included. Once by clicking bars of the "
        "species chart (choosing and unchoosing in turn), once by choosing species in the filter panel. The "
        "repainting is what the map itself measures (`lastRecolourMs`).",
        (bar_s, panel_s, recolour),
        (
            at_most("bar → recoloured, median", bar_s.median, 0.5, "s"),
            at_most("filter panel → recoloured, median", panel_s.median, 0.5, "s"),
            at_most("repainting in the browser, worst", recolour.high, 100, "ms"),
        ),
    )


def _by_bars(visit: Visit, rounds: int) -> list[tuple[float, float]]:
    found = []
    for turn in range(rounds):
        places = visit.ask(_BARS, top=True)
        x, y = places[(turn // 2) % len(places)]
        found.append(_after(visit, lambda at=(x, y): visit.page.mouse.click(*at)))
    return found


def _by_panel(visit: Visit, rounds: int) -> list[tuple[float, float]]:
    page = visit.page
    page.get_by_role("button", name="筛选", exact=False).first.click()
    field = page.get_by_role("combobox", name="优势树种", exact=False)
    field.wait_for()
    page.wait_for_timeout(_QUIET_MS)
    field.click()
    page.get_by_role("option").nth(1).wait_for()
    names = [name for name in page.get_by_role("option").all_inner_texts() if name not in _CHOOSE_ALL]
    found = []
    for name in names[:rounds]:
        option = page.get_by_role("option", name=name, exact=True)
        if not option.count():  # the list closes now and then
            field.click()
            option.wait_for()
        found.append(_after(visit, option.click))
    return found


def _after(visit: Visit, act: Any) -> tuple[float, float]:
    """Seconds from the press that ``act`` makes to the next painting, and the map's own milliseconds for it."""
    before = visit.now_ms()
    act()

    def painted() -> list[float]:
        presses = [t for t in visit.ask("window.__bench.presses", top=True) or [] if t >= before]
        paints = visit.ask("window.__bench.paints") or []
        after = [t for t in paints if presses and t > presses[-1]]
        return [after[0] - presses[-1]] if after else []

    took_ms = visit.wait(painted, _PATIENCE_S, "no repainting after a filter")[0]
    recolour_ms = float(visit.ask("window.pingchang.stats().lastRecolourMs"))
    visit.page.wait_for_timeout(_QUIET_MS)
    return took_ms / 1000, recolour_ms


def panning(browser: Browser, url: str, rounds: int) -> Result:
    """Long tasks while the reader drags the map, and the heap of the map's frame afterwards."""
    tasks: list[float] = []
    dragged_s = 0.0
    whole: list[float] = []
    alone: list[float] = []
    for _ in range(rounds):
        with visiting(browser, f"{url}/forest") as visit:
            map_drawn(visit)
            visit.page.wait_for_timeout(_QUIET_MS)
            longest, seconds = _pan_everywhere(visit)
            tasks += longest
            dragged_s += seconds
            whole.append(visit.heap_mb())
            alone.append(_frame_alone(browser, visit))
    figures = [
        Figure("heap of the map's frame alone, after panning", "MB", tuple(alone)),
        Figure("heap of the whole page, after panning", "MB", tuple(whole), "charts, Streamlit and map"),
        Figure("tasks over 50 ms while panning", "", (float(len(tasks)),), f"in {dragged_s:.0f} s of dragging"),
    ]
    if tasks:
        figures.append(Figure("their length", "ms", tuple(tasks)))
    return Result(
        "map",
        "Map frame",
        f"{_DRAGS} drags of 250 px in {_DRAG_STEPS} steps at the opening zoom and again three levels deeper (new "
        "tiles arrive while dragging). Tasks over 50 ms: `PerformanceObserver('longtask')` in the map's frame, "
        "which sees the page's tasks too, because both share a thread. Heap: `Runtime.getHeapUsage`, live objects "
        "and typed arrays after garbage collection. Page and frame share one heap, so the frame is measured by "
        "opening the component alone in a new browser context with the arguments that the page had sent it, and "
        "dragging it the same way.",
        tuple(figures),
        (
            at_most("heap of the map's frame", figures[0].median, 40, "MB"),
            at_most("tasks over 50 ms while panning", len(tasks), 0),
        ),
    )


def _pan_everywhere(visit: Visit) -> tuple[list[float], float]:
    frame = visit.frame()
    box = frame.frame_element().bounding_box() if frame and frame.parent_frame else None
    size = visit.page.viewport_size or {"width": 0, "height": 0}
    box = box or {"x": 0.0, "y": 0.0, "width": float(size["width"]), "height": float(size["height"])}
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    longest, seconds = _pan(visit, x, y)
    visit.page.mouse.move(x, y)
    for _ in range(3):
        visit.page.mouse.wheel(0, -120)
        visit.page.wait_for_timeout(700)
    map_drawn(visit)
    deeper, more = _pan(visit, x, y)
    return longest + deeper, seconds + more


def _pan(visit: Visit, x: float, y: float) -> tuple[list[float], float]:
    start = visit.now_ms()
    for turn in range(_DRAGS):
        dx, dy = ((125, 0), (0, 110), (-125, 0), (0, -110))[turn % 4]
        visit.page.mouse.move(x - dx, y - dy)
        visit.page.mouse.down()
        visit.page.mouse.move(x + dx, y + dy, steps=_DRAG_STEPS)
        visit.page.mouse.up()
        visit.page.wait_for_timeout(200)
    end = visit.now_ms()
    visit.page.wait_for_timeout(500)
    tasks = visit.ask("window.__bench.long") or []
    return [length for begun, length, _ in tasks if start <= begun <= end], (end - start) / 1000


def _frame_alone(browser: Browser, visit: Visit) -> float:
    """Heap of the component in an empty page of our origin, fed with what the real page had sent."""
    frame = visit.frame()
    assert frame is not None
    message = json.dumps(visit.ask("window.__bench.renders"))
    box = frame.frame_element().bounding_box()
    assert box is not None
    size: ViewportSize = {"width": int(box["width"]), "height": int(box["height"])}
    parent = urljoin(frame.url, "/alone")
    whole = f"width:{size['width']}px;height:{size['height']}px;border:0;display:block"
    page = f"<!doctype html><body style='margin:0'><iframe src='{escape(frame.url)}' style='{whole}'></iframe>"
    with visiting(browser, urljoin(frame.url, "/healthz"), window=size) as alone:
        alone.page.route(parent, lambda route: route.fulfill(content_type="text/html", body=page))
        alone.page.goto(parent)
        alone.wait(lambda: alone.ask("document.readyState === 'complete'"), _PATIENCE_S, "component")
        alone.page.wait_for_timeout(500)
        alone.ask(f"frames[0].postMessage({message}, '*')", top=True)
        map_drawn(alone)
        _pan_everywhere(alone)
        return alone.heap_mb()
