"""Filters in words, and texts of files that Markdown must not read."""

import pytest

from pingchang_geo import layers
from pingchang_geo.filters import Between, Filter, OneOf
from pingchang_geo.ui.text import clause_words, filter_words, plain
from pingchang_geo.units import UnitChoice

FOREST = layers.get("forest")


@pytest.mark.parametrize(
    ("clause", "words"),
    [
        (OneOf("species", ("马尾松", "柏木")), "优势树种：马尾松、柏木"),
        (OneOf("species", tuple("甲乙丙丁戊")), "优势树种：甲、乙、丙、丁等 5 项"),
        (Between("volume_m3_ha", 50, 120.5), "每公顷蓄积：50–120.5 m³/ha"),
        (Between("canopy", 0.4, None), "郁闭度：≥ 0.4"),
        (Between("redline_share_pct", None, 50), "红线内面积占比：≤ 50%"),
    ],
)
def test_clauses_in_words(clause, words):
    assert clause_words(FOREST, clause, UnitChoice()) == words


def test_a_filter_joins_its_clauses():
    chosen = Filter((OneOf("origin", ("天然",)), Between("canopy", None, 0.8)))
    assert filter_words(FOREST, chosen, UnitChoice()) == "起源：天然；郁闭度：≤ 0.8"
    assert filter_words(FOREST, Filter(), UnitChoice()) == ""


def test_markdown_of_files_is_inert():
    assert plain("![x](/a/b)\n# 头") == "\\!\\[x\\]\\(/a/b\\) \\# 头"
    assert plain("佛头山 01") == "佛头山 01"


@pytest.mark.parametrize(
    ("text", "apart"),
    [
        ("见 https://a.example/x", "https:|//a"),
        ("HTTP://a.example", "HTTP:|//a"),
        ("www.a.example", "www|.a"),
        ("WWW.a.example", "WWW|.a"),
        ("a.b@c.example", "a.b|@c"),
        (":material/skull: x", ":|material/skull:"),
        (":material_skull:", ":|material_skull:"),
        (":streamlit:", ":|streamlit:"),
        (":skull:", ":|skull:"),
        ("甲 -> 乙", " -|> "),
        ("甲 <-> 乙", " <|-> "),
        ("<- 乙", "<|- "),
        ("甲 -- 乙", " -|- "),
        ("x >= 3 <= 4 ~= 5", " >|= 3 <|= 4 ~|= 5"),
        ("@import", "@import"),
        ("08:30:00 甲->乙 a-b", "08:30:00 甲->乙 a-b"),
    ],
)
def test_what_escaping_does_not_stop_is_kept_apart(text, apart):
    shown = plain(text).replace("\\", "")
    assert apart.replace("|", "\u2060") in shown
    assert shown.replace("\u2060", "") == text
