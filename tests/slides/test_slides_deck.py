"""The deck from hand-made stories: what stands on it, what happens to what does not fit."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import openpyxl
import pytest
from lxml import etree
from PIL import Image
from pptx.enum.chart import XL_CHART_TYPE

from pingchang_geo.briefing.model import Problem
from pingchang_geo.briefing.story import (
    Card,
    Quote,
    Series,
    SourceLine,
    Story,
    StoryChart,
    StoryMap,
    StoryScene,
)
from pingchang_geo.prints.fonts import chinese_font
from pingchang_geo.provenance import ILLUSTRATIVE_MARK as MARK
from pingchang_geo.slides import Deck, MapImage, Printing, build
from pingchang_geo.slides.charts import number_format
from pingchang_geo.workflow.briefings.letters import advances
from tests.slides import deck_reading

FOOTER = "平昌县生态资产一张图"
BARS = StoryChart(
    "各优势树种面积",
    "barh",
    ("柏木", "马尾松", "栎类"),
    (Series("面积", (59.54, 48.7, None), "#1E6B47"),),
    "万亩",
    ("#DDCC77", "#117733", "#999933"),
    mark=MARK,
    source="森林小班第 1 版（示意）",
    alt="柱状图，各优势树种面积（万亩）：柏木 59.54，马尾松 48.7",
)
MAP = StoryMap((), (106.8, 31.2, 107.6, 31.9), None, {"layers": {}}, "森林小班", MARK)
SCENE = StoryScene(
    id="woods",
    number=1,
    section="生态本底",
    title="林地",
    paragraphs=("森林覆盖率 54.14 %。", "林地面积 180.42 万亩。"),
    quote=Quote("森林覆盖率达54.14%", "《报告》一"),
    cards=(
        Card("森林覆盖率", "54.14", "%", "reported", "报告〔一〕"),
        Card("碳储量", "450.3", "万吨碳", "computed", "计算", MARK),
    ),
    charts=(BARS,),
    map=MAP,
    notes="讲稿第一句。",
    mark=MARK,
    sources=("报告〔一〕",),
)
STORY = Story(
    name="test",
    title="平昌县生态资产",
    subtitle="副标题",
    made_at="2026-11-22T21:29:47Z",
    atlas_id="a" * 16,
    mark=MARK,
    scenes=(SCENE,),
    sources=(SourceLine("report", "《报告》", "党校"), SourceLine("layer", "森林小班第 1 版", "示意", MARK)),
    approval="川S（2026）001号",
)


def png(width_in: float, height_in: float, dpi: int = 220) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (round(width_in * dpi), round(height_in * dpi)), "#A6CE7D").save(out, "PNG")
    return out.getvalue()


def made(story: Story = STORY, **printing: object) -> Deck:
    given = Printing(advances(chinese_font(None)), FOOTER, "2026-11-22", **printing)  # type: ignore[arg-type]
    return build(story, lambda scene, width, height: MapImage(png(width, height)), given)


def with_scene(**changes: object) -> Story:
    return replace(STORY, scenes=(replace(SCENE, **changes),))  # type: ignore[arg-type]


def test_cover_scene_and_sources_stand_in_order() -> None:
    made_deck = made()
    deck = deck_reading.opened(made_deck.content)
    titles = [slide.shapes.title.text_frame.text for slide in deck.slides]
    assert titles == ["平昌县生态资产", "林地", "数据来源与版本"]
    assert made_deck.slides == 3
    assert made_deck.problems == ()
    cover = deck_reading.texts(deck.slides[0])
    assert "川S（2026）001号" in cover
    assert "2026-11-22" in cover


def test_everything_of_a_scene_is_on_its_slide() -> None:
    slide = deck_reading.opened(made().content).slides[1]
    text = deck_reading.texts(slide)
    for words in (
        "生态本底",
        "林地面积 180.42 万亩。",
        "“森林覆盖率达54.14%”",
        "报告原文，《报告》一",
        "54.14",
        "450.3",
    ):
        assert words in text
    assert "报告值" in text
    assert "计算值〔示意〕" in text
    assert [shape.text_frame.text for shape in slide.shapes if shape.name == "示意标记"] == [MARK]
    assert FOOTER in [shape.text_frame.text for shape in slide.placeholders]
    notes = slide.notes_slide.notes_text_frame.text
    assert notes.startswith("讲稿第一句。")
    assert "碳储量：450.3 万吨碳" in notes
    assert "来源：报告〔一〕" in notes
    # A chart beside texts names what its numbers come from, too.
    assert f"图表「{BARS.title}」来源：{BARS.source}" in notes
    (line,) = [shape.text_frame.text for shape in slide.shapes if shape.name == "来源"]
    assert line == f"来源：报告〔一〕；{BARS.source}"


def test_notes_keep_their_paragraphs() -> None:
    def written(notes: str) -> list[str]:
        slide = deck_reading.opened(made(with_scene(notes=notes)).content).slides[1]
        return [paragraph.text for paragraph in slide.notes_slide.notes_text_frame.paragraphs]

    spoken = ["第一段。", "第二段。", "第三段。"]
    assert written("第一段。\n第二段。\r\n\n第三段。")[:4] == [
        *spoken,
        "引文：“森林覆盖率达54.14%”——报告原文，《报告》一",
    ]
    assert written(" \n")[0] == "林地"


def test_charts_are_native_with_the_screens_colours() -> None:
    deck = deck_reading.opened(made().content)
    (frame,) = [shape for _, shape in deck_reading.shapes(deck) if shape.has_chart]
    chart = frame.chart
    assert chart.chart_type == XL_CHART_TYPE.BAR_CLUSTERED
    (series,) = chart.plots[0].series
    assert series.values == (59.54, 48.7, None)
    assert tuple(chart.plots[0].categories) == BARS.categories
    assert [str(series.points[i].format.fill.fore_color.rgb) for i in range(3)] == ["DDCC77", "117733", "999933"]
    assert chart.chart_title.text_frame.text == f"各优势树种面积（万亩）〔{MARK}〕"
    assert frame._element.xpath(".//p:cNvPr/@descr") == [BARS.alt]
    assert chart.part.chart_workbook.xlsx_part is not None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((3.0, 12.0), "#,##0"),
        ((5.5, 2.0), "#,##0.0"),
        ((5.89, 2.0), "#,##0.00"),
        ((0.5998, 0.4), "#,##0.000"),
        ((54009.857, 3.2), "#,##0"),
        ((162.057, 95.1), "#,##0.0"),
    ],
)
def test_number_formats_follow_the_size_of_the_numbers(values: tuple[float, ...], expected: str) -> None:
    chart = replace(BARS, categories=("a", "b"), series=(Series("x", values, "#000000"),))
    assert number_format(chart) == f"{expected};−{expected}"


@pytest.mark.parametrize("kind", ["column", "line", "doughnut"])
def test_every_kind_of_chart_is_drawn(kind: str) -> None:
    content = made(with_scene(map=None, charts=(replace(BARS, kind=kind),))).content  # type: ignore[arg-type]
    charts = [shape.chart for _, shape in deck_reading.shapes(deck_reading.opened(content)) if shape.has_chart]
    assert [chart.plots[0].categories[0] for chart in charts] == ["柏木"]


def test_hostile_names_are_texts_in_the_charts_workbook() -> None:
    names = ("=1+1", "http://x.org/a", "{=SUM(1)}", "mailto:a@b.cn", "<r></x></r>", "@A1", "12")
    hostile = Series('=HYPERLINK("http://x.org")', (1.0,) * len(names), "#1E6B47")
    deck = deck_reading.opened(
        made(with_scene(charts=(replace(BARS, categories=names, series=(hostile,), colors=()),))).content
    )
    (chart,) = [shape.chart for _, shape in deck_reading.shapes(deck) if shape.has_chart]
    assert tuple(chart.plots[0].categories) == names
    content = chart.part.chart_workbook.xlsx_part.blob
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    cells = [sheet["B1"], *(row[0] for row in sheet.iter_rows(min_row=2))]
    assert [str(cell.value).rstrip() for cell in cells] == [hostile.name, *names]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not any(cell.hyperlink for cell in cells)
    assert [row[1].value for row in sheet.iter_rows(min_row=2)] == [1] * len(names)


def test_both_scripts_have_a_named_font_everywhere() -> None:
    with zipfile.ZipFile(io.BytesIO(made().content)) as file:
        theme = file.read("ppt/theme/theme1.xml").decode()
        slides = [file.read(name).decode() for name in file.namelist() if name.startswith("ppt/slides/slide")]
        charts = [file.read(name).decode() for name in file.namelist() if name.startswith("ppt/charts/chart")]
    assert theme.count('<a:latin typeface="微软雅黑"/>') == 2
    assert theme.count('<a:ea typeface="微软雅黑"/>') == 2
    for text in (*slides, *charts):
        assert text.count("<a:latin typeface=") == text.count("<a:ea typeface=")
        assert text.count('typeface="微软雅黑"') == text.count("typeface=")
    for text in slides:
        runs = text.count("<a:r>")
        assert runs
        assert text.count('<a:ea typeface="微软雅黑"/>') >= runs


def test_equal_stories_give_equal_bytes_and_no_clock_is_in_them() -> None:
    first = made().content
    assert made().content == first
    with zipfile.ZipFile(io.BytesIO(first)) as file:
        assert {entry.date_time for entry in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2026-11-22T21:29:47Z" in file.read("docProps/core.xml")
        (workbook,) = [file.read(name) for name in file.namelist() if name.endswith(".xlsx")]
    with zipfile.ZipFile(io.BytesIO(workbook)) as inner:
        assert b"2026-11-22T21:29:47Z" in inner.read("docProps/core.xml")


def test_the_file_says_what_it_is() -> None:
    """Sixteen to nine, its notes master where a reader looks for it, its slides counted, nobody else's name."""
    with zipfile.ZipFile(io.BytesIO(made().content)) as file:
        root = etree.fromstring(file.read("ppt/presentation.xml"))
        master = etree.fromstring(file.read("ppt/slideMasters/slideMaster1.xml"))
        relations = etree.fromstring(file.read("ppt/_rels/presentation.xml.rels"))
        about = etree.fromstring(file.read("docProps/app.xml"))
    space = {"p": root.nsmap["p"], "r": root.nsmap["r"]}
    assert dict(root.find("p:sldSz", space).attrib) == {"cx": "12192000", "cy": "6858000"}
    assert [etree.QName(child).localname for child in root][:3] == ["sldMasterIdLst", "notesMasterIdLst", "sldIdLst"]
    (named,) = root.xpath("p:notesMasterIdLst/p:notesMasterId/@r:id", namespaces=space)
    (target,) = [one.get("Target") for one in relations if one.get("Id") == named]
    assert target == "notesMasters/notesMaster1.xml"
    hanging = [*root.xpath("//@hangingPunct"), *master.xpath("//@hangingPunct")]
    assert set(hanging) == {"0"}  # stops stay inside of their boxes
    said = {etree.QName(child).localname: child.text for child in about}
    assert said == {"PresentationFormat": "宽屏", "Slides": "3", "Notes": "3", "HiddenSlides": "0"}


