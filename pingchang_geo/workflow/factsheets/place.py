"""What a fact sheet is about: the county, or one feature with the ground that counts for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import shapely

from pingchang_geo import layers, overlay
from pingchang_geo.errors import PingchangError
from pingchang_geo.layers import boundaries
from pingchang_geo.specs import FieldKind, LayerSpec
from pingchang_geo.workflow.atlas import Atlas, LayerData
from pingchang_geo.workflow.briefings.features import rows_of

#: The whole county, on the command line.
COUNTY: Final = "county"
_COUNTY_NAME: Final = "全县"
#: Outlines of two sources never agree to the last metre: less than this share outside the county is none.
_BORDER_SHARE: Final = 1e-3


class FactSheetError(PingchangError):
    """There is no such place, or none that a fact sheet is made of."""


@dataclass(frozen=True)
class Place:
    """The county (``data`` is None) or one feature.

    Attributes:
        title: its name.
        data: its layer.
        row: of it.
        shape_m: the feature or the county's outline as it is, measuring projection; empty where nothing is known.
        ground_m: what counts for it: the shape, or the circle around a feature of which only a point is known.
        radius_m: of that circle; None where the shape itself counts.
    """

    title: str
    data: LayerData | None = None
    row: int = -1
    shape_m: Any = field(default_factory=shapely.Polygon)
    ground_m: Any = field(default_factory=shapely.Polygon)
    radius_m: float | None = None

    @property
    def spec(self) -> LayerSpec | None:
        """Declaration of its layer; None for the county."""
        return None if self.data is None else self.data.spec

    @property
    def area_m2(self) -> float:
        """Area of the ground."""
        return float(shapely.area(self.ground_m))


def has_sheet(spec: LayerSpec) -> bool:
    """Whether features of a layer have fact sheets: zones and those with a part in the site check."""
    return not spec.base_map and (spec.zone is not None or spec.site is not None)


def county(atlas: Atlas) -> Place:
    """The whole county; without a published outline it has no area of its own."""
    if boundaries.COUNTY.id not in atlas or not len(atlas[boundaries.COUNTY.id].frame):
        return Place(_COUNTY_NAME)
    data = atlas[boundaries.COUNTY.id]
    outline = shapely.union_all(data.metres)
    return Place(data.title_of(0) if len(data.frame) == 1 else _COUNTY_NAME, shape_m=outline, ground_m=outline)


def feature(atlas: Atlas, layer_id: str, row: int) -> Place:
    """One feature by its row.

    Raises:
        UnknownLayerError: no such layer, or none published.
        FactSheetError: the layer's features have no fact sheet, or there is no such row.
    """
    data = atlas[layer_id]
    if not has_sheet(data.spec):
        offered = "、".join(f"{spec.id}（{spec.title}）" for spec in layers.all_specs() if has_sheet(spec))
        raise FactSheetError(
            f"图层「{data.spec.title}」的要素没有一页纸。", fix=f"可用的图层：{offered}，或 county（全县）。"
        )
    if not 0 <= row < len(data.frame):
        raise FactSheetError(f"图层「{data.spec.title}」没有第 {row + 1} 条要素。")
    shape = data.metres[row]
    radius = data.spec.zone.point_radius_m if data.spec.zone is not None else None
    point = bool(shapely.get_dimensions(shape) == 0)
    ground = overlay.zone_polygons(np.array([shape], dtype=object), radius)[0] if point else shape
    return Place(str(data.titles[row]), data, row, shape, ground, radius if point else None)


def outside_pct(atlas: Atlas, place: Place) -> float:
    """Share of a feature's ground that lies outside the county, %; 0 where there is no outline to tell by."""
    outline = county(atlas).ground_m
    if place.data is None or shapely.is_empty(outline) or not place.area_m2 > 0:
        return 0.0
    outside_m2 = float(shapely.area(shapely.difference(place.ground_m, outline)))
    return 100 * outside_m2 / place.area_m2 if outside_m2 > _BORDER_SHARE * place.area_m2 else 0.0


def named(atlas: Atlas, text: str) -> Place:
    """The place that ``county`` or ``LAYER:KEY`` names; the key is a name, a title or a code.

    Raises:
        UnknownLayerError: no such layer, or none published.
        FactSheetError: no such feature, several of them, or none that has a fact sheet.
    """
    if text == COUNTY:
        return county(atlas)
    layer_id, colon, key = text.partition(":")
    if not colon or not key:
        raise FactSheetError(f"「{text}」不是可用的对象。", fix="请写 county 或 图层:名称，例如 scenic:佛头山。")
    data = atlas[layers.get(layer_id).id]
    rows = rows_of(data, key)
    for column in (f.name for f in data.spec.source_fields if f.kind is FieldKind.TEXT):  # a code
        if not rows.size and column in data.frame:
            rows = np.flatnonzero(data.frame[column].astype(object).to_numpy() == key)
    if not rows.size:
        raise FactSheetError(f"图层「{data.spec.title}」中没有「{key}」。", fix="请核对名称或编号。")
    if rows.size > 1:
        raise FactSheetError(f"图层「{data.spec.title}」中有 {rows.size} 个「{key}」。", fix="请改用唯一的编号。")
    return feature(atlas, data.spec.id, int(rows[0]))
