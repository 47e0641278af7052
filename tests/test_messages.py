"""Messages: each code exists, each template says what was found and how to mend it."""

import re
from pathlib import Path

import pytest

from pingchang_geo.issues import Level
from pingchang_geo.messages import CATALOGUE, issue, where

SOURCES = sorted(Path(__file__).parent.parent.glob("pingchang_geo/**/*.py"))


def test_every_code_is_used_somewhere() -> None:
    used_outside = set()
    for path in SOURCES:
        if path.parent.name != "messages":
            used_outside |= {code for code in CATALOGUE if f'"{code}"' in path.read_text("utf-8")}
    assert set(CATALOGUE) - used_outside == set()


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_templates_are_chinese_sentences(code: str) -> None:
    template = CATALOGUE[code]
    assert template.found.endswith("。")
    assert template.fix
    assert re.search(r"[一-鿿]", template.found)
    assert "！" not in template.found + template.fix


def test_rows_are_spoken_and_listed() -> None:
    found = issue("GEOMETRY_NULL", rows=range(1, 31))
    assert found.message == "有 30 条记录没有图形（第 1、2、3、4、5 条等）。"
    assert (len(found.rows), found.count, found.level) == (20, 30, Level.BLOCKING)
    assert where([7], 1) == "（第 7 条）"
    assert where([], 3) == ""


def test_level_can_be_overridden_and_codes_must_exist() -> None:
    assert issue("GEOMETRY_NULL", level=Level.WARNING).level is Level.WARNING
    with pytest.raises(KeyError):
        issue("NO_SUCH_CODE")


def test_what_a_terminal_would_obey_is_shown_not_done() -> None:
    found = issue("FILE_EMPTY", file="a\x1b[2J\n\u202eb.shp")
    assert found.message == "文件「a\ufffd[2J\ufffd\ufffdb.shp」是空文件（0 字节）。"


def test_what_a_file_says_at_length_is_cut() -> None:
    found = issue("FILE_EMPTY", file="长" * 100_000)
    assert len(found.message) < 500
    assert "长…」" in found.message
