"""Derived attributes through the whole way: publish → derive → atlas, with hand-computed shares."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from pingchang_geo import crs
from pingchang_geo.access import operator
from pingchang_geo.errors import UnknownLayerError
from pingchang_geo.provenance import ILLUSTRATIVE_MARK
from pingchang_geo.store import LocalStore
from pingchang_geo.workflow import derive
from pingchang_geo.workflow.atlas import load
from pingchang_geo.workflow.current import Atlases
from pingchang_geo.workflow.publish import current_base, publish
from tests import layer_frames


def test_area_carbon_and_shares(store: LocalStore) -> None:
    atlas = load(store)
    plots = atlas["forest"].frame
    squares = layer_frames.forest()
    np.testing.assert_allclose(plots["area_ha"], crs.area_m2(squares.geometry.to_numpy()) / 1e4, rtol=1e-12)
    # plot 0: 马尾松, V = 60 → 23.85297 tC/ha, 新造林 → rate of the report
    assert plots["stock_tc_ha"][0] == pytest.approx(23.85297)
    assert plots["stock_tc"][0] == pytest.approx(23.85297 * plots["area_ha"][0])
    assert plots["removal_tco2_a"][0] == pytest.approx(15 * 15.84 / 26.41 * plots["area_ha"][0])
    assert np.isnan(plots["removal_tco2_a"][2])
    # the red line covers the left half of plot 0 and nothing else
    assert plots["redline_share_pct"][0] == pytest.approx(50, abs=0.01)
    assert plots["redline_share_pct"][1:].eq(0).all()
    assert plots["scenic_share_pct"][5] == pytest.approx(100)


def test_a_point_has_no_area_rather_than_none(store: LocalStore) -> None:
    areas = load(store)["scenic"].frame["area_ha"]
    assert areas[0] > 0
    assert np.isnan(areas[1])


def test_zones_carry_the_totals_of_their_plots(store: LocalStore) -> None:
    atlas = load(store)
    plots, patches = atlas["forest"].frame, atlas["redline"].frame
    assert patches["forest_area_ha"][0] == pytest.approx(plots["area_ha"][0] / 2, rel=1e-4)
    assert patches["forest_stock_tc"][0] == pytest.approx(plots["stock_tc"][0] / 2, rel=1e-4)
    assert patches["forest_stock_tc"][1] == 0
    assert atlas["scenic"].frame["forest_stock_tc"][0] == pytest.approx(plots["stock_tc"][5])


def test_shared_area_inside_plus_outside_is_the_whole(store: LocalStore) -> None:
    atlas = load(store)
    plots = atlas["forest"].frame
    inside = (plots["stock_tc"] * plots["redline_share_pct"] / 100).sum()
    assert inside == pytest.approx(atlas["redline"].frame["forest_stock_tc"].sum(), rel=1e-9)


def test_zones_know_what_lies_around_them(store: LocalStore) -> None:
    atlas = load(store)
    plots, parks, scenic = atlas["forest"].frame, atlas["parks"].frame, atlas["scenic"].frame
    # no corner of the plots is farther than 4.4 km from the point: all of them lie within 5 km
    assert parks["forest_area_5km_ha"][0] == pytest.approx(plots["area_ha"].sum(), rel=1e-9)
    assert parks["forest_stock_5km_tc"][0] == pytest.approx(plots["stock_tc"].sum(), rel=1e-9)
    assert parks["forest_removal_5km_tco2_a"][0] == pytest.approx(plots["removal_tco2_a"].sum(), rel=1e-9)
    # of a point, "within 1 km" and the zone are the same circle; a polygon's ring holds the polygon
    for total, ring in (("forest_area_ha", "forest_area_1km_ha"), ("forest_stock_tc", "forest_stock_1km_tc")):
        assert parks[ring][0] == pytest.approx(parks[total][0], rel=1e-12)
        assert scenic[ring][0] > 2 * scenic[total][0]
    assert scenic["forest_area_1km_ha"][0] < scenic["forest_area_3km_ha"][0] <= scenic["forest_area_5km_ha"][0]
    # plot 5 with a rim of 1 km, by its definition; all neighbours are within the grid but for a strip in the south
    rim = shapely.buffer(atlas["scenic"].metres[0], 1000.0, quad_segs=256)
    near = shapely.area(shapely.intersection(atlas["forest"].metres, rim)).sum() / 1e4
    assert scenic["forest_area_1km_ha"][0] == pytest.approx(near, rel=2e-4)


def test_zones_know_how_they_lie_to_the_red_line(store: LocalStore) -> None:
    half = layer_frames.square(0, 0, 0.5)
    parts = {"name": ["园区甲", "园区乙", "园区丙"], "type": ["工业园"] * 3, "status": ["现状"] * 3}
    inside, apart = layer_frames.square(0.25, 0, 0.5), layer_frames.square(2.5, 0, 0.5)
    publish(
        store,
        "parks",
        layer_frames.canonical("parks", parts, [inside, apart, half.centroid]),
        provenance=layer_frames.OFFICIAL,
        actor=operator("张三"),
        note="",
        base=current_base(store, "parks"),
    )
    atlas = load(store)
    parks, patch_ha = atlas["parks"].frame, atlas["redline"].frame["area_ha"][0]
    # the patch is 0.5 × 1 cells; the first site, 0.5 × 0.5 cells, lies half inside it
    assert parks["redline_overlap_ha"][0] == pytest.approx(patch_ha / 4, rel=1e-3)
    assert parks["redline_distance_m"].tolist()[::2] == [0.0, 0.0]
    south = layer_frames.SOUTH
    edge, corner = layer_frames.WEST + 0.5 * layer_frames.STEP, layer_frames.WEST + 2.5 * layer_frames.STEP
    geodesic = Geod(ellps="GRS80").inv(edge, south + 0.0025, corner, south + 0.0025)[2]
    assert parks["redline_distance_m"][1] == pytest.approx(geodesic, rel=1e-3)
    assert parks["redline_overlap_ha"][1] == 0
    # of a point the zone is a circle of 1 km, which holds the whole patch
    assert parks["redline_overlap_ha"][2] == pytest.approx(patch_ha, rel=1e-9)
    # the red line that others are measured against knows nothing of itself
    assert "redline_distance_m" not in atlas["redline"].frame


def test_projected_geometries_and_their_index_are_shared(store: LocalStore) -> None:
    plots = load(store)["forest"]
    assert plots.metres is plots.metres and plots.tree is plots.tree
    np.testing.assert_allclose(shapely.area(plots.metres) / 1e4, plots.frame["area_ha"], rtol=1e-12)
    assert len(plots.tree) == len(plots.frame)


def test_marks_follow_provenance(store: LocalStore) -> None:
    publish(
        store,
        "forest",
        layer_frames.forest(volume=80),
        provenance=layer_frames.OFFICIAL,
        actor=operator("张三"),
        note="",
        base=current_base(store, "forest"),
    )
    atlas = load(store)
    assert atlas.mark(["forest"]) == ""
    assert atlas.mark(["forest", "redline"]) == ILLUSTRATIVE_MARK


def test_publishing_a_township_layer_joins_in(store: LocalStore) -> None:
    townships = layer_frames.canonical("townships", {"name": ["同州街道"]}, [layer_frames.square(0, 0, 2)])
    publish(store, "townships", townships, provenance=layer_frames.OFFICIAL, actor=operator("张三"), note="", base=None)
    atlas = load(store)
    # within 0.01: a long edge is straight in one projection and bends a little in the other
    assert atlas["forest"].frame["townships_share_pct"][:4].tolist() == pytest.approx([100, 100, 0, 0], abs=0.01)
    assert atlas["townships"].frame["forest_area_ha"][0] == pytest.approx(
        atlas["forest"].frame["area_ha"][[0, 1, 4, 5]].sum(), rel=1e-4
    )


def test_missing_layers_say_so(store: LocalStore) -> None:
    with pytest.raises(UnknownLayerError, match="河流水系"):
        load(store)["rivers"]


def test_titles(store: LocalStore) -> None:
    atlas = load(store)
    assert atlas["scenic"].title_of(0) == "佛头山"
    assert atlas["forest"].title_of(5) == "小班 示意片区 02-2-2"


def test_derived_data_are_built_once_and_rebuilt_when_lost(store: LocalStore) -> None:
    said: list[str] = []
    derive.ensure(store, store.snapshot(), progress=said.append)
    assert said == []
    version = store.snapshot().versions["forest"]
    for path in store.derived_dir(version).iterdir():
        path.unlink()
    derive.ensure(store, store.snapshot(), progress=said.append)
    # own attributes, the joins with red line, scenic areas and parks, and what lies around the latter two
    assert len(said) == 6
    assert load(store)["forest"].frame["stock_tc_ha"][0] == pytest.approx(23.85297)


def test_current_atlas_changes_only_with_a_publish(store: LocalStore) -> None:
    atlases = Atlases(store)
    first = atlases.current()
    assert atlases.current() is first
    publish(
        store,
        "parks",
        layer_frames.parks().assign(name=["新园区"]),
        provenance=layer_frames.OFFICIAL,
        actor=operator("张三"),
        note="",
        base=current_base(store, "parks"),
    )
    second = atlases.current()
    assert second.id != first.id
    assert second["parks"].frame["name"][0] == "新园区"
    assert atlases.by_id(first.id) is first
    assert atlases.by_id("0" * 16) is None


def test_a_publisher_with_other_rules_does_not_break_a_running_server(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command line was updated, the server was not: the server derives for itself what it needs."""
    atlases = Atlases(store)
    atlases.current()
    with monkeypatch.context() as newer:
        newer.setattr(derive, "fingerprint", lambda: "0badcafe")
        publish(
            store,
            "forest",
            layer_frames.forest(volume=90),
            provenance=layer_frames.OFFICIAL,
            actor=operator("张三"),
            note="",
            base=current_base(store, "forest"),
        )
    after = atlases.current()
    assert after["forest"].version.number == 2
    assert after["forest"].frame["volume_m3_ha"][0] == 90


