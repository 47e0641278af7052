"""Overlaps against the plain method: every polygon with every other, one at a time."""

import itertools

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pingchang_geo import crs, layers
from pingchang_geo.issues import Level
from pingchang_geo.validation import overlap, pieces, validate
from tests import factories, layer_frames


def plain(polygons: NDArray[np.object_]) -> dict[tuple[int, int], float]:
    """Pairs that share more than the tolerance, and what they share."""
    found = {}
    for i, j in itertools.combinations(range(len(polygons)), 2):
        area = polygons[i].intersection(polygons[j]).area
        if area > overlap.TOLERANCE_M2:
            found[i, j] = area
    return found


def fast(polygons: NDArray[np.object_]) -> dict[tuple[int, int], float]:
    pairs, shared = overlap.overlapping_pairs(polygons)
    return dict(zip(zip(*pairs.tolist(), strict=True), shared.tolist(), strict=True))


@st.composite
def maps(draw: st.DrawFn) -> NDArray[np.object_]:
    """A mesh without gaps, some of whose plots are widened, moved, doubled, holed, scattered in parts or swallowed."""
    seed = draw(st.integers(0, 10_000))
    polygons = factories.mesh(draw(st.integers(2, 30)), seed, radius_m=2_000)
    random = np.random.default_rng(seed)
    changes = draw(
        st.lists(st.sampled_from(["widen", "move", "double", "hole", "parts", "inside", "turn"]), max_size=12)
    )
    for change in changes:
        here, there = random.choice(len(polygons), 2, replace=False)
        one, other = polygons[here], polygons[there]
        centre = one.representative_point()
        changed = {
            "widen": lambda one=one: one.buffer(random.uniform(0, 300)),
            "move": lambda one=one: shapely.transform(one, lambda xy: xy + random.uniform(-200, 200, 2)),
            "double": lambda other=other: other,
            "hole": lambda one=one, centre=centre: one.difference(centre.buffer(random.uniform(1, 60))),
            "parts": lambda one=one, other=other: shapely.MultiPolygon(
                shapely.get_parts([one, shapely.transform(other, lambda xy: xy + np.array([20_000, 0]))])
            ),
            "inside": lambda centre=centre: centre.buffer(random.uniform(0.3, 40)),
            # the same ground, drawn from another corner
            "turn": lambda one=one: one.normalize(),
        }[change]()
        if changed.is_valid and changed.area > 0 and changed.geom_type in ("Polygon", "MultiPolygon"):
            polygons[here] = changed
    return polygons


@settings(max_examples=120, deadline=None)
@given(maps())
def test_pairs_and_areas_are_those_of_the_plain_method(polygons: NDArray[np.object_]) -> None:
    expected = plain(polygons)
    assert fast(polygons) == pytest.approx(expected)
    found = overlap.find(polygons)
    assert set(np.flatnonzero(found.involved).tolist()) == set(itertools.chain(*expected))
    assert (found.pairs, found.estimated) == (len(expected), False)
    assert found.area_m2 == pytest.approx(sum(expected.values()))


