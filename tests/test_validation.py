"""Every check on a tiny map whose right answer is known by hand."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pingchang_geo import crs, layers
from pingchang_geo.conversion import to_canonical
from pingchang_geo.issues import Issue, Level
from pingchang_geo.layers.palette import ACCENT
from pingchang_geo.validation import overlap, place, ratios, validate
from tests import factories

FOREST = layers.get("forest")
HA_SIDE = 100.0
BASE = (36_420_000.0, 3_490_000.0)


def plot(east: float, north: float, width: float = HA_SIDE, height: float = HA_SIDE) -> shapely.Polygon:
    """A box in metres from the base point."""
    return shapely.box(BASE[0] + east, BASE[1] + north, BASE[0] + east + width, BASE[1] + north + height)


def frame_of(shapes: list[shapely.Geometry | None], **columns: list[object]) -> gpd.GeoDataFrame:
    """A canonical forest frame with good values except those given."""
    count = len(shapes)
    values = {
        "township": ["驷马镇"] * count,
        "linban": ["1"] * count,
        "xiaoban": [str(number) for number in range(count)],
        "species": ["220"] * count,
        "volume_m3_ha": [50.0] * count,
        **columns,
    }
    table = gpd.pd.DataFrame(values, index=range(1, count + 1))
    frame, _ = to_canonical(FOREST, {name: name for name in values}, table)
    geometry = crs.transform(np.array(shapes, dtype=object), "EPSG:4524", "EPSG:4490")
    return gpd.GeoDataFrame(frame, geometry=geometry, crs="EPSG:4490")


def issues_of(shapes: list[shapely.Geometry | None], **columns: list[object]) -> dict[str, Issue]:
    return {issue.code: issue for issue in validate(FOREST, frame_of(shapes, **columns)).issues}


GOOD = [plot(0, 0), plot(100, 0), plot(200, 0)]


def test_a_clean_map_has_no_issue() -> None:
    checked = validate(FOREST, frame_of(GOOD))
    assert checked.issues == ()
    assert checked.unique_keys == 3
    assert checked.area_m2 == pytest.approx([10_000] * 3, rel=2e-4)  # Gauss-Krüger at 0.8° off its meridian


def test_no_rows() -> None:
    assert list(issues_of([])) == ["ROWS_NONE"]


def test_missing_and_empty_geometry() -> None:
    issue = issues_of([plot(0, 0), None, shapely.Polygon()])["GEOMETRY_NULL"]
    assert (issue.level, issue.rows) == (Level.BLOCKING, (2, 3))


def test_infinite_coordinates() -> None:
    frame = frame_of(GOOD)
    frame.geometry = np.array([shapely.Polygon([(107, 31.5), (np.inf, 31.6), (107.1, 31.6)]), *frame.geometry[1:]])
    issues = {issue.code: issue for issue in validate(FOREST, frame).issues}
    assert issues["GEOMETRY_COORDINATES"].rows == (1,)
    assert "GEOMETRY_NULL" not in issues


def test_wrong_types_name_both() -> None:
    issue = issues_of([plot(0, 0), shapely.Point(BASE), shapely.LineString([BASE, (BASE[0] + 9, BASE[1])])])[
        "GEOMETRY_TYPE"
    ]
    assert (issue.level, issue.rows) == (Level.BLOCKING, (2, 3))
    assert "点、线" in issue.message
    assert "只接受面" in issue.message


def test_collections_keep_their_polygons() -> None:
    mixed = shapely.GeometryCollection([plot(0, 0), shapely.Point(BASE), shapely.MultiPolygon([plot(300, 0)])])
    checked = validate(FOREST, frame_of([mixed, plot(100, 0)]))
    assert [issue.code for issue in checked.issues] == ["GEOMETRY_MIXED"]
    assert checked.area_m2[0] == pytest.approx(20_000, rel=2e-4)
    assert checked.frame.geometry.iloc[0].geom_type == "MultiPolygon"


def test_points_in_a_multipoint_become_points() -> None:
    scenic = layers.get("scenic")
    table = gpd.pd.DataFrame({"name": ["佛头山"]}, index=[1])
    frame, _ = to_canonical(scenic, {"name": "name"}, table)
    spot = gpd.GeoDataFrame(frame, geometry=[shapely.MultiPoint([(107.1, 31.57)])], crs="EPSG:4490")
    checked = validate(scenic, spot)
    assert checked.issues == ()
    assert checked.frame.geometry.iloc[0].geom_type == "Point"


def test_a_small_fault_is_repaired_and_a_large_one_asked_about() -> None:
    loop = [(0, 0), (100, 0), (100, 100), (50.5, 100), (50, 100.5), (50.5, 100.5), (50, 100), (0, 100)]
    small = shapely.transform(shapely.Polygon(loop), lambda p: p + BASE)  # a loop of 0.06 m² on the north side
    bowtie = shapely.transform(shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)]), lambda p: p + BASE + [300, 0])
    checked = validate(FOREST, frame_of([small, bowtie]))
    issues = {issue.code: issue for issue in checked.issues}
    assert (issues["GEOMETRY_REPAIRED"].level, issues["GEOMETRY_REPAIRED"].rows) == (Level.REPAIRED, (1,))
    assert (issues["GEOMETRY_REPAIR_LARGE"].level, issues["GEOMETRY_REPAIR_LARGE"].rows) == (Level.CONFIRM, (2,))
    assert checked.frame.geometry.is_valid.all()
    assert checked.area_m2 == pytest.approx([10_000, 5_000], rel=3e-4)


def test_duplicate_geometry_counts_the_later_ones() -> None:
    issue = issues_of([plot(0, 0), plot(100, 0), plot(0, 0), plot(0, 0)])["DUPLICATE_GEOMETRY"]
    assert (issue.rows, issue.level) == ((3, 4), Level.CONFIRM)


def test_same_box_is_not_the_same_shape() -> None:
    half = [shapely.Polygon([(0, 0), (0, 100), (100, 100)]), shapely.Polygon([(0, 0), (100, 0), (100, 100)])]
    assert "DUPLICATE_GEOMETRY" not in issues_of([shapely.transform(shape, lambda p: p + BASE) for shape in half])


def test_overlap_area_pairs_and_rows() -> None:
    issue = issues_of([plot(0, 0), plot(90, 0), plot(500, 0)])["OVERLAP"]
    assert (issue.rows, issue.count, issue.level) == ((1, 2), 2, Level.CONFIRM)
    assert "有 1 对" in issue.message
    assert "999.8 m²" in issue.message  # 10 × 100 m on the projection's plane


def test_a_plot_inside_another_overlaps() -> None:
    assert issues_of([plot(0, 0), plot(20, 20, 10, 10)])["OVERLAP"].rows == (1, 2)


def test_rounding_is_no_overlap() -> None:
    assert "OVERLAP" not in issues_of([plot(0, 0), plot(99.995, 0)])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 12))
def test_overlaps_equal_brute_force(seed: int, moved: int) -> None:
    polygons = factories.mesh(25, seed)
    rng = np.random.default_rng(seed)
    for position in rng.choice(25, moved, replace=False):
        polygons[position] = shapely.buffer(polygons[position], rng.uniform(0, 200))
    pairs, shared = overlap.overlapping_pairs(polygons)
    expected = {
        (i, j): area
        for i in range(25)
        for j in range(i + 1, 25)
        if (area := shapely.area(shapely.intersection(polygons[i], polygons[j]))) > overlap.TOLERANCE_M2
    }
    assert dict(zip(map(tuple, pairs.T.tolist()), shared, strict=True)) == pytest.approx(expected)


def test_slivers() -> None:
    assert issues_of([plot(0, 0), plot(100, 0, 0.01, 50)])["SLIVER"].rows == (2,)


def test_outside_all_and_some() -> None:
    away = [plot(200_000, 0), plot(200_100, 0)]
    assert issues_of(away)["OUTSIDE_ALL"].level is Level.BLOCKING
    some = issues_of([*GOOD, *away])["OUTSIDE_SOME"]
    assert (some.level, some.rows) == (Level.CONFIRM, (4, 5))


def test_the_outline_decides_where_there_is_one() -> None:
    """The outline is no survey: what lies within about 500 m of it is at the border."""
    frame = frame_of([*GOOD, plot(5000, 0), plot(250, 300), plot(600, 0)])
    county = crs.transform(np.array([plot(-10, -10, 300, 500)]), "EPSG:4524", "EPSG:4490")[0]
    issues = {issue.code: issue.rows for issue in validate(FOREST, frame, county).issues}
    assert issues == {"OUTSIDE_SOME": (4,), "OUTSIDE_CROSSING": (5, 6)}


def test_neighbours_may_lie_outside() -> None:
    spec = layers.get("neighbours")
    table = gpd.pd.DataFrame({"name": ["巴州区", "通川区"]}, index=[1, 2])
    frame, _ = to_canonical(spec, {"name": "name"}, table)
    shapes = [shapely.box(106.4, 31.5, 106.8, 31.8), shapely.box(107.3, 31.0, 107.6, 31.2)]
    county = shapely.box(106.9, 31.3, 107.5, 31.8)
    assert validate(spec, gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4490"), county).issues == ()


def test_gcj_shift_is_recognised_and_undone() -> None:
    lon, lat = np.array([107.1]), np.array([31.6])
    offset = place.gcj_offset(lon, lat)[0]
    metres = np.hypot(offset[0] * 94_900, offset[1] * 110_900)
    assert 440 < metres < 500  # DOMAIN notes §4: 460–490 m over the county
    mesh = crs.transform(factories.mesh(900), "EPSG:4524", "EPSG:4490")
    county = shapely.union_all(shapely.buffer(mesh, 1e-9))
    moved = shapely.transform(mesh, lambda points: points + place.gcj_offset(points[:, 0], points[:, 1]))
    frame = frame_of([plot(0, 0)] * 900)
    shifted = {i.code for i in validate(FOREST, frame.set_geometry(moved, crs="EPSG:4490"), county).issues}
    straight = {i.code for i in validate(FOREST, frame.set_geometry(mesh, crs="EPSG:4490"), county).issues}
    assert "GCJ_SUSPECTED" in shifted
    assert "GCJ_SUSPECTED" not in straight
    back = place.corrected(moved, ["GCJ_SUSPECTED"])
    assert shapely.hausdorff_distance(back, mesh).max() < 1e-7  # degrees: a centimetre


def test_keys() -> None:
    issues = issues_of(GOOD, xiaoban=["1", "1", None])
    assert issues["KEY_DUPLICATE"].rows == (1, 2)
    assert "驷马镇-1-1" in issues["KEY_DUPLICATE"].message
    assert issues["KEY_MISSING"].rows == (3,)
    assert issues["KEY_MISSING"].field == "xiaoban"


def test_rows_without_a_number_do_not_share_one() -> None:
    issues = issues_of(GOOD, xiaoban=[None, None, "2"])
    assert issues["KEY_MISSING"].rows == (1, 2)
    assert "KEY_DUPLICATE" not in issues


def test_codes_and_names_in_one_column() -> None:
    mixed = issues_of(GOOD, township=["驷马镇", "101", "白衣镇"])["VALUES_MIXED"]
    assert (mixed.level, mixed.rows, mixed.field) == (Level.CONFIRM, (2,), "township")
    for pure in (["101", "102", None], ["驷马镇", "白衣镇", None]):
        assert "VALUES_MIXED" not in issues_of(GOOD, township=pure)


def test_impossible_values_weigh_by_what_rests_on_them() -> None:
    assert issues_of(GOOD, dbh_cm=[20.0, 900.0, 20.0])["VALUE_LIMITS"].level is Level.WARNING
    assert issues_of(GOOD, dbh_cm=[20.0, -1.0, 20.0])["VALUE_NEGATIVE"].level is Level.WARNING


def test_the_same_number_in_another_township_is_another_plot() -> None:
    issues = issues_of(GOOD, xiaoban=["1", "1", "2"], township=["驷马镇", "白衣镇", "驷马镇"])
    assert "KEY_DUPLICATE" not in issues


def test_a_layer_without_any_key() -> None:
    redline = layers.get("redline")
    frame, _ = to_canonical(redline, {}, gpd.pd.DataFrame({"x": [1]}, index=[1]))
    geometry = frame_of(GOOD[:1]).geometry.to_numpy()
    checked = validate(redline, gpd.GeoDataFrame(frame, geometry=geometry, crs="EPSG:4490"))
    assert [issue.code for issue in checked.issues] == ["KEY_ABSENT"]
    assert checked.unique_keys is None


def test_limits_and_negative_values() -> None:
    issues = issues_of(GOOD, volume_m3_ha=[-3.0, 5000.0, 40.0])
    assert (issues["VALUE_NEGATIVE"].level, issues["VALUE_NEGATIVE"].rows) == (Level.BLOCKING, (1,))
    assert (issues["VALUE_LIMITS"].level, issues["VALUE_LIMITS"].rows) == (Level.CONFIRM, (2,))
    assert "0–1,000 m³/ha" in issues["VALUE_LIMITS"].message


def test_required_values_missing_in_some_rows() -> None:
    issue = issues_of(GOOD, volume_m3_ha=[None, 50.0, 50.0])["VALUE_MISSING"]
    assert (issue.rows, issue.field) == ((1,), "volume_m3_ha")


@pytest.mark.parametrize(("value", "unit"), [(1.0, "公顷"), (15.0, "亩"), (10_000.0, "m²"), (0.01, "km²")])
def test_area_unit_is_inferred(value: float, unit: str) -> None:
    issue = issues_of(GOOD, reported_area=[value] * 3)["AREA_UNIT_INFERRED"]
    assert issue.message.endswith(f"应为{unit}。")
    assert issue.level is (Level.WARNING if unit == "公顷" else Level.CONFIRM)


def test_area_that_fits_no_unit_is_asked_about() -> None:
    issue = issues_of(GOOD, reported_area=[2.2] * 3)["AREA_RATIO"]
    assert issue.level is Level.CONFIRM
    assert "2.2" in issue.message


def test_rows_whose_area_field_is_off() -> None:
    shapes = [plot(100 * number, 0) for number in range(60)]
    assert issues_of(shapes, reported_area=[1.0] * 59 + [1.5])["AREA_DIFFERS"].rows == (60,)


def test_a_declared_unit_that_is_wrong() -> None:
    redline = layers.get("redline")
    table = gpd.pd.DataFrame({"name": ["一"], "mj": [15.0]}, index=[1])
    frame, _ = to_canonical(redline, {"name": "name", "reported_area_m2": "mj"}, table)
    geometry = frame_of(GOOD[:1]).geometry.to_numpy()
    checked = validate(redline, gpd.GeoDataFrame(frame, geometry=geometry, crs="EPSG:4490"))
    assert [issue.code for issue in checked.issues] == ["AREA_RATIO"]
    assert "像是亩" in checked.issues[0].message


def test_volume_per_mu_taken_for_volume_per_hectare() -> None:
    issue = issues_of(GOOD, volume_m3_ha=[50 / 15] * 3, volume_m3=[50.0] * 3)["VOLUME_RATIO"]
    assert issue.level is Level.CONFIRM
    assert "15" in issue.message
    assert "VOLUME_RATIO" not in issues_of(GOOD, volume_m3_ha=[50.0] * 3, volume_m3=[50.0] * 3)


@pytest.mark.parametrize(
    ("ratio", "said"), [(15.1, "15"), (0.0667, "1/15"), (10_100, "10000"), (667, "666.667"), (3, "")]
)
def test_suspicious_ratios(ratio: float, said: str) -> None:
    text = ratios.hint(ratio)
    assert (said in text) if said else not text


def test_rows_are_listed_to_twenty_and_counted_to_the_end() -> None:
    shapes = [plot(100 * number, 0) for number in range(60)]
    issue = issues_of(shapes, volume_m3_ha=[-1.0] * 60)["VALUE_NEGATIVE"]
    assert (len(issue.rows), issue.count) == (20, 60)


def test_nothing_is_special_about_the_forest_layer() -> None:
    """The checks ask the specification, never the id."""
    renamed = replace(FOREST, id="other", style=replace(FOREST.style, color=ACCENT))
    frame = frame_of([*GOOD, plot(0, 0)])
    assert [i.code for i in validate(renamed, frame).issues] == [i.code for i in validate(FOREST, frame).issues]
