"""What an upload costs the server: the real pages in a browser, the real server watched."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.sync_api import Page, expect

from benchmarks.browser import chromium, visiting
from benchmarks.data import FOLDER, Dataset
from benchmarks.figures import Figure, Result, at_most
from benchmarks.machine import resident_mb
from benchmarks.memory import watching
from benchmarks.servers import Server, serving
from benchmarks.upload import SAID, files, zipped
from tests.e2e import people
from tests.e2e.board import Board

_WAIT_MS = 300_000
_SERVED = FOLDER / "upload-served"


@dataclass(frozen=True)
class Held:
    """Anonymous memory of the server in MB around one upload.

    Attributes:
        before: with the layers loaded and every page of the upload seen.
        most: while the file was received, inspected, shown and published.
        after: with the new version loaded and shown, the one before it kept for pages that are still open.
    """

    before: float
    most: float
    after: float

    @property
    def growth(self) -> float:
        """How much more than before was held at most."""
        return self.most - self.before


def server_result(data: Dataset) -> Result:
    """Two uploads through the pages: the first over the reference layers, the second compared with the first."""
    written = files(data)
    with _served(data) as app, chromium() as browser, visiting(browser, f"{app.url}/update") as visit:
        here = {"PINGCHANG_DATA_DIR": str(_SERVED)}
        visit.page.context.add_cookies(people.newcomer(browser, app.url, SAID["publisher"], "analyst", here))
        _look(visit.page, app)
        held = [uploaded(visit.page, app, zipped(shp)) for shp in (written.first, written.second)]
    growth, loaded = ([getattr(one, name) for one in held] for name in ("growth", "after"))
    size_mb = zipped(written.first).stat().st_size / 1e6
    return Result(
        "upload",
        "Server memory of an upload",
        f"The same files, zipped ({size_mb:.0f} MB), dropped on the page in a browser, inspected, looked at (issues on "
        "the map, comparison, map of changes) and published there. Growth: the server's greatest anonymous resident "
        "memory (RssAnon) from the drop to the message that it is published, less what it held before, with the layers "
        "loaded. The new version is loaded only when a page shows it; what the server holds then, beside the version "
        "before it, which it keeps for open pages, stands separately.",
        (
            Figure("growth while uploading, inspecting, publishing", "MB", tuple(growth), "the second is compared"),
            Figure("held before", "MB", tuple(one.before for one in held)),
            Figure("held with the new version loaded and shown", "MB", tuple(loaded)),
        ),
        (at_most("growth", max(growth), 200, "MB"),),
    )


@contextmanager
def _served(data: Dataset) -> Iterator[Server]:
    """A server on a copy of the published layers."""
    folder = _SERVED
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(data.data_dir, folder)
    try:
        with serving("app.py", replace(data, data_dir=folder).environment) as app:
            yield app
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _look(page: Page, app: Server) -> None:
    """See the layer and the page of updates once, so that what every reader's visit costs is not counted."""
    Board(page, app.url).open("forest")
    page.goto(f"{app.url}/update")
    expect(page.get_by_text("怎样提交")).to_be_visible(timeout=_WAIT_MS)


def uploaded(page: Page, app: Server, file: Path) -> Held:
    """Upload, look, publish, look at the result."""
    page.goto(f"{app.url}/update")
    expect(page.get_by_text("怎样提交")).to_be_visible(timeout=_WAIT_MS)
    before = resident_mb(app.pid)
    with watching(app.pid, {}) as peaks:
        page.set_input_files("input[type=file]", str(file))
        page.get_by_role("button", name="检查文件").click()
        expect(page.get_by_text("可以发布").first).to_be_visible(timeout=_WAIT_MS)
        Board(page, app.url).wait_drawn()
        page.get_by_label("数据来源（必填）").fill(SAID["source"])
        page.get_by_label("数据时点（必填）").fill(SAID["as_of"])
        whole = page.get_by_text("确认用它整体替换当前版本")  # asked for where totals are far from the report's
        if whole.count():
            whole.click()
        page.get_by_role("button", name="发布为").click()
        expect(page.get_by_text("已发布：").first).to_be_visible(timeout=_WAIT_MS)
    Board(page, app.url).open("forest")
    return Held(before, peaks.own_mb, resident_mb(app.pid))
