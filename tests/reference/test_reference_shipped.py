"""The files in data/geo: there, small enough, and true to the ledger."""

from __future__ import annotations

import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from pingchang_geo.crs import area_m2
from pingchang_geo.indicators import load_ledger
from pingchang_geo.reference.model import M2_PER_WANMU

FOLDER = Path(__file__).resolve().parents[2] / "data" / "geo"


@pytest.fixture(scope="module")
def sources() -> dict[str, dict[str, str]]:
    return tomllib.loads((FOLDER / "sources.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def forest() -> gpd.GeoDataFrame:
    return gpd.read_parquet(FOLDER / "forest.parquet")


def test_every_source_has_its_file(sources: dict[str, dict[str, str]]) -> None:
    assert set(sources) == {"county", "neighbours", "redline", "forest", "scenic", "parks"}
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    for entry in sources.values():
        assert (FOLDER / entry["file"]).is_file()
        assert entry["file"] in readme
        assert entry["kind"] == "reference"
        assert entry["note"]


def test_files_are_small() -> None:
    assert (FOLDER / "forest.parquet").stat().st_size < 8e6
    assert (FOLDER / "neighbours.geojson").stat().st_size < 4e5


def test_forest_totals(forest: gpd.GeoDataFrame) -> None:
    ledger = load_ledger()
    assert len(forest) == 24_000
    area = area_m2(forest.geometry.to_numpy())
    assert area.mean() / 1e4 == pytest.approx(5.0, abs=0.1)
    kinds = {"forest_land": None, "new_forest": "新造林", "managed_forest": "森林经营林"}
    for name, kind in kinds.items():
        mine = area.sum() if kind is None else area[forest["TH_LX"] == kind].sum()
        assert mine / M2_PER_WANMU == pytest.approx(ledger.number(f"{name}_area_wanmu"), rel=1e-4), name


def test_forest_geometry(forest: gpd.GeoDataFrame) -> None:
    shapes = forest.geometry.to_numpy()
    county = gpd.read_file(FOLDER / "county.geojson").geometry.iloc[0]
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    assert shapely.covers(county, shapely.coverage_union_all(shapes))


def test_redline_total() -> None:
    frame = gpd.read_file(FOLDER / "redline.geojson")
    union = shapely.union_all(frame.geometry.to_numpy())
    wanted = load_ledger().number("redline_area_km2")
    assert area_m2(np.array([union]))[0] / 1e6 == pytest.approx(wanted, abs=1e-3)


def test_county_outline_as_the_readme_says() -> None:
    frame = gpd.read_file(FOLDER / "county.geojson")
    assert frame.crs.to_epsg() == 4490
    assert list(frame["MC"]) == ["平昌县"]
    assert list(frame["XZQDM"]) == ["511923"]
    shapes = frame.geometry.to_numpy()
    assert area_m2(shapes)[0] / 1e6 == pytest.approx(2227.11, abs=0.005)
    assert shapely.get_num_coordinates(shapes)[0] == 1529