@settings(max_examples=40, deadline=None)
@given(maps())
def test_large_polygons_in_pieces_give_the_same(polygons: NDArray[np.object_]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(overlap, "pieces_of", lambda given: pieces.pieces_of(given, 8))  # every plot of a mesh is larger
        cut, _ = pieces.pieces_of(polygons, 8)
        assert len(cut) > len(polygons)
        assert fast(polygons) == pytest.approx(plain(polygons))


@settings(max_examples=60, deadline=None)
@given(maps(), st.integers(8, 40))
def test_pieces_fill_their_polygon_and_share_nothing(polygons: NDArray[np.object_], corners: int) -> None:
    cut, owner = pieces.pieces_of(polygons, corners)
    assert (np.diff(owner) >= 0).all() and set(owner.tolist()) == set(range(len(polygons)))
    sums = np.bincount(owner, weights=shapely.area(cut))
    assert sums == pytest.approx(shapely.area(polygons), rel=1e-9)
    for position in np.unique(owner[np.bincount(owner)[owner] > 1]).tolist():
        own = cut[owner == position]
        assert shapely.area(shapely.union_all(own)) == pytest.approx(polygons[position].area, rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(maps())
def test_a_dense_map_still_finds_exactly_who_overlaps(polygons: NDArray[np.object_]) -> None:
    expected = plain(polygons)
    found = overlap.find(polygons, most=0)
    assert set(np.flatnonzero(found.involved).tolist()) == set(itertools.chain(*expected))
    if found.estimated and expected:
        # so few polygons are all in the sample with all their candidates: nothing is left to estimate
        assert (found.pairs, found.area_m2) == (len(expected), pytest.approx(sum(expected.values())))


def test_who_overlaps_only_something_far_down_the_line_is_found() -> None:
    """A narrow plot along the whole map overlaps only the last one of a row: its neighbours on the line do not."""
    row = [shapely.box(x, 10, x + 90, 100) for x in range(0, 3000, 100)]
    strip = shapely.union(shapely.box(0, 0, 3100, 9), shapely.box(2950, 0, 2980, 60))
    polygons = np.array([*row, strip], dtype=object)
    found = overlap.find(polygons, most=0)
    assert found.estimated
    assert np.flatnonzero(found.involved).tolist() == [29, 30]


def test_an_estimate_is_near_the_truth() -> None:
    random = np.random.default_rng(5)
    corners = random.uniform(0, 1000, (900, 2))
    polygons = shapely.box(corners[:, 0], corners[:, 1], corners[:, 0] + 180, corners[:, 1] + 180)
    shared = overlap.overlapping_pairs(polygons)[1]
    found = overlap.find(polygons, most=1000)
    assert found.estimated and found.involved.all()
    assert found.pairs == pytest.approx(len(shared), rel=0.1)
    assert found.area_m2 == pytest.approx(shared.sum(), rel=0.1)


def test_identical_copies_are_neither_too_many_nor_too_slow() -> None:
    """A thousand times the same plot: half a million pairs that are not all looked at."""
    polygons = np.array([shapely.box(0, 0, 100, 100)] * 1000, dtype=object)
    found = overlap.find(polygons, most=100_000)
    assert found.involved.all()
    assert (found.pairs, found.area_m2) == (499_500, pytest.approx(499_500 * 10_000))


def test_tolerance_holds_for_the_pieces_together() -> None:
    """1.2 m² shared along a cut: less than the tolerance in either piece."""
    waves = np.linspace(0, 200, 3000)
    large = shapely.Polygon([*zip(waves, 100 + np.sin(waves), strict=True), (200, 0), (0, 0)])
    across = shapely.box(99.4, 10, 100.6, 11)
    cut, owner = pieces.pieces_of(np.array([large, across], dtype=object))
    meeting = [piece.intersection(across).area for piece in cut[owner == 0]]
    assert sum(meeting) == pytest.approx(1.2) and max(meeting) < 1
    assert fast(np.array([large, across], dtype=object)) == {(0, 1): pytest.approx(1.2)}


def test_slanting_teeth_are_left_whole() -> None:
    """A cut meets every tooth, and takes 8 GB and minutes for ten thousand."""
    x = np.arange(10_000.0)
    teeth = np.empty((20_000, 2))
    teeth[0::2], teeth[1::2] = np.column_stack([x, 0 * x]), np.column_stack([x + 50_000, 0 * x + 50_000])
    comb = shapely.Polygon(np.vstack([teeth, [[70_000, 50_000], [70_000, -10_000], [0, -10_000]]]))
    cut, owner = pieces.pieces_of(np.array([comb, shapely.box(0, 0, 9, 9)], dtype=object))
    assert owner.tolist() == [0, 1]
    assert cut[0] == comb


def test_open_land_around_ten_thousand_plots_is_no_overlap() -> None:
    """One polygon with a hole a plot: each plot touches it all around, none shares its ground."""
    x, y = (axis.ravel() * 30.0 for axis in np.meshgrid(np.arange(100), np.arange(100)))
    plots = shapely.box(x, y, x + 20, y + 20)
    land = shapely.polygons(shapely.box(-10, -10, 3000, 3000).exterior, holes=list(shapely.get_exterior_ring(plots)))
    polygons = np.array([*plots, land], dtype=object)
    assert not overlap.find(polygons).involved.any()
    polygons[7] = shapely.box(x[7], y[7], x[7] + 22, y[7] + 20)
    assert fast(polygons) == {(7, 10_000): pytest.approx(40)}


def test_nothing_and_one_polygon_overlap_nothing() -> None:
    for polygons in (np.array([], dtype=object), np.array([shapely.box(0, 0, 9, 9)], dtype=object)):
        for most in (None, 0):
            found = overlap.find(polygons, most)
            assert (found.involved.tolist(), found.pairs, found.area_m2) == ([False] * len(polygons), 0, 0)


@pytest.mark.parametrize(("metres", "level"), [(0.4, Level.WARNING), (3.0, Level.CONFIRM)])
def test_overlap_of_a_hundredth_of_the_area_is_asked_about(metres: float, level: Level) -> None:
    x = np.arange(4) * 100.0
    plots = shapely.box(x, 0, x + 100 + metres, 100)
    shape = crs.from_equal_area(plots)
    frame = gpd.GeoDataFrame(layer_frames.forest(4, 1).drop(columns="geometry"), geometry=shape, crs="EPSG:4490")
    frame.index = range(1, 5)
    found = {one.code: one for one in validate(layers.get("forest"), frame).issues}["OVERLAP"]
    assert found.level is level
    share = 3 * metres / (4 * (100 + metres))
    assert f"占图形总面积的 {share:.2%}" in found.message


def test_polygons_of_many_corners_that_wind_through_one_another_are_estimated(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    around = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    wheel = np.column_stack([np.cos(around), np.sin(around)])
    polygons = np.array(
        [shapely.Polygon(wheel * random.uniform(900, 1100, (200, 1)) + random.uniform(0, 400, 2)) for _ in range(20)]
    )
    exact = overlap.find(polygons)
    monkeypatch.setattr(overlap, "_CORNERS", 10_000)
    monkeypatch.setattr(overlap, "_CORNERS_EACH", 0)
    found = overlap.find(polygons)
    assert (exact.estimated, found.estimated) == (False, True)
    assert found.involved.all()
    assert found.area_m2 == pytest.approx(exact.area_m2, rel=0.1)


def test_an_estimate_is_called_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlap, "_PAIRS", 0)
    monkeypatch.setattr(overlap, "_PAIRS_EACH", 0)
    frame = layer_frames.forest(4, 1)
    spec = layers.get("forest")
    metres = crs.to_equal_area(frame.geometry.to_numpy())
    wide = crs.from_equal_area(shapely.buffer(metres, 10, join_style="mitre"))
    frame = frame.set_geometry(wide, crs=frame.crs)
    frame.index = range(1, len(frame) + 1)
    issues = {one.code: one for one in validate(spec, frame).issues}
    assert "OVERLAP" not in issues
    many = issues["OVERLAP_MANY"]
    assert (many.count, many.rows, many.level) == (4, (1, 2, 3, 4), Level.CONFIRM)
    assert "约 3 对" in many.message and "抽样估计" in many.message
