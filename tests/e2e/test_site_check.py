"""选址核查 as an official does it: from the start page to the verdict, by mouse, finger, keyboard or pasted text."""

from __future__ import annotations

import io
import re
import zipfile
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.board import WAIT_MS, Board
from tests.e2e.conftest import Server, guard

#: Across the border of the largest red-line patch of the reference layers.
ON_THE_LINE = "view=31.5418,107.1166,14.5"
#: Open ground without plots, some kilometres from any patch.
CLEAR = "107.3000, 31.6000\n107.3060, 31.6000\n107.3060, 31.6050\n107.3000, 31.6050"
#: Corners of a drawn site, as shares of the map's width and height; clear of controls and legend.
CORNERS = ((0.42, 0.42), (0.56, 0.40), (0.60, 0.58), (0.47, 0.66))


@pytest.fixture
def board(page: Page, server: Server) -> Board:
    return Board(page, server.url)


def at(board: Board, across: float, down: float) -> tuple[float, float]:
    """Place on the page of a share of the map."""
    box = board.page.locator("iframe[src*='streamlit_folium'], iframe[title*='streamlit_folium']").bounding_box()
    assert box is not None
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def corners(board: Board) -> int | None:
    return board.stats()["corners"]


def start_drawing(board: Board) -> None:
    board.frame.get_by_role("button", name="绘制范围").click()
    assert corners(board) == 0


def verdict(board: Board) -> str:
    heading = board.page.locator(".st-key-site_verdict h3")
    expect(heading).to_be_visible(timeout=WAIT_MS)
    board.settle()
    return heading.inner_text()


def wait_sketch(board: Board, role: str) -> None:
    board.frame.wait_for_function(f"() => window.pingchang.stats().sketch.includes('{role}')", timeout=WAIT_MS)


def downloaded(board: Board, label: str) -> tuple[str, bytes]:
    with board.page.expect_download(timeout=WAIT_MS) as waiting:
        board.page.get_by_role("button", name=label).click()
    path = waiting.value.path()
    return waiting.value.suggested_filename, path.read_bytes()


def test_from_the_start_page_to_the_verdict_and_the_reports(board: Board) -> None:
    board.open("")
    board.page.get_by_role("link", name="选址核查").first.click()
    expect(board.page.get_by_text("不是审批意见").first).to_be_visible(timeout=WAIT_MS)
    board.open(f"site?{ON_THE_LINE}")
    board.mark()
    start_drawing(board)
    for across, down in CORNERS[:-1]:
        board.page.mouse.click(*at(board, across, down))
    assert corners(board) == 3
    assert "亩" in board.frame.locator(".pc-measure:visible").inner_text()
    board.page.mouse.dblclick(*at(board, *CORNERS[-1]))

    assert verdict(board) == "触碰生态保护红线"
    wait_sketch(board, "overlap")
    assert board.kept()
    assert board.stats()["selected"] is None  # clicks set corners and selected nothing
    assert re.search(r"site=1[\w~.-]{10,}", board.page.url)
    concerned = board.shown()
    assert 0 < concerned < 100
    expect(board.page.get_by_text(f"{concerned:,} 个 ·").first).to_be_visible()
    expect(board.page.get_by_text("95 % 区间").first).to_be_visible()

    board.page.get_by_role("textbox", name="项目名称").fill("某某光伏项目")
    board.page.keyboard.press("Enter")
    expect(board.page).to_have_url(re.compile("name="), timeout=WAIT_MS)
    board.settle()
    name, word = downloaded(board, "Word 报告")
    assert name.startswith("选址核查_某某光伏项目_") and name.endswith(".docx")
    with zipfile.ZipFile(io.BytesIO(word)) as parts:
        text = re.sub(r"<[^>]+>", "", parts.read("word/document.xml").decode("utf-8"))
        assert any(part.startswith("word/media/") for part in parts.namelist())
    for words in ("某某光伏项目", "触碰生态保护红线", "不是审批意见", "示意数据"):
        assert words in text
    name, paper = downloaded(board, "PDF 报告")
    assert name.endswith(".pdf")
    assert paper.startswith(b"%PDF-") and len(paper) > 50_000
    _, book = downloaded(board, "Excel 表")
    assert "说明" in openpyxl.load_workbook(io.BytesIO(book)).sheetnames


def test_verdict_cards_and_downloads_fit_the_smallest_desktop(board: Board) -> None:
    board.open("site")
    board.page.get_by_role("button", name="示例", exact=True).click()
    verdict(board)
    button = board.page.get_by_role("button", name="Excel 表")
    expect(button).to_be_visible(timeout=WAIT_MS)
    box = button.bounding_box()
    assert box is not None and box["y"] + box["height"] <= 768
    assert board.page.evaluate("() => document.documentElement.scrollWidth") <= 1366


