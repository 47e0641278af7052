"""A scene's map on paper: the same rows, classes and colours as on the screen, and all that a printed map needs."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pingchang_geo import layers, maps
from pingchang_geo.briefing import parse
from pingchang_geo.briefing.story import Story, StoryChart
from pingchang_geo.filters import Between, Filter, OneOf
from pingchang_geo.layers import palette
from pingchang_geo.prints import Key, MapPicture, PictureError, chinese_font
from pingchang_geo.provenance import ILLUSTRATIVE_MARK as MARK
from pingchang_geo.settings import settings
from pingchang_geo.store import LocalStore
from pingchang_geo.units import UnitChoice
from pingchang_geo.workflow.atlas import Atlas, load
from pingchang_geo.workflow.briefings import pictures
from pingchang_geo.workflow.briefings.chart_pictures import draw_chart
from pingchang_geo.workflow.briefings.painting import kept, legend_lines, painted
from pingchang_geo.workflow.briefings.telling import tell
from tests.slides.test_slides_deck import BARS

CLASSES: dict[str, Any] = {
    "field": "v",
    "mode": "classes",
    "breaks": [0.0, 10.0, 20.0],
    "colors": ["#111111", "#222222"],
    "missing": "#C9CDCB",
}
SMALL = pictures.Frame(900, 640, 120)


def numbers(*values: float | None) -> pd.DataFrame:
    return pd.DataFrame({"v": pd.array(values, dtype="Float64")})


def words(*values: str | None) -> pd.DataFrame:
    return pd.DataFrame({"s": pd.Categorical(values, categories=["甲", "乙", "丙"])})


def test_classes_are_closed_below_and_the_last_above_too() -> None:
    frame = numbers(0, 9.999, 10, 20, 20.001, -1, None)
    assert legend_lines(frame, CLASSES).tolist() == [0, 0, 1, 1, -1, -1, -1]
    found = painted(frame, CLASSES, [], "#000000")
    assert found.colors.tolist() == ["#111111"] * 2 + ["#222222"] * 2 + ["#C9CDCB"] * 3
    assert (found.counts, found.missing, found.shown) == ((2, 2), 3, 7)


def test_limits_are_compared_as_the_map_does_it_in_single_precision() -> None:
    # 0.1 as Float64 is below 0.1 as Float32; on the map both are Float32 and the value is in the upper class.
    theme = {**CLASSES, "breaks": [0.0, float(np.float32(0.1)), 1.0]}
    assert legend_lines(numbers(0.1), theme).tolist() == [1]


def test_categories_take_the_line_of_their_code() -> None:
    theme = {"field": "s", "mode": "categories", "codes": [[1], [0, 2]], "colors": ["#111111", "#B4B8B5"]}
    assert legend_lines(words("甲", "乙", "丙", None), theme).tolist() == [1, 0, 1, -1]


def test_clauses_hold_together_and_missing_drops_out() -> None:
    frame = pd.concat([numbers(1, 5, 9, None), words("甲", "乙", "甲", "甲")], axis=1)
    rules = [{"field": "v", "min": 5.0}, {"field": "s", "codes": [0]}]
    assert kept(frame, rules).tolist() == [False, False, True, False]
    assert kept(frame, []).tolist() == [True] * 4
    assert kept(frame, [{"field": "s", "codes": []}]).tolist() == [False] * 4


def test_a_list_of_rows_is_read_from_its_bits_and_dims() -> None:
    rule = maps.rows_rule(np.array([True, False, True]), dim=True)
    assert base64.b64decode(rule["rows"]) == b"\x05"
    found = painted(numbers(1, 2, 3), None, [rule], "#123456")
    assert found.kept.tolist() == [True, False, True]
    assert found.dimmed
    assert found.colors.tolist() == ["#123456"] * 3


@given(
    st.lists(st.one_of(st.none(), st.floats(0, 100, width=32)), min_size=1, max_size=30),
    st.floats(0, 100),
    st.floats(0, 100),
)
def test_the_rule_keeps_what_the_filter_keeps(values: list[float | None], low: float, high: float) -> None:
    frame = pd.concat([numbers(*values), words(*(["甲", "乙", None][i % 3] for i in range(len(values))))], axis=1)
    chosen = Filter((Between("v", low, high), OneOf("s", ("甲", "丙"))))
    assert kept(frame, chosen.rule(frame)).tolist() == chosen.mask(frame).tolist()


@pytest.fixture
def atlas(store: LocalStore) -> Atlas:
    return load(store)


def told(atlas: Atlas, text: str) -> Story:
    return tell(parse(f'format = 1\nname = "t"\ntitle = "图"\n{text}'), atlas, approval="")


def picture_of(atlas: Atlas, text: str, **given: str) -> MapPicture:
    (scene,) = told(atlas, f'[[scene]]\nid = "a"\ntitle = "甲"\n{text}').scenes
    assert scene.map is not None
    return pictures.picture(scene.map, atlas, **given)


FOREST = '[scene.map]\n[[scene.map.layer]]\nlayer = "forest"\ntheme = "species"\n'


def test_fills_and_legend_are_those_of_the_screen(atlas: Atlas) -> None:
    spec, frame = layers.get("forest"), atlas["forest"].frame
    theme = spec.theme("species")
    assert theme is not None
    screen = maps.theme_state(spec, theme, frame, UnitChoice())
    made = picture_of(atlas, FOREST)
    lines = {entry.label: entry for entry in made.legend}
    for label, color, count in zip(screen["labels"], screen["colors"], screen["counts"], strict=True):
        assert (lines[label].fill, lines[label].detail) == (color, str(count))
    (drawn,) = [layer for layer in made.layers if isinstance(layer.fill, list)]
    color_of = dict(zip(screen["labels"], screen["colors"], strict=True))
    assert drawn.fill == [color_of[str(name)] for name in frame["species"]]
    assert len(drawn.geometries_m) == len(frame)


def test_a_filter_leaves_the_same_plots_as_on_the_map(atlas: Atlas) -> None:
    frame = atlas["forest"].frame
    name = str(frame["species"].iloc[0])
    made = picture_of(atlas, FOREST + f'filter = "species={name}"\n')
    (drawn,) = [layer for layer in made.layers if isinstance(layer.fill, list)]
    count = int((frame["species"] == name).sum())
    assert 0 < count < len(frame)
    assert len(drawn.geometries_m) == count
    labels = [entry.label for entry in made.legend if entry.key is not Key.HEADING]
    assert labels[0] == name
    assert not {str(other) for other in frame["species"].unique()} - {name} & set(labels)


def test_what_a_printed_map_needs_is_there(atlas: Atlas) -> None:
    made = picture_of(atlas, FOREST, approval="川S（2026）001号", on="2026-11-22")
    assert made.mark == MARK
    assert made.approval == "川S（2026）001号"
    assert made.graticule
    (note,) = made.notes
    assert f"森林小班{atlas['forest'].version.label}" in note
    assert "示意：" in note
    assert atlas["forest"].version.provenance.source.split("；")[0][:20] in note
    assert "制图 2026-11-22" in note
    assert made.title == "森林小班（优势树种）"


def test_the_highlighted_feature_is_outlined_and_named(atlas: Atlas) -> None:
    name = atlas["scenic"].title_of(0)
    made = picture_of(atlas, f'[scene.map]\nselect = {{layer = "scenic", key = "{name}"}}\n' + FOREST.split("\n", 1)[1])
    outlines = [layer for layer in made.layers if layer.edge == "#0B57D0"]
    assert len(outlines) == 1
    assert outlines[0].geometries_m[0].intersects(atlas["scenic"].metres[0])
    assert [entry.label for entry in made.legend if entry.edge == "#0B57D0"] == [name]
    assert [list(layer.labels) for layer in made.layers if layer.label_color == "#0B57D0"] == [[name]]


def test_several_features_are_highlighted_alike(atlas: Atlas) -> None:
    names = [atlas["scenic"].title_of(row) for row in (0, 1)]
    keys = ", ".join(f'{{layer = "scenic", key = "{name}"}}' for name in names)
    made = picture_of(atlas, f"[scene.map]\nselect = [{keys}]\n" + FOREST.split("\n", 1)[1])
    outlines = [layer for layer in made.layers if layer.edge == "#0B57D0"]
    assert [one.geometries_m[0].intersects(atlas["scenic"].metres[row]) for row, one in enumerate(outlines)] == [
        True
    ] * 2
    assert [entry.label for entry in made.legend if entry.edge == "#0B57D0"] == ["、".join(names)]
    assert [name for layer in made.layers if layer.label_color == "#0B57D0" for name in layer.labels] == names


def test_the_extent_asked_for_is_visible_with_a_little_room(atlas: Atlas) -> None:
    west, south, east, north = pictures.extent_m((107.0, 31.4, 107.2, 31.6))
    # 0.2° of longitude at 31.6° is 18.97 km, 0.2° of latitude 22.18 km; a twentieth more on every side.
    assert east - west == pytest.approx(19_010 * 1.1, rel=3e-3)
    assert north - south == pytest.approx(22_180 * 1.1, rel=3e-3)


def pixels(png: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


@pytest.fixture
def tiled(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Plots count as many, as they are in a county: drawn from tiles on the screen, without a rim of their own."""
    monkeypatch.setenv("PINGCHANG_ID_TILE_THRESHOLD", "1")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.usefixtures("tiled")
