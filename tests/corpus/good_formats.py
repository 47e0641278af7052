"""Good files: GeoPackage, GeoJSON, KML, GeoParquet, and the layers other than forest."""

from __future__ import annotations

import json
from pathlib import Path
from xml.sax.saxutils import escape

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from tests.corpus import parts, sample
from tests.corpus.case import accept, confirm, repair


@accept(same=True, format="GeoPackage", encoding="UTF-8")
def geopackage(folder: Path) -> Path:
    """QGIS's own format, in zone 36."""
    return sample.geopackage(sample.forest(), folder / "forest.gpkg")


@accept(same=True)
def geopackage_in_a_zip(folder: Path) -> Path:
    """The mail gateway only lets zip files through."""
    made = sample.geopackage(sample.forest(), folder / "x.gpkg")
    return parts.zipped(folder / "forest.zip", {"森林小班.gpkg": made})


@confirm("DATASET_SEVERAL", same=True)
def geopackage_with_two_tables(folder: Path) -> Path:
    """A working database with the compartments and a few sketches."""
    path = sample.geopackage(sample.forest(), folder / "forest.gpkg")
    sketch = gpd.GeoDataFrame({"name": ["草图"]}, geometry=[sample.forest().geometry.iloc[0]], crs=4524)
    pyogrio.write_dataframe(sketch, path, layer="草图", driver="GPKG", append=True)
    return path


@accept(same=True, format="GeoJSON", epsg=4326)
def geojson(folder: Path) -> Path:
    """An export of a web map: RFC 7946, WGS 84."""
    return sample.geojson(sample.forest(), folder / "forest.geojson")


@accept(same=True)
def geojson_with_byte_order_mark(folder: Path) -> Path:
    """Saved by the Windows notepad."""
    path = sample.geojson(sample.forest(), folder / "forest.json")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    return path


@accept(same=True, encoding="GB18030")
def geojson_in_gbk(folder: Path) -> Path:
    """A home-made exporter that writes in the system's code page."""
    path = sample.geojson(sample.forest(), folder / "forest.geojson")
    path.write_bytes(path.read_text("utf-8").encode("gbk"))
    return path


@accept(same=True, each=["urn:ogc:def:crs:EPSG::4524", "EPSG:4524", "urn:ogc:def:crs:EPSG:9.0:4524"], epsg=4524)
def geojson_with_a_crs_member(folder: Path, value: str) -> Path:
    """QGIS keeps the projected coordinates and names their system."""
    document = json.loads(sample.forest().to_json(drop_id=True))
    document["crs"] = {"type": "name", "properties": {"name": value}}
    path = folder / "forest.geojson"
    path.write_text(json.dumps(document), "utf-8")
    return path


@accept(same=True, epsg=4326)
def geojson_that_numbers_its_system(folder: Path) -> Path:
    """Written before 2008, when the member held a bare EPSG code."""
    document = json.loads(sample.forest().to_crs(4326).to_json(drop_id=True))
    document["crs"] = {"type": "EPSG", "properties": {"code": 4326}}
    path = folder / "forest.geojson"
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return path


