"""A real server and a real browser. Every request that leaves this host is blocked and fails the test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, Route, sync_playwright

from tests.e2e import people

ROOT = Path(__file__).parents[2]
#: A whole first start (24,000 plots published, tiled and joined) on two loaded cores.
START_SECONDS = 240
#: The one without a window's trimmings first: the same engine for a fifth less of the processors.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.e2e)


@dataclass
class Server:
    """A running app and its data folder."""

    url: str
    data_dir: Path
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def environment(self) -> dict[str, str]:
        """What makes a command work on this server's data."""
        return {"PINGCHANG_DATA_DIR": str(self.data_dir)}

    def newcomer(self, browser: Browser, name: str, role: str) -> people.Cookies:
        """Cookies of a new user who has signed in here."""
        return people.newcomer(browser, self.url, name, role, self.environment)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``python -m pingchang_geo …`` on this server's data."""
        return subprocess.run(
            [sys.executable, "-m", "pingchang_geo", *arguments],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_server(data_dir: Path, base_path: str = "", settings: Mapping[str, str] | None = None) -> Server:
    """Start the app, with settings as environment variables, and wait until it answers."""
    port = free_port()
    log = data_dir.with_suffix(".log")
    options = ["--server.port", str(port), "--server.address", "127.0.0.1", "--server.headless", "true"]
    if base_path:
        options += ["--server.baseUrlPath", base_path]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", *options],
            cwd=ROOT,
            env={**os.environ, "PINGCHANG_DATA_DIR": str(data_dir), "PYTHONWARNINGS": "default", **(settings or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}" + (f"/{base_path}" if base_path else "")
    server = Server(url, data_dir, process, log)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended:\n{log.read_text(errors='replace')[-4000:]}")
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2):
                return server
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    stop_server(server)
    raise RuntimeError(f"the server did not answer:\n{log.read_text(errors='replace')[-4000:]}")


def stop_server(server: Server) -> None:
    """Stop the app."""
    server.process.terminate()
    try:
        server.process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait()


@pytest.fixture(scope="session")
def reference_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as a first start leaves it, without accounts; to be copied."""
    made = tmp_path_factory.mktemp("reference") / "data"
    first_start = (
        "from pingchang_geo.settings import settings;"
        "from pingchang_geo.workflow import start;"
        "start.prepare(start.open_store(), settings(), print)"
    )
    environment = {**os.environ, "PINGCHANG_DATA_DIR": str(made)}
    subprocess.run([sys.executable, "-c", first_start], cwd=ROOT, env=environment, check=True, timeout=START_SECONDS)
    return made


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One app on fresh data: the shipped reference layers, published by its own first start."""
    started = start_server(tmp_path_factory.mktemp("e2e") / "data")
    yield started
    stop_server(started)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole suite."""
    path = next((p for n in BROWSERS if (p := shutil.which(n))), None)
    assert path, "Chromium is missing: run make setup-dev"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield opened
        opened.close()


@dataclass
class Guard:
    """What the page asked for elsewhere, and what it complained about."""

    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def guard(page: Page) -> Guard:
    """Block and note every request that leaves this host; note script errors."""
    seen = Guard()

    def decide(route: Route, request: Request) -> None:
        if urlsplit(request.url).hostname in {"127.0.0.1", "localhost"}:
            route.continue_()
        else:
            seen.outside.append(request.url)
            route.abort()

    page.context.route(lambda url: urlsplit(url).scheme in {"http", "https"}, decide)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    return seen


@contextmanager
def window(browser: Browser, cookies: people.Cookies | None = None, *, calm: bool = False) -> Iterator[Page]:
    """A fresh context at the smallest desktop size; fails when anything left the host or a script broke."""
    # ``calm``: without flights and fading, which cost time where there is no graphics card.
    motion: Literal["reduce", "no-preference"] = "reduce" if calm else "no-preference"
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN", reduced_motion=motion)
    context.add_cookies(cookies or [])
    opened = context.new_page()
    seen = guard(opened)
    yield opened
    context.close()
    assert seen.outside == []
    assert seen.errors == []


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window of nobody in particular."""
    with window(browser) as opened:
        yield opened
