"""Boundaries from text, files and drawings: the system, the questions, the polygon. Oracles: pyproj, areas by hand."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pingchang_geo.issues import Decision, Level
from pingchang_geo.workflow.boundaries.reading import SiteBoundary, decode, encode, read_drawn, read_files, read_text
from tests import site_texts
from tests.site_texts import CENTRE, holed, lines, projected, rectangle, sexagesimal, star, survey

RING = rectangle(1000, 500)
COUNTY = shapely.box(CENTRE[0] - 0.2, CENTRE[1] - 0.2, CENTRE[0] + 0.2, CENTRE[1] + 0.2)


def codes(boundary: SiteBoundary, level: Level | None = None) -> list[str]:
    return [one.code for one in boundary.issues if level in (None, one.level)]


def said(boundary: SiteBoundary, code: str) -> str:
    return next(one.message for one in boundary.issues if one.code == code)


def read(text: str, **answers: str) -> SiteBoundary:
    return checked(read_text(text, county=COUNTY, answers=answers))


def checked(boundary: SiteBoundary) -> SiteBoundary:
    """What holds for every boundary: one JSON object of one shape, no path, a polygon unless it is refused."""
    values = json.loads(json.dumps(boundary.as_dict(), ensure_ascii=False, allow_nan=False))
    assert set(values) == {
        *("decision", "name", "reading", "epsg", "area_ha", "vertices", "parcels", "readings", "geometry", "issues"),
    }
    assert (boundary.polygon is None) is (boundary.decision is Decision.REJECT)
    assert "SITE_FAILED" not in codes(boundary)
    assert "/tmp" not in json.dumps(values, ensure_ascii=False)
    order = [list(Level).index(one.level) for one in boundary.issues]
    assert order == sorted(order, reverse=True)
    for one in boundary.issues:
        assert one.message.endswith(("。", "）")) and one.fix
    return boundary


def apart_deg(boundary: SiteBoundary, ring: list[tuple[float, float]]) -> float:
    """Largest difference of coordinates to the ring that was written, wherever the reading starts."""
    assert isinstance(boundary.polygon, shapely.Polygon)
    found = shapely.get_coordinates(boundary.polygon.exterior)[:-1]
    expected = np.asarray(ring if shapely.LinearRing(ring).is_ccw else ring[::-1])
    assert len(found) == len(expected)
    return min(float(np.abs(np.roll(found, n, axis=0) - expected).max()) for n in range(len(found)))


def written_as(form: str, ring: list[tuple[float, float]]) -> tuple[str, dict[str, str]]:
    """The ring in one of the forms people use, with the answers that form needs."""
    if form.isdigit():
        return lines(projected(ring, int(form)), "J{n},{y:.4f},{x:.4f}"), {"SITE_CRS": form}
    made: dict[str, tuple[str, dict[str, str]]] = {
        "degrees": (lines(ring, "{x:.9f},{y:.9f}"), {}),
        "latitude first": (lines(ring, "{y:.9f} {x:.9f}"), {"SITE_SWAPPED": ""}),
        "headed": ("点号\t纬度\t经度\n" + lines(ring, "{n}\t{y:.9f}\t{x:.9f}"), {}),
        "dms": ("\n".join(f"E{sexagesimal(x)}，N{sexagesimal(y)}" for x, y in ring), {}),
        "east first": (lines(projected(ring, 4524), "{x:.4f}、{y:.4f}"), {}),
        "thousands": (lines(projected(ring, 4545), "{n} {y:,.4f} {x:,.4f}"), {}),
        "survey": (survey([("甲", [ring])]), {}),
        "survey 6": (survey([("甲", [ring])], epsg=4507, degrees=6, zone=18), {}),
        "wkt": (f"POLYGON(({', '.join(f'{x:.9f} {y:.9f}' for x, y in [*ring, ring[0]])}))", {}),
        "geojson": (json.dumps({"type": "Polygon", "coordinates": [[*ring, ring[0]]]}), {}),
        "one line": (" ".join(f"{x:.9f},{y:.9f}" for x, y in ring), {}),
        "address": ("", {}),
    }
    return made[form]


FORMS = [
    "degrees",
    "latitude first",
    "headed",
    "dms",
    "east first",
    "thousands",
    "survey",
    "survey 6",
    "wkt",
    "geojson",
]
FORMS += ["one line", "4524", "4545", "4496", "4507", "4523", "32648"]


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=25)
@given(ring=star())
def test_a_polygon_reads_back_from_every_form(form: str, ring: list[tuple[float, float]]) -> None:
    text, answers = written_as(form, ring)
    boundary = checked(read_text(text, answers={**answers, "SITE_OPEN": "", "SITE_SMALL": ""}))
    assert boundary.decision in (Decision.ACCEPT, Decision.REPAIR), boundary.issues
    assert apart_deg(boundary, ring) <= 1e-8  # a millimetre
    assert boundary.area_ha == pytest.approx(site_texts.polygon_area_ha([ring]), rel=1e-5)


@settings(max_examples=25)
@given(made=holed(), other=star())
def test_holes_and_parcels_read_back_from_the_survey_form(made: tuple[list, list], other: list) -> None:
    ring, hole = made
    boundary = checked(read_text(survey([("甲", [ring, hole]), ("乙", [other])]), answers={"SITE_SMALL": ""}))
    assert boundary.polygon is not None
    first = shapely.Polygon(ring, [hole])
    second = shapely.Polygon(other)
    assert boundary.polygon.symmetric_difference(first | second).area < 1e-9
    assert boundary.parcels == ("甲", "乙")


@given(ring=star(most=30))
def test_the_address_reads_back(ring: list[tuple[float, float]]) -> None:
    boundary = checked(read_drawn(decode(encode(shapely.Polygon(ring))), answers={"SITE_SMALL": ""}))
    assert boundary.decision in (Decision.ACCEPT, Decision.REPAIR)
    assert apart_deg(boundary, ring) <= 1e-6


def test_the_areas_of_a_rectangle_are_50_ha_in_every_form() -> None:
    for form in FORMS:
        text, answers = written_as(form, RING)
        assert read(text, **answers).area_ha == pytest.approx(50, rel=1e-6), form


def test_degrees_are_said_to_be_of_unknown_origin() -> None:
    boundary = read(lines(RING, "{x:.6f},{y:.6f}"))
    assert codes(boundary) == ["SITE_DEGREES", "SITE_CLOSED"]
    assert "GCJ-02" in said(boundary, "SITE_DEGREES")
    assert (boundary.epsg, boundary.vertices, boundary.decision) == (4490, 4, Decision.REPAIR)
    assert [(one.value, one.lands) for one in boundary.readings] == [("4490", True)]


def test_latitude_first_is_asked_about_unless_the_text_says_so() -> None:
    swapped = lines(RING, "{y:.6f},{x:.6f}")
    boundary = read(swapped)
    assert codes(boundary, Level.CONFIRM) == ["SITE_SWAPPED"]
    assert "颠倒" in said(boundary, "SITE_SWAPPED")
    assert boundary.area_ha == pytest.approx(50, rel=1e-3)  # the proposal; six decimals are a decimetre
    assert read(swapped, SITE_SWAPPED="").decision is Decision.REPAIR
    assert "已由使用者确认" in said(read(swapped, SITE_SWAPPED=""), "SITE_SWAPPED")
    assert codes(read("纬度,经度\n" + swapped), Level.CONFIRM) == []
    assert codes(read("经度,纬度\n" + swapped), Level.CONFIRM) == ["SITE_SWAPPED"]


@pytest.mark.parametrize(("epsg", "name"), [(4545, "中央经线 108°"), (4524, "第 36 带"), (4496, "第 18 带")])
def test_one_projected_system_fits(epsg: int, name: str) -> None:
    boundary = read(lines(projected(RING, epsg), "{y:.3f},{x:.3f}"))
    assert codes(boundary) == ["SITE_INFERRED", "SITE_CLOSED"]
    assert name in boundary.reading and "西安80" in said(boundary, "SITE_INFERRED")
    assert (boundary.epsg, [one.value for one in boundary.readings]) == (epsg, [str(epsg)])


def test_several_systems_fit_and_the_answer_chooses() -> None:
    text = lines(projected(RING, 32648), "{y:.3f},{x:.3f}")
    boundary = read(text)
    assert codes(boundary, Level.CONFIRM) == ["SITE_CRS"]
    assert [(one.value, one.lands) for one in boundary.readings] == [("4507", True), ("32648", True)]
    assert boundary.crs_code == "SITE_CRS"
    chosen = read(text, SITE_CRS="32648")
    assert (codes(chosen, Level.CONFIRM), chosen.epsg) == ([], 32648)
    assert apart_deg(chosen, RING) < 1e-7
    assert {one.value for one in chosen.readings} == {"4507", "32648"}  # the choice stays open to change
    assert apart_deg(read(text, SITE_CRS=""), RING) > 1e-3  # confirmed as proposed: 4507, some 1.4 km off


def test_web_mercator_is_asked_about_although_it_alone_fits() -> None:
    boundary = read(lines(projected(RING, 3857), "{x:.3f},{y:.3f}"))
    assert codes(boundary, Level.CONFIRM) == ["SITE_CRS"]
    assert [one.value for one in boundary.readings] == ["3857"]


@pytest.mark.parametrize("answer", ["abc", "4545; drop", "999999", "-1", "EPSG:", "4979" * 100])
def test_an_answer_that_is_no_system(answer: str) -> None:
    boundary = read(lines(RING, "{x:.6f},{y:.6f}"), SITE_CRS=answer)
    assert codes(boundary) == ["ANSWER_INVALID"]


def test_a_forced_system_that_does_not_land_says_which_would() -> None:
    boundary = read(lines(projected(RING, 4545), "{y:.3f},{x:.3f}"), SITE_CRS="4507")
    assert codes(boundary, Level.BLOCKING) == ["SITE_OUTSIDE"]
    assert "按 CGCS2000 3 度带中央经线 108°（EPSG:4545）读取则落在县内" in boundary.issues[0].fix


def test_a_forced_legacy_system_is_asked_about() -> None:
    boundary = read(lines(projected(RING, 2381), "{y:.3f},{x:.3f}"), SITE_CRS="2381")
    assert codes(boundary, Level.CONFIRM) == ["CRS_LEGACY"]


def test_a_wrong_zone_number_is_proposed_to_be_dropped() -> None:
    boundary = read(lines(projected(RING, 4545), "{y:.3f},35{x:.3f}"))
    assert codes(boundary, Level.CONFIRM) == ["SITE_ZONE"]
    assert "带号为 35" in said(boundary, "SITE_ZONE")
    assert apart_deg(boundary, RING) < 1e-7
    again = read(lines(projected(RING, 4545), "{y:.3f},35{x:.3f}"), SITE_ZONE="4545")
    assert (again.decision, again.epsg) == (Decision.REPAIR, 4545)


def test_a_header_may_contradict_the_numbers() -> None:
    boundary = read(survey([("甲", [RING])], zone=35))
    assert codes(boundary, Level.CONFIRM) == ["SITE_HEADER"]
    assert "第 35 带" in said(boundary, "SITE_HEADER") and boundary.crs_code == "SITE_HEADER"
    assert apart_deg(boundary, RING) < 1e-8
    assert read(survey([("甲", [RING])], zone=35), SITE_HEADER="4524").decision is Decision.ACCEPT


@pytest.mark.parametrize(("epsg", "degrees", "zone"), [(4524, 3, 36), (4545, 3, 36), (4496, 6, 18), (4507, 6, 18)])
def test_a_header_that_agrees_needs_no_question(epsg: int, degrees: int, zone: int) -> None:
    boundary = read(survey([("甲", [RING])], epsg=epsg, degrees=degrees, zone=zone))
    assert (codes(boundary), boundary.epsg, boundary.name) == ([], epsg, "甲")
    assert boundary.decision is Decision.ACCEPT


def test_a_heading_in_plain_text_is_evidence_too() -> None:
    text = lines(projected(RING, 4507), "{y:.3f},{x:.3f}")
    boundary = read("CGCS2000坐标系，中央子午线105，6度带\n" + text)
    assert codes(boundary, Level.CONFIRM) == []
    assert boundary.epsg == 4507


@pytest.mark.parametrize("datum", ["80西安坐标系", "1954北京坐标系", "西安80"])
def test_an_old_datum_is_asked_about(datum: str) -> None:
    boundary = read(survey([("甲", [RING])], datum=datum))
    assert codes(boundary, Level.CONFIRM) == ["CRS_LEGACY"]


def test_easting_first_in_the_survey_form_is_asked_about() -> None:
    text = survey([("甲", [RING])])
    swapped = "\n".join(
        ",".join([*line.split(",")[:2], *line.split(",")[:1:-1]]) if line.startswith("J") else line
        for line in text.splitlines()
    )
    assert codes(read(swapped), Level.CONFIRM) == ["SITE_SWAPPED"]
    assert apart_deg(read(swapped, SITE_SWAPPED=""), RING) < 1e-8


def test_stated_area_and_number_of_points_are_compared() -> None:
    text = survey([("甲", [RING])], areas=[50.0])
    assert codes(read(text)) == []
    assert codes(read(text.replace("50.0000", "750.00"))) == []  # in 亩
    assert codes(read(text.replace("50.0000", "500000"))) == []  # in m²
    wrong = read(text.replace("50.0000", "51.0000"))
    assert codes(wrong, Level.CONFIRM) == ["SITE_STATED_AREA"]
    assert read(text.replace("50.0000", "51.0000"), SITE_STATED_AREA="").decision is Decision.ACCEPT
    assert "写明面积 51，按坐标计算为 50.0000 公顷" in said(wrong, "SITE_STATED_AREA")


def test_several_parcels_are_told_with_their_names() -> None:
    far = rectangle(1000, 500, 3000, 0)
    boundary = read(survey([("甲", [RING]), ("乙", [far])]))
    assert codes(boundary) == ["SITE_PARCELS"]
    assert "2 个地块（甲、乙）" in said(boundary, "SITE_PARCELS")
    assert boundary.area_ha == pytest.approx(100, rel=1e-6)
    assert isinstance(boundary.polygon, shapely.MultiPolygon)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "SITE_EMPTY"),
        ("  \n\n", "SITE_EMPTY"),
        ("你好", "SITE_EMPTY"),
        ("107.1,31.6", "SITE_FEW_POINTS"),
        ("1000,2000\n1100,2000\n1100,2100", "SITE_CRS_UNKNOWN"),
        ("116.3,39.9\n116.4,39.9\n116.4,40.0", "SITE_OUTSIDE"),
        ("POLYGON((116.3 39.9,116.4 39.9,116.4 40.0,116.3 39.9))", "SITE_OUTSIDE"),
        ("39500000,3500000\n39500100,3500000\n39500100,3500100", "SITE_OUTSIDE"),
        ("nan,nan\ninf,inf\n1,2", "SITE_EMPTY"),
        ("你好，这里是一段话 12 99", "SITE_EMPTY"),
        ("12 99\n请于 3 5 日前提交", "SITE_EMPTY"),
        ('{"type":"Polygon","coordinates":[[[NaN,1],[2,3],[4,5]]]}', "SITE_COORDINATES"),
        ("107.1,31.6\n" * 30_000, "SITE_VERTICES"),
    ],
)
def test_refusals(text: str, code: str) -> None:
    boundary = read(text)
    assert boundary.decision is Decision.REJECT
    assert codes(boundary, Level.BLOCKING) == [code]
    assert boundary.issues[0].level is Level.BLOCKING


def test_a_mistyped_line_is_asked_about_and_placed() -> None:
    text = lines([*RING, (CENTRE[0], CENTRE[1] + 0.001)], "{x:.6f},{y:.6f}").replace("107.1", "1O7.1", 1)
    boundary = read(text)
    assert "SITE_LINE_UNREAD" in codes(boundary, Level.CONFIRM)
    assert "第 1 行" in said(boundary, "SITE_LINE_UNREAD")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_files_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "白衣镇选址.txt"
    path.write_bytes(survey([("甲地块", [RING])]).encode(encoding))
    boundary = checked(read_files([path], county=COUNTY))
    assert (boundary.name, codes(boundary)) == ("甲地块", [])
    path.write_bytes(("经度，纬度\n" + lines(RING, "{x:.6f}，{y:.6f}")).encode(encoding))
    assert checked(read_files([path], county=COUNTY)).name == "白衣镇选址"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.txt", b"", "FILE_EMPTY"),
        ("a.csv", b"PK\x03\x04 not text", "FORMAT_UNKNOWN"),
        ("a.txt", b"1,2\x00,3", "FORMAT_UNKNOWN"),
        ("a.txt", b"\xff\xff\xff 107.1,31.6", "FORMAT_UNKNOWN"),
        ("a.txt", b"1 " * 2_000_000, "FILE_TOO_LARGE"),
        ("a.docx", b"PK\x03\x04", "FORMAT_MISMATCH"),
        ("a.geojson", b"{", "FORMAT_CORRUPT"),
    ],
)
def test_files_that_hold_nothing(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    boundary = checked(read_files([path], county=COUNTY))
    assert boundary.decision is Decision.REJECT
    assert codes(boundary, Level.BLOCKING) == [code]


def test_missing_and_several_files(tmp_path: Path) -> None:
    assert codes(checked(read_files([tmp_path / "no.txt"]))) == ["FILE_MISSING"]
    assert codes(checked(read_files([]))) == ["FILE_MISSING"]
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(lines(RING, "{x},{y}"))
    assert codes(checked(read_files([tmp_path / "a.txt", tmp_path / "b.txt"]))) == ["FORMAT_MIXED"]


def frame(*shapes: shapely.Geometry, names: tuple[str, ...] = (), epsg: int = 4490) -> gpd.GeoDataFrame:
    named = {"DKMC": list(names)} if names else {"id": list(range(len(shapes)))}
    return gpd.GeoDataFrame(named, geometry=list(shapes), crs=4490).to_crs(epsg)


@pytest.mark.parametrize("suffix", ["shp", "gpkg", "geojson", "parquet"])
def test_data_sets(tmp_path: Path, suffix: str) -> None:
    far = shapely.Polygon(rectangle(200, 100, 3000, 0))
    made = frame(shapely.Polygon(RING), far, names=("甲地块", "乙地块"), epsg=4490 if suffix == "geojson" else 4524)
    path = tmp_path / f"选址.{suffix}"
    if suffix == "parquet":
        made.to_parquet(path)
    else:
        made.to_file(path, **({"encoding": "gbk"} if suffix == "shp" else {}))
    boundary = checked(read_files([path], county=COUNTY))
    assert boundary.area_ha == pytest.approx(52, rel=1e-6)
    assert (boundary.parcels, boundary.name) == (("甲地块", "乙地块"), "选址")
    assert codes(boundary, Level.CONFIRM) == []
    assert "2 个图形" in boundary.reading


def test_a_shapefile_without_prj_is_asked_about_where_it_is_ambiguous(tmp_path: Path) -> None:
    path = tmp_path / "site.shp"
    frame(shapely.Polygon(RING), epsg=32648).to_file(path)
    path.with_suffix(".prj").unlink()
    boundary = checked(read_files([path], county=COUNTY))
    assert codes(boundary, Level.CONFIRM) == ["CRS_MISSING"] == [boundary.crs_code]
    assert [one.value for one in boundary.readings] == ["4507", "32648"]
    for code in ("CRS_MISSING", "SITE_CRS"):
        chosen = checked(read_files([path], county=COUNTY, answers={code: "32648"}))
        assert (chosen.epsg, codes(chosen, Level.CONFIRM)) == (32648, [])
        assert apart_deg(chosen, RING) < 1e-8


def test_files_without_polygons_and_with_other_shapes(tmp_path: Path) -> None:
    line = shapely.LineString(RING)
    path = tmp_path / "a.gpkg"
    frame(line).to_file(path)
    assert codes(checked(read_files([path])), Level.BLOCKING) == ["SITE_NOT_AREA"]
    path = tmp_path / "b.geojson"
    frame(shapely.Polygon(RING), line).to_file(path)
    boundary = checked(read_files([path], county=COUNTY))
    assert codes(boundary, Level.CONFIRM) == ["SITE_SKIPPED"]
    assert "1 个图形不是面（线）" in said(boundary, "SITE_SKIPPED")


def test_a_layer_is_no_site(tmp_path: Path) -> None:
    cells = [shapely.Polygon(rectangle(10, 10, 20 * (n % 40), 20 * (n // 40))) for n in range(1_100)]
    path = tmp_path / "layer.gpkg"
    frame(*cells).to_file(path)
    assert codes(checked(read_files([path])), Level.BLOCKING) == ["SITE_VERTICES"]


def test_drawings() -> None:
    geometry = {"type": "Polygon", "coordinates": [[list(point) for point in [*RING, RING[0]]]]}
    for given_as in (geometry, {"type": "Feature", "properties": {}, "geometry": geometry}, shapely.Polygon(RING)):
        boundary = checked(read_drawn(given_as, county=COUNTY))
        assert (codes(boundary), boundary.epsg) == ([], 4490)
        assert boundary.area_ha == pytest.approx(50, rel=1e-9)


@pytest.mark.parametrize(
    "geometry",
    [
        {},
        None,
        [],
        "x",
        {"type": "Point", "coordinates": [1, 2]},
        {"type": "Polygon"},
        shapely.Point(1, 2),
        decode("x"),
    ],
)
def test_drawings_of_nothing(geometry: object) -> None:
    boundary = checked(read_drawn(geometry, county=COUNTY))
    assert boundary.decision is Decision.REJECT


def test_a_drawing_that_crosses_itself_is_asked_about() -> None:
    a, b, c, d = RING
    boundary = checked(read_drawn(shapely.Polygon([a, c, b, d]), county=COUNTY))
    assert codes(boundary, Level.CONFIRM) == ["SITE_SELF_CROSSING"]
    assert checked(read_drawn(shapely.Polygon([a, c, b, d]), answers={"SITE_SELF_CROSSING": ""})).questions == ()


_TOKENS = [
    *("107.1", "31.6", "107.11", "31.61", "3493407.4", "414551.0", "36414551.0", "107°6′3″", "E107°06", "N31.6", "nan"),
    *(
        "J1",
        "1",
        "@",
        ",",
        ";",
        "，",
        "、",
        "。",
        "((",
        "))",
        "{",
        "}",
        "[",
        "]",
        '"',
        "1e9",
        "-0",
        ".",
        "X",
        "Y",
        "END",
    ),
    *("[地块坐标]", "[属性描述]", "带号=36", "几度分带=3", "坐标系=80西安", "POLYGON", "内环", "经度", "纬度"),
]
_LINE = st.lists(st.sampled_from(_TOKENS), max_size=7).flatmap(
    lambda parts: st.sampled_from([",", "\t", " ", "，", ";"]).map(lambda mark: mark.join(parts))
)


@settings(max_examples=300)
@given(
    st.one_of(st.text(max_size=200), st.lists(_LINE, max_size=20).map("\n".join)),
    st.sampled_from([{}, {"SITE_CRS": ""}, {"SITE_CRS": "4545"}, {"SITE_CRS": "?"}, {"SITE_NESTED": "parcel"}]),
)
def test_any_text_gives_a_boundary_or_a_reason(text: str, answers: dict[str, str]) -> None:
    checked(read_text(text, county=COUNTY, answers=answers))


def test_a_site_around_the_whole_county_is_called_too_large() -> None:
    boundary = read("100,25\n115,25\n115,35\n100,35")
    assert codes(boundary) == ["SITE_HUGE"] and boundary.decision is Decision.REJECT
    assert "东西 15°、南北 10°" in said(boundary, "SITE_HUGE").replace(".0°", "°")
    assert "SITE_OUTSIDE" in codes(read("112,25\n115,25\n115,35\n112,35"))  # beside it, not around it


def test_the_neighbouring_zone_is_told_whether_said_or_inferred() -> None:
    in_35 = lines(projected(RING, 4523), "{n},{y:.3f},{x:.3f}")
    for text in (in_35, f"3度带第35带\n{in_35}"):
        boundary = read(text)
        assert boundary.epsg == 4523 and "第 36 带" in said(boundary, "SITE_OTHER_ZONE")
    assert "SITE_OTHER_ZONE" not in codes(read(lines(projected(RING, 4524), "{n},{y:.3f},{x:.3f}")))


def test_one_system_that_fits_is_not_called_several() -> None:
    message = said(read(lines(projected(RING, 3857), "{n},{x:.3f},{y:.3f}")), "SITE_CRS")
    assert "只与" in message and "多个" not in message
    several = said(read(lines(projected(RING, 32648), "{n},{y:.3f},{x:.3f}")), "SITE_CRS")
    assert "多个坐标系相符" in several and "、" in several


def test_rings_of_multipolygons_are_counted(tmp_path: Path) -> None:
    squares = [shapely.box(107 + i / 1e4, 31.5, 107 + (i + 0.5) / 1e4, 31.5001) for i in range(1001)]
    path = tmp_path / "many.gpkg"
    gpd.GeoDataFrame(geometry=[shapely.MultiPolygon(squares)], crs=4490).to_file(path)
    boundary = checked(read_files([path], county=COUNTY))
    assert "5,005 个点、1,001 个环" in said(boundary, "SITE_VERTICES")
