"""森林小班: forest compartments with stand attributes, in the three dialects of field names of the trade.

Field names: domain notes §3; codes: :mod:`pingchang_geo.layers.forest_codes`.
"""

from __future__ import annotations

from typing import Final

from pingchang_geo import carbon
from pingchang_geo.errors import PingchangError
from pingchang_geo.layers import forest_codes as codes
from pingchang_geo.layers import palette
from pingchang_geo.specs import (
    CarbonColumns,
    Chart,
    ControlTotal,
    FieldKind,
    FieldSpec,
    LayerSpec,
    Style,
    Theme,
)


def _stock_method() -> str:
    """Method and parameter set behind the stock columns, with what is unverified in it."""
    try:
        factors = carbon.load()
    except PingchangError:
        return ""  # whoever computes with the broken file says what is wrong with it
    sentences = [f"{factors.label}：{factors.formula}"]
    if factors.method == "continuous":
        sentences.append("蓄积为零及未成林地等不计 b")
    if factors.per_ha:
        sentences.append(f"{'、'.join(one.label for one in factors.per_ha)}按单位面积生物量计")
    if factors.unverified_values:
        sentences.append(f"未核参数——{'；'.join(factors.unverified_values)}")
    return "。".join(sentences) + "。"


_STOCK_METHOD: Final = _stock_method()

