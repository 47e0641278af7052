"""Our own pages under our own policy, in a real browser: not one violation, and a foreign script does not run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from pingchang_geo.ui.registry import PAGES
from tests.web.doorway import PASSWORD
from tests.web.served import Served, county, people, served

_LISTEN = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error("VIOLATION " + event.violatedDirective + " " + event.blockedURI + " in " + location.pathname));
"""
_READY = "[data-testid=stApp][data-test-script-state=notRunning]"
_SITE = {
    "type": "Polygon",
    "coordinates": [[[107.1, 31.55], [107.11, 31.55], [107.11, 31.56], [107.1, 31.56], [107.1, 31.55]]],
}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("browser") / "data"
    county(made)
    return made


@pytest.fixture(scope="module")
def server(data_dir: Path) -> Iterator[Served]:
    with served(data_dir, "closed", "/eco") as found:
        yield found


@pytest.fixture(scope="module")
def context(browser: Browser, server: Served, data_dir: Path) -> Iterator[BrowserContext]:
    """An admin, signed in through the form."""
    people(data_dir)
    opened = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    opened.add_init_script(_LISTEN)
    page = opened.new_page()
    page.goto(f"{server.url}/forest")
    assert page.url == f"{server.url}/account/login?next=/eco/forest"
    page.fill("#name", "测试管理员")
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector(_READY)
    assert page.url.startswith(f"{server.url}/forest")
    page.close()
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    opened = context.new_page()
    seen: list[str] = []
    opened.on("console", lambda said: seen.append(said.text))
    yield opened
    opened.close()
    assert [text for text in seen if "VIOLATION" in text or "Content Security Policy" in text] == []


def _use(page: Page) -> list[str]:
    """Open what is folded, download what can be; what was done."""
    done = []
    page.wait_for_selector(_READY)
    for folded in page.locator("[data-testid=stExpander] summary").all()[:4]:
        folded.click()
    for tab in page.locator("[role=tab]:visible").all()[:6]:
        tab.click()
    for button in page.locator("[data-testid=stDownloadButton] button:visible").all()[:2]:
        with page.expect_download() as got:
            button.click()
        assert got.value.failure() is None
        done.append("download")
    for plot in page.locator(".js-plotly-plot:visible").all()[:1]:
        plot.hover()
        with page.expect_download() as got:
            plot.locator(".modebar-btn").first.click()
        assert got.value.failure() is None
        done.append("picture")
    for share in page.locator(".st-key-share button").all()[:1]:
        share.click()
        # Playwright's wait_for_function evaluates text, which the policy forbids
        expect(page.locator("#share_address")).to_have_text(re.compile("^http"))
        done.append("share")
    return done


@pytest.mark.parametrize("path", ["" if entry.default else entry.path for entry in PAGES])
def test_no_page_violates_the_policy(page: Page, server: Served, path: str) -> None:
    page.goto(f"{server.url}/{path}")
    page.wait_for_selector(_READY)
    for frame in page.locator("iframe[title*=folium]").all():
        board = frame.content_frame.locator(".leaflet-container")
        board.wait_for()
    assert "share" in _use(page)


def test_uploads_pass(page: Page, server: Served, tmp_path: Path) -> None:
    file = tmp_path / "site.geojson"
    file.write_text(json.dumps(_SITE), encoding="utf-8")
    page.goto(f"{server.url}/update")
    page.wait_for_selector(_READY)
    chooser = page.locator("[data-testid=stFileUploaderDropzoneInput]").first
    chooser.wait_for(state="attached")
    with page.expect_response(lambda answer: "upload_file" in answer.url and answer.request.method == "PUT") as got:
        chooser.set_input_files(file)
    assert got.value.status == 204


@pytest.mark.parametrize("path", ["login", "logout", "password", "nothing"])
def test_account_pages(page: Page, server: Served, path: str) -> None:
    page.goto(f"{server.url}/account/{path}")
    page.locator("h1, [data-testid=stApp]").first.wait_for()


def test_a_script_that_is_not_ours_does_not_run(context: BrowserContext, server: Served) -> None:
    """The policy is in force: what the other tests find none of is found here."""
    page = context.new_page()
    seen: list[str] = []
    page.on("console", lambda said: seen.append(said.text))
    page.goto(f"{server.url}/methods")
    page.wait_for_selector(_READY)
    page.evaluate(
        """() => {
            const inline = document.createElement("script");
            inline.textContent = "window.mine = 1";
            const foreign = document.createElement("script");
            foreign.src = "https://evil.example/x.js";
            document.body.append(inline, foreign);
        }"""
    )
    assert page.evaluate("window.mine") is None
    page.wait_for_timeout(300)
    violations = [text for text in seen if text.startswith("VIOLATION script-src")]
    assert {text.split()[2] for text in violations} == {"inline", "https://evil.example/x.js"}
    page.close()


_FRAME = "/component/streamlit_folium.st_folium/index.html"
_FOREIGN = """
<button>open</button><script>
document.querySelector("button").onclick = () => {
  const opened = window.open("ADDRESS");
  const script = "top.opener.postMessage('ran', '*'); var map_div = null;";
  const args = { script, feature_group: script, layer_control: "", html: "", header: "", js_links: [], css_links: [] };
  const say = () => [opened, ...Array.from({ length: opened.length }, (_, at) => opened[at])].forEach(
    (one) => one.postMessage({ type: "streamlit:render", args: { ...args, returned_objects: [] } }, "*"));
  setInterval(say, 50);
};
window.addEventListener("message", ({ data }) => { if (data === "ran") document.title = data; });
</script>
"""


@pytest.mark.parametrize(("path", "metadata", "boards"), [(_FRAME, True, 0), (_FRAME, False, 1), ("/forest", True, 0)])
def test_a_foreign_page_does_not_speak_to_the_map(
    context: BrowserContext, server: Served, path: str, metadata: bool, boards: int
) -> None:
    """Neither in a window of its own, nor through a page of ours around it."""
    body = _FOREIGN.replace("ADDRESS", server.url + path)
    context.route("http://outside.example/", lambda route: route.fulfill(body=body, content_type="text/html"))
    if not metadata:  # as over plain HTTP from another machine
        context.route(f"{server.url}/component/**", _without_metadata)
    page = context.new_page()
    page.goto("http://outside.example/")
    with page.expect_popup() as got:
        page.get_by_role("button").click()
    got.value.wait_for_load_state()
    if path == "/forest":
        got.value.locator("iframe[title*=folium]").content_frame.locator(".leaflet-container").wait_for()
    page.wait_for_timeout(500)
    assert page.title() == ""
    assert got.value.locator("#map_div").count() == boards
    got.value.close()
    page.close()
    context.unroute_all()


def _without_metadata(route: Route) -> None:
    kept = {name: value for name, value in route.request.headers.items() if not name.startswith("sec-fetch-")}
    answer = route.fetch(headers=kept)
    route.fulfill(response=answer)


def test_nobody_frames_the_sign_in(browser: Browser, server: Served) -> None:
    page = browser.new_context().new_page()
    page.route(
        "http://outside.example/",
        lambda route: route.fulfill(
            body=f'<iframe src="{server.url}/account/login"></iframe>', content_type="text/html"
        ),
    )
    page.goto("http://outside.example/")
    page.wait_for_timeout(1000)
    (frame,) = page.frames[1:]
    assert frame.url == "chrome-error://chromewebdata/"
    page.context.close()
