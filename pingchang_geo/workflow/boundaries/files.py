"""A site's boundary from a data set: shapefile, GeoPackage, GeoJSON or GeoParquet, read in the sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from pingchang_geo import crs, readers
from pingchang_geo.boundary import Parcel, rings_of, too_many
from pingchang_geo.issues import Issue, Level
from pingchang_geo.messages import issue
from pingchang_geo.readers.model import Limits, RawTable
from pingchang_geo.readers.points.shapes import NAME_FIELDS
from pingchang_geo.workflow.boundaries import usual
from pingchang_geo.workflow.boundaries.systems import CrsReading
from pingchang_geo.workflow.boundaries.usual import SAME_NUMBERS

#: Questions of the reader that an EPSG number answers.
_CRS_QUESTIONS: Final = ("SITE_CRS", "CRS_MISSING", "CRS_CONTRADICTORY", "CRS_UNREADABLE", "CRS_CUSTOM")
_POLYGONAL: Final = (3, 6)
_KINDS: Final = {0: "点", 1: "线", 2: "线", 4: "点", 5: "线", 7: "混合图形"}


@dataclass(frozen=True)
class FileSite:
    """Parcels of a data set in degrees, with what was said while reading it; no parcels when it is refused."""

    parcels: tuple[Parcel, ...]
    words: str
    epsg: int | None
    readings: tuple[CrsReading, ...]
    code: str
    issues: tuple[Issue, ...]


def read(paths: Sequence[Path], limits: Limits, answers: Mapping[str, str]) -> FileSite:
    """Read a data set.

    Raises:
        Refused: it cannot be read as anything known.
    """
    raw = readers.read(
        paths,
        limits,
        encoding=answers.get("ENCODING_UNSURE") or None,
        crs=next((answers[code] for code in _CRS_QUESTIONS if answers.get(code)), None),
        dataset=answers.get("DATASET_SEVERAL") or None,
    )
    geometry, issues = _polygons(raw)
    asked = next((one.code for one in raw.issues if one.code in _CRS_QUESTIONS), "SITE_CRS")
    finding = raw.crs
    system = usual.name_of(finding.epsg) if finding.epsg else "自定义或未知"
    words = f"{raw.format}「{raw.dataset}」，{len(raw.geometry):,} 个图形；坐标系：{system}"
    words += f"（{finding.evidence}）" if finding.evidence else ""
    parcels: tuple[Parcel, ...] = ()
    if finding.definition and len(geometry):
        named = _names(raw.table)[_polygon_rows(raw.geometry)]
        moved = _in_degrees(geometry, finding.definition, swap=finding.swap)
        parcels = tuple(
            parcel for shape, name in zip(moved, named, strict=True) for parcel in rings_of(shape, str(name))
        )
    return FileSite(parcels, words, finding.epsg, _readings(raw), asked, tuple(issues))


def _polygon_rows(geometry: NDArray[Any]) -> NDArray[np.int64]:
    """Positions of the polygons among geometries."""
    return np.flatnonzero(np.isin(shapely.get_type_id(geometry), _POLYGONAL) & ~shapely.is_empty(geometry))


def _polygons(raw: RawTable) -> tuple[NDArray[Any], list[Issue]]:
    """The polygons, and what has to be said: the reader's findings on encodings are about attributes, not wanted."""
    issues = [_of_a_site(one) for one in raw.issues if not one.code.startswith("ENCODING_")]
    rows = _polygon_rows(raw.geometry)
    others = np.setdiff1d(np.arange(len(raw.geometry)), rows)
    kinds = [_KINDS.get(int(kind), "空图形") for kind in np.unique(shapely.get_type_id(raw.geometry[others]))]
    found = "、".join(dict.fromkeys(kinds)) or "空的图层"
    if not len(rows):
        return raw.geometry[:0], [*issues, issue("SITE_NOT_AREA", what=f"「{raw.dataset}」", found=found)]
    if len(others):
        issues.append(issue("SITE_SKIPPED", found=found, rows=(raw.table.index.to_numpy()[others]).tolist()))
    kept = raw.geometry[rows]
    refused = too_many(int(shapely.get_num_coordinates(kept).sum()), _ring_count(kept))
    return (raw.geometry[:0], [*issues, refused]) if refused else (kept, issues)


def _of_a_site(found: Issue) -> Issue:
    """One zone that fits is proposed for a layer; a site takes it, as numbers in a text are taken, and says so."""
    return replace(found, level=Level.WARNING) if found.code == "CRS_INFERRED" else found


def _ring_count(geometry: NDArray[Any]) -> int:
    return len(shapely.get_rings(shapely.get_parts(geometry)))  # of a multipolygon itself none are given


def _names(table: pd.DataFrame) -> NDArray[Any]:
    """Each feature's name, by the first attribute that holds names; empty without one."""
    by_upper = {str(column).upper(): column for column in table.columns}
    for field in NAME_FIELDS:
        if field.upper() in by_upper:
            values = table[by_upper[field.upper()]].astype("object")
            return np.array(["" if pd.isna(one) else str(one).strip()[:60] for one in values], dtype=object)
    return np.full(len(table), "", dtype=object)


def _in_degrees(geometry: NDArray[Any], definition: str, *, swap: bool) -> NDArray[Any]:
    if swap:
        geometry = shapely.transform(geometry, lambda points: points[:, ::-1])
    if definition in ("EPSG:4490", "EPSG:4326"):
        return geometry  # CGCS2000 and WGS 84 differ by centimetres
    return crs.transform(geometry, definition, f"EPSG:{crs.STORAGE_EPSG}")


def _readings(raw: RawTable) -> tuple[CrsReading, ...]:
    """The systems that put the file into the county, the one taken first."""
    numbers = [raw.crs.epsg, *raw.crs.candidates]
    listed = dict.fromkeys(int(SAME_NUMBERS.get(one, one)) for one in numbers if one is not None)
    lands = set(raw.crs.candidates)
    return tuple(CrsReading(str(one), usual.name_of(one), not lands.isdisjoint({one, *_twins(one)})) for one in listed)


def _twins(epsg: int) -> set[int]:
    return {other for other, same in SAME_NUMBERS.items() if same == epsg}
