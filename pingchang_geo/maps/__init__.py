"""The map for the browser: configuration, states and the folium glue that carries them (docs/architecture.md)."""

from pingchang_geo.maps.config import MapLayer, config, map_columns
from pingchang_geo.maps.glue import OfflineMap, command, new_map
from pingchang_geo.maps.sketch import Role, Shape, collection
from pingchang_geo.maps.state import layer_state, rows_rule, state, theme_state

__all__ = [
    "MapLayer",
    "OfflineMap",
    "Role",
    "Shape",
    "collection",
    "command",
    "config",
    "layer_state",
    "map_columns",
    "new_map",
    "rows_rule",
    "state",
    "theme_state",
]
