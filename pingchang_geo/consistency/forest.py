"""Checks of the forest and carbon figures: implied rates, coverage, what the figures must not be taken for."""

from __future__ import annotations

from typing import Final

import numpy as np

from pingchang_geo import carbon, units
from pingchang_geo.carbon.factors import Benchmark, FactorSet, OfficialRate
from pingchang_geo.consistency.model import Check, Finding, Reference, picked, shown, value
from pingchang_geo.indicators import Ledger
from pingchang_geo.reconcile import rounding

#: The report's areas that its carbon lines may be part of.
_FOREST_LAND: Final = "forest_land_area_wanmu"
_COUNTY: Final = "county_area_km2"
_PER_MU: Final = "tCO₂/亩/年"
VERIFIED, DERIVED, UNVERIFIED = "已核", "推算", "待核"

CREDITS: Final = (
    "造林碳汇方法学（CCER-14-001-V01）不包括经济林和既有的经营林，要求地块面积不小于 400 m²、"
    "项目开始前至少三年为非林地。报告两项数字未按该方法学核算、审定和登记，不得称为核证自愿减排量（CCER）。"
)
NOT_ADDED: Final = "新造林与森林经营林是否重叠，报告未说明：两项年清除量分别列示，不直接相加。"


def benchmark_flag(benchmark: Benchmark) -> str:
    """How far a benchmark is verified: read in its source, worked out from figures read there, or neither.

    A value worked out from figures that were not read is as unread as they are.
    """
    if not benchmark.verified:
        return UNVERIFIED
    return DERIVED if benchmark.derived else VERIFIED


def references(factors: FactorSet) -> tuple[Reference, ...]:
    """Benchmarks of the annual removal, lowest first."""
    found = [Reference(b.label, b.tco2_mu_a, _PER_MU, benchmark_flag(b), b.source) for b in factors.benchmarks]
    return tuple(sorted(found, key=lambda reference: reference.value))


def rates(ledger: Ledger, factors: FactorSet) -> tuple[Check, ...]:
    """Each carbon line's rate per 亩 and per hectare against the benchmarks."""
    return tuple(_rate(ledger, factors, rate) for rate in factors.official_rates)


def _rate(ledger: Ledger, factors: FactorSet, rate: OfficialRate) -> Check:
    removal, area = picked(ledger, rate.removal_indicator, rate.area_indicator)
    per_mu = value(removal) / value(area)
    per_ha = carbon.official_rates_tco2_ha_a(factors, ledger)[rate.stand_kind]
    finding, why = plausibility(per_mu, references(factors))
    return Check(
        f"rate_{rate.removal_indicator}",
        f"{rate.stand_kind}单位面积年清除量",
        (removal, area),
        f"{removal.display()} ÷ {area.display()}",
        f"{shown(per_mu)} {_PER_MU} = {shown(per_ha)} tCO₂/公顷/年",
        finding,
        why,
        {"tco2_mu_a": per_mu, "tco2_ha_a": per_ha},
        references(factors),
    )


def plausibility(per_mu: float, known: tuple[Reference, ...]) -> tuple[Finding, str]:
    """Finding by a stated rule, and the rule in words.

    Against the references that were read or derived from what was read: within their range 相符, above 偏高, below
    偏低. Those not verified are named but decide nothing. Where there are no others, nothing can be said.
    """
    firm = [reference for reference in known if reference.flag != UNVERIFIED]
    if not firm:
        unread = "、".join(f"{shown(one.value, 3)}（{one.label}，{one.flag}）" for one in known)
        beside = f"只有 {unread}，不作依据，结论待核。" if unread else ""
        return Finding.ALONE, f"参数文件中没有已核的参考值。{beside}"
    low, high = firm[0], firm[-1]
    span = f"已核的参考值 {shown(low.value, 3)}（{low.label}）至 {shown(high.value, 3)}（{high.label}）"
    if per_mu < low.value:
        return Finding.LOW, f"低于{span}。"
    if per_mu <= high.value:
        return Finding.AGREES, f"在{span}之间。"
    above = [reference for reference in known if reference.flag == UNVERIFIED and reference.value >= per_mu]
    beyond = f"；低于待核的 {shown(above[0].value, 3)}（{above[0].label}），该值不作依据" if above else ""
    return Finding.HIGH, f"高于{span}{beyond}。属偏高一端，引用时应注明为官方口径。"


def growth_needed(ledger: Ledger, factors: FactorSet) -> tuple[Check, ...]:
    """The volume growth that each rate would need by the parameter set: least and most over its stand types."""
    stands = [c.species[0] for c in factors.coefficients if c.species]
    ones = np.ones(len(stands))
    per_m3 = carbon.growth_removal_tco2_a(stands, ones, ones, 100.0, factors)
    per_m3 = per_m3[np.isfinite(per_m3)]
    return tuple(_growth_needed(ledger, factors, rate, per_m3) for rate in factors.official_rates if per_m3.size)