_FIELDS: Final = (
    FieldSpec(
        "township", "乡镇（片区）", FieldKind.CATEGORY, aliases=("XIANG", "XIANG_M", "乡镇名称", "乡"), filterable=True
    ),
    FieldSpec("village", "村", aliases=("CUN", "行政村", "村名", "ZLDWMC")),
    FieldSpec("linban", "林班号", aliases=("LIN_BAN", "LB", "LINBAN")),
    # The asset inventory (dialect C) has no compartment numbers; there its identifier is what tells plots apart.
    FieldSpec(
        "xiaoban",
        "小班号",
        aliases=("XIAO_BAN", "XB", "XIAOBAN", "XBH", "XB_H", "ZCQCBSM", "SLZYGLTBBM"),
        required=True,
    ),
    FieldSpec("xiban", "细班号", aliases=("XI_BAN",)),
    FieldSpec(
        "land_class",
        "地类",
        FieldKind.CATEGORY,
        aliases=("DI_LEI", "DL", "SLZYGLDL"),
        codes=codes.LAND_CLASSES,
        values=tuple(dict.fromkeys(codes.LAND_CLASSES.values())),
        filterable=True,
    ),
    FieldSpec(
        "species",
        "优势树种",
        FieldKind.CATEGORY,
        aliases=("YOU_SHI_SZ", "YSSZ", "YSSZZ", "树种", "优势树种组"),
        codes=codes.SPECIES_CODES,
        values=codes.SPECIES_NAMES,
        required=True,
        filterable=True,
    ),
    FieldSpec(
        "origin",
        "起源",
        FieldKind.CATEGORY,
        aliases=("QI_YUAN", "QY"),
        codes=codes.ORIGINS,
        values=("天然", "人工"),
        filterable=True,
    ),
    FieldSpec(
        "age_group",
        "龄组",
        FieldKind.CATEGORY,
        aliases=("LING_ZU",),
        codes={
            **codes.AGE_GROUPS,
            **{name.removesuffix("林"): name for name in codes.AGE_GROUPS.values()},
            "幼": "幼龄林",
            "中": "中龄林",
            "近": "近熟林",
            "成": "成熟林",
            "过": "过熟林",
        },
        values=tuple(codes.AGE_GROUPS.values()),
        filterable=True,
    ),
    FieldSpec(
        "mean_age_a",
        "平均年龄",
        FieldKind.NUMBER,
        unit="年",
        digits=0,
        aliases=("PINGJUN_NL", "PJNL", "年龄", "林龄"),
        limits=(0, 500),
    ),
    FieldSpec(
        "dbh_cm",
        "平均胸径",
        FieldKind.NUMBER,
        unit="cm",
        digits=1,
        aliases=("PINGJUN_XJ", "PJXJ", "胸径"),
        limits=(0, 200),
        help="平均胸径，不是蓄积。",
    ),
    FieldSpec(
        "height_m",
        "平均树高",
        FieldKind.NUMBER,
        unit="m",
        digits=1,
        aliases=("PINGJUN_SG", "PJSG", "树高"),
        limits=(0, 80),
    ),
    FieldSpec(
        "canopy",
        "郁闭度",
        FieldKind.NUMBER,
        digits=2,
        aliases=("YU_BI_DU", "YBD"),
        limits=(0, 1),
        filterable=True,
    ),
    FieldSpec(
        "stems_ha",
        "每公顷株数",
        FieldKind.NUMBER,
        unit="株/ha",
        digits=0,
        aliases=("MEI_GQ_ZS", "MGQZS"),
        limits=(0, 20_000),
    ),
    FieldSpec(
        "volume_m3_ha",
        "每公顷蓄积",
        FieldKind.NUMBER,
        unit="m³/ha",
        digits=1,
        aliases=("HUO_LMGQXJ", "MEI_GQ_XJ", "GQXJ", "每公顷蓄积量", "公顷蓄积", "公顷蓄积量"),
        limits=(0, 1000),
        required=True,
        filterable=True,
        help="活立木每公顷蓄积。",
    ),
    FieldSpec(
        "volume_m3",
        "活立木蓄积",
        FieldKind.NUMBER,
        unit="m³",
        digits=0,
        aliases=("HUO_LM_XJ", "HUOLM_XJ", "ZXJ", "ZTBXJ", "总蓄积", "小班蓄积"),
        limits=(0, 1e7),
        extensive=True,
    ),
    FieldSpec(
        "reported_biomass_t",
        "上报生物量",
        FieldKind.NUMBER,
        unit="t",
        digits=1,
        aliases=("SHENG_WU_L",),
        limits=(0, 1e7),
        extensive=True,
    ),
    FieldSpec(
        "reported_stock_tc",
        "上报碳储量",
        FieldKind.NUMBER,
        unit="tC",
        digits=1,
        aliases=("TAN_CHU_L",),
        limits=(0, 1e7),
        extensive=True,
        help="随文件填报的碳储量，与本系统计算值并列展示，不相混。",
    ),
    FieldSpec(
        "forest_use",
        "林种",
        FieldKind.CATEGORY,
        aliases=("LIN_ZHONG", "LZ"),
        codes=codes.FOREST_USES,
        values=("防护林", "特种用途林", "用材林", "能源林", "经济林"),
        filterable=True,
    ),
    FieldSpec("forest_category", "森林类别", aliases=("SEN_LIN_LB", "SLLB")),
    FieldSpec("protection_level", "保护等级", aliases=("BH_DJ",)),
    FieldSpec("ownership", "林地权属", aliases=("LD_QS", "GTDCTDQS")),
    FieldSpec(
        "stand_kind",
        "碳汇类型",
        FieldKind.CATEGORY,
        aliases=("TH_LX", "TANHUI_LX"),
        values=codes.STAND_KINDS,
        filterable=True,
        help="新造林与森林经营林为报告给出年固碳量的两类林地。",
    ),
    FieldSpec(
        "reported_area",
        "上报面积",
        FieldKind.NUMBER,
        digits=2,
        aliases=("MIAN_JI", "XBMJ", "ZTBMJ", "面积", "小班面积"),
        limits=(0, 1e9),
        help="文件中的面积字段，换算为公顷，仅作对照；统计一律采用图形面积。",
    ),
    palette.LOCATION,
    palette.AREA,
    FieldSpec(
        "stock_tc_ha",
        "每公顷碳储量",
        FieldKind.NUMBER,
        unit="tC/ha",
        digits=1,
        derived=True,
        filterable=True,
        help=_STOCK_METHOD,
    ),
    FieldSpec(
        "stock_tc",
        "碳储量",
        FieldKind.NUMBER,
        unit="tC",
        digits=1,
        derived=True,
        extensive=True,
        help="每公顷碳储量乘以小班面积。" + _STOCK_METHOD,
    ),
    FieldSpec(
        "stock_basis",
        "碳储量计算依据",
        FieldKind.CATEGORY,
        values=carbon.BASES,
        derived=True,
        filterable=True,
        help="该小班的碳储量由何推算；蓄积缺失、为负或超出合理范围，以及树种没有参数的小班，碳储量不作推算。",
    ),
    FieldSpec(
        "stock_gap_tc",
        "上报与计算之差",
        FieldKind.NUMBER,
        unit="tC",
        digits=1,
        derived=True,
        help="文件填报的碳储量减去本系统计算值；未填报或无法计算的小班没有此值。",
    ),
    FieldSpec(
        "removal_tco2_a",
        "年固碳量（官方口径系数法）",
        FieldKind.NUMBER,
        unit="tCO₂/年",
        digits=1,
        derived=True,
        extensive=True,
        help="报告两类林地的年均二氧化碳量除以其面积得到的系数乘以小班面积；其他林地报告未给出，不计。"
        + carbon.SUM_CAVEAT,
    ),
)

