"""叠加分析 in a real browser: the map stays while layers and buffer change, map and figures agree, files open."""

import re
import sqlite3
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.board import WAIT_MS, Board
from tests.e2e.conftest import Server, guard


@pytest.fixture
def board(page: Page, server: Server) -> Board:
    return Board(page, server.url)


def choose(board: Board, what: str, option: str) -> None:
    board.page.get_by_role("combobox", name=what, exact=True).click()
    board.page.get_by_role("option", name=re.compile(option)).first.click()
    board.settle()


def type_buffer(board: Board, text: str) -> None:
    box = board.page.get_by_role("combobox", name="周边", exact=True)
    box.click()
    box.fill(text)
    box.press("Enter")
    board.settle()


def test_map_and_first_chart_fit_the_smallest_desktop(board: Board) -> None:
    board.open("overlay")
    chart = board.page.locator(".js-plotly-plot").first.bounding_box()
    box = board.page.locator("iframe[src*='streamlit_folium'], iframe[title*='streamlit_folium']").bounding_box()
    assert chart is not None and chart["y"] + chart["height"] <= 768
    assert box is not None and box["height"] >= 0.6 * 768 and box["y"] + box["height"] <= 768


def test_layers_and_buffer_change_while_the_map_stays(board: Board) -> None:
    board.open("overlay")
    board.mark()
    inside = board.shown()
    assert 0 < inside < 24_000
    # figures and map agree to the last plot; what lies outside stays as a pale ground
    expect(board.page.get_by_text(f"{inside:,} 个").first).to_be_visible()
    everything = sum(board.pixels().values())
    choose(board, "范围", "AAAA 级景区")
    type_buffer(board, "2.5")
    expect(board.page).to_have_url(re.compile(r"right=scenic&km=2\.5"), timeout=WAIT_MS)
    expect(board.page.get_by_text(re.compile(r"AAAA 级景区及周边 2\.5 km")).first).to_be_visible(timeout=WAIT_MS)
    board.wait_drawn()
    assert board.kept()
    assert sum(board.pixels().values()) == pytest.approx(everything, rel=0.05)
    expect(board.page.get_by_text(f"{board.shown():,} 个").first).to_be_visible(timeout=WAIT_MS)
    expect(board.frame.get_by_text("周边 2.5 km").first).to_be_visible()
    type_buffer(board, "很远")
    expect(board.page.get_by_text("0–20 的数字").first).to_be_visible(timeout=WAIT_MS)
    expect(board.page).to_have_url(re.compile(r"km=2\.5"))


def test_a_bar_and_a_row_select_their_zone(board: Board) -> None:
    board.open("overlay?right=scenic&km=3")
    board.mark()
    bar = board.page.locator(".js-plotly-plot").first.locator("g.point path").first.bounding_box()
    assert bar is not None
    board.page.mouse.click(bar["x"] + bar["width"] / 2, bar["y"] + bar["height"] / 2)
    expect(board.page).to_have_url(re.compile(r"sel=scenic(%3A|:)\d"), timeout=WAIT_MS)
    expect(board.page.locator(".st-key-details")).to_contain_text("距生态保护红线", timeout=WAIT_MS)
    board.frame.wait_for_function("() => window.pingchang.stats().selected", timeout=WAIT_MS)
    assert board.kept()


def test_downloads_open_in_their_programs(board: Board, tmp_path: Path) -> None:
    board.open("overlay?right=scenic&km=1")
    saved = {}
    for label, ending in (("下载 Excel", "xlsx"), ("下载 GeoPackage", "gpkg")):
        with board.page.expect_download(timeout=WAIT_MS) as waiting:
            board.page.get_by_role("button", name=label).click()
        assert waiting.value.suggested_filename.startswith("平昌县_叠加_森林小班_AAAA 级景区_1km_")
        saved[ending] = tmp_path / f"a.{ending}"
        waiting.value.save_as(saved[ending])
    book = openpyxl.load_workbook(saved["xlsx"])
    assert book.sheetnames[-1] == "说明" and book.worksheets[0]["A1"].value.startswith("示意数据")
    with sqlite3.connect(saved["gpkg"]) as opened:
        assert opened.execute('select count(*) from "范围"').fetchone() == (8,)
        assert opened.execute('select distinct "数据性质" from "叠加图斑"').fetchall() == [("示意数据",)]


def test_ready_results_show_rings_and_lead_to_the_overlay(board: Board) -> None:
    board.open("overlay")
    board.mark()
    board.page.get_by_role("radio", name="现成结果").click()
    expect(board.page.get_by_text("生态保护红线外").first).to_be_visible(timeout=WAIT_MS)
    choose(board, "结果", "各园区")
    expect(board.frame.get_by_text("周边 1、3、5 km").first).to_be_visible(timeout=WAIT_MS)
    expect(board.page.get_by_text("距生态保护红线").first).to_be_visible()
    assert board.kept()
    board.page.get_by_role("button", name=re.compile("在自选图层中细分")).click()
    expect(board.page).to_have_url(re.compile("right=parks"), timeout=WAIT_MS)
    assert "ready" not in board.page.url


def test_on_a_phone_nothing_is_wider_than_the_window(browser: Browser, server: Server) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN", has_touch=True)
    page = context.new_page()
    seen = guard(page)
    Board(page, server.url).open("overlay?right=scenic&km=3")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    page.wait_for_function("() => document.querySelector('[data-testid=stMain]').scrollWidth <= 390", timeout=WAIT_MS)
    context.close()
    assert (seen.outside, seen.errors) == ([], [])
