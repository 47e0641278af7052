"""The boundary of a site as geometry: rings in, one valid polygon out, and all that had to be said about it. Pure.

Coordinates are degrees (EPSG:4490); lengths and areas are measured in the county's equal-area projection. Nothing here
raises for bad geometry, and the time it takes is bounded whatever the rings look like.
"""

from pingchang_geo.boundary.check import MAX_RINGS, MAX_VERTICES, Checked, check, too_many
from pingchang_geo.boundary.model import Parcel, Ring, rings_of

__all__ = ["MAX_RINGS", "MAX_VERTICES", "Checked", "Parcel", "Ring", "check", "rings_of", "too_many"]
