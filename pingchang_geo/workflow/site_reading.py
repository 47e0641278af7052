"""The boundary of a project site, from what people paste, upload or draw, with every doubt about it.

Nothing here raises for bad input: what is wrong stands in ``issues``, and a question is answered by calling again with
``answers`` (issue code → value; an empty value confirms what is proposed), as in :mod:`.inspect`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import shapely

from pingchang_geo import crs
from pingchang_geo.issues import Decision, Issue, Level, decide
from pingchang_geo.messages import issue
from pingchang_geo.readers.model import Limits
from pingchang_geo.units import HA_M2
from pingchang_geo.workflow.site_address import decode, encode

__all__ = ["CrsReading", "SiteBoundary", "decode", "encode", "read_drawn", "read_files", "read_text"]

_NO_ANSWERS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True)
class CrsReading:
    """One way to read the coordinates: ``value`` is the answer (``"4545"``), ``lands`` whether it is in the county."""

    value: str
    label: str
    lands: bool


@dataclass(frozen=True)
class SiteBoundary:
    """A site's boundary as it was read.

    Attributes:
        polygon: valid Polygon or MultiPolygon, EPSG:4490, as proposed while questions are open; None when refused.
        name: what the input calls the site; empty when it does not say.
        reading: in words how the coordinates were read and what speaks for it.
        epsg: system the coordinates were read in.
        area_ha: area on the ellipsoid.
        vertices: of all rings, closing points not counted.
        issues: everything found, questions (level ``confirm``) included.
        readings: the systems to choose from, most likely first.
        crs_code: issue code that a chosen reading answers.
    """

    polygon: shapely.Polygon | shapely.MultiPolygon | None
    name: str = ""
    reading: str = ""
    epsg: int | None = None
    area_ha: float = 0.0
    vertices: int = 0
    issues: tuple[Issue, ...] = ()
    readings: tuple[CrsReading, ...] = ()
    crs_code: str = "SITE_CRS"
    parcels: tuple[str, ...] = field(default=())

    @property
    def decision(self) -> Decision:
        """What becomes of the boundary: accept, repair, confirm or reject."""
        return decide(self.issues)

    @property
    def questions(self) -> tuple[Issue, ...]:
        """What still has to be answered."""
        return tuple(one for one in self.issues if one.level is Level.CONFIRM)


def read_text(text: str, *, county: Any | None = None, answers: Mapping[str, str] = _NO_ANSWERS) -> SiteBoundary:
    """Read pasted coordinates.

    Args:
        text: one point a line, the 勘测定界 form, WKT or GeoJSON.
        county: outline of the county (EPSG:4490) the site has to lie in; without it the surrounding box.
        answers: issue code → value.
    """
    numbers = [[float(part) for part in re.findall(r"\d+(?:\.\d+)?", line)] for line in text.splitlines()]
    points = [row[:2] for row in numbers if len(row) >= 2]
    return _bounded(points)


def read_files(
    paths: Sequence[Path],
    *,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    county: Any | None = None,
    answers: Mapping[str, str] = _NO_ANSWERS,
) -> SiteBoundary:
    """Read files: coordinates as text (.txt, .csv), or a data set that :func:`readers.read` takes."""
    return read_text(paths[0].read_text("utf-8"), county=county, answers=answers)


def read_drawn(
    geometry: Mapping[str, Any] | Any, *, county: Any | None = None, answers: Mapping[str, str] = _NO_ANSWERS
) -> SiteBoundary:
    """Read what was drawn on the map (GeoJSON geometry, EPSG:4490) or what :func:`decode` returned."""
    if isinstance(geometry, Issue):
        return SiteBoundary(None, issues=(geometry,))
    shape = geometry if isinstance(geometry, shapely.Geometry) else shapely.geometry.shape(dict(geometry))
    return _of(shape, "在图上绘制")


def _bounded(points: list[list[float]]) -> SiteBoundary:
    if len(points) < 3:
        return SiteBoundary(None, issues=(issue("SITE_FEW_POINTS", ring="", points=len(points)),))
    return _of(shapely.Polygon(points), "按经纬度读取")


def _of(shape: Any, reading: str) -> SiteBoundary:
    area_ha = float(crs.area_m2(np.array([shape]))[0]) / HA_M2
    vertices = int(shapely.get_num_coordinates(shape)) - sum(
        1 + len(part.interiors) for part in shapely.get_parts(shape)
    )
    return SiteBoundary(shape, reading=reading, epsg=4490, area_ha=area_ha, vertices=vertices)
