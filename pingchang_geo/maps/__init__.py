"""The map for the browser: configuration, states and the folium glue that carries them (docs/architecture.md)."""

from pingchang_geo.maps.config import MapLayer, config, map_columns
from pingchang_geo.maps.glue import OfflineMap, command, new_map
from pingchang_geo.maps.state import layer_state, state, theme_state

__all__ = [
    "MapLayer",
    "OfflineMap",
    "command",
    "config",
    "layer_state",
    "map_columns",
    "new_map",
    "state",
    "theme_state",
]
