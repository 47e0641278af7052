"""What a page's map shows, as the map of a scene: layers with colours, filter and versions, the view, the feature."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pingchang_geo.briefing import Feature, LayerView, SceneMap
from pingchang_geo.briefing.filter_text import filter_text
from pingchang_geo.briefing.model import Box
from pingchang_geo.filters import Filter
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.briefings.features import key_of

#: A page's map on a county hall's screen, in pixels: what an address tells is the centre and the zoom only.
_SCREEN_PX: Final = (820, 470)
_TILE_PX: Final = 256
#: The square world of web maps ends here.
_MOST_LATITUDE: Final = 85.0
_DIGITS: Final = 5


@dataclass(frozen=True, slots=True)
class LayerShown:
    """One layer that a page shows; ``opacity`` None: as maps show it by default."""

    theme: str = ""
    opacity: float | None = None
    chosen: Filter = field(default_factory=Filter)


def scene_map(
    atlas: Atlas,
    shown: Mapping[str, LayerShown],
    view: str = "",
    selected: tuple[str, int] | None = None,
    *,
    versions: bool = True,
) -> SceneMap:
    """The map of a scene from what a page shows.

    Args:
        atlas: the page's layers.
        shown: layers that are switched on, lowest first.
        view: ``latitude,longitude,zoom`` as the map writes it into the address; empty: the whole county.
        selected: layer and row of the selected feature; it is kept by name or key.
        versions: note the versions of the layers, so that a later one is pointed out.
    """
    views = tuple(
        LayerView(
            layer_id,
            one.theme,
            one.opacity,
            atlas[layer_id].version.name if versions else "",
            filter_text(one.chosen),
        )
        for layer_id, one in shown.items()
    )
    key = key_of(atlas[selected[0]], selected[1]) if selected else ""
    return SceneMap(views, extent=extent_of(view), select=Feature(selected[0], key) if selected and key else None)


def extent_of(view: str) -> Box | None:
    """West, south, east, north (EPSG:4490) that a map of the usual size shows at a view; None where it says nothing."""
    try:
        latitude, longitude, zoom = (float(part) for part in view.split(","))
    except ValueError:
        return None
    if not (abs(latitude) < _MOST_LATITUDE and abs(longitude) <= 180 and 0 <= zoom <= 24):
        return None
    world_px = _TILE_PX * 2.0**zoom
    across = 360.0 * _SCREEN_PX[0] / world_px / 2
    y = math.asinh(math.tan(math.radians(latitude)))
    along = 2 * math.pi * _SCREEN_PX[1] / world_px / 2
    south, north = (math.degrees(math.atan(math.sinh(y + sign * along))) for sign in (-1, 1))
    box = (longitude - across, south, longitude + across, north)
    west, south, east, north = (round(value, _DIGITS) for value in box)
    return west, south, east, north
