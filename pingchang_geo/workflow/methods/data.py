"""Chapters of the methods text on areas, joins, reconciliation, limits, own parameters and the data dictionary."""

from __future__ import annotations

from typing import Final

from pingchang_geo import consistency, crs, layers, reconcile
from pingchang_geo.specs import FieldKind, FieldSpec, LayerSpec, SiteKind
from pingchang_geo.workflow.methods.blocks import Block, Points, Prose, Section, Table, safe

_KINDS: Final = {FieldKind.TEXT: "文字", FieldKind.CATEGORY: "类别", FieldKind.NUMBER: "数值"}

#: 部分生态产品价值: what of the official list can be computed here, and what not.
VALUE_NOTE: Final = (
    "《生态产品总值核算规范》（2022）所列指标中，本系统能如实计算的只有固碳（Q = ΔC × 44/12，价值 = Q × 单价）。"
    "释氧（Q × 32/44）与固碳同出一源，两者并列会重复体现同一过程，本系统不计；景观游憩须有游客数据，目前没有。"
    "因此只称「部分生态产品价值」，不称生态产品总值（GEP）。"
)


def areas() -> Section:
    """Coordinates, projection, the area-weighted join, buffers and distances."""
    return Section(
        "areas",
        "面积、距离与叠加",
        (
            Prose(
                f"图形以 CGCS2000 地理坐标（EPSG:{crs.STORAGE_EPSG}）保存。面积一律由图形计算，不取文件中的面积字段："
                f"先投影到以县域为中心的兰勃特等积方位投影（`{crs.EQUAL_AREA_PROJ}`），再求面积；与椭球面测地面积相比，"
                "县域内相对误差不超过 1×10⁻⁷。网络墨卡托（EPSG:3857）只用于瓦片，不用于量算。"
            ),
            Points(
                (
                    "叠加按面积加权：小班的碳储量、年固碳量按落在该范围内的面积比例计入；一个小班落在几个范围内，各按比例分。",
                    "范围相互重叠时，按范围逐个相加会重复计入；合计一律按小班被覆盖的面积只计一次。",
                    "叠加后校核守恒：左侧面积 = 各片之和 + 范围外面积，残差单独列出。",
                    "缓冲区与最近距离在同一投影中以米计算，边界相接或落在内部记为 0。",
                    "1 亩 = 2000/3 m²，1 公顷 = 15 亩。",
                )
            ),
            _zones(),
        ),
    )


def _zones() -> Table:
    rows = []
    for spec in layers.zones():
        assert spec.zone is not None
        radius = "—" if spec.zone.point_radius_m is None else f"{spec.zone.point_radius_m / 1000:g} km"
        rings = "、".join(f"{ring / 1000:g} km" for ring in spec.zone.rings_m) or "—"
        rows.append((safe(spec.title), safe(spec.zone.share_label), radius, rings, _site_words(spec)))
    headers = ("汇总林地的图层", "小班属性", "只有点位时取周边", "另计周边", "选址核查")
    return Table(headers, tuple(rows))


def _site_words(spec: LayerSpec) -> str:
    if spec.site is None:
        return "—"
    protected = spec.site.kind is SiteKind.PROTECTED
    return "不得触碰" if protected else f"列出 {spec.site.radius_m / 1000:g} km 以内的"


def comparison() -> Section:
    """How a verdict comes about, and by which rule a benchmark decides."""
    return Section(
        "comparison",
        "对账",
        (
            Points(
                (
                    "每个控制数由当前图层汇总，与报告值比较；相对差在容差以内为「一致」。",
                    f"容差取{reconcile.DECLARED}与{reconcile.ROUNDING}中较大的一个；{reconcile.COUNTED}。",
                    f"参考图层：{reconcile.BY_CONSTRUCTION}。官方口径系数法：{reconcile.BY_RATE}。",
                    "报告数字相互核对：全部由指标台账与参数文件算出。单位面积年清除量在已核（含由已核数字推算）的参考值之间为「相符」，"
                    "之上「偏高」，之下「偏低」；待核的参考值只列出，不作依据。",
                )
            ),
        ),
    )


def limits() -> Section:
    """What is not counted, and what the results must not be called."""
    return Section(
        "limits",
        "局限与用语",
        (
            Points(
                (
                    "只计活立木生物量碳（含地下部分）。枯死木、枯落物、土壤有机碳和木质林产品不计：只查到外省数值，不宜套用。",
                    "换算参数为全国或他省回归所得，用于单个小班误差大；结果宜用于汇总，不宜用于单个小班的结算。",
                    "桦木等没有单列参数的树种按参数表所注类型计；参数表以外的树种不计。",
                    safe(consistency.CREDITS),
                    safe(VALUE_NOTE),
                    "碳价没有缺省值：由用户输入并注明日期，结果标「测算」。",
                    "选址核查是室内比对，不是用地审批、红线符合性审查或林地使用许可。",
                    "标「示意数据」的图形与属性仅供演示，不得作为管理依据。",
                )
            ),
        ),
    )


def own_set() -> Section:
    """How a county brings its own parameters."""
    return Section(
        "own",
        "县里自备参数集",
        (
            Points(
                (
                    "另写一个 TOML 文件（UTF-8），格式与 `pingchang_geo/carbon/factors.toml` 相同，文件头有逐键说明；"
                    "不要改动系统自带的文件。",
                    "设置 `carbon_factors`（环境变量 `PINGCHANG_CARBON_FACTORS`）指向该文件，"
                    "`carbon_set`（`PINGCHANG_CARBON_SET`）写上要用的参数集编号。",
                    "`based_on` 可沿用已有参数集，只写不同的行；没有写到的条目沿用系统自带的。",
                    "重启后碳储量按新参数重新计算，旧结果保留；本页与「碳汇核算」页随之更新。写错的条目在启动时指明，不会静默忽略。",
                )
            ),
            Prose("最小示例：\n\n```toml\n" + _EXAMPLE + "\n```"),
        ),
    )


_EXAMPLE: Final = """[[set]]
id = "county-1"
label = "本县参数集"
method = "continuous"
based_on = "continuous-1"
year = 2026
formula = "B = a·V + b；碳储量 = B·CF"
note = "马尾松采用本县样地回归，其余沿用。"

[[coefficient]]
set = "county-1"
stand_type = "马尾松"
species = ["马尾松"]
a_t_m3 = 0.50          # 换成本县样地回归的结果
b_t_ha = 20.0
year = 2026
source = "本县样地调查"
read_in = "调查报告第 × 页"
verified = true"""


def dictionary() -> Section:
    """Every layer's columns: label, name, kind, unit, names in files, meaning."""
    blocks: list[Block] = [
        Prose("由图层声明生成。「文件中的名称」大小写均可，也可直接用中文名或英文名；带 * 的字段上传时必须有。")
    ]
    for spec in layers.all_specs():
        blocks += [Prose(f"**{safe(spec.title)}**　`{spec.id}`　{safe(spec.description)}"), _fields(spec)]
    return Section("dictionary", "数据字典", tuple(blocks), folded=True)


def _fields(spec: LayerSpec) -> Table:
    headers = ("字段", "英文名", "类型", "单位", "来源", "文件中的名称", "说明")
    return Table(headers, tuple(_field(field) for field in spec.fields))


def _field(field: FieldSpec) -> tuple[str, ...]:
    return (
        safe(field.label) + ("\\*" if field.required else ""),
        f"`{field.name}`",
        _KINDS[field.kind],
        field.unit or "—",
        "计算" if field.derived else "文件",
        safe("、".join(field.aliases)) or "—",
        safe(field.help) or "—",
    )
