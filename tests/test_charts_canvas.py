"""Footers of charts."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo.charts.canvas import wrapped

SCENIC = "AAAA 级景区第 1 版（示意）、森林小班第 1 版（示意） · 仅有点位者按 1 km 圆计 · 2026-11-23"


def width(line: str) -> float:
    return sum(0.55 if letter.isascii() else 1.0 for letter in line)


def test_a_date_stays_in_one_line() -> None:
    lines = wrapped(SCENIC)
    assert len(lines) == 3
    assert lines[-1].endswith("2026-11-23")
    assert "".join(lines).replace(" ", "") == SCENIC.replace(" ", "")


def test_nothing_is_no_line() -> None:
    assert wrapped("") == []


@given(st.text(alphabet="平昌，（）。 aZ0-9.%·", max_size=200))
def test_no_line_is_too_wide_and_no_letter_is_lost(text: str) -> None:
    lines = wrapped(text)
    # Closing marks hang over the end.
    assert all(width(re.sub("[：，、；）。]+$", "", line)) <= 24.0 for line in lines)
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)
