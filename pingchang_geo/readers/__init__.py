"""From a file as it really is to columns, geometries, encoding and CRS, each with its evidence.

No uploaded byte is ever given to GDAL: it is a large attack surface and picks drivers by content. The formats are
simple enough to be read by numpy (Shapefile), sqlite3 (GeoPackage), json (GeoJSON), expat (KML) and Arrow
(GeoParquet), in a worker process with limits on time, memory and file size (:mod:`.worker`). A new format is one
module with a ``read`` function and one line in :data:`.parse.PARSERS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pingchang_geo.readers.model import CrsFinding, Format, Limits, RawTable

if TYPE_CHECKING:
    from pingchang_geo.readers.reading import read

__all__ = ["CrsFinding", "Format", "Limits", "RawTable", "read"]


def __getattr__(name: str) -> Any:
    """Import ``read`` on first use: it needs pandas, and the worker, which imports this package too, does not."""
    if name == "read":
        from pingchang_geo.readers.reading import read  # noqa: PLC0415

        return read
    raise AttributeError(name)
