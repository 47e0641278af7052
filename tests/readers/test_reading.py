"""Whole files through the worker: every format, dialects of packing, and what is refused."""

import json
import os
import shutil
import sqlite3
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from pingchang_geo import readers
from pingchang_geo.issues import Level
from pingchang_geo.readers.model import Limits, RawTable, Refused
from tests import factories

FOREST = factories.sample_forest(30)


def code_of(paths: list[Path], **options: object) -> str:
    with pytest.raises(Refused) as caught:
        readers.read(paths, **options)  # type: ignore[arg-type]
    issue = caught.value.issue
    assert issue.fix
    assert str(paths[0].parent) not in issue.message + issue.fix
    return issue.code


def same_as_forest(raw: RawTable) -> None:
    assert raw.crs.epsg == 4524
    assert raw.table["XIANG"].astype(str).tolist() == FOREST["XIANG"].tolist()
    assert raw.table["LIN_BAN"].astype(str).tolist() == FOREST["LIN_BAN"].tolist()
    assert raw.table["HUO_LMGQXJ"].astype(float).tolist() == FOREST["HUO_LMGQXJ"].tolist()
    assert raw.table.index.tolist() == list(range(1, 31))
    assert (shapely.normalize(raw.geometry) == shapely.normalize(FOREST.geometry.array)).all()


@pytest.fixture
def shp(tmp_path: Path) -> Path:
    return factories.write_shapefile(FOREST, tmp_path / "shp", prj=False)


def test_gbk_shapefile_without_cpg_and_prj(shp: Path) -> None:
    raw = readers.read([shp])
    assert (raw.format, raw.dataset, raw.encoding) == ("Shapefile", "forest", "GB18030")
    assert [issue.code for issue in raw.issues] == ["ENCODING_GUESSED", "CRS_INFERRED"]
    same_as_forest(raw)


def test_loose_parts_zip_and_one_part_are_the_same_file(shp: Path, tmp_path: Path) -> None:
    parts = sorted(shp.parent.iterdir())
    packed = factories.zip_shapefile(shp, tmp_path / "林地.zip", folder="数据/2024/")
    for paths in (parts, [packed], [shp.with_suffix(".dbf")], [shp.parent]):
        same_as_forest(readers.read(paths))


def test_upper_case_parts(shp: Path, tmp_path: Path) -> None:
    folder = tmp_path / "upper"
    folder.mkdir()
    for part in shp.parent.iterdir():
        shutil.copy(part, folder / part.name.upper())
    same_as_forest(readers.read([folder / "FOREST.SHP"]))


