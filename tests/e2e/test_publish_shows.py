"""An analyst's shapefile goes in from the command line and appears on the map; hostile texts stay texts."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pytest
from playwright.sync_api import Page, expect

from pingchang_geo.store import LocalStore
from tests import factories, layer_frames
from tests.e2e.board import WAIT_MS, Board
from tests.e2e.conftest import Server, start_server, stop_server

ROWS = 20_000


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory, reference_data: Path) -> Iterator[Server]:
    """A server of its own: these tests publish."""
    data = shutil.copytree(reference_data, tmp_path_factory.mktemp("publish") / "data")
    started = start_server(data)
    yield started
    stop_server(started)


def plots_inside(server: Server) -> gpd.GeoDataFrame:
    """``ROWS`` sample plots, all inside the county outline that the server holds."""
    store = LocalStore(server.data_dir)
    outline = store.read(store.snapshot().versions["county"]).to_crs(4524).geometry.union_all()
    frame = factories.sample_forest(ROWS + 3000)
    inside = frame[frame.within(outline)].head(ROWS).reset_index(drop=True)
    assert len(inside) == ROWS
    return inside


def test_a_gbk_shapefile_replaces_the_reference_layer(own_server: Server, page: Page, tmp_path: Path) -> None:
    board = Board(page, own_server.url).open("forest")
    expect(page.get_by_text("示意数据").first).to_be_attached(timeout=WAIT_MS)
    path = factories.write_shapefile(
        plots_inside(own_server), tmp_path, encoding="gbk", cpg=False, epsg=4524, prj=False
    )
    looked = own_server.command("inspect", str(path), "--layer", "forest")
    assert looked.returncode == 3, looked.stdout + looked.stderr
    assert "CRS_INFERRED" in looked.stdout  # eastings tell the zone, never the datum
    done = own_server.command(
        "publish",
        str(path),
        "--layer",
        "forest",
        "--source",
        "平昌县林业局",
        "--as-of",
        "2024-12-31",
        "--note",
        "年度更新",
        "--confirm",
        "CRS_INFERRED",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "第 2 版" in done.stdout

    board.open("forest")
    board.wait_shown(ROWS)
    expect(page.get_by_text("第 2 版").first).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_text("官方").first).to_be_visible()
    assert sum(board.pixels().values()) > 1000
    # nothing of this layer is marked as illustrative any more
    assert "示意数据" not in page.locator(".js-plotly-plot").first.inner_text()


def test_a_refused_file_changes_nothing(own_server: Server, tmp_path: Path) -> None:
    broken = tmp_path / "坏.zip"
    broken.write_bytes(b"PK\x03\x04 not really")
    before = own_server.command("inspect", str(broken), "--layer", "forest", "--json")
    assert before.returncode == 2
    done = own_server.command("publish", str(broken), "--layer", "forest", "--note", "x")
    assert done.returncode == 2
    assert "未发布" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_hostile_names_are_shown_as_text(own_server: Server, page: Page, tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)>{{7*7}}"
    frame = layer_frames.scenic()[["name", "grade", "location", "geometry"]].assign(
        name=[evil, "白衣古镇</script><script>alert(2)</script>"]
    )
    path = tmp_path / "evil.geojson"
    frame.to_file(path, driver="GeoJSON")
    done = own_server.command("publish", str(path), "--layer", "scenic", "--note", "<b>x</b>", "--by", "<i>y</i>")
    assert done.returncode == 0, done.stdout + done.stderr
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message) or dialog.dismiss())
    board = Board(page, own_server.url).open("scenic")
    box = board.frame.get_by_role("combobox")
    box.fill("onerror")
    expect(board.frame.get_by_role("option").first).to_contain_text("<img", timeout=WAIT_MS)
    box.press("Enter")
    expect(board.frame.locator(".leaflet-popup-content")).to_contain_text("onerror", timeout=WAIT_MS)
    page.goto(f"{own_server.url}/scenic?sel=scenic:0")
    board.wait_drawn()
    expect(page.locator(".st-key-details")).to_contain_text("<img", timeout=WAIT_MS)
    assert page.locator("img[src='x']").count() == 0
    assert board.frame.locator("img[src='x']").count() == 0
    assert dialogs == []
    assert re.search(r"49", page.locator(".st-key-details").inner_text()) is None
