"""生态保护红线: ecological red-line patches, planning dialect (MJ in m²) and survey dialect (QYMJ in km²)."""

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
    id="redline",
    title="生态保护红线",
    noun="红线斑块",
    description="生态保护红线斑块及其范围内的林地、碳储量与年固碳量。",
    geometry=frozenset({"Polygon", "MultiPolygon"}),
    fields=(
        FieldSpec("name", "红线名称", aliases=("HXMC", "MC", "NAME")),
        FieldSpec("type", "红线类型", FieldKind.CATEGORY, aliases=("HXLX", "LHLX", "LXDM"), filterable=True),
        FieldSpec("code", "标识码", aliases=("BSM", "SLDM")),
        FieldSpec("district_code", "行政区代码", aliases=("XJXZQDM", "XJXZQHDM", "XZQDM")),
        FieldSpec("district", "行政区名称", aliases=("XJXZQMC", "XZQMC")),
        FieldSpec(
            "reported_area_m2",
            "上报面积",
            FieldKind.NUMBER,
            unit="m²",
            digits=0,
            aliases=("MJ",),
            limits=(0, 1e10),
        ),
        FieldSpec(
            "reported_area_km2",
            "上报面积",
            FieldKind.NUMBER,
            unit="km²",
            digits=4,
            aliases=("QYMJ",),
            limits=(0, 1e4),
        ),
        palette.LOCATION,
        palette.AREA,
        *palette.ZONE_TOTALS,
    ),
    key=("code", "name"),
    name_field="name",
    style=Style(palette.RED_LINE, weight=1.8, fill_opacity=0.12),
    icon=":material/shield:",
    themes=(Theme("area_ha", "斑块面积", ramp=palette.SHARE_RAMP),),
    popup=(
        "name",
        "type",
        "area_ha",
        "forest_area_ha",
        "forest_stock_tc",
        "forest_removal_tco2_a",
        "location",
    ),
    tooltip=("name", "type", "area_ha"),
    search=("name",),
    charts=(
        Chart("type-area", "各类型红线面积", by="type", measure="area_ha"),
        Chart("patch-stock", "各斑块范围内碳储量", by="name", measure="forest_stock_tc"),
    ),
    control_totals=(ControlTotal("redline_area_km2", "area_ha", "生态保护红线面积", "km²", tolerance=2e-5),),
    zone=ZoneRole("redline_share_pct", "红线内面积占比"),
    site=SiteRole(SiteKind.PROTECTED),
    indicators=("redline_area_km2",),
)
