"""Two layers over one another, on squares whose shares are exact fractions."""

import dataclasses

import numpy as np
import pytest
import shapely
from pyproj import Geod

from pingchang_geo import overlay
from pingchang_geo.access import operator
from pingchang_geo.carbon import SUM_CAVEAT
from pingchang_geo.errors import OverlayError, UnknownLayerError
from pingchang_geo.provenance import ILLUSTRATIVE_MARK
from pingchang_geo.store import LocalStore
from pingchang_geo.workflow import overlays
from pingchang_geo.workflow.atlas import Atlas, load
from pingchang_geo.workflow.overlays import export, tables
from pingchang_geo.workflow.publish import publish
from tests import layer_frames
from tests.layer_frames import SOUTH, STEP, WEST, square


def add(store: LocalStore, layer: str, columns: dict, geometries: list) -> Atlas:
    version = store.snapshot().versions.get(layer)
    publish(
        store,
        layer,
        layer_frames.canonical(layer, columns, geometries),
        provenance=layer_frames.OFFICIAL,
        actor=operator("张三"),
        note="",
        base=version.name if version else None,
    )
    return load(store)


def test_plots_in_the_red_line(store: LocalStore) -> None:
    """The first patch is the left half of plot 0; the second lies far away."""
    atlas = load(store)
    plots = atlas["forest"].frame
    found = overlays.combine(atlas, "forest", "redline")
    assert found.hit.tolist() == [True] + [False] * 11
    assert found.share[0] == pytest.approx(0.5, rel=1e-4)
    near, far = found.features.iloc[0], found.features.iloc[1]
    assert near["name"] == "红线斑块 01"
    assert (near["count"], far["count"]) == (1, 0)
    assert near["shared_area_ha"] == pytest.approx(plots["area_ha"][0] / 2, rel=1e-4)
    assert near["share_pct"] == pytest.approx(100, rel=1e-4)  # edges are straight in degrees, not in metres
    assert near["stock_tc"] == pytest.approx(plots["stock_tc"][0] / 2, rel=1e-4)
    assert near["removal_tco2_a"] == pytest.approx(plots["removal_tco2_a"][0] / 2, rel=1e-4)
    assert (far["shared_area_ha"], far["stock_tc"]) == (0, 0)
    assert near["nearest_m"] == 0 and near["nearest"] == ""
    assert far["nearest_m"] > 10_000 and far["nearest"] == atlas["forest"].title_of(11)
    assert found.totals.count == 1
    assert found.sum_caveat == "" and "年固碳量合计" not in dict(export.words(found))
    assert "换算参数：马尾松；" in found.parameters and dict(export.words(found))["碳储量参数"] == found.parameters
    both = overlays.combine(atlas, "forest", "scenic", 3000.0)
    assert dict(export.words(both))["年固碳量合计"] == both.sum_caveat == SUM_CAVEAT
    assert found.totals.stock_tc == pytest.approx(near["stock_tc"], rel=1e-12)
    assert found.mark == ILLUSTRATIVE_MARK
    # the same figures as the ready result
    assert near["stock_tc"] == pytest.approx(atlas["redline"].frame["forest_stock_tc"][0], rel=1e-12)


def test_area_is_conserved_and_said_so(store: LocalStore) -> None:
    found = overlays.combine(load(store), "forest", "scenic", 700.0)
    assert found.balance is not None and found.balance.holds
    assert found.balance.assigned_m2 + found.balance.outside_m2 == pytest.approx(found.balance.total_m2, rel=1e-9)
    words = tables.balance_words(found)
    assert words.startswith("面积守恒：") and "相对误差小于 1e-12" in words
    lost = dataclasses.replace(found, balance=overlay.Conservation(2e6, 1e6, 9e5, 1e5, 1e5, 0.1))
    assert "面积不守恒" in tables.balance_words(lost)
    assert "10 公顷" in tables.balance_words(lost) and "5.0e-02" in tables.balance_words(lost)


