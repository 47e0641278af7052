"""The mesh under the compartments: borders, rings, exact totals."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pingchang_geo.reference.mesh import Mesh, build_mesh, scatter
from pingchang_geo.reference.outlines import checks
from pingchang_geo.reference.rings import is_hole, polygons, trace
from pingchang_geo.reference.terrain import Terrain
from pingchang_geo.reference.woods import take


def _mesh(seed: int) -> Mesh:
    rng = np.random.default_rng(seed)
    return build_mesh(rng, scatter(rng, 100.0, 1_000.0), 100.0)


def _core(mesh: Mesh) -> np.ndarray:
    """Closed cells well inside the scattered points."""
    return mesh.bounded & (np.abs(mesh.site_m).max(axis=1) < 700)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_crooked_cells_tile_without_gap_or_overlap(seed: int) -> None:
    mesh = _mesh(seed)
    core = _core(mesh)
    cells = polygons(mesh, trace(mesh, np.where(core, np.arange(len(core)), -1)))
    assert len(cells) == core.sum()
    assert shapely.is_valid(cells).all()
    assert shapely.coverage_is_valid(cells)
    assert np.allclose(shapely.area(cells), mesh.area_m2[core])
    assert shapely.area(shapely.union_all(cells)) == pytest.approx(mesh.area_m2[core].sum(), rel=1e-9)


def test_a_group_around_another_has_a_hole() -> None:
    mesh = _mesh(1)
    middle = int(np.hypot(*mesh.site_m.T).argmin())
    core = _core(mesh)
    group = np.where(core, 0, -1)
    group[middle] = 1
    rings = trace(mesh, group)
    assert rings.group.tolist().count(0) == 2
    assert rings.group.tolist().count(1) == 1
    hole = is_hole(mesh, rings)
    assert hole.sum() == 1
    assert rings.group[hole].tolist() == [0]


def test_take_hits_a_total_by_exchange() -> None:
    area = np.array([5.0, 4.0, 3.0, 2.5, 2.0, 1.0])
    chosen = take(np.arange(6), area, 10.0)
    # 5 + 4 leave 1.0 missing: the single item of that size completes them.
    assert sorted(chosen.tolist()) == [0, 1, 5]


def test_take_exchanges_where_nothing_fits() -> None:
    area = np.array([5.0, 4.0, 4.5, 4.9])
    # After 5 the next item would overshoot; 4.9 for 5 is the nearest to 4.9.
    assert take(np.arange(4), area, 4.9).tolist() == [3]


def test_terrain_is_one_function_of_position() -> None:
    x_m, y_m = np.array([0.0, 1_500.0, -20_000.0]), np.array([0.0, 800.0, 9_000.0])
    one, two = Terrain(7), Terrain(7)
    assert np.array_equal(one.height(x_m, y_m), two.height(x_m, y_m))
    assert np.array_equal(one.height(x_m, y_m)[1:], one.height(x_m[1:], y_m[1:]))
    assert not np.allclose(one.height(x_m, y_m), Terrain(8).height(x_m, y_m))


def test_both_outlines_of_the_package() -> None:
    found = checks()
    assert found["amap_km2"] == pytest.approx(2227.11, abs=0.005)
    assert found["amap_points"] == 1529
    assert found["tianditu_km2"] == pytest.approx(2229.43, abs=0.005)
    assert found["tianditu_points"] == 233
