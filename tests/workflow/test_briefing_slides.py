"""The shipped briefing as slides and as a handout: complete, legible, sharp, and another office program opens it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pingchang_geo.briefing import Story, parse
from pingchang_geo.provenance import ILLUSTRATIVE_MARK as MARK
from pingchang_geo.settings import Settings, settings
from pingchang_geo.slides import Deck
from pingchang_geo.store import LocalStore
from pingchang_geo.workflow import start
from pingchang_geo.workflow.atlas import Atlas, load
from pingchang_geo.workflow.briefings import handout, slides
from pingchang_geo.workflow.briefings.telling import tell
from tests.documents import pdf_text
from tests.slides import deck_reading, office_reading

FILE = Path(__file__).resolve().parents[2] / "data" / "briefings" / "default.toml"
FONTS = Path(__file__).resolve().parents[1] / "slides" / "fonts.conf"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
needs_office = pytest.mark.skipif(
    not (shutil.which("soffice") and shutil.which("pdftoppm")),
    reason="LibreOffice Impress or Poppler is not installed: run tests/slides/install-libreoffice.sh",
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Story, Atlas]:
    store = LocalStore(tmp_path_factory.mktemp("slides"))
    start.prepare(store, Settings(_env_file=None))
    atlas = load(store)
    return tell(parse(FILE.read_bytes(), "default"), atlas, approval="川S（2026）001号"), atlas


@pytest.fixture(scope="module")
def deck(told: tuple[Story, Atlas]) -> Deck:
    return slides.deck(*told, on="2026-11-22")


def test_every_scene_has_its_slides_in_order(deck: Deck, told: tuple[Story, Atlas]) -> None:
    titles = [slide.shapes.title.text_frame.text for slide in deck_reading.opened(deck.content).slides]
    assert len(titles) == deck.slides
    assert titles[0] == told[0].title
    first = [title for title in titles[1:] if not title.endswith("）")]
    assert first == [*(scene.title for scene in told[0].scenes), "数据来源与版本"]
    further = sum(int(re.search(r"分为 (\d+) 页", words)[1]) - 1 for words in deck.remarks)  # type: ignore[index]
    assert deck.slides == 1 + len(told[0].scenes) + further + 1
    assert deck.problems == ()


def test_no_text_leaves_its_frame(deck: Deck) -> None:
    assert deck_reading.overflows(deck_reading.opened(deck.content)) == []


def test_every_map_is_there_and_sharp(deck: Deck, told: tuple[Story, Atlas]) -> None:
    opened = deck_reading.opened(deck.content)
    pictures = [shape for _, shape in deck_reading.shapes(opened) if shape.name == "地图"]
    assert len(pictures) == sum(scene.map is not None for scene in told[0].scenes)
    for picture in pictures:
        assert deck_reading.sharpness(picture) >= 200
        assert picture._element.xpath(".//p:cNvPr/@descr")[0].startswith("地图：")


def test_every_chart_is_native_and_has_the_storys_numbers(deck: Deck, told: tuple[Story, Atlas]) -> None:
    frames = [shape for _, shape in deck_reading.shapes(deck_reading.opened(deck.content)) if shape.has_chart]
    wanted = [chart for scene in told[0].scenes for chart in scene.charts]
    assert [frame._element.xpath(".//p:cNvPr/@descr")[0] for frame in frames] == [chart.alt for chart in wanted]
    for frame, chart in zip(frames, wanted, strict=True):
        series = [tuple(one.values) for one in frame.chart.plots[0].series]
        assert series == [pytest.approx(one.values) for one in chart.series]


def test_marks_and_notes_are_where_the_story_has_them(deck: Deck, told: tuple[Story, Atlas]) -> None:
    scenes = {scene.title: scene for scene in told[0].scenes}
    seen = 0
    for slide in list(deck_reading.opened(deck.content).slides)[1:]:
        title = re.sub(r"（[^）]*）$", "", slide.shapes.title.text_frame.text)
        scene = scenes.get(title)
        if scene is None:
            continue
        marks = [shape.text_frame.text for shape in slide.shapes if shape.name == "示意标记"]
        assert marks == ([scene.mark] if scene.mark else [])
        notes = slide.notes_slide.notes_text_frame.text
        if "接上一页" not in notes:
            seen += 1
            assert notes.replace("\u00a0", " ").startswith(scene.notes[:20])
            if scene.quote:
                assert f"“{scene.quote.text}”" in deck_reading.texts(slide) + notes
    assert seen == len(scenes)


def test_the_same_day_gives_the_same_bytes(deck: Deck, told: tuple[Story, Atlas]) -> None:
    assert slides.deck(*told, on="2026-11-22").content == deck.content


@pytest.fixture(scope="module")
def pages(deck: Deck, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The deck as LibreOffice makes a PDF of it, on a machine that has 微软雅黑 (a font of its widths stands in)."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "deck.pptx").write_bytes(deck.content)
    command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "pdf"]
    environment = {**os.environ, "FONTCONFIG_FILE": str(FONTS), "HOME": str(folder)}
    subprocess.run(
        [*command, "--outdir", str(folder), str(folder / "deck.pptx")], check=True, env=environment, timeout=240
    )
    return folder / "deck.pdf"


@needs_office
def test_libreoffice_opens_it_and_shows_every_slide(pages: Path, deck: Deck) -> None:
    texts = subprocess.run(["pdftotext", "-layout", str(pages), "-"], check=True, capture_output=True, text=True).stdout
    shown = ["".join(page.split()) for page in texts.split("\f")[:-1]]
    opened = deck_reading.opened(deck.content)
    assert len(shown) == deck.slides
    for page, slide in zip(shown, opened.slides, strict=True):
        assert "".join(slide.shapes.title.text_frame.text.split()) in page
        for shape in slide.shapes:
            if shape.has_chart:
                title = shape.chart.chart_title.text_frame.text
                assert "".join(title.split())[:6] in page


@needs_office
def test_libreoffice_puts_every_word_inside_its_shape(pages: Path, deck: Deck) -> None:
    assert office_reading.strays(office_reading.words(pages), deck_reading.opened(deck.content)) == []


@needs_office
def test_words_outside_of_a_shape_are_seen(pages: Path, deck: Deck) -> None:
    """The same pages against shapes that were made a line lower, an eighth narrower, and against another text."""
    words = office_reading.words(pages)
    for change, said in (("height", "beyond"), ("width", "beyond"), ("text", "not there")):
        opened = deck_reading.opened(deck.content)
        number, text = next((n, shape) for n, shape in deck_reading.shapes(opened) if shape.name == "正文")
        if change == "height":
            text.height -= text.text_frame.paragraphs[0].line_spacing
        elif change == "width":
            text.width -= text.width // 8
        else:
            text.text_frame.paragraphs[0].runs[0].text += "又"
        found = office_reading.strays(words, opened)
        assert found
        assert all(line.startswith(f"{number} 正文: ") and said in line for line in found)


@needs_office
def test_libreoffice_shows_every_map_and_every_mark(pages: Path, deck: Deck) -> None:
    listed = subprocess.run(["pdfimages", "-list", str(pages)], check=True, capture_output=True, text=True).stdout
    rows = [line.split() for line in listed.splitlines()[2:]]
    large = [row for row in rows if row[2] == "image" and int(row[3]) > 1000]
    opened = deck_reading.opened(deck.content)
    expected = [number for number, shape in deck_reading.shapes(opened) if shape.name == "地图"]
    assert [int(row[0]) for row in large] == expected
    texts = subprocess.run(["pdftotext", str(pages), "-"], check=True, capture_output=True, text=True).stdout.split(
        "\f"
    )
    for number, shape in deck_reading.shapes(opened):
        if shape.name == "示意标记":
            assert MARK in texts[number - 1]


def test_bad_scenes_still_make_a_deck_that_lists_what_is_wrong(store: LocalStore) -> None:
    """Unknown layer, nothing left by a filter, an extent that is no place, far too long a text and title."""
    text = f"""