def test_overlapping_zones_count_in_each_row_and_once_in_total(store: LocalStore) -> None:
    types = {"name": ["甲", "乙"], "type": ["水土保持", "水源涵养"]}
    atlas = add(store, "redline", types, [square(0, 0, 2), square(1, 0, 2)])
    plots = atlas["forest"].frame
    found = overlays.combine(atlas, "forest", "redline")
    # plots 0, 1, 4, 5 in the first; 1, 2, 5, 6 in the second; 1 and 5 in both
    both = plots["area_ha"][[0, 1, 2, 4, 5, 6]].sum()
    assert found.features["count"].min() >= 4
    assert found.features["shared_area_ha"].sum() == pytest.approx(both + plots["area_ha"][[1, 5]].sum(), rel=1e-3)
    assert found.totals.area_ha == pytest.approx(both, rel=1e-3)
    assert found.totals.stock_tc == pytest.approx(plots["stock_tc"][[0, 1, 2, 4, 5, 6]].sum(), rel=1e-3)
    for by in ("species", "township", "age_group"):
        groups = found.by_category(by)
        assert groups["area_ha"].sum() == pytest.approx(found.totals.area_ha, rel=1e-9)
        assert groups["stock_tc"].sum() == pytest.approx(found.totals.stock_tc, rel=1e-9)
        assert groups["plots"].sum() == found.totals.count
    species = found.by_category("species")
    assert species["group"].tolist() == ["马尾松", "柏木", "栎类"]


def test_a_buffer_reaches_farther_and_points_reach_at_least_their_radius(store: LocalStore) -> None:
    atlas = load(store)
    inside, near, far = (overlays.combine(atlas, "forest", "scenic", metres) for metres in (0.0, 500.0, 3000.0))
    # of the polygon the half kilometre counts; of the point the kilometre that its layer declares
    assert near.features["zone_area_ha"][0] > inside.features["zone_area_ha"][0]
    assert near.features["zone_area_ha"][1] == pytest.approx(inside.features["zone_area_ha"][1], rel=1e-12)
    assert inside.features["zone_area_ha"][1] == pytest.approx(np.pi * 100, rel=5e-4)
    assert far.features["zone_area_ha"][1] == pytest.approx(np.pi * 900, rel=5e-4)
    for smaller, larger in ((inside, near), (near, far)):
        assert (larger.share >= smaller.share - 1e-12).all()
    # ready results are the same overlay
    scenic = atlas["scenic"].frame
    np.testing.assert_allclose(inside.features["stock_tc"], scenic["forest_stock_tc"], rtol=1e-12)
    np.testing.assert_allclose(far.features["shared_area_ha"], scenic["forest_area_3km_ha"], rtol=1e-12)
    assert "仅有点位者取点位周边 1 km" in tables.range_words(near)
    assert tables.range_words(far) == "AAAA 级景区及周边 3 km"


def test_points_count_by_their_exact_distance(store: LocalStore) -> None:
    atlas = load(store)
    # the site at (3.5, 2.5) and the scenic point at (2.5, 0.5)
    start, end = (WEST + 2.5 * STEP, SOUTH + 0.5 * STEP), (WEST + 3.5 * STEP, SOUTH + 2.5 * STEP)
    apart = Geod(ellps="GRS80").inv(*start, *end)[2]
    counts = [overlays.combine(atlas, "parks", "scenic", apart + off).features["count"][1] for off in (-1.0, 1.0)]
    assert counts == [0, 1]
    found = overlays.combine(atlas, "parks", "scenic", apart + 1)
    assert found.features["nearest_m"][1] == pytest.approx(apart, rel=2.1e-5)
    assert found.features["nearest"].tolist() == ["星光工业园", "星光工业园"]
    assert found.balance is None and tables.balance_words(found) == ""
    assert "shared_area_ha" not in found.features and found.totals.stock_tc is None
    assert found.totals.count == 1 and found.share.tolist() == [1.0]
    assert "点按是否落在范围内计" in tables.method_words(found)


