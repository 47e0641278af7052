"""The map of a site check: outline, overlap and nearest distance over the layers, the plots it concerns set off."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely

from pingchang_geo import crs, maps, units
from pingchang_geo.crs import Box
from pingchang_geo.maps import Role, Shape
from pingchang_geo.ui.map_panel import map_state
from pingchang_geo.ui.site.state import Desk
from pingchang_geo.ui.state import PageState, Scope
from pingchang_geo.units import UnitChoice
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.site import SiteCheck
from pingchang_geo.workflow.site.answer import distance_text

#: Ground kept around a site on the screen: a share of its size, at least so many metres.
_AROUND_SHARE, _AROUND_LEAST_M = 0.6, 500.0
#: A nearest protected feature up to here is brought into view together with the site.
_LINK_IN_VIEW_M: Final = 3000.0


def state_of(
    found: Atlas, scope: Scope, state: PageState, desk: Desk, check: SiteCheck | None, *, draw: bool
) -> dict[str, Any]:
    """The whole state of the map.

    Args:
        desk: its boundary is shown although questions about it may be open.
        check: the answer, once there is one.
        draw: offer the drawing tool.
    """
    shown = map_state(found, scope, state, _destination(desk, check))
    for finding in check.result.carbon if check else ():
        rows = finding.plots["row"].to_numpy(dtype=np.int64)
        if finding.layer_id in shown["layers"] and len(rows):
            mask = np.zeros(len(scope.layers[finding.layer_id].frame), dtype=bool)
            mask[rows] = True
            shown["layers"][finding.layer_id]["filter"].append(maps.rows_rule(mask, dim=True))
    shapes = _found(check, state.units) if check else _proposed(desk)
    sketch = maps.collection(shapes)
    return {**shown, "sketch": {"features": sketch} if sketch else None, "draw": draw}


def _proposed(desk: Desk) -> list[Shape]:
    entry = desk.entry
    if entry is None or entry.boundary.polygon is None:
        return []
    return [Shape(Role.SITE, entry.boundary.polygon, "待确认")]


def _found(check: SiteCheck, choice: UnitChoice) -> list[Shape]:
    shapes = [Shape(Role.SITE, check.polygon, check.name)]
    for finding in check.result.protected:
        if finding.touches and not shapely.is_empty(finding.overlap_m):
            label = f"重叠 {units.format_quantity(finding.overlap_ha, 'ha', choice)}"
            shapes += [Shape(Role.OVERLAP, _degrees(finding.overlap_m), label, f"与{finding.title}重叠")]
        if finding.link_m is not None and finding.distance_m:
            label = distance_text(finding.distance_m)
            shapes += [Shape(Role.LINK, _degrees(finding.link_m), label, f"距{finding.title}最近处")]
    radii = {finding.radius_m for finding in check.result.nearby if finding.radius_m > 0}
    for radius_m in sorted(radii):
        words = f"周边 {radius_m / 1000:g} km"
        shapes.append(Shape(Role.BUFFER, _degrees(shapely.buffer(check.site_m, radius_m)), words, f"{words} 范围"))
    return shapes


def _degrees(shape_m: Any) -> Any:
    """One geometry of the measuring projection in EPSG:4490."""
    return crs.from_equal_area(np.array([shape_m], dtype=object))[0]


def _destination(desk: Desk, check: SiteCheck | None) -> Box | None:
    """Where the map goes once: the site in its surroundings, with the nearest protected feature if that is near."""
    entry = desk.entry
    if entry is None or entry.boundary.polygon is None or not desk.goes_there(entry):
        return None
    site_m = crs.to_equal_area(np.array([entry.boundary.polygon], dtype=object))[0]
    shapes: list[Any] = [_widened(site_m)]
    for finding in check.result.protected if check else ():
        if finding.link_m is not None and finding.distance_m is not None and finding.distance_m <= _LINK_IN_VIEW_M:
            shapes.append(finding.link_m)
    west, south, east, north = shapely.total_bounds(crs.from_equal_area(np.array(shapes, dtype=object)))
    return float(west), float(south), float(east), float(north)


def _widened(site_m: Any) -> shapely.Polygon:
    west, south, east, north = shapely.bounds(site_m)
    more = max(_AROUND_LEAST_M, _AROUND_SHARE * max(east - west, north - south))
    return shapely.box(west - more, south - more, east + more, north + more)
