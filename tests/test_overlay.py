import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pingchang_geo import overlay


def boxes(*corners: tuple[float, float, float, float]) -> np.ndarray:
    return shapely.box(*np.array(corners, dtype=float).T)


def test_inside_crossing_touching_and_apart() -> None:
    plots = boxes((0, 0, 10, 10), (10, 0, 20, 10), (30, 0, 40, 10))
    zones = boxes((-5, -5, 15, 15), (20, 0, 25, 10))
    pairs = overlay.overlaps(plots, zones)
    assert pairs.left.tolist() == [0, 1]
    assert pairs.right.tolist() == [0, 0]
    assert pairs.area_m2.tolist() == [100, 50]


def test_sums_by_shared_area() -> None:
    plots = boxes((0, 0, 10, 10), (10, 0, 20, 10))
    zones = boxes((-5, -5, 15, 15), (100, 100, 110, 110))
    pairs = overlay.overlaps(plots, zones)
    # 3 per m² on 100 m² and 2 per m² on the half of the second
    assert overlay.zone_sums(pairs, np.array([3.0, 2.0]), 2).tolist() == [400, 0]
    assert overlay.zone_sums(pairs, np.array([3.0, np.nan]), 2).tolist() == [300, 0]
    # nothing is known of the plots in the first zone; the second has none
    unknown = overlay.zone_sums(pairs, np.array([np.nan, np.nan]), 2)
    assert np.isnan(unknown).tolist() == [True, False]


def test_overlapping_zones_cover_once() -> None:
    plots = boxes((0, 0, 10, 10))
    zones = boxes((0, 0, 6, 10), (4, 0, 10, 10))
    pairs = overlay.overlaps(plots, zones)
    assert pairs.area_m2.sum() == pytest.approx(120)
    assert overlay.covered_m2(plots, zones, pairs).tolist() == pytest.approx([100])
    # a third zone holds the plot whole: nothing needs to be joined
    zones = np.append(zones, boxes((-1, -1, 11, 11)))
    assert overlay.covered_m2(plots, zones, overlay.overlaps(plots, zones)).tolist() == [100]


def test_points_become_circles_only_with_a_radius() -> None:
    zones = np.array([shapely.Point(0, 0), shapely.box(5, 5, 6, 6)], dtype=object)
    areas = shapely.area(overlay.zone_polygons(zones, 100.0))
    assert areas[0] == pytest.approx(np.pi * 100**2, rel=2e-3)
    assert areas[1] == 1
    assert shapely.area(overlay.zone_polygons(zones, None)).tolist() == [0, 1]


def test_points_reach_the_larger_of_radius_and_buffer() -> None:
    zones = np.array([shapely.Point(0, 0), shapely.box(0, 0, 100, 100)], dtype=object)
    for buffer_m, radius in ((0.0, 1000.0), (500.0, 1000.0), (3000.0, 3000.0)):
        circle, polygon = shapely.area(overlay.zone_polygons(zones, 1000.0, buffer_m))
        assert circle == pytest.approx(np.pi * radius**2, rel=5e-4)
        # a square with a rim: its sides, and a circle for the corners
        assert polygon == pytest.approx(100**2 + 4 * 100 * buffer_m + np.pi * buffer_m**2, rel=5e-4)
    assert overlay.zone_polygons(zones, None, 0.0)[0].geom_type == "Point"


def test_nothing_to_join() -> None:
    assert len(overlay.overlaps(boxes((0, 0, 1, 1)), boxes((5, 5, 6, 6)))) == 0
    nothing = np.empty(0, dtype=object)
    for left, right in ((nothing, boxes((0, 0, 1, 1))), (boxes((0, 0, 1, 1)), nothing), (nothing, nothing)):
        pairs = overlay.overlaps(left, right)
        assert len(pairs) == 0
        assert overlay.cover(left, right, pairs).covered_m2.tolist() == [0.0] * len(left)
        assert len(overlay.intersections(left, right, pairs)) == 0