def test_points_and_polygons_of_one_layer_count_together(store: LocalStore) -> None:
    found = overlays.combine(load(store), "scenic", "forest")
    # the polygon is plot 5 itself, the point lies in plot 2
    assert found.features["count"].tolist()[2] == 1
    assert found.features["shared_area_ha"][5] == pytest.approx(load(store)["forest"].frame["area_ha"][5], rel=1e-9)
    assert found.hit.tolist() == [True, True]
    assert found.totals.count == 2


def test_lines_count_by_the_length_inside(store: LocalStore) -> None:
    river = shapely.LineString([(WEST - STEP, SOUTH + STEP / 2), (WEST + STEP, SOUTH + STEP / 2)])
    apart = shapely.LineString([(WEST + 9 * STEP, SOUTH), (WEST + 9 * STEP, SOUTH + STEP)])
    atlas = add(store, "rivers", {"name": ["巴河", "通河"], "grade": ["干流", None]}, [river, apart])
    found = overlays.combine(atlas, "rivers", "forest")
    half_km = Geod(ellps="GRS80").inv(WEST, SOUTH + STEP / 2, WEST + STEP, SOUTH + STEP / 2)[2] / 1000
    assert found.features["shared_length_km"][0] == pytest.approx(half_km, rel=1e-4)
    assert found.totals.length_km == pytest.approx(half_km, rel=1e-4)
    assert found.share.tolist() == pytest.approx([0.5, 0.0], abs=1e-4)
    groups = found.by_category("grade")
    assert groups["group"].tolist() == ["干流"] and groups["length_km"][0] == pytest.approx(half_km, rel=1e-4)
    pieces = found.pieces()
    assert pieces.geom_type.tolist() == ["LineString"]
    assert pieces["length_km"].sum() == pytest.approx(half_km, rel=1e-4)


def test_a_zone_without_area_counts_what_it_touches(store: LocalStore) -> None:
    river = shapely.LineString([(WEST + STEP / 2, SOUTH + STEP / 2), (WEST + 1.5 * STEP, SOUTH + STEP / 2)])
    atlas = add(store, "rivers", {"name": ["巴河"]}, [river])
    found = overlays.combine(atlas, "forest", "rivers")
    assert found.features["count"].tolist() == [2]
    assert np.isnan(found.features["shared_area_ha"][0]) and np.isnan(found.features["stock_tc"][0])
    assert found.hit.nonzero()[0].tolist() == [0, 1]
    assert found.totals.area_ha == 0 and found.piece_count == 0 and len(found.pieces()) == 0
    wide = overlays.combine(atlas, "forest", "rivers", 100.0)
    assert wide.features["shared_area_ha"][0] > 15 and wide.piece_count == len(wide.pieces()) == 2


@pytest.mark.parametrize("layers", [("redline", "county"), ("county", "redline"), ("forest", "county")])
def test_base_layers_join_in(store: LocalStore, layers: tuple[str, str]) -> None:
    found = overlays.combine(load(store), *layers, 1000.0)
    assert found.totals.area_ha > 0
    assert found.balance is not None and found.balance.holds


def test_unknown_is_not_zero(store: LocalStore) -> None:
    bare = layer_frames.forest()
    bare.loc[[0, 1], "volume_m3_ha"] = np.nan
    base = store.snapshot().versions["forest"].name
    publish(store, "forest", bare, provenance=layer_frames.OFFICIAL, actor=operator("张三"), note="", base=base)
    atlas = load(store)
    found = overlays.combine(atlas, "forest", "redline")
    assert np.isnan(found.features["stock_tc"][0]) and found.features["stock_tc"][1] == 0
    assert np.isnan(found.totals.stock_tc)
    assert found.totals.unknown_plots == 1
    assert found.totals.unknown_area_ha == pytest.approx(found.totals.area_ha, rel=1e-12)


