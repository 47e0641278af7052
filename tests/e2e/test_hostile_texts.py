"""Texts that would like to be markup: in values, names, notes, files, users and addresses, on every page.

Each is HTML, script, Markdown, LaTeX or a directive of Streamlit's. Wherever one is shown it must stand there letter by
letter: no dialog, no node or attribute made from it, no request to another host.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import geopandas as gpd
import pytest
import shapely
from playwright.sync_api import Browser, Frame, Page, expect

from pingchang_geo.filters import Filter, OneOf
from pingchang_geo.store import LocalStore
from pingchang_geo.ui.registry import PAGES
from pingchang_geo.ui.text import plain
from tests import factories
from tests.e2e.board import WAIT_MS, Board
from tests.e2e.conftest import Server, start_server, stop_server, window
from tests.e2e.people import JOINER, Cookies, menu

LONG_MS = 180_000
#: A user may be called so: Markdown would make links of it.
ADMIN = "www.pwn.example"
IMAGE = "<img src=pwn onerror=alert('pwn')>"
TEXTS = (
    IMAGE,
    "<script>window.pwned=1;alert('pwn')</script>",
    "</script><script>window.pwned=1</script>",
    "</textarea></title></style><svg onload=alert('pwn')>",
    "\"'><iframe src='javascript:alert(1)//pwn'></iframe>",
    "<a href='https://pwn.example/'>pwn-anchor</a>",
    "<style>@import url(https://pwn.example/x.css)</style>",
    "[pwn-link](javascript:alert('pwn'))",
    "![pwn](https://pwn.example/x.png)",
    "https://pwn.example/auto www.pwn.example/auto",
    "$$\\href{javascript:alert('pwn')}{pwn-tex}$$ $\\text{pwn-tex}$",
    ":material/skull: :skull: :red[pwn-red] :blue-badge[pwn-badge]",
    "pwn -> pwn <- pwn >= pwn",
    "**pwn-bold** *pwn-em* `pwn-code` ~~pwn-gone~~",
    "# pwn-heading",
    "| pwn | cell |\n|---|---|\n| a | b |",
    "{{7*7}} ${7*7} %{pwn} <%= 7*7 %>",
    '=HYPERLINK("https://pwn.example","pwn")',
    "\u202epwn\u202c &lt;b&gt;pwn-entity&lt;/b&gt; &#60;i&#62;",
)
SCRIPT, LINK, ADDRESS, FORMULA, ICON, BOLD = (TEXTS[i] for i in (1, 7, 9, 10, 11, 13))
#: What each of them would have become.
MADE = {"pwn-anchor", "pwn-link", "pwn-tex", "pwn-red", "pwn-badge", "pwn-bold", "pwn-em", "pwn-code", "pwn-gone"}

#: Nodes and attributes that can only have been made from our texts, in one document.
FOREIGN = """
(made) => {
    const found = [];
    const links = new Set(['src', 'srcset', 'href', 'xlink:href', 'action', 'formaction', 'data', 'poster', 'style']);
    for (const node of document.querySelectorAll('*')) {
        for (const { name, value } of node.attributes) {
            const suspect = name.startsWith('on') || links.has(name.toLowerCase());
            if (suspect && /pwn|^\\s*javascript:/i.test(value)) found.push(`<${node.localName} ${name}="${value}">`);
        }
        const text = node.children.length ? '' : node.textContent.trim();
        if (made.includes(text) || /^#? ?pwn-heading$/.test(text) && /^h\\d$/.test(node.localName))
            found.push(`<${node.localName}>${text}`);
        if (node.matches('[data-testid=stIconMaterial]') && text === 'skull') found.push('icon');
        if (!node.children.length && /pwn [←→≥]/.test(text)) found.push('arrow');
        if (node.matches('.katex') && node.textContent.includes('pwn')) found.push('formula');
    }
    if (window.pwned !== undefined) found.push('a script has run');
    return found;
}
"""


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory, reference_data: Path) -> Iterator[Server]:
    """A server whose layers are full of hostile texts."""
    data = shutil.copytree(reference_data, tmp_path_factory.mktemp("hostile") / "data")
    started = start_server(data)
    folder = tmp_path_factory.mktemp("files")
    _publish(started, "scenic", _named(folder / "scenic.gpkg", 0))
    _publish(started, "parks", _named(folder / "parks.gpkg", 0.12, type=TEXTS, companies=TEXTS))
    _publish(started, "redline", _named(folder / "redline.gpkg", 0.06, type=TEXTS, district=TEXTS))
    _publish(started, "forest", _forest(started, folder))
    _publish(started, "scenic", _named(folder / "again.gpkg", 0, without=IMAGE))
    yield started
    stop_server(started)


@pytest.fixture(scope="module")
def admin(own_server: Server, browser: Browser) -> Cookies:
    """Somebody who sees everything, the log included."""
    return own_server.newcomer(browser, ADMIN, "admin")


def _named(path: Path, south: float, without: str = "", **columns: tuple[str, ...]) -> Path:
    """A row of squares, named by the texts; one of them called otherwise in the next version."""
    names = [f"不同 {text}" if text == without else text for text in TEXTS]
    boxes = [shapely.box(107.0 + i * 0.012, 31.5 + south, 107.01 + i * 0.012, 31.51 + south) for i in range(len(TEXTS))]
    others = {"grade": "AAAA", "address": list(reversed(TEXTS)), "location": "示意", "location_note": list(TEXTS)}
    frame = gpd.GeoDataFrame(
        {"name": names, **others, **{name: list(texts) for name, texts in columns.items()}},
        geometry=boxes,
        crs="EPSG:4490",
    )
    frame.to_file(path, driver="GPKG")
    return path


def _forest(server: Server, folder: Path) -> Path:
    """Compartments whose townships and villages are hostile."""
    store = LocalStore(server.data_dir)
    outline = store.read(store.snapshot().versions["county"]).to_crs(4524).geometry.union_all()
    frame = factories.sample_forest(3500)
    frame = frame[frame.within(outline)].head(2500).reset_index(drop=True)
    frame["XIANG"] = [TEXTS[i % len(TEXTS)][:60] for i in range(len(frame))]
    frame["CUN"] = [TEXTS[-1 - i % len(TEXTS)][:60] for i in range(len(frame))]
    path = folder / "forest.gpkg"
    frame.to_file(path, driver="GPKG")
    return path


def _publish(server: Server, layer: str, path: Path) -> None:
    said = ("--note", LINK, "--source", IMAGE, "--as-of", "2024-12-31", "--by", BOLD)
    questions = ("--confirm", "all") if layer == "" else ()
    done = server.command("publish", str(path), "--layer", layer, *said, *questions)
    assert done.returncode == 0, done.stdout + done.stderr


@dataclass
class Watch:
    """A page, and what must not happen on it."""

    page: Page
    dialogs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("dialog", self._met)

    def _met(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def clean(self, where: str) -> None:
        """Nothing in the page or any of its frames was made from our texts."""
        for frame in self.page.frames:
            assert _foreign(frame) == [], where
        assert self.dialogs == [], where

    def settle(self) -> None:
        Board(self.page, "").settle()

    def shows(self, text: str) -> None:
        """The page's own text holds these letters."""
        expect(self.page.locator("body")).to_contain_text(text, timeout=WAIT_MS)


def _foreign(frame: Frame) -> list[str]:
    found: list[str] = frame.evaluate(FOREIGN, sorted(MADE))
    return found


def _shown(text: str) -> str:
    """A text as an element of Streamlit's shows it: what cannot be escaped is kept apart by something invisible."""
    return re.sub(r"\\(.)", r"\1", plain(text))


@pytest.fixture
def watch(browser: Browser, admin: Cookies) -> Iterator[Watch]:
    with window(browser, admin, calm=True) as page:
        yield Watch(page)


def test_the_check_itself_sees_foreign_nodes(watch: Watch, own_server: Server) -> None:
    """Made by hand, each of them is found."""
    watch.page.goto(f"{own_server.url}/account/password")
    watch.clean("before")
    for html, found in (
        ("<img src=pwn>", 1),
        ("<a href='javascript:0'>x</a>", 1),
        ("<b>pwn-bold</b>", 1),
        ("<h1>pwn-heading</h1>", 1),
        ("<span data-testid=stIconMaterial>skull</span>", 1),
        ("<span class=katex><i>pwn</i></span>", 1),
        ("<div onclick='pwn()'>x</div>", 1),
        ("<p>&lt;img src=pwn&gt; **pwn-bold**</p>", 0),
    ):
        watch.page.evaluate("html => { document.querySelector('main').innerHTML = html; }", html)
        assert len(_foreign(watch.page.main_frame)) == found, html


@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.path)
def test_every_page_shows_texts_as_texts(watch: Watch, own_server: Server, entry: Any) -> None:
    page = watch.page
    page.goto(f"{own_server.url}/{'' if entry.default else entry.path}")
    expect(menu(page)).to_contain_text("pwn.example", timeout=WAIT_MS)
    watch.settle()
    if page.locator("iframe[src*='streamlit_folium']").count():
        Board(page, own_server.url).wait_drawn()
        page.wait_for_timeout(1500)  # charts come after the map
        watch.settle()
    watch.clean(f"{entry.path}: as opened")
    for folded in page.get_by_test_id("stExpander").locator("summary").all():
        folded.click()
        watch.settle()
    watch.clean(f"{entry.path}: unfolded")
    for opener in page.get_by_test_id("stPopoverButton").all():
        if opener.is_visible() and opener.is_enabled():
            opener.click()
            watch.settle()
            watch.clean(f"{entry.path}: {opener.inner_text()}")
            page.keyboard.press("Escape")


