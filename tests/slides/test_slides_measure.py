"""Measuring and breaking text, with a font whose letters have round widths."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo.slides.measure import POINT_IN, Ruler, line_pt

TEXTS = st.text(alphabet="平昌县生态资产，。、（）“”AB12 .%", max_size=120)


def advance(sign: str) -> float:
    return 1.0 if unicodedata.east_asian_width(sign) in "WF" else 0.5


@pytest.fixture
def ruler() -> Ruler:
    return Ruler(advance)


def test_width_counts_ems_with_a_little_to_spare(ruler: Ruler) -> None:
    assert ruler.width_in("平昌", 72) == pytest.approx(2 * 1.03)
    assert ruler.width_in("平9", 72) == pytest.approx((1.5 + 0.2) * 1.03)  # room between the scripts


def test_no_line_begins_with_a_stop_nor_ends_with_an_opening_bracket(ruler: Ruler) -> None:
    lines = ruler.wrapped("一二三四五，六七八九（十）", 72, 5 * 1.03)
    assert lines == ["一二三四", "五，六七八", "九（十）"]


def test_a_number_stays_with_its_sign_and_words_stay_whole(ruler: Ruler) -> None:
    assert ruler.wrapped("占 36.0 %", 72, 3.2) == ["占", "36.0 %"]
    assert ruler.wrapped("AB CD EF", 72, 2.6 * 1.03) == ["AB CD", "EF"]


def test_a_word_wider_than_the_line_is_broken(ruler: Ruler) -> None:
    assert ruler.wrapped("ABCDEF", 72, 1.03) == ["AB", "CD", "EF"]


@given(TEXTS, st.floats(0.3, 8))
def test_lines_hold_all_signs_in_order_and_fit(text: str, width_in: float) -> None:
    ruler = Ruler(advance)
    lines = ruler.wrapped(text, 20, width_in)
    assert "".join("".join(lines).split()) == "".join(text.split())
    for line in lines:
        assert ruler.width_in(line, 20) <= width_in + 1e-6 or len(line) == 1


@given(TEXTS.filter(str.strip), st.floats(0.5, 6), st.floats(0.3, 3))
def test_what_is_fitted_stays_in_its_box(text: str, width_in: float, height_in: float) -> None:
    ruler = Ruler(advance)
    fitted = ruler.fitted(text, width_in, height_in, (20, 14, 10))
    assert fitted.height <= max(height_in, line_pt(10) * POINT_IN) + 1e-6
    assert fitted.cut == fitted.text.endswith("…") or "…" in text
    if not fitted.cut:
        assert fitted.text == text


def test_the_largest_fitting_size_is_taken(ruler: Ruler) -> None:
    assert ruler.fitted("一二", 2.1, 1.5, (72, 36)).size == 72
    assert ruler.fitted("一二三", 2.1, 1.5, (72, 36)).size == 36
