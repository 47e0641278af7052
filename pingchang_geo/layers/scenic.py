"""AAAA 级旅游景区: scenic areas, polygons where the outline is known, otherwise points with a stated buffer."""

from __future__ import annotations

from typing import Final

from pingchang_geo.layers import palette
from pingchang_geo.specs import (
    Chart,
    ControlTotal,
    FieldKind,
    FieldSpec,
    LayerSpec,
    SiteKind,
    SiteRole,
    Style,
    Theme,
    ZoneRole,
)

SPEC: Final = LayerSpec(
    id="scenic",
    title="AAAA 级景区",
    noun="景区",
    description="国家 AAAA 级旅游景区及其范围内的林地与碳储量。",
    geometry=frozenset({"Point", "Polygon", "MultiPolygon"}),
    fields=(
        FieldSpec("name", "景区名称", aliases=("MC", "名称", "NAME", "JQMC"), required=True),
        FieldSpec("grade", "级别", FieldKind.CATEGORY, aliases=("DJ", "级别", "等级")),
        FieldSpec("address", "地址", aliases=("DZ", "地址")),
        palette.LOCATION,
        palette.LOCATION_NOTE,
        palette.AREA,
        *palette.ZONE_TOTALS,
    ),
    key=("name",),
    name_field="name",
    style=Style(palette.SCENIC, weight=2.0, fill_opacity=0.2, symbol="mountain"),
    icon=":material/landscape:",
    themes=(Theme("grade", "级别", palette={"AAAA": palette.SCENIC}),),
    popup=(
        "name",
        "grade",
        "address",
        "area_ha",
        "forest_area_ha",
        "forest_stock_tc",
        "forest_removal_tco2_a",
        "location",
        "location_note",
    ),
    tooltip=("name", "grade", "location"),
    search=("name", "address"),
    charts=(
        Chart("scenic-stock", "各景区范围内碳储量", by="name", measure="forest_stock_tc"),
        Chart("scenic-forest", "各景区范围内林地面积", by="name", measure="forest_area_ha"),
        Chart("scenic-location", "位置可信度", by="location"),
    ),
    control_totals=(ControlTotal("scenic_4a_count", "", "AAAA 级景区数量", "个", tolerance=0.0),),
    zone=ZoneRole("scenic_share_pct", "景区内面积占比", point_radius_m=1000.0, rings_m=(1000.0, 3000.0, 5000.0)),
    site=SiteRole(SiteKind.NEARBY, radius_m=3000.0),
    indicators=("scenic_4a_count",),
)