@pytest.mark.parametrize(("layer", "first"), [("scenic", 0), ("parks", 1), ("redline", 2)])
def test_card_pop_up_hover_and_search(watch: Watch, own_server: Server, layer: str, first: int) -> None:
    """Each text once; the layers take turns."""
    page, board = watch.page, Board(watch.page, own_server.url)
    store = LocalStore(own_server.data_dir)
    frame = store.read(store.snapshot().versions[layer])
    for row in range(first, len(frame), 3):
        name, spot = str(frame["name"].iloc[row]), frame.geometry.iloc[row].centroid
        text = " ".join(name.split())
        page.goto(f"{own_server.url}/{layer}?sel={layer}:{row}&view={spot.y:.5f},{spot.x:.5f},15")
        board.wait_drawn()
        expect(page.locator(".st-key-details")).to_contain_text(_shown(name), timeout=WAIT_MS)
        box = page.locator("iframe[src*='streamlit_folium']").bounding_box()
        assert box is not None
        across, down = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        tooltip = board.frame.locator(".pc-tooltip", has_text=text[:20])
        for step in range(30):  # until the map listens
            page.mouse.move(across + 20 + step % 5, down + 20)
            page.wait_for_timeout(200)
            if tooltip.count():
                break
        expect(tooltip.first).to_be_attached()
        page.mouse.click(across + 20, down + 20)
        expect(board.frame.locator(".leaflet-popup-content")).to_contain_text(text, timeout=WAIT_MS)
        watch.clean(f"{layer} {row}")
    search = board.frame.get_by_role("combobox")
    for word in ("pwn", "<script", "javascript:", "$$", "material"):
        search.fill(word)
        expect(board.frame.get_by_role("option").first).to_contain_text(word, timeout=WAIT_MS)
        watch.clean(f"{layer}: search {word}")