def test_pictures_are_sharp_and_described() -> None:
    deck = deck_reading.opened(made().content)
    pictures = [shape for _, shape in deck_reading.shapes(deck) if shape.name == "地图"]
    assert len(pictures) == 1
    assert deck_reading.sharpness(pictures[0]) >= 200
    assert pictures[0]._element.xpath(".//p:cNvPr/@descr") == [f"地图：森林小班〔{MARK}〕"]


def test_charts_that_need_the_room_get_a_page_of_their_own() -> None:
    names = tuple(f"树种 {i}" for i in range(12))
    big = replace(BARS, categories=names, series=(Series("面积", (1.5,) * 12, "#1E6B47"),), colors=())
    deck = made(with_scene(charts=(big, BARS)))
    assert deck.slides == 4
    assert deck.remarks == ("第 1 场「林地」分为 2 页（图表）。",)
    found = deck_reading.opened(deck.content)
    assert not any(shape.has_chart for shape in found.slides[1].shapes)
    assert sum(shape.has_chart for shape in found.slides[2].shapes) == 2
    assert "接上一页" in found.slides[2].notes_slide.notes_text_frame.text


def test_too_long_a_text_goes_on_and_is_never_cut() -> None:
    long = "".join(f"第{i}句说明了一件事情，" for i in range(400))
    deck = made(with_scene(paragraphs=("开头。", long, "结尾。"), problems=("文字过长。",)))
    found = deck_reading.opened(deck.content)
    assert deck.slides > 4
    shown = "".join(
        shape.text_frame.text
        for _, shape in deck_reading.shapes(found)
        if shape.has_text_frame and shape.name == "正文"
    )
    assert shown.replace("\n", "") == "开头。" + long + "结尾。"
    assert deck_reading.overflows(found) == []


