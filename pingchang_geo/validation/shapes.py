"""Polygons out of mixed geometries. Pure."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

_POLYGON, _MULTIPOLYGON = 3, 6
Geometries = NDArray[Any]
Records = NDArray[np.int64]


def polygonal(geometry: Geometries) -> Geometries:
    """The polygons of each geometry, merged; empty where there are none."""
    parts, owner = shapely.get_parts(geometry, return_index=True)
    nested = shapely.get_type_id(parts) >= _MULTIPOLYGON
    while nested.any():
        inner, which = shapely.get_parts(parts[nested], return_index=True)
        owner = np.concatenate([owner[~nested], owner[nested][which]])
        parts = np.concatenate([parts[~nested], inner])
        nested = shapely.get_type_id(parts) >= _MULTIPOLYGON
    use = shapely.get_type_id(parts) == _POLYGON
    result = np.full(len(geometry), shapely.MultiPolygon(), dtype=object)
    order = np.argsort(owner[use], kind="stable")
    owners, polygons = owner[use][order], parts[use][order]
    if len(owners):
        merged = shapely.multipolygons(polygons, indices=_dense(owners))
        targets = np.unique(owners)
        single = shapely.get_num_geometries(merged) == 1
        result[targets] = np.where(single, shapely.get_geometry(merged, 0), merged)
    return result


def _dense(owners: Records) -> Records:
    return np.unique(owners, return_inverse=True)[1]