def test_the_drawn_plots_have_their_class_colour(atlas: Atlas) -> None:
    text = FOREST + "opacity = 1.0\n"
    (scene,) = told(atlas, f'[[scene]]\nid = "a"\ntitle = "甲"\n{text}').scenes
    assert scene.map is not None
    image = pixels(pictures.draw(scene.map, atlas, SMALL))
    assert image.shape == (640, 900, 3)
    theme = scene.map.layers[0].theme
    assert theme is not None
    face = image[:, : int(900 * 0.62)].reshape(-1, 3)
    for color, count in zip(theme["colors"], theme["counts"], strict=True):
        rgb = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
        assert ((face == rgb).all(axis=1).sum() > 3) == bool(count), color


def test_the_same_map_gives_the_same_bytes_and_is_drawn_once(atlas: Atlas, monkeypatch: pytest.MonkeyPatch) -> None:
    (scene,) = told(atlas, f'[[scene]]\nid = "a"\ntitle = "甲"\n{FOREST}').scenes
    assert scene.map is not None
    first = pictures.draw(scene.map, atlas, SMALL, on="2026-01-02")
    monkeypatch.setattr(pictures.prints, "render", lambda *_, **__: pytest.fail("drawn again"))
    assert pictures.draw(scene.map, atlas, SMALL, on="2026-01-02") is first


