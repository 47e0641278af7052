"""Dirty files: geometry, coordinate systems and whereabouts."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pingchang_geo.validation.place import gcj_offset
from tests.corpus import harness, parts, sample
from tests.corpus.case import accept, confirm, reject, repair


def _shapes() -> np.ndarray:
    return np.array(sample.forest().geometry.array)


def _moved(shapes: np.ndarray, east: float, north: float) -> np.ndarray:
    return np.asarray(shapely.transform(shapes, lambda points: points + np.array((east, north))))


def _stored(shapes: np.ndarray, folder: Path, epsg: int = 4524) -> Path:
    """Through the byte-wise writer: GDAL would mend or refuse some of this."""
    return sample.by_hand(sample.with_geometry(sample.forest(), shapes), folder, prj=str(epsg))


@confirm("GEOMETRY_REPAIR_LARGE")
def bow_ties(folder: Path) -> Path:
    """Two vertices were dragged across each other: the polygon crosses itself, and its area is anybody's guess."""
    shapes = _shapes()
    ring = [(36_415_000, 3_495_000), (36_416_000, 3_496_000), (36_416_000, 3_495_000), (36_415_000, 3_496_500)]
    shapes[6] = shapely.Polygon([*ring, ring[0]])
    return _stored(shapes, folder)


@repair("GEOMETRY_REPAIRED")
def spikes_and_touching_rings(folder: Path) -> Path:
    """Snapping left a spike of no width and a loop that touches itself: the repair changes no area."""
    shapes = _shapes()
    corner = np.array(shapes[3].exterior.coords)
    spike = np.vstack([corner[:2], corner[1] + (500, 0), corner[1:]])
    shapes[3] = shapely.Polygon(spike)
    return _stored(shapes, folder)


@confirm("DUPLICATE_GEOMETRY", "OVERLAP")
def the_same_polygon_twice(folder: Path) -> Path:
    """Appended twice by mistake: the area would count double."""
    shapes = _shapes()
    shapes[12] = shapes[13]
    return _stored(shapes, folder)


@accept("SLIVER")
def slivers(folder: Path) -> Path:
    """A cut left a strip of half a square metre."""
    shapes = _shapes()
    x, y = shapes[9].exterior.coords[0]
    shapes[9] = shapely.box(x, y, x + 5, y + 0.1)
    return _stored(shapes, folder)


@accept("OVERLAP")
def neighbours_that_overlap(folder: Path) -> Path:
    """Boundaries were drawn twice and do not meet."""
    shapes = _shapes()
    shapes[20] = shapes[20].buffer(25)
    return _stored(shapes, folder)


@confirm("OVERLAP")
def last_years_plots_beside_this_years(folder: Path) -> Path:
    """Two years in one file: the same plots moved by three metres under other numbers, all land counted twice."""
    frame = sample.forest()
    again = sample.with_geometry(frame, _moved(_shapes(), 3, 3)).assign(XIAO_BAN=frame["XIAO_BAN"] + "旧")
    return sample.by_hand(pd.concat([frame, again], ignore_index=True), folder, prj="4524")


@reject("GEOMETRY_TANGLED")
def a_polygon_like_a_ball_of_wool(folder: Path) -> Path:
    """Points were joined in the order of their numbers: a repair would take minutes."""
    shapes = _shapes()
    points = np.random.default_rng(1).random((2000, 2)) * 1000 + (36_415_000, 3_495_000)
    shapes[6] = shapely.Polygon(points)
    return _stored(shapes, folder)


@reject("GEOMETRY_COLLAPSED")
def a_polygon_that_fell_together(folder: Path) -> Path:
    """All corners but one were snapped onto the same point."""
    shapes = _shapes()
    a, b = (36_415_000, 3_495_000), (36_416_000, 3_496_000)
    shapes[6] = shapely.Polygon([a, b, a, a])
    return _stored(shapes, folder)


@reject("GEOMETRY_NULL")
def records_without_a_shape(folder: Path) -> Path:
    """Rows were added in the table, nothing was drawn."""
    shapes = _shapes()
    shapes[[2, 5]] = None
    return _stored(shapes, folder)


@reject("GEOMETRY_NULL")
def records_with_an_empty_shape(folder: Path) -> Path:
    """All vertices of a polygon were deleted; the record has no parts."""
    frame = sample.forest().iloc[:4].to_crs(4326)
    document = json.loads(frame.to_json(drop_id=True))
    document["features"][1]["geometry"] = {"type": "Polygon", "coordinates": []}
    path = folder / "forest.geojson"
    path.write_text(json.dumps(document))
    return path


