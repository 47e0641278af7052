"""The forty compartments that most files of the corpus hold, in the dialects of the trade, and what they mean."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS

from tests import factories
from tests.corpus import parts

ROWS = 40
#: WGS 84 is taken as CGCS2000, and UTM or a double transformation costs some micrometres: a centimetre in degrees.
TOLERANCE_DEG = 1e-7
SPECIES = {"220": "马尾松", "350": "柏木", "310": "杉木", "410": "栎类", "490": "其他硬阔", "620": "阔叶混"}


@cache
def _forest() -> gpd.GeoDataFrame:
    return factories.sample_forest(ROWS, seed=4)


def forest() -> gpd.GeoDataFrame:
    """Dialect A, EPSG:4524, a copy."""
    return _forest().copy()


def truth() -> pd.DataFrame:
    """What the canonical frame has to hold, whatever the file looked like."""
    frame = _forest()
    return pd.DataFrame(
        {
            "species": frame["YOU_SHI_SZ"].map(SPECIES),
            "origin": frame["QI_YUAN"].map({"11": "天然", "21": "人工"}),
            "age_group": frame["LING_ZU"].map(dict(zip("12345", "幼中近成过", strict=True)))
            + frame["LING_ZU"].map(dict(zip("12345", ("龄林", "龄林", "熟林", "熟林", "熟林"), strict=True))),
            "canopy": frame["YU_BI_DU"],
            "volume_m3_ha": frame["HUO_LMGQXJ"],
            "geometry": frame.geometry.to_crs(4490),
        }
    )


def dialect_b() -> gpd.GeoDataFrame:
    """林草湿一张图: lower case, areas in 亩, species × 1000, total volume."""
    return factories.dialect_b(forest())


def dialect_c() -> gpd.GeoDataFrame:
    """全民所有自然资源资产清查 (SLZYZC): no compartment numbers but a 22-digit identifier; LZ is the forest use."""
    frame = forest()
    area_ha = shapely.area(frame.geometry.array) / 1e4
    columns: dict[str, Any] = {
        "ZCQCBSM": [f"5119230402{number:012d}" for number in range(1, ROWS + 1)],
        "YSDM": "2160100000",
        "XZQDM": "511923",
        "XZQMC": "平昌县",
        "GTDCTBBH": [str(number) for number in range(1, ROWS + 1)],
        "ZLDWMC": frame["CUN"],
        "SLZYGLDL": frame["DI_LEI"],
        "ZTBMJ": np.round(area_ha, 4),
        "STBHHXMJ": 0.0,
        "SLLB": frame["SEN_LIN_LB"],
        "LZ": frame["LIN_ZHONG"],
        "YSSZ": frame["YOU_SHI_SZ"],
        "QY": frame["QI_YUAN"],
        "YBD": frame["YU_BI_DU"],
        "PJNL": frame["PINGJUN_NL"],
        "LING_ZU": frame["LING_ZU"],
        "PJSG": frame["PINGJUN_SG"],
        "PJXJ": frame["PINGJUN_XJ"],
        "MGQZS": frame["MEI_GQ_ZS"],
        "GQXJ": frame["HUO_LMGQXJ"],
        "ZTBXJ": np.round(frame["HUO_LMGQXJ"] * area_ha, 1),
    }
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=frame.geometry.array, crs=frame.crs)


def chinese() -> gpd.GeoDataFrame:
    """Column names in Chinese, as GBK shapefiles and GeoPackages made by hand have them."""
    names = {
        "XIANG": "乡镇",
        "CUN": "村",
        "LIN_BAN": "林班号",
        "XIAO_BAN": "小班号",
        "MIAN_JI": "小班面积",
        "DI_LEI": "地类",
        "YOU_SHI_SZ": "优势树种",
        "QI_YUAN": "起源",
        "LING_ZU": "龄组",
        "YU_BI_DU": "郁闭度",
        "HUO_LMGQXJ": "每公顷蓄积",
    }
    return forest()[[*names, "geometry"]].rename(columns=names)


def shapefile(frame: gpd.GeoDataFrame, folder: Path, **options: Any) -> Path:
    """A loose shapefile: GBK, no .cpg and with .prj unless said otherwise."""
    return factories.write_shapefile(frame, folder, **options)


def by_hand(frame: gpd.GeoDataFrame, folder: Path, *, prj: str | None = "4524", **options: Any) -> Path:
    """The same through the byte-wise writers: every column text, geometry as given."""
    columns = {name: [None if pd.isna(v) else str(v) for v in frame[name]] for name in frame if name != "geometry"}
    contents = [record(shape) for shape in frame.geometry]
    cpg = options.pop("cpg", None)
    text = CRS.from_epsg(int(prj)).to_wkt("WKT1_ESRI") if prj and prj.isdigit() else prj
    return parts.write_set(folder, contents, parts.table_of(columns, **options), prj=text, cpg=cpg)


def record(shape: Any) -> bytes:
    """Record of a polygon or multipolygon; outer rings clockwise, holes the other way round."""
    if shape is None or shape.is_empty:
        return parts.NULL_SHAPE
    rings = []
    for one in shapely.get_parts(shape):
        turned = shapely.orient_polygons(one, exterior_cw=True)
        rings += [turned.exterior.coords, *(hole.coords for hole in turned.interiors)]
    return parts.polygon([list(ring) for ring in rings])


def shapefile_with_prj(folder: Path, prj: str) -> Path:
    """The sample with a .prj in one's own words (UTF-8)."""
    path = shapefile(forest(), folder)
    path.with_suffix(".prj").write_text(prj, "utf-8")
    return path


def with_geometry(frame: gpd.GeoDataFrame, shapes: Any) -> gpd.GeoDataFrame:
    """The same columns over other shapes."""
    return gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=np.asarray(shapes, dtype=object), crs=frame.crs)


def esri(epsg: int) -> str:
    """The .prj that ArcGIS writes."""
    return CRS.from_epsg(epsg).to_wkt("WKT1_ESRI")


def geojson(frame: gpd.GeoDataFrame, path: Path, *, epsg: int = 4326) -> Path:
    """A plain RFC 7946 file."""
    path.write_text(frame.to_crs(epsg).to_json(drop_id=True, ensure_ascii=False), "utf-8")
    return path


def geopackage(frame: gpd.GeoDataFrame, path: Path, layer: str = "小班") -> Path:
    """A GeoPackage with one feature table."""
    pyogrio.write_dataframe(frame, path, layer=layer, driver="GPKG")
    return path


def area_km2(frame: gpd.GeoDataFrame) -> float:
    """Area by the geodesic on the ellipsoid: an oracle that shares no code with the package."""
    geod = CRS.from_epsg(4490).get_geod()
    shapes = shapely.orient_polygons(np.array(frame.to_crs(4490).geometry.array))
    return sum(geod.geometry_area_perimeter(shape)[0] for shape in shapes) / 1e6
