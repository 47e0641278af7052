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
    assert overlay.zones_overlap(zones)
    assert overlay.covered_m2(plots, zones, pairs).tolist() == pytest.approx([100])


def test_points_become_circles_only_with_a_radius() -> None:
    zones = np.array([shapely.Point(0, 0), shapely.box(5, 5, 6, 6)], dtype=object)
    areas = shapely.area(overlay.zone_polygons(zones, 100.0))
    assert areas[0] == pytest.approx(np.pi * 100**2, rel=2e-3)
    assert areas[1] == 1
    assert shapely.area(overlay.zone_polygons(zones, None)).tolist() == [0, 1]


def test_nothing_to_join() -> None:
    assert len(overlay.overlaps(boxes((0, 0, 1, 1)), boxes((5, 5, 6, 6)))) == 0


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
