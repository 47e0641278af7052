"""The player of briefings in a browser: as a presenter drives it, from the server and from a file without a network."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from pingchang_geo.briefing import Briefing, Feature, LayerView, Scene, SceneMap, parse
from pingchang_geo.settings import PROJECT_ROOT
from pingchang_geo.store import LocalStore
from pingchang_geo.store.briefings import SHIPPED_DIR
from pingchang_geo.workflow.atlas import Atlas, load
from pingchang_geo.workflow.briefings.playing import single_file
from pingchang_geo.workflow.briefings.telling import tell
from tests.e2e.board import WAIT_MS
from tests.e2e.conftest import Server

#: The issue's limit for the one file.
MOST_BYTES = 15_000_000
_SETTLED = "() => Boolean(window.PingchangBriefing && window.PingchangBriefing.stats().settledAt)"
_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => console.error("VIOLATION " + event.violatedDirective));
"""
#: Whether a point of the map has a colour of the id tiles beneath it, in page coordinates.
_SPOT = """() => {
  const map = document.querySelector('.bf-map').getBoundingClientRect();
  for (const canvas of document.querySelectorAll('canvas.leaflet-tile')) {
    const at = canvas.getBoundingClientRect(), scale = canvas.width / at.width;
    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    for (let y = 6; y < at.height - 6; y += 5)
      for (let x = 6; x < at.width - 6; x += 5) {
        const px = at.left + x, py = at.top + y;
        if (px < map.left + 60 || px > map.right - 260 || py < map.top + 60 || py > map.bottom - 120) continue;
        const around = [[-3, -3], [3, -3], [0, 0], [-3, 3], [3, 3]];
        const place = (dx, dy) => Math.round((y + dy) * scale) * canvas.width + Math.round((x + dx) * scale);
        const solid = ([dx, dy]) => data[4 * place(dx, dy) + 3] > 0;
        if (around.every(solid)) return [px, py];
      }
  }
  return null;
}"""


#: Least height of letters as a share of the screen's: what the back row must read, and what is for the record.
LEAST = {".bf-text": 0.021, ".bf-card dt": 0.0165, ".bf-plot text": 0.0155, ".bf-tag, .bf-sources": 0.012}
_LETTERS = """(kinds) => Object.fromEntries(kinds.map((kind) => [kind, Math.min(...[...document.querySelectorAll(kind)]
  .filter((e) => e.textContent.trim()).map((e) => parseFloat(getComputedStyle(e).fontSize) / innerHeight))]))"""