def test_what_cannot_be_loaded_leaves_the_last_atlas_served(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    atlases = Atlases(store)
    before = atlases.current()
    publish(
        store,
        "forest",
        layer_frames.forest(volume=90),
        provenance=layer_frames.OFFICIAL,
        actor=operator("张三"),
        note="",
        base=current_base(store, "forest"),
    )
    with monkeypatch.context() as broken:
        broken.setattr(derive, "read_attributes", lambda *_: (_ for _ in ()).throw(OSError("disk")))
        assert atlases.current() is before
    assert atlases.current()["forest"].version.number == 2


def test_two_writers_of_one_derived_file_do_not_meet(store: LocalStore) -> None:
    version = store.snapshot().versions["forest"]
    for path in store.derived_dir(version).iterdir():
        path.unlink()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: derive.ensure(store, store.snapshot()), range(4)))
    assert load(store)["forest"].frame["stock_tc_ha"][0] == pytest.approx(23.85297)
    assert not list(store.derived_dir(version).glob(".*"))


def test_unknown_is_not_zero(store: LocalStore) -> None:
    """A forest file without 碳汇类型 and volumes: zones know their area, not their carbon."""
    bare = layer_frames.forest().assign(volume_m3_ha=np.nan)
    bare["stand_kind"] = pd.Categorical([None] * len(bare), categories=bare["stand_kind"].cat.categories)
    publish(
        store,
        "forest",
        bare,
        provenance=layer_frames.OFFICIAL,
        actor=operator("张三"),
        note="",
        base=current_base(store, "forest"),
    )
    zones = load(store)["redline"].frame
    assert zones["forest_area_ha"][0] > 0
    assert np.isnan(zones["forest_stock_tc"][0])
    assert np.isnan(zones["forest_removal_tco2_a"][0])
    assert zones["forest_stock_tc"][1] == 0
    parks = load(store)["parks"].frame
    assert parks["forest_area_3km_ha"][0] > 0
    assert np.isnan(parks["forest_stock_3km_tc"][0])
