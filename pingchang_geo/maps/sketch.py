"""What a page lays over the map that belongs to no layer (docs/architecture.md, ``state.sketch``)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import shapely
from shapely.geometry.base import BaseGeometry

#: Decimals of a degree that travel to the browser: about a centimetre.
_DIGITS: Final = 7


class Role(StrEnum):
    """What a shape is, hence how it is drawn and what the legend calls it."""

    SITE = "site"
    OVERLAP = "overlap"
    BUFFER = "buffer"
    LINK = "link"
    #: What became of a feature from one version to the next.
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    #: Something is wrong with it.
    FAULT = "fault"


@dataclass(frozen=True)
class Shape:
    """One shape.

    Attributes:
        geometry: polygon, line or point; EPSG:4490.
        label: stands on the map; nothing for no label.
        legend: words of the legend where those of the role do not fit; the first shape of a role speaks for all.
    """

    role: Role
    geometry: BaseGeometry
    label: str = ""
    legend: str = ""


def collection(shapes: Iterable[Shape]) -> dict[str, Any] | None:
    """FeatureCollection of the shapes that are not empty, None without any."""
    features = [_feature(shape) for shape in shapes if not shape.geometry.is_empty]
    return {"type": "FeatureCollection", "features": features} if features else None


def _feature(shape: Shape) -> dict[str, Any]:
    rounded = shapely.transform(shape.geometry, lambda points: points.round(_DIGITS))
    properties = {"role": shape.role.value, "label": shape.label}
    if shape.legend:
        properties["legend"] = shape.legend
    return {"type": "Feature", "properties": properties, "geometry": _plain(rounded.__geo_interface__)}


def _plain(geometry: Any) -> dict[str, Any]:
    """Lists instead of tuples: what JSON makes of it, so that a state compares equal to what arrives."""
    return {"type": geometry["type"], "coordinates": _lists(geometry["coordinates"])}


def _lists(item: Any) -> Any:
    return [_lists(part) for part in item] if isinstance(item, tuple | list) else item
