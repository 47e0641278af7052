"""Users of a running server, who come in as people do: by a one-time link, and then through the sign-in page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Browser, Page, expect

from pingchang_geo.settings import PROJECT_ROOT

PASSWORD = "竹海清风 有信 2024"
COOKIE = "pingchang_session"
_LINK = re.compile(r"/account/invite/[A-Za-z0-9_-]{43}")
_WAIT_MS = 60_000
#: Invisible; keeps addresses in texts from becoming links.
JOINER = "\u2060"

Cookies = list[Any]


def add(name: str, role: str, environment: Mapping[str, str]) -> str:
    """Add a user by the command line; returns the path of the one-time link (without a base path)."""
    return _linked("add", name, "--role", role, environment=environment)


def relink(name: str, environment: Mapping[str, str]) -> str:
    """A new link for a user whose password has been forgotten."""
    return _linked("link", name, environment=environment)


def _linked(*arguments: str, environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pingchang_geo", "users", *arguments],
        cwd=PROJECT_ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    found = link_in(done.stdout)
    assert done.returncode == 0 and found, done.stdout + done.stderr
    return found


def link_in(text: str) -> str:
    """Path of the last one-time link in a text; empty without any."""
    found: list[str] = _LINK.findall(text)
    return found[-1] if found else ""


def choose_password(page: Page, address: str, password: str = PASSWORD) -> None:
    """Open a one-time link and choose a password."""
    page.goto(address)
    page.get_by_label("新密码", exact=True).fill(password)
    page.get_by_label("再次输入新密码").fill(password)
    page.get_by_role("button", name="设置密码并登录").click()


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """Fill in the sign-in page that is open."""
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()


def newcomer(browser: Browser, url: str, name: str, role: str, environment: Mapping[str, str]) -> Cookies:
    """Cookies of a new user who has signed in through the sign-in page."""
    link = add(name, role, environment)
    context = browser.new_context(locale="zh-CN")
    choose_password(context.new_page(), f"{url}{link}")
    context.close()
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    page.goto(f"{url}/account/login?next=/indicators")
    sign_in(page, name)
    expect(menu(page).get_by_role("button")).to_be_visible(timeout=_WAIT_MS)
    assert name in (menu(page).text_content() or "").replace(JOINER, "")
    cookies = [cookie for cookie in context.cookies() if cookie["name"] == COOKIE]
    context.close()
    assert len(cookies) == 1
    return cookies


def menu(page: Page) -> Any:
    """The account menu at the end of the header."""
    return page.locator(".st-key-account_menu")
