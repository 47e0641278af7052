"""A small build of all reference layers: the same geometry rules and totals as the shipped one, in seconds."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from pingchang_geo.crs import area_m2
from pingchang_geo.indicators import load_ledger
from pingchang_geo.reference import ReferenceLayer, build, write
from pingchang_geo.reference.model import M2_PER_WANMU
from pingchang_geo.reference.species import SPECIES

PLOTS = 600


@pytest.fixture(scope="module")
def layers() -> dict[str, ReferenceLayer]:
    return build(PLOTS)


@pytest.fixture(scope="module")
def forest(layers: dict[str, ReferenceLayer]) -> gpd.GeoDataFrame:
    return layers["forest"].frame


@pytest.fixture(scope="module")
def county(layers: dict[str, ReferenceLayer]) -> shapely.Geometry:
    return layers["county"].frame.geometry.iloc[0]


def test_layers_and_provenance(layers: dict[str, ReferenceLayer]) -> None:
    assert list(layers) == ["county", "neighbours", "redline", "forest", "scenic", "parks"]
    for layer in layers.values():
        assert layer.frame.crs.to_epsg() == 4490
        assert {"title", "kind", "source", "licence", "as_of", "note", "location"} == set(layer.provenance)
        assert layer.provenance["kind"] == "reference"


def test_compartments_are_simple_valid_and_contiguous(forest: gpd.GeoDataFrame, county: shapely.Geometry) -> None:
    shapes = forest.geometry.to_numpy()
    assert len(shapes) == PLOTS
    assert shapely.is_valid(shapes).all()
    assert set(shapely.get_type_id(shapes)) == {shapely.GeometryType.POLYGON}
    assert shapely.get_num_interior_rings(shapes).sum() == 0
    # Valid as a coverage: no overlap, and neighbours share every point of their common line.
    assert shapely.coverage_is_valid(shapes)
    union = shapely.union_all(shapes)
    assert area_m2(np.array([union]))[0] == pytest.approx(area_m2(shapes).sum(), rel=1e-9)
    assert shapely.covers(county, union)
    touching = shapely.STRtree(shapes).query(shapes, predicate="touches")
    assert touching.shape[1] / PLOTS > 3


def test_coordinates_have_six_decimals_and_few_points(forest: gpd.GeoDataFrame) -> None:
    shapes = forest.geometry.to_numpy()
    points = shapely.get_coordinates(shapes)
    assert np.array_equal(points, points.round(6))
    assert len(points) / PLOTS < 25


def test_totals_hit_the_ledger(layers: dict[str, ReferenceLayer], forest: gpd.GeoDataFrame) -> None:
    ledger = load_ledger()
    area = area_m2(forest.geometry.to_numpy())
    for figure, mine in (
        ("forest_land_area_wanmu", area.sum()),
        ("new_forest_area_wanmu", area[forest["TH_LX"] == "新造林"].sum()),
        ("managed_forest_area_wanmu", area[forest["TH_LX"] == "森林经营林"].sum()),
    ):
        assert mine / M2_PER_WANMU == pytest.approx(ledger.number(figure), rel=1e-4), figure
    redline = layers["redline"].frame
    union = shapely.union_all(redline.geometry.to_numpy())
    assert area_m2(np.array([union]))[0] / 1e6 == pytest.approx(ledger.number("redline_area_km2"), abs=1e-3)
    assert len(layers["scenic"].frame) == ledger.number("scenic_4a_count")


def test_sizes_are_uneven_like_real_ones(forest: gpd.GeoDataFrame) -> None:
    area_ha = area_m2(forest.geometry.to_numpy()) / 1e4
    assert np.allclose(forest["MIAN_JI"], area_ha, atol=0.0051)
    # Log-normal: skewed, and its logarithm about symmetric.
    assert area_ha.mean() > 1.1 * np.median(area_ha)
    spread = np.log(area_ha)
    assert 0.4 < spread.std() < 1.0
    assert abs(((spread - spread.mean()) ** 3).mean() / spread.std() ** 3) < 0.6


def test_numbers_are_unique(forest: gpd.GeoDataFrame) -> None:
    assert not forest.duplicated(["XIANG", "LIN_BAN", "XIAO_BAN"]).any()
    assert forest["XIANG"].nunique() == 12
    assert forest["XIANG"].str.fullmatch(r"示意片区 \d\d").all()
    assert forest["LIN_BAN"].str.fullmatch(r"\d{3}").all()
    assert (forest["XIAN"] == "511923").all()


def test_age_groups_follow_species_and_origin(forest: gpd.GeoDataFrame) -> None:
    table = {s.code: s for s in SPECIES}
    for row in forest.itertuples():
        one = table[row.YOU_SHI_SZ]
        limits = one.planted_a if row.QI_YUAN.startswith("2") else one.natural_a
        expected = int(np.searchsorted(limits, row.PINGJUN_NL)) + 1
        assert str(expected) == row.LING_ZU, (row.YOU_SHI_SZ, row.QI_YUAN, row.PINGJUN_NL)


def test_pine_age_limits_are_the_standards() -> None:
    pine = next(s for s in SPECIES if s.code == "220")
    assert pine.natural_a == (20, 30, 40, 60)
    assert pine.planted_a == (10, 20, 30, 50)
    assert sum(s.share for s in SPECIES) == pytest.approx(1.0)


def test_stands_hang_together(forest: gpd.GeoDataFrame) -> None:
    new = forest[forest["TH_LX"] == "新造林"]
    assert (new["LING_ZU"] == "1").all()
    assert (new["PINGJUN_NL"] <= 10).all()
    kept = forest["TH_LX"].isin(["新造林", "森林经营林"])
    assert forest.loc[kept, "QI_YUAN"].str.startswith("2").all()
    assert not forest.loc[kept, "YOU_SHI_SZ"].isin(["670", "700"]).any()
    unclosed = forest["DI_LEI"] == "030402"
    assert unclosed.any()
    assert (forest.loc[unclosed, "HUO_LMGQXJ"] == 0).all()
    assert forest["YU_BI_DU"].between(0, 1).all()
    assert (forest.loc[forest["DI_LEI"] == "030100", "YU_BI_DU"] >= 0.2).all()
    area = area_m2(forest.geometry.to_numpy())
    assert 70 < np.average(forest["HUO_LMGQXJ"], weights=area) < 95
    assert forest["PINGJUN_XJ"].max() < 60
    assert not forest.isna().any().any()


def test_species_shares(forest: gpd.GeoDataFrame) -> None:
    area = area_m2(forest.geometry.to_numpy())
    share = {code: area[forest["YOU_SHI_SZ"] == code].sum() / area.sum() for code in ("350", "220", "410")}
    assert share["350"] > share["220"] > share["410"] > 0.05


def test_redline_lies_apart_from_named_places(layers: dict[str, ReferenceLayer], county: shapely.Geometry) -> None:
    redline = layers["redline"].frame
    shapes = redline.geometry.to_numpy()
    assert 25 <= len(shapes) <= 45
    assert shapely.is_valid(shapes).all()
    assert shapely.covers(county, shapely.union_all(shapes))
    assert np.allclose(redline["MJ"], area_m2(shapes), atol=0.01)
    assert redline["MJ"].sum() == pytest.approx(area_m2(np.array([shapely.union_all(shapes)]))[0], rel=1e-9)
    for layer in ("scenic", "parks"):
        assert not shapely.intersects(shapely.union_all(shapes), layers[layer].frame.geometry.to_numpy()).any()


def test_redline_is_wooded(layers: dict[str, ReferenceLayer], forest: gpd.GeoDataFrame) -> None:
    redline = shapely.union_all(layers["redline"].frame.geometry.to_numpy())
    wooded = shapely.intersection(redline, shapely.union_all(forest.geometry.to_numpy()))
    assert area_m2(np.array([wooded]))[0] / area_m2(np.array([redline]))[0] > 0.8


def test_places_are_honest_about_their_position(layers: dict[str, ReferenceLayer], county: shapely.Geometry) -> None:
    scenic, parks = layers["scenic"].frame, layers["parks"].frame
    assert scenic["MC"].iloc[-1].endswith("（待核）")
    assert set(scenic["WEIZHI"]) == {"推定", "示意"}
    assert set(load_ledger()["scenic_4a_named"].items) <= set(scenic["MC"])
    assert (parks["WEIZHI"] == "示意").all()
    assert parks["SHUOMING"].str.contains("坐标待定").all()
    hill = scenic.geometry[scenic["MC"] == "佛头山"].to_numpy()
    assert area_m2(hill)[0] / 1e4 == pytest.approx(293.0, abs=0.5)
    for frame in (scenic, parks):
        assert shapely.covers(county, frame.geometry.to_numpy()).all()
        assert frame["MC"].is_unique
    apart = shapely.distance(parks.geometry.to_numpy()[:, None], parks.geometry.to_numpy()[None, :])
    np.fill_diagonal(apart, 1.0)
    assert apart.min() > 0.015


def test_neighbours(layers: dict[str, ReferenceLayer], county: shapely.Geometry) -> None:
    frame = layers["neighbours"].frame
    assert len(frame) == 9
    assert shapely.is_valid(frame.geometry.to_numpy()).all()
    assert set(frame["SHI"]) == {"巴中市", "达州市", "南充市"}
    overlap = shapely.area(shapely.intersection(frame.geometry.to_numpy(), county)).sum()
    assert overlap / shapely.area(county) < 1e-3


def test_same_arguments_same_bytes(layers: dict[str, ReferenceLayer], tmp_path: Path) -> None:
    write(layers, tmp_path / "one")
    write(build(PLOTS), tmp_path / "two")
    one = {p.name: p.read_bytes() for p in (tmp_path / "one").iterdir()}
    two = {p.name: p.read_bytes() for p in (tmp_path / "two").iterdir()}
    assert one == two
    assert len(one) == 7