format = 1
name = "bad"
title = "{"坏文件" * 100}"
[[scene]]
id = "layer"
title = "没有的图层"
[scene.map]
[[scene.map.layer]]
layer = "nirgends"
[[scene]]
id = "filter"
title = "什么都不剩"
[scene.map]
[[scene.map.layer]]
layer = "forest"
theme = "stock_tc_ha"
filter = "stock_tc_ha=1e9.."
[[scene]]
id = "place"
title = "不在这里"
[scene.map]
extent = [-80, -10, -79, -9]
[[scene]]
id = "long"
title = "长"
text = ["{"很长的文字，" * 500}"]
"""
    atlas = load(store)
    story = tell(parse(text), atlas, approval="")
    made = slides.deck(story, atlas)
    opened = deck_reading.opened(made.content)
    assert deck_reading.overflows(opened) == []
    said = {problem.scene for problem in made.problems}
    assert said == {"", "layer", "filter", "place", "long"}
    assert any("汇报标题长约 300 字" in problem.message for problem in made.problems)
    assert any("地图未能绘制" in problem.message for problem in made.problems)
    last = "\n".join(deck_reading.texts(slide) for slide in list(opened.slides)[-2:])
    for problem in made.problems:
        assert problem.message[:12].replace(" %", "\u00a0%") in last


def test_a_missing_font_does_not_stop_the_export(
    told: tuple[Story, Atlas], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    story, atlas = told
    monkeypatch.setenv("PINGCHANG_FONT", str(tmp_path / "fehlt.ttf"))
    settings.cache_clear()
    try:
        made = slides.deck(replace(story, scenes=story.scenes[:1]), atlas)
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert [problem.message for problem in made.problems] == ["找不到字体文件「fehlt.ttf」。已改用自带字体。"]


def test_the_handout_has_every_scene_with_map_figures_and_notes(told: tuple[Story, Atlas]) -> None:
    story, atlas = told
    some = replace(story, scenes=(story.scenes[1], story.scenes[9]))
    said: list[tuple[int, int, str]] = []
    document, problems = handout.document(some, atlas, made_at=NOON, progress=lambda *step: said.append(step))
    made = handout.handout(some, atlas, made_at=NOON)
    content = made.content
    assert made.problems == problems == some.problems
    text = "".join(pdf_text.text(content).split())
    for scene in some.scenes:
        assert scene.title in text
        assert "".join(scene.notes.split())[:15] in text
        for card in scene.cards:
            assert "".join(card.value.split()) in text
    assert MARK in text
    assert "川S（2026）001号" in text
    assert [step[0] for step in said] == [1, 2]
    pictures = [block for block in document.blocks if type(block).__name__ == "Figure"]
    assert len(pictures) == sum((scene.map is not None) + len(scene.charts) for scene in some.scenes)
    assert handout.handout(some, atlas, made_at=NOON) == made


def test_the_handouts_notes_keep_their_paragraphs(told: tuple[Story, Atlas]) -> None:
    story, atlas = told
    scene = replace(story.scenes[1], map=None, charts=(), notes="第一段。\n\n第二段。\r\n第三段。")
    made = handout.handout(replace(story, scenes=(scene,)), atlas, made_at=NOON)
    lines = [line.strip() for line in pdf_text.text(made.content).splitlines()]
    assert {"第一段。", "第二段。", "第三段。"} <= set(lines)
