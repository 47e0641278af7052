"""The scan-line rasteriser against squares counted by hand and against GDAL."""

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.features import rasterize

from pingchang_geo.tiles.raster import Window, rasterise_rows, rescue_unseen


def geoms(*items):
    out = np.empty(len(items), dtype=object)
    out[:] = items
    return out


def test_squares_fill_the_pixels_whose_centres_they_hold():
    # x 0..2, y 4..2 is the top left 2 x 2 block of a 4 x 4 raster whose corner is (0, 4)
    raster = rasterise_rows(geoms(shapely.box(0, 2, 2, 4), shapely.box(2.6, 0, 4, 1)), Window(0, 4, 1, 4, 4))
    assert raster.dtype == np.uint32
    assert raster.tolist() == [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 2]]


def test_a_hole_stays_open_and_parts_share_a_number():
    ring = shapely.Polygon([(0, 0), (3, 0), (3, 3), (0, 3)], holes=[[(1, 1), (2, 1), (2, 2), (1, 2)]])
    parts = shapely.MultiPolygon([shapely.box(4, 0, 5, 1), shapely.box(4, 2, 5, 3)])
    raster = rasterise_rows(geoms(ring, parts), Window(0, 3, 1, 5, 3))
    assert raster.tolist() == [[1, 1, 1, 0, 2], [1, 0, 1, 0, 0], [1, 1, 1, 0, 2]]


def test_the_later_of_two_overlapping_polygons_is_seen():
    raster = rasterise_rows(geoms(shapely.box(0, 0, 3, 1), shapely.box(1, 0, 2, 1)), Window(0, 1, 1, 3, 1))
    assert raster.tolist() == [[1, 2, 1]]


def test_missing_empty_points_and_what_lies_outside_leave_nothing():
    nothing = geoms(None, shapely.Polygon(), shapely.Point(0.5, 0.5), shapely.box(10, 10, 12, 12))
    assert not rasterise_rows(nothing, Window(0, 2, 1, 2, 2)).any()
    assert not rasterise_rows(geoms(), Window(0, 2, 1, 2, 2)).any()


def test_a_polygon_larger_than_the_raster_fills_it():
    assert (rasterise_rows(geoms(shapely.box(-9, -9, 9, 9)), Window(0, 2, 1, 3, 2)) == 1).all()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 32), st.floats(0, 32)), min_size=3, max_size=9))
def test_agrees_with_gdal_wherever_a_pixel_centre_is_clear_of_the_edge(points):
    hull = shapely.convex_hull(shapely.MultiPoint(points))
    if shapely.area(hull) == 0:
        return
    ours = rasterise_rows(geoms(hull), Window(0, 32, 1, 32, 32))
    theirs = rasterize([(hull, 1)], out_shape=(32, 32), transform=Affine(1, 0, 0, 0, -1, 32), dtype="uint8")
    different = np.argwhere(ours != theirs)
    centres = shapely.points(different[:, 1] + 0.5, 32 - different[:, 0] - 0.5)
    assert (shapely.distance(centres, shapely.boundary(hull)) < 1e-6).all()


def test_neighbours_that_share_edges_leave_no_gap_and_no_overlap():
    rng = np.random.default_rng(4)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(rng.uniform(0, 64, (80, 2)))))
    cells = cells[shapely.area(cells) > 0]
    raster = rasterise_rows(cells, Window(8, 56, 1, 48, 48))
    assert (raster > 0).all()
    alone = [np.count_nonzero(rasterise_rows(geoms(cell), Window(8, 56, 1, 48, 48))) for cell in cells]
    assert sum(alone) == raster.size


def test_a_plot_smaller_than_a_pixel_is_rescued_but_never_at_the_cost_of_another():
    large, tiny = shapely.box(0, 0, 2, 1), shapely.box(0.1, 0.1, 0.2, 0.2)
    window = Window(0, 1, 1, 2, 1)
    both = geoms(large, tiny)
    raster = rasterise_rows(both, window)
    assert raster.tolist() == [[1, 1]]
    rescue_unseen(raster, both, window)
    assert raster.tolist() == [[2, 1]]
    narrow = geoms(shapely.box(0, 0, 1, 1), tiny)
    raster = rasterise_rows(narrow, Window(0, 1, 1, 1, 1))
    rescue_unseen(raster, narrow, Window(0, 1, 1, 1, 1))
    assert raster.tolist() == [[1]]


@pytest.mark.parametrize("row", [0, 255, 65535])
def test_numbers_are_positions_plus_one(row):
    many = np.full(row + 1, None, dtype=object)
    many[row] = shapely.box(0, 0, 1, 1)
    assert rasterise_rows(many, Window(0, 1, 1, 1, 1)).tolist() == [[row + 1]]
