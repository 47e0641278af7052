"""Round trip: what is exported, uploaded again, is accepted and changes nothing."""

import io
import json
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest

from pingchang_geo import fieldmap, layers
from pingchang_geo.comparison import compare
from pingchang_geo.errors import ExportError
from pingchang_geo.exports import vectors
from pingchang_geo.issues import Decision
from pingchang_geo.workflow.inspect import inspect
from tests import layer_frames

FRAMES = layer_frames.all_layers()
FILES = ["gbk.zip", "utf8.zip", "geojson", "parquet", "gpkg"]
NOTES = (("说明", "示意数据：仅供示意"),)


def written(frame: gpd.GeoDataFrame, layer: str, kind: str, folder: Path) -> Path:
    spec = layers.get(layer)
    path = folder / f"{layer}.{kind.rpartition('.')[2]}"
    if kind.endswith("zip"):
        encoding = "GBK" if kind.startswith("gbk") else "UTF-8"
        path.write_bytes(vectors.to_shapefile(frame, spec, encoding=encoding, notes=NOTES))
    elif kind == "geojson":
        path.write_bytes(vectors.to_geojson(frame, spec, NOTES))
    elif kind == "gpkg":
        path.write_bytes(vectors.to_geopackage(frame, spec, NOTES, "示意数据"))
    else:
        path.write_bytes(vectors.to_geoparquet(frame, spec))
    return path


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("layer", ["forest", "redline", "parks", "county"])
def test_uploaded_again_nothing_changed(layer: str, kind: str, tmp_path: Path) -> None:
    frame = FRAMES[layer]
    inspection = inspect([written(frame, layer, kind, tmp_path)], layer, current=lambda _: frame)
    assert inspection.decision is Decision.ACCEPT, inspection.issues
    assert inspection.comparison is not None
    assert inspection.comparison.identical, inspection.comparison
    again = compare(layers.get(layer), frame, frame.geometry.to_numpy(), inspection.frame, inspection.frame.geometry)
    assert again.identical


@pytest.mark.parametrize("spec", layers.all_specs(), ids=lambda spec: spec.id)
def test_every_name_is_mapped_back(spec: layers.LayerSpec) -> None:
    for names in (vectors.short_names(spec), vectors.chinese_names(spec)):
        assert len(set(names.values())) == len(names)
        mapping = fieldmap.map_columns(spec, list(names.values()))
        assert mapping.columns == names
        assert not mapping.unsure
    assert all(len(name) <= 10 and name.isascii() for name in vectors.short_names(spec).values())


def test_points_and_polygons_make_two_shapefiles(tmp_path: Path) -> None:
    packed = vectors.to_shapefile(FRAMES["scenic"], layers.get("scenic"), notes=NOTES)
    names = zipfile.ZipFile(io.BytesIO(packed)).namelist()
    assert {"AAAA 级景区_点.shp", "AAAA 级景区_面.shp", "AAAA 级景区_字段说明.txt"} <= set(names)


def test_the_table_of_names_says_what_was_cut(tmp_path: Path) -> None:
    frame = FRAMES["parks"].assign(companies="企" * 200)
    archive = zipfile.ZipFile(io.BytesIO(vectors.to_shapefile(frame, layers.get("parks"), notes=NOTES)))
    text = archive.read("产业园区_字段说明.txt").decode("utf-8-sig")
    assert "QIYE\t入驻企业" in text
    assert "1 个值超过 254 字节" in text
    assert "示意数据" in text
    assert archive.read("产业园区.cpg") == b"GBK"


def test_characters_that_gbk_has_not_are_refused_and_utf8_keeps_them(tmp_path: Path) -> None:
    spec, frame = layers.get("parks"), FRAMES["parks"]
    rare = frame.assign(companies=["㘭口村酒业", *["甲"] * (len(frame) - 1)])
    with pytest.raises(ExportError, match=r"有 1 个文字取值含有 GBK 编码没有的字（如.+「㘭口村酒业」）") as caught:
        vectors.to_shapefile(rare, spec, encoding="GBK")
    assert "UTF-8" in caught.value.fix
    path = written(rare, "parks", "utf8.zip", tmp_path)
    found = inspect([path], "parks").frame
    assert found is not None
    assert found["companies"].tolist() == rare["companies"].tolist()


def test_geojson_says_its_coordinate_system() -> None:
    document = json.loads(vectors.to_geojson(FRAMES["redline"], layers.get("redline"), NOTES))
    assert document["crs"]["properties"]["name"].endswith("EPSG::4490")
    assert document["说明"]["说明"].startswith("示意数据")
    assert document["features"][0]["properties"]["红线名称"] == "红线斑块 01"
