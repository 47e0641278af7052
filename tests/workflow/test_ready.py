"""Ready results over the tiny county: which there are follows from the roles, and their sums from the plots."""

import itertools

import pytest
import shapely
from pyproj import Geod

from pingchang_geo import layers
from pingchang_geo.access import operator
from pingchang_geo.carbon import SUM_CAVEAT
from pingchang_geo.store import LocalStore
from pingchang_geo.workflow.atlas import load
from pingchang_geo.workflow.overlays import Ready, ready_results
from pingchang_geo.workflow.publish import publish
from tests import layer_frames


def results(store: LocalStore) -> dict[str, Ready]:
    return {one.id: one for one in ready_results(load(store))}


def test_which_there_are_follows_from_the_published_layers(store: LocalStore) -> None:
    assert list(results(store)) == ["redline-forest", "scenic", "parks", "township-forest"]
    townships = layer_frames.canonical("townships", {"name": ["同州街道"]}, [layer_frames.square(0, 0, 2)])
    publish(store, "townships", townships, provenance=layer_frames.OFFICIAL, actor=operator("张三"), note="", base=None)
    found = results(store)["townships"]
    assert found.frame["name"].tolist() == ["同州街道"]
    assert found.measures[0].name == "forest_stock_tc" and found.layers == ("forest", "townships")


def test_without_plots_there_is_nothing_ready(empty_store: LocalStore) -> None:
    for layer in ("redline", "parks"):
        frame = layer_frames.all_layers()[layer]
        publish(
            empty_store, layer, frame, provenance=layer_frames.REFERENCE, actor=operator("张三"), note="", base=None
        )
    assert ready_results(load(empty_store)) == ()


def test_inside_and_outside_make_up_the_whole(store: LocalStore) -> None:
    found = results(store)["redline-forest"]
    plots = load(store)["forest"].frame
    assert found.frame["group"].tolist() == ["生态保护红线内", "生态保护红线外"]
    assert found.frame["area_ha"].tolist() == pytest.approx(
        [plots["area_ha"][0] / 2, plots["area_ha"].sum() - plots["area_ha"][0] / 2], rel=1e-4
    )
    for name in ("area_ha", "stock_tc", "removal_tco2_a"):
        assert found.frame[name].sum() == pytest.approx(plots[name].sum(), rel=1e-9)
    assert found.frame[["area_pct", "stock_pct"]].sum().tolist() == pytest.approx([100, 100], rel=1e-9)
    assert found.behind == ("forest", "redline")
    assert "1 个跨界小班" in found.words and found.words.endswith(SUM_CAVEAT)
    assert found.colour == ("forest", "redline_share_pct")


def test_zones_with_their_surroundings_and_nearest_patch(store: LocalStore) -> None:
    found = results(store)["scenic"]
    assert found.zone is not None and len(found.frame) == 2
    assert found.frame["redline_nearest"].tolist() == ["红线斑块 01", "红线斑块 01"]
    names = [field.name for field in found.fields]
    assert names[:3] == ["name", "location", "area_ha"]
    assert {"forest_stock_5km_tc", "redline_distance_m", "redline_overlap_ha"} <= set(names)
    assert found.behind == ("scenic", "forest", "redline")
    measures = [field.name for field in found.measures]
    assert measures[:4] == ["forest_stock_tc", *(f"forest_stock_{km}km_tc" for km in (1, 3, 5))]
    assert "redline_distance_m" not in measures
    assert all(name in found.frame for name in measures)


def test_outlines_of_the_rings(store: LocalStore) -> None:
    outlines = results(store)["parks"].outlines
    assert [radius for radius, _ in outlines] == [1000.0, 3000.0, 5000.0]
    for radius, outline in outlines:
        west, south, east, _ = outline.bounds
        assert Geod(ellps="GRS80").inv(west, south, east, south)[2] == pytest.approx(2 * radius, rel=0.02)
    assert all(shapely.contains_properly(b[1], a[1]) for a, b in itertools.pairwise(outlines))
    assert results(store)["redline-forest"].outlines == ()


def test_places_are_grouped_by_the_first_part_of_the_key(store: LocalStore) -> None:
    found = results(store)["township-forest"]
    plots = load(store)["forest"].frame
    assert found.frame["group"].tolist() == ["示意片区 01", "示意片区 02"]
    assert found.frame["plots"].sum() == len(plots)
    assert found.frame["stock_tc"].sum() == pytest.approx(plots["stock_tc"].sum(), rel=1e-9)
    assert found.layers is None


def test_columns_are_described(store: LocalStore) -> None:
    for one in results(store).values():
        assert one.fields and {field.name for field in one.fields} <= set(one.frame.columns)
        assert one.by in one.frame
        assert all(one.spec.has(field.name) for field in one.measures)
        layer, field = one.colour
        assert layers.get(layer).theme(field) is not None