SPEC: Final = LayerSpec(
    id="forest",
    title="森林小班",
    noun="小班",
    description="森林资源小班及由每公顷蓄积推算的碳储量、按报告口径推算的年固碳量。",
    geometry=frozenset({"Polygon", "MultiPolygon"}),
    fields=_FIELDS,
    key=("township", "village", "linban", "xiaoban", "xiban"),
    name_field="xiaoban",
    style=Style(palette.ACCENT, weight=0.5, fill_opacity=0.8),
    icon=":material/forest:",
    themes=(
        Theme("stock_tc_ha", "每公顷碳储量", ramp=palette.STOCK_RAMP),
        Theme("removal_tco2_a", "年固碳量（官方口径系数法）", ramp=palette.REMOVAL_RAMP),
        Theme("volume_m3_ha", "每公顷蓄积", ramp=palette.GREEN_RAMP),
        Theme("canopy", "郁闭度", ramp=palette.GREEN_RAMP, breaks=(0, 0.2, 0.4, 0.6, 0.8, 1.0)),
        Theme("species", "优势树种", palette=palette.categories(codes.SPECIES_NAMES)),
        Theme(
            "age_group",
            "龄组",
            palette=dict(
                zip(codes.AGE_GROUPS.values(), ("#D9F0A3", "#ADDD8E", "#78C679", "#31A354", "#006837"), strict=True)
            ),
        ),
        Theme("origin", "起源", palette={"天然": "#117733", "人工": "#DDCC77"}),
        Theme(
            "stand_kind",
            "碳汇类型",
            palette={codes.NEW_FOREST: "#44AA99", codes.MANAGED_FOREST: "#332288", "其他林地": "#C8CFC4"},
        ),
        Theme(
            "forest_use",
            "林种",
            palette=palette.categories(("防护林", "特种用途林", "用材林", "能源林", "经济林")),
        ),
    ),
    popup=(
        "area_ha",
        "stock_tc",
        "stock_tc_ha",
        "stock_basis",
        "removal_tco2_a",
        "species",
        "age_group",
        "origin",
        "stand_kind",
        "volume_m3_ha",
        "canopy",
        "reported_stock_tc",
        "stock_gap_tc",
        "township",
        "village",
        "linban",
        "xiaoban",
    ),
    tooltip=("species", "age_group", "area_ha", "stock_tc"),
    search=("township", "linban", "xiaoban"),
    charts=(
        Chart("species-stock", "各优势树种碳储量", by="species", measure="stock_tc"),
        Chart("age-area", "各龄组面积", by="age_group", measure="area_ha", horizontal=False),
        Chart("kind-removal", "各碳汇类型年固碳量（官方口径系数法）", by="stand_kind", measure="removal_tco2_a"),
    ),
    control_totals=(
        ControlTotal("forest_land_area_wanmu", "area_ha", "林地面积", "万亩"),
        ControlTotal(
            "new_forest_area_wanmu", "area_ha", "新造林地面积", "万亩", where=("stand_kind", codes.NEW_FOREST)
        ),
        ControlTotal(
            "managed_forest_area_wanmu",
            "area_ha",
            "森林经营林地面积",
            "万亩",
            where=("stand_kind", codes.MANAGED_FOREST),
        ),
        ControlTotal(
            "new_forest_removal_wt_a",
            "removal_tco2_a",
            "新造林年均二氧化碳量",
            "万吨CO₂/年",
            where=("stand_kind", codes.NEW_FOREST),
            by_rate=True,
        ),
        ControlTotal(
            "managed_forest_removal_wt_a",
            "removal_tco2_a",
            "森林经营林年均二氧化碳量",
            "万吨CO₂/年",
            where=("stand_kind", codes.MANAGED_FOREST),
            by_rate=True,
        ),
    ),
    carbon=CarbonColumns(
        stand_type="species",
        volume_m3_ha="volume_m3_ha",
        stand_kind="stand_kind",
        land_class="land_class",
        unestablished=codes.UNESTABLISHED,
        treeless=codes.TREELESS,
        reported_stock_tc="reported_stock_tc",
    ),
    indicators=(
        "forest_cover_pct",
        "forest_land_area_wanmu",
        "new_forest_area_wanmu",
        "new_forest_removal_wt_a",
        "managed_forest_area_wanmu",
        "managed_forest_removal_wt_a",
    ),
)
