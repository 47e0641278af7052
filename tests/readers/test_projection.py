"""Coordinate systems: declared, undeclared, contradictory. Oracle: pyproj moves the sample there."""

import numpy as np
import pytest
import shapely
from pyproj import CRS

from pingchang_geo import crs
from pingchang_geo.readers import projection
from tests import factories

MESH = factories.mesh(40)


def in_crs(epsg: int) -> np.ndarray:
    return crs.transform(MESH, "EPSG:4524", f"EPSG:{epsg}")


def found(text: str | None, geometry: np.ndarray, forced: str | None = None) -> tuple[int | None, list[str]]:
    finding, issues = projection.find(text, geometry, forced=forced)
    return finding.epsg, [issue.code for issue in issues]


ALL = [4490, 4524, 4545, 4496, 4507, 4523, 4544, 32648, 3857, 4326]


@pytest.mark.parametrize("epsg", ALL)
def test_an_esri_prj_that_lands_in_the_county_is_believed(epsg: int) -> None:
    assert found(CRS.from_epsg(epsg).to_wkt("WKT1_ESRI"), in_crs(epsg)) == (epsg, [])


@pytest.mark.parametrize("epsg", [2360, 2381, 2412, 2433, 2332, 2343, 21418, 4610, 4214])
def test_legacy_datums_are_asked_about(epsg: int) -> None:
    assert found(CRS.from_epsg(epsg).to_wkt("WKT1_ESRI"), in_crs(epsg)) == (epsg, ["CRS_LEGACY"])


@pytest.mark.parametrize("epsg", [4490, 4524, 4545, 4496, 4523])
def test_without_prj_the_numbers_tell_zone_and_prefix(epsg: int) -> None:
    finding, issues = projection.find(None, in_crs(epsg))
    assert (finding.epsg, finding.candidates) == (epsg, (epsg,))
    assert [issue.code for issue in issues] == ["CRS_INFERRED"]
    assert "CGCS2000" in finding.evidence


@pytest.mark.parametrize("epsg", [4507, 4544, 32648, 3857])
def test_without_prj_what_is_ambiguous_is_asked(epsg: int) -> None:
    finding, issues = projection.find(None, in_crs(epsg))
    assert epsg in finding.candidates
    assert [issue.code for issue in issues] == ["CRS_MISSING"]


def test_a_renamed_prj_is_recognised_by_its_parameters() -> None:
    wkt = CRS.from_epsg(4524).to_wkt("WKT1_ESRI").replace("CGCS2000_3_Degree_GK_Zone_36", "my_own")
    assert found(wkt, in_crs(4524)) == (4524, [])


def test_cgcs2000_under_another_name_of_its_datum() -> None:
    wkt = CRS.from_epsg(4545).to_wkt("WKT1_ESRI")
    for old, new in (
        ("D_China_2000", "D_2000国家大地坐标系"),
        ("GCS_China_Geodetic_Coordinate_System_2000", "GCS_2000"),
        ("CGCS2000_3_Degree_GK_CM_108E", "GK108"),
    ):
        wkt = wkt.replace(old, new)
    assert CRS.from_wkt(wkt).to_epsg(min_confidence=50) is None
    assert found(wkt, in_crs(4545)) == (4545, [])


def test_a_name_that_contradicts_its_false_easting_is_not_believed() -> None:
    wkt = CRS.from_epsg(4524).to_wkt("WKT1_ESRI").replace("36500000.0", "36600000.0")
    shifted = shapely.transform(in_crs(4524), lambda points: points + np.array((100_000, 0)))
    finding, issues = projection.find(wkt, shifted)
    assert finding.epsg is None
    assert [issue.code for issue in issues] == ["CRS_CUSTOM"]
    degrees = projection.to_degrees(projection.sample(shifted), finding.definition)
    assert degrees == pytest.approx(projection.to_degrees(projection.sample(MESH), "EPSG:4524"), abs=1e-9)


def test_a_prj_that_lands_elsewhere_is_contradicted_by_the_numbers() -> None:
    assert found(CRS.from_epsg(4545).to_wkt("WKT1_ESRI"), in_crs(4524)) == (4524, ["CRS_CONTRADICTORY"])
    assert found("EPSG:4326", in_crs(4545)) == (4545, ["CRS_CONTRADICTORY"])


