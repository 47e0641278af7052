"""An analyst publishes a typical dirty file in the browser without a manual, then goes back."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from playwright.sync_api import Browser, Page, expect

from pingchang_geo.store import LocalStore
from tests import factories
from tests.e2e.board import WAIT_MS, Board
from tests.e2e.conftest import Server, start_server, stop_server, window
from tests.e2e.people import Cookies

ROWS = 3000
LONG_MS = 120_000
DECIDED = re.compile("可以发布。|个问题需要您确认|处必须改正")


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory, reference_data: Path) -> Iterator[Server]:
    """A server of its own: these tests publish."""
    data = shutil.copytree(reference_data, tmp_path_factory.mktemp("update") / "data")
    started = start_server(data)
    yield started
    stop_server(started)


@pytest.fixture(scope="module")
def analyst(own_server: Server, browser: Browser) -> Cookies:
    """Somebody who may update data, signed in once for all tests."""
    return own_server.newcomer(browser, "张三", "analyst")


@pytest.fixture
def page(browser: Browser, analyst: Cookies) -> Iterator[Page]:
    """The analyst's window."""
    with window(browser, analyst) as opened:
        yield opened


def dirty(server: Server) -> gpd.GeoDataFrame:
    """Plots inside the county; one crosses itself, two share a number, some canopies are impossible."""
    store = LocalStore(server.data_dir)
    outline = store.read(store.snapshot().versions["county"]).to_crs(4524).geometry.union_all()
    frame = factories.sample_forest(ROWS + 2000)
    frame = frame[frame.within(outline)].head(ROWS).reset_index(drop=True)
    west, south, east, north = frame.geometry.iloc[7].bounds
    bow = shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])
    frame.geometry = [bow if i == 7 else g for i, g in enumerate(frame.geometry)]
    frame.loc[5, ["CUN", "LIN_BAN", "XIAO_BAN"]] = frame.loc[4, ["CUN", "LIN_BAN", "XIAO_BAN"]].to_numpy()
    frame.loc[20:30, "YU_BI_DU"] = 1.7
    return frame


def upload(page: Page, server: Server, file: Path) -> None:
    page.goto(f"{server.url}/update")
    expect(page.get_by_text("怎样提交")).to_be_visible(timeout=WAIT_MS)
    page.set_input_files("input[type=file]", str(file))
    page.get_by_role("button", name="检查文件").click()
    expect(page.get_by_text(DECIDED).first).to_be_visible(timeout=LONG_MS)


def confirm_everything(page: Page) -> None:
    system = page.get_by_test_id("stRadio").get_by_text("EPSG:4524")  # without .prj numbers alone do not tell the datum
    if system.count():
        system.click()
    for box in page.get_by_text("已核对，按此采用").all():
        box.click()
    page.get_by_role("button", name="按以上回答重新检查").click()


def publish(page: Page, note: str) -> None:
    page.get_by_label("数据来源（必填）").fill("平昌县林业局 2024 年林草湿调查")
    page.get_by_label("数据时点（必填）").fill("2024-12-31")
    page.get_by_label("更新说明").fill(note)
    page.get_by_text("确认用它整体替换当前版本").click()  # a part of the county, as the warning says
    page.get_by_role("button", name="发布为").click()


def test_a_dirty_file_is_published_in_the_browser(own_server: Server, page: Page, tmp_path: Path) -> None:
    frame = dirty(own_server)
    shp = factories.write_shapefile(frame, tmp_path / "a", encoding="gbk", cpg=False, prj=False)
    upload(page, own_server, factories.zip_shapefile(shp, tmp_path / "平昌县小班.zip", folder="林业/"))
    expect(page.get_by_text("个问题需要您确认").first).to_be_visible()
    expect(page.get_by_text("EPSG:4524").first).to_be_visible()
    board = Board(page, own_server.url)
    board.wait_drawn()
    # the map goes to the two plots that share a number, and draws just these
    page.get_by_role("button", name="定位").first.click()
    board.settle()
    confirm_everything(page)
    expect(page.get_by_text("可以发布").first).to_be_visible(timeout=LONG_MS)
    address = page.url
    page.goto(f"{own_server.url}/forest")  # leaving loses nothing
    expect(page.get_by_text("森林小班 第 1 版").first).to_be_visible(timeout=WAIT_MS)
    page.goto(address)
    expect(page.get_by_text("可以发布").first).to_be_visible(timeout=WAIT_MS)
    publish(page, "年度更新")
    expect(page.get_by_text("已发布：森林小班第 2 版。")).to_be_visible(timeout=LONG_MS)
    page.get_by_role("link", name="到「森林碳汇」查看").click()
    expect(page.get_by_text("森林小班 第 2 版 · 官方").first).to_be_visible(timeout=WAIT_MS)
    board.wait_drawn()
    assert board.shown() == ROWS


def test_a_second_file_is_compared_and_taken_back(own_server: Server, page: Page, tmp_path: Path) -> None:
    store = LocalStore(own_server.data_dir)
    assert store.snapshot().versions["forest"].number == 2
    frame = dirty(own_server).drop(index=[4, 5, 7]).iloc[100:]
    frame["HUO_LMGQXJ"] = frame["HUO_LMGQXJ"] + 5
    upload(page, own_server, factories.write_shapefile(frame, tmp_path / "b").parent / "forest.dbf")
    # a lone .dbf is no data set: what is missing is said
    expect(page.get_by_text("缺少 .shp 文件").first).to_be_visible(timeout=WAIT_MS)
    upload(page, own_server, factories.zip_shapefile(tmp_path / "b" / "forest.shp", tmp_path / "b.zip"))
    expect(page.get_by_text("与当前版本比较")).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_test_id("stMetric")).to_have_count(4, timeout=WAIT_MS)
    metrics = {
        card.locator("[data-testid=stMetricLabel]").inner_text(): card.locator(
            "[data-testid=stMetricValue]"
        ).inner_text()
        for card in page.get_by_test_id("stMetric").all()
    }
    assert metrics["变更"] == f"{len(frame):,}"
    assert metrics["新增"] == "0"
    assert metrics["减少"] == f"{ROWS - len(frame):,}"
    publish(page, "蓄积更新")
    expect(page.get_by_text("已发布：森林小班第 3 版。")).to_be_visible(timeout=LONG_MS)
    page.goto(f"{own_server.url}/versions")
    expect(page.get_by_text("操作日志由管理员查看")).to_be_visible(timeout=WAIT_MS)
    Board(page, own_server.url).settle()
    page.get_by_text("回退到较早的版本").click()
    page.get_by_label("原因（必填）").fill("蓄积口径有误")
    page.get_by_role("button", name="确定回退").click()
    expect(page.get_by_text("森林小班 第 4 版").first).to_be_visible(timeout=LONG_MS)
    now = store.snapshot().versions["forest"]
    assert (now.number, now.publisher, now.note) == (4, "张三", "回退到第 2 版：蓄积口径有误")
    assert store.audit_intact()
