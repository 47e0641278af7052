"""An overlay and a ready result as files: tables in the reader's units, GeoPackage in hectares and tonnes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import shapely

from pingchang_geo import crs
from pingchang_geo.exports.geopackage import GpkgLayer, to_gpkg
from pingchang_geo.exports.sheet import Sheet, header_of
from pingchang_geo.specs import FieldSpec
from pingchang_geo.units import AreaUnit, MassUnit, UnitChoice
from pingchang_geo.workflow.overlays import tables
from pingchang_geo.workflow.overlays.ready import Ready
from pingchang_geo.workflow.overlays.result import LINE, MOST_PIECES, POINT, POLYGON, Combined

Notes = tuple[tuple[str, str], ...]

#: Units of a GeoPackage: what a GIS computes with is not a matter of the reader's taste.
_UNITS: Final = UnitChoice(AreaUnit.HA, MassUnit.T)
_PIECES: Final = {POLYGON: "叠加图斑", LINE: "叠加线段", POINT: "叠加点位"}


def words(found: Combined, by: str = "") -> Notes:
    """The notes of an overlay besides versions and date: what was asked, how it was computed, what is missing."""
    left = found.left.spec
    lines = [("被统计图层", left.title), ("范围", tables.range_words(found))]
    lines += [("分组", tables.group_label(found.left, by))] if by else []
    lines += [("方法", tables.method_words(found))]
    lines += [("面积守恒", text)] if (text := tables.balance_words(found)) else []
    lines += [("碳储量参数", found.parameters)] if found.parameters else []
    lines += [("年固碳量合计", found.sum_caveat)] if found.sum_caveat else []
    totals = found.totals
    if totals.unknown_plots:
        lines.append(
            ("未计入", f"{totals.unknown_plots:,} 个{left.noun}碳储量未知（{totals.unknown_area_ha:,.1f} 公顷）。")
        )
    return tuple(lines)


def sheets(found: Combined, by: str, choice: UnitChoice, notes: Notes) -> list[Sheet]:
    """The tables by zone and, where the counted layer can be grouped, by category."""
    left, right = found.left.spec, found.right.spec
    title = f"{left.title}×{right.title}"
    made = [Sheet.of_frame(title, found.features, tables.feature_fields(found), choice, notes=notes, mark=found.mark)]
    if by:
        fields = tables.category_fields(found, by)
        table = found.by_category(by)
        made.append(
            Sheet.of_frame(
                f"按{tables.group_label(found.left, by)}", table, fields, choice, notes=notes, mark=found.mark
            )
        )
    return made


def geopackage(found: Combined, notes: Notes) -> bytes:
    """Parts of the overlay, one layer a kind of geometry, and the zones with their totals and buffers."""
    pieces = found.pieces(MOST_PIECES)
    left_over = found.piece_count - len(pieces)
    if left_over:
        notes = (*notes, ("叠加图斑", f"共 {found.piece_count:,} 个，仅写入最大的 {MOST_PIECES:,} 个。"))
    frame = pd.DataFrame(pieces.drop(columns="geometry"))
    rows = frame["left"].to_numpy()
    frame["right_name"] = found.right.titles[frame["right"].to_numpy()]
    frame["left_name"] = found.left.titles[rows]
    for name in tables.category_names(found.left):
        frame[name] = found.left.frame[name].array[rows]
    fields = tables.piece_fields(found)
    dims = shapely.get_dimensions(pieces.geometry.array)
    made = [
        _layer(name, frame[dims == dim], fields, pieces.geometry[dims == dim])
        for dim, name in _PIECES.items()
        if (dims == dim).any()
    ]
    zones = gpd.GeoSeries(crs.from_equal_area(found.zones_m), crs=crs.STORAGE_EPSG)
    made.append(_layer("范围", found.features, tables.feature_fields(found), zones))
    return to_gpkg(made, notes, found.mark)


def ready_sheet(found: Ready, choice: UnitChoice, notes: Notes, mark: str) -> Sheet:
    """The table of a ready result."""
    return Sheet.of_frame(found.title, found.frame, found.fields, choice, notes=notes, mark=mark)


def ready_geopackage(found: Sequence[Ready], notes: Notes, mark: str) -> bytes:
    """The zones of ready results with their columns, one layer each.

    Raises:
        ValueError: none of them has zones.
    """
    made = [
        _layer(one.title, one.frame, one.fields, gpd.GeoSeries(one.zone.geometry, crs=crs.STORAGE_EPSG))
        for one in found
        if one.zone is not None
    ]
    return to_gpkg(made, notes, mark)


def _layer(name: str, frame: pd.DataFrame, fields: Sequence[FieldSpec], shapes: gpd.GeoSeries) -> GpkgLayer:
    """Columns under their Chinese names; numbers unrounded, unlike those of a table that people read."""
    columns: dict[str, Any] = {}
    for spec in fields:
        if spec.name in frame.columns and not frame[spec.name].isna().all():
            columns[header_of(spec, _UNITS, taken=columns)] = frame[spec.name].array
    return GpkgLayer(name, gpd.GeoDataFrame(columns, geometry=shapes.array, crs=shapes.crs))
