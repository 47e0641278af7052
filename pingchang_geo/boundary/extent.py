"""Whether a boundary is where and as large as a site can be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import shapely
from pyproj import Geod

from pingchang_geo import crs
from pingchang_geo.boundary.model import Parcel, place_of, spoken
from pingchang_geo.issues import Issue
from pingchang_geo.messages import issue
from pingchang_geo.units import HA_M2, KM2_M2, format_number

#: Below the first no area is believed, below the second it is asked about.
REFUSED_M2: Final = 1.0
SMALL_M2: Final = 100.0
#: A site larger than this, or than this share of the county, is asked about.
LARGE_M2: Final = 200 * KM2_M2
LARGE_SHARE: Final = 0.1
#: The county's outline is a published map's, not a survey: this far beyond it is "at the border".
BORDER_M: Final = 500.0
#: Degrees around the county within which the measuring projection is used; further away only the distance counts.
_NEAR_DEG: Final = 3.0
#: A point this far (degrees) from the county while most points are in it is a slip of the pen.
_STRAY_DEG: Final = 0.5
_GEOD: Final = Geod(ellps="GRS80")


def finite(parcels: Sequence[Parcel]) -> list[Issue]:
    """Points that are no position on Earth."""
    issues = []
    for parcel in parcels:
        for ring in parcel.rings:
            points = ring.points
            with np.errstate(invalid="ignore"):
                wrong = ~np.isfinite(points).all(axis=1) | (np.abs(points[:, 0]) > 180) | (np.abs(points[:, 1]) > 90)
            if wrong.any():
                issues.append(issue("SITE_COORDINATES", place=place_of(ring, np.flatnonzero(wrong))))
    return issues


def far(parcels: Sequence[Parcel], hint: str) -> list[Issue]:
    """A boundary too far from the county to be measured there, in whole or in some of its points."""
    rings = [ring for parcel in parcels for ring in parcel.rings]
    points = np.concatenate([ring.points for ring in rings])
    west, south, east, north = crs.COUNTY_BOX

    def beyond(margin: float) -> Any:
        lon, lat = points[:, 0], points[:, 1]
        return (lon < west - margin) | (lon > east + margin) | (lat < south - margin) | (lat > north + margin)

    stray = beyond(_STRAY_DEG)
    low, high = points.min(axis=0), points.max(axis=0)
    around = low[0] < west and low[1] < south and high[0] > east and high[1] > north
    if around and beyond(_NEAR_DEG).any() and stray.all():
        width, height = (format_number(float(one), 1) for one in high - low)
        return [issue("SITE_HUGE", width=width, height=height)]
    if beyond(_NEAR_DEG).any() and stray.all():
        centre = (west + east) / 2, (south + north) / 2
        place = points.mean(axis=0)
        _, _, distance = _GEOD.inv(*centre, float(place[0]), float(place[1]))
        return [_outside(distance / 1000, hint)]
    if not stray.any() or stray.all():
        return []
    at = int(np.flatnonzero(stray)[0])
    starts = np.cumsum([0, *(len(ring.points) for ring in rings)])
    owner = int(np.searchsorted(starts, at, side="right")) - 1
    where = place_of(rings[owner], [at - int(starts[owner])])
    return [issue("SITE_STRAY", count=int(stray.sum()), place=where, point=spoken(points[at]))]


def size(polygon_m: Any, county_m: Any | None) -> list[Issue]:
    """Areas no site has; ``polygon_m`` and ``county_m`` in the measuring projection."""
    area = float(shapely.area(polygon_m))
    if area < REFUSED_M2:
        return [issue("SITE_TINY", area=format_number(area, 2))]
    if area < SMALL_M2:
        return [issue("SITE_SMALL", area=format_number(area, 1))]
    share = area / float(shapely.area(county_m)) if county_m is not None else 0.0
    if area > LARGE_M2 or share > LARGE_SHARE:
        of_county = f"，占全县面积的 {share:.1%}" if share else ""
        return [issue("SITE_LARGE", area=format_number(area / KM2_M2, 1), of_county=of_county)]
    return []


def whereabouts(polygon_m: Any, county_m: Any, hint: str) -> list[Issue]:
    """Outside the county wholly (refused beyond the border's uncertainty) or in part (told)."""
    inside = float(shapely.area(shapely.intersection(polygon_m, county_m)))
    area = float(shapely.area(polygon_m))
    if inside <= 0.0:
        distance = float(shapely.distance(polygon_m, county_m))
        if distance <= BORDER_M:
            return [issue("SITE_BORDER", distance=format_number(distance, 0))]
        return [_outside(distance / 1000, hint)]
    outside = area - inside
    if outside <= max(1.0, 1e-4 * area):
        return []
    percent = 100 * outside / area
    shown = format_number(percent, 1) if percent < 99.95 else "99.9"
    return [issue("SITE_PARTLY_OUTSIDE", percent=shown, area=format_number(outside / HA_M2, 2))]


def _outside(distance_km: float, hint: str) -> Issue:
    return issue("SITE_OUTSIDE", distance=format_number(distance_km, 1 if distance_km < 100 else 0), hint=hint)
