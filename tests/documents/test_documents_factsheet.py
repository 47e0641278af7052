"""One-page fact sheets: one A4 page whatever stands on it, texts as they are, the same bytes for the same content."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pylopdf_fonts_zh_cn
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pingchang_geo.documents import (
    Bar,
    BarChart,
    DocumentError,
    FactSheet,
    SheetFigure,
    SidePanel,
    map_room,
    sheet_pdf,
    sheet_png,
)
from pingchang_geo.documents.factsheet import MOST_BARS, MOST_FACTS, MOST_FIGURES, MOST_NOTES, MOST_ROWS, clipped
from pingchang_geo.documents.preparation import clean, letters
from tests.documents import pdf_text
from tests.documents.samples import HOSTILE, MADE_AT, png

FONT = pylopdf_fonts_zh_cn.sans_path()
FIGURE = SheetFigure("碳储量", "6,219", "吨碳", "95 % 区间 5,117–7,422", "换算因子连续函数法", "示意")
SHEET = FactSheet(
    title="佛头山",
    made_at=MADE_AT,
    figures=(FIGURE, SheetFigure("距生态保护红线", "3.40", "km")),
    chart=BarChart("各优势树种碳储量", (Bar("栎类", 3.0, "60 %", "#999933"), Bar("柏木", 2.0, "40 %", "#DDCC77"))),
    panel=SidePanel("基本情况与周边", rows=(("级别", "AAAA"),)),
    picture=png(),
    alt="位置图",
    subtitle="AAAA 级景区",
    mark="示意数据",
    notes=("数据来源：测试。",),
    approval="川S（2026）001 号",
)


def squeezed(text: str) -> str:
    return re.sub(r"[\s\u200b]+", "", text)


def filled(text: str, table: bool) -> FactSheet:
    """A sheet that is as full as one may be, every text the same."""
    rows = ((text,) * 4,) * MOST_ROWS if table else ((text, text),) * MOST_FACTS
    return FactSheet(
        title=text,
        made_at=MADE_AT,
        figures=(SheetFigure(text, text, text, text, text, text, text),) * MOST_FIGURES,
        chart=BarChart(text, (Bar(text, 1.0, text, "#117733"),) * MOST_BARS, text, text, text),
        panel=SidePanel(text, (text,) * 4 if table else (), rows, text, text),
        picture=png(),
        alt=text,
        subtitle=text,
        mark=text,
        notes=(text,) * MOST_NOTES,
        approval=text,
    )


def test_everything_is_on_the_page() -> None:
    (page,) = pdf_text.pages(sheet_pdf(SHEET, FONT))
    for wanted in (
        *(
            "平昌县生态资产一张图·一页纸",
            "2026年11月22日",
            "佛头山",
            "AAAA级景区",
            "示意数据",
            "碳储量",
            "6,219",
            "吨碳",
        ),
        *("95%区间5,117–7,422", "计算：换算因子连续函数法", "3.40", "km", "各优势树种碳储量", "栎类", "60%"),
        *("基本情况与周边", "级别", "数据来源：测试。", "审图号：川S（2026）001号"),
    ):
        assert wanted in squeezed(page), wanted


def test_what_is_empty_is_not_there() -> None:
    bare = replace(SHEET, mark="", approval="", figures=(SheetFigure("面积", "无数据"),))
    text = squeezed(pdf_text.text(sheet_pdf(bare, FONT)))
    assert "示意" not in text
    assert "审图号" not in text


@pytest.mark.parametrize("table", [False, True])
@pytest.mark.parametrize("text", ["平" * 700, "W" * 700, "1234567890" * 70, "Wm 平" * 250])
def test_the_longest_texts_fit_on_one_page(text: str, table: bool) -> None:
    sheet = filled(text, table)
    room = map_room(sheet, FONT)
    assert room.fits
    assert room.height_mm >= 78
    assert len(pdf_text.pages(sheet_pdf(sheet, FONT))) == 1


def test_a_fuller_page_shrinks_its_letters_and_not_below_what_is_legible() -> None:
    plain, full = map_room(SHEET, FONT), map_room(filled("平" * 700, table=True), FONT)
    assert plain.scale == 1.0
    assert 0.62 <= full.scale < 1.0
    assert plain.height_mm > full.height_mm


@settings(max_examples=6)
@given(st.text(max_size=120), st.booleans())
def test_any_text_makes_one_page(text: str, table: bool) -> None:
    sheet = filled(text, table)
    assert map_room(sheet, FONT).fits
    assert len(pdf_text.pages(sheet_pdf(sheet, FONT))) == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_are_never_markup(text: str) -> None:
    sheet = replace(
        SHEET,
        title=text,
        subtitle=text,
        figures=(replace(FIGURE, source=text),),
        panel=SidePanel(text, rows=(("名称", text),)),
        notes=(text,),
    )
    shown = squeezed(pdf_text.text(sheet_pdf(sheet, FONT)))
    assert shown.count(squeezed(text)) >= 5


def test_a_page_without_a_map_says_so() -> None:
    sheet = replace(SHEET, picture=b"", no_picture="尚未发布县域界线")
    assert "尚未发布县域界线" in pdf_text.text(sheet_pdf(sheet, FONT))


def test_a_chart_without_bars_says_why() -> None:
    sheet = replace(SHEET, chart=BarChart("各优势树种", (), empty="范围内没有小班。"))
    assert "范围内没有小班。" in pdf_text.text(sheet_pdf(sheet, FONT))


def test_the_picture_is_a4_at_220_dots_an_inch() -> None:
    image = Image.open(io.BytesIO(sheet_png(SHEET, FONT)))
    assert image.width == pytest.approx(210 / 25.4 * 220, abs=1.5)
    assert image.height == pytest.approx(297 / 25.4 * 220, abs=1.5)


def test_the_chart_is_drawn_in_proportion() -> None:
    """Pixels of the two bars: three to two."""
    image = Image.open(io.BytesIO(sheet_png(SHEET, FONT))).convert("RGB")
    colors = {color: count for count, color in image.getcolors(1 << 24) or []}
    assert colors[0x99, 0x99, 0x33] / colors[0xDD, 0xCC, 0x77] == pytest.approx(1.5, rel=0.05)


def test_the_same_sheet_gives_the_same_bytes() -> None:
    assert sheet_pdf(SHEET, FONT) == sheet_pdf(SHEET, FONT)
    assert sheet_png(SHEET, FONT, 80) == sheet_png(SHEET, FONT, 80)


def test_more_than_a_page_holds_is_refused() -> None:
    for wrong in (
        {"figures": (FIGURE,) * (MOST_FIGURES + 1)},
        {"notes": ("注",) * (MOST_NOTES + 1)},
        {"panel": SidePanel("表", ("甲", "乙"), (("一",),))},
        {"panel": SidePanel("表", rows=(("一", "二"),) * (MOST_FACTS + 1))},
        {"chart": BarChart("图", (Bar("负", -1.0, "", "#000000"),))},
        {"chart": BarChart("图", (Bar("无", float("nan"), "", "#000000"),))},
        {"chart": BarChart("图", (Bar("色", 1.0, "", "red; }"),))},
        {"picture": b"GIF89a"},
    ):
        with pytest.raises(DocumentError, match="佛头山"):
            replace(SHEET, **wrong)  # type: ignore[arg-type]


@given(st.text(max_size=80), st.integers(min_value=2, max_value=40))
def test_clipped_texts_keep_their_beginning(text: str, most: int) -> None:
    whole, found = clean(text), clipped(text, most)
    assert letters(found) <= most
    assert found == whole or (found.endswith("…") and whole.startswith(found[:-1]))