def test_what_is_cut_is_said_and_stands_whole_in_the_notes() -> None:
    title = "很长的标题" * 30
    deck = made(with_scene(title=title))
    assert [problem.message for problem in deck.problems] == ["标题过长，幻灯片上已截短，全文见备注。"]
    found = deck_reading.opened(deck.content)
    assert title in found.slides[1].notes_slide.notes_text_frame.text
    assert "标题过长" in deck_reading.texts(found.slides[-1])
    assert deck_reading.overflows(found) == []


def test_a_title_beyond_all_measure_is_cut_everywhere_and_said() -> None:
    long = "长" * 300
    deck = made(replace(STORY, title=long, subtitle=long, mark=long), problems=())
    assert [problem.message for problem in deck.problems] == [
        "汇报标题过长，封面上已截短，全文见备注。",
        "汇报副标题过长，封面上已截短，全文见备注。",
    ]
    found = deck_reading.opened(deck.content)
    about = found.core_properties
    assert {about.title, about.subject, about.keywords} == {long[:255]}
    assert f"{long}。{long}" in found.slides[0].notes_slide.notes_text_frame.text
    assert "封面上已截短" in deck_reading.texts(found.slides[-1])


def test_words_as_figures_and_six_cards_stay_in_their_cells() -> None:
    card = Card(
        "县直事业单位建成节水型单位的比例目标（到“十四五”末）", "1,234,567.89", "万吨CO₂/年", "computed", "", MARK
    )
    words = replace(card, value="全国休闲农业与乡村旅游示范县、中国十佳宜居县", unit="")
    for count in range(1, 7):
        cards = (words, *(card,) * (count - 1))
        for changes in ({"cards": cards}, {"cards": cards, "map": None}):
            assert deck_reading.overflows(deck_reading.opened(made(with_scene(**changes)).content)) == []