@reject("GEOMETRY_TYPE")
def lines_among_the_polygons(folder: Path) -> Path:
    """Roads were drawn into the compartment layer."""
    frame = sample.forest().iloc[:5].to_crs(4326)
    shapes = [*frame.geometry[:4], shapely.LineString([(107.0, 31.5), (107.1, 31.6)])]
    path = folder / "forest.geojson"
    path.write_text(sample.with_geometry(frame, shapes).to_json(drop_id=True))
    return path


@reject("GEOMETRY_TYPE")
def points_for_compartments(folder: Path) -> Path:
    """Only the label points were exported."""
    return sample.shapefile(sample.with_geometry(sample.forest(), shapely.centroid(_shapes())), folder)


@confirm("CRS_SWAPPED", each=("4524", "4490"))
def swapped_axes(folder: Path, value: str) -> Path:
    """X and Y changed places: in surveying X points north."""
    return _swapped(folder, int(value), prj=value)


@confirm("CRS_SWAPPED", "CRS_INFERRED")
def swapped_axes_without_prj(folder: Path) -> Path:
    """The same, and the .prj was lost."""
    return _swapped(folder, 4524)


@confirm("CRS_SWAPPED", "CRS_MISSING")
def swapped_axes_that_fit_several_zones(folder: Path) -> Path:
    """The same from a receiver set to UTM: CGCS2000's 6° zone fits as well, 1.4 km beside it."""
    return _swapped(folder, 32648)


@accept(same=True, answers={"CRS_SWAPPED": "", "CRS_MISSING": "32648"}, epsg=32648)
def swapped_axes_and_zone_answered(folder: Path) -> Path:
    """The same after both questions were answered."""
    return _swapped(folder, 32648)


def _swapped(folder: Path, epsg: int, prj: str | None = None) -> Path:
    frame = sample.forest().to_crs(epsg)
    shapes = shapely.transform(np.array(frame.geometry.array), lambda p: p[:, ::-1])
    return sample.by_hand(sample.with_geometry(frame, shapes), folder, prj=prj)


@accept(same=True, answers={"CRS_SWAPPED": ""})
def swapped_axes_confirmed(folder: Path) -> Path:
    """The same after the analyst has agreed to exchange them."""
    return swapped_axes(folder, "4524")


@confirm("CRS_CONTRADICTORY", each=(4523, 4545, 4490, 32648))
def prj_of_another_zone(folder: Path, value: int) -> Path:
    """The .prj was copied from a file of another zone; the coordinates are of zone 36."""
    shp = sample.shapefile(sample.forest(), folder, prj=False)
    shp.with_suffix(".prj").write_text(sample.esri(value))
    return shp


@confirm("CRS_CONTRADICTORY")
def degrees_under_a_projected_prj(folder: Path) -> Path:
    """Reprojected, but the old .prj was kept."""
    shp = sample.shapefile(sample.forest(), folder, epsg=4490, prj=False)
    shp.with_suffix(".prj").write_text(sample.esri(4524))
    return shp


@confirm("CRS_LEGACY", each=(4610, 2360, 2381, 2332, 2343, 4214, 2412, 2433, 21418, 21458))
def legacy_datum(folder: Path, value: int) -> Path:
    """Data of the years before 2018: Xian 1980 and Beijing 1954."""
    shp = sample.shapefile(sample.forest(), folder, epsg=4490, prj=False)
    frame = sample.forest().to_crs(4490).set_crs(4490, allow_override=True)
    shapes = harness.projected(np.array(frame.geometry.array), value)
    shp = sample.by_hand(sample.with_geometry(frame, shapes), folder, prj=None)
    shp.with_suffix(".prj").write_text(sample.esri(value))
    return shp


@confirm("CRS_UNREADABLE", each=("garbage", "PROJCS[", "<html>404</html>", "init=/etc/passwd:1", "+init=epsg:4524"))
def prj_that_is_none(folder: Path, value: str) -> Path:
    """The .prj holds an error page, half a definition or something that is no business of a file."""
    return sample.by_hand(sample.forest(), folder, prj=value)


