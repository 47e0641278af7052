"""The constant configuration of a map over an atlas, for pages and players alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pingchang_geo import maps
from pingchang_geo.maps import MapLayer
from pingchang_geo.maps.offline import ROOT
from pingchang_geo.workflow import derive
from pingchang_geo.workflow.atlas import Atlas, LayerData


def map_layer(found: Atlas, data: LayerData) -> MapLayer:
    """A layer as the map needs it, with the mark of its own features."""
    return MapLayer(data.spec, data.version.name, data.frame, derive.tiled(data.version), found.mark([data.spec.id]))


def map_config(found: Atlas, layer_ids: Iterable[str], root: str = ROOT) -> dict[str, Any]:
    """``config`` of docs/architecture.md: the layers in their order over the base layers, the county in sight.

    Args:
        found: the atlas whose versions are shown.
        layer_ids: data layers, lowest first.
        root: way from the page that holds the map to the server's base path.
    """
    base = [map_layer(found, data) for data in found.layers.values() if data.spec.base_map]
    return maps.config(found.id, [map_layer(found, found[i]) for i in layer_ids], base, extent(found), root)


def extent(found: Atlas) -> tuple[float, float, float, float]:
    """West, south, east, north (EPSG:4490) of the county, or of everything where the county has no version."""
    if "county" in found:
        return found["county"].extent
    extents = [data.extent for data in found.layers.values() if len(data.frame)]
    west, south, east, north = zip(*extents, strict=True)
    return min(west), min(south), max(east), max(north)
