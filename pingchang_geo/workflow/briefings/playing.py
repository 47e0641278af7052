"""A briefing as a page that plays: from the server, or as one file that needs nothing else."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any, Final

from pingchang_geo.briefing.story import Story
from pingchang_geo.maps.briefing_page import linked_page, single_page
from pingchang_geo.maps.offline import briefing_parts
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.board import map_config
from pingchang_geo.workflow.mapdata import ARCHIVE_MAX_ZOOM, MapData

#: From ``/play/{name}`` to the base path.
_ROOT: Final = "../"


def player_page(story: Story, atlas: Atlas, web_dir: Path) -> str:
    """HTML of the player; the map asks the server for its data.

    Raises:
        AssetMissingError: a browser file is not there; the message names the command that mends it.
    """
    return linked_page(story.as_dict(), map_config(atlas, _layers(story, atlas), _ROOT), briefing_parts(web_dir))


def single_file(story: Story, atlas: Atlas, web_dir: Path, data: MapData | None = None) -> bytes:
    """The whole briefing as one HTML file for a USB stick: map with pan, zoom and hover, charts, notes.

    Tiles up to zoom 13 come along and are enlarged beyond. What a click would ask the server for (cards of single
    features) is not in it. UTF-8.

    Raises:
        AssetMissingError: a browser file is not there.
    """
    config = map_config(atlas, _layers(story, atlas), "")
    for layer in config["layers"]:
        if layer["mode"] == "idtiles":
            layer["maxNativeZoom"] = ARCHIVE_MAX_ZOOM
    config["alone"] = True
    files = _files(config, story, atlas, data or MapData())
    return single_page(story.as_dict(), config, briefing_parts(web_dir), files).encode("utf-8")


def _layers(story: Story, atlas: Atlas) -> tuple[str, ...]:
    return tuple(layer for layer in story.layer_ids() if layer in atlas)


def _files(config: dict[str, Any], story: Story, atlas: Atlas, data: MapData) -> dict[str, bytes]:
    """Gzipped answers that the map will ask for, by address."""
    found: dict[str, bytes] = {}
    for layer in config["layers"]:
        here = atlas[layer["id"]]
        if layer["mode"] == "geojson":
            found[f"layers/{layer['id']}/{atlas.id}.geojson"] = data.geojson(atlas.id, here)
            continue
        for (z, x, y), body in data.tiles(here):
            found[f"tiles/{layer['id']}/{layer['version']}/{z}/{x}/{y}"] = body
        for field in _asked(layer, story):
            found[f"columns/{layer['id']}/{atlas.id}/{field}"] = data.column(atlas.id, here, field)
    for layer_id in filter(None, config["base"].values()):
        found[f"layers/{layer_id}/{atlas.id}.geojson"] = data.geojson(atlas.id, atlas[layer_id])
    for scene in story.scenes:
        for layer_id, row in scene.map.select if scene.map else ():
            outline = data.outline(atlas[layer_id], row)
            found[f"outline/{layer_id}/{atlas[layer_id].version.name}/{row}"] = gzip.compress(outline, 6, mtime=0)
    return found


def _asked(layer: dict[str, Any], story: Story) -> list[str]:
    """Columns of a tiled layer that some scene colours or filters by, or that hovering shows."""
    shown = [one for scene in story.scenes if scene.map for one in scene.map.layers if one.id == layer["id"]]
    fields = [one.theme["field"] for one in shown if one.theme]
    fields += [rule["field"] for one in shown for rule in one.filter if "field" in rule]
    return [name for name in dict.fromkeys([*fields, *layer["tooltip"]]) if name in layer["columns"]]
