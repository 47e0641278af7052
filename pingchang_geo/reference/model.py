"""What the builder hands over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Geometries = NDArray[Any]

#: 1 亩 = 2000/3 m² by definition.
M2_PER_WANMU = 2000.0 / 3.0 * 10_000.0


@dataclass(frozen=True)
class ReferenceLayer:
    """One reference layer.

    Attributes:
        layer: layer id as in the layer registry.
        frame: features in EPSG:4490, columns named as in files from the trade (dialect A).
        provenance: title, kind, source, licence, as_of, note, location; texts in Chinese.
    """

    layer: str
    frame: gpd.GeoDataFrame
    provenance: Mapping[str, str]
