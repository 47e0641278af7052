import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from pingchang_geo import crs
from pingchang_geo.settings import PROJECT_ROOT

GEOD = Geod(ellps="GRS80")


@settings(max_examples=60, deadline=None)
@given(
    st.floats(106.83, 107.5),
    st.floats(31.25, 31.85),
    st.floats(1e-4, 5e-3),
)
def test_area_is_geodesic_area(west: float, south: float, size: float) -> None:
    # many vertices, so that the straight line of one projection and the geodesic of the other do not differ
    box = shapely.segmentize(shapely.box(west, south, west + size, south + size), size / 50)
    geodesic = abs(GEOD.geometry_area_perimeter(box)[0])
    assert crs.area_m2(np.array([box]))[0] == pytest.approx(geodesic, rel=1e-7)


def test_areas_of_5000_plots_are_geodesic_areas() -> None:
    """The proof on real shapes: plots of the reference layer, each against the geodesic area on the ellipsoid.

    It holds the projection's own error and that of taking an edge straight in it instead of as a geodesic.
    """
    plots = np.asarray(gpd.read_parquet(PROJECT_ROOT / "data" / "geo" / "forest.parquet").geometry.array)
    sample = plots[np.random.default_rng(5).choice(len(plots), 5000, replace=False)]
    oriented = shapely.orient_polygons(sample)  # holes count negative only when wound the other way
    geodesic = np.array([GEOD.geometry_area_perimeter(plot)[0] for plot in oriented])
    assert (geodesic > 0).all()
    relative = np.abs(crs.area_m2(sample) / geodesic - 1)
    assert relative.max() <= 1e-7
    assert abs(crs.area_m2(sample).sum() / geodesic.sum() - 1) <= 1e-8


def test_a_web_mercator_area_would_be_wrong() -> None:
    box = np.array([shapely.box(107.1, 31.5, 107.11, 31.51)])
    inflated = shapely.area(crs.to_web_mercator(box))[0] / crs.area_m2(box)[0]
    assert inflated == pytest.approx(1.38, abs=0.01)


def test_round_trip() -> None:
    points = shapely.points([[107.0970, 31.5650], [106.84, 31.25]])
    back = crs.from_equal_area(crs.to_equal_area(points))
    np.testing.assert_allclose(shapely.get_coordinates(back), shapely.get_coordinates(points), atol=1e-10)


def test_empty_and_points_have_no_area() -> None:
    assert crs.area_m2(np.array([shapely.Point(107, 31.5), shapely.Polygon()])).tolist() == [0, 0]


def test_county_box() -> None:
    assert crs.inside_county_box((107.0, 31.5, 107.1, 31.6))
    assert not crs.inside_county_box((116.0, 39.5, 117.0, 40.0))
