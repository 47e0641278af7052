"""What a page's map shows, as the map of a scene: layers with colours, filter and versions, the view, the feature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pingchang_geo.briefing import Feature, LayerView, SceneMap
from pingchang_geo.briefing.filter_text import filter_text
from pingchang_geo.filters import Filter
from pingchang_geo.maps.view import parse_view
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.briefings.features import key_of


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
        view: as the map writes it into the address (:mod:`pingchang_geo.maps.view`); empty: the whole county.
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
    seen = parse_view(view)
    key = key_of(atlas[selected[0]], selected[1]) if selected else ""
    select = (Feature(selected[0], key),) if selected and key else ()
    return SceneMap(views, extent=seen.extent if seen else None, select=select)
