"""Word files: structure, fonts, repeated headers, fields, properties; texts stay texts."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace

import docx
import pytest
from docx.oxml.ns import qn
from docx.shared import Mm
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pingchang_geo.documents import (
    Callout,
    Document,
    DocumentError,
    Facts,
    Figure,
    Heading,
    PageBreak,
    Paragraph,
    Table,
    Tone,
    to_docx,
)
from pingchang_geo.documents.preparation import clean
from pingchang_geo.documents.word_styles import FONT
from tests.documents.samples import HOSTILE, MADE_AT, png, report


def opened(document: Document):
    return docx.Document(io.BytesIO(to_docx(document)))


def parts(document: Document) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(to_docx(document))) as archive:
        assert archive.testzip() is None
        return {n: archive.read(n).decode() for n in archive.namelist() if n.endswith((".xml", ".rels"))}


def fields(xml: str):
    return etree.fromstring(xml.encode()).iter(qn("w:fldSimple"), qn("w:instrText"))


def styled(word, style: str) -> list[str]:
    return [p.text for p in word.paragraphs if p.style.name == style]


def test_headings_are_real_and_make_an_outline() -> None:
    word = opened(report())
    assert styled(word, "Title")[0].startswith("选址核查报告")
    assert styled(word, "Subtitle") == ["某某产业园 · 平昌县"]
    assert styled(word, "Heading 1") == ["一、核查结论", "二、森林与碳"]
    assert styled(word, "Heading 2") == ["（一）涉及小班"]
    assert styled(word, "Heading 3") == ["1. 方法"]
    assert all(word.styles[f"Heading {i}"].paragraph_format.keep_with_next for i in (1, 2, 3))


def test_page_is_a4_with_header_mark_and_footer() -> None:
    word = opened(report())
    section = word.sections[0]
    assert (section.page_width, section.page_height) == pytest.approx((Mm(210), Mm(297)), abs=635)  # one twip
    header, footer = section.header.paragraphs[0], section.footer.paragraphs[0]
    assert "平昌县生态资产一张图" in header.text and "示意数据" in header.text
    assert footer.text.startswith("2026 年 11 月 22 日")
    codes = [field.get(qn("w:instr")).strip() for field in footer._p.iter(qn("w:fldSimple"))]
    assert codes == ["PAGE", "NUMPAGES"]
    assert "示意数据" not in opened(replace(report(), mark="")).sections[0].header.paragraphs[0].text


def test_every_style_names_the_chinese_font_for_every_script() -> None:
    styles = parts(report())["word/styles.xml"]
    word = opened(report())
    for name in (
        "Normal",
        "Title",
        "Subtitle",
        "Heading 1",
        "Heading 2",
        "Heading 3",
        "Caption",
        "表格文字",
        "结论标题",
    ):
        fonts = word.styles[name].element.rPr.find(qn("w:rFonts"))
        for script in ("ascii", "hAnsi", "eastAsia"):
            assert fonts.get(qn(f"w:{script}")) == FONT, name
        assert not [key for key in fonts.attrib if "Theme" in key]
    defaults = re.search(r"<w:docDefaults>.*?</w:docDefaults>", styles, re.S)
    assert defaults and f'w:eastAsia="{FONT}"' in defaults[0] and 'w:eastAsia="zh-CN"' in defaults[0]
    assert 'w:altName w:val="Microsoft YaHei"' in parts(report())["word/fontTable.xml"]


def data_table(word):
    return next(t for t in word.tables if t.cell(0, 0).text == "小班")


def test_table_has_a_repeated_header_and_fixed_columns() -> None:
    table = data_table(opened(report(rows=5)))
    marked = [row._tr.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None for row in table.rows]
    assert marked == [True] + [False] * 6
    assert [cell.text for cell in table.rows[1].cells] == ["036-000", "柏木", "1.00", "50"]
    assert all(row._tr.find(f"{qn('w:trPr')}/{qn('w:cantSplit')}") is not None for row in table.rows)
    widths = [int(column.get(qn("w:w"))) for column in table._tbl.tblGrid]
    assert sum(widths) == pytest.approx(166 / 25.4 * 1440, abs=len(widths))
    for row in table.rows:
        assert [cell._tc.tcPr.find(qn("w:tcW")).get(qn("w:w")) for cell in row.cells] == [str(w) for w in widths]
    right = [p.alignment for p in (cell.paragraphs[0] for cell in table.rows[1].cells)]
    assert [a.name if a is not None else None for a in right] == ["LEFT", "LEFT", "RIGHT", "RIGHT"]
    total = table.rows[-1].cells[0].paragraphs[0].runs[0]
    assert total.text == "合计" and total.bold


def test_captions_are_numbered_by_word() -> None:
    captions = [p for p in opened(report()).paragraphs if p.style.name == "Caption"]
    shown = ["".join(node.text for node in p._p.iter(qn("w:t"))) for p in captions]
    assert shown == ["图 1　位置图", "表 1　涉及森林小班明细"]
    assert [p.paragraph_format.keep_with_next for p in captions] == [None, True]
    codes = [node.get(qn("w:instr")) for node in fields(parts(report())["word/document.xml"])]
    assert codes == [" SEQ 图 \\* ARABIC ", " SEQ 表 \\* ARABIC "]


def test_three_hundred_rows() -> None:
    table = data_table(opened(report(rows=300)))
    assert len(table.rows) == 302
    assert table._tbl.tr_lst[300].tc_lst[0].p_lst[0].text == "036-299"


def test_tables_never_touch() -> None:
    """Word makes one table of two that follow each other."""
    blocks = (
        Facts((("a", "b"),)),
        Facts((("c", "d"),)),
        Callout(Tone.GREEN, "t"),
        Table(("h",), (("x",),)),
        Facts((("e", "f"),)),
    )
    body = opened(Document("题", MADE_AT, blocks)).element.body
    tags = [child.tag for child in body]
    assert tags.count(qn("w:tbl")) == 5
    assert not [i for i in range(len(tags) - 1) if tags[i] == tags[i + 1] == qn("w:tbl")]


def test_last_fact_takes_the_rest_of_its_row() -> None:
    facts = Facts((("a", "1"), ("b", "2"), ("c", "3")))
    (table,) = opened(Document("题", MADE_AT, (facts,))).tables
    assert [[cell.text for cell in row._tr.tc_lst and row.cells] for row in table.rows] == [
        ["a", "1", "b", "2"],
        ["c", "3", "3", "3"],
    ]


def test_picture_has_alt_text_and_width() -> None:
    word = opened(Document("题", MADE_AT, (Figure(png(300, 150), "图名", "说明", width_pct=50),)))
    (shape,) = word.inline_shapes
    assert shape.width == Mm(83) and shape.height == pytest.approx(Mm(41.5), abs=10)
    assert shape._inline.docPr.get("descr") == "说明"


def test_page_break() -> None:
    assert 'w:type="page"' in parts(Document("题", MADE_AT, (PageBreak(),)))["word/document.xml"]


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_stay_texts(text: str) -> None:
    document = Document(
        text,
        MADE_AT,
        (Heading(text), Paragraph(text), Table((text,), ((text,),)), Facts(((text, text),)), Figure(png(), text, text)),
        header=text,
        footer=text,
        notes=(text,),
        numbered=False,
    )
    word = opened(document)
    assert styled(word, "Heading 1") == [text]
    assert styled(word, "正文缩进") == [text]
    assert {cell.text for table in word.tables for row in table.rows for cell in row.cells} == {text}
    assert word.core_properties.title == text
    codes = [node.get(qn("w:instr")) for xml in parts(document).values() for node in fields(xml)]
    assert sorted(codes) == [" NUMPAGES ", " PAGE ", " SEQ 图 \\* ARABIC "]


@settings(max_examples=25)
@given(st.text())
def test_any_text_survives(text: str) -> None:
    word = opened(Document("题", MADE_AT, (Paragraph(text), Facts((("k", text),)))))
    assert styled(word, "正文缩进") == [clean(text)]
    assert word.tables[0].cell(0, 1).text == clean(text)


def test_properties_name_nobody() -> None:
    core = opened(report()).core_properties
    assert (core.title, core.subject, core.keywords) == ("选址核查报告", "某某产业园 · 平昌县", "示意数据")
    assert (core.author, core.last_modified_by, core.comments) == ("", "", "")
    assert core.created.replace(tzinfo=None) == core.modified.replace(tzinfo=None) == MADE_AT
    everything = "".join(parts(report()).values())
    assert "python-docx" not in everything and "Macintosh" not in everything


def test_equal_documents_give_equal_bytes() -> None:
    assert to_docx(report()) == to_docx(report())


def test_relations_lead_to_parts_that_are_there() -> None:
    with zipfile.ZipFile(io.BytesIO(to_docx(report()))) as archive:
        names = set(archive.namelist())
        targets = re.findall(r'Target="([^"]+)"', archive.read("word/_rels/document.xml.rels").decode())
    assert {f"word/{target}" for target in targets} <= names
    assert not [name for name in names if "thumbnail" in name or "customXml" in name]


def test_broken_picture() -> None:
    broken = Figure(b"\x89PNG\r\n\x1a\n" + b"x" * 40, "坏图")
    with pytest.raises(DocumentError, match="插图「坏图」无法读取"):
        to_docx(Document("题", MADE_AT, (broken,)))
