"""The order of the checks, and what they leave behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from pingchang_geo import crs
from pingchang_geo.issues import Issue
from pingchang_geo.messages import issue
from pingchang_geo.specs import LayerSpec
from pingchang_geo.validation import attributes, geometry, overlap, place, ratios, repair
from pingchang_geo.validation.model import Check, Subject

_CHECKS: Final[tuple[Check, ...]] = (
    attributes.keys,
    attributes.values,
    ratios.areas,
    ratios.volumes,
    geometry.duplicates,
    geometry.slivers,
    overlap.overlaps,
)


@dataclass(frozen=True)
class Validated:
    """A frame after the checks.

    Attributes:
        frame: as given, with geometries of the layer's types, repaired where that was possible, and area fields in
            the units of the layer.
        area_m2: area of each row in the measuring projection.
        issues: everything found.
        unique_keys: number of distinct keys, None where the file has no key.
    """

    frame: gpd.GeoDataFrame
    area_m2: NDArray[np.float64]
    issues: tuple[Issue, ...]
    unique_keys: int | None


def _finite(projected: NDArray[Any]) -> NDArray[Any]:
    """Without what the far side of the Earth projects to; such features are reported as outside the county."""
    bounds = shapely.bounds(projected)
    lost = np.isinf(bounds).any(axis=1)
    if lost.any():
        projected = projected.copy()
        projected[lost] = None
    return projected


def validate(
    spec: LayerSpec,
    frame: gpd.GeoDataFrame,
    county: Any | None = None,
    units: Mapping[str, str] = MappingProxyType({}),
) -> Validated:
    """Check a canonical frame.

    Args:
        spec: its layer.
        frame: the layer's source fields and geometry, EPSG:4490, indexed by 1-based record number.
        county: outline of the county (EPSG:4490); without it only the surrounding box is checked.
        units: area units that the names of the file's columns declare (公顷, 亩, m², km²), by field.
    """
    record = np.asarray(frame.index, dtype=np.int64)
    if not len(frame):
        return Validated(frame, np.empty(0), (issue("ROWS_NONE"),), None)
    shapes = frame.geometry.to_numpy()
    shapes, issues = geometry.present(shapes, record)
    shapes, wrong_type = geometry.unified(shapes, record, spec)
    shapes, mended = repair.repaired(shapes, record)
    checked = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
    projected = _finite(crs.to_equal_area(shapes))
    subject = Subject(spec, checked, projected, np.nan_to_num(shapely.area(projected)), units)
    found = [*issues, *wrong_type, *mended, *place.whereabouts(subject, county)]
    for check in _CHECKS:
        found += check(subject)
    areas = ratios.in_field_units(subject)
    return Validated(checked.assign(**areas), subject.area_m2, tuple(found), attributes.unique_keys(subject))
