"""The map's routes: right bytes, cached for ever, and nothing but 404 for what does not exist."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from pingchang_geo.settings import PROJECT_ROOT, settings
from pingchang_geo.store import LocalStore
from pingchang_geo.web import routes
from pingchang_geo.workflow import derive
from pingchang_geo.workflow.current import Atlases


@pytest.fixture
def atlases(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> Atlases:
    small = settings().model_copy(update={"id_tile_threshold": 5})
    monkeypatch.setattr(derive, "settings", lambda: small)
    derive.ensure(store, store.snapshot())
    return Atlases(store)


@pytest.fixture(params=["", "/shengtai"])
def prefix(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def client(atlases: Atlases, prefix: str) -> Iterator[TestClient]:
    app = Starlette(routes=routes(atlases, PROJECT_ROOT / "web", prefix))
    with TestClient(app) as opened:
        yield opened


def test_columns(client: TestClient, atlases: Atlases, prefix: str) -> None:
    atlas = atlases.current()
    answer = client.get(f"{prefix}/columns/forest/{atlas.id}/volume_m3_ha")
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    np.testing.assert_array_equal(
        np.frombuffer(answer.content, "<f4"), atlas["forest"].frame["volume_m3_ha"].to_numpy("f4")
    )
    codes = client.get(f"{prefix}/columns/forest/{atlas.id}/species").content
    np.testing.assert_array_equal(np.frombuffer(codes, "u1"), atlas["forest"].frame["species"].cat.codes.to_numpy("u1"))


def test_tiles_from_archive_and_on_request(client: TestClient, atlases: Atlases, prefix: str) -> None:
    version = atlases.current()["forest"].version.name
    for zoom in (13, 15):
        x = int((107.105 + 180) / 360 * 2**zoom)
        lat = np.radians(31.555)
        y = int((1 - np.log(np.tan(lat) + 1 / np.cos(lat)) / np.pi) / 2 * 2**zoom)
        body = client.get(f"{prefix}/tiles/forest/{version}/{zoom}/{x}/{y}").content
        planes = np.frombuffer(body, "u1").reshape(3, 256, 256).astype("u4")
        ids = planes[0] | planes[1] << 8 | planes[2] << 16
        assert 1 in ids
        assert ids.max() <= 12
    assert client.get(f"{prefix}/tiles/forest/{version}/13/0/0").status_code == 204


def test_small_layers_feature_outline_search(client: TestClient, atlases: Atlases, prefix: str) -> None:
    atlas = atlases.current()
    geojson = client.get(f"{prefix}/layers/redline/{atlas.id}.geojson").json()
    assert [f["id"] for f in geojson["features"]] == [0, 1]
    assert geojson["features"][0]["properties"]["name"] == "红线斑块 01"
    card = client.get(f"{prefix}/features/forest/{atlas.id}/0?area=ha&mass=t").json()
    assert card["badge"] == {"text": "示意数据", "kind": "reference"}
    assert dict(card["rows"])["优势树种"] == "马尾松"
    version = atlas["forest"].version.name
    outline = client.get(f"{prefix}/outline/forest/{version}/0").json()
    assert outline["geometry"]["type"] == "Polygon"
    hits = client.get(f"{prefix}/search/{atlas.id}", params={"q": "佛头山"}).json()
    assert hits[0]["title"] == "佛头山"


@pytest.mark.parametrize(
    "path",
    [
        "/tiles/forest/1-000000000000/13/6530/3340",
        "/tiles/nothing/{version}/13/6530/3340",
        "/tiles/forest/{version}/30/0/0",
        "/tiles/forest/{version}/3/9/0",
        "/columns/forest/{atlas}/geometry",
        "/columns/forest/{atlas}/..%2f..%2fcatalogue.sqlite",
        "/columns/forest/0000000000000000/species",
        "/features/forest/{atlas}/12",
        "/features/forest/{atlas}/-1",
        "/outline/forest/{version}/99999999999999999999",
        "/layers/rivers/{atlas}.geojson",
        "/search/nothing",
        "/vendor/../../catalogue.sqlite",
        "/web/%2e%2e/package.json",
        "/web/..%2fpackage.json",
    ],
)
def test_what_does_not_exist_is_404(client: TestClient, atlases: Atlases, prefix: str, path: str) -> None:
    atlas = atlases.current()
    named = path.format(atlas=atlas.id, version=atlas["forest"].version.name)
    answer = client.get(prefix + named)
    assert answer.status_code == 404
    assert str(Path.home()) not in answer.text


def test_browser_code_is_cached_by_its_hash(client: TestClient, prefix: str) -> None:
    answer = client.get(f"{prefix}/web/map.js?v=abc")
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert "immutable" not in client.get(f"{prefix}/web/map.js").headers["cache-control"]
