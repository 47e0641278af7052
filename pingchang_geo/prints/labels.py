"""Names on the map's face, as many as fit without touching each other, a symbol or the furniture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from pingchang_geo.crs import Geometries
from pingchang_geo.prints import paths
from pingchang_geo.prints.picture import Extent, PictureError, PictureLayer
from pingchang_geo.prints.sheet import POINT_IN, Box, Sheet

#: Of a layer only the largest so many features are considered: a map with more names is not read.
_MOST: Final = 300
_LONGEST: Final = 24
_GAP_IN: Final = 0.02

#: Metres of the projection → inches on the sheet.
Place = Callable[[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Label:
    """A name and the boxes it may take, the best first."""

    text: str
    size: float
    color: str
    choices: tuple[Box, ...]


def candidates(sheet: Sheet, layer: PictureLayer, extent: Extent, place: Place) -> Iterator[Label]:
    """Labels of a layer in order of importance: points as given, larger areas first."""
    if layer.labels is None:
        return
    geometries = np.asarray(layer.geometries_m, dtype=object)
    if len(layer.labels) != len(geometries):
        raise PictureError(
            f"制图图层的注记有 {len(layer.labels)} 个，要素有 {len(geometries)} 个。",
            fix="请逐要素给出，无注记者留空。",
        )
    seen = [i for i in paths.visible(geometries, extent) if layer.labels[i]]
    if not seen:
        return
    in_frame = shapely.clip_by_rect(geometries[seen], *extent)
    sizes = shapely.area(in_frame)
    for i in np.argsort(-sizes, kind="stable")[:_MOST]:
        if in_frame[i] is None or in_frame[i].is_empty:
            continue
        anchor = _anchor(in_frame[i])
        x, y = place(anchor.x, anchor.y)
        text = sheet.clean(layer.labels[seen[i]])
        text = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
        away = layer.size * POINT_IN / 2 if in_frame[i].geom_type in {"Point", "MultiPoint"} else 0.0
        boxes = _choices(x, y, sheet.text_width(text, layer.label_size), layer.label_size * POINT_IN * 1.15, away)
        yield Label(text, layer.label_size, layer.label_color, boxes)


def symbol_boxes(layer: PictureLayer, extent: Extent, place: Place) -> Iterator[Box]:
    """Where point symbols stand: no label may cover them."""
    geometries = np.asarray(layer.geometries_m, dtype=object)
    places, _ = paths.points(geometries[paths.visible(geometries, extent)])
    half = layer.size * POINT_IN / 2
    for x_m, y_m in places[: 10 * _MOST]:
        x, y = place(float(x_m), float(y_m))
        yield Box(x - half, y - half, x + half, y + half)


def placed(labels: Sequence[Label], frame: Box, obstacles: Sequence[Box]) -> list[tuple[Label, Box]]:
    """Labels with the first of their boxes that is inside the frame and free, in their order; others are left out."""
    taken = list(obstacles)
    result = []
    for label in labels:
        for box in label.choices:
            if frame.holds(box) and not any(box.touches(other) for other in taken):
                taken.append(box.grown(_GAP_IN))
                result.append((label, box))
                break
    return result


def _anchor(geometry: shapely.Geometry) -> shapely.Point:
    """A place inside the largest part: in the thick of an area, halfway along a line."""
    whole: Geometries = shapely.get_parts(geometry)
    part = whole[int(np.argmax(np.maximum(shapely.area(whole), shapely.length(whole))))]
    if part.geom_type == "LineString":
        return shapely.line_interpolate_point(part, 0.5, normalized=True)
    return shapely.point_on_surface(part)


def _choices(x: float, y: float, width: float, height: float, away: float) -> tuple[Box, ...]:
    """Beneath, above, right or left of a symbol; on an area its middle, then a little above and below it."""

    def box(left: float, bottom: float) -> Box:
        return Box(left, bottom, left + width, bottom + height)

    middle, gap = y - height / 2, away + _GAP_IN
    if away:
        return (
            box(x + gap, middle),
            box(x - gap - width, middle),
            box(x - width / 2, y - gap - height),
            box(x - width / 2, y + gap),
        )
    return box(x - width / 2, middle), box(x - width / 2, y), box(x - width / 2, y - height)
