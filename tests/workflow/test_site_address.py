"""A polygon in the page's address."""

import string

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo.issues import Issue
from pingchang_geo.workflow.boundaries.address import MAX_LETTERS, decode, encode
from tests.site_texts import holed, rectangle, star

SQUARE = shapely.Polygon(rectangle(1000, 500))


def points(shape: shapely.Geometry) -> np.ndarray:
    return shapely.get_coordinates(shape)


@given(holed(most=40), star(), st.booleans())
def test_round_trip_with_holes_and_parts(first: tuple[list, list], second: list, with_hole: bool) -> None:
    ring, hole = first
    polygon = shapely.MultiPolygon([shapely.Polygon(ring, [hole] if with_hole else None), shapely.Polygon(second)])
    found = decode(encode(polygon))
    assert isinstance(found, shapely.MultiPolygon)
    assert [len(part.interiors) for part in found.geoms] == [int(with_hole), 0]
    assert np.abs(points(found) - points(polygon)).max() <= 0.5e-7 + 1e-12


def test_it_is_short_and_needs_no_escaping() -> None:
    text = encode(SQUARE)
    assert len(text) < 45
    assert set(text) <= set(string.ascii_letters + string.digits + "-_.~")
    assert encode(decode(text)) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "不是本系统"),
        ("2AAAAAA", "不是本系统"),
        ("1", "少于 3 个点"),
        ("1AAAA", "少于 3 个点"),
        ("1A A A", "无效的字符"),
        ("1经度", "无效的字符"),
        ("1" + "_" * 50, "数值过大"),
        ("1gggg", "被截断"),
        ("1" + "______H" * 6, "超出经纬度范围"),
        ("1" + "A" * MAX_LETTERS, "过长"),
        (encode(SQUARE) + "~", "少于 3 个点"),
        (encode(SQUARE) + "..", "少于 3 个点"),
    ],
)
def test_what_is_no_address_says_why(text: str, words: str) -> None:
    found = decode(text)
    assert isinstance(found, Issue)
    assert words in found.message


@given(st.one_of(st.text(), st.text("1" + string.ascii_letters + "-_.~").map(lambda rest: "1" + rest)))
def test_any_text_gives_a_polygon_or_an_issue(text: str) -> None:
    assert isinstance(decode(text), Issue | shapely.Polygon | shapely.MultiPolygon)


@given(st.integers(0, 200), st.sampled_from(string.printable))
def test_one_wrong_letter(at: int, letter: str) -> None:
    text = encode(SQUARE)
    changed = text[: at % len(text)] + letter + text[at % len(text) + 1 :]
    assert isinstance(decode(changed), Issue | shapely.Polygon | shapely.MultiPolygon)