def test_pasted_coordinates_and_the_link_to_the_answer(board: Board, browser: Browser) -> None:
    board.open("site")
    board.mark()
    board.page.get_by_text("粘贴坐标", exact=True).first.click()
    board.page.get_by_role("textbox", name="界址点坐标").fill(CLEAR)
    board.page.get_by_role("button", name="核查", exact=True).click()
    assert verdict(board) == "未触碰生态保护红线"
    expect(board.page.get_by_text(re.compile(r"距最近的「.+」\s*\d+\.\d\d km")).first).to_be_visible()
    wait_sketch(board, "link")
    assert board.kept()
    board.page.get_by_test_id("stButtonGroup").get_by_text("公顷", exact=True).click()
    expect(board.page.get_by_text(re.compile(r"[\d.]+ 公顷")).first).to_be_visible(timeout=WAIT_MS)
    assert board.kept()
    link = board.page.url
    board.page.get_by_text("在图上绘制", exact=True).first.click()
    board.frame.wait_for_function("() => window.pingchang.stats().corners === 0", timeout=WAIT_MS)  # at it already

    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    other = Board(context.new_page(), board.url)
    other.page.goto(link)
    other.wait_drawn()
    assert verdict(other) == "未触碰生态保护红线"
    wait_sketch(other, "site")
    context.close()


def test_crossing_edges_are_red_and_not_sent_until_mended(board: Board) -> None:
    board.open(f"site?{ON_THE_LINE}")
    start_drawing(board)
    for across, down in ((0.42, 0.42), (0.58, 0.60), (0.58, 0.42), (0.42, 0.60)):
        board.page.mouse.click(*at(board, across, down))
    board.page.keyboard.press("Enter")
    assert corners(board) == 4  # still at it
    assert board.frame.locator(".pc-measure:visible").inner_text().startswith("边界相交")
    red = board.frame.locator(".leaflet-pc-draw-pane path[stroke='#C8102E']")
    assert red.count() == 2
    # the second corner and the fourth change places
    board.page.mouse.move(*at(board, 0.58, 0.60))
    board.page.mouse.down()
    board.page.mouse.move(*at(board, 0.66, 0.36), steps=6)
    board.page.mouse.up()
    board.page.mouse.move(*at(board, 0.58, 0.42))
    board.page.mouse.down()
    board.page.mouse.move(*at(board, 0.58, 0.60), steps=6)
    board.page.mouse.up()
    assert red.count() == 0
    board.frame.get_by_role("button", name="完成").click()
    assert "生态保护红线" in verdict(board)


def test_backspace_takes_back_escape_gives_up_and_the_keyboard_draws(board: Board) -> None:
    board.open(f"site?{ON_THE_LINE}")
    board.frame.get_by_role("button", name="绘制范围").focus()
    board.page.keyboard.press("Enter")
    assert corners(board) == 0
    board.page.keyboard.press("Space")
    board.page.keyboard.press("Space")  # the same place again is no second corner
    assert corners(board) == 1
    board.page.keyboard.press("Backspace")
    assert corners(board) == 0
    board.page.keyboard.press("Escape")
    assert corners(board) is None
    board.frame.get_by_role("button", name="绘制范围").focus()
    board.page.keyboard.press("Enter")
    for key in ("ArrowRight", "ArrowDown", ""):
        board.page.keyboard.press("Space")
        if key:
            board.page.keyboard.press(key)
            board.page.wait_for_timeout(600)  # the map's own glide
    assert corners(board) == 3
    board.page.keyboard.press("Enter")
    assert "生态保护红线" in verdict(board)


def test_another_drawing_replaces_the_site_and_measuring_takes_turns(board: Board) -> None:
    board.open("site")
    board.page.get_by_role("button", name="示例", exact=True).click()
    assert verdict(board) == "触碰生态保护红线"
    expect(board.page).to_have_url(re.compile("name="))
    board.page.wait_for_timeout(1500)  # the flight
    before = parse_qs(urlsplit(board.page.url).query)["site"][0]
    board.frame.get_by_role("button", name="测距离").click()
    board.frame.get_by_role("button", name="修改范围").click()
    assert corners(board) == 6
    expect(board.frame.get_by_role("button", name="测距离")).to_have_attribute("aria-pressed", "false")
    handle = board.frame.locator(".pc-corner").nth(3).bounding_box()
    assert handle is not None
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    board.page.mouse.move(x, y)
    board.page.mouse.down()
    board.page.mouse.move(x + 30, y + 10, steps=5)
    board.page.mouse.up()
    board.page.keyboard.press("Enter")
    expect(board.page).not_to_have_url(re.compile(f"site={re.escape(before)}(&|$)"), timeout=WAIT_MS)
    board.settle()
    assert "name=" not in board.page.url  # a changed example is no example
    assert verdict(board) == "触碰生态保护红线"


def test_a_finger_draws_on_a_phone(browser: Browser, server: Server) -> None:
    context = browser.new_context(viewport={"width": 420, "height": 900}, locale="zh-CN", has_touch=True)
    page = context.new_page()
    seen = guard(page)
    board = Board(page, server.url).open(f"site?{ON_THE_LINE}")
    board.frame.get_by_role("button", name="绘制范围").tap()
    for across, down in ((0.35, 0.40), (0.75, 0.40), (0.75, 0.60), (0.40, 0.62)):
        page.touchscreen.tap(*at(board, across, down))
        page.wait_for_timeout(400)  # two taps at once are a double tap
    assert corners(board) == 4
    page.touchscreen.tap(*at(board, 0.35, 0.40))
    assert "生态保护红线" in verdict(board)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 420
    context.close()
    assert (seen.outside, seen.errors) == ([], [])
