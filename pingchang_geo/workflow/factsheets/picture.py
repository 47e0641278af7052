"""The map of a fact sheet: as a scene of a briefing shows it, with the ground that counts and a locator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import shapely

from pingchang_geo import crs, layers, maps, prints, proximity
from pingchang_geo.briefing.story import StoryLayer, StoryMap
from pingchang_geo.layers import boundaries
from pingchang_geo.prints import Extent, Key, LegendEntry, MapPicture, PictureLayer
from pingchang_geo.settings import settings
from pingchang_geo.specs import LayerSpec
from pingchang_geo.units import UnitChoice
from pingchang_geo.workflow import derive
from pingchang_geo.workflow.atlas import Atlas, LayerData
from pingchang_geo.workflow.briefings import pictures
from pingchang_geo.workflow.briefings.painting import legend_lines
from pingchang_geo.workflow.factsheets.place import Place
from pingchang_geo.workflow.site.answer import distance_text

#: Dots an inch of the page.
DPI: Final = 240
_MM_PER_IN: Final = 25.4
#: The sheet shows at least this much, and the nearest protected feature up to this distance.
_LEAST_M: Final = 3000.0
_LINK_M: Final = 5000.0
_MARGIN, _COUNTY_MARGIN = 0.45, 0.03
_GROUND_COLOR: Final = "#0B57D0"
_PALE: Final = 0.8


def draw(atlas: Atlas, place: Place, choice: UnitChoice, width_mm: float, height_mm: float) -> bytes:
    """PNG of the map, so large on the page; nothing where there is nothing to draw.

    Raises:
        PictureError: the extent or the size cannot be drawn.
    """
    made = picture(atlas, place, choice)
    if made is None:
        return b""
    frame = pictures.Frame.of(width_mm / _MM_PER_IN, height_mm / _MM_PER_IN, DPI)
    return prints.render(made, frame.width_px, frame.height_px, frame.letter_dpi, font=pictures.font()[0])


def picture(atlas: Atlas, place: Place, choice: UnitChoice) -> MapPicture | None:
    """The map sheet; None where neither the place nor the county has a shape."""
    link = _link(atlas, place)
    shown = np.array([place.ground_m, *([link[0]] if link else [])], dtype=object)
    if shapely.is_empty(place.ground_m) and not (place.data is not None and not shapely.is_empty(place.shape_m)):
        return None
    whole = place.data is None
    if shapely.is_empty(shown[0]):
        shown[0] = place.shape_m
    extent = prints.around(shown, _COUNTY_MARGIN if whole else _MARGIN, 0.0 if whole else _LEAST_M)
    story_map = _story_map(atlas, place, extent, choice)
    made = pictures.picture(story_map, atlas, approval=settings().map_approval_number)
    ground, ground_legend = _ground(place)
    line, line_legend = _link_drawn(link)
    own = made.legend if whole else tuple(_of_extent(made.legend, atlas, story_map, extent))
    return replace(
        made,
        title="",
        extent_m=extent,
        layers=(*made.layers, *ground, *line),
        legend=(*ground_legend, *line_legend, *own),
        notes=(_versions(atlas, story_map),),
        locator_m=None if whole else _county(atlas),
    )


def stand_theme(plots: LayerData, choice: UnitChoice) -> dict[str, Any] | None:
    """Legend and colours of a carbon-bearing layer by its stand types, as on the screen."""
    assert plots.spec.carbon is not None
    theme = plots.spec.theme(plots.spec.carbon.stand_type)
    return None if theme is None else maps.theme_state(plots.spec, theme, plots.frame, choice)


def shown_layers(atlas: Atlas) -> list[LayerData]:
    """Layers of the map, lowest first: plots, zones, then sites."""
    switched = [data for data in atlas.layers.values() if not data.spec.base_map and len(data.frame)]
    return sorted(switched, key=lambda data: (data.spec.carbon is None, not _areal(data.spec)))


def _areal(spec: LayerSpec) -> bool:
    return "Point" not in spec.geometry


def _story_map(atlas: Atlas, place: Place, extent: Extent, choice: UnitChoice) -> StoryMap:
    shown = tuple(_layer(atlas, data, choice) for data in shown_layers(atlas))
    select = () if place.data is None else ((place.data.spec.id, place.row),)
    ids = [layer.id for layer in shown] + ([boundaries.COUNTY.id] if place.data is None else [])
    return StoryMap(shown, _degrees(extent), select, {}, place.title, atlas.mark(ids))


def _layer(atlas: Atlas, data: LayerData, choice: UnitChoice) -> StoryLayer:
    theme = stand_theme(data, choice) if data.spec.carbon is not None else None
    state = maps.layer_state(data.frame, tiled=derive.tiled(data.version), visible=True)
    return StoryLayer(
        data.spec.id, data.spec.title, data.version.name, theme, (), state["opacity"], atlas.mark([data.spec.id])
    )


def _degrees(extent: Extent) -> tuple[float, float, float, float]:
    box = np.array([shapely.box(*extent)], dtype=object)
    west, south, east, north = shapely.bounds(crs.transform(box, crs.EQUAL_AREA_PROJ, f"EPSG:{crs.STORAGE_EPSG}"))[0]
    return float(west), float(south), float(east), float(north)


def _of_extent(
    legend: Sequence[LegendEntry], atlas: Atlas, story_map: StoryMap, extent: Extent
) -> Iterator[LegendEntry]:
    """Lines of what the sheet shows, without counts: those are of the whole county and would mislead here."""
    absent: set[str] = set()
    for layer in story_map.layers:
        data = atlas[layer.id]
        rows = data.tree.query(shapely.box(*extent))
        if not len(rows):
            absent.add(data.spec.title)
        if layer.theme is not None:
            found = set(legend_lines(data.frame.iloc[rows], layer.theme).tolist())
            absent |= {label for line, label in enumerate(layer.theme["labels"]) if line not in found}
    return (replace(entry, detail="") for entry in legend if entry.label not in absent)


def _versions(atlas: Atlas, story_map: StoryMap) -> str:
    """Versions of the layers on the map; their sources stand at the foot of the page."""
    ids = [
        *(layer.id for layer in story_map.layers),
        *((boundaries.COUNTY.id,) if boundaries.COUNTY.id in atlas else ()),
    ]
    words = [f"{atlas[i].spec.title}{atlas[i].version.label}（{atlas[i].version.provenance.kind.label}）" for i in ids]
    return f"图层：{'、'.join(words)}。"


def _ground(place: Place) -> tuple[list[PictureLayer], list[LegendEntry]]:
    """The circle around a point."""
    if place.radius_m is None:
        return [], []
    circle = np.array([place.ground_m], dtype=object)
    layer = PictureLayer(circle, _GROUND_COLOR, _GROUND_COLOR, 1.4, alpha=0.06, dash="4 3", zorder=7)
    return [layer], [LegendEntry.of_layer(f"统计范围（{place.radius_m / 1000:g} km 圆）", layer)]


def _link(atlas: Atlas, place: Place) -> tuple[Any, LayerData, float] | None:
    """The line to the nearest protected feature of another layer, if it is near and apart."""
    if place.data is None:
        return None
    for spec in layers.protected():
        if spec.id == place.data.spec.id or spec.id not in atlas:
            continue
        data = atlas[spec.id]
        found = proximity.nearest(np.array([place.shape_m], dtype=object), data.tree)
        row, distance_m = int(found.row[0]), float(found.distance_m[0])
        if row >= 0 and 0 < distance_m <= _LINK_M:
            return shapely.shortest_line(place.shape_m, data.metres[row]), data, distance_m
    return None


def _link_drawn(link: tuple[Any, LayerData, float] | None) -> Iterator[Any]:
    if link is None:
        return iter(([], []))
    line, data, distance_m = link
    color = data.spec.style.color
    layer = PictureLayer(np.array([line], dtype=object), None, color, 1.3, dash="4 3", zorder=7)
    entry = LegendEntry.of_layer(f"距{data.spec.title} {distance_text(distance_m)}", layer, Key.LINE)
    return iter(([layer], [entry]))


def _county(atlas: Atlas) -> Any | None:
    return atlas[boundaries.COUNTY.id].metres if boundaries.COUNTY.id in atlas else None
