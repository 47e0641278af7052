"""Protected features that a site touches or comes close to, and features near it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from pingchang_geo.layers import palette
from pingchang_geo.site.model import BORDER_M, CLOSE_M, TOUCH_M2, Contact, NearbyFinding, ProtectedFinding, SiteLayer
from pingchang_geo.specs import FieldKind, LayerSpec
from pingchang_geo.units import HA_M2

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

#: The eight compass directions, clockwise from north.
DIRECTIONS: Final = ("北", "东北", "东", "东南", "南", "西南", "西", "西北")
_POLYGONS: Final = 2


def names(spec: LayerSpec, frame: pd.DataFrame, rows: Rows) -> list[str]:
    """Names of features for people: 佛头山, 小班 01-3-7; a feature without a name is called by its record number."""
    part = frame.iloc[rows]
    if len(spec.key) == 1 or spec.name_field == "name":
        texts = texts_of(part[spec.name_field])
    else:
        columns = [texts_of(part[key]) for key in spec.key if key in part]
        joined = ["-".join(filter(None, values)) for values in zip(*columns, strict=True)]
        texts = [f"{spec.noun} {text}" if text else "" for text in joined]
    return [text or f"{spec.noun}（第 {row + 1} 条）" for text, row in zip(texts, rows.tolist(), strict=True)]


def texts_of(column: pd.Series[str]) -> list[str]:
    """Values as text, empty where missing."""
    return column.astype(object).where(column.notna(), "").astype(str).tolist()


def categories(spec: LayerSpec, frame: pd.DataFrame) -> list[str]:
    """Category columns that the layer's pop-up shows and the frame holds, in the pop-up's order."""
    return [name for name in spec.popup if spec.field(name).kind is FieldKind.CATEGORY and name in frame.columns]


def direction(line_m: shapely.LineString) -> str:
    """Compass direction from a line's first point to its last; empty for a line without length.

    North of the projection's grid: inside the county it differs from true north by less than 0.3°.
    """
    (x0, y0), (x1, y1) = shapely.get_coordinates(line_m)[[0, -1]]
    if x0 == x1 and y0 == y1:
        return ""
    degrees = np.degrees(np.arctan2(x1 - x0, y1 - y0))
    return DIRECTIONS[int(np.floor((degrees + 22.5) / 45)) % len(DIRECTIONS)]


@dataclass(frozen=True)
class _Nearest:
    row: int
    distance_m: float
    link_m: shapely.LineString


def protected(site_m: shapely.Geometry, layer: SiteLayer) -> ProtectedFinding:
    """What a prepared site has to do with the features of a layer that must not be touched."""
    hit = np.sort(layer.tree.query(site_m, predicate="intersects"))
    found = layer.geometries_m[hit]
    shared = shapely.intersection(found, site_m)
    shared_m2 = np.asarray(shapely.area(shared), dtype=np.float64)
    # a spring or a stream has no area to share: it is touched when it lies in the site
    bodiless = (shapely.get_dimensions(found) < _POLYGONS) & ~shapely.touches(site_m, found)
    listed = (shared_m2 > 0) | bodiless
    overlap_m = shapely.union_all(shared[shared_m2 > 0])
    overlap_m2 = float(shapely.area(overlap_m))
    touches = _deeper_than_borders(overlap_m) or bool(bodiless.any())
    nearest = None if touches else _nearest(site_m, layer)
    return ProtectedFinding(
        layer_id=layer.spec.id,
        title=layer.title,
        noun=layer.spec.noun,
        mark=layer.mark,
        contact=_contact(touches, nearest),
        touches=touches,
        overlap_ha=overlap_m2 / HA_M2,
        overlap_pct=min(100.0, overlap_m2 / float(shapely.area(site_m)) * 100),
        distance_m=None if nearest is None else nearest.distance_m,
        direction="" if nearest is None else direction(nearest.link_m),
        nearest=None if nearest is None else (nearest.row, names(layer.spec, layer.frame, np.array([nearest.row]))[0]),
        patches=_patches(layer, hit[listed], shared_m2[listed], float(shapely.area(site_m))),
        overlap_m=overlap_m,
        link_m=None if nearest is None else nearest.link_m,
    )


def _deeper_than_borders(overlap_m: shapely.Geometry) -> bool:
    """Whether more than :data:`TOUCH_M2` of the shared ground lies further than :data:`BORDER_M` from its border."""
    area_m2, strip_m2 = float(shapely.area(overlap_m)), BORDER_M * float(shapely.length(overlap_m))
    if area_m2 <= TOUCH_M2:
        return False
    # the strip along the border is at most its length times its width, and a rounded corner at each vertex
    if area_m2 - strip_m2 - np.pi * BORDER_M**2 * int(shapely.get_num_coordinates(overlap_m)) > TOUCH_M2:
        return True
    return bool(shapely.area(shapely.buffer(overlap_m, -BORDER_M)) > TOUCH_M2)


def _contact(touches: bool, nearest: _Nearest | None) -> Contact:
    if touches:
        return Contact.OVERLAP
    if nearest is None:
        return Contact.UNKNOWN
    if nearest.distance_m <= BORDER_M:
        return Contact.ABUTS
    return Contact.CLOSE if nearest.distance_m <= CLOSE_M else Contact.APART


def _nearest(site_m: shapely.Geometry, layer: SiteLayer) -> _Nearest | None:
    rows, distances = layer.tree.query_nearest(site_m, return_distance=True)
    if not len(rows):
        return None
    row = int(rows.min())
    return _Nearest(row, float(distances[0]), shapely.shortest_line(site_m, layer.geometries_m[row]))


def _patches(layer: SiteLayer, rows: Rows, shared_m2: Floats, site_m2: float) -> pd.DataFrame:
    own_m2 = np.asarray(shapely.area(layer.geometries_m[rows]), dtype=np.float64)
    kinds = [name for name in categories(layer.spec, layer.frame) if name != palette.LOCATION.name]
    table = pd.DataFrame(
        {
            "row": rows,
            "name": names(layer.spec, layer.frame, rows),
            "type": texts_of(layer.frame[kinds[0]].iloc[rows]) if kinds else "",
            "overlap_ha": shared_m2 / HA_M2,
            "site_pct": shared_m2 / site_m2 * 100,
            "patch_pct": np.divide(shared_m2, own_m2, out=np.full(len(rows), np.nan), where=own_m2 > 0) * 100,
        }
    )
    return table.sort_values("overlap_ha", ascending=False, kind="stable", ignore_index=True)


def nearby(site_m: shapely.Geometry, layer: SiteLayer, radius_m: float) -> NearbyFinding:
    """Features of a layer within ``radius_m`` (metres, inclusive) of a prepared site, nearest first."""
    rows = np.sort(layer.tree.query(site_m, predicate="dwithin", distance=radius_m))
    found = layer.geometries_m[rows]
    links = shapely.shortest_line(site_m, found)
    points = shapely.get_dimensions(found) < _POLYGONS
    overlap_ha = np.asarray(shapely.area(shapely.intersection(found, site_m)), dtype=np.float64) / HA_M2
    place = palette.LOCATION.name
    table = pd.DataFrame(
        {
            "row": rows,
            "name": names(layer.spec, layer.frame, rows),
            "distance_m": np.asarray(shapely.length(links), dtype=np.float64),
            "direction": [direction(line) for line in links],
            "overlap_ha": np.where(points, np.nan, overlap_ha),
            "location": texts_of(layer.frame[place].iloc[rows]) if place in layer.frame else "",
            "point": points,
        }
    )
    table = table.sort_values("distance_m", kind="stable", ignore_index=True)
    return NearbyFinding(layer.spec.id, layer.title, layer.spec.noun, layer.mark, radius_m, table)
