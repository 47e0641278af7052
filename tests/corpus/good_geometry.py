"""Good files: coordinate systems and kinds of shapes."""

from __future__ import annotations

import struct
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from tests.corpus import parts, sample
from tests.corpus.case import accept, confirm

USUAL = (4490, 4524, 4545, 4496, 4507, 4523, 4544, 32648, 4326, 3857)


@accept(same=True, each=USUAL)
def prj_of_arcgis(folder: Path, value: int) -> Path:
    """Every usual coordinate system of the county, with the .prj that ArcGIS writes."""
    shp = sample.shapefile(sample.forest(), folder, epsg=value, prj=False)
    shp.with_suffix(".prj").write_text(sample.esri(value))
    return shp


@accept(same=True, each=(4490, 4524, 4545, 4496))
def prj_of_qgis(folder: Path, value: int) -> Path:
    """QGIS and GDAL write WKT with authority codes."""
    shp = sample.shapefile(sample.forest(), folder, epsg=value, prj=False)
    shp.with_suffix(".prj").write_text(CRS.from_epsg(value).to_wkt("WKT1_GDAL", pretty=True))
    return shp


@confirm("CRS_INFERRED", same=True, each=(4490, 4524, 4545, 4496))
def without_prj(folder: Path, value: int) -> Path:
    """The .prj was lost; the eastings tell the zone and whether they carry its number, but never the datum."""
    return sample.shapefile(sample.forest(), folder, epsg=value, prj=False)


@accept(same=True, answers={"CRS_INFERRED": "EPSG:4524"}, epsg=4524)
def without_prj_but_confirmed(folder: Path) -> Path:
    """The same after the analyst has agreed."""
    return sample.shapefile(sample.forest(), folder, prj=False)


@confirm("CRS_LEGACY", answers={"CRS_INFERRED": "2360"}, epsg=2360)
def without_prj_and_of_the_old_datum(folder: Path) -> Path:
    """The analyst knows that the file is of Xian 1980: the same numbers, another datum."""
    return sample.shapefile(sample.forest(), folder, prj=False)


@confirm("CRS_MISSING", each=(4507, 32648))
def without_prj_and_ambiguous(folder: Path, value: int) -> Path:
    """The .prj was lost, and the same eastings fit a 6° zone, a 3° zone and UTM."""
    return sample.shapefile(sample.forest(), folder, epsg=value, prj=False)


@accept(same=True, answers={"CRS_MISSING": "4507"}, epsg=4507)
def ambiguous_but_answered(folder: Path) -> Path:
    """The same after the analyst has said which one it is."""
    return sample.shapefile(sample.forest(), folder, epsg=4507, prj=False)


#: As found in public code and files; all stand for EPSG:4524.
PRJ_4524 = {
    "arcgis": 'PROJCS["CGCS2000_3_Degree_GK_Zone_36",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",'
    'DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",36500000.0],'
    'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",108.0],PARAMETER["Scale_Factor",1.0],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]',
    "transverse_mercator": 'PROJCS["CGCS2000_3_Degree_GK_Zone_36",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",'
    'DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0],'
    'UNIT["Degree",0.017453292519943295]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],'
    'PARAMETER["central_meridian",108],PARAMETER["scale_factor",1],PARAMETER["false_easting",36500000],'
    'PARAMETER["false_northing",0],UNIT["Meter",1]]',
    "renamed": 'PROJCS["pingchang_2000_36",GEOGCS["GCS_CGCS_2000",DATUM["D_CGCS_2000",'
    'SPHEROID["CGCS_2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],'
    'PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",36500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",108.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],'
    'UNIT["Meter",1.0]]',
    "chinese": 'PROJCS["国家2000_3度带_36带",GEOGCS["GCS_国家2000大地坐标系",DATUM["D_国家2000",'
    'SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],'
    'PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",36500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",108.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],'
    'UNIT["Meter",1.0]]',
    "with_heights": 'COMPD_CS["x",PROJCS["CGCS2000 / 3-degree Gauss-Kruger zone 36",GEOGCS["China Geodetic Coordinate '
    'System 2000",DATUM["China_2000",SPHEROID["CGCS2000",6378137,298.257222101]],PRIMEM["Greenwich",0],'
    'UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],'
    'PARAMETER["central_meridian",108],PARAMETER["scale_factor",1],PARAMETER["false_easting",36500000],'
    'PARAMETER["false_northing",0],UNIT["metre",1]],VERT_CS["Yellow Sea 1985",VERT_DATUM["Yellow Sea 1985",2005],'
    'UNIT["metre",1],AXIS["Up",UP]]]',
    "authority": "EPSG:4524",
    "number": "4524",
}