@dataclass
class Show:
    """A page that plays, and everything it asked for or complained about."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, address: str) -> Show:
        self.page.goto(address)
        return self.settle()

    def settle(self) -> Show:
        # wait_for_function evaluates text, which the policy of the pages forbids
        for _ in range(WAIT_MS // 50):
            if self.page.evaluate(_SETTLED):
                return self
            self.page.wait_for_timeout(50)
        raise AssertionError(f"not settled: {self.complaints}")

    def map_size(self) -> tuple[int, int]:
        """Pixels of the map, also of one that is not shown."""
        size: list[int] = self.page.evaluate(
            "() => { const { x, y } = window.pingchang.atlas.map.getSize(); return [x, y]; }"
        )
        return size[0], size[1]

    def idle(self) -> None:
        """Wait until the next scene has been foreseen and nothing has been asked for during a while."""
        _until(self.page, lambda: self.stats()["foreseen"] == self.stats()["index"] + 1)
        seen = -1
        while seen < len(self.requests):
            seen = len(self.requests)
            self.page.wait_for_timeout(400)

    def stats(self) -> dict[str, Any]:
        found: dict[str, Any] = self.page.evaluate("() => window.PingchangBriefing.stats()")
        return found

    def press(self, *keys: str) -> int:
        """Index of the scene after the keys."""
        for key in keys:
            self.page.keyboard.press(key)
        return int(self.stats()["index"])

    def title(self) -> str:
        return self.page.locator(".bf-panel .bf-title").inner_text()


def show(context: BrowserContext) -> Show:
    context.add_init_script(_VIOLATIONS)
    made = Show(context.new_page())
    made.page.on("request", lambda request: made.requests.append(request.url))
    made.page.on(
        "console", lambda said: made.complaints.append(said.text) if said.type in {"error", "warning"} else None
    )
    made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
    return made


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    yield opened
    opened.close()


@pytest.fixture
def playing(context: BrowserContext, server: Server) -> Iterator[Show]:
    made = show(context).open(f"{server.url}/play/default")
    yield made
    assert made.complaints == []
    assert [url for url in made.requests if not url.startswith(server.url)] == []


@pytest.fixture(scope="module")
def atlas(server: Server) -> Atlas:
    return load(LocalStore(server.data_dir))


def shipped() -> Briefing:
    return parse((SHIPPED_DIR / "default.toml").read_bytes())


def saved(folder: Path, briefing: Briefing, atlas: Atlas) -> str:
    """Address of a briefing as one file on the disk."""
    path = folder / "briefing.html"
    path.write_bytes(single_file(tell(briefing, atlas, approval=""), atlas, PROJECT_ROOT / "web"))
    return path.as_uri()


def test_keys_and_clickers(playing: Show) -> None:
    last = playing.stats()["count"] - 1
    assert playing.press("ArrowRight", "PageDown", " ") == 3
    assert playing.press("ArrowLeft", "PageUp") == 1
    assert playing.press("End") == last
    assert playing.press("ArrowRight") == last
    assert playing.press("Home") == 0
    assert playing.press("ArrowLeft") == 0
    assert playing.press("1", "2", "Enter") == 11
    assert playing.press("9", "9", "Enter") == 11
    playing.settle()


def test_the_next_scene_lies_ready(playing: Show) -> None:
    """What a scene needs is fetched while the one before it is shown: all of it where both maps have the same size.

    Where the texts take more of the width, the map is smaller than foreseen and may need a few tiles more.
    """
    late, alike = [], 0
    size = playing.map_size()
    for _ in range(playing.stats()["count"] - 1):
        playing.idle()
        before = len(playing.requests)
        playing.press("ArrowRight")
        playing.settle()
        asked = [url for url in playing.requests[before:] if "/tiles/" in url or "/columns/" in url]
        now = playing.map_size()
        if now == size and asked:
            late.append((playing.stats()["index"], asked))
        alike += now == size
        size = now
    assert late == []
    assert alike > 5
    assert len([url for url in playing.requests if "/tiles/" in url]) > 30


def test_focus_in_the_map_and_on_buttons_takes_no_key_away(playing: Show) -> None:
    x, y = playing.page.evaluate(
        "() => { const r = document.querySelector('.bf-map').getBoundingClientRect(); return [r.x + 200, r.y + 200]; }"
    )
    playing.page.mouse.click(x, y)
    assert playing.press("ArrowRight") == 1
    playing.page.get_by_role("button", name="下一场景").click()
    assert playing.press(" ") == 3
    playing.page.get_by_role("combobox", name="自动播放间隔").select_option("10")
    assert playing.press("PageUp") == 2
    playing.settle()


def test_dark_screen_lifts_before_anything_moves(playing: Show) -> None:
    playing.press("b")
    expect(playing.page.locator(".bf-black")).to_be_visible()
    assert playing.press("ArrowRight") == 0
    expect(playing.page.locator(".bf-black")).to_be_hidden()
    playing.press(".", ".")
    assert playing.stats()["black"] is False


def test_full_screen_contents_help_and_escape(playing: Show) -> None:
    page = playing.page
    playing.press("f")
    assert page.evaluate(
        "async () => { await new Promise((r) => setTimeout(r, 300)); return !!document.fullscreenElement; }"
    )
    playing.press("?")
    expect(page.get_by_role("dialog", name="键盘和翻页笔")).to_be_visible()
    playing.press("m")
    expect(page.get_by_role("dialog", name="键盘和翻页笔")).to_be_hidden()
    contents = page.get_by_role("dialog", name="场景目录")
    expect(contents.get_by_role("button")).to_have_count(playing.stats()["count"])
    playing.press("ArrowDown", "ArrowDown", "Enter")
    assert playing.stats()["index"] == 2
    expect(contents).to_be_hidden()
    playing.press("f")
    assert page.evaluate(
        "async () => { await new Promise((r) => setTimeout(r, 300)); return !document.fullscreenElement; }"
    )
    playing.press("Escape")
    expect(contents).to_be_visible()
    playing.press("Escape")
    expect(contents).to_be_hidden()
    playing.press("p")
    expect(page.locator(".bf-time")).to_have_text(re.compile(r"^\d+:\d\d$"))


def test_one_map_for_all_scenes(playing: Show) -> None:
    page = playing.page
    page.evaluate("() => { window.first = [document.querySelector('.leaflet-container'), window.pingchang.atlas]; }")
    for _ in range(playing.stats()["count"] - 1):
        playing.press("ArrowRight")
        playing.settle()
    assert playing.stats()["maps"] == 1
    assert page.locator(".leaflet-container").count() == 1
    assert page.evaluate(
        "() => document.querySelector('.leaflet-container') === first[0] && window.pingchang.atlas === first[1]"
    )
    assert len([url for url in playing.requests if "/play/" in url]) == 1
    # the last scene names every source
    expect(page.locator(".bf-sourcelist li").first).to_contain_text("加快推动平昌绿色低碳转型研究")


def test_scenes_say_what_they_must_and_nothing_is_cut_off(playing: Show) -> None:
    page = playing.page
    expect(page.locator(".bf-story")).to_have_text("平昌县生态资产一张图")
    marked = 0
    for index in range(playing.stats()["count"]):
        if index:
            playing.press("ArrowRight")
            playing.settle()
        assert page.locator(".bf-overfull").count() == 0, playing.title()
        cut = page.evaluate(
            """() => [...document.querySelectorAll('.bf-text, .bf-title, .bf-card, .bf-card dt, .bf-value, .bf-plot')]
              .filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0).map((e) => e.className)"""
        )
        assert cut == [], playing.title()
        letters = page.evaluate(_LETTERS, list(LEAST))
        assert not {k: v for k, v in letters.items() if v is not None and v < LEAST[k]}, playing.title()
        marked += page.locator(".bf-section .pc-badge", has_text="示意数据").count()
        if page.locator(".bf-wide").count():
            assert page.evaluate("() => document.querySelector('.bf-panel').clientWidth === innerWidth")
    assert marked >= 8


def test_a_scene_comes_back_to_its_place(playing: Show) -> None:
    page = playing.page
    playing.press("ArrowRight")
    playing.settle()
    where = (
        "() => { const { map } = window.pingchang.atlas, c = map.getCenter(); return [c.lat, c.lng, map.getZoom()]; }"
    )
    before = page.evaluate(where)
    page.evaluate("() => window.pingchang.atlas.map.setView([31.4, 107.1], 13, { animate: false })")
    playing.press("ArrowRight", "ArrowLeft")
    playing.settle()
    assert page.evaluate(where) == pytest.approx(before, abs=2e-3)


def test_dark_theme_and_a_scene_by_its_address(context: BrowserContext, server: Server) -> None:
    made = show(context).open(f"{server.url}/play/default?theme=dark&scene=stock")
    assert made.stats()["theme"] == "dark"
    assert made.title() == "森林碳储量"
    look = "() => getComputedStyle(document.body).backgroundColor"
    assert made.page.evaluate(look) == "rgb(14, 21, 18)"
    legend = "() => getComputedStyle(document.querySelector('.pc-legends')).color"
    assert made.page.evaluate(legend) == "rgb(241, 246, 243)"
    made.press("t")
    assert made.stats()["theme"] == "light"
    assert made.page.evaluate(look) == "rgb(255, 255, 255)"
    assert made.complaints == []


def test_automatic_advance_stops_at_the_end(context: BrowserContext, server: Server) -> None:
    made = show(context).open(f"{server.url}/play/default?scene=goals&auto=3")
    index = made.stats()["index"]
    assert made.stats()["auto"] is True
    made.page.wait_for_timeout(3600)
    assert made.stats()["index"] == index + 1
    made.page.wait_for_timeout(3200)
    assert made.stats()["index"] == index + 1
    assert made.stats()["auto"] is False


def _desk(playing: Show) -> Page:
    with playing.page.context.expect_page() as opened:
        playing.press("n")
    desk = opened.value
    desk.wait_for_selector(".bf-desk-notes")
    return desk


def _until(page: Page, met: Callable[[], bool]) -> None:
    for _ in range(100):
        if met():
            return
        page.wait_for_timeout(50)
    raise AssertionError("did not come about")


def test_the_presenters_window_survives_reloads_of_both(playing: Show) -> None:
    desk = _desk(playing)
    playing.press("ArrowRight")
    expect(desk.locator(".bf-desk-place")).to_have_text("2 / 16")
    expect(desk.locator(".bf-desk-next h3")).not_to_be_empty()
    notes = desk.locator(".bf-desk-notes").inner_text()
    assert len(notes) > 20
    desk.keyboard.press("PageDown")
    _until(desk, lambda: playing.stats()["index"] == 2)
    expect(desk.locator(".bf-desk-place")).to_have_text("3 / 16")
    desk.reload()
    expect(desk.locator(".bf-desk-place")).to_have_text("3 / 16")
    playing.page.reload()
    playing.settle()
    assert playing.stats()["index"] == 2
    desk.keyboard.press("ArrowRight")
    _until(desk, lambda: playing.stats()["index"] == 3)
    expect(desk.locator(".bf-desk-place")).to_have_text("4 / 16")
    expect(desk.locator(".bf-desk-clock")).to_have_text(re.compile(r"^\d\d:\d\d$"))
    expect(desk.get_by_text("放映窗口已关闭")).to_be_hidden()
    assert playing.complaints == []
    playing.page.goto("about:blank")
    expect(desk.get_by_text("放映窗口已关闭")).to_be_visible(timeout=10_000)
    desk.close()
    playing.complaints.clear()  # of a window that spoke to the blank page


def test_from_a_file_without_a_network(context: BrowserContext, atlas: Atlas, tmp_path: Path) -> None:
    address = saved(tmp_path, shipped(), atlas)
    assert (tmp_path / "briefing.html").stat().st_size <= MOST_BYTES
    context.set_offline(True)
    made = show(context).open(address)
    for _ in range(made.stats()["count"] - 1):
        made.press("ArrowRight")
        made.settle()
    assert made.requests == [address]
    assert made.complaints == []
    assert made.stats()["maps"] == 1

    page = made.page
    made.press("4", "Enter")
    made.settle()
    zoom = page.evaluate("() => window.pingchang.atlas.map.getZoom()")
    spot = page.evaluate(_SPOT)
    assert spot, "no plot on the screen"
    page.mouse.move(*spot)
    expect(page.locator(".pc-tooltip")).to_contain_text("森林小班")
    expect(page.locator(".pc-tooltip")).not_to_contain_text("…")
    page.mouse.wheel(0, -300)
    _until(page, lambda: page.evaluate("() => window.pingchang.atlas.map.getZoom()") > zoom)
    page.mouse.down()
    page.mouse.move(spot[0] + 80, spot[1] + 40, steps=4)
    page.mouse.up()
    _until(page, lambda: bool(page.evaluate("() => window.pingchang.stats().drawn")))
    page.mouse.click(*spot)
    desk = _desk(made)
    expect(desk.locator(".bf-desk-place")).to_have_text("4 / 16")
    desk.keyboard.press("ArrowRight")
    _until(desk, lambda: made.stats()["index"] == 4)
    desk.reload()
    expect(desk.locator(".bf-desk-place")).to_have_text("5 / 16")
    assert made.requests == [address]
    assert made.complaints == []


def _scene(name: str, **given: Any) -> Scene:
    return Scene(id=name, section="试", title=given.pop("title", "试讲"), **given)


def test_what_is_missing_is_said_in_its_place(context: BrowserContext, atlas: Atlas, tmp_path: Path) -> None:
    gone = SceneMap(layers=(LayerView("volcanoes"), LayerView("redline")))
    hostile = "<img src=x onerror=alert(1)><b>粗</b>"
    told = Briefing(
        name="odd",
        title="试讲",
        scenes=(_scene("gone", map=gone, text=("正文",)), _scene("hostile", text=(hostile,), notes=hostile)),
    )
    made = show(context).open(saved(tmp_path, told, atlas))
    expect(made.page.locator(".bf-panel .bf-problem").first).to_contain_text("volcanoes")
    expect(made.page.locator(".bf-text")).to_have_text("正文")
    assert made.page.evaluate("() => 'redline' in window.pingchang.stats().legends")
    made.press("m")
    expect(made.page.get_by_text("需要处理")).to_be_visible()
    made.press("Escape", "ArrowRight")
    made.settle()
    expect(made.page.locator(".bf-text")).to_have_text(hostile)
    assert made.page.locator(".bf-panel img, .bf-text b").count() == 0
    assert made.complaints == []


def test_several_features_are_outlined_and_a_click_leaves_them(
    context: BrowserContext, atlas: Atlas, tmp_path: Path
) -> None:
    names = [atlas["scenic"].title_of(row) for row in (0, 1, 2)]
    marked = SceneMap(layers=(LayerView("scenic"),), select=tuple(Feature("scenic", name) for name in names))
    bare = SceneMap(layers=(LayerView("scenic"),))
    scenes = (_scene("marked", map=marked), _scene("bare", map=bare))
    made = show(context).open(saved(tmp_path, Briefing(name="marks", title="试讲", scenes=scenes), atlas))
    lines = made.page.locator(".leaflet-pc-select-pane path")
    expect(lines).to_have_count(6)  # each with its casing
    made.page.evaluate("() => window.pingchang.atlas.inspector.close()")
    expect(lines).to_have_count(4)
    made.press("ArrowRight")
    made.settle()
    expect(lines).to_have_count(0)
    made.press("ArrowLeft")
    expect(lines).to_have_count(6)
    assert made.complaints == []


def test_a_briefing_without_scenes_says_so(context: BrowserContext, atlas: Atlas, tmp_path: Path) -> None:
    made = show(context)
    made.page.goto(saved(tmp_path, Briefing(name="empty", title="空", scenes=()), atlas))
    expect(made.page.get_by_text("没有可以放映的场景")).to_be_visible()
    made.press("ArrowRight", "End", "Home", "t", "b")
    assert made.complaints == []


def test_without_the_library_of_charts_the_numbers_stand_as_tables(context: BrowserContext, server: Server) -> None:
    context.route("**/vendor/plotly*/**", lambda route: route.abort())
    made = show(context).open(f"{server.url}/play/default?scene=woods")
    expect(made.page.locator(".bf-table tr").nth(1)).to_contain_text("柏木")
    made.press("ArrowRight")
    made.settle()
    assert [text for text in made.complaints if "ERR_FAILED" not in text] == []


def test_fingers_and_reduced_motion(browser: Browser, server: Server) -> None:
    with browser.new_context(
        viewport={"width": 1024, "height": 768}, has_touch=True, reduced_motion="reduce"
    ) as context:
        made = show(context).open(f"{server.url}/play/default")
        session = context.new_cdp_session(made.page)
        for start, end, index in ((900, 650, 1), (650, 900, 0)):
            for kind, x in (("touchStart", start), ("touchMove", end), ("touchEnd", None)):
                points = [] if x is None else [{"x": x, "y": 120}]
                session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
            assert made.stats()["index"] == index
        moved = "() => { let n = 0; window.pingchang.atlas.map.on('zoom move', () => n++); window.moves = () => n; }"
        made.page.evaluate(moved)
        made.press("1", "2", "Enter")
        made.settle()
        assert made.page.evaluate("() => window.moves()") <= 4  # one step, no flight
        assert made.complaints == []