_RENAMED = (
    'PROJCS["平昌坐标系",GEOGCS["GCS_Custom",DATUM["D_Custom",SPHEROID["{name}",{axis},{flat}]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],'
    'PARAMETER["False_Easting",36500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",108.0],'
    'PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)


@confirm("CRS_LEGACY", each=("IAG_75",))
def legacy_datum_under_another_name(folder: Path, value: str) -> Path:
    """Somebody gave the grid a name of the county's own: only the ellipsoid tells that it is Xian 1980."""
    return sample.shapefile_with_prj(folder, _RENAMED.format(name=value, axis=6378140.0, flat=298.257))


@confirm("CRS_LEGACY", "CRS_CUSTOM")
def beijing_under_another_name(folder: Path) -> Path:
    """The same for Beijing 1954."""
    return sample.shapefile_with_prj(folder, _RENAMED.format(name="Krasovsky_1940", axis=6378245.0, flat=298.3))


@reject("GEOMETRY_BEYOND", never=["GEOMETRY_COORDINATES", "GEOMETRY_NULL"])
def one_polygon_at_the_origin(folder: Path) -> Path:
    """A polygon was drawn before the coordinate system was set: at (0, 0) of a zone whose eastings begin with 36."""
    shapes = _shapes()
    shapes[5] = shapely.box(0, 0, 10, 10)
    return _stored(shapes, folder)


@confirm("CRS_CUSTOM")
def local_coordinate_system(folder: Path) -> Path:
    """A town's own grid: Gauss-Kruger with another central meridian."""
    text = sample.esri(4545).replace('"Central_Meridian",108.0', '"Central_Meridian",107.0')
    assert "107.0" in text
    frame = sample.forest().to_crs(text)
    return sample.by_hand(frame, folder, prj=text)


def _elsewhere() -> gpd.GeoDataFrame:
    frame = sample.forest().to_crs(4490)
    return sample.with_geometry(frame, _moved(np.array(frame.geometry.array), 2.5, -1.5))


@reject("OUTSIDE_ALL")
def another_county(folder: Path) -> Path:
    """The neighbouring prefecture's file was attached."""
    return sample.by_hand(_elsewhere(), folder, prj="4490")


@reject("CRS_UNKNOWN")
def another_county_without_prj(folder: Path) -> Path:
    """The same without .prj: nothing tells where it lies."""
    return sample.by_hand(_elsewhere(), folder, prj=None)


@confirm("OUTSIDE_SOME")
def some_beyond_the_border(folder: Path) -> Path:
    """The extract was cut by a rectangle and holds compartments of the next county."""
    shapes = _shapes()
    shapes[:3] = _moved(shapes[:3], 60_000, 0)
    return _stored(shapes, folder)


def county_wide() -> gpd.GeoDataFrame:
    """Small squares all over the county, up to its border; EPSG:4490."""
    outline = harness.county()
    west, south, east, north = outline.bounds
    x, y = np.meshgrid(np.arange(west, east, 0.006), np.arange(south, north, 0.006))
    inside = shapely.contains_xy(outline.buffer(-0.002), x.ravel(), y.ravel())
    x, y = x.ravel()[inside], y.ravel()[inside]
    shapes = shapely.box(x - 0.001, y - 0.001, x + 0.001, y + 0.001)
    number = [str(i) for i in range(len(x))]
    columns = {"LIN_BAN": "1", "XIAO_BAN": number, "YOU_SHI_SZ": "220", "HUO_LMGQXJ": 60.0}
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=4490)


@accept(never=["GCJ_SUSPECTED"])
def county_wide_as_surveyed(folder: Path) -> Path:
    """Plots up to the county's border: nothing is suspicious."""
    return sample.shapefile(county_wide(), folder, epsg=4490)


@confirm("GCJ_SUSPECTED")
def digitised_from_an_internet_map(folder: Path) -> Path:
    """Traced over Amap tiles: everything lies some 470 m off."""
    frame = county_wide()
    return sample.shapefile(sample.with_geometry(frame, _gcj(frame)), folder, epsg=4490)


def _gcj(frame: gpd.GeoDataFrame) -> np.ndarray:
    shapes = np.array(frame.geometry.array)
    return np.asarray(shapely.transform(shapes, lambda p: p + gcj_offset(p[:, 0], p[:, 1])))


def _baidu(points: np.ndarray) -> np.ndarray:
    """GCJ-02 → BD-09, as Baidu publishes it."""
    x, y = points[:, 0], points[:, 1]
    factor = np.pi * 3000 / 180
    radius = np.sqrt(x * x + y * y) + 0.00002 * np.sin(y * factor)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * factor)
    return np.column_stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006])


@confirm("BD_SUSPECTED", "OUTSIDE_SOME", never=["GCJ_SUSPECTED"])
def digitised_from_baidu(folder: Path) -> Path:
    """Traced over Baidu's tiles, which are shifted twice: 1.1 km."""
    frame = county_wide()
    shifted = shapely.transform(_gcj(frame), _baidu)
    return sample.shapefile(sample.with_geometry(frame, shifted), folder, epsg=4490)


