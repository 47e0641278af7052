"""An example site for people who want to see the check before they have a boundary of their own."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from pingchang_geo import crs, layers
from pingchang_geo.layers import boundaries
from pingchang_geo.specs import SiteKind
from pingchang_geo.workflow.atlas import Atlas, LayerData

NAME: Final = "示例范围"
#: Corners as bearing (degrees from east) and distance from the middle (metres): about 30 ha.
_CORNERS: Final = ((5, 360), (62, 290), (118, 400), (181, 310), (242, 380), (300, 300))
#: Places looked at along the border of each of the largest protected features, and how many of these.
_PLACES, _FEATURES = 12, 8


def example(atlas: Atlas) -> shapely.Polygon | None:
    """A site of about 30 ha, EPSG:4490, None without any data.

    It lies across the border of one of the largest protected features where the most kinds of stands and then the
    most plots are met, so that every part of the answer has something to say; without protected features around the
    largest feature there is.
    """
    middles = _middles(atlas)
    if not len(middles):
        return None
    sites = np.array([_around(x, y) for x, y in middles], dtype=object)
    scores = [(inside, *_met(atlas, site)) for inside, site in zip(_inside(atlas, sites).tolist(), sites, strict=True)]
    site: Any = crs.from_equal_area(sites[[max(range(len(sites)), key=scores.__getitem__)]])[0]
    return shapely.set_precision(site, 1e-6)


def _met(atlas: Atlas, site: shapely.Polygon) -> tuple[int, int]:
    """How many kinds of stands and how many plots a site meets."""
    kinds: set[str] = set()
    plots = 0
    for spec in layers.carbon_bearing():
        if spec.id in atlas and spec.carbon is not None:
            rows = atlas[spec.id].tree.query(site, predicate="intersects")
            kinds.update(atlas[spec.id].frame[spec.carbon.stand_kind].iloc[rows].dropna())
            plots += len(rows)
    return len(kinds), plots


def _middles(atlas: Atlas) -> NDArray[np.float64]:
    """Places for the site's middle, n × 2, metres."""
    for spec in layers.all_specs():
        if spec.site is not None and spec.site.kind is SiteKind.PROTECTED and _has_area(atlas, spec.id):
            shapes = atlas[spec.id].metres
            largest = np.argsort(-shapely.area(shapes), kind="stable")[:_FEATURES]
            borders = [_longest(shapely.boundary(shape)) for shape in shapes[largest]]
            shares = np.arange(_PLACES) / _PLACES
            places = [shapely.line_interpolate_point(border, shares, normalized=True) for border in borders]
            return shapely.get_coordinates(np.concatenate(places))
    grounds = [data for data in atlas.layers.values() if _has_area(atlas, data.spec.id)]
    return shapely.get_coordinates([_middle(data) for data in grounds[:1]])


def _inside(atlas: Atlas, sites: NDArray[Any]) -> NDArray[np.bool_]:
    """Which sites lie within the county, all of them without its outline."""
    if boundaries.COUNTY.id not in atlas:
        return np.ones(len(sites), dtype=bool)
    return np.asarray(shapely.contains(shapely.union_all(atlas[boundaries.COUNTY.id].metres), sites), dtype=bool)


def _has_area(atlas: Atlas, layer_id: str) -> bool:
    return layer_id in atlas and bool((shapely.area(atlas[layer_id].metres) > 0).any())


def _longest(border: Any) -> Any:
    parts = shapely.get_parts(border)
    return parts[int(np.argmax(shapely.length(parts)))]


def _middle(data: LayerData) -> shapely.Point:
    shapes = data.metres
    return shapely.point_on_surface(shapes[int(np.argmax(shapely.area(shapes)))])


def _around(x: float, y: float) -> shapely.Polygon:
    bearings, distances = np.radians([c[0] for c in _CORNERS]), np.array([c[1] for c in _CORNERS])
    return shapely.Polygon(np.column_stack([x + distances * np.cos(bearings), y + distances * np.sin(bearings)]))