def test_swapped_axes() -> None:
    finding, issues = projection.find("EPSG:4524", swapped(4524))
    assert (finding.epsg, finding.swap) == (4524, True)
    assert [issue.code for issue in issues] == ["CRS_SWAPPED"]


def test_an_unreadable_prj_falls_back_to_the_numbers_and_asks() -> None:
    assert found("garbage", in_crs(4524)) == (4524, ["CRS_UNREADABLE"])
    assert found("+proj=longlat +nadgrids=/etc/passwd", in_crs(4490)) == (4490, ["CRS_UNREADABLE"])


def test_data_of_nowhere() -> None:
    assert found(None, np.array([shapely.Point(1e7, 1e7)])) == (None, ["CRS_UNKNOWN"])


def test_another_county_with_its_own_prj_is_not_contradicted() -> None:
    beijing = np.array([shapely.box(116.3, 39.9, 116.4, 40.0)])
    assert found("EPSG:4490", beijing) == (4490, [])


def test_geojson_default_gives_way_to_the_numbers() -> None:
    assert found("OGC:CRS84", in_crs(4326)) == (4326, [])
    assert found("OGC:CRS84", in_crs(4524)) == (4524, ["CRS_INFERRED"])


def test_the_analyst_decides() -> None:
    assert found(None, in_crs(4507), forced="4544") == (4544, [])
    assert found(None, in_crs(4524), forced="EPSG:2360") == (2360, ["CRS_LEGACY"])
    assert found(None, in_crs(4524), forced="zone 36") == (4524, ["ANSWER_INVALID", "CRS_INFERRED"])


def swapped(epsg: int) -> np.ndarray:
    return np.asarray(shapely.transform(in_crs(epsg), lambda points: points[:, ::-1]))


def test_swapped_numbers_without_prj_leave_the_system_open() -> None:
    finding, issues = projection.find(None, swapped(32648))
    assert finding.swap
    assert finding.candidates == (4507, 4544, 32648)
    assert [issue.code for issue in issues] == ["CRS_SWAPPED", "CRS_MISSING"]
    for number in ("4507", "4544", "32648", "2343", "21458"):
        assert number in issues[1].fix
    assert "4524" not in issues[1].fix
    assert found(None, swapped(4524))[1] == ["CRS_SWAPPED", "CRS_INFERRED"]
    assert found("rubbish", swapped(4524))[1] == ["CRS_SWAPPED", "CRS_UNREADABLE"]


@pytest.mark.parametrize(("forced", "codes"), [("32648", ["CRS_SWAPPED"]), ("2343", ["CRS_LEGACY", "CRS_SWAPPED"])])
def test_what_the_analyst_says_of_swapped_numbers_keeps_the_swap(forced: str, codes: list[str]) -> None:
    finding, issues = projection.find(None, swapped(int(forced)), forced=forced)
    assert (finding.epsg, finding.swap) == (int(forced), True)
    assert [issue.code for issue in issues] == codes


def test_swapped_geojson_is_wgs_84_as_the_format_says() -> None:
    assert found("OGC:CRS84", swapped(4326)) == (4326, ["CRS_SWAPPED"])
    assert projection.find("OGC:CRS84", swapped(4326))[0].evidence.startswith("GeoJSON 默认 WGS 84，")


@pytest.mark.parametrize("text", [None, "rubbish", "EPSG:4524"])
def test_the_swap_is_asked_in_one_sentence_whoever_names_the_system(text: str | None) -> None:
    finding, (first, *_) = projection.find(text, swapped(4524))
    said, (again,) = projection.find(text, swapped(4524), forced="4524")
    assert first == again
    assert "声明" not in first.message
    assert said.evidence == "由使用者指定，横纵坐标交换后落在平昌县内"
    assert finding.evidence.startswith("文件声明为 CGCS2000 3 度带第 36 带") == (text == "EPSG:4524")


def test_every_system_that_fits_is_named() -> None:
    for text in ("rubbish", "EPSG:4524"):
        _, issues = projection.find(text, in_crs(32648))
        assert all(number in issues[0].message for number in ("4507", "4544", "32648"))


def test_no_geometry_at_all() -> None:
    nothing = np.array([None, None], dtype=object)
    assert found("EPSG:4524", nothing) == (4524, [])
    assert found(None, nothing) == (None, [])