def test_the_smaller_layer_may_stand_on_either_side() -> None:
    plots = boxes((0, 0, 10, 10), (10, 0, 20, 10), (30, 0, 40, 10))
    zones = boxes((-5, -5, 15, 15))
    assert overlay.overlaps(zones, plots).left.tolist() == [0, 0]
    assert overlay.overlaps(zones, plots).right.tolist() == [0, 1]
    assert overlay.overlaps(zones, plots).area_m2.tolist() == [100, 50]
    assert overlay.covered_m2(zones, plots, overlay.overlaps(zones, plots)).tolist() == [150]
    assert overlay.overlaps(shapely.STRtree(plots), zones).area_m2.tolist() == [100, 50]
    assert not shapely.is_prepared(np.concatenate([plots, zones])).any()


def test_what_lies_outside_is_cut_out_and_the_balance_is_drawn() -> None:
    plots = boxes((0, 0, 10, 10), (10, 0, 20, 10), (30, 0, 40, 10), (50, 0, 60, 10))
    # the first plot lies in two zones that overlap by 2 m, the second half in one, the third inside, the last apart
    zones = boxes((-1, -1, 6, 11), (4, -1, 15, 11), (29, -1, 41, 11))
    pairs = overlay.overlaps(plots, zones)
    found = overlay.cover(plots, zones, pairs)
    assert found.covered_m2.tolist() == pytest.approx([100, 50, 100, 0])
    assert found.outside_m2.tolist() == pytest.approx([0, 50, 0, 100])
    balance = overlay.conservation(shapely.area(plots), found)
    assert (balance.total_m2, balance.assigned_m2, balance.outside_m2) == pytest.approx((400, 250, 150))
    assert balance.holds and balance.relative <= 1e-9 and balance.largest_relative <= 1e-9


def test_an_overlay_that_loses_area_says_how_much() -> None:
    found = overlay.Cover(np.array([60.0, 0.0]), np.array([30.0, 100.0]))
    balance = overlay.conservation(np.array([100.0, 100.0]), found)
    assert not balance.holds
    assert balance.residual_m2 == pytest.approx(10)
    assert balance.relative == pytest.approx(0.05)
    assert balance.largest_relative == pytest.approx(0.1)
    # what one plot loses another must not make up for: +10 and −10 on two plots of 100 m²
    balance = overlay.conservation(
        np.array([100.0, 100.0]), overlay.Cover(np.array([50.0, 60.0]), np.array([40.0, 50.0]))
    )
    assert not balance.holds and balance.residual_m2 == pytest.approx(0)
    assert (balance.absolute_m2, balance.relative) == pytest.approx((20, 0.1))
    nothing = overlay.conservation(np.empty(0), overlay.Cover(np.empty(0), np.empty(0)))
    assert nothing.holds and nothing.largest_relative == 0


def test_parts_are_polygons_and_whole_features_stay_as_they_are() -> None:
    plots = boxes((0, 0, 10, 10), (10, 0, 20, 10))
    # an L that shares the right-hand half of the second plot and an edge of it, which is no part
    notched = shapely.Polygon([(15, -5), (25, -5), (25, 15), (10, 15), (10, 10), (15, 10)])
    zones = np.array([shapely.box(-1, -1, 11, 11), notched], dtype=object)
    pairs = overlay.overlaps(plots, zones)
    parts = overlay.intersections(plots, zones, pairs)
    assert parts[0] is plots[0]
    assert {part.geom_type for part in parts} <= {"Polygon", "MultiPolygon"}
    assert shapely.area(parts).tolist() == pytest.approx([100, 10, 50])
    assert pairs.area_m2.tolist() == pytest.approx([100, 10, 50])


def test_thousands_of_whole_features_are_counted_once() -> None:
    """A grid of 40 × 40 squares, one of them twice and one crossing the border, inside one zone."""
    x, y = (values.ravel() for values in np.meshgrid(np.arange(40.0), np.arange(40.0)))
    grid = shapely.box(x, y, x + 1, y + 1)
    zone = boxes((-1, -1, 41, 41))
    for extra, whole in ((boxes((-2, 0, 0, 1)), 1601), (boxes((3, 3, 4, 4), (-2, 0, 0, 1)), 1601)):
        plots = np.concatenate([grid, extra])
        pairs = overlay.overlaps(zone, plots)
        found = overlay.cover(zone, plots, pairs)
        assert found.covered_m2[0] == pytest.approx(whole, rel=1e-12)
        assert found.outside_m2[0] == pytest.approx(42**2 - whole, rel=1e-12)


