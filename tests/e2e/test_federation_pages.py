"""Signing in through a provider, and through a portal's proxy, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import guard
from tests.web import live
from tests.web.oidc_provider import CLIENT_ID, CLIENT_SECRET

MENU = ".st-key-account_menu"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app below a path, behind nginx, which asks for name and password itself."""
    folder = tmp_path_factory.mktemp("portal")
    port, front = live.free_port(), live.free_port()
    settings = {"viewing": "closed", "identity": "proxy", "trusted_proxies": "127.0.0.2", "admins": "李娜"}
    (folder / "people").write_text("李娜:{PLAIN}pass\n", "utf-8")
    server = f"""location /geo/ {{
auth_basic portal; auth_basic_user_file {folder}/people;
proxy_bind 127.0.0.2; proxy_pass http://127.0.0.1:{port}; proxy_http_version 1.1; proxy_read_timeout 1h;
proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Remote-User $remote_user;
}}"""
    data_dir = live.tiny_county(folder / "data")
    with live.app(data_dir, port, settings, base="geo"), live.nginx(folder / "nginx", front, server):
        yield f"http://127.0.0.1:{front}/geo/"


@pytest.fixture(scope="module")
def federated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app with a provider on another site (``localhost``)."""
    folder = tmp_path_factory.mktemp("federated")
    port = live.free_port()
    url = f"http://127.0.0.1:{port}"
    data_dir: Path = live.tiny_county(folder / "data")
    with live.provider(folder, callback=f"{url}/account/oidc/callback", home=f"{url}/") as issuer:
        settings = {
            "viewing": "closed",
            "identity": "oidc",
            "public_url": url,
            "oidc_issuer": issuer,
            "oidc_client_id": CLIENT_ID,
            "oidc_client_secret": CLIENT_SECRET,
        }
        with live.app(data_dir, port, settings):
            yield url


def test_through_the_provider_and_out_again(page: Page, federated: str) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(f"{federated}/?unit=mu")
    page.get_by_role("link", name="前往统一身份认证").click()
    page.get_by_role("button", name="zhang").click()
    expect(page.locator(MENU)).to_contain_text("zhang.wei", timeout=60_000)
    assert page.url.startswith(f"{federated}/")
    page.locator(MENU).get_by_role("button").click()
    expect(page.get_by_text("数据员")).to_be_visible()
    page.get_by_role("link", name="退出登录").click()
    page.get_by_role("button", name="退出登录").click()
    # over the provider's own sign-out back to the start page, which asks to sign in
    expect(page.get_by_role("link", name="前往统一身份认证")).to_be_visible(timeout=20_000)
    page.get_by_role("link", name="前往统一身份认证").click()
    expect(page.get_by_role("button", name="zhang")).to_be_visible()
    assert [text for text in complaints if "form-action" in text or "default-src" in text] == []


def test_cancelling_at_the_provider_leads_to_a_page_that_says_so(page: Page, federated: str) -> None:
    page.goto(f"{federated}/account/oidc/start")
    expect(page.get_by_role("button", name="zhang")).to_be_visible()
    page.goto(f"{federated}/account/oidc/callback?error=access_denied&state={'A' * 43}")
    expect(page.get_by_role("heading", name="未能登录")).to_be_visible()
    page.get_by_role("link", name="重新登录").click()
    expect(page.get_by_role("button", name="zhang")).to_be_visible()


def test_through_the_portal(browser: Browser, portal: str) -> None:
    context = browser.new_context(
        viewport={"width": 1366, "height": 768},
        locale="zh-CN",
        http_credentials={"username": "李娜", "password": "pass", "send": "unauthorized"},
        extra_http_headers={"X-Remote-User": "wang"},
    )
    page = context.new_page()
    seen = guard(page)
    page.goto(portal)
    expect(page.locator(MENU)).to_contain_text("李娜", timeout=60_000)
    page.locator(MENU).get_by_role("button").click()
    expect(page.get_by_text("管理员", exact=True)).to_be_visible()
    context.close()
    assert (seen.outside, seen.errors) == ([], [])
