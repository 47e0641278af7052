"""Repair of polygons that cross themselves, and the count of crossings that bounds it."""

import itertools
import time

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo.issues import Issue, Level
from pingchang_geo.validation import repair
from pingchang_geo.validation.crossings import Budget, crossings

CORNER = np.array((107.1, 31.5))
SQUARE = shapely.box(107.1, 31.5, 107.101, 31.501)
PLENTY = 10**9


def random_ring(corners: int, seed: int = 0) -> shapely.Polygon:
    """Corners at random within a kilometre: each side crosses about a quarter of all others."""
    return shapely.Polygon(np.random.default_rng(seed).random((corners, 2)) * 0.01 + CORNER)


def ring(*points: tuple[float, float]) -> shapely.Polygon:
    """Corners in thousandths of a degree from the base corner."""
    return shapely.Polygon(np.array(points) / 1000 + CORNER)


def repaired(*shapes: shapely.Geometry | None) -> tuple[np.ndarray, dict[str, Issue]]:
    result, issues = repair.repaired(np.array(shapes, dtype=object), np.arange(1, len(shapes) + 1))
    return result, {one.code: one for one in issues}


def by_hand(polygon: shapely.Polygon) -> int:
    """Every pair of sides, asked of GEOS."""
    corners = np.array(polygon.exterior.coords)
    sides = [shapely.LineString(pair) for pair in itertools.pairwise(corners)]
    pairs = [(a, b) for number, a in enumerate(sides) for b in sides[:number]]
    return sum(a.intersects(b) and not set(a.coords) & set(b.coords) for a, b in pairs)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=12, unique=True))
def test_crossings_are_those_that_geos_sees(points: list[tuple[int, int]]) -> None:
    polygon = shapely.Polygon(points)
    assert crossings(polygon, PLENTY, Budget(PLENTY)) == by_hand(polygon)


def test_crossings_of_rings_within_and_beside_each_other() -> None:
    two = shapely.MultiPolygon([SQUARE, shapely.transform(SQUARE, lambda p: p + 0.0005)])
    assert crossings(two, PLENTY, Budget(PLENTY)) == 2
    with_hole = shapely.difference(SQUARE, SQUARE.buffer(-0.0001))
    assert crossings(with_hole, PLENTY, Budget(PLENTY)) == 0


def test_counting_stops() -> None:
    polygon = random_ring(400)
    assert crossings(polygon, PLENTY, Budget(1000)) is None
    counted = crossings(polygon, 100, Budget(PLENTY))
    assert counted is not None
    assert 100 < counted < by_hand(random_ring(400, 0))


def test_a_tangle_is_refused_at_once_and_the_others_are_repaired() -> None:
    bowtie = ring((0, 0), (1, 1), (1, 0), (0, 1))
    begun = time.perf_counter()
    result, issues = repaired(SQUARE, random_ring(3000), bowtie, random_ring(30_000))
    assert time.perf_counter() - begun < 10  # unbounded: minutes for the first, hours for the second
    assert set(issues) == {"GEOMETRY_TANGLED", "GEOMETRY_REPAIR_LARGE"}
    tangled = issues["GEOMETRY_TANGLED"]
    assert (tangled.level, tangled.rows) == (Level.BLOCKING, (2, 4))
    assert "30,001 个节点" in tangled.message
    assert issues["GEOMETRY_REPAIR_LARGE"].rows == (3,)
    assert result[[1, 3]].tolist() == [None, None]
    assert shapely.is_valid(result[[0, 2]]).all()


def test_many_small_tangles_share_one_budget() -> None:
    result, issues = repaired(*[random_ring(160, seed) for seed in range(40)])
    refused = issues["GEOMETRY_TANGLED"].count
    assert 10 < refused < 30  # each has some 3,000 crossings
    assert shapely.is_missing(result).sum() == refused


def test_honest_slips_are_repaired_however_many() -> None:
    circle = np.array(SQUARE.centroid.buffer(0.001, quad_segs=50).exterior.coords)
    circle[[3, 4]] = circle[[4, 3]]
    _, issues = repaired(*[shapely.Polygon(circle)] * 2000)
    assert {code: one.count for code, one in issues.items()} in (
        {"GEOMETRY_REPAIRED": 2000},
        {"GEOMETRY_REPAIR_LARGE": 2000},
    )


@pytest.mark.parametrize(
    "points",
    [((0, 0), (1, 1), (0, 0), (0, 0)), ((0, 0), (1, 0), (2, 0)), ((1, 1), (1, 1), (1, 1))],
    ids=["there-and-back", "line", "point"],
)
def test_what_has_no_area_left_is_refused(points: tuple[tuple[float, float], ...]) -> None:
    result, issues = repaired(SQUARE, ring(*points))
    assert list(issues) == ["GEOMETRY_COLLAPSED"]
    assert (issues["GEOMETRY_COLLAPSED"].level, issues["GEOMETRY_COLLAPSED"].rows) == (Level.BLOCKING, (2,))
    assert result[1] is None
    assert result[0] is SQUARE
