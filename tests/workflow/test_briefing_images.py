"""All pictures of a story in one archive."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import pytest
from PIL import Image

from pingchang_geo.briefing import parse
from pingchang_geo.briefing.story import Series, StoryChart
from pingchang_geo.provenance import ILLUSTRATIVE_MARK as MARK
from pingchang_geo.store import LocalStore
from pingchang_geo.workflow.atlas import Atlas, load
from pingchang_geo.workflow.briefings.images import archive, chart_png
from pingchang_geo.workflow.briefings.telling import tell
from tests import briefing_scenes

TEXT = 'format = 1\nname = "t"\ntitle = "图"\n' + briefing_scenes.WOODS.replace("林地", "林地/小班")


@pytest.fixture
def atlas(store: LocalStore) -> Atlas:
    return load(store)


def test_every_map_and_chart_is_a_picture_and_listed(atlas: Atlas) -> None:
    steps: list[tuple[int, int]] = []
    content, _ = archive(
        tell(parse(TEXT), atlas),
        atlas,
        on="2026-11-22",
        progress=lambda done, total, words: steps.append((done, total)),
    )
    archived = zipfile.ZipFile(io.BytesIO(content))
    assert archived.testzip() is None
    map_name, chart_name = "01_林地_小班_地图.png", "01_林地_小班_图表1.png"
    assert {map_name, chart_name, "图片说明.txt"} <= set(archived.namelist())
    assert not [name for name in archived.namelist() if "只有文字" in name]
    assert Image.open(io.BytesIO(archived.read(map_name))).size == (1920, 1080)
    with Image.open(io.BytesIO(archived.read(chart_name))) as chart:
        assert chart.width == 1440
        assert len(chart.convert("RGB").getcolors(1 << 24) or ()) > 20
    said = archived.read("图片说明.txt").decode("utf-8-sig")
    assert said.startswith("图\r\n")
    for part in (map_name, chart_name, MARK):
        assert part in said
    assert steps == [(1, 2), (2, 2)]


def test_what_cannot_be_drawn_is_said_and_the_rest_is_there(atlas: Atlas) -> None:
    story = tell(parse(TEXT), atlas)
    empty = StoryChart("空的图", "barh", ("甲",), (Series("值", (None,), "#336699"),), "亩")
    wordy = replace(story.scenes[1], charts=(empty,))
    content, missing = archive(replace(story, scenes=(story.scenes[0], wordy)), atlas)
    assert missing == ("场景 2「只有文字」的图表：图表「空的图」没有数据。 请检查筛选条件。",)
    archived = zipfile.ZipFile(io.BytesIO(content))
    assert f"未能绘制：{missing[0]}" in archived.read("图片说明.txt").decode("utf-8-sig")
    assert len(archived.namelist()) == 3


def test_the_same_story_is_the_same_archive(atlas: Atlas) -> None:
    story = tell(parse(TEXT), atlas)
    assert archive(story, atlas, on="2026-11-22") == archive(story, atlas, on="2026-11-22")


@pytest.mark.parametrize(("bars", "height"), [(3, 810), (20, 240 + 20 * 56), (500, 4000)])
def test_lying_bars_get_the_height_they_need(bars: int, height: int) -> None:
    names = tuple(f"第{n}" for n in range(bars))
    chart = StoryChart("长", "barh", names, (Series("值", tuple(float(n) for n in range(bars)), "#336699"),), "亩")
    assert Image.open(io.BytesIO(chart_png(chart))).size == (1440, height)
