"""Hostile and broken files: shapefiles and GeoJSON, KML, GeoPackage, GeoParquet that lie about themselves."""

from __future__ import annotations

import json
import sqlite3
import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from tests.corpus import good_formats, parts, sample
from tests.corpus.case import accept, confirm, reject, repair


def _shp(folder: Path) -> Path:
    return sample.by_hand(sample.forest(), folder)


@reject("FORMAT_MISMATCH", hostile=True)
def vrt_named_shp(folder: Path) -> Path:
    """A GDAL virtual file in a shapefile's clothes: it would read any file of the server."""
    shp = _shp(folder)
    shp.write_text(
        '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>'
        "</OGRVRTDataSource>"
    )
    return shp


@reject("FORMAT_UNKNOWN", hostile=True, each=("a.vrt", "a.gml", "a.gfs"))
def other_xml_that_gdal_reads(folder: Path, value: str) -> Path:
    """Formats that reach for other files or the network when GDAL opens them."""
    path = folder / value
    path.write_text("<OGRVRTDataSource/>")
    return path


@reject("FILE_EMPTY", hostile=True, each=("a.shp", "a.zip", "a.geojson", "a.gpkg", "a.parquet", "a.kml"))
def zero_bytes(folder: Path, value: str) -> Path:
    """The copy to the memory stick was interrupted at once."""
    path = folder / value
    path.write_bytes(b"")
    return path


@reject("FILE_EMPTY", hostile=True)
def empty_table_beside_the_shapes(folder: Path) -> Path:
    """Only the .dbf has no bytes."""
    shp = _shp(folder)
    shp.with_suffix(".dbf").write_bytes(b"")
    return shp


