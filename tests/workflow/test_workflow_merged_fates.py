"""What a map shows where thousands of plots changed: close to the true union, few corners, soon done."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from pingchang_geo import crs
from pingchang_geo.workflow.uploads import drafting
from tests import factories


def fates(geometry: np.ndarray) -> gpd.GeoDataFrame:
    degrees = crs.transform(geometry, "EPSG:4524", "EPSG:4490")
    return gpd.GeoDataFrame({drafting.FATE: ["变更"] * len(geometry)}, geometry=degrees, crs=4490)


def merged(geometry: np.ndarray) -> shapely.Geometry:
    shape = drafting.dissolved(fates(geometry), 1).geometry.iloc[0]
    return crs.transform(np.array([shape]), "EPSG:4490", "EPSG:4524")[0]


MESH = factories.mesh(2500, 3)
SOME = MESH[np.random.default_rng(4).random(len(MESH)) < 0.3]


@pytest.mark.parametrize("widened", [0.0, 30.0])
@pytest.mark.parametrize("plots", [MESH, SOME], ids=["all", "scattered"])
def test_the_merged_shape_covers_what_changed(plots: np.ndarray, widened: float) -> None:
    """Both ways of merging: along common borders, and, where plots overlap, by a real union."""
    given = shapely.buffer(plots, widened, quad_segs=2) if widened else plots
    true, shape = shapely.union_all(given), merged(given)
    assert shapely.area(shape) == pytest.approx(true.area, rel=0.01)
    assert shapely.hausdorff_distance(shape, true) < 60
    assert shapely.get_num_coordinates(shape) < shapely.get_num_coordinates(given).sum() * 0.75


def test_a_few_plots_that_do_not_fit_stay_inside_the_shape() -> None:
    moved = MESH.copy()
    moved[::50] = shapely.transform(moved[::50], lambda xy: xy + 0.4)
    assert shapely.area(merged(moved)) == pytest.approx(shapely.area(merged(MESH)), rel=1e-3)


def test_many_corners_cost_detail(monkeypatch: pytest.MonkeyPatch) -> None:
    full = shapely.get_num_coordinates(merged(SOME))
    monkeypatch.setattr(drafting, "_MERGED_CORNERS", full - 1)
    assert shapely.get_num_coordinates(merged(SOME)) < full


def test_points_and_missing_shapes_merge_too() -> None:
    points = np.array([shapely.Point(factories.CENTRE), None, shapely.Point(36_415_400, 3_495_500)], dtype=object)
    assert shapely.get_num_geometries(merged(points)) == 2
    both = np.array([*points, MESH[0]], dtype=object)
    assert shapely.area(merged(both)) == pytest.approx(shapely.area(MESH[0]), rel=1e-6)
