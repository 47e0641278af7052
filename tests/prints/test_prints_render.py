"""Whole map sheets: pixels, furniture, legend, labels, bad input."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from PIL import Image
from pyproj import Geod

from pingchang_geo import crs
from pingchang_geo.layers import palette
from pingchang_geo.prints import (
    REPORT_PX,
    Key,
    LegendEntry,
    MapPicture,
    PictureError,
    PictureLayer,
    furniture,
    render,
    veil,
)
from pingchang_geo.prints.render import PROJECTION_NOTE, composed
from pingchang_geo.prints.sheet import Sheet

EXTENT = (-1000.0, -800.0, 1000.0, 800.0)
SQUARE = np.array([shapely.box(-500, -500, 500, 500)])
GREEN = "#117733"


def picture(*layers: PictureLayer, **more: Any) -> MapPicture:
    return MapPicture("图", EXTENT, layers, **more)


def pixels(png: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"))


def rgb(color: str) -> tuple[int, ...]:
    return tuple(int(color[i : i + 2], 16) for i in (1, 3, 5))


def share_of(png: bytes, color: str) -> float:
    return float((pixels(png) == rgb(color)).all(axis=2).mean())


def texts(sheet: Sheet) -> list[str]:
    return [artist.get_text() for artist in sheet.figure.findobj(Text) if artist.get_text()]


def at(sheet: Sheet, x_m: float, y_m: float) -> tuple[int, ...]:
    """Colour of the pixel at a place of the ground."""
    face = pixels(sheet.png())
    x, y = sheet.figure.axes[0].transData.transform((x_m, y_m))
    return tuple(int(v) for v in face[int(face.shape[0] - 1 - y), int(x)])


@pytest.mark.parametrize(
    ("width", "height", "dpi"), [(1920, 1080, 200), (1512, 1000, 240), (801, 1203, 150), (333, 333, 96)]
)
def test_exact_size_and_resolution(width: int, height: int, dpi: int) -> None:
    with Image.open(io.BytesIO(render(picture(PictureLayer(SQUARE)), width, height, dpi))) as image:
        assert image.size == (width, height)
        assert image.info["dpi"] == pytest.approx((dpi, dpi), abs=0.1)


def test_equal_pictures_give_equal_bytes_also_in_threads() -> None:
    layer = PictureLayer(SQUARE, fill=GREEN, labels=["三十二梁"])
    one = picture(layer, mark="示意数据", legend=(LegendEntry("小班", fill=GREEN),))
    first = render(one, 600, 400)
    with ThreadPoolExecutor(4) as pool:
        others = list(pool.map(lambda _: render(one, 600, 400), range(8)))
    assert all(other == first for other in others)


def test_fills_cover_what_they_should_and_holes_stay_open() -> None:
    ring = shapely.difference(shapely.box(-500, -500, 500, 500), shapely.box(-200, -200, 200, 200))
    for hollow in (ring, shapely.reverse(ring), shapely.MultiPolygon([ring])):
        sheet = composed(
            picture(PictureLayer(np.array([hollow]), fill=GREEN, edge=None), graticule=False), 900, 700, 150
        )
        assert at(sheet, 350, 0) == rgb(GREEN)
        assert at(sheet, 0, 0) != rgb(GREEN)
        assert at(sheet, 700, 0) != rgb(GREEN)


def test_overlapping_features_of_one_colour_stay_filled() -> None:
    twice = np.array([SQUARE[0], shapely.reverse(SQUARE[0])])
    sheet = composed(picture(PictureLayer(twice, fill=GREEN, edge=None), graticule=False), 900, 700, 150)
    assert at(sheet, 0, 0) == rgb(GREEN)


def test_small_plots_have_their_class_colours_exactly() -> None:
    """40,000 plots of about a pixel: no colour but those of the classes, none paled by its neighbours."""
    side = np.arange(-1000, 1000, 10.0)
    x, y = np.meshgrid(side, side[:160])
    plots = shapely.box(x.ravel(), y.ravel(), x.ravel() + 10, y.ravel() + 10)
    fills = [palette.STOCK_RAMP[i % 6] for i in range(len(plots))]
    layer = PictureLayer(plots, fill=fills, edge=palette.INK, width=0.3)
    sheet = composed(picture(layer, graticule=False), 500, 400, 100)
    face = pixels(sheet.png())
    axes = sheet.figure.axes[0]
    (left, low), (right, high) = axes.transData.transform([(-700, -500), (300, 200)])
    inner = face[int(400 - high) : int(400 - low), int(left) : int(right)].reshape(-1, 3)
    assert {tuple(int(v) for v in p) for p in np.unique(inner, axis=0)} == {rgb(c) for c in palette.STOCK_RAMP}


def test_none_leaves_a_feature_unfilled() -> None:
    two = np.array([shapely.box(-900, -300, -100, 300), shapely.box(100, -300, 900, 300)])
    sheet = composed(picture(PictureLayer(two, fill=[GREEN, None], edge=None), graticule=False), 900, 700, 150)
    assert at(sheet, -500, 0) == rgb(GREEN)
    assert at(sheet, 500, 0) != rgb(GREEN)


def test_far_larger_geometry_than_the_sheet() -> None:
    huge = np.array([shapely.box(-4e6, -4e6, 4e6, 4e6)])
    small = MapPicture("图", (0.0, 0.0, 20.0, 16.0), (PictureLayer(huge, fill=GREEN, edge=None),), graticule=False)
    assert at(composed(small, 600, 480, 150), 10, 8) == rgb(GREEN)


def test_order_is_by_zorder_then_as_given() -> None:
    above = PictureLayer(SQUARE, fill="#AA4499", edge=None, zorder=2)
    below = PictureLayer(SQUARE, fill=GREEN, edge=None, zorder=1)
    same = PictureLayer(SQUARE, fill="#332288", edge=None, zorder=2)
    assert at(composed(picture(above, below, graticule=False), 600, 480, 150), 0, 0) == rgb("#AA4499")
    assert at(composed(picture(above, below, same, graticule=False), 600, 480, 150), 0, 0) == rgb("#332288")


def test_every_kind_of_geometry_is_drawn() -> None:
    mixed = np.array(
        [
            None,
            shapely.Point(0, 300),
            shapely.MultiPoint([(100, 300), (200, 300)]),
            shapely.LineString([(-900, -300), (900, -300)]),
            shapely.MultiLineString([[(-900, -400), (900, -400)], [(-900, -450), (900, -450)]]),
            shapely.LinearRing([(-700, 500), (-500, 500), (-600, 700)]),
            shapely.GeometryCollection([shapely.Point(300, 300), shapely.box(500, 500, 700, 700)]),
            shapely.Polygon(),
        ],
        dtype=object,
    )
    layer = PictureLayer(mixed, fill=GREEN, edge=GREEN, width=3, size=10)
    sheet = composed(picture(layer, graticule=False), 900, 700, 150)
    for place in ((0, 300), (200, 300), (300, 300), (0, -300), (0, -450), (-600, 500), (600, 600)):
        assert at(sheet, *place) == rgb(GREEN), place


def test_location_shows_in_symbols() -> None:
    places = np.array([shapely.Point(x, 0) for x in (-600, 0, 600)])
    layer = PictureLayer(places, fill=palette.SCENIC, size=24, location=["已核", "推定", "示意"])
    sheet = composed(picture(layer, graticule=False), 900, 700, 150)
    assert at(sheet, -600, 0) == rgb(palette.SCENIC)
    assert at(sheet, 600, 0) == (255, 255, 255)
    assert at(sheet, 0, 0) not in {rgb(palette.SCENIC), (255, 255, 255)}


def test_the_opacity_of_a_layer_pales_fills_outlines_lines_and_symbols() -> None:
    shapes = np.array([*SQUARE, shapely.LineString([(-900, 700), (900, 700)]), shapely.Point(-750, 0)])
    ground = PictureLayer(np.array([shapely.box(-2000, -2000, 2000, 2000)]), fill="#FFFFFF", edge=None)
    black = PictureLayer(shapes, fill="#000000", edge="#000000", width=6, size=24, location="已核", zorder=1)
    for opacity, expected in ((1.0, 0), (0.2, 204)):
        layer = replace(black, opacity=opacity)
        sheet = composed(picture(ground, layer, graticule=False), 900, 700, 150)
        for place in ((0, 0), (0, 700), (-750, 0)):
            assert at(sheet, *place) == pytest.approx((expected,) * 3, abs=2), place
        rim = composed(picture(ground, replace(layer, fill=None), graticule=False), 900, 700, 150)
        assert at(rim, 500, 0) == pytest.approx((expected,) * 3, abs=2)


@pytest.mark.parametrize("extent", [(-40_000, -30_000, 40_000, 30_000), (20_000, 18_000, 20_600, 18_500), EXTENT])
def test_scale_bar_is_as_long_as_it_says(extent: tuple[float, float, float, float]) -> None:
    """Both ends of the drawn bar, back on the ground by geodesic: the length beside it, within 0.5 %."""
    sheet = composed(replace(picture(), extent_m=extent), 1920, 1080, 200)
    cells = [
        artist
        for artist in sheet.figure.findobj(Rectangle)
        if artist.get_height() == pytest.approx(furniture.BAR_HEIGHT_IN)
    ]
    left = min(cell.get_x() for cell in cells)
    right = max(cell.get_x() + cell.get_width() for cell in cells)
    y = cells[0].get_y()
    ends = sheet.figure.axes[0].transData.inverted().transform(np.array([[left, y], [right, y]]) * sheet.dpi)
    a, b = crs.from_equal_area(shapely.points(ends))
    ground_m = Geod(ellps="GRS80").inv(a.x, a.y, b.x, b.y)[2]
    number, unit = next(t for t in texts(sheet) if t.endswith((" m", " km"))).split()
    assert ground_m == pytest.approx(float(number) * (1000 if unit == "km" else 1), rel=0.005)


def test_mark_stands_on_the_face_only_when_needed() -> None:
    assert share_of(render(picture(mark="示意数据"), 900, 700), furniture.MARK_LINE) > 0
    assert share_of(render(picture(), 900, 700), furniture.MARK_LINE) == 0
    assert "示意数据" in texts(composed(picture(mark="示意数据"), 900, 700, 150))


def test_title_notes_projection_and_approval_are_printed() -> None:
    notes = ("数据：森林小班 第 1 版（示意）。",)
    printed = texts(composed(picture(notes=notes, approval="川S〔2026〕1号"), 1920, 1080, 200))
    assert {"图", notes[0], "审图号：川S〔2026〕1号", "北"} <= set(printed)
    assert "".join(printed).count(PROJECTION_NOTE) == 1
    assert not [t for t in texts(composed(picture(), 900, 700, 150)) if "审图号" in t]


def test_graticule_is_named_on_the_frame() -> None:
    printed = texts(composed(replace(picture(), extent_m=(-40_000, -30_000, 40_000, 30_000)), 1920, 1080, 200))
    assert "107°00′E" in printed and "31°30′N" in printed


@pytest.mark.parametrize("size", [(1920, 1080), (900, 1300)])
def test_legend_lists_every_entry_or_says_how_many_it_does_not(size: tuple[int, int]) -> None:
    few = tuple(LegendEntry(f"树种 {i}", fill=GREEN, detail=f"{i} 个") for i in range(8))
    printed = texts(composed(picture(legend=few, locator_m=SQUARE), *size, 200))
    assert {e.label for e in few} <= set(printed) and {e.detail for e in few} <= set(printed)
    assert "图例" in printed
    many = tuple(LegendEntry(f"树种 {i}", fill=GREEN) for i in range(200))
    printed = texts(composed(picture(legend=many), *size, 200))
    shown = sum(t.startswith("树种 ") for t in printed)
    assert 0 < shown < 200
    assert f"另有 {200 - shown} 项未列出" in printed


def test_the_locator_gives_way_to_the_legend() -> None:
    def sheet(n: int) -> list[str]:
        entries = tuple(LegendEntry(f"树种 {i}", fill=GREEN) for i in range(n))
        return texts(composed(picture(legend=entries, locator_m=SQUARE), *REPORT_PX, 240))

    assert "位置" in sheet(8)
    crowded = sheet(20)
    assert "位置" not in crowded and "树种 19" in crowded


def test_all_keys_of_the_legend() -> None:
    entries = (
        LegendEntry.heading("图层", "个"),
        LegendEntry("红线", fill=palette.RED_LINE, edge=palette.RED_LINE, alpha=0.2, hatch="/"),
        LegendEntry("县界", Key.LINE, edge=palette.OUTLINE, width=1.4, dash="4 3"),
        LegendEntry("景区", Key.POINT, fill=palette.SCENIC, symbol="mountain", location="示意"),
        LegendEntry.of_layer("小班", PictureLayer(SQUARE, fill=GREEN, alpha=0.5), detail="3 个"),
    )
    png = render(picture(legend=entries), 1200, 800)
    assert share_of(png, palette.OUTLINE) > 0
    assert share_of(png, palette.SCENIC) > 0
    printed = texts(composed(picture(legend=entries), 1200, 800, 200))
    assert "图例" not in printed  # it has a title of its own


def test_locator_shows_where_the_map_lies() -> None:
    county = np.array([shapely.box(-40_000, -30_000, 40_000, 30_000)])
    with_it = composed(picture(locator_m=county), 1200, 800, 200)
    assert "位置" in texts(with_it)
    assert share_of(with_it.png(), palette.RED_LINE) > 0
    assert share_of(render(picture(), 1200, 800), palette.RED_LINE) == 0


def test_names_do_not_touch_each_other_or_the_furniture() -> None:
    rng = np.random.default_rng(7)
    places = shapely.points(rng.uniform((-950, -750), (950, 750), (150, 2)))
    layer = PictureLayer(places, fill=palette.PARKS, labels=[f"园区{i}" for i in range(150)])
    sheet = composed(picture(layer, mark="示意数据"), 1600, 1200, 200)
    sheet.png()
    renderer = sheet.canvas.get_renderer()
    labels = [t for t in sheet.figure.findobj(Text) if t.get_text().startswith("园区")]
    assert 20 < len(labels) < 150
    boxes = [t.get_window_extent(renderer) for t in labels]
    frame = sheet.figure.axes[0].get_window_extent(renderer)
    others = [t.get_window_extent(renderer) for t in sheet.figure.findobj(Text) if t.get_text() in {"示意数据", "北"}]
    for i, box in enumerate(boxes):
        assert frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 - 3 <= box.y0 and box.y1 <= frame.y1 + 3
        for other in [*boxes[i + 1 :], *others]:
            overlap_x = min(box.x1, other.x1) - max(box.x0, other.x0)
            overlap_y = min(box.y1, other.y1) - max(box.y0, other.y0)
            assert min(overlap_x, overlap_y) < 4  # descenders of an empty line may graze


def test_empty_labels_are_none_and_names_are_data() -> None:
    two = np.array([shapely.box(-900, -300, -100, 300), shapely.box(100, -300, 900, 300)])
    name = "$x^2$ \\frac{1} <b>#1& \x07𠮷"
    sheet = composed(picture(PictureLayer(two, labels=["", name])), 1200, 900, 200)
    sheet.png()
    assert "$x^2$ \\frac{1} <b>#1& 〓" in texts(sheet)


def test_veil_pales_the_outside_only() -> None:
    county = np.array([shapely.box(-500, -500, 500, 500)])
    sheet = composed(picture(veil(county, EXTENT), graticule=False), 900, 700, 150)
    assert at(sheet, 0, 0) != at(sheet, 800, 0)
    assert at(sheet, 800, 0) == at(sheet, -800, 500)


def test_long_texts_are_shortened_or_wrapped_not_lost_off_the_sheet() -> None:
    long = "平昌县某某产业园拟选地块及其配套道路供水供电工程用地" * 4
    sheet = composed(replace(picture(notes=(long * 3,), legend=(LegendEntry(long),)), title=long), 1000, 700, 150)
    sheet.png()
    renderer = sheet.canvas.get_renderer()
    for artist in sheet.figure.findobj(Text):
        box = artist.get_window_extent(renderer)
        if artist.get_text():
            assert box.x0 >= -1 and box.x1 <= 1001, artist.get_text()


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (PictureLayer(SQUARE, fill=[GREEN, GREEN]), "填充色有 2 个，要素有 1 个"),
        (PictureLayer(SQUARE, location=[]), "位置可信度有 0 个"),
        (PictureLayer(SQUARE, labels=["a", "b"]), "注记有 2 个"),
        (PictureLayer(SQUARE, fill="绿"), "颜色「绿」无效"),
        (PictureLayer(SQUARE, dash="长 短"), "虚线「长 短」无效"),
    ],
)
def test_properties_must_match(layer: PictureLayer, words: str) -> None:
    with pytest.raises(PictureError, match=words):
        render(picture(layer), 400, 300)


@pytest.mark.parametrize(("width", "height", "dpi"), [(100, 300, 96), (20_000, 300, 96), (400, 300, 10)])
def test_size_must_be_sensible(width: int, height: int, dpi: int) -> None:
    with pytest.raises(PictureError, match="超出范围"):
        render(picture(), width, height, dpi)


def test_empty_map_is_still_a_map() -> None:
    printed = texts(composed(picture(PictureLayer(np.array([], dtype=object), fill=[])), 900, 700, 150))
    assert "北" in printed