@accept(same=True, epsg=4524, each=PRJ_4524)
def prj_in_other_words(folder: Path, value: str) -> Path:
    """The same zone 36 as different programs and people write it down."""
    return sample.by_hand(sample.forest(), folder, prj=PRJ_4524[value])


@accept(same=True, epsg=4524)
def prj_in_gbk(folder: Path) -> Path:
    """A .prj with a Chinese name, saved by the Windows notepad in GBK."""
    shp = sample.by_hand(sample.forest(), folder, prj=None)
    shp.with_suffix(".prj").write_bytes(PRJ_4524["chinese"].encode("gbk"))
    return shp


@accept(same=True, epsg=4490)
def prj_with_metadata_node(folder: Path) -> Path:
    """ArcGIS Server adds a METADATA node and an authority to geographic CGCS2000."""
    frame = sample.forest().to_crs(4490)
    text = (
        'GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,'
        '298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433],METADATA["China",73.62,16.7,134.77,'
        '53.55,0.0,0.0174532925199433,0.0,1067],AUTHORITY["EPSG",4490]]'
    )
    return sample.by_hand(frame, folder, prj=text)


def _zm(kind: int) -> list[bytes]:
    """Records with Z and M blocks behind the points; "no data" in M, as ArcGIS writes it."""
    contents = []
    for shape in sample.forest().geometry:
        ring = list(shapely.orient_polygons(shape, exterior_cw=True).exterior.coords)
        block = struct.pack("<dd", 300.0, 900.0) + np.linspace(300, 900, len(ring)).astype("<f8").tobytes()
        empty = struct.pack("<dd", -1e39, -1e39) + np.full(len(ring), -1e39).astype("<f8").tobytes()
        contents.append(parts.polygon([ring], kind=kind, extra=block + empty if kind == 15 else empty))
    return contents


@accept(same=True, each=(15, 25))
def polygons_with_z_and_m(folder: Path, value: int) -> Path:
    """Exported from a geodatabase with heights (PolygonZ) or measures (PolygonM) switched on."""
    frame = sample.forest()
    columns = {name: list(frame[name].astype(str)) for name in frame if name != "geometry"}
    return parts.write_set(folder, _zm(value), parts.table_of(columns), kind=value, prj=sample.esri(4524))


@accept(same=True)
def rings_wound_the_wrong_way(folder: Path) -> Path:
    """A home-made exporter writes every ring counter-clockwise."""
    frame = sample.forest()
    contents = [
        parts.polygon([list(shapely.orient_polygons(shape, exterior_cw=False).exterior.coords)])
        for shape in frame.geometry
    ]
    columns = {name: list(frame[name].astype(str)) for name in frame if name != "geometry"}
    return parts.write_set(folder, contents, parts.table_of(columns), prj=sample.esri(4524))


def punched() -> gpd.GeoDataFrame:
    """The sample with a clearing (with an islet) in each tenth compartment, and a first one in two parts."""
    frame = sample.forest()
    shapes = np.array(frame.geometry.array)
    for number in range(0, sample.ROWS, 10):
        middle = shapes[number].representative_point()
        hole = shapely.difference(shapes[number], shapely.box(*middle.buffer(120).bounds))
        shapes[number] = shapely.union(hole, shapely.box(*middle.buffer(40).bounds))
    away = shapely.box(36_400_000, 3_481_000, 36_400_300, 3_481_300)
    shapes[0] = shapely.union(shapes[0], away)
    return sample.with_geometry(frame, shapes)


@accept(never=["GEOMETRY_REPAIRED", "OVERLAP"], rows=sample.ROWS, area_km2=sample.area_km2(punched()))
def holes_and_islands(folder: Path) -> Path:
    """Compartments with clearings, islets inside them, and parts on both sides of a road."""
    return sample.shapefile(punched().drop(columns="MIAN_JI"), folder)
