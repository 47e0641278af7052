"""Two versions side by side, on squares whose fate is known."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo import comparison, layers
from pingchang_geo.comparison import Status
from tests import layer_frames

SPEC = layers.get("forest")
BEFORE = layer_frames.forest()  # 12 squares, keys unique


def compared(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> comparison.Comparison:
    return comparison.compare(SPEC, before, before.geometry.to_numpy(), after, after.geometry.to_numpy())


def test_the_same_content_in_another_order_is_identical() -> None:
    shuffled = BEFORE.sample(frac=1, random_state=3).reset_index(drop=True)
    found = compared(BEFORE, shuffled)
    assert found.identical
    assert (found.by_key, found.ambiguous) == (12, 0)
    assert BEFORE.xiaoban.iloc[found.before_row].tolist() == shuffled.xiaoban.tolist()


def test_rings_may_start_elsewhere_and_run_the_other_way() -> None:
    other = BEFORE.copy()
    rings = [list(shape.exterior.coords)[:-1] for shape in BEFORE.geometry]
    other.geometry = [shapely.Polygon([*ring[2:], *ring[:2]][::-1]) for ring in rings]
    assert compared(BEFORE, other).identical


def test_a_multipolygon_of_one_part_is_that_part() -> None:
    wrapped = BEFORE.copy()
    wrapped.geometry = [shapely.MultiPolygon([g]) for g in BEFORE.geometry]
    assert compared(BEFORE, wrapped).identical
    assert compared(BEFORE, wrapped.assign(xiaoban=[f"n{i}" for i in range(12)])).matched.all()


def test_added_removed_changed_moved() -> None:
    after = BEFORE.copy()
    after.loc[0, "volume_m3_ha"] = 99.0
    after.loc[1, "species"] = "杨树"
    after.geometry = [shapely.affinity.translate(g, 1e-4) if i == 2 else g for i, g in enumerate(BEFORE.geometry)]
    after.loc[3, "xiaoban"] = "新-1"  # another key, another place: one went, one came
    after.geometry = [layer_frames.square(30, 30) if i == 3 else g for i, g in enumerate(after.geometry)]
    found = compared(BEFORE, after)
    assert [found.count(s) for s in (Status.UNCHANGED, Status.CHANGED, Status.ADDED, Status.REMOVED)] == [8, 3, 1, 1]
    assert found.removed.tolist() == [3]
    assert np.flatnonzero(found.moved).tolist() == [2]
    assert found.changed_fields == {"volume_m3_ha": 1, "species": 1}


def test_new_numbers_are_matched_by_geometry() -> None:
    renumbered = BEFORE.assign(xiaoban=[f"n{i}" for i in range(12)])
    found = compared(BEFORE, renumbered)
    assert found.by_key == 0
    assert found.matched.all()
    assert found.changed_fields == {"xiaoban": 12}


def test_keys_that_occur_twice_are_no_use_and_counted() -> None:
    after = BEFORE.assign(linban="1", xiaoban="1", township="示意片区 01")
    found = compared(BEFORE, after)
    assert found.ambiguous == 12
    assert found.matched.all()  # by geometry
    assert found.changed_fields["xiaoban"] > 0


def test_two_features_on_the_same_place_are_not_guessed() -> None:
    twins = pd.concat([BEFORE.iloc[:1], BEFORE.iloc[:1]], ignore_index=True).assign(xiaoban=["a", "b"])
    found = compared(BEFORE.iloc[:1], twins)
    assert found.count(Status.ADDED) == 2
    assert found.count(Status.REMOVED) == 1


def test_missing_geometries_and_values() -> None:
    empty = BEFORE.copy()
    empty.geometry = [None] * len(empty)
    assert compared(empty, empty).identical
    assert compared(BEFORE, empty).moved.all()
    emptied = BEFORE.assign(volume_m3_ha=np.nan)
    assert compared(BEFORE, emptied).changed_fields == {"volume_m3_ha": 12}


def test_single_floats_are_the_same_numbers() -> None:
    single = BEFORE.assign(canopy=BEFORE.canopy.astype("float32").astype("float64"))
    assert compared(BEFORE, single).identical


def test_summary_and_groups_add_up() -> None:
    before = BEFORE.assign(area_ha=2.0)
    after = before.iloc[2:].assign(area_ha=3.0).reset_index(drop=True)
    found = compared(before, after)
    table = comparison.summary(found, before, after, ["area_ha"]).set_index("status")
    assert table.loc["减少"].tolist() == [2, 4.0, 0.0]
    assert table.loc["未变"].tolist() == [10, 20.0, 30.0]
    groups = comparison.by_group(before, after, "species", ["area_ha"])
    assert groups["area_ha_change"].sum() == pytest.approx(30.0 - 24.0)
    assert groups[["count_before", "count_after"]].sum().tolist() == [12, 10]


@given(st.sets(st.integers(0, 11)), st.sets(st.integers(0, 11)))
def test_every_feature_has_exactly_one_fate(kept_before: set[int], kept_after: set[int]) -> None:
    before = BEFORE.iloc[sorted(kept_before)].reset_index(drop=True)
    after = BEFORE.iloc[sorted(kept_after)].reset_index(drop=True)
    found = compared(before, after)
    assert found.count(Status.UNCHANGED) == len(kept_before & kept_after)
    assert found.count(Status.ADDED) == len(kept_after - kept_before)
    assert found.count(Status.REMOVED) == len(kept_before - kept_after)
    assert found.count(Status.CHANGED) == 0