def test_lengths_of_lines_inside_zones() -> None:
    lines = np.array([shapely.LineString([(-5, 5), (25, 5)]), shapely.LineString([(1, 1), (4, 5)])], dtype=object)
    zones = boxes((0, 0, 10, 10), (20, 0, 40, 10), (100, 0, 110, 10))
    for layer in (lines, shapely.STRtree(lines)):
        found = overlay.lengths(layer, zones)
        assert [values.tolist() for values in found] == [[0, 0, 1], [0, 1, 0], [10, 5, 5]]
    assert overlay.lengths(lines, zones[2:])[0].size == 0


def test_a_polygon_that_crosses_itself_by_a_hair_is_joined_all_the_same() -> None:
    """Two triangles that meet in a crossing: 25 m² each."""
    bowtie = np.array([shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])], dtype=object)
    zones = np.array([shapely.box(-1, -1, 11, 4), shapely.Polygon([(3, 3), (12, 1), (12, 9)])], dtype=object)
    cut = overlay._cut(shapely.union, bowtie, zones[:1])
    assert cut[0].is_valid
    pairs = overlay.overlaps(bowtie, zones)
    assert pairs.right.tolist() == [0, 1]
    assert (pairs.area_m2 > 0).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(3, 12))
def test_parts_add_up_to_the_whole(seed: int, zones_a_side: int, plots_a_side: int) -> None:
    """Zones that tile the plane: every plot is shared out completely, whatever the plots look like."""
    random = np.random.default_rng(seed)
    centres = random.uniform(5, 95, (plots_a_side**2, 2))
    plots = shapely.buffer(shapely.points(centres), random.uniform(0.5, 5, len(centres)), quad_segs=3)
    edges = np.sort(np.concatenate([[0, 100], random.uniform(1, 99, zones_a_side - 1)]))
    zones = shapely.box(
        *np.array([(x0, y0, x1, y1) for x0, x1 in itertools.pairwise(edges) for y0, y1 in itertools.pairwise(edges)]).T
    )
    pairs = overlay.overlaps(plots, zones)
    covered = np.bincount(pairs.left, weights=pairs.area_m2, minlength=len(plots))
    np.testing.assert_allclose(covered, shapely.area(plots), rtol=1e-9)
    np.testing.assert_allclose(overlay.covered_m2(plots, zones, pairs), covered, rtol=1e-9)
    assert overlay.zone_sums(pairs, np.ones(len(plots)), len(zones)).sum() == pytest.approx(shapely.area(plots).sum())


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 12))
def test_any_overlay_conserves(seed: int, count: int) -> None:
    """Zones anyhow, overlapping or not: covered, outside and the whole agree, and parts make up what is covered."""
    random = np.random.default_rng(seed)
    plots = shapely.buffer(shapely.points(random.uniform(0, 100, (30, 2))), random.uniform(1, 12, 30), quad_segs=2)
    zones = shapely.buffer(shapely.points(random.uniform(0, 100, (count, 2))), random.uniform(1, 40), quad_segs=4)
    pairs = overlay.overlaps(plots, zones)
    found = overlay.cover(plots, zones, pairs)
    balance = overlay.conservation(shapely.area(plots), found)
    assert balance.holds and balance.largest_relative <= 1e-9
    np.testing.assert_allclose(found.covered_m2, overlay.covered_m2(plots, zones, pairs), rtol=1e-12)
    once = shapely.area(shapely.intersection(plots, shapely.union_all(zones)))
    np.testing.assert_allclose(found.covered_m2, once, rtol=1e-9, atol=1e-9)
    parts = overlay.intersections(plots, zones, pairs)
    np.testing.assert_allclose(shapely.area(parts), pairs.area_m2, rtol=1e-9, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 0.9))
def test_splitting_a_plot_changes_no_sum(seed: int, cut: float) -> None:
    random = np.random.default_rng(seed)
    plot = shapely.box(0, 0, 100, 50)
    halves = np.array([shapely.box(0, 0, 100 * cut, 50), shapely.box(100 * cut, 0, 100, 50)], dtype=object)
    zones = shapely.buffer(shapely.points(random.uniform(0, 100, (4, 2))), 30, quad_segs=3)
    whole = overlay.overlaps(np.array([plot], dtype=object), zones)
    split = overlay.overlaps(halves, zones)
    np.testing.assert_allclose(
        overlay.zone_sums(whole, np.array([3.0]), 4), overlay.zone_sums(split, np.array([3.0, 3.0]), 4), rtol=1e-9
    )