@accept(same=True, epsg=4490)
def geojson_that_names_cgcs2000(folder: Path) -> Path:
    """A provincial data service: degrees of CGCS2000."""
    document = json.loads(sample.forest().to_crs(4490).to_json(drop_id=True))
    document["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
    path = folder / "forest.geojson"
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return path


@accept(same=True, each=("lines", "sequence"))
def geojson_one_feature_a_line(folder: Path, value: str) -> Path:
    """A stream for loading into a database; text sequences put a record separator before each line."""
    document = json.loads(sample.forest().to_crs(4326).to_json(drop_id=True))
    mark = {"lines": "", "sequence": "\x1e"}[value]
    path = folder / "forest.geojson"
    path.write_text("".join(mark + json.dumps(f, ensure_ascii=False) + "\n" for f in document["features"]), "utf-8")
    return path


@accept(same=True)
def geojson_with_heights(folder: Path) -> Path:
    """Vertices with a third number."""
    frame = sample.forest().to_crs(4326)
    frame.geometry = shapely.force_3d(frame.geometry.array, 500.0)
    path = folder / "forest.geojson"
    path.write_text(frame.to_json(drop_id=True), "utf-8")
    return path


@accept(same=True, format="GeoParquet")
def geoparquet(folder: Path) -> Path:
    """The data engineer's export."""
    path = folder / "forest.parquet"
    sample.forest().to_parquet(path)
    return path


@accept(same=True)
def geoparquet_by_another_writer(folder: Path) -> Path:
    """GDAL's GeoParquet: other compression, other column types."""
    path = folder / "forest.parquet"
    frame = sample.forest().to_crs(4490)
    frame["PINGJUN_NL"] = frame["PINGJUN_NL"].astype("int16")
    frame["XIANG"] = frame["XIANG"].astype("category")
    frame.to_parquet(path, compression="gzip", index=True)
    return path


def kml(frame: gpd.GeoDataFrame, name: str) -> str:
    """A KML as Google Earth users make it: a folder, names, extended data, heights of zero."""
    marks = []
    for _, row in frame.to_crs(4326).iterrows():
        data = "".join(
            f'<Data name="{column}"><value>{escape(str(row[column]))}</value></Data>'
            for column in frame
            if column not in ("geometry", name)
        )
        marks.append(
            f"<Placemark><name>{escape(str(row[name]))}</name><ExtendedData>{data}</ExtendedData>"
            f"{_kml_geometry(row.geometry)}</Placemark>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<Style id='a'/><Folder><name>图层</name>{''.join(marks)}</Folder></Document></kml>"
    )


def _kml_geometry(shape: shapely.Geometry) -> str:
    if shape.geom_type == "Point":
        return f"<Point><coordinates>{shape.x},{shape.y},0</coordinates></Point>"
    ring = " ".join(f"{x},{y},0" for x, y in shape.exterior.coords)
    return (
        "<Polygon><tessellate>1</tessellate><outerBoundaryIs><LinearRing><coordinates>"
        f"{ring}</coordinates></LinearRing></outerBoundaryIs></Polygon>"
    )


def scenic() -> gpd.GeoDataFrame:
    """Three scenic areas as points near the county seat."""
    columns = {"名称": ["佛头山", "白衣古镇", "驷马水乡"], "级别": "AAAA", "地址": "四川省平昌县"}
    points = shapely.points([(107.10, 31.58), (107.20, 31.50), (107.00, 31.70)])
    return gpd.GeoDataFrame(columns, geometry=points, crs=4326)


@accept(layer="scenic", format="KML", rows=3)
def scenic_points_from_google_earth(folder: Path) -> Path:
    """The culture and tourism bureau marks its scenic areas in Google Earth."""
    path = folder / "景区.kml"
    path.write_text(kml(scenic(), "名称"), "utf-8")
    return path


@accept(layer="scenic", format="KML", rows=3)
def scenic_points_as_kmz(folder: Path) -> Path:
    """The same, packed, with an icon."""
    body = kml(scenic(), "名称").encode()
    return parts.zipped(folder / "景区.kmz", {"doc.kml": body, "files/icon.png": b"\x89PNG\r\n"})


@accept(same=True, format="KML")
def forest_as_kml(folder: Path) -> Path:
    """A field app (奥维) keeps the plot data as extended data."""
    path = folder / "forest.kml"
    frame = sample.forest().assign(label=lambda f: f["LIN_BAN"] + "-" + f["XIAO_BAN"])
    path.write_text(kml(frame, "label"), "utf-8")
    return path


@accept(layer="scenic", rows=3)
def scenic_points_as_shapefile(folder: Path) -> Path:
    """The same points as a shapefile with GBK names."""
    return sample.shapefile(scenic(), folder, name="景区", epsg=4490)


@accept(layer="scenic", rows=2)
def scenic_outlines_with_one_point(folder: Path) -> Path:
    """Where the outline is known a polygon, else a point: GeoJSON can hold both."""
    shapes = [sample.forest().to_crs(4326).geometry.iloc[20], shapely.Point(107.1, 31.6)]
    frame = gpd.GeoDataFrame({"name": ["佛头山", "大石童话小镇"], "grade": "AAAA"}, geometry=shapes, crs=4326)
    return sample.geojson(frame, folder / "scenic.geojson")


@accept(layer="scenic", rows=3)
def multipoints_of_one_point(folder: Path) -> Path:
    """ArcGIS turns a dissolved point layer into multipoints."""
    frame = scenic()
    frame.geometry = [shapely.MultiPoint([point]) for point in frame.geometry]
    return sample.shapefile(frame, folder, epsg=4490)


@accept(layer="parks", rows=2)
def parks_as_points(folder: Path) -> Path:
    """The economic bureau's list of parks, geocoded by hand."""
    columns = {"YQMC": ["星光工业园", "四川平昌经济开发区"], "LX": ["工业园", "省级开发区"], "ZT": ["现状", "规划"]}
    frame = gpd.GeoDataFrame(columns, geometry=shapely.points([(107.12, 31.55), (107.15, 31.57)]), crs=4490)
    return sample.shapefile(frame, folder, name="园区", epsg=4545)


def redline(count: int = 8) -> gpd.GeoDataFrame:
    """Patches without attributes, EPSG:4524."""
    return gpd.GeoDataFrame(geometry=sample.forest().geometry.array[:count], crs=4524)


@accept(layer="redline", never=["AREA_RATIO", "AREA_DIFFERS"], rows=8, unique_keys=8)
def red_line_of_the_plan(folder: Path) -> Path:
    """Territorial planning's dialect: area MJ in square metres."""
    frame = redline()
    columns = {
        "BSM": [f"5119232024{i:08d}" for i in range(8)],
        "YSDM": "2090020100",
        "XJXZQDM": "511923",
        "XJXZQMC": "平昌县",
        "LHLX": "水土保持",
        "MJ": shapely.area(frame.geometry.array).round(2),
    }
    return sample.shapefile(frame.assign(**columns), folder, name="STBHHX")


@accept(layer="redline", never=["AREA_RATIO", "AREA_DIFFERS"], rows=8)
def red_line_of_the_survey(folder: Path) -> Path:
    """The boundary survey's dialect: area QYMJ in square kilometres."""
    frame = redline()
    columns = {
        "BSM": [str(i) for i in range(8)],
        "YSDM": "2090020100",
        "XJXZQHDM": "511923",
        "LXDM": "11",
        "SLDM": [f"5119230000{i}" for i in range(8)],
        "MC": [f"大巴山水土保持红线{i}" for i in range(8)],
        "QYMJ": (shapely.area(frame.geometry.array) / 1e6).round(6),
        "SLSJ": "20181231",
        "GKCS": "禁止开发",
    }
    return sample.shapefile(frame.assign(**columns), folder, name="STBHHX")


@accept(layer=None, guessed="redline", rows=8)
def red_line_by_its_other_names(folder: Path) -> Path:
    """An older file with HXMC and HXLX; nobody says which layer it is."""
    frame = redline().assign(HXMC=[f"红线{i}" for i in range(8)], HXLX="水源涵养", XZQDM="511923", XZQMC="平昌县")
    return sample.shapefile(frame.assign(MJ=shapely.area(frame.geometry.array)), folder, name="红线")


@accept(layer="townships", rows=4)
def townships_as_polygons(folder: Path) -> Path:
    """The civil affairs bureau's township boundaries, which share their edges."""
    names = ["同州街道", "江口街道", "驷马镇", "白衣镇"]
    frame = gpd.GeoDataFrame({"XZQMC": names, "XZQDM": [f"51192310{i}" for i in range(4)]})
    return sample.shapefile(frame.set_geometry(redline(4).geometry), folder, name="乡镇")


@accept(layer="rivers", rows=2)
def rivers_as_lines(folder: Path) -> Path:
    """The water bureau's river axes, one in two pieces."""
    lines = [
        shapely.LineString([(107.0, 31.5), (107.1, 31.56), (107.2, 31.6)]),
        shapely.MultiLineString([[(107.0, 31.6), (107.05, 31.62)], [(107.06, 31.63), (107.1, 31.65)]]),
    ]
    frame = gpd.GeoDataFrame({"HLMC": ["巴河", "通河"]}, geometry=lines, crs=4490)
    return sample.shapefile(frame, folder, name="河流", epsg=4490)


@accept(layer=None, guessed="forest", same=True)
def forest_without_saying_so(folder: Path) -> Path:
    """Nobody says which layer it is; the columns do."""
    return sample.shapefile(sample.forest(), folder)


@confirm("LAYER_UNSURE", layer=None)
def names_only(folder: Path) -> Path:
    """A file that only has names could be several layers."""
    frame = gpd.GeoDataFrame({"MC": ["甲", "乙"]}, geometry=redline(2).geometry.array, crs=4524)
    return sample.shapefile(frame, folder)


@repair("GEOMETRY_MIXED", rows=3)
def collections_with_left_over_lines(folder: Path) -> Path:
    """An overlay left lines and points in the same feature as the polygon."""
    frame = sample.forest().iloc[:3].to_crs(4326)
    first = frame.geometry.iloc[0]
    shapes = [shapely.GeometryCollection([first, shapely.LineString(first.exterior.coords[:2])]), *frame.geometry[1:]]
    frame = gpd.GeoDataFrame(pd.DataFrame(frame.drop(columns="geometry")), geometry=shapes, crs=4326)
    return sample.geojson(frame, folder / "forest.geojson")
