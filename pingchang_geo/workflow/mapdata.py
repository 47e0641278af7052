"""Bytes for the map, made from an atlas and kept while they are wanted."""

from __future__ import annotations

import gzip
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely

from pingchang_geo import crs
from pingchang_geo.specs import FieldKind
from pingchang_geo.tiles import DeepTiles, TileArchive, encode_column
from pingchang_geo.workflow import derive
from pingchang_geo.workflow.atlas import LayerData

#: Zooms up to this one lie ready; deeper tiles are drawn when asked for.
ARCHIVE_MAX_ZOOM: Final = 13
#: Columns and GeoJSON bodies kept; a 100,000-plot column is about 0.3 MB.
_BODIES_KEPT: Final = 128
_OPEN_LAYERS: Final = 4
#: Seven decimals of a degree are about a centimetre.
_DEGREE_GRID: Final = 1e-7


class MapData:
    """Answers of the map routes; thread-safe."""

    def __init__(self) -> None:
        self._bodies = _Kept(_BODIES_KEPT)
        self._archives = _Kept(_OPEN_LAYERS)
        self._deep = _Kept(_OPEN_LAYERS)

    def tile(self, layer: LayerData, z: int, x: int, y: int) -> bytes | None:
        """Gzipped id tile, from the archive up to z13, rendered on request beyond; None where empty."""
        if not derive.tiled(layer.version):
            return None
        key = (layer.version.layer, layer.version.name)
        if self.lies_ready(z):
            path = derive.tile_path(layer.store, layer.version)
            archive: TileArchive = self._archives.get(key, lambda: TileArchive.open(path))
            return archive.get(z, x, y)
        deep: DeepTiles = self._deep.get(key, lambda: _deep(layer))
        return deep.render(z, x, y)

    @staticmethod
    def lies_ready(z: int) -> bool:
        """Whether a tile of this zoom is only looked up, which takes microseconds."""
        return z <= ARCHIVE_MAX_ZOOM

    def tiles(self, layer: LayerData) -> Iterator[tuple[tuple[int, int, int], bytes]]:
        """Every tile that lies ready (z, x, y), gzipped, in order; none for a layer without tiles."""
        if derive.tiled(layer.version):
            archive = TileArchive.open(derive.tile_path(layer.store, layer.version))
            for key in archive:
                body = archive.get(*key)
                assert body is not None  # it is in the index
                yield key, body

    def column(self, atlas_id: str, layer: LayerData, field: str) -> bytes:
        """Gzipped column: Float32 numbers or category codes."""
        key = ("column", atlas_id, layer.spec.id, field)
        return bytes(self._bodies.get(key, lambda: _column(layer, field)))

    def geojson(self, atlas_id: str, layer: LayerData) -> bytes:
        """Gzipped GeoJSON of a small layer; a tiled layer answers with no features."""
        key = ("geojson", atlas_id, layer.spec.id)
        return bytes(self._bodies.get(key, lambda: gzip.compress(_geojson(layer), 6, mtime=0)))

    def outline(self, layer: LayerData, row: int) -> bytes:
        """GeoJSON feature of one row, for the highlight."""
        geometry = json.loads(shapely.to_geojson(shapely.set_precision(layer.geometry[row], _DEGREE_GRID)))
        return json.dumps({"type": "Feature", "id": row, "properties": {}, "geometry": geometry}).encode()


class _Kept:
    """A small least-recently-used cache whose values are made once, under a lock of their own key."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._values: OrderedDict[Hashable, Any] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if key in self._values:
                    return self._values[key]
            value = make()
            with self._lock:
                self._values[key] = value
                self._making.pop(key, None)
                while len(self._values) > self._size:
                    self._values.popitem(last=False)
            return value


def _deep(layer: LayerData) -> DeepTiles:
    return DeepTiles(layer.geometry, crs.boxes_to_web_mercator(layer.bounds), crs.to_web_mercator)


def _column(layer: LayerData, field: str) -> bytes:
    values = layer.frame[field]
    if layer.spec.field(field).kind is FieldKind.NUMBER:
        return encode_column(values.to_numpy(dtype=np.float64, na_value=np.nan), "number")
    categorical = values.astype("category")
    return encode_column(categorical.cat.codes.to_numpy(), "category", n_values=len(categorical.cat.categories))


def _geojson(layer: LayerData) -> bytes:
    if derive.tiled(layer.version):
        return b'{"type":"FeatureCollection","features":[]}'
    named = [layer.spec.name_field, *layer.spec.tooltip, *layer.spec.popup]
    named += [theme.field for theme in layer.spec.themes] + [f.name for f in layer.spec.filterable]
    columns = [name for name in dict.fromkeys(named) if name in layer.frame.columns]
    records = layer.frame[columns].astype(object).to_dict(orient="records")
    shapes = shapely.to_geojson(layer.geometry)
    features = [
        {
            "type": "Feature",
            "id": row,
            "properties": {str(k): None if pd.isna(v) else v for k, v in record.items()},
            "geometry": json.loads(shape),
        }
        for row, (record, shape) in enumerate(zip(records, shapes, strict=True))
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()
