"""The printable report of a site check."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

from pingchang_geo.carbon.parameters import FLAG_WORDS
from pingchang_geo.documents import (
    Align,
    Block,
    Bullets,
    Callout,
    Document,
    Facts,
    Figure,
    Heading,
    Paragraph,
    Table,
    Tone,
)
from pingchang_geo.site import CarbonFinding, Contact, NearbyFinding, ProtectedFinding
from pingchang_geo.specs import FieldKind, FieldSpec, LayerSpec
from pingchang_geo.units import CO2_PER_C, HA_M2, MU_PER_HA, format_number
from pingchang_geo.workflow.site import methods
from pingchang_geo.workflow.site.answer import (
    DESK_CHECK,
    absence_words,
    mark_words,
    percent,
    protected_words,
    spaced,
    subject,
    verdict,
    words,
)
from pingchang_geo.workflow.site.checking import SiteCheck

#: Plots listed one by one; the rest stands in one line.
PLOTS_LISTED: Final = 40
#: Width of the map, % of the text: on the first page it then stands below the answer.
_MAP_PCT: Final = 86.0
#: Category columns of the plots' table: more would leave no room for the numbers.
_DESCRIBED: Final = 3
_L, _R = Align.LEFT, Align.RIGHT
_TONES: Final = {"touched": Tone.RED, "unknown": Tone.AMBER, "untouched": Tone.GREEN}


def report(check: SiteCheck, picture: bytes) -> Document:
    """Report with answer, map, tables, method, versions and limits.

    Args:
        check: what was found.
        picture: PNG of :func:`.drawing.picture`; empty: without a map.
    """
    sentences = words(check)
    blocks: list[Block] = [Callout(tone(check), sentences[0], sentences[1:]), Facts(tuple(_facts(check)))]
    if picture:
        blocks.append(Figure(picture, "地块与生态保护红线、林地及周边", " ".join(sentences), width_pct=_MAP_PCT))
    for finding in check.result.protected:
        blocks += _protected(check, finding)
    for stake in check.result.carbon:
        blocks += _carbon(check, stake)
    if check.result.nearby:
        blocks.append(Heading("周边"))
        blocks += [block for found in check.result.nearby for block in _nearby(found)]
    blocks += [Heading("方法与参数"), *_method(check)]
    blocks += [Heading("数据版本"), _versions(check)]
    blocks += [Heading("适用范围"), Bullets(tuple(methods.limits(check)))]
    return Document(
        title="选址核查报告",
        made_at=check.checked_at,
        blocks=tuple(blocks),
        subtitle=check.name,
        mark=check.mark,
        notes=(DESK_CHECK, *mark_words(check)),
    )


def tone(check: SiteCheck) -> Tone:
    """Red when touched; amber when nothing can be said or the border is met; green otherwise."""
    found = _TONES[verdict(check)]
    near = any(one.contact in {Contact.ABUTS, Contact.CLOSE} for one in check.result.protected)
    return Tone.AMBER if found is Tone.GREEN and near else found


def _facts(check: SiteCheck) -> Iterator[tuple[str, str]]:
    result = check.result
    yield "地块名称", check.name or "未命名"
    yield "核查时间", f"{check.checked_at:%Y-%m-%d %H:%M}"
    mu = format_number(result.area_ha * MU_PER_HA, 2)
    yield (
        "地块面积",
        f"{format_number(result.area_ha * HA_M2, 0)} m²（{format_number(result.area_ha, 4)} 公顷，{mu} 亩）",
    )
    yield "周长", f"{format_number(result.perimeter_m, 0)} m"
    inside = result.inside_county_pct
    yield "县域内占比", "未发布县域界线" if inside is None else percent(inside)
    yield "碳参数集", check.factors.label
    # the last of an odd number of facts takes a whole row: how the coordinates were read is a long sentence
    yield "坐标读取", check.reading or "EPSG:4490（CGCS2000 经纬度）"


def _protected(check: SiteCheck, finding: ProtectedFinding) -> list[Block]:
    blocks: list[Block] = [Heading(finding.title), Paragraph(protected_words(subject(check), finding))]
    if len(finding.patches):
        rows = [
            (name, kind, area4(ha), mu(ha), percent(site), "—" if math.isnan(patch) else percent(patch))
            for name, kind, ha, site, patch in _rows(
                finding.patches, "name", "type", "overlap_ha", "site_pct", "patch_pct"
            )
        ]
        if len(rows) > 1:
            ha = finding.overlap_ha
            rows.append(("合计（重复部分只计一次）", "", area4(ha), mu(ha), percent(finding.overlap_pct), ""))
        header = (finding.noun, "类型", "重叠（公顷）", "重叠（亩）", "占地块", "占斑块")
        blocks.append(
            Table(
                header,
                tuple(rows),
                (_L, _L, _R, _R, _R, _R),
                caption=f"与{finding.title}重叠",
                total=len(rows) > 1,
            )
        )
    return blocks


def _carbon(check: SiteCheck, finding: CarbonFinding) -> list[Block]:
    blocks: list[Block] = [Heading(f"{finding.title}与碳")]
    if finding.plots.empty:
        return [*blocks, Paragraph(f"地块内没有{finding.noun}。{absence_words(finding)}")]
    blocks.append(_species(finding))
    blocks += [_kinds(check, finding), *_estimates(finding), _plots(check.atlas[finding.layer_id].spec, finding)]
    if finding.contested_ha > 0:
        text = f"{finding.noun}之间相互重叠 {area4(finding.contested_ha)} 公顷，重叠处只计入记录在前的{finding.noun}。"
        blocks.append(Paragraph(text, small=True))
    return blocks


def _species(finding: CarbonFinding) -> Table:
    rows = [
        (name, f"{count:,}", area4(ha), mu(ha), tonnes(stock), tonnes(stock * CO2_PER_C), tonnes(removal))
        for name, count, ha, stock, removal in _rows(
            finding.by_species, "species", "plots", "area_ha", "stock_tc", "removal_tco2_a"
        )
    ]
    total = ("合计", f"{len(finding.plots):,}", area4(finding.area_ha), mu(finding.area_ha))
    carbon = (
        tonnes(finding.stock_tc),
        tonnes(finding.stock_tc * CO2_PER_C),
        tonnes(finding.removal_tco2_a),
    )
    header = (
        "优势树种",
        f"{finding.noun}数",
        "面积（公顷）",
        "面积（亩）",
        "碳储量（吨碳）",
        "折合（吨 CO₂）",
        "年固碳量（吨 CO₂/年）",
    )
    note = f"面积与碳储量按落在地块内的面积比例计入；「—」为未知或不在统计口径内，不计入合计。{finding.sum_caveat}"
    return Table(header, (*rows, total + carbon), (_L, *(_R,) * 6), caption="涉及的优势树种", note=note, total=True)


def _kinds(check: SiteCheck, finding: CarbonFinding) -> Table:
    rows = [
        (kind, f"{count:,}", area4(ha), rate_text(rate), tonnes(removal))
        for kind, count, ha, rate, removal in _rows(
            finding.by_kind, "kind", "plots", "area_ha", "rate_tco2_ha_a", "removal_tco2_a"
        )
    ]
    header = ("碳汇类型", f"{finding.noun}数", "面积（公顷）", "系数（吨 CO₂/公顷·年）", "年固碳量（吨 CO₂/年）")
    return Table(
        header,
        tuple(rows),
        (_L, _R, _R, _R, _R),
        caption="年固碳量（官方口径系数法）",
        note=f"系数为报告的年均二氧化碳量除以相应面积；报告没有给出的类型不计，不等于不固碳。{_removal_range(finding)}",
    )


def _removal_range(finding: CarbonFinding) -> str:
    one = finding.removal_estimate
    if not one.total > 0:
        return ""
    interval = f"95 % 区间 {tonnes(one.low)}–{tonnes(one.high)}（误差传播）"
    return f"合计 {tonnes(one.total)} 吨 CO₂/年，{interval}。{finding.sum_caveat}"


def _estimates(finding: CarbonFinding) -> list[Block]:
    if math.isnan(finding.stock_tc):
        return [Paragraph("缺少可用的蓄积或树种参数，无法估计碳储量的区间。")]
    rows = [
        (label, tonnes(one.total), f"{tonnes(one.low)}–{tonnes(one.high)}", percent(one.half_width_pct))
        for label, one in (
            (f"蒙特卡洛（{finding.estimate.draws:,} 次，种子 {finding.estimate.seed}）", finding.estimate),
            ("误差传播（IPCC 方法 1）", finding.approach1),
        )
    ]
    table = Table(
        ("方法", "碳储量（吨碳）", "95 % 区间（吨碳）", "半宽"),
        tuple(rows),
        (_L, _R, _R, _R),
        caption="碳储量的不确定性",
    )
    shares = "、".join(f"{label} {percent(share)}" for label, share in finding.estimate.contributions if share > 0)
    return [table, *([Paragraph(f"方差来源：{shares}。", small=True)] if shares else [])]


def _plots(spec: LayerSpec, finding: CarbonFinding) -> Table:
    described = [name for name in finding.plots.columns if spec.has(name) and _describes(spec.field(name))][:_DESCRIBED]
    listed, rest = finding.plots.iloc[:PLOTS_LISTED], finding.plots.iloc[PLOTS_LISTED:]
    body = [
        (
            str(name).removeprefix(f"{finding.noun} "),
            *("—" if pd.isna(word) else str(word) for word in words),
            *(area4(ha), format_number(share, 1), tonnes(stock), tonnes(removal)),
        )
        for name, *words, ha, share, stock, removal in _rows(
            listed, "name", *described, "shared_ha", "share_pct", "stock_tc", "removal_tco2_a"
        )
    ]
    blank = ("",) * len(described)
    if len(rest):
        sums = [float(rest[column].sum(min_count=1)) for column in ("shared_ha", "stock_tc", "removal_tco2_a")]
        body.append((f"其余 {len(rest):,} 个", *blank, area4(sums[0]), "", *(tonnes(value) for value in sums[1:])))
    totals = (area4(finding.area_ha), "", tonnes(finding.stock_tc), tonnes(finding.removal_tco2_a))
    labels = [spec.field(name).label for name in described]
    numbers = ("涉及面积（公顷）", f"占{finding.noun}（%）", "碳储量（吨碳）", "年固碳量（吨 CO₂/年）")
    return Table(
        (finding.noun, *labels, *numbers),
        (*body, ("合计", *blank, *totals)),
        (*(_L,) * (1 + len(described)), *(_R,) * len(numbers)),
        (3.0, *(1.5,) * len(described), 1.7, 1.5, 1.7, 1.9),
        caption=f"涉及的{finding.noun}（按面积由大到小，至多列 {PLOTS_LISTED} 个）",
        note=finding.sum_caveat,
        total=True,
    )


def _describes(field: FieldSpec) -> bool:
    """Whether a column says what stands on a plot, as surveyed."""
    return field.kind is FieldKind.CATEGORY and not field.derived


def _nearby(finding: NearbyFinding) -> list[Block]:
    if finding.features.empty:
        return [Paragraph(f"{finding.radius_m / 1000:g} km 内没有{spaced(finding.title)}。")]
    rows = [
        (
            name,
            "0" if distance == 0 else format_number(distance, 0 if distance >= 10 else 2),
            direction or "—",
            "未知（仅有点位）" if point else area4(overlap),
            location or "—",
        )
        for name, distance, direction, overlap, location, point in _rows(
            finding.features, "name", "distance_m", "direction", "overlap_ha", "location", "point"
        )
    ]
    return [
        Table(
            (finding.noun, "距离（m）", "方位", "重叠（公顷）", "位置可信度"),
            tuple(rows),
            (_L, _R, _L, _R, _L),
            caption=f"{finding.radius_m / 1000:g} km 内的{spaced(finding.title)}",
        )
    ]


def _method(check: SiteCheck) -> list[Block]:
    blocks: list[Block] = [Bullets(tuple(methods.formulas(check)))]
    for finding in check.result.carbon:
        lines = [f"{flag}（{FLAG_WORDS[flag]}）——{words}。" for flag, words in finding.flagged]
        if lines:
            blocks.append(Callout(Tone.AMBER, "本结果所用参数的来源未读原著，引用时应一并说明。", tuple(lines)))
    return blocks


def _versions(check: SiteCheck) -> Table:
    rows = []
    for layer_id in check.used:
        data = check.atlas[layer_id]
        source = data.version.provenance
        rows.append(
            (
                data.spec.title,
                data.version.label,
                data.version.name,
                source.kind.label,
                source.source,
                source.as_of or "—",
            )
        )
    return Table(
        ("图层", "版本", "版本号", "性质", "来源", "数据时点"),
        tuple(rows),
        widths=(2.0, 1.4, 2.2, 1.0, 5.0, 1.6),
        note="性质：示意为参考图层，不得作为管理依据。" if check.mark else "",
    )


def _rows(table: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, ...]]:
    return table[list(columns)].itertuples(index=False, name=None)


def area4(area_ha: float) -> str:
    """Hectares to the square metre."""
    return format_number(area_ha, 4)


def mu(area_ha: float) -> str:
    """Hectares as 亩, two decimals."""
    return format_number(area_ha * MU_PER_HA, 2)


def tonnes(value_t: float) -> str:
    """Tonnes with two decimals below a hundred, one below ten thousand; ``—`` where unknown."""
    size = abs(value_t)
    return format_number(value_t, 2 if size < 100 else 1 if size < 10_000 else 0)


def rate_text(rate_tco2_ha_a: float) -> str:
    """A rate with two decimals, or that the report gives none."""
    return "报告未给出" if math.isnan(rate_tco2_ha_a) else format_number(rate_tco2_ha_a, 2)