def test_legends_filters_and_chips(watch: Watch, own_server: Server) -> None:
    page, board = watch.page, Board(watch.page, own_server.url)
    board.open("parks?theme=type")
    expect(board.frame.locator("body")).to_contain_text(IMAGE, timeout=WAIT_MS)
    watch.clean("legend")
    for text in TEXTS:
        wanted = Filter((OneOf("type", (text,)),)).encode()["type"]
        page.goto(f"{own_server.url}/parks?type={quote(wanted)}")
        expect(page.locator(".st-key-chip_type")).to_contain_text(_shown(text)[:20], timeout=WAIT_MS)
        watch.clean(f"chip {text}")
    board.wait_drawn()
    page.get_by_role("button", name="筛选").click()
    page.get_by_role("combobox", name="类型").last.click()
    expect(page.get_by_role("option").first).to_be_visible(timeout=WAIT_MS)
    watch.clean("options")


def test_addresses(watch: Watch, own_server: Server) -> None:
    """Parameters that nobody knows are named in a notice, values of known ones refused."""
    for number, path in enumerate(("forest", "versions", "users", "overlay", "accounts", "update")):
        unknown = "&".join(f"{quote(text)}=1" for text in TEXTS)
        value = quote(TEXTS[number])
        watch.page.goto(f"{own_server.url}/{path}?{unknown}&layer={value}&draft={value}&sel={value}&view={value}")
        expect(menu(watch.page)).to_contain_text("pwn.example", timeout=WAIT_MS)
        watch.settle()
        watch.clean(path)
    watch.page.goto(f"{own_server.url}/account/login?next={quote(SCRIPT)}")
    watch.clean("login")


def test_history_comparison_and_log(watch: Watch, own_server: Server) -> None:
    page = watch.page
    page.goto(f"{own_server.url}/versions?layer=scenic")
    expect(page.get_by_text("记录完整")).to_be_visible(timeout=WAIT_MS)
    watch.settle()
    expect(page.locator("[role=gridcell]").last).to_be_attached(timeout=WAIT_MS)
    history = page.get_by_test_id("stDataFrame").first.locator("[role=gridcell]")
    cells = {cell.text_content() for cell in history.all()}
    assert {LINK, IMAGE, BOLD} <= cells
    log = page.get_by_test_id("stDataFrame").last.locator("[role=gridcell]")
    assert any(LINK in (cell.text_content() or "") for cell in log.all())
    watch.clean("versions")


