"""``config`` of docs/architecture.md: what the map is told once, when it mounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from pingchang_geo.maps.offline import ROOT
from pingchang_geo.specs import FieldKind, FieldSpec, LayerSpec

#: Symbols of the specifications in the map's vocabulary.
_SYMBOLS: Final = {"circle": "circle", "mountain": "triangle", "factory": "square"}
_TILE_ZOOMS: Final = (8, 17)


@dataclass(frozen=True)
class MapLayer:
    """One published layer as the map needs it.

    Attributes:
        version: name of the version, for addresses.
        frame: the layer's rows; read only.
        tiled: drawn from id tiles rather than as GeoJSON.
        mark: 示意数据 or nothing.
    """

    spec: LayerSpec
    version: str
    frame: pd.DataFrame
    tiled: bool
    mark: str


def config(
    snapshot: str,
    layers: Sequence[MapLayer],
    base: Sequence[MapLayer],
    extent: tuple[float, float, float, float],
    root: str = ROOT,
) -> dict[str, Any]:
    """The map's constant configuration.

    Args:
        snapshot: id of the atlas, for addresses.
        layers: data layers, lowest first.
        base: outlines and rivers that lie beneath, by the role their id names.
        extent: west, south, east, north of what the map shows first (EPSG:4490).
        root: way from the page that holds the map to the server's base path.
    """
    west, south, east, north = extent
    roles = {"outline": "county", "neighbours": "neighbours", "rivers": "rivers"}
    published = {layer.spec.id for layer in base}
    return {
        "root": root,
        "snapshot": snapshot,
        "bounds": [[south, west], [north, east]],
        "layers": [_layer(layer) for layer in layers],
        "base": {role: layer_id if layer_id in published else None for role, layer_id in roles.items()},
    }


def map_columns(layer: MapLayer) -> tuple[FieldSpec, ...]:
    """Columns the map may ask for: those it colours by, filters by or shows on hover.

    Texts travel only with small layers, inside their GeoJSON.
    """
    spec = layer.spec
    names = [t.field for t in spec.themes] + [f.name for f in spec.filterable] + [*spec.tooltip]
    fields = [spec.field(name) for name in dict.fromkeys(names) if name in layer.frame.columns]
    return tuple(f for f in fields if f.kind is not FieldKind.TEXT or not layer.tiled)


def _layer(layer: MapLayer) -> dict[str, Any]:
    spec = layer.spec
    columns = map_columns(layer)
    known = {field.name for field in columns}
    described: dict[str, Any] = {
        "id": spec.id,
        "title": spec.title,
        "mode": "idtiles" if layer.tiled else "geojson",
        "version": layer.version,
        "rows": len(layer.frame),
        "mark": layer.mark,
        "color": spec.style.color,
        "columns": {field.name: _column(field, layer.frame) for field in columns},
        "tooltip": [name for name in spec.tooltip if name in known],
    }
    if layer.tiled:
        described["minNativeZoom"], described["maxNativeZoom"] = _TILE_ZOOMS
        return described
    style: dict[str, Any] = {
        "weight": spec.style.weight,
        "fillOpacity": spec.style.fill_opacity,
        "dashArray": spec.style.dash,
    }
    if "Point" in spec.geometry:
        style["symbol"] = _SYMBOLS.get(spec.style.symbol, "circle")
    return {**described, "style": style, "labelField": spec.name_field}


def _column(field: FieldSpec, frame: pd.DataFrame) -> dict[str, Any]:
    described: dict[str, Any] = {"kind": field.kind.value, "label": field.label}
    if field.kind is FieldKind.NUMBER:
        described |= {"unit": field.unit, "digits": field.digits}
    if field.kind is FieldKind.CATEGORY:
        described["values"] = [str(value) for value in frame[field.name].cat.categories]
    return described