def test_an_extent_that_is_no_place_is_refused_in_words(atlas: Atlas) -> None:
    (scene,) = told(atlas, '[[scene]]\nid = "a"\ntitle = "甲"\n[scene.map]\nextent = [-80, -10, -79, -9]\n').scenes
    assert scene.map is not None
    with pytest.raises(PictureError, match="地图范围无效"):
        pictures.draw(scene.map, atlas, SMALL)


def test_a_missing_font_is_said_and_the_installed_one_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("PINGCHANG_FONT", str(tmp_path / "fehlt.ttf"))
    settings.cache_clear()
    try:
        found, problem = pictures.font()
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert found == chinese_font(None)
    assert problem == "找不到字体文件「fehlt.ttf」。已改用自带字体。"


@pytest.mark.parametrize("kind", ["barh", "column", "line", "doughnut"])
def test_charts_are_drawn_in_their_colours(kind: Any) -> None:
    chart = StoryChart(BARS.title, kind, BARS.categories, BARS.series, BARS.unit, BARS.colors, MARK, BARS.source)
    image = pixels(draw_chart(chart, 900, 500, 150, chinese_font(None)))
    wanted = [BARS.series[0].color] if kind == "line" else [*BARS.colors[:2]]
    for color in wanted:
        rgb = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
        assert (image == rgb).all(axis=2).sum() > 50, color


def test_bars_are_as_long_as_their_numbers() -> None:
    image = pixels(draw_chart(BARS, 900, 500, 150, chinese_font(None)))
    lengths = []
    for color in BARS.colors[:2]:
        rgb = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
        lengths.append((image == rgb).all(axis=2).any(axis=0).sum())
    assert lengths[1] / lengths[0] == pytest.approx(48.7 / 59.54, abs=0.02)


def test_a_chart_of_nothing_is_refused() -> None:
    empty = StoryChart("空", "barh", ("甲",), (BARS.series[0].__class__("x", (None,), "#000000"),), "亩")
    with pytest.raises(PictureError, match="没有数据"):
        draw_chart(empty, 900, 500, 150, chinese_font(None))


def test_the_ground_is_the_county_in_its_own_colours(atlas: Atlas) -> None:
    made = picture_of(atlas, "[scene.map]\n")
    assert palette.OUTLINE in {layer.edge for layer in made.layers}
    assert made.title == "县域"
