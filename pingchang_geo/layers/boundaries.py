"""Outlines that the map stands on: the county, its neighbours, townships and rivers.

Townships and rivers have no reference data: nothing open could be had. They join in (grouping, base map) as soon
as somebody publishes them.
"""

from __future__ import annotations

from typing import Final

from pingchang_geo.layers import palette
from pingchang_geo.specs import Chart, FieldKind, FieldSpec, LayerSpec, Style, Theme, ZoneRole

_POLYGONS: Final = frozenset({"Polygon", "MultiPolygon"})
_NAME: Final = FieldSpec("name", "名称", aliases=("MC", "名称", "NAME", "XZQMC"), required=True)
_CODE: Final = FieldSpec("code", "行政区代码", aliases=("ADCODE", "XZQDM", "DM"))

COUNTY: Final = LayerSpec(
    id="county",
    title="县域界线",
    noun="县域",
    description="平昌县行政区域轮廓。",
    geometry=_POLYGONS,
    fields=(_NAME, _CODE, palette.AREA),
    key=("name",),
    name_field="name",
    style=Style(palette.OUTLINE, weight=2.2, fill_opacity=0.0),
    icon=":material/crop_free:",
    base_map=True,
)

NEIGHBOURS: Final = LayerSpec(
    id="neighbours",
    title="相邻区县",
    noun="区县",
    description="与平昌县相邻的区县轮廓（截取）。",
    geometry=_POLYGONS,
    fields=(_NAME, _CODE, FieldSpec("city", "所属市", aliases=("CITY", "SHI")), palette.AREA),
    key=("name",),
    name_field="name",
    style=Style("#9AA19D", weight=0.8, fill_opacity=0.0),
    icon=":material/border_all:",
    base_map=True,
)

TOWNSHIPS: Final = LayerSpec(
    id="townships",
    title="乡镇界线",
    noun="乡镇",
    description="乡镇（街道）行政界线及其范围内的林地与碳储量。",
    geometry=_POLYGONS,
    fields=(
        FieldSpec("name", "乡镇名称", aliases=("MC", "名称", "NAME", "XZQMC", "XIANG"), required=True),
        _CODE,
        palette.AREA,
        *palette.ZONE_TOTALS,
    ),
    key=("name",),
    name_field="name",
    style=Style("#6B746F", weight=1.2, fill_opacity=0.0, dash="4 3"),
    icon=":material/location_city:",
    popup=("name", "area_ha", "forest_area_ha", "forest_stock_tc", "forest_removal_tco2_a"),
    tooltip=("name", "area_ha"),
    search=("name",),
    themes=(Theme("forest_stock_tc", "范围内碳储量", ramp=palette.STOCK_RAMP),),
    charts=(Chart("township-stock", "各乡镇碳储量", by="name", measure="forest_stock_tc"),),
    zone=ZoneRole("townships_share_pct", "乡镇范围内面积占比"),
)

RIVERS: Final = LayerSpec(
    id="rivers",
    title="河流水系",
    noun="河段",
    description="河流与水面。",
    geometry=frozenset({"LineString", "MultiLineString", "Polygon", "MultiPolygon"}),
    fields=(
        FieldSpec("name", "河流名称", aliases=("MC", "名称", "NAME", "HLMC"), required=True),
        FieldSpec("grade", "级别", FieldKind.CATEGORY, aliases=("DJ", "级别")),
        palette.AREA,
    ),
    key=("name",),
    name_field="name",
    style=Style(palette.WATER, weight=1.6, fill_opacity=0.5),
    icon=":material/water:",
    tooltip=("name",),
    search=("name",),
    base_map=True,
)
