import sqlite3
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from pingchang_geo.exports.geopackage import GpkgLayer, to_gpkg

NOTES = (
    ("图层版本", "森林小班 第 1 版（示意）：来源：测试"),
    ("方法", "面积加权叠加"),
    ("导出时间", "2025-01-02 03:04"),
)


def layer(name: str = "叠加图斑") -> GpkgLayer:
    columns = {
        "景区": ["佛头山", "白衣古镇"],
        "叠加面积（公顷）": [12.5, np.nan],
        "小班数（个）": [3, 0],
        "优势树种": pd.Categorical(["马尾松", None]),
    }
    shapes = [shapely.box(107, 31, 107.1, 31.1), shapely.MultiPolygon([shapely.box(107.2, 31.2, 107.3, 31.3)])]
    return GpkgLayer(name, gpd.GeoDataFrame(columns, geometry=shapes, crs=4490))


def points() -> GpkgLayer:
    return GpkgLayer("点位", gpd.GeoDataFrame({"名称": ["甲"]}, geometry=[shapely.Point(107.1, 31.5)], crs=4490))


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "a.gpkg"
    path.write_bytes(to_gpkg([layer(), points()], NOTES, "示意数据"))
    return path


def rows(path: Path, query: str) -> list[tuple]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_it_reads_back_as_it_was_written(written: Path) -> None:
    read = pyogrio.read_dataframe(written, layer="叠加图斑")
    assert read.crs.to_epsg() == 4490
    assert read["景区"].tolist() == ["佛头山", "白衣古镇"]
    assert read["叠加面积（公顷）"][0] == 12.5 and np.isnan(read["叠加面积（公顷）"][1])
    assert read["小班数（个）"].tolist() == [3, 0]
    assert read["优势树种"][0] == "马尾松" and pd.isna(read["优势树种"][1])
    assert read["数据性质"].tolist() == ["示意数据", "示意数据"]
    # longitude first, as the format wants it, whatever the axis order of the code
    assert read.geometry[0].bounds == pytest.approx((107, 31, 107.1, 31.1))
    assert pyogrio.read_dataframe(written, layer="点位").geometry[0].x == pytest.approx(107.1)


def test_a_gis_finds_layers_types_and_coordinate_system(written: Path) -> None:
    contents = rows(written, "select table_name, data_type, srs_id from gpkg_contents order by rowid")
    assert contents == [("叠加图斑", "features", 4490), ("点位", "features", 4490), ("说明", "attributes", 0)]
    kinds = dict(rows(written, "select table_name, geometry_type_name from gpkg_geometry_columns"))
    assert kinds == {"叠加图斑": "MULTIPOLYGON", "点位": "POINT"}
    code = rows(written, "select organization, organization_coordsys_id from gpkg_spatial_ref_sys where srs_id = 4490")
    assert code == [("EPSG", 4490)]
    bounds = rows(written, "select min_x, min_y, max_x, max_y from gpkg_contents where table_name = '叠加图斑'")
    assert bounds[0] == pytest.approx((107, 31, 107.3, 31.3))
    assert rows(written, "pragma integrity_check") == [("ok",)]
    assert rows(written, "pragma encoding") == [("UTF-8",)]
    assert written.read_bytes()[68:72] == b"GPKG"


def test_the_notes_are_a_table_of_the_file(written: Path) -> None:
    assert tuple(rows(written, 'select "项目", "内容" from "说明"')) == NOTES


def test_without_a_mark_there_is_no_column_for_it(tmp_path: Path) -> None:
    path = tmp_path / "b.gpkg"
    path.write_bytes(to_gpkg([layer()], NOTES))
    assert "数据性质" not in pyogrio.read_dataframe(path, layer="叠加图斑").columns


def test_texts_of_files_are_kept_but_control_characters_go(tmp_path: Path) -> None:
    hostile = ["=1+1\x00隐藏", "a'; drop table x; --"]
    frame = gpd.GeoDataFrame({"名称": hostile}, geometry=[shapely.Point(107, 31)] * 2, crs=4490)
    path = tmp_path / "c.gpkg"
    path.write_bytes(to_gpkg([GpkgLayer("x'\"; --", frame)], [("a\x00b", "c\x07d")]))
    assert pyogrio.read_dataframe(path, layer="x'\"; --")["名称"].tolist() == ["=1+1隐藏", hostile[1]]
    assert rows(path, 'select * from "说明"')[0][1:] == ("ab", "cd")


def test_geometries_of_several_kinds_and_none(tmp_path: Path) -> None:
    shapes = [shapely.Point(107, 31), shapely.box(107, 31, 107.1, 31.1)]
    mixed = gpd.GeoDataFrame({"a": [1, 2]}, geometry=shapes, crs=4490)
    lines = gpd.GeoDataFrame({"a": [1.0]}, geometry=[shapely.LineString([(107, 31), (107.1, 31.1)])], crs=4490)
    empty = gpd.GeoDataFrame({"a": pd.Series([], dtype="float64")}, geometry=[], crs=4490)
    path = tmp_path / "d.gpkg"
    path.write_bytes(to_gpkg([GpkgLayer("m", mixed), GpkgLayer("l", lines), GpkgLayer("e", empty)], NOTES))
    kinds = dict(rows(path, "select table_name, geometry_type_name from gpkg_geometry_columns"))
    assert kinds == {"m": "GEOMETRY", "l": "MULTILINESTRING", "e": "GEOMETRY"}
    assert len(pyogrio.read_dataframe(path, layer="m")) == 2


def test_what_no_gis_could_open_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        to_gpkg([], NOTES)
    with pytest.raises(ValueError, match="used twice"):
        to_gpkg([layer("a"), layer("A")], NOTES)
    with pytest.raises(ValueError, match="used twice"):
        to_gpkg([layer("说明")], NOTES)
    twice = layer().frame.rename(columns={"景区": "X", "优势树种": "x"})
    with pytest.raises(ValueError, match="used twice"):
        to_gpkg([GpkgLayer("a", twice)], NOTES)
    with pytest.raises(ValueError, match="reserved"):
        to_gpkg([GpkgLayer("a", layer().frame.rename(columns={"景区": "FID"}))], NOTES)
    with pytest.raises(ValueError, match="4490"):
        to_gpkg([GpkgLayer("a", layer().frame.to_crs(4326))], NOTES)


def test_nothing_is_left_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    to_gpkg([layer()], NOTES)
    assert not list(tmp_path.iterdir())