def test_problems_stand_in_their_place_and_on_the_last_slide() -> None:
    story = replace(with_scene(problems=("没有该图层。",)), problems=(Problem("woods", "没有该图层。", "请检查。"),))
    deck = deck_reading.opened(made(story, problems=("字体不可用。",)).content)
    assert "问题：没有该图层。" in deck_reading.texts(deck.slides[1])
    last = deck_reading.texts(deck.slides[-1])
    assert "问题清单（2 项）" in last
    assert "请检查。" in last
    assert "字体不可用。" in last


def test_a_map_that_cannot_be_drawn_leaves_words_in_its_place() -> None:
    given = Printing(advances(chinese_font(None)), FOOTER)
    deck = build(STORY, lambda scene, width, height: MapImage(problems=("地图范围无效。",)), given)
    slide = deck_reading.opened(deck.content).slides[1]
    assert "地图范围无效。" in deck_reading.texts(slide)
    assert deck.problems == (Problem("woods", "地图范围无效。"),)


def test_a_chart_without_numbers_is_left_out_and_said() -> None:
    empty = replace(BARS, series=(Series("面积", (None, None, float("nan")), "#1E6B47"),))
    deck = made(with_scene(charts=(empty,)))
    assert [problem.message for problem in deck.problems] == ["图表「各优势树种面积」没有数据，没有生成。"]
    assert not any(shape.has_chart for _, shape in deck_reading.shapes(deck_reading.opened(deck.content)))


def test_hostile_texts_are_only_texts() -> None:
    nasty = "<a:r>&amp;\x00\x07\ud800\u202e</a:t>]]>"
    deck = deck_reading.opened(
        made(with_scene(title=nasty, paragraphs=(nasty,), notes=nasty, sources=(nasty,), section=nasty)).content
    )
    assert "<a:r>&amp;" in deck.slides[1].shapes.title.text_frame.text


def test_an_empty_story_still_makes_a_deck() -> None:
    deck = made(replace(STORY, scenes=(), sources=(), title="", mark="", made_at=""))
    assert deck.slides == 1


def test_progress_names_every_page() -> None:
    said: list[tuple[int, int, str]] = []
    given = Printing(advances(chinese_font(None)), FOOTER)
    build(STORY, lambda scene, w, h: MapImage(png(w, h)), given, lambda *step: said.append(step))
    assert said == [(1, 3, "封面"), (2, 3, "林地"), (3, 3, "完成")]


def test_the_overflow_check_sees_a_text_that_was_made_longer() -> None:
    deck = deck_reading.opened(made().content)
    assert deck_reading.overflows(deck) == []
    (text,) = [shape for _, shape in deck_reading.shapes(deck) if shape.name == "正文"]
    text.text_frame.paragraphs[0].runs[0].text *= 8
    assert [line.split(":")[0] for line in deck_reading.overflows(deck)] == ["2 正文"]