def test_pieces_are_the_parts(store: LocalStore) -> None:
    found = overlays.combine(load(store), "forest", "scenic", 1000.0)
    pieces = found.pieces()
    assert found.piece_count == len(pieces) == len(found.hits.left)
    assert pieces.crs.to_epsg() == 4490
    assert pieces.groupby("right")["area_ha"].sum().tolist() == pytest.approx(
        found.features["shared_area_ha"].tolist(), rel=1e-9
    )
    assert pieces["stock_tc"].sum() == pytest.approx(found.features["stock_tc"].sum(), rel=1e-9)
    assert set(pieces.geom_type) <= {"Polygon", "MultiPolygon"}
    largest = found.pieces(limit=3)
    assert sorted(largest["area_ha"]) == pytest.approx(sorted(pieces["area_ha"])[-3:])


def test_the_outline_of_ranges(store: LocalStore) -> None:
    atlas = load(store)
    assert overlays.combine(atlas, "forest", "redline").outline is None
    circles = overlays.combine(atlas, "forest", "parks").outline
    west, _, east, _ = circles.bounds
    assert Geod(ellps="GRS80").inv(west, SOUTH, east, SOUTH)[2] == pytest.approx(2000, rel=0.02)
    around = overlays.combine(atlas, "forest", "redline", 5000.0).outline
    assert around.contains(square(0, 0, 0.5)) and shapely.get_num_coordinates(around) < 4000


def test_what_cannot_be_combined_says_what_to_do(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    atlas = load(store)
    with pytest.raises(OverlayError, match="相同") as same:
        overlays.combine(atlas, "forest", "forest")
    assert "两个不同的图层" in same.value.fix
    for metres in (-1.0, 20_001.0, float("nan")):
        with pytest.raises(OverlayError, match="缓冲距离"):
            overlays.combine(atlas, "forest", "redline", metres)
    with pytest.raises(UnknownLayerError):
        overlays.combine(atlas, "forest", "townships")
    monkeypatch.setattr(overlays.combination, "MOST_ZONES", 11)
    with pytest.raises(OverlayError, match="12 个要素") as many:
        overlays.combine(atlas, "redline", "forest", 100.0)
    assert "被统计图层" in many.value.fix
    # without a buffer it goes, but nearest distances are left out
    assert "nearest_m" not in overlays.combine(atlas, "redline", "forest").features


def test_columns_have_chinese_names_and_units(store: LocalStore) -> None:
    atlas = load(store)
    found = overlays.combine(atlas, "forest", "scenic", 1000.0)
    labels = {f.name: (f.label, f.unit) for f in tables.feature_fields(found)}
    assert list(labels)[:3] == ["name", "count", "shared_area_ha"]
    assert labels["name"] == ("景区", "") and labels["count"] == ("小班数", "个")
    assert labels["nearest_m"] == ("距最近小班", "m")
    assert [f.name for f in tables.measures(found.left)] == [
        "stock_tc",
        "removal_tco2_a",
        "shared_area_ha",
        "count",
    ]
    assert set(labels) == set(found.features.columns)
    groups = {f.name for f in tables.category_fields(found, "species")}
    assert groups <= set(found.by_category("species").columns)
    assert tables.groupings(atlas["forest"])[0].name == "species"
    assert tables.groupings(atlas["county"]) == ()  # one feature needs no groups
    assert [f.name for f in tables.measures(atlas["parks"])] == ["count"]
    assert [f.name for f in tables.measures(atlas["scenic"])] == ["shared_area_ha", "count"]


def test_titles_of_all_features(store: LocalStore) -> None:
    atlas = load(store)
    for layer in ("forest", "scenic", "redline"):
        data = atlas[layer]
        assert data.titles.tolist() == [data.title_of(row) for row in range(len(data.frame))]
    nameless = add(store, "redline", {"name": [None, "乙"]}, [square(0, 0), square(3, 0)])
    assert nameless["redline"].titles.tolist() == ["红线斑块 1", "乙"]
