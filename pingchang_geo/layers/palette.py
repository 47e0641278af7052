"""Colours and the fields that several layers share (DESIGN §7); the same constants serve map, chart and slide."""

from __future__ import annotations

from typing import Final

from pingchang_geo import carbon
from pingchang_geo.provenance import Location
from pingchang_geo.specs import FieldKind, FieldSpec

INK: Final = "#1B2A22"
ACCENT: Final = "#1E6B47"
RED_LINE: Final = "#C8102E"
SCENIC: Final = "#B8730A"
PARKS: Final = "#5B4B8A"
WATER: Final = "#3B7EA1"
OUTLINE: Final = "#4A4A4A"
MISSING: Final = "#C9CDCB"

#: Sequential, light to dark: carbon stock yellow-green, removal blue-green, volume and cover green, area sand.
STOCK_RAMP: Final = ("#F3F3B2", "#D3E397", "#A6CE7D", "#71B368", "#3C9150", "#14653A")
REMOVAL_RAMP: Final = ("#E3F2EE", "#B9DFDA", "#87C6C4", "#53A8AC", "#2A8490", "#0B5A6B")
GREEN_RAMP: Final = ("#EDF5E4", "#CBE3BC", "#A1CC91", "#73B06B", "#458F4D", "#1E6B37")
SHARE_RAMP: Final = ("#FBE3DC", "#F6BFB0", "#EC9582", "#DD6858", "#CB3E3D", "#A5152A")

#: At most ten categories that colour-blind readers keep apart (after Paul Tol's muted scheme), then 其他.
CATEGORICAL: Final = (
    "#117733",
    "#DDCC77",
    "#44AA99",
    "#CC6677",
    "#88CCEE",
    "#332288",
    "#999933",
    "#AA4499",
    "#882255",
    "#6E7B74",
)
OTHER: Final = "#B4B8B5"

AREA: Final = FieldSpec(
    "area_ha",
    "面积",
    FieldKind.NUMBER,
    unit="ha",
    digits=2,
    derived=True,
    extensive=True,
    help="在以县域为中心的等积投影（GRS80）中由图形计算，不取文件中的面积字段。",
)

LOCATION: Final = FieldSpec(
    "location",
    "位置可信度",
    FieldKind.CATEGORY,
    aliases=("WEIZHI",),
    values=tuple(level.value for level in Location),
    filterable=True,
    help="已核：有可查证的坐标；推定：由文字描述推断；示意：位置仅供示意。",
)

LOCATION_NOTE: Final = FieldSpec("location_note", "位置依据", aliases=("SHUOMING",))

_BY_SHARE: Final = "面积加权叠加：小班按落在该范围内的面积比例计入。"

#: Totals of the forest plots inside a zone, computed by the area-weighted join.
ZONE_TOTALS: Final = (
    FieldSpec(
        "forest_area_ha",
        "范围内林地面积",
        FieldKind.NUMBER,
        unit="ha",
        digits=1,
        derived=True,
        extensive=True,
        help=_BY_SHARE,
    ),
    FieldSpec(
        "forest_stock_tc",
        "范围内碳储量",
        FieldKind.NUMBER,
        unit="tC",
        digits=0,
        derived=True,
        extensive=True,
        help=_BY_SHARE,
    ),
    FieldSpec(
        "forest_removal_tco2_a",
        "范围内年固碳量（官方口径系数法）",
        FieldKind.NUMBER,
        unit="tCO₂/年",
        digits=0,
        derived=True,
        extensive=True,
        help=_BY_SHARE + carbon.SUM_CAVEAT,
    ),
)

#: Total inside a zone ← the plots' column that it sums by shared area.
PLOT_COLUMNS: Final = {
    "forest_area_ha": "area_ha",
    "forest_stock_tc": "stock_tc",
    "forest_removal_tco2_a": "removal_tco2_a",
}


def categories(names: tuple[str, ...]) -> dict[str, str]:
    """Colours for category names in order; beyond ten they share 其他's."""
    return {name: CATEGORICAL[i] if i < len(CATEGORICAL) else OTHER for i, name in enumerate(names)}
