"""Pasted coordinates: what is read of every notation, and what is said about the lines. Oracle: the written numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo.issues import Level
from pingchang_geo.readers import points
from pingchang_geo.readers.points.survey import declared_in
from pingchang_geo.readers.points.tokens import axes, scan
from pingchang_geo.readers.points.written import Written, half_width
from tests import site_texts

SQUARE = [(107.10, 31.56), (107.11, 31.56), (107.11, 31.57), (107.10, 31.57)]
METRES = [(36414550.96, 3493415.04), (36415499.85, 3493407.43), (36415509.36, 3494516.52), (36414560.57, 3494524.13)]


def rings(written: Written) -> list[list[list[float]]]:
    return [[ring.points.tolist() for ring in parcel.rings] for parcel in written.parcels]


def only(text: str) -> list[list[float]]:
    found = rings(points.parse(text))
    assert len(found) == 1 and len(found[0]) == 1, found
    return found[0][0]


def codes(written: Written) -> list[str]:
    return [one.code for one in written.issues]


@pytest.mark.parametrize(
    "pattern",
    [
        "{x},{y}",
        "{x}\t{y}",
        "{x} {y}",
        "  {x}   ,  {y}  ",
        "{x}，{y}",
        "{x}、{y}",
        "{x}；{y}",
        "{x};{y}",
        "{x}/{y}",
        "{x}|{y}",
        "({x}, {y})",
        "[{x},{y}],",
        "{n},{x},{y}",
        "{n}\t{x}\t{y}\t350.2",
        "J{n},{x},{y}",
        "J{n} {x} {y}",
        "界址点{n}：{x}，{y}",
        "第{n}点 {x} {y}",
        "#{n} {x} {y}",
        "{n}、{x}、{y}",
        "{n}) {x}, {y}",
        "P-{n}\t{x}\t{y}",
        "JZD{n:03d},1,{x},{y}",
        "{x}°, {y}°",
        "{x}°E, {y}°N",
        "E{x} N{y}",
        "东经{x}度，北纬{y}度",
        "经度：{x} 纬度：{y}",
        "lon={x}, lat={y}",
        "{x}E,{y}N",
        "{x}E{y}N",
    ],
)
def test_one_point_a_line(pattern: str) -> None:
    assert only(site_texts.lines(SQUARE, pattern)) == [list(point) for point in SQUARE]


@pytest.mark.parametrize(
    "pattern",
    [
        "{n},{x:.2f},{y:.2f}",
        "{x:.2f} {y:.2f}",
        "X={x:.2f} Y={y:.2f}",
        "X{x:.2f},Y{y:.2f}",
        "{x:,.2f} {y:,.2f}",
        "{x:,.2f}\t{y:,.2f}",
        "{x:.2f}m,{y:.2f}m",
    ],
)
def test_metres(pattern: str) -> None:
    assert only(site_texts.lines(METRES, pattern)) == [list(point) for point in METRES]


@pytest.mark.parametrize(
    ("marks", "between", "prefix"),
    [
        ("°′″", " ", ("E", "N")),
        ("°'\"", ",", ("", "")),
        ("度分秒", "，", ("东经", "北纬")),
        ("::", " ", ("", "")),
        ("--", "\t", ("", "")),
        ("°′″", "", ("E", "N")),
    ],
)
def test_degrees_minutes_seconds(marks: str, between: str, prefix: tuple[str, str]) -> None:
    marks = marks + " " * (3 - len(marks))
    text = "\n".join(
        between.join(f"{p}{site_texts.sexagesimal(v, marks).strip()}" for p, v in zip(prefix, point, strict=True))
        for point in SQUARE
    )
    assert np.allclose(only(text), SQUARE, rtol=0, atol=1e-9)


def test_decimal_minutes_and_six_numbers() -> None:
    assert np.allclose(only("107°06.5′E 31°33.6′N\n107°07′E 31°33.6′N\n107°07′E 31°34′N")[0], (107 + 6.5 / 60, 31.56))
    written = points.parse("1 107 06 00 31 33 36\n2 107 06 36 31 33 36\n3 107 06 36 31 34 12.5")
    assert np.allclose(rings(written)[0][0][2], (107.11, 31 + 34 / 60 + 12.5 / 3600))
    assert codes(written) == ["SITE_DMS"]


@pytest.mark.parametrize(
    "text",
    [
        "107.1,31.56,0 107.11,31.56,0 107.11,31.57,0 107.1,31.57,0",
        "107.1,31.56;107.11,31.56;107.11,31.57;107.1,31.57",
        "107.1 31.56；107.11 31.56；107.11 31.57；107.1 31.57；",
        "107.1 31.56 107.11 31.56 107.11 31.57 107.1 31.57",
        "107.1,31.56,107.11,31.56\n107.11,31.57,107.1,31.57",
        "[[107.1,31.56],[107.11,31.56],[107.11,31.57],[107.1,31.57]]",
        "107.1,31.56\n\n107.11,31.56\n\n107.11,31.57\n\n107.1,31.57\n",
        "107.1-31.56\n107.11－31.56\n107.11—31.57\n107.1–31.57",
    ],
)
def test_several_points_a_line_and_double_spacing(text: str) -> None:
    assert only(text) == [list(point) for point in SQUARE]


@pytest.mark.parametrize(
    "text",
    [
        "项目四至坐标：东经107.1，北纬31.56；东经107.11，北纬31.56；东经107.11，北纬31.57；东经107.1，北纬31.57。",
        "四至范围为（107.1,31.56）、（107.11,31.56）、（107.11,31.57）、（107.1,31.57）",
        "| 点 | 经度 | 纬度 |\n|---|---|---|\n" + site_texts.lines(SQUARE, "| J{n} | {x} | {y} |"),
        '"点号","经度","纬度"\n' + site_texts.lines(SQUARE, '"J{n}","{x}","{y}"'),
        "于端点 X=107.1 Y=31.56 Z= 0.00\n于端点 X=107.11 Y=31.56 Z=0.00\n"
        "于端点 X=107.11 Y=31.57 Z=0\n于端点 X=107.1 Y=31.57 Z=0",
        "1\n" + site_texts.lines(SQUARE, "{x},{y}") + "\nEND\nEND",
        "<coordinates>107.1,31.56,0 107.11,31.56,0 107.11,31.57,0 107.1,31.57,0</coordinates>",
        '[{"lng":107.1,"lat":31.56},{"lng":107.11,"lat":31.56},{"lng":107.11,"lat":31.57},{"lng":107.1,"lat":31.57}]',
        '{"rings":[[[107.1,31.56],[107.11,31.56],[107.11,31.57],[107.1,31.57]]],"spatialReference":{"wkid":4490}}',
        "点号 107.1 31.56\n12.5\n点号 107.11 31.56\n12.5\n点号 107.11 31.57\n12.5\n点号 107.1 31.57\n12.5",
    ],
)
def test_as_people_copy_it_from_elsewhere(text: str) -> None:
    assert only(text) == [list(point) for point in SQUARE]


def test_lengths_of_sides_between_the_points_are_told() -> None:
    text = "\n".join(f"J{n} {y:.2f} {x:.2f}\n{948.9 + n}" for n, (x, y) in enumerate(METRES, start=1))
    written = points.parse(text)
    assert codes(written) == ["SITE_REMARKS"]
    assert written.parcels[0].rings[0].lines == (1, 3, 5, 7)


def test_holes_of_esri_rings_turn_the_other_way() -> None:
    ring, hole = [list(point) for point in SQUARE], [list(point) for point in site_texts.shrunk(SQUARE)[::-1]]
    written = points.parse(f'{{"rings":[{ring},{hole}],"spatialReference":{{"wkid":102100,"latestWkid":4490}}}}')
    assert [one.hole for one in written.parcels[0].rings] == [False, True]
    assert written.declared is not None and written.declared.epsg == 4490


def test_a_table_with_metres_and_degrees_takes_the_order_of_what_it_reads() -> None:
    rows = "\n".join(
        f"{n} {y:.2f} {x:.2f} {lon} {lat}" for n, ((x, y), (lon, lat)) in enumerate(zip(METRES, SQUARE, strict=True), 1)
    )
    written = points.parse("点号 X坐标 Y坐标 经度 纬度\n" + rows)
    assert rings(written)[0][0] == [[y, x] for x, y in METRES]
    assert written.order is None  # X and Y do not say which is north


def test_a_heading_says_the_order_of_the_columns() -> None:
    swapped = site_texts.lines(SQUARE, "{n}\t{y}\t{x}")
    assert points.parse("点号\t纬度\t经度\n" + swapped).order == "yx"
    assert points.parse("No,Lon,Lat\n" + site_texts.lines(SQUARE, "{n},{x},{y}")).order == "xy"
    assert points.parse("序号 纵坐标(X) 横坐标(Y)\n" + site_texts.lines(METRES, "{n} {y} {x}")).order == "yx"
    assert points.parse("序号,X,Y\n" + site_texts.lines(METRES, "{n},{y},{x}")).order is None
    assert points.parse(swapped).order is None
    assert points.parse(site_texts.lines(SQUARE, "北纬{y} 东经{x}")).order == "yx"


def test_lines_whose_labels_disagree_are_turned() -> None:
    written = points.parse("E107.10 N31.56\nN31.56 E107.11\nE107.11 N31.57\nE107.10 N31.57")
    assert rings(written)[0][0] == [list(point) for point in SQUARE]
    assert written.order == "xy"


def test_a_heading_is_made_of_cells_not_of_any_word() -> None:
    assert axes("点号,经度(°),纬度(°)") == ["lon", "lat"]
    assert axes("经济开发区东北片") == []
    assert axes("东经") == []


def test_rings_are_parted_by_blank_lines_names_closing_and_restarted_numbers() -> None:
    first, second = SQUARE, [(x + 0.02, y) for x, y in SQUARE]
    plain = [site_texts.lines(ring, "{x},{y}") for ring in (first, second)]
    closed = [f"{text}\n{text.splitlines()[0]}" for text in plain]
    named = [site_texts.lines(ring, "J{n},{x},{y}") for ring in (first, second)]
    for text in ("\n\n".join(plain), "\n".join(closed), "\n".join(named), f"地块一\n{plain[0]}\n地块二\n{plain[1]}"):
        found = points.parse(text)
        assert [len(parcel.rings) for parcel in found.parcels] == [1, 1], text
        assert np.allclose(found.parcels[1].rings[0].points[:4], second)
    assert [parcel.name for parcel in found.parcels] == ["地块一", "地块二"]


def test_a_ring_called_hole_belongs_to_the_one_before() -> None:
    inner = site_texts.shrunk(SQUARE)
    text = f"外环\n{site_texts.lines(SQUARE, '{x},{y}')}\n内环\n{site_texts.lines(inner, '{x},{y}')}"
    found = points.parse(text)
    assert len(found.parcels) == 1
    assert [ring.hole for ring in found.parcels[0].rings] == [False, True]


def test_every_point_keeps_its_line() -> None:
    written = points.parse("项目范围\n107.1,31.56\n\n107.11,31.56\n\n107.11,31.57\n")
    assert written.parcels[0].rings[0].lines == (2, 4, 6)
    assert written.name == "项目范围"


@pytest.mark.parametrize(
    "line", ["107.1O,31.56", "l07.11,31.56", "1O7.11,31.56", "107.11", "107.11,三十一", "10711000,"]
)
def test_a_mistyped_line_is_named_not_dropped_silently(line: str) -> None:
    written = points.parse(f"107.10,31.56\n{line}\n107.11,31.57\n107.10,31.57")
    assert codes(written) == ["SITE_LINE_UNREAD"]
    assert "第 2 行" in written.issues[0].message and line.rstrip(",")[:5] in written.issues[0].message
    assert written.issues[0].rows == (2,)


def test_remarks_are_skipped_and_told() -> None:
    text = "备注：面积 105.26 公顷，共 4 个点\n" + site_texts.lines(SQUARE, "{x},{y}") + "\n以上为拟选址范围"
    written = points.parse(text)
    assert rings(written)[0][0] == [list(point) for point in SQUARE]
    remark = next(one for one in written.issues if one.code == "SITE_REMARKS")
    assert remark.rows == (1, 6)


def test_punctuation_and_thousands_are_told() -> None:
    assert codes(points.parse(site_texts.lines(SQUARE, "{x}，{y}"))) == ["SITE_PUNCTUATION"]
    assert codes(points.parse("１０７．１０，３１．５６\n107.11,31.56\n107.11,31.57")) == ["SITE_PUNCTUATION"]
    assert codes(points.parse(site_texts.lines(METRES, "{x:,.2f} {y:,.2f}"))) == ["SITE_GROUPED"]
    assert codes(points.parse(site_texts.lines(SQUARE, "{x},{y}"))) == []


@pytest.mark.parametrize(
    ("text", "words", "legacy", "zone", "meridian", "epsg"),
    [
        (
            "坐标系=2000国家大地坐标系\n几度分带=3\n带号=36",
            "2000 国家大地坐标系，3 度分带，第 36 带",
            False,
            36,
            None,
            None,
        ),
        ("坐标系=80国家大地坐标系\n带号=36", "1980 西安坐标系，第 36 带", True, 36, None, None),
        ("1954北京坐标系 6度带 18带", "1954 北京坐标系，6 度分带，第 18 带", True, 18, None, None),
        ("CGCS2000，中央子午线108", "2000 国家大地坐标系，中央经线 108°", False, None, 108, None),
        ("EPSG:4545", "EPSG:4545", False, None, None, 4545),
    ],
)
def test_what_a_text_says_of_its_system(
    text: str, words: str, legacy: bool, zone: int | None, meridian: int | None, epsg: int | None
) -> None:
    found = declared_in(text)
    assert found is not None
    assert (found.words, found.legacy, found.zone, found.meridian, found.epsg) == (words, legacy, zone, meridian, epsg)


def test_nothing_said_is_nothing_declared() -> None:
    assert declared_in("平昌县经济开发区 2024 年第 3 批次") is None


def test_the_survey_form() -> None:
    hole = site_texts.shrunk(SQUARE)
    far = [(x + 0.02, y) for x, y in SQUARE]
    written = points.parse(site_texts.survey([("甲地块", [SQUARE, hole]), ("乙地块", [far])]))
    assert (written.form, written.usual, codes(written)) == ("勘测定界文本", "yx", [])
    assert [(parcel.name, [ring.hole for ring in parcel.rings]) for parcel in written.parcels] == [
        ("甲地块", [False, True]),
        ("乙地块", [False]),
    ]
    expected = site_texts.projected(far, 4524)
    assert np.allclose(written.parcels[1].rings[0].points[:4, ::-1], expected, rtol=0, atol=1e-4)
    assert written.declared is not None
    assert (written.declared.degrees, written.declared.zone, written.declared.legacy) == (3, 36, False)


def test_the_survey_form_tells_a_missing_line_and_a_broken_one() -> None:
    text = site_texts.survey([("甲", [SQUARE])])
    lines = text.splitlines()
    missing = points.parse("\n".join(lines[:-3] + lines[-2:]))
    assert codes(missing) == ["SITE_COUNT"] and missing.issues[0].level is Level.CONFIRM
    more = points.parse(text.replace("\n5,", "\n3,"))
    assert [one.level for one in more.issues] == [Level.WARNING]
    assert "写明 5 个界址点，实际读到 4 个" in missing.issues[0].message
    lines[-3] = lines[-3].replace("3494", "34y4")
    broken = points.parse("\n".join(lines))
    assert "SITE_LINE_UNREAD" in codes(broken)
    assert f"第 {len(lines) - 2} 行" in next(o for o in broken.issues if o.code == "SITE_LINE_UNREAD").message


def test_survey_rows_without_blocks_are_known_by_their_form() -> None:
    rows = "\n".join(site_texts.survey([("甲", [SQUARE])]).splitlines()[-5:])
    assert points.parse(rows).form == "勘测定界文本"


@pytest.mark.parametrize(
    ("text", "holes"),
    [
        ("POLYGON ((107.1 31.56, 107.11 31.56, 107.11 31.57, 107.1 31.57, 107.1 31.56))", [[False]]),
        ("SRID=4490;POLYGON Z ((107.1 31.56 3, 107.11 31.56 3, 107.11 31.57 3, 107.1 31.56 3))", [[False]]),
        ("multipolygon(((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1)),((9 9,8 8,9 8,9 9)))", [[False, True], [False]]),
        ('{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,0]],[[2,1],[3,1],[3,2],[2,1]]]}', [[False, True]]),
        (
            '{"type":"MultiPolygon","coordinates":[[[[0,0],[4,0],[4,4],[0,0]]],[[[9,9],[8,8],[9,8],[9,9]]]]}',
            [[False]] * 2,
        ),
    ],
)
def test_wkt_and_geojson(text: str, holes: list[list[bool]]) -> None:
    written = points.parse(text)
    assert [[ring.hole for ring in parcel.rings] for parcel in written.parcels] == holes
    assert written.usual == "xy"


def test_geojson_features_have_names_and_a_system() -> None:
    feature = {"type": "Feature", "properties": {"XMMC": "甲"}, "geometry": None}
    text = (
        '{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4545"}},"features":['
        '{"type":"Feature","properties":{"XMMC":"甲"},"geometry":{"type":"Polygon","coordinates":[[[1,2],[3,4],[5,7]]]}},'
        '{"type":"Feature","properties":null,"geometry":{"type":"Point","coordinates":[1,2]}}]}'
    )
    written = points.parse(text)
    assert (written.name, written.declared and written.declared.epsg, codes(written)) == ("甲", 4545, ["SITE_SKIPPED"])
    assert codes(points.parse(str(feature).replace("'", '"').replace("None", "null"))) == ["SITE_NOT_AREA"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("POLYGON ((1 2, 3 4", "SITE_TEXT_BROKEN"),
        ("POLYGON " + "(" * 100_000, "SITE_TEXT_BROKEN"),
        ("POLYGON ((1 a, 3 4))", "SITE_TEXT_BROKEN"),
        ("POLYGON EMPTY", "SITE_NOT_AREA"),
        ("LINESTRING (1 2, 3 4)", "SITE_NOT_AREA"),
        ('{"type": "Polygon", "coordinates": [[[1, 2], [3', "SITE_TEXT_BROKEN"),
        ('{"type": "Polygon", "coordinates": "x"}', "SITE_TEXT_BROKEN"),
        ('{"type": "Polygon", "coordinates": [[["a", "b"]]]}', "SITE_TEXT_BROKEN"),
        ('{"type": "FeatureCollection", "features": 3}', "SITE_TEXT_BROKEN"),
        ("[" * 50_000 + "1" + "]" * 50_000, "SITE_TEXT_BROKEN"),
        ("1," * 500_001, "SITE_TOO_LONG"),
        ("1 " * 300_000, "SITE_TOO_LONG"),
    ],
)
def test_broken_texts_are_refused_with_a_reason(text: str, code: str) -> None:
    written = points.parse(text)
    assert codes(written) == [code]
    assert not written.parcels


def test_a_point_name_is_no_number() -> None:
    for text, name in (("J12,107.1,31.5", "J12"), ("界址点3 107.1 31.5", "界址点3"), ("E1 107.1 31.5", "E1")):
        found = scan(1, half_width(text))
        assert ([number.value for number in found.numbers], found.name) == ([107.1, 31.5], name)


@given(st.text(max_size=200))
def test_any_text_gives_a_reading(text: str) -> None:
    written = points.parse(text)
    for parcel in written.parcels:
        for ring in parcel.rings:
            assert ring.points.shape[1:] == (2,)
            assert len(ring.lines) in (0, len(ring.points))
