"""Documents as data: what is refused, how texts are cleaned, headings numbered and columns sized."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo.documents import (
    Align,
    Document,
    DocumentError,
    Facts,
    Figure,
    Heading,
    Paragraph,
    Table,
)
from pingchang_geo.documents.preparation import chinese_number, clean, column_widths, letters, prepared
from tests.documents.samples import MADE_AT, png, report


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Heading("x", 4),
        lambda: Facts((), columns=0),
        lambda: Table((), ()),
        lambda: Table(("a", "b"), (("1",),)),
        lambda: Table(("a",), (("1",),), alignments=(Align.LEFT, Align.RIGHT)),
        lambda: Table(("a",), (("1",),), widths=(0.0,)),
        lambda: Figure(b"GIF89a"),
        lambda: Figure(png(), width_pct=150),
    ],
)
def test_malformed_blocks_are_refused(wrong) -> None:
    with pytest.raises(DocumentError):
        wrong()


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\x00b\x1bc", "abc"),
        (" 一\r\n二\t三\u2028四 ", "一 二 三 四"),
        ("\u202e倒\u202c", "倒"),
        ("\ud800\ufffe\uffff", ""),
        ("#*$@\\<>&\"'=", "#*$@\\<>&\"'="),
        ("𠮷😀tCO₂", "𠮷😀tCO₂"),
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(st.text())
def test_clean_is_encodable_and_settled(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("number", "words"), [(1, "一"), (9, "九"), (10, "十"), (11, "十一"), (20, "二十"), (21, "二十一"), (99, "九十九")]
)
def test_chinese_numbers(number: int, words: str) -> None:
    assert chinese_number(number) == words


def headings(document: Document) -> list[str]:
    return [block.text for block in prepared(document).blocks if isinstance(block, Heading)]


def test_headings_are_numbered_and_counters_start_again() -> None:
    blocks = tuple(Heading(f"h{level}", level) for level in (1, 2, 2, 3, 3, 1, 2, 3))
    document = Document("题", MADE_AT, blocks)
    assert headings(document) == ["一、h1", "（一）h2", "（二）h2", "1. h3", "2. h3", "二、h1", "（一）h2", "1. h3"]
    assert headings(replace(document, numbered=False)) == [block.text for block in blocks]


def test_footer_is_the_date_unless_given() -> None:
    document = Document("题", MADE_AT, ())
    assert prepared(document).footer == "2026 年 11 月 22 日"
    assert prepared(replace(document, footer="内部资料")).footer == "内部资料"


def test_given_widths_are_kept_in_proportion() -> None:
    assert column_widths(Table(("a", "b"), (), widths=(1, 3))) == (0.25, 0.75)


def test_longer_texts_get_wider_columns() -> None:
    table = Table(("名称", "个"), (("水土保持生态保护红线", "1"),) * 10)
    name, count = column_widths(table)
    assert name > 2 * count


@given(st.lists(st.lists(st.text(max_size=60), min_size=4, max_size=4).map(tuple), max_size=12))
def test_widths_are_shares(rows: list[tuple[str, str, str, str]]) -> None:
    widths = column_widths(Table(("甲", "乙（tCO₂/年）", "", "d" * 50), tuple(rows)))
    assert math.isclose(sum(widths), 1.0) and all(0.03 < width < 0.8 for width in widths)


def test_header_breaks_before_its_unit_only_where_it_must() -> None:
    wide = Table(("面积（ha）", "名称"), (("1.0", "甲"),))
    assert [block.header for block in prepared(Document("题", MADE_AT, (wide,))).blocks] == [("面积（ha）", "名称")]  # type: ignore[union-attr]
    narrow = Table(("年固碳量（tCO₂/年）",) * 8, (("1.0",) * 8,))
    (ready,) = prepared(Document("题", MADE_AT, (narrow,))).blocks
    assert isinstance(ready, Table) and set(ready.header) == {"年固碳量\n（tCO₂/年）"}


def test_short_headers_stay_in_one_line_where_there_is_room() -> None:
    table = Table(("树种", "面积（公顷）", "面积（亩）"), (("栎类", "1.0", "15.0"),))
    (ready,) = prepared(Document("题", MADE_AT, (table,))).blocks
    assert isinstance(ready, Table) and ready.header == table.header
    crowded = Table(("占小班（%）",) * 12, (("1.0",) * 12,))
    (ready,) = prepared(Document("题", MADE_AT, (crowded,))).blocks
    assert isinstance(ready, Table) and set(ready.header) == {"占小班\n（%）"}


def test_letters() -> None:
    assert letters("红线 ab，") == 4 + 3 + 2


def test_preparing_twice_changes_nothing_but_numbers() -> None:
    ready = prepared(report())
    again = prepared(replace(ready, numbered=False))
    assert again == replace(ready, numbered=False)


def test_alt_text_falls_back_to_the_caption() -> None:
    (figure,) = prepared(Document("题", MADE_AT, (Figure(png(), "位置图"),))).blocks
    assert isinstance(figure, Figure) and figure.alt == "位置图"


def test_unknown_blocks_are_a_programming_error() -> None:
    with pytest.raises(TypeError, match="not a block"):
        prepared(Document("题", MADE_AT, ("text",)))  # type: ignore[arg-type]


def test_all_texts_are_cleaned() -> None:
    dirty = Document("题\x00", MADE_AT, (Paragraph("a\x01"), Heading("\x02")), subtitle="\x03s", notes=("\x04n",))
    ready = prepared(dirty)
    assert (ready.title, ready.subtitle, ready.notes) == ("题", "s", ("n",))
    assert ready.blocks == (Paragraph("a"), Heading("一、"))
