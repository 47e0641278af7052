"""What an address says of where a map is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo.maps.view import USUAL_PX, MapView, parse_view


def test_an_extent_lies_around_the_view_and_halves_with_each_zoom() -> None:
    view = parse_view("31.56,107.2,12")
    assert view is not None
    west, south, east, north = view.extent
    assert (west + east) / 2 == pytest.approx(107.2, abs=1e-5)
    assert south < 31.56 < north
    assert east - west == pytest.approx(360 * USUAL_PX[0] / (256 * 2**12), rel=1e-3)  # pixels over the world's
    closer = MapView(31.56, 107.2, 13).extent
    assert closer[2] - closer[0] == pytest.approx((east - west) / 2, rel=1e-3)


def test_a_larger_map_has_seen_more() -> None:
    small, large = parse_view("31.56,107.2,12,820,470"), parse_view("31.56,107.2,12,1640,940")
    assert small is not None and large is not None
    assert small == parse_view("31.56,107.2,12")
    assert large.extent[2] - large.extent[0] == pytest.approx(2 * (small.extent[2] - small.extent[0]), rel=1e-4)
    assert large.extent[3] - large.extent[1] == pytest.approx(2 * (small.extent[3] - small.extent[1]), rel=1e-3)


@pytest.mark.parametrize(
    "text",
    [
        *("", "a,b,c", "1,2", "nan,1,2", "31,nan,2", "95,107,12", "31,181,12", "31,107,99", "31,107,12,4"),
        *("31,107,12,4,4", "31,107,12,820,nan", "31,107,12,820,99999", "31,107,12,820,470,1", "<script>"),
    ],
)
def test_anything_else_says_nothing(text: str) -> None:
    assert parse_view(text) is None


@given(st.floats(-84, 84), st.floats(-180, 180), st.floats(0, 24), st.floats(50, 10_000), st.floats(50, 10_000))
def test_what_the_map_writes_is_read_and_lies_within_its_extent(
    latitude: float, longitude: float, zoom: float, width: float, height: float
) -> None:
    view = parse_view(f"{latitude:.5f},{longitude:.5f},{zoom},{width:.0f},{height:.0f}")
    assert view is not None
    west, south, east, north = view.extent
    assert west <= view.longitude <= east
    assert south <= view.latitude + 1e-5 and view.latitude - 1e-5 <= north
