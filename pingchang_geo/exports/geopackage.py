"""GeoPackage for a GIS: layers with Chinese column names, and the notes as a table of the same file.

The driver writes several layers only into a file on disk, so a temporary folder is used inside the function; nothing of
it is left and the answer is bytes as of every export.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from pingchang_geo.crs import STORAGE_EPSG

GPKG_MIME: Final = "application/geopackage+sqlite3"
#: Table with the notes, and its columns.
NOTES_TABLE: Final = "说明"
NOTES_COLUMNS: Final = ("项目", "内容")
#: Column that says 示意数据 in every row, since layers are copied out of their file.
MARK_COLUMN: Final = "数据性质"
#: Names the format keeps for itself.
_RESERVED: Final = frozenset({"fid", "geom"})
#: SQLite ends a text at a NUL; the rest would be invisible in a table.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_FAMILIES: Final = {
    "Point": "Point",
    "MultiPoint": "MultiPoint",
    "LineString": "MultiLineString",
    "MultiLineString": "MultiLineString",
    "Polygon": "MultiPolygon",
    "MultiPolygon": "MultiPolygon",
}


@dataclass(frozen=True)
class GpkgLayer:
    """One layer: ``frame`` is in EPSG:4490, its columns are named as the reader shall see them, units included."""

    name: str
    frame: gpd.GeoDataFrame


def to_gpkg(layers: Sequence[GpkgLayer], notes: Sequence[tuple[str, str]], mark: str = "") -> bytes:
    """GeoPackage with these layers in their order and a table 「说明」.

    Args:
        layers: at least one; names and, within a layer, columns must differ.
        notes: (label, text) lines that name versions, method and date.
        mark: 示意数据 or nothing; with it every row carries a column 数据性质.

    Raises:
        ValueError: no layer, a name twice or reserved, or a frame in another coordinate system.
    """
    _check(layers)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.gpkg"
        for number, layer in enumerate(layers):
            frame = _tidy(layer.frame)
            if mark:
                frame[MARK_COLUMN] = mark
            _write(frame, path, layer.name, append=number > 0, geometry_type=_geometry_type(frame))
        lines = pd.DataFrame([(_text(label), _text(text)) for label, text in notes], columns=list(NOTES_COLUMNS))
        _write(lines.astype("str"), path, NOTES_TABLE, append=True, geometry_type=None)
        return path.read_bytes()


def _write(frame: pd.DataFrame, path: Path, name: str, *, append: bool, geometry_type: str | None) -> None:
    pyogrio.write_dataframe(
        frame,
        path,
        layer=name,
        driver="GPKG",
        append=append,
        geometry_type=geometry_type,
        promote_to_multi=geometry_type is not None and geometry_type.startswith("Multi"),
        layer_options={"GEOMETRY_NAME": "geom"} if geometry_type else None,
    )


def _check(layers: Sequence[GpkgLayer]) -> None:
    if not layers:
        raise ValueError("a GeoPackage needs at least one layer")
    _distinct([layer.name for layer in layers] + [NOTES_TABLE], "layer")
    for layer in layers:
        if layer.frame.crs is None or layer.frame.crs.to_epsg() != STORAGE_EPSG:
            raise ValueError(f"layer {layer.name}: EPSG:{STORAGE_EPSG} expected")
        columns = [str(name) for name in layer.frame.columns if name != layer.frame.geometry.name]
        _distinct([*columns, MARK_COLUMN], f"column of {layer.name}")


def _distinct(names: Sequence[str], what: str) -> None:
    """SQLite does not tell capitals apart."""
    seen: set[str] = set()
    for name in names:
        key = name.casefold()
        if not key or key in seen or key in _RESERVED:
            raise ValueError(f"{what} name {name!r} is empty, reserved or used twice")
        seen.add(key)


def _geometry_type(frame: gpd.GeoDataFrame) -> str:
    kinds = {_FAMILIES.get(kind, "Unknown") for kind in frame.geometry.dropna().geom_type.unique()}
    if kinds == {"Point", "MultiPoint"}:
        return "MultiPoint"
    return kinds.pop() if len(kinds) == 1 else "Unknown"


def _tidy(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Numbers as they are (not finite ones empty), everything else as text."""
    columns: dict[str, Any] = {}
    for name in frame.columns:
        if name == frame.geometry.name:
            continue
        values = frame[name]
        if pd.api.types.is_integer_dtype(values.dtype):
            columns[str(name)] = values.to_numpy()
        elif pd.api.types.is_numeric_dtype(values.dtype):
            numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
            columns[str(name)] = np.where(np.isfinite(numbers), numbers, np.nan)
        else:
            columns[str(name)] = [None if pd.isna(value) else _text(str(value)) for value in values]
    return gpd.GeoDataFrame(columns, geometry=frame.geometry.array, crs=frame.crs)


def _text(value: str) -> str:
    return _CONTROL.sub("", value)
