"""folium elements that carry our configuration and our states into the component."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import folium
from folium.template import Template

from pingchang_geo.maps.offline import Assets

_ESCAPES: Final = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "'": "\\u0027",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
    # The component's key is a hash of the script without every "_[a-z0-9]+", and its variable renaming looks for
    # the same pattern: with the underscore escaped both leave our JSON alone.
    "_": "\\u005f",
    "{": "\\u007b",
}
#: branca compiles rendered scripts as templates once more; "{{", "{%" and "{#" occur in JSON only inside texts.
_UNSAFE: Final = re.compile("[<>&'\u2028\u2029_]|\\{(?=[{%#])")


def embed(value: Any) -> str:
    """JSON that may stand inside a script element whatever texts it holds."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _UNSAFE.sub(lambda found: _ESCAPES[found.group()], text)


class OfflineMap(folium.Map):
    """A bare Leaflet map whose scripts come from our own server."""

    def __init__(self, found: Assets, **options: Any) -> None:
        super().__init__(tiles=None, control_scale=False, attributionControl=False, **options)
        self._name = "Map"
        self.default_js = [(f"script{i}", address) for i, address in enumerate(found.scripts)]
        self.default_css = [(f"style{i}", address) for i, address in enumerate(found.styles)]


class _Create(folium.MacroElement):
    """``PingchangMap.create``: once, when the map mounts. The map fills its frame, whatever height the page gives."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        (function (map) {
          var box = map.getContainer();
          box.style.width = "100%";
          box.style.height = "100vh";
          document.body.style.margin = "0";
          document.documentElement.lang = "zh-CN";
          map.invalidateSize({animate: false, pan: false});
          window.PingchangMap.create(map, {{ this.json }});
        })({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        self._name = "Create"
        self.json = embed(config)


class _Apply(folium.MacroElement):
    """``pingchang.apply``: evaluated in the live map whenever its text changes."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        window.pingchang.apply({{ this.json }});
        {% endmacro %}
        """
    )

    def __init__(self, state: dict[str, Any]) -> None:
        super().__init__()
        self._name = "Apply"
        self.json = embed(state)


def new_map(config: dict[str, Any], found: Assets) -> OfflineMap:
    """The constant part of a page's map; same configuration, same script."""
    (south, west), (north, east) = config["bounds"]
    board = OfflineMap(found, location=[(south + north) / 2, (west + east) / 2], zoom_start=9, max_zoom=18)
    board.add_child(_Create(config))
    return board


def command(state: dict[str, Any]) -> folium.FeatureGroup:
    """The changing part: a feature group that holds nothing but the call."""
    group = folium.FeatureGroup(name="state")
    group.add_child(_Apply(state))
    return group
