"""产业园区与产业点: industrial parks and sites named in the report, polygons or points with a stated buffer."""

from __future__ import annotations

from typing import Final

from pingchang_geo.layers import palette
from pingchang_geo.specs import Chart, FieldKind, FieldSpec, LayerSpec, SiteKind, SiteRole, Style, Theme, ZoneRole

_TYPE_COLORS: Final = ("省级开发区", "工业园", "产业园", "生产基地", "油气")

SPEC: Final = LayerSpec(
    id="parks",
    title="产业园区",
    noun="园区",
    description="报告点名的产业园区与项目点及其范围内的林地与碳储量。",
    geometry=frozenset({"Point", "Polygon", "MultiPolygon"}),
    fields=(
        FieldSpec("name", "名称", aliases=("MC", "名称", "NAME", "YQMC"), required=True),
        FieldSpec("type", "类型", FieldKind.CATEGORY, aliases=("LX", "类型", "TYPE"), filterable=True),
        FieldSpec(
            "status",
            "状态",
            FieldKind.CATEGORY,
            aliases=("ZT", "状态"),
            values=("现状", "规划"),
            filterable=True,
        ),
        FieldSpec("companies", "入驻企业", aliases=("QIYE", "企业")),
        FieldSpec("address", "地址", aliases=("DZ", "地址")),
        palette.LOCATION,
        palette.LOCATION_NOTE,
        palette.AREA,
        *palette.ZONE_TOTALS,
    ),
    key=("name",),
    name_field="name",
    style=Style(palette.PARKS, weight=2.0, fill_opacity=0.25, symbol="factory"),
    icon=":material/factory:",
    themes=(Theme("type", "园区类型", palette=palette.categories(_TYPE_COLORS)),),
    popup=(
        "name",
        "type",
        "status",
        "companies",
        "address",
        "area_ha",
        "forest_area_ha",
        "forest_stock_tc",
        "location",
        "location_note",
    ),
    tooltip=("name", "type", "status", "location"),
    search=("name", "companies", "address"),
    charts=(
        Chart("parks-type", "园区与产业点类型", by="type"),
        Chart("parks-status", "现状与规划", by="status"),
        Chart("parks-stock", "各园区范围内碳储量", by="name", measure="forest_stock_tc"),
    ),
    zone=ZoneRole("parks_share_pct", "园区内面积占比", point_radius_m=1000.0, rings_m=(1000.0, 3000.0, 5000.0)),
    site=SiteRole(SiteKind.NEARBY, radius_m=3000.0),
    indicators=("development_zone_sites", "xingguang_park_companies", "huayou_zhonglan_output_yi_yuan"),
)
