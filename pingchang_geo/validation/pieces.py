"""Polygons of very many corners in pieces. Pure."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

#: Corners that a piece may have.
CORNERS: Final = 1000
#: Halvings at most: enough for a billion corners, unless they lie on one spot.
_HALVINGS: Final = 20
#: Sides that a cut may meet: so many, or so many times the root of the corners if that is more. The open land around
#: 120,000 plots has half a million corners, and a line across it meets some two thousand sides.
_MET: Final = 1000
_MET_PER_ROOT: Final = 8
#: A cut may lose or add so much of the area.
_KEPT: Final = 1e-9
_POLYGON: Final = 3

Polygons = NDArray[Any]
Rows = NDArray[np.int64]


def pieces_of(polygons: Polygons, corners: int = CORNERS) -> tuple[Polygons, Rows]:
    """Polygons cut along straight lines into pieces that share no area and together are the whole.

    Args:
        polygons: n polygons and multipolygons of positive area.
        corners: how many corners a polygon may have without being cut, at least 8: cutting adds up to four.

    Returns:
        m ≥ n pieces in the order of their polygons, and for each the position of its polygon.
    """
    large = np.flatnonzero(shapely.get_num_coordinates(polygons) > corners)
    if not len(large):
        return polygons, np.arange(len(polygons))
    owner = np.setdiff1d(np.arange(len(polygons)), large)
    pieces, owners = [polygons[owner]], [owner]
    for position in large:
        cut = _cut(polygons[position], corners)
        pieces.append(cut)
        owners.append(np.full(len(cut), position))
    owner = np.concatenate(owners)
    order = np.argsort(owner, kind="stable")
    return np.concatenate(pieces)[order], owner[order]


def _cut(polygon: Any, corners: int) -> Polygons:
    """One polygon's pieces; the polygon itself where cutting fails."""
    todo, done = shapely.get_parts(polygon), []
    for _ in range(_HALVINGS):
        large = shapely.get_num_coordinates(todo) > corners
        large[large] = [_worth_a_cut(one) for one in todo[large]]
        done.append(todo[~large])
        todo = np.array([half for one in todo[large] for half in _halves(one)], dtype=object)
        if not len(todo):
            break
    pieces = np.concatenate([*done, todo])
    area = shapely.area(polygon)
    return pieces if abs(shapely.area(pieces).sum() - area) <= _KEPT * area else np.array([polygon], dtype=object)


def _worth_a_cut(polygon: Any) -> bool:
    """Whether the cut meets few of the sides. One that meets them all leaves as many corners on either side, and takes
    gigabytes for twenty thousand slanting teeth."""
    across, middle = _middle(polygon)
    points, ring = shapely.get_coordinates(shapely.get_rings(polygon), return_index=True)
    beyond = points[:, across] > middle
    met = int(((beyond[1:] != beyond[:-1]) & (ring[1:] == ring[:-1])).sum())
    return met <= max(_MET, _MET_PER_ROOT * len(points) ** 0.5)


def _middle(polygon: Any) -> tuple[int, float]:
    """Axis of the longer extent, and its middle."""
    west, south, east, north = polygon.bounds
    return (0, (west + east) / 2) if east - west >= north - south else (1, (south + north) / 2)


def _halves(polygon: Any) -> list[Any]:
    """Both sides of a cut across the middle of a polygon's longer extent, as single polygons."""
    west, south, east, north = polygon.bounds
    across, middle = _middle(polygon)
    boxes = (
        ((west, south, middle, north), (middle, south, east, north))
        if across == 0
        else ((west, south, east, middle), (west, middle, east, north))
    )
    halves = shapely.get_parts([shapely.clip_by_rect(polygon, *box) for box in boxes])
    # clipping is fast and seldom unclean; a real intersection never is
    if not shapely.is_valid(halves).all():
        halves = shapely.get_parts([shapely.intersection(polygon, shapely.box(*box)) for box in boxes])
    return [half for half in halves if shapely.get_type_id(half) == _POLYGON]
