"""What goes into reading and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pingchang_geo.errors import ReadError
from pingchang_geo.issues import Issue
from pingchang_geo.messages import issue

if TYPE_CHECKING:  # the worker process reads without pandas, which would double its start-up time
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

    from pingchang_geo.settings import Settings


class Format(StrEnum):
    """File formats that are read."""

    SHAPEFILE = "Shapefile"
    GEOPACKAGE = "GeoPackage"
    GEOJSON = "GeoJSON"
    GEOPARQUET = "GeoParquet"
    KML = "KML"


@dataclass(frozen=True)
class Limits:
    """What a file from outside may cost."""

    max_upload_mb: int = 500
    max_archive_entries: int = 1000
    #: Unpacked size ÷ packed size above which an entry is taken for a decompression bomb.
    max_archive_ratio: int = 200
    max_unpacked_mb: int = 4096
    worker_seconds: int = 300
    worker_memory_mb: int = 4096

    @classmethod
    def of(cls, chosen: Settings) -> Limits:
        """Limits as the operator set them: the settings of the same names."""
        return cls(**{one.name: getattr(chosen, one.name) for one in fields(cls)})


#: Far more than a county has; a file beyond this is a mistake or an attack, whatever its size.
MAX_ROWS: Final = 3_000_000
MAX_COLUMNS: Final = 1000


@dataclass(frozen=True)
class CrsFinding:
    """The coordinate system a file has, with the reason for believing so.

    Attributes:
        epsg: number, or None for a custom or unknown system.
        definition: what pyproj takes (``EPSG:4524`` or WKT); empty when unknown.
        evidence: Chinese, for the screen.
        confidence: 0–1; 1 only for a clear declaration that lands in the county.
        candidates: EPSG numbers that put the coordinates into the county.
        swap: x and y have to be exchanged first.
    """

    epsg: int | None
    definition: str
    evidence: str
    confidence: float
    candidates: tuple[int, ...] = ()
    swap: bool = False


@dataclass(frozen=True)
class RawTable:
    """A file as it really is: nothing renamed, converted or repaired yet.

    ``table`` holds text as pandas categories (missing = NaN) and numbers as stored; ``geometry`` is an object array
    of shapely geometries, 2D, x before y, in ``crs``; both are indexed by ``record``, the 1-based record number.
    """

    format: str
    dataset: str
    encoding: str | None
    encoding_evidence: str
    crs: CrsFinding
    table: pd.DataFrame
    geometry: NDArray[Any]
    issues: tuple[Issue, ...] = ()
    #: Other data sets in the same file or archive, this one included.
    datasets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Columns:
    """What a format's parser returns: columns as Arrow arrays, geometry, and what the file says of its CRS."""

    columns: Mapping[str, pa.Array]
    geometry: NDArray[Any]
    record: NDArray[np.int64]
    encoding: str | None = None
    encoding_evidence: str = ""
    crs_text: str | None = None
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True)
class Source:
    """One data set found in the given files: its parts by lower-case extension."""

    format: Format
    name: str
    parts: Mapping[str, Path]
    #: What the user calls the file, for messages; never a path of the server.
    label: str
    #: Table inside a container (GeoPackage).
    table: str | None = None


@dataclass(frozen=True)
class Request:
    """What the worker is asked to do."""

    paths: tuple[Path, ...]
    limits: Limits = field(default_factory=Limits)
    encoding: str | None = None
    crs: str | None = None
    dataset: str | None = None


class Refused(ReadError):  # noqa: N818 - reads as what happened to the file
    """The file is refused for this reason; carries the issue."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(issue.message, fix=issue.fix)
        self.issue = issue


def require_size(label: str, rows: int, columns: int) -> None:
    """Refuse a table beyond all measure before its cells are made.

    Raises:
        Refused: more than :data:`MAX_ROWS` rows or :data:`MAX_COLUMNS` columns.
    """
    if rows > MAX_ROWS:
        raise Refused(issue("ROWS_TOO_MANY", file=label, records=f"{rows:,}", limit=f"{MAX_ROWS:,}"))
    if columns > MAX_COLUMNS:
        raise Refused(issue("COLUMNS_TOO_MANY", file=label, columns=f"{columns:,}", limit=f"{MAX_COLUMNS:,}"))
