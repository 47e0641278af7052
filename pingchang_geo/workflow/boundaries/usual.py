"""The usual coordinate systems that a site's numbers fit: which, in what order of axes, and what speaks for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from pyproj import CRS

from pingchang_geo.boundary.model import Points
from pingchang_geo.readers import projection

#: Systems whose numbers for the county are the very same: only the first is offered.
SAME_NUMBERS: Final = {4544: 4507}
#: What a zone number adds to an easting, in metres.
ZONE_M: Final = 1e6


@dataclass(frozen=True)
class Candidate:
    """A reading that lands in the county."""

    epsg: int
    swap: bool
    strip: bool = False

    @property
    def name(self) -> str:
        """Chinese name of the system."""
        return name_of(self.epsg)


def name_of(epsg: int) -> str:
    """Chinese name of a usual system; the registered name of any other."""
    return projection.name_of(epsg, None if epsg in projection.NAMES else CRS.from_epsg(epsg))


def placed(points: Points, definition: str, *, swap: bool, strip: bool) -> Points:
    """Longitude and latitude (CGCS2000) of numbers read in one way."""
    east_north = points[:, ::-1] if swap else points
    if strip:
        east_north = np.column_stack([np.mod(east_north[:, 0], ZONE_M), east_north[:, 1]])
    if definition in ("EPSG:4490", "EPSG:4326"):
        return np.ascontiguousarray(east_north)  # CGCS2000 and WGS 84 differ by centimetres
    return projection.to_degrees(np.ascontiguousarray(east_north), definition)


def share(points: Points, candidate: Candidate) -> float:
    """Share of points that a reading puts into the county's surroundings."""
    east_north = points[:, ::-1] if candidate.swap else points
    if candidate.strip:
        east_north = np.column_stack([np.mod(east_north[:, 0], ZONE_M), east_north[:, 1]])
    return projection.share_in_county(np.ascontiguousarray(east_north), f"EPSG:{candidate.epsg}")


def fitting(points: Points) -> list[Candidate]:
    """Every usual reading that fits, in either order of the axes, most usual first."""
    found = []
    for swap in (False, True):
        ordered = np.ascontiguousarray(points[:, ::-1] if swap else points)
        found += [Candidate(epsg, swap) for epsg in projection.fitting(ordered) if epsg not in SAME_NUMBERS]
    return found


def geographic(epsg: int | None) -> bool:
    """Whether a system is one of longitude and latitude."""
    return epsg in (4490, 4326)


def evidence(points: Points, candidate: Candidate) -> str:
    """The numbers that speak for a reading."""
    east_north = points[:, ::-1] if candidate.swap else points
    low, high = east_north.min(axis=0), east_north.max(axis=0)
    if geographic(candidate.epsg):
        return f"经度 {low[0]:.6f}–{high[0]:.6f}，纬度 {low[1]:.6f}–{high[1]:.6f}"
    return f"横坐标（东）{low[0]:,.1f}–{high[0]:,.1f}，纵坐标（北）{low[1]:,.1f}–{high[1]:,.1f}"


def bounds_text(points: Points) -> str:
    """The range of both numbers."""
    low, high = points.min(axis=0), points.max(axis=0)
    return f"{low[0]:,.6g}–{high[0]:,.6g} 与 {low[1]:,.6g}–{high[1]:,.6g}"