def test_geopackage(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    FOREST.to_file(path, layer="小班")
    raw = readers.read([path])
    assert (raw.format, raw.dataset, raw.encoding) == ("GeoPackage", "小班", "UTF-8")
    same_as_forest(raw)


def test_geojson_and_one_feature_a_line(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    FOREST.to_file(path, driver="GeoJSON")
    same_as_forest(readers.read([path]))
    document = json.loads(path.read_text("utf-8"))
    lines = "\n".join(json.dumps(feature, ensure_ascii=False) for feature in document["features"])
    for name, text in (("b.json", lines.encode()), ("c.geojson", b"\xef\xbb\xbf" + lines.encode("utf-8"))):
        (tmp_path / name).write_bytes(text)
        assert len(readers.read([tmp_path / name]).table) == 30


def test_geojson_in_gbk(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_bytes(FOREST.to_json(ensure_ascii=False).encode("gbk"))
    raw = readers.read([path])
    assert raw.encoding == "GB18030"
    assert raw.table["XIANG"].iloc[0] == FOREST["XIANG"].iloc[0]


def test_geoparquet(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    FOREST.to_parquet(path)
    raw = readers.read([path])
    assert raw.format == "GeoParquet"
    same_as_forest(raw)


def test_several_data_sets_ask_and_take_the_largest(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    FOREST.iloc[:3].to_file(path, layer="small")
    FOREST.to_file(tmp_path / "big.geojson", driver="GeoJSON")
    raw = readers.read([path, tmp_path / "big.geojson"])
    assert set(raw.datasets) == {"small", "big"}
    assert "DATASET_SEVERAL" in [issue.code for issue in raw.issues]
    chosen = readers.read([path, tmp_path / "big.geojson"], dataset="small")
    assert len(chosen.table) == 3
    assert not chosen.issues
    unknown = readers.read([path], dataset="nope")
    assert [(issue.code, issue.level) for issue in unknown.issues] == [("DATASET_UNKNOWN", Level.CONFIRM)]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.shp", b"", "FILE_EMPTY"),
        ("a.zip", b"", "FILE_EMPTY"),
        ("a.txt", b"hello", "FORMAT_UNKNOWN"),
        ("a.kmz.bin", b"\x00\x01\x02\x03", "FORMAT_UNKNOWN"),
        ("a.geojson", b"hello", "FORMAT_MISMATCH"),
        ("a.gpkg", b"PK\x03\x04rest", "FORMAT_MISMATCH"),
        ("a.zip", b"SQLite format 3\x00", "FORMAT_MISMATCH"),
        ("a.zip", b"Rar!\x1a\x07\x00", "FORMAT_MISMATCH"),
        ("a.rar", b"Rar!\x1a\x07\x00", "FORMAT_UNKNOWN"),
        ("a.geojson", b'{"type":"FeatureCollection"', "FORMAT_CORRUPT"),
        ("a.geojson", b'{"a":1}', "FORMAT_CORRUPT"),
        ("a.geojson", b"[1,2,3]", "FORMAT_CORRUPT"),
        ("a.geojson", b"[" * 200_000, "FORMAT_CORRUPT"),
        ("a.json", b'{"type":"Topology","objects":{}}', "FORMAT_UNSUPPORTED"),
        ("a.gpkg", b"SQLite format 3\x00" + bytes(200), "FORMAT_CORRUPT"),
        ("a.parquet", b"PAR1" + bytes(100) + b"PAR1", "FORMAT_CORRUPT"),
        ("a.xlsx", b"PK\x03\x04rest", "FORMAT_MISMATCH"),
        ("a.geojson", b"<OGRVRTDataSource/>", "FORMAT_MISMATCH"),
    ],
)
def test_what_is_not_a_data_file(name: str, content: bytes, code: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert code_of([path]) == code


def test_a_vrt_named_shp_never_gets_anywhere(shp: Path) -> None:
    shp.write_text('<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource>')
    assert code_of([shp]) == "FORMAT_MISMATCH"


def test_missing_parts(shp: Path) -> None:
    assert code_of([shp.parent / "none.shp"]) == "FILE_MISSING"
    shp.with_suffix(".dbf").rename(shp.parent / "away.dbf")
    assert code_of([shp]) == "SHP_PART_MISSING"
    assert code_of([shp.parent / "away.dbf"]) == "SHP_PART_MISSING"


def test_counts_that_disagree_name_both(shp: Path, tmp_path: Path) -> None:
    other = factories.write_shapefile(FOREST.iloc[:25], tmp_path / "other")
    shutil.copy(other.with_suffix(".dbf"), shp.with_suffix(".dbf"))
    with pytest.raises(Refused, match=r"\.shp 有 30 条，\.dbf 有 25 条"):
        readers.read([shp])


def test_truncated_attribute_table(shp: Path) -> None:
    table = shp.with_suffix(".dbf")
    table.write_bytes(table.read_bytes()[:-2000])
    assert code_of([shp]) == "SHP_TRUNCATED"


def test_deleted_records_are_skipped_and_numbered(shp: Path) -> None:
    table = shp.with_suffix(".dbf")
    data = bytearray(table.read_bytes())
    header, length = int.from_bytes(data[8:10], "little"), int.from_bytes(data[10:12], "little")
    data[header + 4 * length] = ord("*")
    table.write_bytes(data)
    raw = readers.read([shp])
    assert 5 not in raw.table.index
    assert len(raw.geometry) == 29
    assert next(issue for issue in raw.issues if issue.code == "DBF_DELETED").rows == (5,)


def test_twenty_digit_numbers_and_leading_zeros_stay_text(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"BSM": ["51192300100000000017"], "XB": ["0012"]}, geometry=FOREST.geometry[:1])
    raw = readers.read([factories.write_shapefile(frame.set_crs(4524, allow_override=True), tmp_path)])
    assert raw.table.iloc[0].astype(str).tolist() == ["51192300100000000017", "0012"]


LONG_ID = 2**53 + 1  # the first whole number that float64 has not


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet"])
def test_whole_numbers_beside_an_empty_cell_keep_every_digit(suffix: str, tmp_path: Path) -> None:
    ids = pd.array([LONG_ID, None, LONG_ID + 1], dtype="Int64")
    frame = gpd.GeoDataFrame({"BSM": ids, "N": [1, 2, 3]}, geometry=FOREST.geometry[:3].to_crs(4490))
    path = tmp_path / f"a{suffix}"
    if suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path, engine="pyogrio")
    raw = readers.read([path])
    assert [name for name in raw.table if name != "fid"] == ["BSM", "N"]
    assert [None if pd.isna(one) else str(one) for one in raw.table["BSM"]] == [str(LONG_ID), None, str(LONG_ID + 1)]
    numbers = raw.table["N"].astype(str).tolist()
    assert numbers == ["1", "2", "3"]


def test_a_file_name_that_is_not_utf_8(shp: Path, tmp_path: Path) -> None:
    named = os.fsdecode(os.fsencode(tmp_path) + b"/" + "林地".encode("gbk"))
    paths = [part.rename(f"{named}{part.suffix}") for part in sorted(shp.parent.iterdir())]
    for given in (paths, [Path(f"{named}.shp")]):
        raw = readers.read(given)
        assert (raw.dataset, raw.datasets, len(raw.table)) == ("林地", ("林地",), 30)
    Path(f"{named}.dbf").unlink()
    with pytest.raises(Refused, match=r"「林地」缺少 \.dbf"):
        readers.read([Path(f"{named}.shp")])


def test_views_and_foreign_databases(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    FOREST.to_file(path, layer="forest")
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE VIEW v AS SELECT * FROM forest")
        connection.execute("UPDATE gpkg_contents SET table_name = 'v'")
    connection.close()
    assert code_of([path]) == "FORMAT_CORRUPT"
    plain = tmp_path / "b.gpkg"
    with sqlite3.connect(plain) as connection:
        connection.execute("CREATE TABLE t (a)")
    connection.close()
    assert code_of([plain]) == "FORMAT_CORRUPT"


def test_plain_parquet(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "a.parquet")
    assert code_of([tmp_path / "a.parquet"]) == "FORMAT_CORRUPT"


def test_a_linked_crs_is_dropped(tmp_path: Path) -> None:
    document = json.loads(FOREST.to_json())
    document["crs"] = {"type": "link", "properties": {"href": "http://127.0.0.1:9/crs", "type": "proj4"}}
    (tmp_path / "a.geojson").write_text(json.dumps(document))
    raw = readers.read([tmp_path / "a.geojson"])
    assert [issue.code for issue in raw.issues] == ["CRS_LINK_DROPPED", "CRS_INFERRED"]


@pytest.mark.parametrize(
    ("name", "epsg", "codes"),
    [
        ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", 4326, []),
        ("https://www.opengis.net/def/crs/EPSG/0/4490", 4490, []),
        ("http://opengis.net/def/crs/EPSG/9.8.15/4490", 4490, []),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", 4326, []),
        ("http://127.0.0.1:9/def/crs/EPSG/0/4490", 4490, ["CRS_INFERRED"]),
    ],
)
def test_names_of_systems_in_geojson(name: str, epsg: int, codes: list[str], tmp_path: Path) -> None:
    document = json.loads(FOREST.to_crs(4490).to_json())
    document["crs"] = {"type": "name", "properties": {"name": name}}
    (tmp_path / "a.geojson").write_text(json.dumps(document))
    raw = readers.read([tmp_path / "a.geojson"])
    assert (raw.crs.epsg, [issue.code for issue in raw.issues]) == (epsg, codes)


def test_bad_members_of_a_geojson_are_named(tmp_path: Path) -> None:
    document = json.loads(FOREST.to_json())
    document["features"][2]["geometry"]["coordinates"] = [[[1, 2], ["x", 3], [4, 5], [1, 2]]]
    document["features"][4]["geometry"] = {"type": "Circle", "coordinates": [1, 2]}
    document["features"][6]["geometry"] = None
    (tmp_path / "a.geojson").write_text(json.dumps(document))
    raw = readers.read([tmp_path / "a.geojson"])
    assert next(issue for issue in raw.issues if issue.code == "GEOMETRY_UNREADABLE").rows == (3, 5)
    assert np.flatnonzero(shapely.is_missing(raw.geometry)).tolist() == [2, 4, 6]


def test_limits(shp: Path, tmp_path: Path) -> None:
    big = tmp_path / "big.zip"
    with big.open("wb") as stream:
        stream.truncate(2 << 20)
    assert code_of([big], limits=Limits(max_upload_mb=1)) == "FILE_TOO_LARGE"
    assert code_of([shp], limits=Limits(worker_memory_mb=60)) == "READ_CRASHED"


def test_a_worker_that_hangs_is_stopped(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.geojson")  # opening it would wait for ever
    assert code_of([tmp_path / "a.geojson"], limits=Limits(worker_seconds=2)) in ("READ_TIMEOUT", "FILE_MISSING")
