"""Every page in a real browser: the map draws, answers, filters without reloading, and nothing leaves the host."""

import json
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.board import WAIT_MS, Board
from tests.e2e.conftest import Server, guard, start_server, stop_server

MAP_PAGES = {"": "总览", "redline": "生态保护红线", "forest": "森林碳汇", "scenic": "景区", "parks": "产业园区"}


@pytest.fixture
def board(page: Page, server: Server) -> Board:
    return Board(page, server.url)


@pytest.mark.parametrize("path", MAP_PAGES, ids=lambda p: p or "overview")
def test_the_map_draws(board: Board, path: str) -> None:
    board.open(path)
    expect(board.page.get_by_text(MAP_PAGES[path]).first).to_be_visible()
    assert board.stats()["ready"]
    expect(board.page.get_by_text("示意").first).to_be_visible()
    expect(board.page.locator(".js-plotly-plot").first).to_be_visible(timeout=WAIT_MS)
    assert board.page.locator("[data-testid=stException]").count() == 0


def test_map_and_first_chart_fit_the_smallest_desktop(board: Board) -> None:
    board.open("forest")
    chart = board.page.locator(".js-plotly-plot").first.bounding_box()
    box = board.page.locator("iframe[src*='streamlit_folium'], iframe[title*='streamlit_folium']").bounding_box()
    assert chart is not None and chart["y"] + chart["height"] <= 768
    assert box is not None and box["height"] >= 0.6 * 768
    assert box["y"] + box["height"] <= 768


def test_hover_and_click(board: Board) -> None:
    board.open("forest")
    x, y = board.spot()
    board.page.mouse.move(x - 2, y)
    board.page.mouse.move(x, y, steps=3)
    board.frame.wait_for_function("() => window.pingchang.stats().hover", timeout=WAIT_MS)
    board.page.mouse.click(x, y)
    popup = board.frame.locator(".leaflet-popup-content")
    expect(popup).to_contain_text("碳储量", timeout=WAIT_MS)
    expect(popup).to_contain_text("红线内面积占比")
    expect(popup).to_contain_text("示意数据")
    # the page shows the same feature and the address names it
    expect(board.page.locator(".st-key-details")).to_contain_text("优势树种", timeout=WAIT_MS)
    expect(board.page).to_have_url(re.compile(r"sel=forest(%3A|:)\d+"))


def test_filter_recolours_without_reloading(board: Board) -> None:
    board.open("forest")
    before, everything = board.pixels(), board.shown()
    board.mark()
    board.page.get_by_role("button", name=re.compile("筛选")).first.click()
    board.page.get_by_role("combobox", name="优势树种").click()
    board.page.get_by_role("option", name="柏木", exact=True).click()
    board.frame.wait_for_function(
        f"() => window.pingchang.stats().legends.forest.shown < {everything}", timeout=WAIT_MS
    )
    expect(board.page).to_have_url(re.compile("species="))
    board.page.keyboard.press("Escape")
    assert board.kept()
    after = board.pixels()
    assert 0 < sum(after.values()) < sum(before.values())
    # the page's own count and the map's agree to the last plot
    expect(board.page.get_by_text(f"{board.shown():,} 个").first).to_be_visible(timeout=WAIT_MS)
    assert board.stats()["lastRecolourMs"] > 0


def test_a_bar_filters_map_and_figures(board: Board) -> None:
    board.open("forest")
    everything = board.shown()
    board.mark()
    chart = board.page.locator(".js-plotly-plot").first
    expect(chart).to_be_visible(timeout=WAIT_MS)
    bar = chart.locator("g.point path").first.bounding_box()
    assert bar is not None
    board.page.mouse.click(bar["x"] + bar["width"] / 2, bar["y"] + bar["height"] / 2)
    board.frame.wait_for_function(
        f"() => window.pingchang.stats().legends.forest.shown < {everything}", timeout=WAIT_MS
    )
    assert board.kept()
    expect(board.page).to_have_url(re.compile("species="))


def test_a_link_opens_the_same_view(board: Board) -> None:
    board.open("forest?theme=species&species=马尾松~柏木&area=ha&mass=t&volume_m3_ha=20..120")
    theme = board.stats()["legends"]["forest"]["theme"]
    assert theme["field"] == "species"
    assert 0 < board.shown() < 24_000
    expect(board.page.get_by_text("公顷").first).to_be_visible()
    url = board.page.url
    again = board.page.context.new_page()
    other = Board(again, board.url)
    again.goto(url)
    other.wait_drawn()
    assert other.shown() == board.shown()
    again.close()