@accept(never=["BD_SUSPECTED", "OUTSIDE_SOME", "OUTSIDE_CROSSING"], answers={"BD_SUSPECTED": "correct"})
def digitised_from_baidu_and_corrected(folder: Path) -> Path:
    """The same, with the correction asked for."""
    return digitised_from_baidu(folder)


@accept(never=["GCJ_SUSPECTED", "OUTSIDE_SOME"], answers={"GCJ_SUSPECTED": "correct"})
def digitised_and_corrected(folder: Path) -> Path:
    """The same, with the correction asked for."""
    return digitised_from_an_internet_map(folder)


@confirm("DATASET_SEVERAL", same=True)
def two_shapefiles_in_one_zip(folder: Path) -> Path:
    """Compartments and a small sketch in one archive."""
    shp = sample.shapefile(sample.forest(), folder / "a")
    small = sample.shapefile(sample.forest().iloc[:3], folder / "b", name="草图")
    members: dict[str | bytes, bytes | Path] = {p.name: p for f in (shp, small) for p in sorted(f.parent.iterdir())}
    return parts.zipped(folder / "both.zip", members)


@accept(rows=3, answers={"DATASET_SEVERAL": "草图"})
def two_shapefiles_and_one_chosen(folder: Path) -> Path:
    """The same after the analyst has chosen."""
    return two_shapefiles_in_one_zip(folder)


def _years(folder: Path) -> Path:
    members: dict[str | bytes, bytes | Path] = {}
    for year, rows in (("2022", 30), ("2023", sample.ROWS)):
        shp = sample.shapefile(sample.forest().iloc[:rows], folder / year)
        members |= {f"{year}/小班{part.suffix}": part for part in sorted(shp.parent.iterdir())}
    return parts.zipped(folder / "years.zip", members)


@confirm("DATASET_SEVERAL", same=True)
def last_years_file_beside_this_years(folder: Path) -> Path:
    """Two years in two folders of the archive, under one name."""
    return _years(folder)


@accept(rows=30, answers={"DATASET_SEVERAL": "2022/小班"})
def last_years_file_chosen(folder: Path) -> Path:
    """The same after the analyst has named the folder."""
    return _years(folder)


@reject("FORMAT_MIXED")
def two_shapefiles_of_one_name_dropped(folder: Path) -> list[Path]:
    """Two exports of the same name from different folders were dropped at once."""
    first = sample.shapefile(sample.forest(), folder / "a")
    second = sample.shapefile(sample.forest(), folder / "b")
    return sorted([*first.parent.iterdir(), *second.parent.iterdir()])


@reject("FORMAT_UNSUPPORTED", each=("gdb/a00000001.gdbtable", "林地.mdb", "图.dwg", "表.xlsx", "里层.zip", "图层.tab"))
def what_offices_pack(folder: Path, value: str) -> Path:
    """A file geodatabase, an Access database, a drawing, a spreadsheet, an archive in an archive."""
    return parts.zipped(folder / "资料.zip", {value: b"x" * 200})


@reject("FORMAT_UNSUPPORTED", each=("topojson", "esrijson"))
def json_of_another_kind(folder: Path, value: str) -> Path:
    """TopoJSON of a chart library, or the answer of an ArcGIS server."""
    text = {
        "topojson": '{"type":"Topology","objects":{},"arcs":[]}',
        "esrijson": '{"geometryType":"esriGeometryPolygon","spatialReference":{"wkid":4490},'
        '"features":[{"attributes":{"XB":"1"},"geometry":{"rings":[[[107,31.5],[107,31.6],[107.1,31.6],[107,31.5]]]}}]}',
    }[value]
    path = folder / "forest.json"
    path.write_text(text)
    return path


@reject("SHP_PART_MISSING")
def only_the_shp(folder: Path) -> Path:
    """A single .shp was mailed."""
    shp = sample.shapefile(sample.forest(), folder / "x")
    return shp.rename(folder / "only.shp")


@reject("SHP_COUNT")
def parts_of_different_exports(folder: Path) -> Path:
    """The table is of a newer export than the shapes."""
    shp = sample.shapefile(sample.forest(), folder)
    other = sample.shapefile(sample.forest().iloc[:35], folder / "old")
    other.with_suffix(".dbf").replace(shp.with_suffix(".dbf"))
    return shp


@reject("FORMAT_UNSUPPORTED")
def multipatch(folder: Path) -> Path:
    """Buildings in three dimensions."""
    return parts.patched(sample.shapefile(sample.forest(), folder), 32, (31).to_bytes(4, "little"))
