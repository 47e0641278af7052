"""PDF by Typst: the text comes out as it went in, on A4 pages with mark, date and page numbers."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pylopdf_fonts_zh_cn
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pingchang_geo.documents import (
    Bullets,
    Callout,
    Document,
    DocumentError,
    Facts,
    Figure,
    Heading,
    Paragraph,
    Table,
    Tone,
    to_docx,
    to_pages,
    to_pdf,
)
from tests.documents import pdf_text
from tests.documents.samples import HOSTILE, MADE_AT, report

FONT = pylopdf_fonts_zh_cn.sans_path()


def squeezed(text: str) -> str:
    """Without spaces and line ends, which depend on where lines break."""
    return re.sub(r"[\s\u200b]+", "", text)


def test_everything_is_in_the_file() -> None:
    document = report()
    text = squeezed(pdf_text.text(to_pdf(document, FONT)))
    for wanted in (
        *("选址核查报告", "某某产业园·平昌县", "触碰生态保护红线", "年固碳量101tCO₂/年", "18.62公顷"),
        *("一、核查结论", "二、森林与碳", "（一）涉及小班", "1.方法", "2.再看表。", "图1", "位置图", "表1"),
        *("涉及森林小班明细", "036-002", "合计", "面积加权。", "参数集fang-2007。", "1-3f2a9c01b7de"),
    ):
        assert squeezed(wanted) in text, wanted


def test_every_page_has_header_mark_date_and_number() -> None:
    pages = pdf_text.pages(to_pdf(report(rows=120), FONT))
    assert len(pages) >= 4
    for number, page in enumerate(pages, start=1):
        for wanted in ("平昌县生态资产一张图", "示意数据", "2026年11月22日", f"第{number}页共{len(pages)}页"):
            assert wanted in squeezed(page)


def test_without_a_mark_there_is_none() -> None:
    assert "示意数据" not in pdf_text.text(to_pdf(replace(report(), mark=""), FONT))


def test_long_table_breaks_with_its_header_repeated() -> None:
    pages = pdf_text.pages(to_pdf(report(rows=300), FONT))
    with_rows = [page for page in pages if re.search(r"036-\d{3}", page)]
    assert len(with_rows) >= 6
    assert all("优势树种" in page for page in with_rows)
    found = re.findall(r"036-\d{3}", "".join(with_rows))
    assert found == [f"036-{i:03d}" for i in range(300)]


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_are_never_markup(text: str) -> None:
    document = Document(
        text,
        MADE_AT,
        (
            Heading(text),
            Paragraph(text),
            Bullets((text,)),
            Callout(Tone.AMBER, text, (text,)),
            Facts(((text, text),)),
            Table((text, "b"), ((text, text),), caption=text, note=text),
        ),
        subtitle=text,
        mark=text[:10],
        notes=(text,),
        header=text,
        footer=text,
        numbered=False,
    )
    found = squeezed(pdf_text.text(to_pdf(document, FONT)))
    assert found.count(squeezed(text)) >= 10
    assert "root:" not in found


@settings(max_examples=15)
@given(st.text(max_size=80))
def test_any_text_can_be_set(text: str) -> None:
    document = Document(text, MADE_AT, (Paragraph(text), Table((text,), ((text,),), caption=text)), mark=text[:5])
    assert to_pdf(document, FONT).startswith(b"%PDF-")


def test_equal_documents_give_equal_bytes() -> None:
    assert to_pdf(report(), FONT) == to_pdf(report(), FONT)


def test_page_size_title_date_and_fonts() -> None:
    pdf = to_pdf(report(), FONT)
    boxes = re.findall(rb"/MediaBox\[([\d. ]+)\]", pdf)
    assert boxes and all(
        tuple(map(float, box.split())) == pytest.approx((0, 0, 595.28, 841.89), abs=0.1) for box in boxes
    )
    title = "选址核查报告".encode("utf-16-be")
    assert title.hex().upper().encode() in pdf.upper() or title in pdf or "选址核查报告".encode() in pdf
    assert b"D:20261122" in pdf
    assert b"NotoSansSC" in pdf and b"/FontFile3" in pdf
    assert b"/Lang(zh-CN)" in pdf


@pytest.mark.parametrize("zone", [None, UTC, ZoneInfo("Asia/Shanghai")])
def test_any_clock_will_do(zone: tzinfo | None) -> None:
    document = replace(report(), made_at=datetime(2026, 11, 22, 23, 59, 59, 123456, tzinfo=zone))
    pdf = to_pdf(document, FONT)
    assert document.made_at.replace(tzinfo=zone or UTC).astimezone(UTC).strftime("D:%Y%m%d%H%M%S").encode() in pdf
    assert "2026年11月22日" in squeezed(pdf_text.text(pdf))
    assert to_docx(document) == to_docx(document)


def test_pictures_carry_their_description() -> None:
    pdf = to_pdf(report(), FONT)
    assert b"/Subtype/Image" in pdf
    assert b"/Alt" in pdf


def test_numbers_are_never_broken() -> None:
    """A range breaks after its dash; figures in narrow cells can be copied as figures."""
    reading = "经度107.100000–107.120000，纬度31.600000–31.610000"
    narrow = Table(tuple("abcdefghijk"), (("4,476.3", "12.9738", *"3456789", "EPSG:4490", "1"),))
    shown = pdf_text.text(to_pdf(Document("甲", MADE_AT, (Facts((("甲", reading), ("乙", "1"))), narrow)), FONT))
    for number in ("4,476.3", "12.9738", "107.100000", "107.120000", "31.600000", "31.610000"):
        assert number in shown, number


def test_long_words_stay_in_their_columns() -> None:
    """Nothing is printed in the margins (22 mm), whatever stands in a cell."""
    word = "HTTPS://WWW.EXAMPLE.CN/" + "A" * 90
    table = Table(("a", "b", "c"), (("1", "2", word), (word, "2", word), ("甲" * 80, word, "1")))
    pages = to_pages(
        Document(word, MADE_AT, (table, Facts((("k", word), (word, "v"))), Paragraph(word))), FONT, ppi=100
    )
    for page in pages:
        with Image.open(io.BytesIO(page)) as image:
            ink = np.asarray(image.convert("L")) < 200
        margin = int(20 / 25.4 * 100)
        assert not ink[:, :margin].any() and not ink[:, -margin:].any()


def test_another_font_is_embedded() -> None:
    assert b"NotoSerifSC" in to_pdf(report(), pylopdf_fonts_zh_cn.serif_path())


def test_unusable_font(tmp_path: Path) -> None:
    broken = tmp_path / "a.otf"
    broken.write_bytes(b"no font")
    with pytest.raises(DocumentError, match="不是可用的字体文件"):
        to_pdf(report(), broken)
    with pytest.raises(DocumentError, match="找不到字体文件"):
        to_pdf(report(), tmp_path / "b.otf")


def test_broken_picture_is_named_not_shown_as_a_trace() -> None:
    broken = Figure(b"\x89PNG\r\n\x1a\n" + b"x" * 40, "坏图")
    with pytest.raises(DocumentError, match="无法排版"):
        to_pdf(Document("题", MADE_AT, (broken,)), FONT)


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    to_pdf(report(), FONT)
    assert list(tmp_path.iterdir()) == []


def test_previews_are_the_pages() -> None:
    pages = to_pages(report(), FONT, ppi=50)
    assert len(pages) == len(pdf_text.pages(to_pdf(report(), FONT)))
    with Image.open(io.BytesIO(pages[0])) as image:
        assert image.size == pytest.approx((413, 585), abs=1)
