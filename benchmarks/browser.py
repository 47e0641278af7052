"""Chromium: visits with a clean cache, what a frame reports about itself, memory."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, CDPSession, Frame, Page, ViewportSize, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.e2e.conftest import CHROMIUM_FLAGS

_PROBE = Path(__file__).with_name("browser.js").read_text(encoding="utf-8")
#: Names of other hosts do not resolve, so nothing can be waited for; pydeck needs WebGL, here without a graphics card.
_FLAGS = [
    *(flag for flag in CHROMIUM_FLAGS if flag != "--disable-gpu"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--enable-precise-memory-info",
]
WINDOW: ViewportSize = {"width": 1366, "height": 768}
COMPONENT = "/component/"
#: A map that reports nothing for this long is complete.
SETTLED_S = 1.0
_POLL_MS = 200

#: The whole browser where it is installed: what readers have.
_NAMES = ("chromium", "chromium-browser", "google-chrome", "chromium-headless-shell")


@contextmanager
def chromium() -> Iterator[Browser]:
    """One headless browser."""
    path = next((p for n in _NAMES if (p := shutil.which(n))), None)
    if path is None:
        raise RuntimeError("Chromium is missing: run make setup-dev")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        try:
            yield opened
        finally:
            opened.close()


@dataclass
class Visit:
    """A page in a context of its own (nothing cached), with the probe in every frame."""

    page: Page
    outside: set[str] = field(default_factory=set)

    def frame(self) -> Frame | None:
        """The map component's frame, once it is there."""
        return next((f for f in self.page.frames if COMPONENT in urlsplit(f.url).path), None)

    def ask(self, expression: str, *, top: bool = False) -> Any:
        """Value of a JavaScript expression in the map's frame (or the page); None while there is no such frame."""
        frame = self.page.main_frame if top else self.frame()
        try:
            return None if frame is None else frame.evaluate(expression)
        except PlaywrightError:  # the frame is being replaced
            return None

    def wait(self, until: Callable[[], Any], seconds: float, what: str) -> Any:
        """Poll until something true comes."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if value := until():
                return value
            self.page.wait_for_timeout(_POLL_MS)
        raise TimeoutError(f"{what}: not within {seconds:.0f} s at {self.page.url}")

    def started_ms(self) -> float:
        """When the navigation began."""
        return float(self.ask("performance.timeOrigin", top=True))

    def now_ms(self) -> float:
        """The browser's clock."""
        return float(self.ask("performance.timeOrigin + performance.now()", top=True))

    def cdp(self) -> CDPSession:
        """A debugging session on the page."""
        return self.page.context.new_cdp_session(self.page)

    def heap_mb(self) -> float:
        """Live JavaScript heap of the page's process after garbage collection, typed arrays included: the page and
        all its frames of the same origin share it."""
        session = self.cdp()
        session.send("HeapProfiler.collectGarbage")
        session.send("HeapProfiler.collectGarbage")
        usage = session.send("Runtime.getHeapUsage")
        session.detach()
        return float(usage["usedSize"] + usage.get("backingStorageSize", 0)) / 1e6


@contextmanager
def visiting(
    browser: Browser, url: str, want: dict[str, int] | None = None, window: ViewportSize = WINDOW
) -> Iterator[Visit]:
    """Open ``url`` with empty caches; ``want`` tells the probe what to look for."""
    context = browser.new_context(viewport=window, locale="zh-CN")
    context.add_init_script(f"window.__want = {json.dumps(want or {})};\n{_PROBE}")
    page = context.new_page()
    visit = Visit(page)
    host = urlsplit(url).netloc
    page.on(
        "request",
        lambda request: (
            visit.outside.add(urlsplit(request.url).netloc)
            if request.url.startswith("http") and urlsplit(request.url).netloc != host
            else None
        ),
    )
    try:
        page.goto(url, wait_until="commit")
        yield visit
    finally:
        context.close()
