"""Geometry: missing, of the wrong type, duplicated, slivers. Pure."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from pingchang_geo.issues import Issue
from pingchang_geo.messages import issue
from pingchang_geo.specs import LayerSpec
from pingchang_geo.validation.model import TYPE_NAMES, Subject, type_label, type_numbers
from pingchang_geo.validation.shapes import polygonal

#: Smaller polygons are left-overs of cutting.
SLIVER_M2: Final = 1.0

_POINT, _POLYGON, _MULTIPOINT, _MULTIPOLYGON, _COLLECTION = 0, 3, 4, 6, 7
Geometries = NDArray[Any]
Records = NDArray[np.int64]


def present(geometry: Geometries, record: Records) -> tuple[Geometries, list[Issue]]:
    """Geometries whose coordinates are finite (None for the others), and which are missing or not finite."""
    absent = np.asarray(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    issues = [issue("GEOMETRY_NULL", rows=record[absent])] if absent.any() else []
    points, owner = shapely.get_coordinates(geometry, return_index=True)
    infinite = np.unique(owner[~np.isfinite(points).all(axis=1)])
    if not len(infinite):
        return geometry, issues
    result = geometry.copy()
    result[infinite] = None
    return result, [*issues, issue("GEOMETRY_COORDINATES", rows=record[infinite])]


def unified(geometry: Geometries, record: Records, spec: LayerSpec) -> tuple[Geometries, list[Issue]]:
    """Geometries in the layer's types where that loses nothing, and what is of another type.

    Multipoints of one point become points; collections of polygons and leftovers keep their polygons.
    """
    result = geometry.copy()
    wanted = type_numbers(spec.geometry)
    kind = shapely.get_type_id(result)
    one = (kind == _MULTIPOINT) & (shapely.get_num_geometries(result) == 1)
    if _POINT in wanted and one.any():
        result[one] = shapely.get_geometry(result[one], 0)
    issues: list[Issue] = []
    mixed = np.flatnonzero(kind == _COLLECTION)
    if _POLYGON in wanted and len(mixed):
        kept = polygonal(result[mixed])
        changed = ~shapely.is_empty(kept)
        result[mixed[changed]] = kept[changed]
        if changed.any():
            issues.append(issue("GEOMETRY_MIXED", rows=record[mixed[changed]]))
    kind = shapely.get_type_id(result)
    wrong = ~np.isin(kind, [-1, *wanted])
    if wrong.any():
        found = "、".join(dict.fromkeys(TYPE_NAMES[int(k)] for k in np.unique(kind[wrong])))
        issues.append(
            issue("GEOMETRY_TYPE", rows=record[wrong], found=found, layer=spec.title, wanted=type_label(spec.geometry))
        )
    return result, issues


def duplicates(subject: Subject) -> list[Issue]:
    """Geometries equal to an earlier one, found by their boxes first."""
    boxes = pd.DataFrame(shapely.bounds(subject.projected)).round(3)
    suspects = np.flatnonzero(boxes.duplicated(keep=False) & boxes.notna().all(axis=1))
    if not len(suspects):
        return []
    shape = pd.Series(shapely.to_wkb(shapely.normalize(shapely.set_precision(subject.projected[suspects], 0.001))))
    repeated = np.zeros(len(subject.frame), dtype=bool)
    repeated[suspects[shape.duplicated().to_numpy()]] = True
    return [issue("DUPLICATE_GEOMETRY", rows=subject.rows(repeated))] if repeated.any() else []


def slivers(subject: Subject) -> list[Issue]:
    """Polygons too small to be real."""
    areal = np.isin(shapely.get_type_id(subject.projected), (_POLYGON, _MULTIPOLYGON))
    flags = areal & (subject.area_m2 < SLIVER_M2)
    return [issue("SLIVER", rows=subject.rows(flags), tolerance=f"{SLIVER_M2:g}")] if flags.any() else []
