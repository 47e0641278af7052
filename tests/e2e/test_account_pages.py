"""对账, 碳汇核算 and 方法与参数 in a real browser: formulas drawn from our own host, nothing wider than the window."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.board import WAIT_MS
from tests.e2e.conftest import Server, guard


def test_the_reconciliation_of_the_reference_layers(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/reconcile")
    expect(page.get_by_text("不一致 0 项，无法核对 0 项").first).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_text("一致属构造使然").first).to_be_visible()
    expect(page.get_by_role("cell", name="79.57 km²").first).to_be_visible()
    expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_text("共 16 项").first).to_be_visible()


def test_the_carbon_account_answers_without_a_default_growth_rate(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/accounts")
    expect(page.get_by_role("columnheader", name="优势树种").first).to_be_visible(timeout=WAIT_MS)
    expect(page.locator(".js-plotly-plot")).to_have_count(3, timeout=WAIT_MS)
    box = page.get_by_role("spinbutton", name="蓄积年生长率 p（%/年）")
    assert box.input_value() == ""
    box.fill("4.5")
    box.press("Enter")
    expect(page.get_by_text("p = 4.5 %/年（用户输入）").first).to_be_visible(timeout=WAIT_MS)
    assert "growth=4.5" in page.url
    page.get_by_role("radio", name="生态保护红线内外").click()
    expect(page.get_by_role("columnheader", name="生态保护红线内外")).to_be_visible(timeout=WAIT_MS)
    assert "by=redline_share_pct" in page.url


def test_the_methods_page_draws_formulas_from_this_host(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/methods")
    expect(page.locator(".katex").first).to_be_visible(timeout=WAIT_MS)
    assert page.locator(".katex-error").count() == 0
    page.wait_for_function("() => document.fonts.check('16px KaTeX_Main')", timeout=WAIT_MS)
    expect(page.get_by_text("未经核对的参数").first).to_be_visible()


@pytest.mark.parametrize("path", ["reconcile", "accounts", "methods"])
def test_on_a_phone_only_tables_scroll_sideways(browser: Browser, server: Server, path: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN", has_touch=True)
    page = context.new_page()
    seen = guard(page)
    page.goto(f"{server.url}/{path}")
    expect(page.locator("table").first).to_be_visible(timeout=WAIT_MS)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    # Tables and charts take their width a moment after they appear.
    page.wait_for_function("() => document.querySelector('[data-testid=stMain]').scrollWidth <= 390", timeout=WAIT_MS)
    context.close()
    assert (seen.outside, seen.errors) == ([], [])
