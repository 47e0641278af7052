"""File names that every system takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo.exports.filenames import MOST, file_stem


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("碳汇家底", "碳汇家底"),
        ("a/b\\c:d", "a_b_c_d"),
        ("  两  处\n空白 ", "两_处_空白"),
        ("../../etc/passwd", "etc_passwd"),
        ("…", "…"),
        ("???", "未命名"),
        ("", "未命名"),
        ("NUL", "_NUL"),
        ("com1", "_com1"),
        ("company", "company"),
        ("末尾的点...", "末尾的点"),
    ],
)
def test_what_becomes_of_a_name(text: str, name: str) -> None:
    assert file_stem(text) == name


@given(st.text(max_size=200))
def test_never_empty_never_a_path_never_long(text: str) -> None:
    name = file_stem(text)
    assert 0 < len(name) <= MOST + 1
    assert not set(name) & set('\\/:*?"<>|\n\r\t\0 ')
    assert name[-1] not in "._"
    assert file_stem(name) == name
