"""Shapefile geometry against pyogrio, and broken files."""

import struct
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo.readers import rings, shp
from pingchang_geo.readers.model import Refused
from tests import factories

SQUARE = np.array([[0, 0], [0, 10], [10, 10], [10, 0], [0, 0]], dtype=float)  # clockwise


def moved(size: float, east: float, north: float, *, clockwise: bool = True) -> np.ndarray:
    ring = SQUARE / 10 * size + (east, north)
    return ring if clockwise else ring[::-1]


def assemble(*parts: np.ndarray) -> shapely.Geometry:
    sizes = np.array([len(part) for part in parts])
    return rings.polygons(np.vstack(parts), sizes, np.zeros(len(parts), dtype=np.int64), 1)[0]


def written(geometries: list[shapely.Geometry], folder: Path) -> Path:
    path = folder / "x.shp"
    pyogrio.write_dataframe(gpd.GeoDataFrame(geometry=geometries, crs=4524), path)
    return path


def test_a_hole_by_orientation() -> None:
    polygon = assemble(moved(10, 0, 0), moved(2, 4, 4, clockwise=False))
    assert (polygon.geom_type, polygon.area, len(polygon.interiors)) == ("Polygon", 96.0, 1)


def test_two_shells_each_with_its_hole() -> None:
    polygon = assemble(
        moved(10, 0, 0), moved(10, 50, 0), moved(2, 54, 4, clockwise=False), moved(2, 4, 4, clockwise=False)
    )
    assert (polygon.geom_type, polygon.area) == ("MultiPolygon", 192.0)
    assert polygon.is_valid


def test_wrong_orientation_is_decided_by_containment() -> None:
    """All counter-clockwise, and a hole wound like a shell: both happen."""
    for clockwise in ((False, False), (True, True)):
        polygon = assemble(moved(10, 0, 0, clockwise=clockwise[0]), moved(2, 4, 4, clockwise=clockwise[1]))
        assert polygon.area == 96.0


def test_an_island_in_a_hole_is_a_shell() -> None:
    polygon = assemble(*(moved(size, (30 - size) / 2, (30 - size) / 2) for size in (30, 20, 10)))
    assert polygon.area == 900 - 400 + 100
    assert polygon.is_valid


def test_area_keeps_its_digits_at_large_eastings() -> None:
    polygon = assemble(moved(10, 36_425_000, 3_493_000), moved(0.1, 36_425_004, 3_493_004, clockwise=False))
    assert polygon.area == pytest.approx(99.99, abs=1e-6)


@pytest.mark.parametrize(
    "geometries",
    [
        [shapely.Point(1, 2), shapely.Point(3, 4)],
        [shapely.MultiPoint([(1, 2), (3, 4)])],
        [shapely.LineString([(0, 0), (1, 1)]), shapely.MultiLineString([[(0, 0), (1, 1)], [(2, 2), (3, 3), (4, 5)]])],
        [shapely.Point(0, 0).buffer(5), None, shapely.Point(9, 9).buffer(3)],
        [shapely.Polygon([(0, 0, 5), (1, 0, 6), (1, 1, 7)])],
    ],
)
def test_every_kind_reads_as_pyogrio_reads_it(geometries: list[shapely.Geometry], tmp_path: Path) -> None:
    path = written(geometries, tmp_path)
    expected = shapely.force_2d(pyogrio.read_dataframe(path).geometry.array)
    shapes = shp.read(path, path.with_suffix(".shx"), "x.shp")
    assert not len(shapes.broken)
    assert shapely.normalize(shapes.geometry).tolist() == shapely.normalize(expected).tolist()


@given(st.integers(1, 60), st.integers(0, 10))
def test_a_mesh_reads_back_exactly(rows: int, seed: int) -> None:
    geometry = factories.mesh(rows, seed)
    data = _shp(geometry)
    starts, lengths, fault = shp._records(data, None, len(data), "f")
    assert fault == "缺失"
    assert shapely.equals_exact(shp._shapes(data, starts, lengths, fault).geometry, geometry).all()


def _shp(polygons: np.ndarray) -> bytes:
    """A minimal .shp of single-ring polygons, written after the white paper."""
    body = b""
    for number, polygon in enumerate(polygons, 1):
        points = shapely.get_coordinates(polygon)
        content = struct.pack("<i4d2ii", 5, *polygon.bounds, 1, len(points), 0) + points.astype("<f8").tobytes()
        body += struct.pack(">ii", number, len(content) // 2) + content
    total = (100 + len(body)) // 2
    return struct.pack(">i20xi", 9994, total) + struct.pack("<ii8d", 1000, 5, *([0.0] * 8)) + body


def test_missing_and_wrong_index_are_rebuilt(tmp_path: Path) -> None:
    path = factories.write_shapefile(factories.sample_forest(20), tmp_path)
    index = path.with_suffix(".shx")
    right = shp.read(path, index, "f").geometry
    assert shp.read(path, index, "f").index_fault == ""
    assert shp.read(path, None, "f").index_fault == "缺失"
    index.write_bytes(index.read_bytes()[:-8])
    rebuilt = shp.read(path, index, "f")
    assert rebuilt.index_fault == "与 .shp 不符"
    assert (rebuilt.geometry == right).all()


def test_truncation_says_how_many_records_are_whole(tmp_path: Path) -> None:
    path = factories.write_shapefile(factories.sample_forest(20), tmp_path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(Refused, match="19 条完整图形"):
        shp.read(path, path.with_suffix(".shx"), "forest.shp")


def test_a_broken_record_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    path = factories.write_shapefile(factories.sample_forest(5), tmp_path)
    data = bytearray(path.read_bytes())
    second = 100 + 8 + struct.unpack(">i", data[104:108])[0] * 2 + 8
    data[second + 36 : second + 40] = struct.pack("<i", 2_000_000_000)  # two billion parts
    path.write_bytes(data)
    shapes = shp.read(path, path.with_suffix(".shx"), "f")
    assert shapes.broken.tolist() == [1]
    assert shapely.is_missing(shapes.geometry).tolist() == [False, True, False, False, False]


def test_infinite_coordinates_break_a_record(tmp_path: Path) -> None:
    path = factories.write_shapefile(factories.sample_forest(3), tmp_path)
    data = bytearray(path.read_bytes())
    data[100 + 8 + 48 : 100 + 8 + 56] = struct.pack("<d", float("nan"))
    path.write_bytes(data)
    assert shp.read(path, None, "f").broken.tolist() == [0]


@given(st.data())
def test_flipped_bytes_are_read_or_refused(data: st.DataObject) -> None:
    raw = bytearray(_shp(factories.mesh(4)))
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    declared = struct.unpack(">i", raw[24:28])[0] * 2
    try:
        starts, lengths, fault = shp._records(bytes(raw), None, declared, "f")
        shapes = shp._shapes(bytes(raw), starts, lengths, fault)
    except Refused:
        return
    assert len(shapes.geometry) == len(starts)
