"""Checks of the report's other figures: output, growth, population, park funds, lists of names."""

from __future__ import annotations

from typing import Final

from pingchang_geo.consistency.model import Check, Finding, bounds, picked, shown, value
from pingchang_geo.indicators import Ledger
from pingchang_geo.reconcile import rounding

_GDP: Final = "gdp_q1_yi_yuan"
_GROWTH: Final = "gdp_q1_growth_pct"
_SECTORS: Final = ("gdp_q1_primary_yi_yuan", "gdp_q1_secondary_yi_yuan", "gdp_q1_tertiary_yi_yuan")
_SECTOR_GROWTHS: Final = ("gdp_q1_primary_growth_pct", "gdp_q1_secondary_growth_pct", "gdp_q1_tertiary_growth_pct")
_QUARTERS: Final = 4
_WAN_YUAN_PER_YI: Final = 10_000


def sectors(ledger: Ledger) -> Check:
    """Value added of the three sectors against the total."""
    total, *parts = picked(ledger, _GDP, *_SECTORS)
    added = sum(value(part) for part in parts)
    difference = added - value(total)
    allowed = sum(rounding(figure) for figure in (total, *parts))
    agrees = abs(difference) <= allowed
    return Check(
        "gdp_sectors",
        "三次产业增加值之和与地区生产总值",
        (total, *parts),
        f"{' + '.join(part.value_text for part in parts)} = {shown(added)} {total.unit}，总值 {total.display()}",
        f"相差 {shown(abs(difference))} {total.unit}",
        Finding.AGREES if agrees else Finding.DIFFERS,
        f"各数均按末位舍入，合计允许相差 {shown(allowed)} {total.unit}。",
        {"sum_yi_yuan": added, "difference_yi_yuan": difference, "allowed_yi_yuan": allowed},
    )


def growth(ledger: Ledger) -> Check:
    """Growth of the total as the sectors' growth implies it."""
    total, rate = picked(ledger, _GDP, _GROWTH)
    parts, rates = picked(ledger, *_SECTORS), picked(ledger, *_SECTOR_GROWTHS)

    def implied(side: int) -> float:
        before = sum(value(p) / (1 + bounds(r)[side] / 100) for p, r in zip(parts, rates, strict=True))
        return (value(total) / before - 1) * 100

    before = sum(value(p) / (1 + value(r) / 100) for p, r in zip(parts, rates, strict=True))
    middle, low, high = (value(total) / before - 1) * 100, implied(0), implied(1)
    agrees = low <= bounds(rate)[1] and high >= bounds(rate)[0]
    return Check(
        "gdp_growth",
        "三次产业增速推算的总增速",
        (rate, *rates, total, *parts),
        "以各产业增加值 ÷（1 + 增速）还原上年同期值，合计后与总值相比",
        f"推算 {shown(middle, 3)} %（{shown(low, 3)}–{shown(high, 3)} %），报告 {rate.display()}",
        Finding.AGREES if agrees else Finding.DIFFERS,
        "括号内为各产业增速末位舍入引起的范围。增速是否按不变价计算，报告未注明；此处按现价还原，只作大致核对。",
        {"implied_pct": middle, "low_pct": low, "high_pct": high},
    )


def per_capita(ledger: Ledger) -> Check:
    """The quarter's output a head beside the target: two different quantities."""
    total, people, target = picked(ledger, _GDP, "resident_population_wan", "gdp_per_capita_target_wan_yuan")
    most = value(total) * _QUARTERS * _WAN_YUAN_PER_YI / (value(people) * 10_000)
    return Check(
        "gdp_per_capita",
        "人均地区生产总值与“十四五”末目标",
        (total, people, target),
        f"{total.value_text} {total.unit} × {_QUARTERS} 季 ÷ {people.display()}（常住）",
        f"不超过 {shown(most, 3)} 万元；目标 {target.display()}",
        Finding.INCOMPARABLE,
        "单季值乘以四不是年度值（各季不均），常住人口为下限，目标未注明按户籍还是常住人口计算：只看量级，不作达标判断。",
        {"annualised_wan_yuan": most, "target_wan_yuan": value(target)},
    )


def population(ledger: Ledger) -> Check:
    """Residents living in towns, as the urbanisation rate implies."""
    residents, rate, registered = picked(
        ledger, "resident_population_wan", "urbanisation_pct", "registered_population_wan"
    )
    urban = value(residents) * value(rate) / 100
    return Check(
        "population",
        "城镇人口与户籍、常住人口",
        (residents, rate, registered),
        f"{residents.display()} × {rate.display()}",
        f"城镇常住人口不少于约 {shown(urban, 3)} 万人",
        Finding.ALONE,
        "报告未给出城镇人口。户籍人口与常住人口都是下限，二者之差不能当作外出人口。",
        {"urban_wan": urban},
    )


def park_support(ledger: Ledger) -> Check:
    """The first year's funds and the later years' limits against the limit for each park."""
    most, years, first, later = picked(
        ledger,
        "park_support_max_yi_yuan",
        "park_support_years",
        "park_support_first_year_wan_yuan",
        "park_support_later_max_wan_yuan",
    )
    added = (value(first) + (value(years) - 1) * value(later)) / _WAN_YUAN_PER_YI
    agrees = abs(added - value(most)) <= rounding(most)
    return Check(
        "park_support",
        "重点园区分年资金与上限",
        (most, years, first, later),
        f"首年 {first.display()} + {shown(value(years) - 1)} 年 × {later.value_text} {later.unit}",
        f"至多 {shown(added)} 亿元，报告 {most.display()}",
        Finding.AGREES if agrees else Finding.DIFFERS,
        "全省政策的上限，不是平昌已获资金。",
        {"sum_yi_yuan": added},
    )


def scenic_areas(ledger: Ledger) -> Check:
    """Names given against the count."""
    count, named = picked(ledger, "scenic_4a_count", "scenic_4a_named")
    missing = int(value(count)) - len(named.items)
    return Check(
        "scenic_names",
        "AAAA 级景区的个数与点名",
        (count, named),
        f"报告共 {count.display()}，点名 {len(named.items)} 个（{named.display()}）",
        f"{missing} 个未列名称",
        Finding.UNCONFIRMED if missing >= 0 else Finding.DIFFERS,
        "不完全列举，与个数不矛盾；未点名的景区由其他来源补充，来源未核的在图层中标为「待核」。",
        {"count": value(count), "named": float(len(named.items)), "missing": float(missing)},
    )


def brands(ledger: Ledger) -> Check:
    """Brands to be upgraded against the brands already named."""
    have, wanted = picked(ledger, "green_brands", "brands_to_upgrade")
    new = [name for name in wanted.items if name not in have.items]
    return Check(
        "brands",
        "两处绿色品牌名单",
        (have, wanted),
        f"拟提升的 {len(wanted.items)} 个品牌逐一与已培育的 {len(have.items)} 个比对",
        f"{len(wanted.items) - len(new)} 个见于前一名单" + (f"，「{'、'.join(new)}」未见" if new else ""),
        Finding.UNCONFIRMED if new else Finding.AGREES,
        "两处名单均以“等”字结尾；未见者是否为同一品牌的另一名称，报告未说明。",
        {"shared": float(len(wanted.items) - len(new)), "new": float(len(new))},
    )
