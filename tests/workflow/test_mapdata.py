"""Bytes for the map."""

from __future__ import annotations

import gc
import threading

import numpy as np
import pytest
import shapely

from pingchang_geo import crs
from pingchang_geo.store import LocalStore
from pingchang_geo.tiles import DeepTiles
from pingchang_geo.tiles.grid import tile_range
from pingchang_geo.workflow import derive
from pingchang_geo.workflow.atlas import load
from pingchang_geo.workflow.current import Atlases
from pingchang_geo.workflow.mapdata import MapData


def test_deep_tiles_are_those_of_everything_projected_at_once(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what a tile shows is projected, and it is the same picture."""
    monkeypatch.setattr(derive, "tiled", lambda version: True)  # as if these were many
    layer = load(store)["forest"]
    data, moved = MapData(), crs.to_web_mercator(layer.geometry)
    whole = DeepTiles(moved, shapely.bounds(moved), lambda some: some)
    west, south, east, north = (float(side) for side in shapely.total_bounds(moved))
    x0, y0, x1, y1 = tile_range((west, south, east, north), 14)
    bodies = {(x, y): data.tile(layer, 14, x, y) for x in range(x0, x1) for y in range(y0, y1)}
    assert any(bodies.values())
    assert bodies == {(x, y): whole.render(14, x, y) for x, y in bodies}


def test_boxes_are_moved_as_their_corners_are_and_nothing_stays_nothing() -> None:
    boxes = np.array([[107.0, 31.4, 107.2, 31.6], [np.nan] * 4])
    moved = crs.boxes_to_web_mercator(boxes)
    assert np.allclose(moved[0], shapely.bounds(crs.to_web_mercator(np.array([shapely.box(*boxes[0])])))[0], atol=1e-6)
    assert np.isnan(moved[1]).all()


def test_a_version_in_memory_is_found_without_asking_what_is_current(store: LocalStore) -> None:
    atlases = Atlases(store)
    assert atlases.held("forest", "1-anything") is None
    layer = atlases.current()["forest"]
    assert atlases.held("forest", layer.version.name) is layer
    assert atlases.held("forest", "9-other") is None
    assert atlases.held("moon", layer.version.name) is None


def test_a_server_that_stays_reads_ahead_and_sets_aside_what_is_loaded(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(derive, "tiled", lambda version: version.layer == "forest")
    atlases = Atlases(store)
    atlas, before = atlases.current(), gc.get_freeze_count()
    assert "geometry" not in vars(atlas["forest"])
    try:
        atlases.stay()
        for thread in threading.enumerate():
            if thread.name == "read-ahead":
                thread.join(30)
        assert "geometry" in vars(atlas["forest"])
        assert "geometry" not in vars(atlas["scenic"])
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()