@reject("SHP_TRUNCATED", hostile=True, each=(0.2, 0.7, 0.999))
def shapes_cut_off(folder: Path, value: float) -> Path:
    """The download broke: the .shp ends in the middle of a record."""
    shp = _shp(folder)
    shp.write_bytes(shp.read_bytes()[: int(shp.stat().st_size * value) // 2 * 2])
    return shp


@reject("SHP_TRUNCATED", hostile=True)
def shapes_cut_off_without_index(folder: Path) -> Path:
    """The same, and the .shx is missing."""
    shp = shapes_cut_off(folder, 0.7)
    shp.with_suffix(".shx").unlink()
    return shp


@reject("SHP_TRUNCATED", hostile=True)
def table_cut_off(folder: Path) -> Path:
    """The .dbf ends early."""
    table = _shp(folder).with_suffix(".dbf")
    table.write_bytes(table.read_bytes()[:-900])
    return table.with_suffix(".shp")


@reject("SHP_TRUNCATED", hostile=True)
def four_billion_records(folder: Path) -> Path:
    """The .dbf claims 2³² − 1 records."""
    shp = _shp(folder)
    parts.patched(shp.with_suffix(".dbf"), 4, b"\xff\xff\xff\xff")
    return shp


@reject("SHP_TRUNCATED", hostile=True)
def a_header_that_claims_four_gigabytes(folder: Path) -> Path:
    """The .shp claims to be as long as the format allows."""
    shp = _shp(folder)
    shp.with_suffix(".shx").unlink()
    return parts.patched(shp, 24, b"\x7f\xff\xff\xff")


@reject("SHP_RECORDS_BROKEN", hostile=True, each=("parts", "points", "negative", "starts"))
def counts_inside_a_record(folder: Path, value: str) -> Path:
    """A record that claims two billion rings or vertices, or rings that begin before they end."""
    position = {"parts": 36, "points": 40, "negative": 40, "starts": 44}[value]
    number = {"parts": 2**31 - 1, "points": 2**31 - 1, "negative": -5, "starts": -7}[value]
    return parts.patched(_shp(folder), 108 + position, struct.pack("<i", number))


@reject("SHP_RECORDS_BROKEN", hostile=True, each=(1e308, -1e39, float("inf"), float("nan")))
def coordinates_beyond_reason(folder: Path, value: float) -> Path:
    """Vertices at infinity, at no number, or at ESRI's sign for "no data"."""
    return parts.patched(_shp(folder), 108 + 48 + 16 * 2, struct.pack("<d", value))


@repair("SHX_REBUILT", same=True, hostile=True)
def an_index_that_points_nowhere(folder: Path) -> Path:
    """Offsets in the .shx beyond the end of the file."""
    shp = _shp(folder)
    parts.patched(shp.with_suffix(".shx"), 100 + 8 * 3, b"\x7f\xff\xff\x00\x00\x00\x00\x60")
    return shp


@repair("SHX_REBUILT", same=True, hostile=True)
def an_index_full_of_rubbish(folder: Path) -> Path:
    """The .shx is a text file."""
    shp = _shp(folder)
    shp.with_suffix(".shx").write_text("not an index")
    return shp


@reject("FORMAT_CORRUPT", hostile=True, each=("length", "header", "version", "fields"))
def an_impossible_table_header(folder: Path, value: str) -> Path:
    """Record length 0, header shorter than itself, no known version, fields wider than a record."""
    shp = _shp(folder)
    table = shp.with_suffix(".dbf")
    position, content = {
        "length": (10, b"\0\0"),
        "header": (8, b"\x10\0"),
        "version": (0, b"\xee"),
        "fields": (32 + 16, b"\xff\xff"),
    }[value]
    parts.patched(table, position, content)
    return shp


@accept(same=True, hostile=True)
def trailing_zeros_after_the_last_record(folder: Path) -> Path:
    """A JavaScript exporter pads the .shp with zeros and counts them in the header."""
    shp = _shp(folder)
    data = bytearray(shp.read_bytes()) + bytes(64)
    data[24:28] = struct.pack(">i", len(data) // 2)
    shp.write_bytes(data)
    return shp


@accept("CRS_LINK_DROPPED", same=True, hostile=True)
def geojson_with_a_linked_crs(folder: Path) -> Path:
    """A link as coordinate system makes GDAL send a request from inside the house."""
    path = sample.geojson(sample.forest(), folder / "forest.geojson")
    document = json.loads(path.read_text("utf-8"))
    document["crs"] = {"type": "link", "properties": {"href": "http://127.0.0.1:9/crs", "type": "proj4"}}
    path.write_text(json.dumps(document))
    return path


@confirm("CRS_UNREADABLE", hostile=True, each=("+proj=longlat +nadgrids=/etc/passwd", "file:///etc/passwd", "init=x:1"))
def crs_text_that_names_files(folder: Path, value: str) -> Path:
    """A coordinate system that would make PROJ open a file."""
    frame = sample.forest().to_crs(4490)
    return sample.by_hand(frame, folder, prj=value)


@reject("FORMAT_CORRUPT", hostile=True, each=("arrays", "objects", "digits", "features"))
def geojson_bombs(folder: Path, value: str) -> Path:
    """Nesting without end, a number of a million digits, features that are none."""
    text = {
        "arrays": "[" * 500_000,
        "objects": '{"type":"FeatureCollection","features":' + '{"a":' * 200_000,
        "digits": '{"type":"Point","coordinates":[' + "9" * 1_000_000 + ",1]}",
        "features": '{"type":"FeatureCollection","features":[1,2,[3]]}',
    }[value]
    path = folder / "a.geojson"
    path.write_text(text)
    return path


@reject("GEOMETRY_UNREADABLE", hostile=True, each=("1e999", "NaN", '"east"', "null", "{}"))
def geojson_coordinates_that_are_no_numbers(folder: Path, value: str) -> Path:
    """Numbers too large for a number, NaN, text, nothing."""
    path = sample.geojson(sample.forest().iloc[:3], folder / "a.geojson")
    document = json.loads(path.read_text("utf-8"))
    document["features"][1]["geometry"]["coordinates"][0][2][0] = "HERE"
    path.write_text(json.dumps(document).replace('"HERE"', value), "utf-8")
    return path


@reject("GEOMETRY_BEYOND")
def geojson_one_vertex_beyond_the_earth(folder: Path) -> Path:
    """One vertex of forty polygons has an easting of 10³⁰⁸: a slip of a script."""
    document = json.loads(sample.forest().to_crs(4326).to_json(drop_id=True))
    document["features"][3]["geometry"]["coordinates"][0][1][0] = 1e308
    path = folder / "a.geojson"
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return path


@reject("CRS_UNKNOWN", hostile=True)
def geojson_far_beyond_the_earth(folder: Path) -> Path:
    """Coordinates of 10³⁰⁸: finite, but nowhere."""
    ring = [[1e308, 1e308], [1e308, 9e307], [9e307, 9e307], [1e308, 1e308]]
    feature = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": {"XB": "1"}}
    names = {"LIN_BAN": "1", "YOU_SHI_SZ": "220", "HUO_LMGQXJ": 50}
    feature["properties"] |= names  # type: ignore[operator]
    path = folder / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


@reject("GEOMETRY_UNREADABLE", hostile=True, each=("object", "digits", "kind"))
def geojson_members_of_the_wrong_type(folder: Path, value: str) -> Path:
    """Coordinates that are an object, a number too large to be one, a type that is a list."""
    path = sample.geojson(sample.forest().iloc[:3], folder / "a.geojson")
    document = json.loads(path.read_text("utf-8"))
    geometry = document["features"][1]["geometry"]
    if value == "kind":
        geometry["type"] = ["Polygon"]
    else:
        geometry["coordinates"] = {"object": [{"x": [1, 2]}], "digits": [[[10**400, 1], [1, 1], [1, 2], [3, 4]]]}[value]
    path.write_text(json.dumps(document), "utf-8")
    return path


@accept(rows=sample.ROWS, hostile=True)
def geojson_text_cut_inside_an_emoji(folder: Path) -> Path:
    """A program cut a text after sixteen bits: half a character, as a value and in a column's name."""
    path = sample.geojson(sample.forest(), folder / "a.geojson")
    document = json.loads(path.read_text("utf-8"))
    document["features"][0]["properties"] |= {"CUN": "村\ud83c", "\ud83c": "x"}
    path.write_text(json.dumps(document), "utf-8")
    return path


@reject("COLUMNS_TOO_MANY", hostile=True, each=("geojson", "kml"))
def a_new_column_in_every_feature(folder: Path, value: str) -> Path:
    """Twenty thousand features, each with a name of its own: a table of 400 million cells."""
    path = folder / f"a.{value}"
    if value == "geojson":
        features = [{"type": "Feature", "geometry": None, "properties": {f"c{i}": 1}} for i in range(20_000)]
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    else:
        data = "<ExtendedData><Data name='c{}'><value>1</value></Data></ExtendedData>"
        marks = "".join(f"<Placemark>{data.format(i)}</Placemark>" for i in range(20_000))
        path.write_text(f"<kml><Document>{marks}</Document></kml>")
    return path


@accept(same=True, hostile=True)
def a_column_name_without_end(folder: Path) -> Path:
    """A name of a hundred thousand brackets, to keep a careless pattern busy for hours."""
    path = sample.geojson(sample.forest(), folder / "a.geojson")
    document = json.loads(path.read_text("utf-8"))
    document["features"][0]["properties"]["(" * 100_000] = 1
    path.write_text(json.dumps(document), "utf-8")
    return path


@reject("GEOMETRY_UNREADABLE", layer="scenic", hostile=True)
def kml_coordinates_full_of_blanks(folder: Path) -> Path:
    """A million blanks where a comma is looked for."""
    text = good_formats.kml(good_formats.scenic(), "名称")
    path = folder / "a.kml"
    path.write_text(text.replace("107.1,", "107.1" + " " * 1_000_000, 1), "utf-8")
    return path


_BOMB = (
    '<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a "xxxxxxxxxx">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
    + ']><kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>&j;</name></Document></kml>'
)


@reject("XML_DOCTYPE", hostile=True, each=("laughs", "external", "parameter", "plain"))
def kml_with_a_document_type(folder: Path, value: str) -> Path:
    """A billion laughs, a file of the server as entity, a document type from the network, a harmless one."""
    text = {
        "laughs": _BOMB,
        "external": '<!DOCTYPE kml [<!ENTITY f SYSTEM "file:///etc/passwd">]><kml>&f;</kml>',
        "parameter": '<!DOCTYPE kml SYSTEM "http://127.0.0.1:9/x.dtd"><kml></kml>',
        "plain": "<!DOCTYPE kml><kml></kml>",
    }[value]
    path = folder / "a.kml"
    path.write_text(text)
    return path


@accept("KML_LINK_IGNORED", layer="scenic", rows=3, hostile=True)
def kml_with_links_and_scripts(folder: Path) -> Path:
    """Links to other documents and HTML in a balloon: the links are ignored, the text stays text."""
    text = good_formats.kml(good_formats.scenic(), "名称")
    link = "<NetworkLink><Link><href>http://127.0.0.1:9/more.kml</href></Link></NetworkLink>"
    script = "<description><![CDATA[<script>alert(1)</script>]]></description>"
    text = text.replace("<Folder>", f"<Folder>{link}", 1).replace("</name><Ext", f"</name>{script}<Ext", 1)
    path = folder / "a.kml"
    path.write_text(text, "utf-8")
    return path


@reject("FORMAT_CORRUPT", hostile=True, each=("depth", "unclosed", "no_marks", "html", "encoding"))
def kml_that_is_none(folder: Path, value: str) -> Path:
    """Nesting without end, a cut-off download, a document without marks, an encoding that nobody knows."""
    text = {
        "depth": "<kml>" + "<Folder>" * 100_000,
        "unclosed": "<kml><Document><Placemark><name>a",
        "no_marks": "<kml><Document/></kml>",
        "html": "<html><kml ></html>",
        "encoding": '<?xml version="1.0" encoding="x-none"?><kml ></kml>',
    }[value]
    path = folder / "a.kml"
    path.write_text(text)
    return path


def _gpkg(folder: Path) -> Path:
    return sample.geopackage(sample.forest(), folder / "a.gpkg", "forest")


def _sql(path: Path, *statements: str) -> Path:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path


@accept(same=True, hostile=True)
def geopackage_with_triggers(folder: Path) -> Path:
    """Triggers that would run on writing: the file is only ever read."""
    trigger = "CREATE TRIGGER evil AFTER INSERT ON forest BEGIN DELETE FROM forest; END"
    return _sql(_gpkg(folder), trigger, "CREATE VIEW v AS SELECT randomblob(1000000000) FROM forest")


@reject("FORMAT_CORRUPT", hostile=True)
def geopackage_whose_table_is_a_view(folder: Path) -> Path:
    """The feature table is a view that counts to ten milliards."""
    view = (
        "CREATE VIEW v AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000000000) "
        "SELECT i AS fid, zeroblob(100) AS geom FROM n"
    )
    return _sql(
        _gpkg(folder),
        view,
        "UPDATE gpkg_contents SET table_name = 'v' WHERE table_name = 'forest'",
        "UPDATE gpkg_geometry_columns SET table_name = 'v' WHERE table_name = 'forest'",
    )


@reject("FORMAT_CORRUPT", hostile=True)
def geopackage_that_computes_its_columns(folder: Path) -> Path:
    """A generated column that makes a blob of a thousand million bytes in every row."""
    column = "ALTER TABLE forest ADD COLUMN boom BLOB GENERATED ALWAYS AS (zeroblob(1000000000)) VIRTUAL"
    return _sql(_gpkg(folder), column)


@accept(same=True)
def geopackage_with_names_in_another_case(folder: Path) -> Path:
    """A library lists the table as FOREST and creates it as forest: to SQLite that is one name."""
    return _sql(
        _gpkg(folder),
        "UPDATE gpkg_contents SET table_name = 'FOREST'",
        "UPDATE gpkg_geometry_columns SET table_name = 'FOREST'",
    )


@accept(same=True, hostile=True)
def geopackage_with_names_that_quote(folder: Path) -> Path:
    """A table whose name would end a careless statement."""
    path = _gpkg(folder)
    name = 'f"; DROP TABLE gpkg_contents; --'
    quoted = name.replace('"', '""')
    return _sql(
        path,
        f'ALTER TABLE forest RENAME TO "{quoted}"',
        f"UPDATE gpkg_contents SET table_name = '{name}' WHERE table_name = 'forest'",
        f"UPDATE gpkg_geometry_columns SET table_name = '{name}' WHERE table_name = 'forest'",
    )


@reject("GEOMETRY_UNREADABLE", hostile=True)
def geopackage_with_rubbish_for_geometry(folder: Path) -> Path:
    """Blobs that are no geometry, one of them a megabyte long."""
    return _sql(
        _gpkg(folder),
        "DROP TRIGGER IF EXISTS rtree_forest_geom_update1",
        "DROP TRIGGER IF EXISTS rtree_forest_geom_update6",
        "DROP TRIGGER IF EXISTS rtree_forest_geom_update7",
        "DROP TRIGGER IF EXISTS rtree_forest_geom_update2",
        "DROP TRIGGER IF EXISTS rtree_forest_geom_update3",
        "DROP TRIGGER IF EXISTS rtree_forest_geom_update4",
        "DROP TRIGGER IF EXISTS rtree_forest_geom_update5",
        "UPDATE forest SET geom = randomblob(1000000) WHERE fid = 2",
        "UPDATE forest SET geom = x'47500001' WHERE fid = 3",
    )


@reject("FORMAT_CORRUPT", hostile=True, each=("plain", "pages", "truncated"))
def sqlite_that_is_no_geopackage(folder: Path, value: str) -> Path:
    """An ordinary database, one with damaged pages, and one cut off."""
    if value == "plain":
        return _sql(folder / "a.gpkg", "CREATE TABLE t (a)")
    path = _gpkg(folder)
    data = bytearray(path.read_bytes())
    if value == "pages":
        data[4096:] = bytes(len(data) - 4096)
    path.write_bytes(data if value == "pages" else data[: len(data) // 3])
    return path


@reject("FORMAT_CORRUPT", hostile=True, each=("plain", "json", "column", "cut"))
def parquet_that_is_no_geoparquet(folder: Path, value: str) -> Path:
    """Without geometry, with metadata that is no JSON, naming a column that is not there, cut off."""
    path = folder / "a.parquet"
    table = pa.table({"a": [1], "geometry": [b"\x01"]})
    geo = {"json": b"{", "column": b'{"primary_column":"x","columns":{"x":{"encoding":"WKB"}}}'}.get(value)
    if value == "cut":
        sample.forest().to_parquet(path)
        path.write_bytes(path.read_bytes()[:-100])
        return path
    pq.write_table(table.replace_schema_metadata({b"geo": geo} if geo else None), path)
    return path


@accept(same=True, hostile=True)
def parquet_with_a_pickle_in_its_metadata(folder: Path) -> Path:
    """Metadata that names Python objects: nothing is ever unpickled."""
    path = folder / "a.parquet"
    sample.forest().to_parquet(path)
    table = pq.read_table(path)
    evil = b"cos\nsystem\n(S'touch /tmp/pwned'\ntR."
    metadata = {**table.schema.metadata, b"pandas": b"{broken", b"ARROW:extension:metadata": evil}
    pq.write_table(table.replace_schema_metadata(metadata), path)
    return path


@accept("CATEGORY_NEW", rows=sample.ROWS, hostile=True)
def parquet_whose_text_is_no_text(folder: Path) -> Path:
    """A column says it is UTF-8 and holds other bytes: Arrow takes the writer's word for it."""
    path = folder / "a.parquet"
    frame = sample.forest().assign(YOU_SHI_SZ=["qqq", *sample.forest()["YOU_SHI_SZ"][1:]])
    frame.to_parquet(path, compression=None)
    path.write_bytes(path.read_bytes().replace(b"qqq", b"\xff9\xfe"))
    return path


@reject("ROWS_TOO_MANY", hostile=True)
def parquet_of_a_hundred_million_rows(folder: Path) -> Path:
    """Run-length encoding makes a file of some kilobytes unfold to gigabytes."""
    path = folder / "a.parquet"
    geo = {"primary_column": "geometry", "columns": {"geometry": {"encoding": "WKB"}}, "version": "1.0.0"}
    schema = pa.schema([("geometry", pa.binary()), ("XB", pa.string())], metadata={b"geo": json.dumps(geo).encode()})
    chunk = pa.table(
        {"geometry": pa.array([None] * 1_000_000, pa.binary()), "XB": pa.array(["x" * 300] * 1_000_000)}, schema=schema
    )
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for _ in range(4):
            writer.write_table(chunk)
    return path


@accept(rows=3, hostile=True)
def names_with_html_and_control_characters(folder: Path) -> Path:
    """Markup, terminal escapes, line breaks and a right-to-left override in values: data, shown as text."""
    frame = sample.forest().iloc[:3]
    evil = ["<img src=x onerror=alert(1)>", "\x1b[2J\x07村\r\n第二行", "村\u202egpj.exe"]
    return sample.by_hand(frame.assign(CUN=evil), folder, codec="utf-8")


@confirm("CODE_UNKNOWN", rows=3, hostile=True)
def escapes_in_what_is_quoted(folder: Path) -> Path:
    """The same in a code that the message quotes and in a column's name."""
    frame = sample.forest().iloc[:3].rename(columns={"BEIZHU": "\x1b[2J\x07B"})
    return sample.by_hand(frame.assign(YOU_SHI_SZ=["\x1b[31m9", "22\x079", "220"]), folder)


@accept(rows=1, hostile=True)
def a_polygon_of_a_million_vertices(folder: Path) -> Path:
    """A stream-digitised or rasterised outline."""
    angle = np.linspace(0, 2 * np.pi, 1_000_001)
    ring = np.column_stack([36_415_000 + 4000 * np.cos(-angle), 3_495_000 + 4000 * np.sin(-angle)])
    ring[-1] = ring[0]
    frame = sample.forest().iloc[:1].drop(columns="MIAN_JI")
    columns = {name: list(frame[name].astype(str)) for name in frame if name != "geometry"}
    return parts.write_set(folder, [parts.polygon([ring])], parts.table_of(columns), prj=sample.esri(4524))


@accept(rows=1, hostile=True, never=["GEOMETRY_REPAIRED"])
def a_polygon_of_ten_thousand_holes(folder: Path) -> Path:
    """A raster turned into one polygon: a hole for each other cell."""
    x, y = np.meshgrid(np.arange(100) * 60 + 36_412_000, np.arange(100) * 60 + 3_492_000)
    square = np.array([(0, 0), (30, 0), (30, 30), (0, 30), (0, 0)])
    holes = [square + corner for corner in np.column_stack([x.ravel(), y.ravel()])]
    shell = list(shapely.box(36_411_900, 3_491_900, 36_418_100, 3_498_100).reverse().exterior.coords)
    frame = sample.forest().iloc[:1].drop(columns="MIAN_JI")
    columns = {name: list(frame[name].astype(str)) for name in frame if name != "geometry"}
    return parts.write_set(folder, [parts.polygon([shell, *holes])], parts.table_of(columns), prj=sample.esri(4524))
