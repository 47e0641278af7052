import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from pingchang_geo import crs, proximity


def points(*places: tuple[float, float]) -> np.ndarray:
    return np.array([shapely.Point(place) for place in places], dtype=object)


def boxes(*corners: tuple[float, float, float, float]) -> np.ndarray:
    return np.array([shapely.box(*corner) for corner in corners], dtype=object)


def test_nearest_of_points_lines_and_polygons() -> None:
    left = np.array(
        [shapely.Point(0, 0), shapely.Point(5, 5), shapely.LineString([(20, -3), (20, 3)]), shapely.box(-3, 0, 2, 1)],
        dtype=object,
    )
    right = np.array([shapely.box(3, 4, 10, 10), shapely.LineString([(17, -9), (17, 9)])], dtype=object)
    found = proximity.nearest(left, right)
    assert found.row.tolist() == [0, 0, 1, 0]
    # 3-4-5 to the corner; inside; parallel lines; box to corner (1, 3)
    assert found.distance_m.tolist() == pytest.approx([5, 0, 3, np.sqrt(10)])


def test_of_several_equally_near_one_is_named() -> None:
    found = proximity.nearest(points((0, 0), (0, 1)), points((2, 0), (-2, 0), (0, 2)))
    assert found.row[0] in {0, 1, 2}
    assert found.row[1] == 2
    assert found.distance_m.tolist() == [2, 1]


def test_features_with_many_corners_are_searched_edge_by_edge() -> None:
    random = np.random.default_rng(3)
    angles = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    ring = np.column_stack([np.cos(angles), np.sin(angles)]) * random.uniform(8, 10, 400)[:, None]
    star, far = shapely.Polygon(ring), shapely.Polygon(ring * 2 + 100)
    holed = shapely.Polygon(ring * 10, [ring * 5])
    right = np.array([shapely.Point(30, 1), shapely.box(70, 70, 75, 75), shapely.LineString([(2, 24), (4, 30)])])
    left = np.array([star, far, holed, shapely.LineString(ring + 50), shapely.Point(31, 1)], dtype=object)
    found = proximity.nearest(left, right)
    every = shapely.distance(left[:, None], right[None, :])
    assert found.row.tolist() == every.argmin(axis=1).tolist()
    np.testing.assert_allclose(found.distance_m, every.min(axis=1), rtol=1e-12)
    # inside: the distance is 0 although every edge is far away
    assert proximity.nearest(np.array([star]), points((0, 0))).distance_m.tolist() == [0]


def test_nothing_to_be_near() -> None:
    found = proximity.nearest(points((0, 0)), points())
    assert found.row.tolist() == [-1]
    assert np.isnan(found.distance_m).all()
    assert len(proximity.nearest(points(), points((0, 0))).row) == 0
    missing = np.array([shapely.Point(), None, shapely.Point(1, 0)], dtype=object)
    assert proximity.nearest(points((0, 0)), missing).row.tolist() == [2]
    assert proximity.nearest(missing, points((0, 0))).row.tolist() == [-1, -1, 0]


def test_within_is_exact_and_ordered() -> None:
    left = boxes((0, 0, 1, 1), (10, 0, 11, 1), (3, 0, 4, 1))
    right = points((2, 0.5), (6, 0.5))
    lefts, rights = proximity.within(left, right, 2.0)
    assert list(zip(lefts.tolist(), rights.tolist(), strict=True)) == [(0, 0), (2, 0), (2, 1)]
    swapped = proximity.within(right, left, 2.0)
    assert list(zip(*(rows.tolist() for rows in swapped), strict=True)) == [(0, 0), (0, 2), (1, 2)]
    assert [rows.size for rows in proximity.within(left, right, 0.9)] == [0, 0]
    assert [rows.size for rows in proximity.within(left, points(), 9.0)] == [0, 0]
    # touching counts as distance 0
    assert proximity.within(boxes((0, 0, 1, 1)), boxes((1, 0, 2, 1)), 0.0)[0].tolist() == [0]


def test_trees_stand_for_their_geometries() -> None:
    left, right = boxes((0, 0, 1, 1), (4, 0, 5, 1)), points((2, 0.5), (9, 0.5))
    trees = shapely.STRtree(left), shapely.STRtree(right)
    assert proximity.nearest(left, trees[1]).distance_m.tolist() == [1, 2]
    for a, b in (trees, (left, trees[1]), (trees[0], right)):
        assert [rows.tolist() for rows in proximity.within(a, b, 1.5)] == [[0], [0]]


def test_shared_geometries_are_not_prepared() -> None:
    left, right = boxes((0, 0, 1, 1)), boxes((2, 0, 3, 1))
    proximity.nearest(left, right)
    proximity.within(left, right, 5.0)
    assert not shapely.is_prepared(np.concatenate([left, right])).any()


def test_buffers_are_as_round_as_stated() -> None:
    line = np.array([shapely.LineString([(0, 0), (1000, 0)])], dtype=object)
    assert shapely.area(proximity.buffered(line, 100.0))[0] == pytest.approx(
        200 * 1000 + np.pi * 100**2, rel=4.1e-4 * np.pi * 100**2 / 231_416
    )
    circle = proximity.buffered(points((0, 0)), 1000.0)[0]
    assert 1000 - shapely.Point(0, 0).distance(circle.exterior) <= 0.31
    assert proximity.buffered(line, 0.0) is line


places = st.tuples(st.floats(crs.COUNTY_BOX[0], crs.COUNTY_BOX[2]), st.floats(crs.COUNTY_BOX[1], crs.COUNTY_BOX[3]))


@given(places, places)
def test_projected_distance_against_the_geodesic(one: tuple[float, float], other: tuple[float, float]) -> None:
    geodesic = Geod(ellps="GRS80").inv(*one, *other)[2]
    straight = shapely.distance(*crs.to_equal_area(points(one, other)))
    assert straight == pytest.approx(geodesic, rel=2.1e-5, abs=1e-6)


def test_the_stated_error_is_reached_at_the_corners() -> None:
    """The bound is no more generous than it has to be: short lines in the north-eastern corner nearly reach it."""
    _, _, east, north = crs.COUNTY_BOX
    worst = 0.0
    for direction in range(0, 180, 5):
        *end, _ = Geod(ellps="GRS80").fwd(east, north, direction, 100)
        straight = shapely.distance(*crs.to_equal_area(points((east, north), tuple(end))))
        worst = max(worst, abs(straight / 100 - 1))
    assert 2e-5 < worst <= 2.1e-5


@given(st.integers(0, 2**32 - 1), st.floats(0, 30))
def test_within_agrees_with_nearest(seed: int, radius: float) -> None:
    random = np.random.default_rng(seed)
    left = shapely.points(random.uniform(0, 100, (20, 2)))
    right = shapely.buffer(shapely.points(random.uniform(0, 100, (7, 2))), 3, quad_segs=2)
    found = proximity.nearest(left, right)
    near = np.zeros(len(left), dtype=bool)
    near[proximity.within(left, right, radius)[0]] = True
    assert (near == (found.distance_m <= radius)).all()
