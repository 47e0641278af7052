"""Pyramid, single deep tiles, the archive file."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
import shapely

from pingchang_geo.tiles import ArchiveError, DeepTiles, TileArchive, build_tiles, decode_tile
from pingchang_geo.tiles.grid import TILE_PX, pixel_size, tile_origin, tile_range

COUNTY_TILE = (13, 6534, 3344)  # in the middle of the county


def pixel_box(tile, column, row, width=1, height=1):
    """The polygon that covers exactly some pixels of a tile."""
    left, top = tile_origin(*tile)
    size = pixel_size(tile[0])
    right, bottom = left + (column + width) * size, top - (row + height) * size
    return shapely.box(left + column * size, bottom, right, top - row * size)


def array(items):
    out = np.empty(len(items), dtype=object)
    out[:] = items
    return out


@pytest.fixture(scope="module")
def mosaic():
    """900 irregular plots over several z13 tiles, none smaller than a pixel."""
    left, top = tile_origin(*COUNTY_TILE)
    rng = np.random.default_rng(11)
    points = shapely.MultiPoint(np.array([left, top]) + rng.uniform(-9000, 9000, (900, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(points))
    return cells[shapely.area(cells) > 4 * pixel_size(13) ** 2]


def test_grid_puts_the_county_where_the_web_does():
    # the left edge of column 6534 is (6534 / 8192 - 0.5) * 360 = 107.1387 degrees east
    left, top = tile_origin(*COUNTY_TILE)
    assert left == pytest.approx(107.1386719 * 6378137 * np.pi / 180, abs=1)
    assert tile_range((left + 1, top - 10, left + 2, top - 9), 13) == (6534, 3344, 6535, 3345)
    assert tile_range((-9e9, -9e9, 9e9, 9e9), 1) == (0, 0, 2, 2)


def test_a_square_lands_on_its_pixels_at_the_deepest_zoom_and_on_half_above():
    _, x, y = COUNTY_TILE
    tileset = build_tiles(array([pixel_box(COUNTY_TILE, 10, 20, 8, 4)]), zooms=(12, 13))
    assert set(tileset.tiles) == {COUNTY_TILE, (12, x // 2, y // 2)}
    pixels = np.argwhere(decode_tile(tileset.tiles[COUNTY_TILE]) == 1)
    assert pixels.min(0).tolist() == [20, 10] and pixels.max(0).tolist() == [23, 17] and len(pixels) == 32
    above = np.argwhere(decode_tile(tileset.tiles[12, x // 2, y // 2]) == 1)
    corner = [(y % 2 * TILE_PX + 20) // 2, (x % 2 * TILE_PX + 10) // 2]
    assert above.min(0).tolist() == corner and len(above) == 8


def test_every_plot_survives_at_the_deepest_zoom(mosaic):
    tileset = build_tiles(mosaic)
    assert {zoom for zoom, _, _ in tileset.tiles} == set(range(8, 14))
    seen = np.unique([decode_tile(data) for key, data in tileset.tiles.items() if key[0] == 13])
    assert seen.tolist() == list(range(len(mosaic) + 1))


def test_shallow_tiles_are_the_centre_pixels_of_deeper_ones(mosaic):
    tiles = {key: decode_tile(data) for key, data in build_tiles(mosaic, zooms=(10, 13)).tiles.items()}
    (_, x, y) = next(key for key in tiles if key[0] == 10)
    blank = np.zeros((TILE_PX, TILE_PX), dtype=np.uint32)
    rows = [
        np.hstack([tiles.get((13, column, row), blank) for column in range(8 * x, 8 * x + 8)])
        for row in range(8 * y, 8 * y + 8)
    ]
    assert np.array_equal(tiles[10, x, y], np.vstack(rows)[4::8, 4::8])


def test_the_same_plots_give_the_same_bytes(mosaic):
    first, second = build_tiles(mosaic), build_tiles(mosaic)
    assert list(first.tiles.items()) == list(second.tiles.items())
    assert first.size_bytes == sum(len(data) for data in first.tiles.values())


def test_missing_geometries_keep_their_row_number():
    tileset = build_tiles(array([None, shapely.Polygon(), pixel_box(COUNTY_TILE, 0, 0)]), zooms=[13])
    assert tileset.rows == 3
    assert np.unique(decode_tile(tileset.tiles[COUNTY_TILE])).tolist() == [0, 3]
    assert build_tiles(array([])).tiles == {} and build_tiles(array([None])).tiles == {}


def deep_tiles(shapes):
    return DeepTiles(shapes, shapely.bounds(shapes), lambda some: some)


def test_a_row_without_a_geometry_is_in_no_deep_tile(mosaic):
    holes = np.concatenate([array([None, shapely.Polygon()]), mosaic])
    key = next(iter(build_tiles(mosaic, zooms=[13]).tiles))
    whole, shifted = (decode_tile(deep_tiles(shapes).render(*key)) for shapes in (mosaic, holes))
    assert np.array_equal(np.where(whole > 0, whole + 2, 0), shifted)


def test_too_many_rows_are_refused():
    crowd = np.full(2**24, None, dtype=object)
    with pytest.raises(ValueError, match="16777215"):
        build_tiles(crowd)
    with pytest.raises(ValueError, match="16777215"):
        deep_tiles(crowd)


def test_a_deep_tile_equals_the_archived_one(mosaic):
    deep = deep_tiles(mosaic)
    tiles = build_tiles(mosaic, zooms=[13]).tiles
    for key, data in tiles.items():
        assert deep.render(*key) == data
    assert deep.render(13, 0, 0) is None


def test_deep_tiles_refine_the_archived_picture(mosaic):
    z, x, y = COUNTY_TILE
    deep = deep_tiles(mosaic)
    quarter = decode_tile(deep.render(z + 2, 4 * x, 4 * y))
    whole = decode_tile(build_tiles(mosaic, zooms=[13]).tiles[COUNTY_TILE])
    # a z13 pixel centre is a corner of four z15 pixels: inside plots all agree
    coarse = whole[:64, :64].repeat(4, 0).repeat(4, 1)
    assert np.mean(quarter == coarse) > 0.9


@pytest.mark.parametrize("key", [(13, -1, 0), (13, 0, 8192), (-1, 0, 0), (40, 0, 0)])
def test_tiles_outside_the_world_do_not_exist(mosaic, tmp_path, key):
    TileArchive.write(tmp_path / "a.idt", build_tiles(mosaic[:3]))
    assert TileArchive.open(tmp_path / "a.idt").get(*key) is None
    assert deep_tiles(mosaic[:3]).render(*key) is None


def test_archive_gives_back_every_tile_from_many_threads(mosaic, tmp_path):
    tileset = build_tiles(mosaic)
    path = tmp_path / "forest.idt"
    TileArchive.write(path, tileset)
    assert [item.name for item in tmp_path.iterdir()] == ["forest.idt"]
    moved = path.rename(tmp_path / "moved.idt")
    archive = TileArchive.open(moved)
    assert (archive.rows, archive.zooms, len(archive)) == (len(mosaic), tuple(range(8, 14)), len(tileset.tiles))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda key: archive.get(*key), list(tileset.tiles) * 5))
    assert answers == list(tileset.tiles.values()) * 5
    assert archive.get(13, 0, 0) is None


def test_an_empty_layer_has_an_archive_too(tmp_path):
    TileArchive.write(tmp_path / "none.idt", build_tiles(array([])))
    archive = TileArchive.open(tmp_path / "none.idt")
    assert len(archive) == 0 and archive.get(8, 204, 104) is None


def test_a_damaged_archive_is_refused(mosaic, tmp_path):
    path = tmp_path / "a.idt"
    TileArchive.write(path, build_tiles(mosaic[:50]))
    whole = path.read_bytes()
    cuts = [0, 5, 11, 30, len(whole) // 2, len(whole) - 1]
    for before, size in pairwise([-1, *cuts]):
        assert size > before
        path.write_bytes(whole[:size])
        with pytest.raises(ArchiveError):
            TileArchive.open(path)
    path.write_bytes(b"PK" + whole[2:])
    with pytest.raises(ArchiveError, match="not a tile archive"):
        TileArchive.open(path)
    with pytest.raises(FileNotFoundError):
        TileArchive.open(tmp_path / "absent.idt")
