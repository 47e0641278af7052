"""The answer in plain sentences, fit for an official."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any, Final

import pandas as pd

from pingchang_geo.carbon.parameters import FLAG_WORDS
from pingchang_geo.site import CarbonFinding, Contact, NearbyFinding, ProtectedFinding
from pingchang_geo.specs import LayerSpec, SiteKind
from pingchang_geo.units import CO2_PER_C, HA_M2, MU_PER_HA, format_number
from pingchang_geo.workflow.site.checking import SiteCheck

DESK_CHECK: Final = "本结果为室内图上核查，不是审批意见。"
#: How many names a sentence holds before 等.
_NAMED: Final = 3
WAN: Final = 10_000


def words(check: SiteCheck) -> tuple[str, ...]:
    """Sentences: red line, carbon at stake, removal forgone, what the stock rests on, scenic areas and parks, what lies
    outside or is missing, that it is no approval, and the 示意 mark."""
    result = check.result
    if result.inside_county_pct == 0:
        return (f"{check.title}在县域外，现有图层不覆盖，无法核查。", DESK_CHECK, *mark_words(check))
    sentences = [protected_words(subject(check), finding) for finding in result.protected]
    sentences += [
        f"尚未发布{spaced(spec.title)}数据，无法判断是否触碰。" for spec in _absent(check, SiteKind.PROTECTED)
    ]
    for finding in result.carbon:
        sentences += [stock_words(finding), *removal_words(finding), *basis_words(check, finding)]
    sentences += [
        f"尚未发布{spaced(spec.title)}数据，碳储量未核查。" for spec in check.absent if spec.carbon is not None
    ]
    sentences += [nearby_words(finding) for finding in result.nearby]
    sentences += [f"尚未发布{spaced(spec.title)}数据，周边情况未核查。" for spec in _absent(check, SiteKind.NEARBY)]
    if result.inside_county_pct is not None and result.inside_county_pct < 100:
        outside = percent(100 - result.inside_county_pct)
        sentences.append(f"地块有 {outside} 在县域外，县域外没有图层数据，该部分未核查。")
    return (*sentences, DESK_CHECK, *mark_words(check))


def subject(check: SiteCheck) -> str:
    """What the answer speaks of: the site; where nothing is touched, only its part inside the county."""
    pct = check.result.inside_county_pct
    whole = pct is None or pct >= 100 or check.result.touches
    return check.title if whole else f"{check.title}的县域内部分"


def verdict(check: SiteCheck) -> str:
    """``touched``, ``untouched``, or ``unknown`` where there is no data to tell by.

    That is: no protected layer is published, one is empty, or a part of the site lies outside the county.
    """
    findings, pct = check.result.protected, check.result.inside_county_pct
    if check.result.touches:
        return "touched"
    blind = not findings or _absent(check, SiteKind.PROTECTED) or any(f.contact is Contact.UNKNOWN for f in findings)
    return "unknown" if blind or (pct is not None and pct < 100) else "untouched"


def protected_words(title: str, finding: ProtectedFinding) -> str:
    """Whether the site touches the features of a protected layer, with area or distance."""
    layer = finding.title
    if finding.touches:
        share = f"，占地块面积的 {percent(finding.overlap_pct)}" if finding.overlap_ha else ""
        area = f"重叠 {area_text(finding.overlap_ha)}{share}，" if finding.overlap_ha else ""
        count = len(finding.patches)
        return f"{title}触碰{layer}：{area}涉及{finding.noun} {count} 个（{listed(finding.patches['name'])}）。"
    if finding.nearest is None or finding.distance_m is None:
        return f"{layer}图层没有图斑，无法判断是否触碰。"
    name = finding.nearest[1]
    if finding.contact is Contact.ABUTS:
        area = format_number(finding.overlap_ha * HA_M2, 2)
        sliver = f"（重叠 {area} m²，在坐标取位误差之内）" if finding.overlap_ha else ""
        return f"{title}未触碰{layer}，但与「{name}」边界相接{sliver}，须以勘测定界为准。"
    if finding.contact is Contact.CLOSE:
        return f"{title}未触碰{layer}，但紧邻「{name}」（相距 {finding.distance_m:.2f} m），须以勘测定界为准。"
    distance = distance_text(finding.distance_m)
    return f"{title}未触碰{layer}：距最近的「{name}」{distance}，在地块{finding.direction}方向。"


def stock_words(finding: CarbonFinding) -> str:
    """Plots on the site and the carbon at stake with its 95 % interval."""
    count = len(finding.plots)
    if not count:
        return f"地块内没有{finding.noun}，不涉及林地碳储量。{absence_words(finding)}"
    lead = f"涉及{finding.noun} {count:,} 个、林地 {area_text(finding.area_ha)}"
    if math.isnan(finding.stock_tc):
        return f"{lead}，缺少可用的蓄积或树种参数，碳储量未知。"
    one = finding.estimate
    interval = span(one.low, one.high)
    co2 = span(one.low * CO2_PER_C, one.high * CO2_PER_C)
    text = (
        f"{lead}，碳储量 {mass(finding.stock_tc)}碳（95 % 区间 {interval}），"
        f"折合 {mass(finding.stock_tc * CO2_PER_C)} CO₂（{co2}）"
    )
    if finding.inside_protected_stock_tc > 0:
        text += f"，其中 {mass(finding.inside_protected_stock_tc)}碳在重叠范围内"
    if finding.unknown_plots:
        text += (
            f"；另有 {finding.unknown_plots:,} 个{finding.noun}（{area_text(finding.unknown_ha)}）碳储量未知，未计入"
        )
    return text + "。"


def absence_words(finding: CarbonFinding) -> str:
    """What to do where the layer has no plot on the site: it may be bare, or the layer may not cover it."""
    return f"若该处应有林地，请核对{finding.title}图层是否完整。"


def removal_words(finding: CarbonFinding) -> tuple[str, ...]:
    """Annual removal forgone by the official rates, and what they do not cover; nothing where no plot is hit."""
    if finding.plots.empty:
        return ()
    rated = [str(kind) for kind in finding.by_kind.loc[finding.by_kind["removal_tco2_a"].notna(), "kind"]]
    if not rated:
        area = area_text(finding.removal_unknown_ha)
        return (f"涉及林地（{area}）不在报告的统计口径内，官方口径系数法给不出年固碳量。",)
    text = f"占用后每年少固碳 {mass(finding.removal_tco2_a)} CO₂（官方口径系数法，{'、'.join(rated)}）"
    if finding.removal_unknown_ha > 0:
        text += f"；另有林地 {area_text(finding.removal_unknown_ha)}不在报告的统计口径内，未计入"
    return (f"{text}。{finding.sum_caveat}",)


def basis_words(check: SiteCheck, finding: CarbonFinding) -> tuple[str, ...]:
    """Which parameter set the stock rests on and what of it was not read; nothing where there is no stock."""
    if not finding.stock_tc > 0:
        return ()
    flags = [f"{flag}（{FLAG_WORDS[flag]}）——{words}" for flag, words in finding.flagged]
    return ("。".join([f"碳储量按「{check.factors.label}」计算", *flags]) + "。",)


def nearby_words(finding: NearbyFinding) -> str:
    """Features near the site: how many, and the nearest by name with distance and direction."""
    reach = f"{finding.radius_m / 1000:g} km 内"
    count = len(finding.features)
    if not count:
        return f"{reach}没有{spaced(finding.title)}。"
    named = [_near(record) for record in finding.features.head(_NAMED).to_dict("records")]
    more = "等" if count > _NAMED else ""
    return f"{reach}有{spaced(finding.title)} {count} 处：{'、'.join(named)}{more}。"


def _near(record: Mapping[Hashable, Any]) -> str:
    distance_m, overlap_ha = record["distance_m"], record["overlap_ha"]
    if overlap_ha > 0:
        where = f"重叠 {area_text(overlap_ha).partition('（')[0]}"
    elif distance_m == 0:
        where = "在地块内" if record["point"] else "边界相接"
    else:
        where = f"{record['direction']} {distance_text(distance_m)}"
    remarks = [f"位置：{record['location']}"] if record["location"] not in {"", "已核"} else []
    remarks += ["仅有点位"] if record["point"] else []
    return f"{record['name']}（{'，'.join([where, *remarks])}）"


def mark_words(check: SiteCheck) -> tuple[str, ...]:
    """The sentence that reference layers stand behind the answer, if any does."""
    if not check.mark:
        return ()
    return (f"{check.mark}：{'、'.join(check.marked)}为参考图层，图形与属性仅供示意，不得作为管理依据。",)


def _absent(check: SiteCheck, kind: SiteKind) -> list[LayerSpec]:
    return [spec for spec in check.absent if spec.site is not None and spec.site.kind is kind]


def listed(names: pd.Series[str]) -> str:
    """At most three names, then 等."""
    return "、".join(names.head(_NAMED)) + ("等" if len(names) > _NAMED else "")


def spaced(title: str) -> str:
    """A title that begins with a Latin letter stands apart from the Chinese before it."""
    return f" {title}" if title[:1].isascii() else title


def area_text(area_ha: float) -> str:
    """``12.34 公顷（185.1 亩）``; below a tenth of a hectare in m², from ten thousand 亩 on in 万亩."""
    area_mu = area_ha * MU_PER_HA
    mu = f"{format_number(area_mu / WAN)} 万亩" if area_mu >= WAN else f"{format_number(area_mu)} 亩"
    if area_ha < 0.1:
        area_m2 = area_ha * HA_M2
        return f"{format_number(area_m2, 0 if area_m2 >= 100 else None)} m²（{mu}）"
    return f"{format_number(area_ha)} 公顷（{mu}）"


def distance_text(distance_m: float) -> str:
    """``0.62 m``, ``863 m``, ``2.41 km``."""
    if distance_m < 10:
        return f"{distance_m:.2f} m"
    return f"{distance_m:.0f} m" if distance_m < 1000 else f"{distance_m / 1000:,.2f} km"


def mass(value_t: float) -> str:
    """``0.412 吨``, ``23.9 吨``, ``1,204 吨``; from a hundred thousand on ``23.67 万吨``."""
    if value_t >= 10 * WAN:
        return f"{format_number(value_t / WAN)} 万吨"
    return f"{format_number(value_t, significant=3)} 吨"


def span(low_t: float, high_t: float) -> str:
    """``2,650–3,966 吨``, the unit said once where both have the same."""
    low, high = mass(low_t), mass(high_t)
    return f"{low.partition(' ')[0] if low.partition(' ')[2] == high.partition(' ')[2] else low}–{high}"


def percent(pct: float) -> str:
    """``12.3 %``; never 0 % or 100 % for what is not."""
    if 0 < pct < 0.01:
        return "不足 0.01 %"
    if 99.99 < pct < 100 - 1e-6:
        return "99.99 % 以上"
    return f"{format_number(pct, significant=3)} %"
