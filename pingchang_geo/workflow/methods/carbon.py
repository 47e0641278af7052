"""Chapters of the methods text on carbon: what is unverified, stock, removal, uncertainty. All from the parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import numpy as np

from pingchang_geo import carbon, consistency, units
from pingchang_geo.carbon.factors import Coefficient, ExpansionFactor, FactorSet
from pingchang_geo.carbon.parameters import (
    FLAG_WORDS,
    READ,
    REPRINTED,
    UNREAD,
    Benchmark,
    Cited,
    GrowthReference,
    PerHectare,
    Uncertainty,
)
from pingchang_geo.carbon.stock import NO_PARAMETERS, NO_STAND, NO_VOLUME
from pingchang_geo.carbon.uncertainty import DRAWS, SEED
from pingchang_geo.indicators import Ledger
from pingchang_geo.workflow.methods.blocks import Block, Formula, Points, Prose, Section, Table, safe

_Part = TypeVar("_Part")
#: Volume of the worked example, m³/ha.
_EXAMPLE_M3_HA: Final = 60.0
_SCOPES: Final = {"all": "全部小班一同偏高或偏低", "stand_type": "同一林分类型一同偏高或偏低", "plot": "各小班相互独立"}
#: The official rates are one for each stand kind (碳汇类型), not for each stand type.
_RATE_SCOPES: Final = {**_SCOPES, "all": "全部碳汇类型一同偏高或偏低", "stand_type": "同一碳汇类型一同偏高或偏低"}


def unverified(sets: Sequence[FactorSet], ledger: Ledger) -> Section:
    """What enters a result, or stands beside it, although its source was not read first-hand."""
    rows = [(safe(one.label), "；".join(safe(words) for words in one.unverified)) for one in sets if one.unverified]
    beside = {
        "合理性参照": [b.label for one in sets for b in one.benchmarks if not b.verified],
        "蓄积生长率的外部参考": [g.label for one in sets for g in one.growth_references if not g.verified],
        "指标台账中的外部数字": [
            f"{i.label}（{i.display()}）" for i in ledger.values() if i.external and not i.verified
        ],
    }
    rows += [(where, safe("、".join(dict.fromkeys(labels)))) for where, labels in beside.items() if labels]
    return Section(
        "unverified",
        "未经核对的参数",
        (
            Prose(
                f"下列参数的{FLAG_WORDS[UNREAD]}，引用结果时应一并说明；用到它们的结果旁注有「{UNREAD}」。"
                f"「{REPRINTED}」指{FLAG_WORDS[REPRINTED]}；「{READ}」指读过出处本身。"
            ),
            Table(("范围", "未核内容"), tuple(rows)) if rows else Prose("目前没有未经核对的参数。"),
        ),
    )


def stock(sets: Sequence[FactorSet]) -> Section:
    """Volume → biomass → carbon → CO₂, by every set."""
    blocks: list[Block] = [
        Prose(
            "由每公顷蓄积 V（m³/ha）推算单位面积生物量 B（t 干物质/ha，含地下部分），乘以含碳率 CF 得碳储量 C"
            "（tC/ha），再乘以小班的图形面积得小班碳储量（tC）；折二氧化碳乘以 44/12。一次计算只用一个参数集。"
        ),
        Points(
            (
                "蓄积为零，以及疏林地、未成林地、苗圃地、采伐迹地、火烧迹地：不计 b。b 由郁闭林分回归得出，"
                "用在没有成林的地上会算出并不存在的碳储量。",
                "未成林地、苗圃地、采伐迹地、火烧迹地未填蓄积：按没有林木计，碳储量为零，"
                f"归入「{carbon.BASES[NO_STAND]}」；疏林地有林木，未填即为缺失。",
                f"蓄积缺失、为负，或每公顷超过 {units.format_number(sets[0].max_volume_m3_ha)} m³：不计算，归入"
                f"「{carbon.BASES[NO_VOLUME]}」并计数。",
                f"树种在参数集中没有参数：不计算，归入「{carbon.BASES[NO_PARAMETERS]}」并计数；不用相近树种代替。",
                "竹林、经济林、灌木林不用蓄积推算，按单位面积生物量计；其中尚未成林的不计，"
                f"归入「{carbon.BASES[NO_STAND]}」。",
                "a、b 已含地下部分，不再乘以（1+R）。",
                "随文件填报的碳储量（字段 TAN_CHU_L）与计算值并列，不相混。",
            )
        ),
    ]
    for i, one in enumerate(sets):
        blocks += _set_blocks(one, sets[:i])
    for rows, whose in _distinct(sets, lambda one: one.per_ha):
        blocks += _per_hectare(rows, whose)
    blocks += _example(sets)
    return Section("stock", "碳储量", tuple(blocks))


def _distinct(sets: Sequence[FactorSet], part: Callable[[FactorSet], _Part]) -> list[tuple[_Part, str]]:
    """Each distinct part with the words for whose it is: one text for all sets where all have the same."""
    found: dict[_Part, list[str]] = {}
    for one in sets:
        found.setdefault(part(one), []).append(one.label)
    if len(found) == 1:
        return [(rows, "各参数集共用。") for rows in found]
    return [(rows, f"用于：{safe('、'.join(labels))}。") for rows, labels in found.items()]


def _set_blocks(one: FactorSet, before: Sequence[FactorSet]) -> list[Block]:
    """Head, formula, notes and table of a set; rows that an earlier set has as well are named, not repeated."""
    own = "，自备" if one.own else ""
    used = "，系统采用" if one.id == carbon.load().id else ""
    formula = r"B = a\,V + b,\qquad C = B \cdot \mathrm{CF}"
    if one.method == "ipcc":
        formula = r"C = V \cdot D \cdot \mathrm{BEF} \cdot (1+R) \cdot \mathrm{CF}"
    head = f"**{safe(one.label)}**　编号 `{one.id}`，{one.year} 年{own}{used}"
    fraction = one.carbon_fraction
    notes = [f"含碳率 CF = {fraction.value:g}（{_source(fraction)}）。"] if one.method == "continuous" else []
    notes += [safe(one.note)] if one.note else []
    known = {c: other.label for other in reversed(before) for c in other.coefficients}
    new = [c for c in one.coefficients if c not in known]
    same: dict[str, list[str]] = {}
    for c in one.coefficients:
        if c in known:
            same.setdefault(known[c], []).append(c.stand_type)
    repeated = [Prose(f"与「{safe(label)}」相同、不重列：{safe('、'.join(names))}。") for label, names in same.items()]
    table = _continuous_table(new) if one.method == "continuous" else _ipcc_table(new)
    return [Prose(head), Formula(formula), Prose("".join(notes)), table, *repeated]


def _continuous_table(coefficients: Sequence[Coefficient | ExpansionFactor]) -> Table:
    rows = tuple(
        (
            safe(c.stand_type),
            safe("、".join(c.species)),
            f"{c.a_t_m3:g}",
            f"{c.b_t_ha:g}",
            "—" if c.samples is None else str(c.samples),
            "—" if c.r2 is None else f"{c.r2:.2f}",
            *_cited(c),
        )
        for c in coefficients
        if isinstance(c, Coefficient)
    )
    headers = ("林分类型", "适用树种", "a（t/m³）", "b（t/ha）", "n", "R²", "来源", "读于", "核对")
    return Table(headers, rows, numbers=(2, 3, 4, 5), flags=(8,))


def _ipcc_table(coefficients: Sequence[Coefficient | ExpansionFactor]) -> Table:
    rows = tuple(
        (
            safe(c.stand_type),
            safe("、".join(c.species)),
            f"{c.density_t_m3:.3f}",
            f"{c.bef:.3f}",
            f"{c.root_ratio:.3f}",
            f"{c.carbon_fraction:.3f}",
            *_cited(c),
        )
        for c in coefficients
        if isinstance(c, ExpansionFactor)
    )
    headers = ("林分类型", "适用树种", "D（t/m³）", "BEF", "R", "CF", "来源", "读于", "核对")
    return Table(headers, rows, numbers=(2, 3, 4, 5), flags=(8,))


def _per_hectare(values: Sequence[PerHectare], whose: str) -> list[Block]:
    if not values:
        return []
    rows = tuple(
        (
            safe(p.label),
            safe("、".join((*p.species, *p.land_classes))),
            f"{p.biomass_t_ha:g}",
            *_cited(p),
        )
        for p in values
    )
    headers = ("类别", "适用树种与地类", "生物量（t/ha）", "来源", "读于", "核对")
    return [Prose(f"**单位面积生物量**　不用蓄积推算的林地。{whose}"), Table(headers, rows, (2,), (5,))]


def _example(sets: Sequence[FactorSet]) -> list[Block]:
    """The same volume by every set: how much the choice of parameters matters, stand type by stand type."""
    shared = [name for name in sets[0].by_species if all(name in one.by_species for one in sets)]
    volume = np.full(len(shared), _EXAMPLE_M3_HA)
    columns = [carbon.stock_tc_ha(shared, volume, one) for one in sets]
    rows = tuple(
        (safe(name), *(units.format_number(float(values[i]), 1) for values in columns)) for i, name in enumerate(shared)
    )
    headers = ("优势树种", *(safe(one.label) for one in sets))
    words = f"**算例**　每公顷蓄积 {_EXAMPLE_M3_HA:g} m³ 时的碳储量（tC/ha），只列各参数集都有参数的树种。"
    return [Prose(words), Table(headers, rows, numbers=tuple(range(1, len(sets) + 1)))]


def removal(sets: Sequence[FactorSet], ledger: Ledger) -> Section:
    """Three methods side by side, each with its assumption; never mixed, never tuned to one another."""
    one = sets[0]
    blocks: list[Block] = [
        Prose("年清除量（年固碳量）用三种方法分别计算、并列展示，不相混、不以一种调整另一种。"),
        Prose("**官方口径系数法**　报告某类林地的年均二氧化碳量除以其面积，得单位面积系数，再乘以该类小班的图形面积。"),
        Formula(r"r_k = \frac{Q_k}{A_k},\qquad \Delta \mathrm{CO_2} = r_k \cdot A"),
        _official(one, ledger),
        Prose(
            f"报告未给出其他林地的年清除量，不计。{consistency.NOT_ADDED}"
            "报告原文称「综合二氧化碳蓄积量」而以「平均每年」计，是年清除量，不是储量。"
        ),
        Prose(
            "**模型法（蓄积生长率）**　假定各小班蓄积按同一年生长率 p 增长，生物量的年增量只取决于 a（IPCC 式为 "
            "D·BEF·(1+R)），与 b 无关。p 由用户输入，没有缺省值：计算年固碳量所需的四川省林分总生长率没有查到。"
            "竹林、经济林、灌木林按单位面积生物量计，不随蓄积增长，此法不计。"
        ),
        Formula(r"\Delta \mathrm{CO_2} = a \cdot V \cdot p \cdot \mathrm{CF} \cdot \tfrac{44}{12} \cdot A"),
        *(block for rows, _ in _distinct(sets, lambda one: one.growth_references) for block in _growth(rows)),
        Prose(
            "**储量差法**　同一图层两个已发布版本中能一一对应的小班，碳储量之差除以两版数据时点之间的年数。"
            "需要两个版本都注明数据时点；只在一版中出现的小班另列，不计入。"
        ),
        Formula(r"\Delta \mathrm{CO_2} = \frac{S_2 - S_1}{t_2 - t_1} \cdot \tfrac{44}{12}"),
        Prose("**合理性参照**　单位面积年清除量的外部参考值，用于判断报告数字的量级（见「对账」）。"),
        *(_benchmarks(rows) for rows, _ in _distinct(sets, lambda one: one.benchmarks)),
    ]
    return Section("removal", "年清除量", tuple(blocks))


def _official(one: FactorSet, ledger: Ledger) -> Table:
    rates = carbon.official_rates_tco2_ha_a(one, ledger)
    rows = []
    for rate in one.official_rates:
        total, area = ledger[rate.removal_indicator], ledger[rate.area_indicator]
        per_ha = rates[rate.stand_kind]
        rows.append(
            (
                safe(rate.stand_kind),
                safe(total.display()),
                safe(area.display()),
                units.format_number(per_ha),
                units.format_number(per_ha / units.MU_PER_HA),
                safe(f"{total.citation()}；{area.citation()}"),
            )
        )
    headers = ("碳汇类型", "年均二氧化碳量", "面积", "tCO₂/公顷/年", "tCO₂/亩/年", "出处")
    return Table(headers, tuple(rows), numbers=(1, 2, 3, 4))


def _growth(references: Sequence[GrowthReference]) -> list[Block]:
    if not references:
        return []
    rows = tuple((safe(g.label), f"{g.growth_pct_a:g}", *_cited(g), safe(g.note) or "—") for g in references)
    headers = ("外部参考（不参与计算）", "%/年", "来源", "读于", "核对", "说明")
    return [Table(headers, rows, numbers=(1,), flags=(4,))]


def _benchmarks(benchmarks: Sequence[Benchmark]) -> Table:
    rows = tuple(
        (
            safe(b.label),
            f"{b.tco2_mu_a:g}",
            units.format_number(b.tco2_mu_a * units.MU_PER_HA, significant=3),
            safe(b.source),
            safe(b.read_in) or "—",
            consistency.benchmark_flag(b),
            safe(b.note) or "—",
        )
        for b in sorted(benchmarks, key=lambda b: b.tco2_mu_a)
    )
    headers = ("参考值", "tCO₂/亩/年", "tCO₂/公顷/年", "来源", "读于", "核对", "说明")
    return Table(headers, rows, numbers=(1, 2), flags=(5,))


def uncertainty(sets: Sequence[FactorSet]) -> Section:
    """Inputs' half widths, the two approaches, and what is correlated with what."""
    tables: list[Block] = []
    for rows, whose in _distinct(sets, lambda one: one.uncertainties):
        tables += [Prose(f"各输入的 95 % 半宽，{whose}"), _half_widths(rows)]
    return Section(
        "uncertainty",
        "不确定性",
        (
            Prose(
                "碳储量的 95 % 区间用 IPCC 的两种方法分别计算：方法 1 为误差传递，方法 2 为蒙特卡洛模拟"
                f"（{DRAWS:,} 次抽样，随机数种子固定为 {SEED}，结果可复现）。"
                "误差在同一林分类型内一同偏高或偏低，不按小班相互独立处理；否则小班越多区间越窄，是假精确。"
            ),
            Prose("方法 1：相乘时半宽平方和开方，相加时按量加权。"),
            Formula(
                r"U_{\times} = \sqrt{\textstyle\sum_i U_i^2},\qquad "
                r"U_{+} = \frac{\sqrt{\sum_i (U_i x_i)^2}}{\left|\sum_i x_i\right|}"
            ),
            *tables,
            Prose("区间只反映上表所列输入的误差，不含漏计的碳库、分类错误和图形误差。"),
        ),
    )


def _half_widths(inputs: Sequence[Uncertainty]) -> Table:
    rows = tuple(
        (safe(u.label), f"±{u.half_width_pct:g} %", _scope_words(u), *_cited(u), safe(u.note) or "—") for u in inputs
    )
    headers = ("输入", "95 % 半宽", "误差的相关范围", "来源", "读于", "核对", "说明")
    return Table(headers, rows, numbers=(1,), flags=(5,))


def _scope_words(one: Uncertainty) -> str:
    return (_RATE_SCOPES if one.id == "official_rate" else _SCOPES)[one.scope]


def _cited(one: Cited) -> tuple[str, str, str]:
    return safe(one.source), safe(one.read_in) or "—", one.flag


def _source(one: Cited) -> str:
    read = f"，读于 {safe(one.read_in)}" if one.read_in else ""
    note = f"。{safe(one.note.rstrip('。'))}" if one.note else ""
    return f"{safe(one.source)}{read}，{one.flag}{note}"
