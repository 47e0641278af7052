"""Extents, round lengths, north and the graticule of a map sheet."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from pingchang_geo import crs
from pingchang_geo.prints import PictureError, around, fitted, graticule, measures

GEOD = Geod(ellps="GRS80")
IN_COUNTY = st.floats(-40_000, 40_000)


def degrees(x_m: float, y_m: float) -> tuple[float, float]:
    point = crs.from_equal_area(np.array([shapely.Point(x_m, y_m)]))[0]
    return point.x, point.y


def test_extent_around_squares() -> None:
    box = np.array([shapely.box(0, 0, 100, 50)])
    assert around(box, margin=0.1) == (-10, -10, 110, 60)
    assert around(box, margin=0.0, least_m=200) == (-50, -75, 150, 125)
    assert around(np.array([None, shapely.Point(5, 5)]), least_m=10) == (0, 0, 10, 10)


@pytest.mark.parametrize("nothing", [np.array([], dtype=object), np.array([None]), np.array([shapely.Polygon()])])
def test_there_must_be_something_to_show(nothing: np.ndarray) -> None:
    with pytest.raises(PictureError, match="没有可供制图的图形"):
        around(nothing)


def test_extent_is_widened_never_cropped() -> None:
    assert fitted((0, 0, 100, 100), 2.0) == (-50, 0, 150, 100)
    assert fitted((0, 0, 100, 100), 0.5) == (0, -50, 100, 150)


@given(x=IN_COUNTY, y=IN_COUNTY, width=st.floats(1, 1e5), height=st.floats(1, 1e5), aspect=st.floats(0.2, 5))
def test_fitted_extent_has_the_shape_and_holds_the_old_one(
    x: float, y: float, width: float, height: float, aspect: float
) -> None:
    west, south, east, north = fitted((x, y, x + width, y + height), aspect)
    assert (east - west) / (north - south) == pytest.approx(aspect)
    slack = 1e-6 * (width + height)
    assert west <= x + slack and south <= y + slack and east >= x + width - slack and north >= y + height - slack


@pytest.mark.parametrize("bad", [(0, 0, 0, 10), (0, 10, 10, 0), (math.nan, 0, 1, 1), (0, 0, 1e8, 1)])
def test_unusable_extent(bad: tuple[float, float, float, float]) -> None:
    with pytest.raises(PictureError, match="地图范围无效"):
        fitted(bad, 1.5)


@pytest.mark.parametrize(
    ("longest", "length"),
    [(1, 1), (1.9, 1), (2, 2), (4.99, 2), (5, 5), (99, 50), (100, 100), (730, 500), (61_000, 50_000)],
)
def test_round_lengths(longest: float, length: float) -> None:
    assert measures.bar_length_m(longest) == length


@given(st.floats(0.5, 1e6))
def test_bar_is_round_and_as_long_as_can_be(longest: float) -> None:
    length = measures.bar_length_m(longest)
    mantissa = length / 10 ** math.floor(math.log10(length) + 1e-9)
    assert round(mantissa, 9) in {1.0, 2.0, 5.0}
    assert longest / 2.5 - 1e-6 < length <= longest * (1 + 1e-9)
    assert (length / measures.bar_parts(length)) > 0


def test_lengths_are_named() -> None:
    assert [measures.length_text(v) for v in (50, 1000, 2500, 20_000)] == [
        ("50", "m"),
        ("1", "km"),
        ("2.5", "km"),
        ("20", "km"),
    ]


@given(x=IN_COUNTY, y=IN_COUNTY, length=st.floats(100, 20_000), direction=st.floats(0, 2 * math.pi))
def test_lengths_of_the_projection_are_lengths_on_the_ground(
    x: float, y: float, length: float, direction: float
) -> None:
    end = x + length * math.cos(direction), y + length * math.sin(direction)
    _, _, ground = GEOD.inv(*degrees(x, y), *degrees(*end))
    assert ground == pytest.approx(length, rel=5e-5)  # a scale bar must be right within 0.5 %


@given(x=IN_COUNTY, y=IN_COUNTY)
def test_north_is_true_north(x: float, y: float) -> None:
    """A step along the sheet's vertical has the geodesic azimuth −turn."""
    azimuth, _, _ = GEOD.inv(*degrees(x, y), *degrees(x, y + 100))
    assert measures.north_turn_deg(x, y) == pytest.approx(-azimuth, abs=1e-3)


def test_customary_spacings() -> None:
    assert graticule.step_deg(1.0, 4) == 0.25  # 15 minutes
    assert graticule.step_deg(1.0, 3) == 0.5
    assert graticule.step_deg(10 / 3600, 5) == 2 / 3600
    assert graticule.step_deg(45.1 / 3600, 3) == 15 / 3600
    assert graticule.step_deg(1000, 5) == 10.0


@pytest.mark.parametrize(
    ("degree", "signs", "step", "text"),
    [
        (107.25, "EW", 0.25, "107°15′E"),
        (31.5, "NS", 1 / 6, "31°30′N"),
        (107 + 2 / 60 + 45 / 3600, "EW", 15 / 3600, "107°02′45″E"),
        (107.05, "EW", 30 / 3600, "107°03′00″E"),
        (-0.5, "NS", 0.5, "0°30′S"),
    ],
)
def test_degrees_and_minutes(degree: float, signs: str, step: float, text: str) -> None:
    assert graticule.label(degree, signs, step) == text


@pytest.mark.parametrize("extent", [(-40_000, -36_000, 42_000, 38_000), (10_000, 9_000, 10_900, 9_600), (0, 0, 60, 50)])
def test_lines_meet_the_frame_where_they_should(extent: tuple[float, float, float, float]) -> None:
    meridians, parallels = graticule.graticule(extent, 5, 4)
    assert 1 <= len(meridians) <= 6 and 1 <= len(parallels) <= 5
    west, south, east, north = extent
    for line in meridians:
        for x, y in ((line.low, south), (line.high, north)):
            if not math.isnan(x):
                assert degrees(x, y)[0] == pytest.approx(line.degree, abs=1e-7)
                assert west <= x <= east
    for line in parallels:
        for x, y in ((west, line.low), (east, line.high)):
            if not math.isnan(y):
                assert degrees(x, y)[1] == pytest.approx(line.degree, abs=2e-7)
                assert south <= y <= north
    steps = np.diff([line.degree for line in meridians])
    assert np.allclose(steps, steps[0] if len(steps) else 0)
    for line in (*meridians, *parallels):  # and run straight through their degree
        lon, lat = degrees(*line.course[len(line.course) // 2])
        assert min(abs(lon - line.degree), abs(lat - line.degree)) < 1e-7
