"""An analyst takes a map into a briefing, puts it in its place, writes, saves; what plays is what was made."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.board import WAIT_MS, Board
from tests.e2e.conftest import Server, start_server, stop_server, window
from tests.e2e.people import Cookies

NAME, TITLE = "pine-2025", "马尾松林的碳储量"
ROW = ".st-key-briefing_list [role=radiogroup] label"
HOSTILE = "<img src=x onerror=alert(1)>**粗**"
VIEW = "() => new URLSearchParams(location.search).get('view')"


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory, reference_data: Path) -> Iterator[Server]:
    """A server of its own: these tests save."""
    data = shutil.copytree(reference_data, tmp_path_factory.mktemp("briefing") / "data")
    started = start_server(data)
    yield started
    stop_server(started)


@pytest.fixture(scope="module")
def analyst(own_server: Server, browser: Browser) -> Cookies:
    """Somebody who may edit, signed in once for all tests."""
    return own_server.newcomer(browser, "张三", "analyst")


@pytest.fixture
def page(browser: Browser, analyst: Cookies) -> Iterator[Page]:
    """The analyst's window."""
    with window(browser, analyst) as opened:
        yield opened


def pick(page: Page, label: str, option: str | re.Pattern[str]) -> None:
    """Choose from a select box."""
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option).first.click()


def press(page: Page, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).click()
    Board(page, "").settle()


def rows(page: Page) -> list[str]:
    return page.locator(ROW).all_inner_texts()


def fill(page: Page, label: str, text: str) -> None:
    """Type into a field and leave it, which is when it is kept."""
    field = page.get_by_label(re.compile(rf"^{label}")).first
    field.fill(text)
    field.blur()
    Board(page, "").settle()


def capture(page: Page, server: Server) -> tuple[float, float]:
    """Take the filtered and moved map of 森林碳汇 into the shipped briefing; returns latitude, longitude it shows."""
    board = Board(page, server.url).open("forest?species=马尾松")
    page.mouse.move(*board.spot())
    for _ in range(3):
        page.mouse.wheel(0, -400)
        page.wait_for_timeout(400)
    page.wait_for_function("() => location.search.includes('view=')", timeout=WAIT_MS)
    board.wait_drawn()
    latitude, longitude, zoom, width, height = (float(part) for part in page.evaluate(VIEW).split(","))
    assert zoom > 10
    assert width > 500 and height > 300, "of the map that was seen"
    page.get_by_role("button", name="加入汇报").click()
    fill(page, "标题", TITLE)
    pick(page, "位置", re.compile("放在第 1 个"))
    board.settle()
    page.get_by_role("button", name="加入", exact=True).click()
    expect(page.get_by_text("第 2 个场景，尚未保存")).to_be_visible(timeout=WAIT_MS)
    return latitude, longitude


def test_from_a_map_to_what_plays(own_server: Server, page: Page) -> None:
    middle = capture(page, own_server)
    page.get_by_role("link", name="到「汇报」查看").click()
    board = Board(page, own_server.url)
    expect(page.get_by_text("有未保存的修改")).to_be_visible(timeout=WAIT_MS)
    board.wait_drawn()
    board.settle()
    assert TITLE in rows(page)[1]
    assert board.stats()["legends"]["forest"]["shown"] > 0
    # up, and a text of one's own
    press(page, "上移")
    expect(page.locator(ROW).first).to_contain_text(TITLE, timeout=WAIT_MS)
    page.get_by_text("编辑", exact=True).click()
    board.settle()
    fill(page, "正文", f"红线面积 {{ledger:redline_area_km2}}。\n{HOSTILE}")
    page.get_by_text("预览", exact=True).click()
    expect(page.get_by_text("红线面积 79.57 km²。")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_text(HOSTILE)).to_be_visible()
    # under a name of its own
    page.get_by_role("button", name="保存", exact=True).click()
    fill(page, "名称", NAME)
    press(page, "另存为新的汇报")
    expect(page.get_by_text(re.compile(f"已另存为「{NAME}」"))).to_be_visible(timeout=WAIT_MS)
    with page.context.expect_page() as opening:
        page.get_by_role("link", name="开始汇报").click()
    plays(opening.value, middle)


def plays(player: Page, middle: tuple[float, float]) -> None:
    """The player shows the captured scene: title, texts as texts, the filtered layer, the place."""
    expect(player.get_by_text(TITLE).first).to_be_visible(timeout=WAIT_MS)
    assert f"/play/{NAME}" in player.url
    expect(player.get_by_text("红线面积 79.57 km²。").first).to_be_visible()
    expect(player.get_by_text(HOSTILE).first).to_be_visible()
    player.wait_for_function("() => window.pingchang && window.pingchang.stats().drawn", timeout=WAIT_MS)
    player.wait_for_function("() => !window.pingchang.atlas.map._animatingZoom", timeout=WAIT_MS)
    told = player.evaluate("() => window.pingchang.atlas.state.layers.forest.filter")
    assert [rule["field"] for rule in told] == ["species"]
    inside = "([lat, lng]) => window.pingchang.atlas.map.getBounds().contains([lat, lng])"
    player.wait_for_function(inside, arg=list(middle), timeout=WAIT_MS)
    assert player.evaluate("() => window.pingchang.atlas.map.getZoom()") > 9
    player.close()


def test_leaving_the_page_loses_nothing(own_server: Server, page: Page) -> None:
    page.goto(f"{own_server.url}/briefing?scene=stock")
    page.get_by_text("编辑", exact=True).click(timeout=WAIT_MS)
    fill(page, "标题", "换了标题的场景")
    expect(page.get_by_text("有未保存的修改")).to_be_visible(timeout=WAIT_MS)
    page.goto(f"{own_server.url}/indicators")
    expect(page.get_by_text("指标与出处").first).to_be_visible(timeout=WAIT_MS)
    page.goto(f"{own_server.url}/briefing?scene=stock")
    expect(page.locator(".st-key-briefing_list")).to_contain_text("换了标题的场景", timeout=WAIT_MS)
    Board(page, own_server.url).settle()
    page.get_by_role("button", name="更多").click()
    press(page, "放弃未保存的修改")
    expect(page.locator(".st-key-briefing_list")).not_to_contain_text("换了标题的场景", timeout=WAIT_MS)


def test_the_single_file_is_made_while_the_page_tells_and_is_downloaded(own_server: Server, page: Page) -> None:
    page.goto(f"{own_server.url}/briefing")
    page.get_by_role("button", name="导出").click(timeout=WAIT_MS)
    page.get_by_role("button", name="生成单文件 HTML").click()
    ready = page.get_by_role("button", name=re.compile(r"下载单文件 HTML"))
    expect(ready).to_be_visible(timeout=2 * WAIT_MS)
    with page.expect_download() as coming:
        ready.click()
    assert coming.value.suggested_filename.endswith(".html")
    content = coming.value.path().read_text(encoding="utf-8")
    assert content.startswith("<!") and "平昌县的位置与定位" in content
