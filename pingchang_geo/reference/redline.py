"""Red-line patches: irregular pieces of the invented ridges, their union as large as the ledger says."""

from __future__ import annotations

from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely
from rasterio import Affine, features
from scipy import ndimage

from pingchang_geo.crs import STORAGE_EPSG, area_m2, from_equal_area, to_equal_area
from pingchang_geo.reference.model import Flags, Geometries
from pingchang_geo.reference.terrain import Terrain

_PIXEL_M: Final = 60.0
_SMOOTH_PIXELS: Final = 5.0
_LEAST_KM2: Final = 0.6
_WANTED: Final = 36
#: Scenic areas and industrial sites are drawn at least this far from the red line.
_AWAY_M: Final = 1_600.0
_TYPES: Final = ("水源涵养（示意）", "水土保持（示意）", "生物多样性维护（示意）")


def build_redline(terrain: Terrain, county: Any, target_km2: float, named: Geometries) -> gpd.GeoDataFrame:
    """Patches in EPSG:4490 with HXMC, HXLX, MJ (m²), disjoint, inside the county, away from ``named`` places."""
    county_m = to_equal_area(np.array([county], dtype=object))[0]
    free_m = shapely.difference(county_m, shapely.union_all(shapely.buffer(to_equal_area(named), _AWAY_M)))
    raw = _smooth(_ridges(terrain, free_m, target_km2))
    inner = shapely.buffer(free_m, -150.0)
    shape = _fitted(raw, inner, target_km2 * 1e6)
    middle = shapely.get_coordinates(shapely.centroid(to_equal_area(shape)))
    shape = shape[np.lexsort((middle[:, 0], np.floor(-middle[:, 1] / 6_000.0)))]
    middle = shapely.get_coordinates(shapely.centroid(to_equal_area(shape)))
    field = terrain.patches(50, 20_000)(*middle.T)
    kind = np.searchsorted(np.quantile(field, [0.4, 0.75]), field)
    return gpd.GeoDataFrame(
        {
            "BSM": [f"SY{k + 1:02d}" for k in range(len(shape))],
            "HXMC": [f"示意红线斑块 {k + 1:02d}" for k in range(len(shape))],
            "HXLX": [_TYPES[k] for k in kind],
            "XZQDM": "511923",
            "XZQMC": "平昌县",
            "MJ": np.round(area_m2(shape), 2),
            "WEIZHI": "示意",
        },
        geometry=shape,
        crs=STORAGE_EPSG,
    )


def _ridges(terrain: Terrain, county_m: Any, target_km2: float) -> Geometries:
    """The highest ground in pieces of a decent size, at the level where their area is about right."""
    west, south, east, north = shapely.bounds(county_m)
    columns, rows = int((east - west) / _PIXEL_M) + 1, int((north - south) / _PIXEL_M) + 1
    x_m = west + (np.arange(columns) + 0.5) * _PIXEL_M
    y_m = north - (np.arange(rows) + 0.5) * _PIXEL_M
    grid_x, grid_y = (g.ravel() for g in np.meshgrid(x_m, y_m))
    height = terrain.height(grid_x, grid_y).reshape(rows, columns)
    height = ndimage.gaussian_filter(height, _SMOOTH_PIXELS)
    height += 0.06 * terrain.patches(51, 800)(grid_x, grid_y).reshape(rows, columns)
    away = shapely.buffer(county_m, -400.0)
    transform = Affine(_PIXEL_M, 0.0, west, 0.0, -_PIXEL_M, north)
    inside = features.rasterize([away], (rows, columns), transform=transform).astype(bool)
    low, high = np.quantile(height[inside], [0.5, 0.999])
    for _ in range(40):
        level = (low + high) / 2.0
        kept = _decent(inside & (height > level))
        if kept.sum() * _PIXEL_M**2 > target_km2 * 1e6:
            low = level
        else:
            high = level
    found = features.shapes(kept.astype(np.uint8), kept, transform=transform)
    return np.array([shapely.Polygon(s["coordinates"][0]) for s, _ in found], dtype=object)


def _decent(mask: Flags) -> Flags:
    """Pieces of decent size only, without pinholes; at most the wanted number, largest first."""
    mask = ndimage.binary_fill_holes(ndimage.binary_opening(mask, iterations=2))
    label, count = ndimage.label(mask)
    size = np.bincount(label.ravel(), minlength=count + 1)
    size[0] = 0
    size[size * _PIXEL_M**2 < _LEAST_KM2 * 1e6] = 0
    largest = np.argsort(-size, kind="stable")[:_WANTED]
    return np.asarray(np.isin(label, largest[size[largest] > 0]))


def _smooth(shape_m: Geometries) -> Geometries:
    """Stair steps of pixels turned into curves: simplified, then corners cut twice (Chaikin)."""
    smooth = []
    for one in shapely.simplify(shape_m, 0.9 * _PIXEL_M):
        points = shapely.get_coordinates(one)[:-1]
        for _ in range(2):
            ahead = np.roll(points, -1, axis=0)
            points = np.stack([0.75 * points + 0.25 * ahead, 0.25 * points + 0.75 * ahead], 1).reshape(-1, 2)
        smooth.append(shapely.Polygon(points))
    return np.array(smooth, dtype=object)


def _fitted(shape_m: Geometries, inner: Any, target_m2: float) -> Geometries:
    """All patches widened or narrowed by the same distance until their union has the target area."""
    low, high = -120.0, 120.0
    for _ in range(48):
        distance = (low + high) / 2.0
        grown = shapely.union_all(shapely.buffer(shape_m, distance, quad_segs=2))
        parts = shapely.get_parts(shapely.intersection(grown, inner))
        parts = shapely.simplify(parts, 4.0)
        parts = np.asarray(shapely.polygons(shapely.get_exterior_ring(parts)))
        shape = shapely.transform(from_equal_area(parts), lambda c: np.round(c, 6))
        if area_m2(np.array([shapely.union_all(shape)]))[0] < target_m2:
            low = distance
        else:
            high = distance
    return np.asarray(shape)