def test_site_check(watch: Watch, own_server: Server) -> None:
    """Names of what lies near, of the project, of parcels and of files."""
    page = watch.page
    content = json.dumps({"type": "FeatureCollection", "features": [_parcel(*one) for one in enumerate(TEXTS)]})
    names = [f"{' '.join(TEXTS[first : first + 4])}.geojson".replace("\n", " ") for first in range(0, len(TEXTS), 4)]
    for name in (None, *names):
        page.goto(f"{own_server.url}/site")
        Board(page, own_server.url).wait_drawn()
        watch.settle()
        if name is None:
            page.get_by_text("粘贴坐标", exact=True).first.click(timeout=WAIT_MS)
            page.get_by_role("textbox", name="界址点坐标").fill(content)
            page.get_by_role("button", name="核查", exact=True).click()
        else:
            page.get_by_text("上传文件", exact=True).first.click(timeout=WAIT_MS)
            file = {"name": name, "mimeType": "application/geo+json", "buffer": content.encode()}
            page.set_input_files("input[type=file]", file)  # type: ignore[arg-type]
        expect(page.locator(".st-key-site_verdict h3")).to_be_visible(timeout=LONG_MS)
        watch.settle()
        watch.clean(f"site {name}")
    for text in TEXTS:
        page.get_by_role("textbox", name="项目名称").fill(text)
        page.keyboard.press("Enter")
        watch.settle()
        watch.clean(f"project {text}")


def _parcel(number: int, text: str) -> dict[str, Any]:
    """A parcel across the hostile scenic areas, red-line areas and parks, called ``text``."""
    west, south = 107.0 + number * 0.012, 31.55
    ring = [[west, south], [west + 0.011, south], [west + 0.011, 31.575], [west, 31.575], [west, south]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"name": text, "DKMC": text}, "geometry": geometry}


def test_an_upload_from_the_file_to_the_version(watch: Watch, own_server: Server) -> None:
    """Names of the file and of its columns, samples, questions, issues, and what is said when publishing."""
    page, content = watch.page, _layer_of_texts()
    page.goto(f"{own_server.url}/update")
    expect(page.get_by_text("怎样提交")).to_be_visible(timeout=WAIT_MS)
    name = f"{BOLD} {LINK} {ICON} {IMAGE}.geojson"
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "application/geo+json", "buffer": content})
    watch.settle()
    watch.clean("chosen")
    page.get_by_role("combobox", name="图层").click()
    page.get_by_role("option", name="AAAA 级景区").click()
    page.get_by_role("button", name="检查文件").click()
    expect(page.get_by_text("字段对应").first).to_be_visible(timeout=LONG_MS)
    watch.settle()
    watch.shows("**pwn-bold**")
    for folded in page.get_by_test_id("stExpander").locator("summary").all():
        folded.click()
        watch.settle()
    watch.clean("inspected")
    for box in page.get_by_text("已核对，按此采用").all():
        box.click()
    if page.get_by_role("button", name="按以上回答重新检查").count():
        page.get_by_role("button", name="按以上回答重新检查").click()
    expect(page.get_by_text("可以发布").first).to_be_visible(timeout=LONG_MS)
    watch.clean("answered")
    page.get_by_label("数据来源（必填）").fill(FORMULA)
    page.get_by_label("数据时点（必填）").fill("2024-12-31")
    page.get_by_label("更新说明").fill(ICON)
    page.get_by_label("使用限制").fill(ADDRESS)
    whole = page.get_by_text("确认用它整体替换当前版本")
    if whole.count():
        whole.click()
    page.get_by_role("button", name="发布为").click()
    expect(page.get_by_text("已发布：").first).to_be_visible(timeout=LONG_MS)
    watch.clean("published")
    page.goto(f"{own_server.url}/scenic")
    Board(page, own_server.url).wait_drawn()
    watch.settle()
    watch.clean("shown")


def _layer_of_texts() -> bytes:
    """A GeoJSON file of scenic areas named by the texts, with columns that are called so, too; one name twice."""

    def feature(number: int, text: str) -> dict[str, Any]:
        west = 107.0 + number * 0.012
        ring = [[west, 31.5], [west + 0.01, 31.5], [west + 0.01, 31.51], [west, 31.5]]
        properties = {"name": text, "grade": text, "location": "示意", **{other: other for other in TEXTS}}
        return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}

    features = [feature(*one) for one in enumerate((*TEXTS, IMAGE))]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


def test_user_names(watch: Watch, own_server: Server) -> None:
    """Markup is refused as a name; what may be a name is no link."""
    page = watch.page
    page.goto(f"{own_server.url}/users")
    for text in TEXTS[:15]:
        page.get_by_label("用户名").fill(text)
        page.get_by_role("button", name="生成一次性链接").click()
        expect(page.get_by_text("用户名不能使用")).to_be_visible(timeout=WAIT_MS)
        watch.settle()
        watch.clean(f"user {text}")
    page.get_by_label("用户名").fill("pwn@pwn.example")
    page.get_by_role("button", name="生成一次性链接").click()
    expect(page.get_by_text("只显示这一次")).to_be_visible(timeout=WAIT_MS)
    watch.shows(f"pwn{JOINER}@pwn.example")
    watch.clean("user")
