"""What the checks look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from pingchang_geo.issues import Issue
from pingchang_geo.specs import LayerSpec

Flags = NDArray[np.bool_]

#: Chinese names of geometry types by shapely's type number.
TYPE_NAMES: Final = {
    -1: "空",
    0: "点",
    1: "线",
    2: "线",
    3: "面",
    4: "多点",
    5: "多线",
    6: "多面",
    7: "混合图形",
}
_SHAPELY: Final = {
    "Point": 0,
    "LineString": 1,
    "Polygon": 3,
    "MultiPoint": 4,
    "MultiLineString": 5,
    "MultiPolygon": 6,
    "GeometryCollection": 7,
}


@dataclass(frozen=True)
class Subject:
    """A frame under examination.

    Attributes:
        spec: its layer.
        frame: canonical columns, EPSG:4490, indexed by 1-based record number.
        projected: the same geometries in the measuring projection (metres).
        area_m2: their areas.
        units: area units that the names of the file's columns declare, by field.
    """

    spec: LayerSpec
    frame: gpd.GeoDataFrame
    projected: NDArray[Any]
    area_m2: NDArray[np.float64]
    units: Mapping[str, str] = field(default_factory=dict)

    @property
    def record(self) -> NDArray[np.int64]:
        """Record numbers."""
        return np.asarray(self.frame.index, dtype=np.int64)

    def rows(self, flags: Flags) -> NDArray[np.int64]:
        """Record numbers of the flagged rows."""
        return self.record[flags]


Check = Callable[[Subject], list[Issue]]


def type_numbers(names: frozenset[str]) -> list[int]:
    """Shapely's numbers of geometry type names."""
    return sorted(_SHAPELY[name] for name in names)


def type_label(names: frozenset[str]) -> str:
    """Chinese for a set of geometry types, without the multi forms."""
    labels = (TYPE_NAMES[number].removeprefix("多") for number in type_numbers(names))
    return "或".join(dict.fromkeys(labels))
