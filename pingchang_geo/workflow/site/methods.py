"""How a site check is made and what it does not say: lines for the report and the page."""

from __future__ import annotations

from collections.abc import Iterator

from pingchang_geo import crs
from pingchang_geo.carbon.parameters import FLAG_WORDS, UNREAD
from pingchang_geo.site import BORDER_M, CLOSE_M, TOUCH_M2
from pingchang_geo.specs import SiteKind
from pingchang_geo.units import HA_M2, format_number
from pingchang_geo.workflow.site.answer import spaced
from pingchang_geo.workflow.site.checking import SiteCheck, taking_part


def formulas(check: SiteCheck) -> Iterator[str]:
    """Formulas and rules behind the figures, in the order of the answer."""
    roles = [(spec, spec.site) for spec in taking_part() if spec.site is not None]
    titles = "、".join(spec.title for spec, role in roles if role.kind is SiteKind.PROTECTED)
    yield (
        f"触碰判定：地块与{titles}的重叠部分内缩 {BORDER_M * 100:g} cm（坐标取位误差）后仍大于 {TOUCH_M2:g} m² 为触碰；"
        f"未触碰而相距不超过 {BORDER_M * 100:g} cm 为边界相接，不超过 {CLOSE_M:g} m 为紧邻。"
    )
    yield (
        f"面积与距离：在以县域为中心的等积投影（{crs.EQUAL_AREA_PROJ.replace(' +no_defs', '')}）中量算，"
        "与椭球面面积的相对误差小于 1e-7。"
    )
    yield (
        "面积加权：按小班落在地块内的面积比例计入；小班相互重叠处只计一次，"
        f"共有面积不超过 {TOUCH_M2:g} m² 的小班视为边界误差，不计。"
    )
    factors = check.factors
    yield f"碳储量：{factors.formula}；参数集「{factors.label}」（{factors.id}）。{factors.note}"
    yield "折合 CO₂：吨碳 × 44/12。"
    for finding in check.result.carbon:
        one = finding.estimate
        if len(finding.plots):
            yield (
                f"95 % 区间：蒙特卡洛 {one.draws:,} 次（种子 {one.seed}，可重算），同一树种组的误差一并变动，"
                "不按小班相互独立处理。"
            )
    yield "年固碳量（官方口径系数法）：涉及面积 × 报告的年均二氧化碳量 ÷ 报告的相应面积；报告没有给出的林地类型不计。"
    for spec, role in roles:
        if role.kind is SiteKind.NEARBY:
            reach = f"{role.radius_m / 1000:g} km 内的{spaced(spec.title)}"
            yield f"周边：列出 {reach}，距离量至最近边界，仅有点位的量至该点。"


def limits(check: SiteCheck) -> Iterator[str]:
    """What the answer does not say."""
    yield "本结果为室内图上核查，不是审批意见，不替代用地预审、勘测定界和主管部门的认定。"
    if check.mark:
        yield f"{'、'.join(check.marked)}为参考图层（{check.mark}），图形与属性仅供示意，不得作为管理依据。"
    pct = check.result.inside_county_pct
    if pct is not None and pct < 100:
        yield "县域外没有图层数据，地块在县域外的部分未核查。"
    for spec in check.absent:
        yield f"尚未发布{spaced(spec.title)}数据，未核查。"
    for finding in check.result.carbon:
        if finding.unknown_plots:
            area = format_number(finding.unknown_ha * HA_M2, 0)
            yield f"{finding.unknown_plots:,} 个{finding.noun}（{area} m²）缺少蓄积或树种参数，碳储量未计入。"
        if any(flag == UNREAD for flag, _ in finding.flagged):
            yield f"结果所用的部分碳参数为{UNREAD}：{FLAG_WORDS[UNREAD]}（见「方法与参数」）。"
    yield "碳储量只含活立木（按参数集的口径），不含枯落物、枯死木和土壤；采伐后的去向未考虑。"
