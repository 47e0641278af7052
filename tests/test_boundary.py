"""A site's boundary as geometry. Rectangles are built in metres, so that every area is known by hand."""

import time

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo import boundary, crs
from pingchang_geo.boundary import Checked, Parcel, Ring, rings_of
from pingchang_geo.boundary.crossings import crossings
from pingchang_geo.issues import Level
from tests.site_texts import CENTRE, metres, rectangle, star

COUNTY = shapely.box(CENTRE[0] - 0.2, CENTRE[1] - 0.2, CENTRE[0] + 0.2, CENTRE[1] + 0.2)


def ring(points: list[tuple[float, float]], hole: bool | None = None) -> Ring:
    return Ring(np.array(points, dtype=np.float64), hole)


def closed(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return [*points, points[0]]


def check(*parcels: list[Ring], names: tuple[str, ...] = (), **options: object) -> Checked:
    labels = names or ("",) * len(parcels)
    found = boundary.check(
        [Parcel(tuple(rings), name) for rings, name in zip(parcels, labels, strict=True)],
        county=COUNTY,
        **options,  # type: ignore[arg-type]
    )
    refused = any(one.level is Level.BLOCKING for one in found.issues)
    assert (found.polygon is None) is refused
    if found.polygon is not None:
        assert found.polygon.is_valid and found.polygon.geom_type in ("Polygon", "MultiPolygon")
        assert all(part.exterior.is_ccw for part in shapely.get_parts(found.polygon))
        measured = crs.area_m2(np.array([found.polygon]))[0] / 10_000
        assert found.area_ha == pytest.approx(measured, rel=1e-12)
    return found


def codes(found: Checked, level: Level | None = None) -> list[str]:
    return [one.code for one in found.issues if level in (None, one.level)]


def said(found: Checked, code: str) -> str:
    return next(one.message for one in found.issues if one.code == code)


def test_a_closed_rectangle_of_50_ha() -> None:
    found = check([ring(closed(rectangle(1000, 500)))])
    assert found.area_ha == pytest.approx(50, rel=1e-9)
    assert (found.vertices, codes(found)) == (4, [])


@pytest.mark.parametrize("points", [rectangle(1000, 500), rectangle(1000, 500)[::-1]])
def test_an_open_one_is_closed_with_a_note_whichever_way_round(points: list[tuple[float, float]]) -> None:
    found = check([ring(points)])
    assert found.area_ha == pytest.approx(50, rel=1e-9)
    assert codes(found) == ["SITE_CLOSED"]
    assert "相距 500.0 m" in said(found, "SITE_CLOSED")


def test_a_last_point_two_centimetres_off_is_the_first_one() -> None:
    points = rectangle(1000, 500)
    found = check([ring([*points, metres([(0.0, 0.02)])[0]])])
    assert (found.vertices, codes(found)) == (4, ["SITE_CLOSED"])
    assert "相距 0.020 m），按同一点处理" in said(found, "SITE_CLOSED")
    assert found.area_ha == pytest.approx(50, rel=1e-6)


def test_a_wide_gap_is_asked_about() -> None:
    # nine kilometres of a narrow strip in five points; the way back (45 % of the perimeter) is missing
    found = check([ring(metres([(0, 0), (0, 500), (2000, 500), (2000, 480), (4500, 480)]))])
    assert codes(found, Level.CONFIRM) == ["SITE_OPEN"]
    assert "首末点相距 4,525.5 m" in said(found, "SITE_OPEN")
    assert found.polygon is not None


@pytest.mark.parametrize(
    ("corners", "code"),
    [
        ([(0, 0), (600, 0), (600, 400)], "SITE_OPEN"),  # 721 m of 1721 m: half of a rectangle
        ([(0, 0), (600, 0), (300, 520)], "SITE_CLOSED"),  # an equilateral triangle lacks only the closing point
        ([(0, 0), (0, 50), (1000, 50), (1000, 0)], "SITE_CLOSED"),  # a strip has a side as long as the gap
        ([(0, 0), (400, 10), (800, 30), (1000, 60)], "SITE_OPEN"),
    ],
)
def test_few_points_with_a_gap_longer_than_any_side_are_asked_about(
    corners: list[tuple[float, float]], code: str
) -> None:
    assert codes(check([ring(metres(corners))])) == [code]


@pytest.mark.parametrize(("kept", "code"), [(28, "SITE_OPEN"), (39, "SITE_CLOSED")])
def test_among_many_points_a_smaller_gap_stands_out(kept: int, code: str) -> None:
    # a circle of 40 points: without 12 of them the chord is sin(0.325 π) / (27 sin(π / 40)) = 0.40 of what is walked
    angles = np.arange(kept) * (2 * np.pi / 40)
    circle = metres([(500 * float(np.cos(a)), 500 * float(np.sin(a))) for a in angles])
    assert codes(check([ring(circle)])) == [code]


def test_repeated_points_are_dropped_and_placed() -> None:
    points = rectangle(1000, 500)
    lines = (11, 12, 13, 14, 15, 16)
    found = check([Ring(np.array([points[0], points[0], *points[1:], points[3]]), None, lines)])
    assert (found.vertices, codes(found, Level.REPAIRED)) == (4, ["SITE_DUPLICATE_POINTS", "SITE_CLOSED"])
    assert "2 个重复的点（第 12、16 行）" in said(found, "SITE_DUPLICATE_POINTS")


@pytest.mark.parametrize("count", [1, 2])
def test_fewer_than_three_points(count: int) -> None:
    for points in (rectangle(100, 100)[:count], [*rectangle(100, 100)[:count]] * 3):
        found = check([ring(points)])
        assert codes(found, Level.BLOCKING) == ["SITE_FEW_POINTS"]
        assert f"{count} 个不同的点" in said(found, "SITE_FEW_POINTS")


def test_nothing_at_all() -> None:
    assert codes(boundary.check([])) == ["SITE_EMPTY"]


@pytest.mark.parametrize("bad", [(np.nan, 31.6), (107.1, np.inf), (200.0, 31.6), (107.1, 95.0)])
def test_points_that_are_nowhere(bad: tuple[float, float]) -> None:
    found = check([ring([*rectangle(100, 100), bad])])
    assert codes(found) == ["SITE_COORDINATES"]
    assert "第 5 点" in said(found, "SITE_COORDINATES")


def test_a_bow_tie_is_rebuilt_only_as_a_question() -> None:
    a, b, c, d = rectangle(1000, 500)
    found = check([ring(closed([a, b, d, c]))])
    assert codes(found) == ["SITE_SELF_CROSSING"]
    assert found.issues[0].level is Level.CONFIRM
    # both triangles have a base of 1000 m (bottom, top) and meet in the middle: 2 · ½ · 1000 · 250 m² = 25 ha
    assert found.area_ha == pytest.approx(25, rel=1e-4)
    message = said(found, "SITE_SELF_CROSSING")
    assert "1 处自相交：第 2–3 点与第 4–1 点的连线" in message
    middle = metres([(500, 250)])[0]
    assert f"{middle[0]:.6f}"[:8] in message and f"{middle[1]:.6f}"[:7] in message
    assert message.endswith("面积由 0.0 m² 变为 25.00 公顷。")


def test_a_spike_without_area_is_mended_with_a_note() -> None:
    found = check([ring(closed(metres([(0, 0), (1000, 0), (1000, 500), (1500, 500), (1000, 500.0), (0, 500)])))])
    assert found.area_ha == pytest.approx(50, rel=1e-6)
    assert codes(found, Level.CONFIRM) == []
    assert codes(found, Level.REPAIRED) == ["SITE_SELF_CROSSING"]


def test_a_hole_is_taken_off() -> None:
    found = check([ring(closed(rectangle(1000, 500)), False), ring(closed(rectangle(200, 100, 300, 200)), True)])
    assert (found.area_ha, codes(found)) == (pytest.approx(48, rel=1e-9), [])
    assert found.areas_ha == pytest.approx((48,), rel=1e-9)


def test_a_hole_outside_its_shell_is_asked_about_and_counted() -> None:
    found = check([ring(closed(rectangle(1000, 500)), False), ring(closed(rectangle(200, 100, 3000, 0)), True)])
    assert codes(found) == ["SITE_HOLE_OUTSIDE"]
    assert "第 2 圈按内环给出，却在外环之外" in said(found, "SITE_HOLE_OUTSIDE")
    assert found.area_ha == pytest.approx(52, rel=1e-9)


def test_a_hole_across_its_shell_takes_off_what_is_inside() -> None:
    found = check([ring(closed(rectangle(1000, 500)), False), ring(closed(rectangle(200, 100, 900, 100)), True)])
    assert codes(found) == ["SITE_HOLE_OUTSIDE"]
    assert found.area_ha == pytest.approx(49, rel=1e-5)  # 100 m × 100 m of it


def test_a_ring_inside_a_ring_is_a_hole_or_a_parcel() -> None:
    rings = ([ring(closed(rectangle(1000, 500)))], [ring(closed(rectangle(200, 100, 300, 200)))])
    found = check(*rings)
    assert codes(found, Level.CONFIRM) == ["SITE_NESTED"]
    assert found.area_ha == pytest.approx(48, rel=1e-9)
    assert "扣除 2.00 公顷" in said(found, "SITE_NESTED")
    found = check(*rings, answers={"SITE_NESTED": "parcel"})
    assert found.area_ha == pytest.approx(50, rel=1e-9)
    assert "SITE_OVERLAP" in codes(found)


def test_an_island_in_a_lake() -> None:
    sizes = (1000, 600, 200)
    found = check(*([ring(closed(rectangle(size, size, -size / 2, -size / 2)))] for size in sizes))
    assert found.area_ha == pytest.approx(100 - 36 + 4, rel=1e-9)


def test_parcels_that_overlap_count_once() -> None:
    found = check(
        [ring(closed(rectangle(1000, 500)), False)],
        [ring(closed(rectangle(1000, 500, 800, 0)), False)],
        names=("甲", "乙"),
    )
    assert found.area_ha == pytest.approx(90, rel=1e-5)  # corners on sides that are straight in degrees, not in metres
    assert codes(found) == ["SITE_OVERLAP"]
    assert "重叠 10.00" in said(found, "SITE_OVERLAP") and "（「甲」与「乙」）" in said(found, "SITE_OVERLAP")


def test_neighbours_and_distant_parcels_do_not_overlap() -> None:
    found = check(
        [ring(closed(rectangle(100, 100)), False)],
        [ring(closed(rectangle(100, 100, 100, 0)), False)],
        [ring(closed(rectangle(100, 100, 500, 0)), False)],
    )
    assert (codes(found), found.area_ha) == ([], pytest.approx(3, rel=1e-9))


@pytest.mark.parametrize(
    ("width", "height", "code", "level"),
    [
        (0.9, 1.0, "SITE_TINY", Level.BLOCKING),
        (9.0, 11.0, "SITE_SMALL", Level.CONFIRM),
        (10.1, 10.0, None, None),
        (10_000, 19_900, "SITE_LARGE", Level.CONFIRM),  # 199 km² of a "county" of 1,685 km² is more than a tenth
    ],
)
def test_sizes_no_site_has(width: float, height: float, code: str | None, level: Level | None) -> None:
    found = check([ring(closed(rectangle(width, height)))])
    assert [(one.code, one.level) for one in found.issues] == ([(code, level)] if code else [])


def test_more_than_200_km2_without_an_outline() -> None:
    for side, expected in ((14_100, []), (14_200, ["SITE_LARGE"])):  # 198.8 and 201.6 km²
        found = boundary.check([Parcel((ring(closed(rectangle(side, side, -7000, -7000))),))])
        assert codes(found) == expected


def test_points_in_a_line_enclose_nothing() -> None:
    found = check([ring(metres([(0, 0), (100, 0), (300, 0), (200, 0)]))])
    assert codes(found, Level.BLOCKING) == ["SITE_TINY"]


def test_outside_the_county() -> None:
    east = [(x + 0.3, y) for x, y in rectangle(1000, 500)]
    found = check([ring(closed(east))], hint="；按某坐标系读取则落在县内")
    assert codes(found) == ["SITE_OUTSIDE"]
    line = crs.to_equal_area(np.array([shapely.LineString([(107.30, 31.6), (107.40, 31.6)])]))[0].length / 1000
    assert f"约 {line:.1f} km" in said(found, "SITE_OUTSIDE")
    assert "按某坐标系读取则落在县内" in found.issues[0].fix


def test_another_part_of_the_country_and_of_the_world() -> None:
    for lon, lat, low, high in ((116.4, 39.9, 1200, 1300), (-70.0, -33.0, 15_000, 20_100)):
        square = [(lon, lat), (lon + 0.01, lat), (lon, lat + 0.01)]
        found = check([ring(square)])
        assert codes(found) == ["SITE_OUTSIDE"]
        distance = float(said(found, "SITE_OUTSIDE").split("约 ")[1].split(" km")[0].replace(",", ""))
        assert low < distance < high


def test_just_beyond_the_border_is_asked_about() -> None:
    edge = 107.30 + 0.002  # about 190 m east of the outline
    square = [(edge, 31.6), (edge + 0.01, 31.6), (edge + 0.01, 31.61), (edge, 31.61)]
    found = check([ring(closed(square))])
    assert codes(found) == ["SITE_BORDER"]
    assert "约 190 m" in said(found, "SITE_BORDER")


def test_partly_outside_is_told_with_its_share() -> None:
    square = [(107.29, 31.6), (107.31, 31.6), (107.31, 31.61), (107.29, 31.61)]
    found = check([ring(closed(square))])
    assert codes(found) == ["SITE_PARTLY_OUTSIDE"]
    assert "50.0% 的面积" in said(found, "SITE_PARTLY_OUTSIDE")
    assert found.area_ha == pytest.approx(2 * 105.2, rel=1e-2)


def test_a_point_that_strays_is_named() -> None:
    points = rectangle(1000, 500)
    found = check([ring([*points[:2], (10.71, 31.6), *points[2:]])])
    assert codes(found) == ["SITE_STRAY"]
    assert "第 3 点（10.710000, 31.600000）" in said(found, "SITE_STRAY")


def test_limits() -> None:
    angles = np.linspace(0, 2 * np.pi, boundary.MAX_VERTICES + 1)[:-1]
    circle = metres([(5000 * float(np.cos(a)), 5000 * float(np.sin(a))) for a in angles])
    assert codes(check([ring(closed(circle))])) == []
    assert codes(check([ring([*circle, *rectangle(1, 1)])])) == ["SITE_VERTICES"]
    many = [[ring(closed(rectangle(10, 10, 20 * n, 0)), False)] for n in range(boundary.MAX_RINGS + 1)]
    assert codes(check(*many)) == ["SITE_VERTICES"]


def test_a_thousand_parcels_say_the_same_thing_once() -> None:
    found = check(*([ring(rectangle(10, 10, 20 * n, 0), False)] for n in range(900)))
    assert codes(found) == ["SITE_CLOSED"] * 3
    assert "另有 897 处同样情况" in found.issues[-1].message
    assert sum(one.count for one in found.issues) == 900
    assert found.area_ha == pytest.approx(9, rel=1e-6)


@pytest.mark.parametrize("count", [500, 20_000])
def test_a_tangle_is_refused_in_bounded_time(count: int) -> None:
    points = np.random.default_rng(count).uniform((107.0, 31.5), (107.2, 31.7), (count, 2))
    begin = time.monotonic()
    assert "SITE_TANGLED" in codes(check([Ring(points)]))
    triangles = [[Ring(points[at : at + 3], False)] for at in range(0, min(count - 2, 2_997), 3)]
    assert "SITE_TANGLED" in codes(check(*triangles))
    assert time.monotonic() - begin < 60  # seconds, on a busy machine; unbounded it would be hours


def test_crossings_of_a_star_of_five() -> None:
    angles = np.pi / 2 + np.arange(5) * 4 * np.pi / 5
    found = crossings(np.column_stack([np.cos(angles), np.sin(angles)]))
    assert found is not None and len(found) == 5
    inner = np.hypot(*np.array([one.point for one in found]).T)
    assert np.allclose(inner, (3 - np.sqrt(5)) / 2)  # radius of the inner pentagon


def test_shapely_polygons_become_rings_and_back() -> None:
    shell, hole = closed(rectangle(1000, 500)), closed(rectangle(200, 100, 300, 200))
    polygon = shapely.MultiPolygon([shapely.Polygon(shell, [hole]), shapely.box(107.2, 31.6, 107.21, 31.61)])
    found = boundary.check(rings_of(polygon, "甲"), county=COUNTY)
    assert codes(found) == []
    assert found.polygon.equals(polygon)
    assert rings_of(shapely.Point(1, 2)) == () == rings_of(shapely.Polygon())


@given(star())
def test_every_simple_polygon_passes_unchanged(points: list[tuple[float, float]]) -> None:
    found = check([ring(closed(points))])
    assert found.polygon is not None
    assert codes(found, Level.CONFIRM) in ([], ["SITE_SMALL"])
    assert found.polygon.equals(shapely.Polygon(points))
    assert found.vertices == len(points)


@given(
    st.lists(
        st.lists(st.tuples(st.floats(106.9, 107.3), st.floats(31.4, 31.8)), min_size=0, max_size=9),
        min_size=0,
        max_size=5,
    ),
    st.sampled_from([None, True, False]),
)
def test_any_rings_give_a_valid_polygon_or_a_reason(rings: list[list[tuple[float, float]]], hole: bool | None) -> None:
    made = [
        Ring(np.array(points, dtype=np.float64).reshape(-1, 2), hole if n else None) for n, points in enumerate(rings)
    ]
    check(made)
    check(*([one] for one in made))


@given(st.lists(st.sampled_from(range(9)), min_size=3, max_size=12))
def test_rings_on_a_grid_with_everything_degenerate(order: list[int]) -> None:
    grid = metres([(100 * (n % 3), 100 * (n // 3)) for n in range(9)])
    found = check([ring([grid[n] for n in order])])
    if found.polygon is not None:
        assert 0 < found.area_ha <= 4.0001


def test_a_polygon_stays_valid_in_the_measuring_projection() -> None:
    # sides through a common corner: valid in degrees after the repair, crossing by nanometres once projected
    grid = metres([(100 * (n % 3), 100 * (n // 3)) for n in range(9)])
    found = check([ring([grid[n] for n in (5, 2, 6, 4)])])
    assert codes(found, Level.BLOCKING) == []
    assert shapely.is_valid(crs.to_equal_area(np.array([found.polygon])))[0]
    assert found.area_ha == pytest.approx(0.5, rel=1e-3)  # half a cell, and a triangle without area
