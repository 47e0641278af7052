"""Tiny layers in canonical columns with hand-known numbers, for store, atlas, routes and pages.

Everything stands on a grid of squares of 0.01° near the county seat, so that shares are exact fractions.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from pingchang_geo import layers
from pingchang_geo.provenance import Kind, Provenance
from pingchang_geo.specs import FieldKind

WEST, SOUTH, STEP = 107.10, 31.55, 0.01
REFERENCE = Provenance(Kind.REFERENCE, "测试用参考图层", "CC0", "2022", "示意")
OFFICIAL = Provenance(Kind.OFFICIAL, "平昌县林业局", as_of="2024-12-31")


def square(column: float, row: float, size: float = 1.0) -> shapely.Polygon:
    """Square at grid position (column, row), ``size`` cells wide, EPSG:4490."""
    west, south = WEST + column * STEP, SOUTH + row * STEP
    return shapely.box(west, south, west + size * STEP, south + size * STEP)


def canonical(layer: str, columns: dict[str, list[Any]], geometries: list[Any]) -> gpd.GeoDataFrame:
    """Frame with the layer's source columns in order; those not given are missing."""
    spec = layers.get(layer)
    data: dict[str, Any] = {}
    for field in spec.source_fields:
        values = columns.get(field.name, [None] * len(geometries))
        if field.kind is FieldKind.NUMBER:
            data[field.name] = pd.Series(values, dtype="float64")
        elif field.kind is FieldKind.CATEGORY:
            extra = [v for v in dict.fromkeys(values) if v is not None and v not in field.values]
            data[field.name] = pd.Categorical(values, categories=[*field.values, *extra])
        else:
            data[field.name] = pd.Series(values, dtype="str")
    return gpd.GeoDataFrame(data, geometry=geometries, crs="EPSG:4490")


def forest(columns: int = 4, rows: int = 3, volume: float = 60.0) -> gpd.GeoDataFrame:
    """``columns × rows`` squares side by side; species, kinds and age groups alternate."""
    count = columns * rows
    cells = [(i % columns, i // columns) for i in range(count)]
    species, kinds = ["马尾松", "柏木", "栎类"], ["新造林", "森林经营林", "其他林地"]
    ages = ["幼龄林", "中龄林", "成熟林"]
    return canonical(
        "forest",
        {
            "township": [f"示意片区 {1 + c % 2:02d}" for c, _ in cells],
            "linban": [str(1 + r) for _, r in cells],
            "xiaoban": [str(1 + c) for c, _ in cells],
            "species": [species[i % 3] for i in range(count)],
            "stand_kind": [kinds[i % 3] for i in range(count)],
            "age_group": [ages[i % 3] for i in range(count)],
            "origin": ["天然" if i % 2 else "人工" for i in range(count)],
            "canopy": [0.4 + 0.05 * (i % 8) for i in range(count)],
            "volume_m3_ha": [volume + i for i in range(count)],
        },
        [square(c, r) for c, r in cells],
    )


def redline() -> gpd.GeoDataFrame:
    """Two patches: one over the left half of the first column of plots, one far from any plot."""
    half = shapely.box(WEST, SOUTH, WEST + STEP / 2, SOUTH + STEP)
    return canonical(
        "redline",
        {"name": ["红线斑块 01", "红线斑块 02"], "type": ["水土保持", "水源涵养"], "location": ["示意", "示意"]},
        [half, square(20, 20)],
    )


def scenic() -> gpd.GeoDataFrame:
    """A polygon over one plot and a point."""
    return canonical(
        "scenic",
        {"name": ["佛头山", "白衣古镇"], "grade": ["AAAA", "AAAA"], "location": ["推定", "示意"]},
        [square(1, 1), shapely.Point(WEST + 2.5 * STEP, SOUTH + 0.5 * STEP)],
    )


def parks() -> gpd.GeoDataFrame:
    """One site, a point."""
    return canonical(
        "parks",
        {"name": ["星光工业园"], "type": ["工业园"], "status": ["现状"], "location": ["示意"]},
        [shapely.Point(WEST + 3.5 * STEP, SOUTH + 2.5 * STEP)],
    )


def county() -> gpd.GeoDataFrame:
    """An outline around everything."""
    return canonical("county", {"name": ["平昌县"], "code": ["511923"]}, [square(-5, -5, 40)])


def all_layers() -> dict[str, gpd.GeoDataFrame]:
    """The tiny county: every layer that a reference start would publish."""
    return {"county": county(), "redline": redline(), "forest": forest(), "scenic": scenic(), "parks": parks()}