def test_bad_parameters_are_named_and_ignored(board: Board) -> None:
    board.open("forest?theme=nonsense&volume_m3_ha=a..b&sel=forest:99999999&species=<script>")
    expect(board.page.get_by_text("无法识别").first).to_be_visible(timeout=WAIT_MS)
    assert board.shown() == 24_000
    assert "nonsense" not in board.page.url


def test_another_colouring_and_comparison_keep_the_map(board: Board) -> None:
    board.open("forest")
    board.mark()
    board.page.get_by_test_id("stSelectbox").filter(has_text="对比").click()
    board.page.get_by_role("option", name=re.compile("郁闭度")).click()
    divider = board.frame.get_by_role("slider", name=re.compile("对比|分隔"))
    expect(divider).to_be_visible(timeout=WAIT_MS)
    board.page.get_by_test_id("stSelectbox").filter(has_text="着色").click()
    board.page.get_by_role("option", name=re.compile("优势树种")).click()
    board.frame.wait_for_function(
        "() => window.pingchang.stats().legends.forest.theme.field === 'species'", timeout=WAIT_MS
    )
    assert board.kept()


def test_search_flies_there(board: Board) -> None:
    board.open("")
    box = board.frame.get_by_role("combobox")
    box.fill("佛头山")
    hit = board.frame.get_by_role("option").first
    expect(hit).to_contain_text("佛头山", timeout=WAIT_MS)
    box.press("Enter")
    expect(board.frame.locator(".leaflet-popup-content")).to_contain_text("佛头山", timeout=WAIT_MS)


def test_units_change_everywhere(board: Board) -> None:
    board.open("forest")
    board.mark()
    board.page.get_by_test_id("stButtonGroup").get_by_text("公顷", exact=True).click()
    expect(board.page.get_by_text(re.compile(r"[\d,]+(\.\d+)? 公顷")).first).to_be_visible(timeout=WAIT_MS)
    expect(board.page).to_have_url(re.compile("area=ha"))
    assert board.kept()


def test_panning_reruns_nothing(board: Board) -> None:
    sent: list[object] = []
    board.page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))  # noqa: PLW0108
    board.open("forest")
    board.settle()
    x, y = board.spot()
    before = len(sent)
    assert before > 0
    board.page.mouse.move(x, y)
    board.page.mouse.down()
    board.page.mouse.move(x + 120, y + 40, steps=8)
    board.page.mouse.up()
    board.page.wait_for_timeout(800)
    assert "view=" in board.page.url
    assert len(sent) == before


def test_indicators_page(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/indicators")
    expect(page.get_by_text("指标台账").first).to_be_visible(timeout=WAIT_MS)
    page.get_by_role("link", name="计算值与报告值的对账").click()
    expect(page.get_by_text("79.57").first).to_be_visible(timeout=WAIT_MS)


def test_on_a_phone(browser: Browser, server: Server) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN", has_touch=True)
    page = context.new_page()
    seen = guard(page)
    board = Board(page, server.url).open("forest")
    width = page.evaluate("() => document.documentElement.scrollWidth")
    assert width <= 390
    assert board.stats()["ready"]
    context.close()
    assert (seen.outside, seen.errors) == ([], [])


def test_under_a_path_prefix(browser: Browser, server: Server, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The same data folder, a second process, a base path: pages, tiles and scripts are all found."""
    data = tmp_path_factory.mktemp("prefix") / "data"
    data.symlink_to(server.data_dir)
    other = start_server(data, base_path="shengtai/ditu")
    try:
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        page = context.new_page()
        seen = guard(page)
        board = Board(page, other.url).open("forest")
        assert sum(board.pixels().values()) > 1000
        context.close()
        assert (seen.outside, seen.errors) == ([], [])
    finally:
        stop_server(other)


def test_the_server_logged_no_traceback(server: Server) -> None:
    text = server.log.read_text(encoding="utf-8", errors="replace")
    assert "Traceback" not in text
    assert json.dumps(text).count("Warning") == 0, text
