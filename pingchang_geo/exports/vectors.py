"""A layer's own content as files for desktop software: what was published, under names that an upload maps back.

Only source fields travel: what is computed from them (area, carbon, shares) is computed anew wherever they are read.
"""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from pingchang_geo.crs import STORAGE_EPSG
from pingchang_geo.errors import ExportError
from pingchang_geo.exports.geopackage import GpkgLayer, to_gpkg
from pingchang_geo.specs import FieldKind, LayerSpec

#: Characters of a field's name, and bytes of a text value, that a DBF keeps.
DBF_NAME: Final = 10
_DBF_TEXT: Final = 254
#: Characters of a value that a message quotes.
_EXAMPLE: Final = 30
_KINDS: Final = {0: "点", 1: "线", 2: "面"}
_CRS: Final = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{STORAGE_EPSG}"}}

Notes = tuple[tuple[str, str], ...]


def chinese_names(spec: LayerSpec) -> dict[str, str]:
    """Canonical source field → its label; where two fields share one, the name that the trade's files use."""
    labels = [field.label for field in spec.source_fields]
    return {
        field.name: field.label if labels.count(field.label) == 1 else next(iter(field.aliases), field.name)
        for field in spec.source_fields
    }


def short_names(spec: LayerSpec) -> dict[str, str]:
    """Canonical source field → the trade's name for it, at most ten ASCII characters, each once."""
    found: dict[str, str] = {}
    for field in spec.source_fields:
        fitting = [name for name in (*field.aliases, field.name.upper()) if name.isascii() and len(name) <= DBF_NAME]
        name = next((one for one in fitting if one not in found.values()), "")
        number = 0
        while not name or name in found.values():
            number += 1
            name = f"{field.name.upper()[: DBF_NAME - len(str(number))]}{number}"
        found[field.name] = name
    return found


def to_geojson(frame: gpd.GeoDataFrame, spec: LayerSpec, notes: Notes = ()) -> bytes:
    """GeoJSON in CGCS2000 (named in the old ``crs`` member, which desktop software honours), full precision."""
    named = _named(frame, spec, chinese_names(spec))
    features = json.loads(named.to_json(drop_id=True, na="null"))["features"]
    document = {"type": "FeatureCollection", "name": spec.title, "crs": _CRS, "说明": dict(notes), "features": features}
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def to_geopackage(frame: gpd.GeoDataFrame, spec: LayerSpec, notes: Notes = (), mark: str = "") -> bytes:
    """GeoPackage with the labels as column names and the notes as a table of its own."""
    return to_gpkg([GpkgLayer(spec.title, _named(frame, spec, chinese_names(spec)))], notes, mark)


def to_geoparquet(frame: gpd.GeoDataFrame, spec: LayerSpec) -> bytes:
    """GeoParquet 1.0 with the labels as column names."""
    buffer = io.BytesIO()
    _named(frame, spec, chinese_names(spec)).to_parquet(buffer, index=False, compression="zstd")
    return buffer.getvalue()


def to_shapefile(
    frame: gpd.GeoDataFrame, spec: LayerSpec, *, encoding: str = "GBK", stem: str = "", notes: Notes = ()
) -> bytes:
    """Zip with a shapefile (one for each kind of geometry), its ``.cpg`` and ``.prj``, and the table of names.

    Args:
        frame: canonical source columns and geometry, EPSG:4490.
        spec: its layer.
        encoding: of the attribute texts, ``GBK`` or ``UTF-8``.
        stem: name of the files; the layer's title by default.
        notes: label and text of what must be known about the data.

    Raises:
        ExportError: a text holds characters that the encoding has not; none is dropped or replaced.
    """
    require_encodable(frame, spec, encoding)
    names = short_names(spec)
    named = _named(frame, spec, names)
    dimension = shapely.get_dimensions(named.geometry.array)
    kinds = [kind for kind in _KINDS if (dimension == kind).any()]
    stem = stem or spec.title
    out = io.BytesIO()
    # The driver writes files that belong together and no archive: they exist only inside this block.
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for kind in kinds:
            path = Path(folder) / (f"{stem}.shp" if len(kinds) == 1 else f"{stem}_{_KINDS[kind]}.shp")
            pyogrio.write_dataframe(
                _fitting(named[dimension == kind], encoding), path, driver="ESRI Shapefile", encoding=encoding
            )
            path.with_suffix(".cpg").write_text(encoding, "ascii")
            for part in sorted(Path(folder).glob(f"{path.stem}.*")):
                archive.write(part, part.name)
        archive.writestr(f"{stem}_字段说明.txt", "\ufeff" + _table_of_names(named, spec, names, encoding, notes))
    return out.getvalue()