def _growth_needed(
    ledger: Ledger, factors: FactorSet, rate: OfficialRate, per_m3: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> Check:
    removal, area = picked(ledger, rate.removal_indicator, rate.area_indicator)
    per_ha = carbon.official_rates_tco2_ha_a(factors, ledger)[rate.stand_kind]
    least, most = per_ha / float(per_m3.max()), per_ha / float(per_m3.min())
    return Check(
        f"growth_{rate.removal_indicator}",
        f"{rate.stand_kind}达到该清除量所需的蓄积年生长量",
        (removal, area),
        f"{shown(per_ha)} tCO₂/公顷/年 ÷ 各林分类型每立方米蓄积增长的固碳量（{factors.label}）",
        f"{shown(least, 2)}–{shown(most, 2)} m³/公顷/年，因林分类型而异",
        Finding.ALONE,
        "未查到可用的四川省林分蓄积生长率，无从对照；有连续清查数据时可据此判断该清除量是否现实。",
        {"least_m3_ha_a": least, "most_m3_ha_a": most},
    )


def coverage(ledger: Ledger) -> Check:
    """How much of the forest land the two carbon lines cover, without and with full overlap."""
    new, managed, land = picked(ledger, "new_forest_area_wanmu", "managed_forest_area_wanmu", _FOREST_LAND)
    both, either = value(new) + value(managed), max(value(new), value(managed))
    most, least = 100 * both / value(land), 100 * either / value(land)
    return Check(
        "carbon_lines_coverage",
        "两项碳汇林地占林地面积的比例",
        (new, managed, land),
        f"{new.display()} 与 {managed.display()}，占 {land.display()}",
        f"互不重叠时 {shown(both)} 万亩，占 {shown(most, 3)} %；"
        f"完全重叠时 {shown(either)} 万亩，占 {shown(least, 3)} %",
        Finding.UNCONFIRMED if both <= value(land) else Finding.DIFFERS,
        f"{NOT_ADDED}其余林地报告未给出年清除量，不等于没有。",
        {"most_wanmu": both, "least_wanmu": either, "most_pct": most, "least_pct": least},
    )


def credits(ledger: Ledger) -> Check:
    """Whether the report's carbon lines are credits: they are not."""
    figures = picked(
        ledger,
        *("new_forest_area_wanmu", "new_forest_removal_wt_a"),
        *("managed_forest_area_wanmu", "managed_forest_removal_wt_a"),
    )
    return Check(
        "credits",
        "“符合碳汇开发要求”与核证自愿减排量",
        figures,
        "报告的表述与造林碳汇方法学的适用条件逐条比较",
        "不是核证自愿减排量（CCER）",
        Finding.UNEQUAL,
        CREDITS,
    )


def cover(ledger: Ledger) -> Check:
    """Forest land's share of the county beside the forest cover: two different quantities."""
    land, county, reported = picked(ledger, _FOREST_LAND, _COUNTY, "forest_cover_pct")
    km2 = units.ha_from_wanmu(value(land)) * units.HA_M2 / units.KM2_M2
    share = 100 * km2 / value(county)
    return Check(
        "forest_cover",
        "林地面积占县域面积的比例与森林覆盖率",
        (land, county, reported),
        f"{land.display()} = {shown(km2, 5)} km²，÷ {county.display()}",
        f"{shown(share)} %；森林覆盖率 {reported.display()}",
        Finding.INCOMPARABLE,
        reported.note,
        {"share_pct": share, "cover_pct": value(reported), "km2": km2},
    )


def redline_share(ledger: Ledger) -> Check:
    """The red line's share of the county."""
    redline, county = picked(ledger, "redline_area_km2", _COUNTY)
    share = 100 * value(redline) / value(county)
    return Check(
        "redline_share",
        "生态保护红线占县域面积的比例",
        (redline, county),
        f"{redline.display()} ÷ {county.display()}",
        f"{shown(share, 3)} %",
        Finding.ALONE if share <= 100 else Finding.DIFFERS,
        "报告未给出该比例，无从对照；县域面积不是报告中的数字。",
        {"share_pct": share},
    )


def rivers(ledger: Ledger) -> Check:
    """The length of rivers that the density implies."""
    density, county = picked(ledger, "river_density_km_km2", _COUNTY)
    length = value(density) * value(county)
    half = rounding(density) * value(county)
    return Check(
        "river_length",
        "河网密度折合的河流总长",
        (density, county),
        f"{density.display()} × {county.display()}",
        f"{shown(length, 3)} km（{shown(length - half, 3)}–{shown(length + half, 3)} km）",
        Finding.ALONE,
        "报告未给出河流总长，无从对照；括号内为河网密度末位舍入引起的范围。",
        {"length_km": length, "half_width_km": half},
    )
