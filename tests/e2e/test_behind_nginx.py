"""The whole app as it is deployed: ``serve`` below a path, behind the shipped nginx.conf with HTTPS, viewing closed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, WebSocket, expect

from tests import factories
from tests.deploy import proxy
from tests.deploy.proxy import Proxy
from tests.e2e import people
from tests.e2e.board import WAIT_MS, Board
from tests.e2e.conftest import ROOT, START_SECONDS, guard

BASE = "/geo"
LONG_MS = 120_000


@dataclass(frozen=True)
class Site:
    """What readers reach, and how to run commands on it."""

    url: str
    nginx: Proxy
    environment: dict[str, str]
    log: Path


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2, context=proxy.trusting()):
            return True
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("deployed")
    app, secure = proxy.free_ports(2)
    url = f"https://localhost:{secure}{BASE}"
    environment = {
        "PINGCHANG_DATA_DIR": str(folder / "data"),
        "PINGCHANG_PUBLIC_URL": url,
        "PINGCHANG_TRUSTED_PROXIES": "127.0.0.1",
        "PINGCHANG_VIEWING": "closed",
    }
    log = folder / "app.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "pingchang_geo", "serve", "--address", "127.0.0.1", "--port", str(app)],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=output,
            stderr=output,
        )
    try:
        with proxy.running(folder / "nginx", app, secure=secure) as nginx:
            deadline = time.monotonic() + START_SECONDS
            while not answers(f"{url}/healthz"):
                assert process.poll() is None and time.monotonic() < deadline, log.read_text("utf-8")[-4000:]
                time.sleep(0.3)
            yield Site(url, nginx, environment, log)
    finally:
        process.terminate()
        process.wait(timeout=30)


@contextmanager
def window(browser: Browser, cookies: people.Cookies | None = None) -> Iterator[BrowserContext]:
    """A browser window that takes the test's certificate for granted."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN", ignore_https_errors=True)
    context.add_cookies(cookies or [])
    yield context
    context.close()


@pytest.fixture(scope="module")
def analyst(site: Site, browser: Browser) -> people.Cookies:
    """Signed in through nginx by a one-time link."""
    link = people.add("张三", "analyst", site.environment)
    with window(browser) as context:
        page = context.new_page()
        people.choose_password(page, f"{site.url}{link}")
        expect(people.menu(page)).to_contain_text("张三", timeout=WAIT_MS)
        return [cookie for cookie in context.cookies() if cookie["name"] == people.COOKIE]


def test_a_reader_is_led_to_sign_in_and_back_to_the_page(site: Site, browser: Browser, analyst: people.Cookies) -> None:
    with window(browser) as context:
        page = context.new_page()
        seen = guard(page)
        answered: list[Response] = []
        sockets: list[WebSocket] = []
        page.on("response", lambda one: answered.append(one))  # noqa: PLW0108 - Playwright marks its handlers
        page.on("websocket", lambda one: sockets.append(one))  # noqa: PLW0108
        page.goto(f"{site.url}/forest?unit=mu")
        assert page.url.startswith(f"{site.url}/account/login?next=")
        assert sockets == []
        people.sign_in(page, "张三")
        expect(people.menu(page)).to_contain_text("张三", timeout=WAIT_MS)
        assert page.url.startswith(f"{site.url}/forest")
        led = [one.headers["location"] for one in answered if one.request.method == "POST"]
        assert led == [f"{BASE}/forest?unit=mu"]
        board = Board(page, site.url)
        board.wait_drawn()
        assert sum(board.pixels().values()) > 1000
        (cookie,) = [one for one in context.cookies() if one["name"] == people.COOKIE]
        assert cookie["secure"] and cookie["httpOnly"]
        assert cookie["path"].rstrip("/") == BASE
        tiles = [one for one in answered if "/tiles/" in one.url and one.status == 200]
        assert tiles
        assert all(one.headers.get("content-encoding") == "gzip" for one in tiles)
        assert all(one.url.startswith(f"{site.url}/") for one in answered)
        # Streamlit's page looks for its own base path from the longest candidate down; nothing else is missing
        wrong = [one.url for one in answered if one.status >= 400]
        assert all(url.startswith(f"{site.url}/forest/_stcore/") for url in wrong), wrong
        assert [one.url for one in sockets] == [f"{site.url.replace('https', 'wss')}/_stcore/stream"]
        assert (seen.outside, seen.errors) == ([], [])


def test_a_file_is_uploaded_and_checked(site: Site, browser: Browser, analyst: people.Cookies, tmp_path: Path) -> None:
    shp = factories.write_shapefile(factories.sample_forest(500), tmp_path / "a")
    archive = factories.zip_shapefile(shp, tmp_path / "小班.zip")
    with window(browser, analyst) as context:
        page = context.new_page()
        seen = guard(page)
        sent: list[Response] = []
        page.on("response", lambda one: sent.append(one) if "/_stcore/upload_file/" in one.url else None)
        page.goto(f"{site.url}/update")
        expect(page.get_by_text("怎样提交")).to_be_visible(timeout=WAIT_MS)
        page.set_input_files("input[type=file]", str(archive))
        page.get_by_role("button", name="检查文件").click()
        expect(page.get_by_text("识别结果")).to_be_visible(timeout=LONG_MS)
        assert [(one.request.method, one.status) for one in sent] == [("PUT", 204)]
        assert (seen.outside, seen.errors) == ([], [])


def test_signing_out_leads_below_the_path(site: Site, browser: Browser, analyst: people.Cookies) -> None:
    with window(browser) as context:
        page: Page = context.new_page()
        page.goto(f"{site.url}/account/login")
        people.sign_in(page, "张三")
        expect(people.menu(page)).to_contain_text("张三", timeout=WAIT_MS)
        for path in ("/", "/elsewhere"):
            page.goto(f"https://localhost:{site.nginx.secure}{path}")
            assert people.menu(page).count() == 0, "nothing is served outside of the path"
        page.goto(f"{site.url}/indicators")
        people.menu(page).click()
        page.get_by_role("link", name="退出登录").click()
        page.wait_for_url(f"{site.url}/account/logout")
        with page.expect_response(lambda one: one.request.method == "POST") as answer:
            page.get_by_role("button", name="退出登录").click()
        assert answer.value.headers["location"].startswith(f"{BASE}/")
        page.goto(f"{site.url}/indicators")
        assert page.url.startswith(f"{site.url}/account/login")


def test_a_websocket_of_another_site_is_refused(site: Site, browser: Browser, analyst: people.Cookies) -> None:
    """Same machine and cookie, another origin: the port of plain HTTP."""
    script = """address => new Promise(done => {
        const socket = new WebSocket(address);
        socket.onopen = () => done('open'); socket.onerror = () => done('refused');
    })"""
    address = f"wss://localhost:{site.nginx.secure}{BASE}/_stcore/stream"
    with window(browser, analyst) as context:
        page = context.new_page()
        page.route("https://localhost:1/", lambda route: route.fulfill(body="<p>other</p>", content_type="text/html"))
        page.goto("https://localhost:1/")
        assert page.evaluate(script, address) == "refused"


def test_the_server_logged_no_traceback_and_no_link(site: Site) -> None:
    assert "Traceback" not in site.log.read_text("utf-8")
    log = site.nginx.log()
    assert f"{BASE}/account/invite/-" in log
    assert not people.link_in(log)