def _named(frame: gpd.GeoDataFrame, spec: LayerSpec, names: dict[str, str]) -> gpd.GeoDataFrame:
    """Source columns that hold anything, as plain texts and numbers, under other names."""
    columns: dict[str, Any] = {}
    for field in spec.source_fields:
        if field.name not in frame.columns or frame[field.name].isna().all():
            continue
        column = frame[field.name]
        if field.kind is FieldKind.NUMBER:
            columns[names[field.name]] = column.astype("float64")
        else:
            columns[names[field.name]] = column.astype(object).where(column.notna(), None)
    return gpd.GeoDataFrame(pd.DataFrame(columns, index=frame.index), geometry=frame.geometry, crs=frame.crs)


def require_encodable(frame: gpd.GeoDataFrame, spec: LayerSpec, encoding: str) -> None:
    """Refuse texts that an encoding cannot hold: the driver leaves such characters out, and 㘭口村 becomes 口村.

    Raises:
        ExportError: says how many values there are and quotes one.
    """
    count, example = 0, ""
    for field in spec.source_fields:
        if field.kind is FieldKind.NUMBER or field.name not in frame.columns:
            continue
        for value, rows in frame[field.name].value_counts().items():
            if rows and not _encodable(str(value), encoding):
                count += int(rows)
                example = example or f"{field.label}「{str(value)[:_EXAMPLE]}」"
    if count:
        raise ExportError(
            f"有 {count:,} 个文字取值含有 {encoding} 编码没有的字（如{example}），没有导出：写成 {encoding} 会丢字。",
            fix="请改用 UTF-8 编码的 Shapefile，或 GeoPackage。",
        )


def _encodable(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _fitting(named: gpd.GeoDataFrame, encoding: str) -> gpd.GeoDataFrame:
    """Texts cut to what a DBF holds, between characters."""
    texts = [name for name in named.columns if named[name].dtype == object]
    return named.assign(**{name: named[name].map(lambda value: _cut_text(value, encoding)) for name in texts})


def _cut_text(value: Any, encoding: str) -> Any:
    raw = str(value).encode(encoding, "replace") if value is not None else b""
    return value if len(raw) <= _DBF_TEXT else raw[:_DBF_TEXT].decode(encoding, "ignore")


def _table_of_names(
    named: gpd.GeoDataFrame, spec: LayerSpec, names: dict[str, str], encoding: str, notes: Notes
) -> str:
    lines = [f"{spec.title}　坐标系：CGCS2000 经纬度（EPSG:{STORAGE_EPSG}）　属性编码：{encoding}", ""]
    lines += [f"{label}：{text}" for label, text in notes]
    lines += ["", "字段名\t含义\t单位"]
    for field in spec.source_fields:
        if names[field.name] in named.columns:
            cut = _cut(named[names[field.name]], field.kind, encoding)
            remark = f"　（{cut} 个值超过 {_DBF_TEXT} 字节，已截断）" if cut else ""
            lines.append(f"{names[field.name]}\t{field.label}\t{field.unit}{remark}")
    return "\r\n".join(lines) + "\r\n"


def _cut(column: pd.Series[Any], kind: FieldKind, encoding: str) -> int:
    """How many values are longer than a DBF holds."""
    if kind is FieldKind.NUMBER:
        return 0
    return sum(len(str(value).encode(encoding, "replace")) > _DBF_TEXT for value in column.dropna().unique())
