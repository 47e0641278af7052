"""Accounts in a real browser: the first link, what each role sees, sessions that end under an open page."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import geopandas as gpd
import pytest
import shapely
from playwright.sync_api import Browser, Page, expect

from pingchang_geo.store import LocalStore
from tests.e2e import people
from tests.e2e.board import WAIT_MS, Board
from tests.e2e.conftest import Server, start_server, stop_server, window

LONG_MS = 180_000
VIEWER, ANALYST, ADMIN = "赵六", "张三", "王主任"


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory, reference_data: Path) -> Iterator[Server]:
    """A server of its own on fresh data: nobody has an account yet."""
    data = shutil.copytree(reference_data, tmp_path_factory.mktemp("accounts") / "data")
    started = start_server(data)
    yield started
    stop_server(started)


@pytest.fixture(scope="module")
def admin(own_server: Server, browser: Browser) -> people.Cookies:
    """Comes after the first link was tried: with an admin there is none."""
    return own_server.newcomer(browser, ADMIN, "admin")


def menu_words(page: Page, group: str) -> list[str]:
    """What a group of the navigation offers."""
    section = page.get_by_test_id("stTopNavSection").filter(has_text=group)
    section.click()
    links = page.get_by_test_id("stTopNavDropdownLink")
    expect(links.first).to_be_visible(timeout=WAIT_MS)
    found = [link.inner_text().split("\n")[-1] for link in links.all()]  # after the icon's name
    page.keyboard.press("Escape")
    return found


def places(tmp_path: Path, note: str) -> Path:
    """Eight scenic areas as a file: as many as the report counts."""
    corner = (107.05, 31.56)
    frame = gpd.GeoDataFrame(
        {"name": [f"景区 {i}{note if i == 0 else ''}" for i in range(8)], "grade": "AAAA", "location": "推定"},
        geometry=[
            shapely.box(corner[0] + i / 50, corner[1], corner[0] + i / 50 + 0.01, corner[1] + 0.01) for i in range(8)
        ],
        crs="EPSG:4490",
    )
    path = tmp_path / "景区.gpkg"
    frame.to_file(path, driver="GPKG", layer="scenic")
    return path


def inspected(page: Page, server: Server, file: Path) -> None:
    page.goto(f"{server.url}/update")
    expect(page.get_by_text("怎样提交")).to_be_visible(timeout=WAIT_MS)
    page.set_input_files("input[type=file]", str(file))
    page.get_by_role("button", name="检查文件").click()
    expect(page.get_by_text("可以发布").first).to_be_visible(timeout=LONG_MS)


def publish(page: Page) -> None:
    page.get_by_label("数据来源（必填）").fill("平昌县文化广播电视和旅游局")
    page.get_by_label("数据时点（必填）").fill("2024-12-31")
    page.get_by_role("button", name="发布为").click()


def test_the_first_link_makes_the_first_admin_and_works_once(own_server: Server, browser: Browser) -> None:
    link = people.link_in(own_server.log.read_text("utf-8"))
    assert link
    with window(browser) as page:
        people.choose_password(page, f"{own_server.url}{link}", "1234567890")
        expect(page.get_by_role("alert")).to_contain_text("密码过于简单")
        people.choose_password(page, f"{own_server.url}{link}")
        expect(people.menu(page)).to_contain_text("admin", timeout=WAIT_MS)
        page.goto(f"{own_server.url}/users")
        expect(page.get_by_text("新增用户").first).to_be_visible(timeout=WAIT_MS)
        cookie = next(one for one in page.context.cookies() if one["name"] == people.COOKIE)
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
        assert people.COOKIE not in str(page.evaluate("document.cookie"))
    with window(browser) as page:
        page.goto(f"{own_server.url}{link}")
        expect(page.get_by_text("链接已失效").first).to_be_visible()
    store = LocalStore(own_server.data_dir)
    assert link.rpartition("/")[2] not in json.dumps([dict(one.detail) for one in store.audit()])


@pytest.mark.parametrize("role", [None, "viewer"])
def test_readers_neither_see_nor_enter_what_is_not_theirs(
    own_server: Server, browser: Browser, role: str | None
) -> None:
    cookies = own_server.newcomer(browser, VIEWER, role) if role else None
    with window(browser, cookies) as page:
        page.goto(f"{own_server.url}/indicators")
        expect(people.menu(page)).to_contain_text(VIEWER if role else "登录", timeout=WAIT_MS)
        assert menu_words(page, "数据") == ["版本与日志"]
        page.goto(f"{own_server.url}/update")
        refusal = "没有更新数据的权限" if role else "更新数据需要登录"
        expect(page.get_by_text(refusal)).to_be_visible(timeout=WAIT_MS)
        expect(page.locator("input[type=file]")).to_have_count(0)
        page.goto(f"{own_server.url}/users")
        expect(page.get_by_role("heading", name="没有权限" if role else "登录")).to_be_visible(timeout=WAIT_MS)
        expect(page.get_by_test_id("stApp")).to_have_count(0)


def test_an_admin_makes_an_analyst_who_publishes(
    own_server: Server, browser: Browser, admin: people.Cookies, tmp_path: Path
) -> None:
    with window(browser, admin) as page:
        page.goto(f"{own_server.url}/users")
        page.get_by_label("用户名").fill(ANALYST)
        page.get_by_role("combobox", name=re.compile("角色")).first.click()
        page.get_by_role("option", name="数据员").click()
        page.get_by_role("button", name="生成一次性链接").click()
        expect(page.get_by_text("只显示这一次")).to_be_visible(timeout=WAIT_MS)
        address = page.locator("#one_time_link").inner_text()
        assert address.startswith(f"{own_server.url}/account/invite/")
        page.get_by_role("button", name="复制链接").click()
        expect(page.get_by_role("button", name="已复制")).to_be_visible()
        page.keyboard.press("Escape")
        page.get_by_label("用户名").fill("再来一位")
        page.keyboard.press("Tab")
        expect(page.locator("#one_time_link")).to_have_count(0)
    with window(browser) as page:
        people.choose_password(page, address)
        expect(people.menu(page)).to_contain_text(ANALYST, timeout=WAIT_MS)
        assert menu_words(page, "数据") == ["数据更新", "版本与日志"]
        inspected(page, own_server, places(tmp_path, ""))
        publish(page)
        expect(page.get_by_text("已发布：AAAA 级景区第 2 版。")).to_be_visible(timeout=LONG_MS)
    version = LocalStore(own_server.data_dir).snapshot().versions["scenic"]
    assert (version.number, version.publisher, version.rows) == (2, ANALYST, 8)


def test_nothing_is_published_after_a_session_was_ended(own_server: Server, browser: Browser, tmp_path: Path) -> None:
    name = "李四"
    with window(browser, own_server.newcomer(browser, name, "analyst")) as page:
        inspected(page, own_server, places(tmp_path, "（改）"))
        before = LocalStore(own_server.data_dir).snapshot().versions["scenic"]
        done = own_server.command("users", "revoke", name)
        assert done.returncode == 0, done.stderr
        publish(page)
        expect(page.get_by_text("登录已失效")).to_be_visible(timeout=WAIT_MS)
        expect(page.get_by_text("刚才的操作没有执行")).to_be_visible()
        expect(people.menu(page)).to_contain_text("重新登录")
        assert LocalStore(own_server.data_dir).snapshot().versions["scenic"] == before
        # the way back in leads to the draft, where nothing is lost
        page.locator("a.account-button").click()
        people.sign_in(page, name)
        expect(page.get_by_text("可以发布").first).to_be_visible(timeout=LONG_MS)
        publish(page)
        expect(page.get_by_text(f"已发布：AAAA 级景区第 {before.number + 1} 版。")).to_be_visible(timeout=LONG_MS)


def test_a_role_that_was_taken_away_is_gone_in_the_open_page(
    own_server: Server, browser: Browser, tmp_path: Path
) -> None:
    name = "孙七"
    with window(browser, own_server.newcomer(browser, name, "analyst")) as page:
        page.goto(f"{own_server.url}/versions?layer=scenic")
        Board(page, own_server.url).settle()
        page.get_by_text("回退到较早的版本").click()
        page.get_by_label("原因（必填）").fill("试一试")
        before = LocalStore(own_server.data_dir).snapshot().versions["scenic"]
        assert own_server.command("users", "role", name, "viewer").returncode == 0
        page.get_by_role("button", name="确定回退").click()
        expect(page.get_by_text("没有更新数据的权限")).to_be_visible(timeout=WAIT_MS)
        expect(page.get_by_text("回退到较早的版本")).to_have_count(0)
    store = LocalStore(own_server.data_dir)
    assert store.snapshot().versions["scenic"] == before
    assert (name, "forbidden") in [(one.actor, one.action) for one in store.audit()]


def test_signing_out_ends_the_session_for_good(own_server: Server, browser: Browser) -> None:
    cookies = own_server.newcomer(browser, "周八", "viewer")
    with window(browser, cookies) as page:
        page.goto(f"{own_server.url}/forest?area=km2")
        people.menu(page).get_by_role("button").click(timeout=WAIT_MS)
        expect(page.get_by_text("修改密码")).to_be_visible()
        page.get_by_text("退出登录").click()
        page.get_by_role("button", name="退出登录").click()
        expect(people.menu(page)).to_contain_text("登录", timeout=WAIT_MS)
        expect(people.menu(page)).not_to_contain_text("周八")
    with window(browser, cookies) as page:  # somebody who kept the cookie
        page.goto(f"{own_server.url}/indicators")
        expect(people.menu(page)).to_have_text("登录", timeout=WAIT_MS)


def test_signing_in_leads_back_to_the_same_view(own_server: Server, browser: Browser) -> None:
    own_server.newcomer(browser, "吴九", "viewer")
    with window(browser) as page:
        Board(page, own_server.url).open("forest?species=马尾松&area=km2")
        before = parse_qs(urlsplit(page.url).query)
        people.menu(page).get_by_role("link", name="登录").click()
        people.sign_in(page, "吴九", "不是这个密码")
        expect(page.get_by_role("alert")).to_contain_text("用户名或密码不正确")
        people.sign_in(page, "吴九")
        expect(people.menu(page)).to_contain_text("吴九", timeout=WAIT_MS)
        assert urlsplit(page.url).path == "/forest"
        after = parse_qs(urlsplit(page.url).query)
        assert {name: after[name] for name in ("species", "area")} == {"species": ["马尾松"], "area": ["km2"]}
        assert after.get("view") == before.get("view")


@pytest.mark.parametrize(
    "somewhere", ["https://pwn.example/", "//pwn.example", "javascript:alert(1)", "/\\pwn.example"]
)
def test_signing_in_leads_nowhere_else(own_server: Server, browser: Browser, somewhere: str) -> None:
    with window(browser) as page:
        page.goto(f"{own_server.url}/account/login?next={somewhere}")
        people.sign_in(page, "吴九")
        expect(people.menu(page)).to_contain_text("吴九", timeout=WAIT_MS)
        assert page.url.rstrip("/") == own_server.url


def test_anybody_may_send_a_boundary_and_nobody_more(own_server: Server, browser: Browser, tmp_path: Path) -> None:
    ring = [[107.10, 31.56], [107.11, 31.56], [107.11, 31.57], [107.10, 31.57], [107.10, 31.56]]
    small, large = tmp_path / "范围.geojson", tmp_path / "过大.geojson"
    text = json.dumps({"type": "Polygon", "coordinates": [ring]})
    small.write_text(text)
    large.write_text(text + " " * (21 << 20))
    with window(browser) as page:
        refused: list[int] = []
        page.on("response", lambda answer: refused.append(answer.status) if answer.status >= 400 else None)
        Board(page, own_server.url).open("site")
        page.get_by_text("上传文件", exact=True).first.click(timeout=WAIT_MS)
        page.set_input_files("input[type=file]", str(small))
        expect(page.locator(".st-key-site_verdict h3")).to_be_visible(timeout=WAIT_MS)
        # the page itself refuses what is too large; so does the server, whoever leaves the page out
        page.set_input_files("input[type=file]", str(large))
        page.wait_for_timeout(1000)
        status = page.evaluate(
            """async (size) => {
                const body = new FormData();
                body.append('file', new Blob([new Uint8Array(size)]), 'x.geojson');
                const answer = await fetch('/_stcore/upload_file/' + crypto.randomUUID() + '/x', {method: 'PUT', body});
                return answer.status;
            }""",
            1000,
        )
        assert status == 403


def test_closed_viewing_shows_the_sign_in_page_only(own_server: Server, browser: Browser) -> None:
    """Last, since the server starts anew with the other setting."""
    own_server.newcomer(browser, "郑十", "viewer")
    stop_server(own_server)
    closed = start_server(own_server.data_dir, settings={"PINGCHANG_VIEWING": "closed"})
    try:
        with window(browser) as page:
            page.goto(f"{closed.url}/forest?area=km2")
            expect(page.get_by_role("heading", name="登录")).to_be_visible()
            expect(page.get_by_text("继续查看")).to_have_count(0)
            people.sign_in(page, "郑十")
            board = Board(page, closed.url)
            board.wait_drawn()
            assert "area=km2" in page.url
            assert board.shown() > 0
            board.settle()
            assert closed.command("users", "disable", "郑十").returncode == 0
            page.get_by_test_id("stButtonGroup").get_by_text("公顷", exact=True).click()
            expect(page.get_by_text("登录已失效")).to_be_visible(timeout=WAIT_MS)
            expect(page.locator("iframe")).to_have_count(0)
            expect(page.get_by_test_id("stPlotlyChart")).to_have_count(0)
            page.goto(f"{closed.url}/forest")
            expect(page.get_by_role("heading", name="登录")).to_be_visible()
    finally:
        stop_server(closed)
