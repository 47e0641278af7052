"""The boundary of a project site, from what people paste, upload or draw, with every doubt about it.

Nothing here raises for bad input: what is wrong stands in ``issues``, and a question is answered by calling again with
``answers`` (issue code → value; an empty value confirms what is proposed), as in :mod:`.inspect`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import shapely

from pingchang_geo import boundary, crs
from pingchang_geo.boundary import Parcel
from pingchang_geo.issues import Decision, Issue, Level, answered, decide
from pingchang_geo.messages import issue, shown
from pingchang_geo.readers import points
from pingchang_geo.readers.model import Limits, Refused
from pingchang_geo.readers.points import file, shapes
from pingchang_geo.readers.points.written import Written
from pingchang_geo.units import HA_M2, MU_M2, format_number
from pingchang_geo.workflow.boundaries import files, systems
from pingchang_geo.workflow.boundaries.address import decode, encode
from pingchang_geo.workflow.boundaries.systems import CrsReading

__all__ = [
    "MOST_TEXT_BYTES",
    "CrsReading",
    "SiteBoundary",
    "decode",
    "encode",
    "read_bytes",
    "read_drawn",
    "read_files",
    "read_text",
]

_LOG: Final = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())
_NO_ANSWERS: Final[Mapping[str, str]] = MappingProxyType({})
#: Bytes of an uploaded text: every letter of the longest text in GBK or UTF-8.
MOST_TEXT_BYTES: Final = 3 * points.MAX_LETTERS
#: A stated area may differ by this share (and by the rounding of two decimals) before it is told.
_STATED_SHARE: Final = 0.01
_STATED_HA: Final = 0.01
_NAMES_SPOKEN: Final = 5


@dataclass(frozen=True)
class SiteBoundary:
    """A site's boundary as it was read.

    Attributes:
        polygon: valid Polygon or MultiPolygon, EPSG:4490, as proposed while questions are open; None when refused.
        name: what the input calls the site; empty when it does not say.
        reading: in words how the coordinates were read and what speaks for it.
        epsg: system the coordinates were read in.
        area_ha: area, measured in the county's equal-area projection.
        vertices: of all rings, closing points not counted.
        issues: everything found, heaviest first, questions (level ``confirm``) included.
        readings: the systems to choose from, most likely first.
        crs_code: issue code that a chosen reading answers.
        parcels: names of the parcels, empty ones for those without.
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
    parcels: tuple[str, ...] = ()

    @property
    def decision(self) -> Decision:
        """What becomes of the boundary: accept, repair, confirm or reject."""
        return decide(self.issues)

    @property
    def questions(self) -> tuple[Issue, ...]:
        """What still has to be answered."""
        return tuple(one for one in self.issues if one.level is Level.CONFIRM)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready form, the same keys for every boundary; the polygon as GeoJSON."""
        return {
            "decision": self.decision.value,
            "name": self.name,
            "reading": self.reading,
            "epsg": self.epsg,
            "area_ha": round(self.area_ha, 6),
            "vertices": self.vertices,
            "parcels": list(self.parcels),
            "readings": [{"value": one.value, "label": one.label, "lands": one.lands} for one in self.readings],
            "geometry": None if self.polygon is None else shapely.geometry.mapping(self.polygon),
            "issues": [one.as_dict() for one in self.issues],
        }


def read_text(text: str, *, county: Any | None = None, answers: Mapping[str, str] = _NO_ANSWERS) -> SiteBoundary:
    """Read pasted coordinates.

    Args:
        text: one point a line in any notation, the 勘测定界 form, WKT or GeoJSON.
        county: outline of the county (EPSG:4490) the site has to lie in; without it the surrounding box.
        answers: issue code → value.
    """
    return _guarded(lambda: _of_text(text, county, answers))


def read_files(
    paths: Sequence[Path],
    *,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    county: Any | None = None,
    answers: Mapping[str, str] = _NO_ANSWERS,
) -> SiteBoundary:
    """Read files: coordinates as text (.txt, .csv), or a data set that :func:`readers.read` takes.

    Args:
        paths: one text file, or a zip, one file, or the parts of a shapefile.
        limits: what reading may cost.
        county: outline of the county (EPSG:4490).
        answers: issue code → value.
    """
    return _guarded(lambda: _of_files(paths, limits, county, answers))


def read_bytes(
    raw: bytes, name: str, *, county: Any | None = None, answers: Mapping[str, str] = _NO_ANSWERS
) -> SiteBoundary:
    """Read a text of coordinates as bytes, UTF-8 or GBK; messages call it ``name``."""
    return _guarded(lambda: _of_text(file.text_of(raw, name, MOST_TEXT_BYTES), county, answers))


def read_drawn(
    geometry: Mapping[str, Any] | Any, *, county: Any | None = None, answers: Mapping[str, str] = _NO_ANSWERS
) -> SiteBoundary:
    """Read what was drawn on the map: GeoJSON geometry or feature in EPSG:4490.

    A shapely geometry and what :func:`decode` returned (a polygon, or the issue why there is none) are taken too.
    """
    return _guarded(lambda: _of_drawn(geometry, county, answers))


def _guarded(read: Callable[[], SiteBoundary]) -> SiteBoundary:
    """The boundary to input of unknown make: the user gets a refusal, the operator the traceback in the log."""
    try:
        result = read()
    except Refused as refusal:
        return SiteBoundary(None, issues=(refusal.issue,))
    except Exception as error:
        _LOG.exception("reading a boundary failed")
        return SiteBoundary(None, issues=(issue("SITE_FAILED", detail=type(error).__name__),))
    heaviest_first = sorted(result.issues, key=lambda one: -list(Level).index(one.level))
    named = tuple(shown(name) for name in result.parcels)
    return replace(result, name=shown(result.name).strip(), parcels=named, issues=tuple(heaviest_first))


def _of_text(text: str, county: Any | None, answers: Mapping[str, str], name: str = "") -> SiteBoundary:
    written = points.parse(text)
    if not written.parcels:
        refused = decide(written.issues) is Decision.REJECT
        empty = () if refused else (issue("SITE_EMPTY"),)
        return SiteBoundary(None, name, written.form, issues=(*written.issues, *empty))
    refused_size = boundary.too_many(*_size(written.parcels))
    if refused_size is not None:
        return SiteBoundary(None, written.name or name, written.form, issues=(*written.issues, refused_size))
    settled = systems.settle(written, county, answers)
    if not settled.definition:
        return SiteBoundary(None, written.name or name, written.form, issues=(*written.issues, *settled.issues))
    source = _Source(
        written.name or name,
        settled.words,
        settled.epsg,
        settled.readings,
        settled.code,
        (*written.issues, *settled.issues),
        settled.hint,
    )
    return _checked(systems.moved(written.parcels, settled), source, county, answers)


def _of_files(paths: Sequence[Path], limits: Limits, county: Any | None, answers: Mapping[str, str]) -> SiteBoundary:
    folders = [path for path in paths if path.is_dir()]
    if folders:  # whatever lies in it was not meant as a boundary
        raise Refused(issue("SITE_FOLDER", name=folders[0].name or "."))
    texts = [path for path in paths if file.is_text(path)]
    if texts and len(paths) > 1:
        raise Refused(issue("FORMAT_MIXED", files="、".join(path.name for path in paths)))
    if texts:
        text = file.read(texts[0], min(MOST_TEXT_BYTES, limits.max_upload_mb << 20))
        return _of_text(text, county, answers, texts[0].stem)
    found = files.read(paths, limits, answers)
    name = paths[0].stem if paths else ""
    if not found.parcels:
        return SiteBoundary(None, name, found.words, found.epsg, issues=answered(found.issues, answers))
    source = _Source(name, found.words, found.epsg, found.readings, found.code, found.issues)
    return _checked(found.parcels, source, county, answers)


def _of_drawn(geometry: Any, county: Any | None, answers: Mapping[str, str]) -> SiteBoundary:
    if isinstance(geometry, Issue):
        return SiteBoundary(None, issues=(geometry,))
    if isinstance(geometry, shapely.Geometry):
        written = Written("图形", boundary.rings_of(geometry))
    else:
        written = shapes.geojson_document(geometry)
    if not written.parcels:
        return SiteBoundary(None, issues=written.issues or (issue("SITE_EMPTY"),))
    source = _Source(written.name, "在图上绘制或由网址给出，CGCS2000 经纬度", crs.STORAGE_EPSG, issues=written.issues)
    return _checked(written.parcels, source, county, answers)


@dataclass(frozen=True)
class _Source:
    """Where parcels came from, for the result."""

    name: str
    words: str
    epsg: int | None
    readings: tuple[CrsReading, ...] = ()
    code: str = "SITE_CRS"
    issues: tuple[Issue, ...] = ()
    hint: str = ""


def _checked(
    parcels: Sequence[Parcel], source: _Source, county: Any | None, answers: Mapping[str, str]
) -> SiteBoundary:
    """Parcels in degrees, checked and put together."""
    checked = boundary.check(parcels, county=county, answers=answers, hint=source.hint)
    notes = [*_parcel_note(parcels), *_stated_areas(parcels, checked.areas_ha)]
    issues = answered((*source.issues, *checked.issues, *notes), answers)
    refused = decide(issues) is Decision.REJECT
    words = f"{source.words}；共 {checked.vertices:,} 个界址点" if checked.vertices else source.words
    return SiteBoundary(
        None if refused else checked.polygon,
        source.name or (parcels[0].name if len(parcels) == 1 else ""),
        words,
        source.epsg,
        checked.area_ha,
        checked.vertices,
        issues,
        source.readings,
        source.code,
        tuple(parcel.name for parcel in parcels),
    )


def _size(parcels: Sequence[Parcel]) -> tuple[int, int]:
    """Points and rings."""
    return (
        sum(len(ring.points) for parcel in parcels for ring in parcel.rings),
        sum(len(parcel.rings) for parcel in parcels),
    )


def _parcel_note(parcels: Sequence[Parcel]) -> list[Issue]:
    """Several parcels are told, with their names."""
    if len(parcels) < 2:
        return []
    names = [name for name in dict.fromkeys(parcel.name for parcel in parcels) if name]
    listed = "、".join(names[:_NAMES_SPOKEN]) + ("等" if len(names) > _NAMES_SPOKEN else "")
    text = f"{len(parcels):,} 个地块" + (f"（{listed}）" if names else "")
    return [issue("SITE_PARCELS", parcels=text)]


def _stated_areas(parcels: Sequence[Parcel], areas_ha: Sequence[float]) -> list[Issue]:
    """Stated areas that are the computed one in no usual unit."""
    found = []
    for number, (parcel, area_ha) in enumerate(zip(parcels, areas_ha, strict=False), start=1):
        stated = parcel.stated_area
        if stated is None:
            continue
        in_ha = (stated, stated / HA_M2, stated * MU_M2 / HA_M2)
        if any(abs(one - area_ha) <= max(_STATED_SHARE * area_ha, _STATED_HA * one / stated) for one in in_ha):
            continue
        label = f"「{parcel.name}」" if parcel.name else f"第 {number} 个地块"
        said = format_number(stated, 4).rstrip("0").rstrip(".")
        found.append(issue("SITE_STATED_AREA", ring=label, stated=said, found=format_number(area_ha, 4)))
    return found[:_NAMES_SPOKEN]
