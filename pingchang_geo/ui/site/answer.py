"""The answer of a site check: verdict, cards, downloads, tables, method."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import pandas as pd
import streamlit as st

from pingchang_geo import exports, units
from pingchang_geo.carbon import Estimate
from pingchang_geo.carbon.parameters import FLAG_WORDS
from pingchang_geo.provenance import ILLUSTRATIVE_MARK
from pingchang_geo.site import CarbonFinding, Contact, NearbyFinding, ProtectedFinding
from pingchang_geo.specs import SiteKind
from pingchang_geo.ui import data as shared
from pingchang_geo.ui import kpis
from pingchang_geo.ui.kpis import Card
from pingchang_geo.ui.site.state import NAME_LETTERS, Desk
from pingchang_geo.ui.site.tables import FoundTable, tables
from pingchang_geo.ui.text import plain
from pingchang_geo.units import CO2_PER_C, UnitChoice
from pingchang_geo.workflow.site import SiteCheck, methods, paper, verdict, words
from pingchang_geo.workflow.site.answer import DESK_CHECK, distance_text, mark_words, percent, stock_words
from pingchang_geo.workflow.site.checking import taking_part

_DOCX_MIME: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_NAME_KEY: Final = "site_name"
#: Height of a table of so many lines, in pixels; beyond the highest it scrolls.
_HEAD_PX, _ROW_PX, _TALLEST_PX = 38, 35, 300
#: Not touched, yet so near that only a survey on the ground can tell.
_NEAR: Final = frozenset({Contact.ABUTS, Contact.CLOSE})
#: The verdict in few lines; on a phone the map gives way so that it is seen without scrolling.
_TIGHT: Final = """
<style>
.st-key-site_verdict h3 { padding: 0 0 0.2rem; }
@media (max-width: 640px) {
  .stApp:has(.st-key-site_verdict) .st-key-map_box iframe { height: clamp(300px, 42vh, 420px) !important; }
}
</style>
"""
#: Names that a card spells out.
_NAMED: Final = 4


def answer(check: SiteCheck, choice: UnitChoice, desk: Desk) -> None:
    """What an official has come for, in one look."""
    _verdict(check, choice)
    kpis.cards(list(_cards(check, choice)), key="kpi", across=2)
    badge = f"　:orange-badge[{check.mark}]" if check.mark else ""
    st.markdown(f":gray[**{DESK_CHECK}**]{badge}")
    for sentence in mark_words(check):
        st.caption(plain(sentence.removeprefix(f"{check.mark}：")))
    _downloads(check, choice, desk)


def _verdict(check: SiteCheck, choice: UnitChoice) -> None:
    """Touched or not, large and plain, with the one figure that goes with it."""
    titles = "、".join(spec.title for spec in taking_part() if spec.site and spec.site.kind is SiteKind.PROTECTED)
    findings = check.result.protected
    lines = "\n\n".join(_contact(finding, choice) for finding in findings) + _outside(check)
    lines = lines.replace(" %", "\u00a0%")
    touched = "、".join(finding.title for finding in findings if finding.touches)
    with st.container(key="site_verdict"):
        st.html(_TIGHT)
        match verdict(check):
            case "touched":
                st.error(f"### 触碰{touched}\n\n{lines}", icon=":material/dangerous:")
            case "untouched" if any(finding.contact in _NEAR for finding in findings):
                st.warning(f"### 未触碰{titles}，但紧邻边界\n\n{lines}", icon=":material/warning:")
            case "untouched":
                st.success(f"### 未触碰{titles}\n\n{lines}", icon=":material/check_circle:")
            case _:
                missing = "" if findings else f"尚未发布{titles}数据。"
                st.warning(f"### 无法判断是否触碰{titles}\n\n{missing}{lines}", icon=":material/help:")


def _contact(finding: ProtectedFinding, choice: UnitChoice) -> str:
    """``重叠 48.2 亩，占地块的 12.3 %，涉及红线斑块 2 个``."""
    if finding.touches:
        area = units.format_quantity(finding.overlap_ha, "ha", choice)
        names = _listed(finding.patches["name"], finding.noun)
        return f"与{finding.title}重叠 **{area}**，占地块的 **{percent(finding.overlap_pct)}**，涉及{names}。"
    if finding.nearest is None or finding.distance_m is None:
        return f"{finding.title}图层没有图斑。"
    name = plain(finding.nearest[1])
    if finding.contact is Contact.ABUTS:
        return f"与「{name}」边界相接，须以勘测定界为准。"
    if finding.contact is Contact.CLOSE:
        return f"紧邻「{name}」，相距 {distance_text(finding.distance_m)}，须以勘测定界为准。"
    return f"距最近的「{name}」**{distance_text(finding.distance_m)}**，在地块{finding.direction}方向。"


def _outside(check: SiteCheck) -> str:
    pct = check.result.inside_county_pct
    if pct is None or pct >= 100:
        return ""
    return f"\n\n地块有 {percent(100 - pct)} 在县域外，县域外没有图层数据，该部分未核查。"


def _listed(names: pd.Series[str], noun: str) -> str:
    spoken = "、".join(plain(str(name)) for name in names.head(_NAMED))
    return f"{noun} {len(names):,} 个（{spoken}{' 等' if len(names) > _NAMED else ''}）"


def _cards(check: SiteCheck, choice: UnitChoice) -> Iterator[Card]:
    result = check.result
    source = "在等积投影中量算，与椭球面面积的相对误差小于百万分之一。"
    source += f"周长 {distance_text(result.perimeter_m)}。"
    source += f"\n\n边界：{plain(check.reading)}。" if check.reading else ""
    yield Card("用地面积", units.format_quantity(result.area_ha, "ha", choice), "计算", source)
    for finding in result.protected:
        yield _protected(finding, choice)
    for stake in result.carbon:
        yield from _carbon(check, stake, choice)
    if result.nearby:
        yield _nearby(result.nearby)


def _protected(finding: ProtectedFinding, choice: UnitChoice) -> Card:
    mark = _mark(finding.mark)
    source = f"地块与「{finding.title}」图层的重叠面积，相互重叠处只计一次。\n\n" + _contact(finding, choice)
    area = units.format_quantity(finding.overlap_ha if finding.touches else 0.0, "ha", choice)
    hint = f"占 {percent(finding.overlap_pct)}" if finding.touches else ""
    return Card(f"{finding.title}重叠", area, "计算", source, hint, mark)


def _carbon(check: SiteCheck, finding: CarbonFinding, choice: UnitChoice) -> Iterator[Card]:
    mark, noun = _mark(finding.mark), finding.noun
    area = units.format_quantity(finding.area_ha, "ha", choice)
    source = f"{noun}面积 × 落在地块内的面积比例；{noun}相互重叠处只计一次。"
    yield Card(f"涉及{noun}与林地", f"{len(finding.plots):,} 个 · {area}", "计算", source, "", mark)
    if finding.plots.empty:
        nothing = stock_words(finding)
        for label, unit in (("碳储量", "tC"), ("年固碳量损失", "tCO₂/年")):
            yield Card(
                label, units.format_quantity(0.0, unit, units.fitting(unit, choice, 0)), "计算", nothing, "", mark
            )
        return
    stock = units.format_quantity(finding.stock_tc, "tC", units.fitting("tC", choice, finding.stock_tc))
    yield Card("碳储量", stock, "计算", _stock_source(check, finding), _stock_hint(finding, choice), mark)
    removal = units.format_quantity(
        finding.removal_tco2_a, "tCO₂/年", units.fitting("tCO₂/年", choice, finding.removal_tco2_a)
    )
    source = "官方口径系数法：涉及面积 × 报告的年均二氧化碳量 ÷ 报告的相应面积。占用后每年少固的碳。"
    if finding.removal_unknown_ha > 0:
        outside = units.format_quantity(finding.removal_unknown_ha, "ha", choice)
        source += f"\n\n另有林地 {outside}不在报告的统计口径内，未计入。"
    source += f"\n\n{finding.sum_caveat}" if finding.sum_caveat else ""
    hint = "不在报告统计口径内" if math.isnan(finding.removal_tco2_a) else "合计仅供参考" if finding.sum_caveat else ""
    yield Card("年固碳量损失", removal, "计算", source, hint, mark)


def _stock_source(check: SiteCheck, finding: CarbonFinding) -> str:
    factors, one = check.factors, finding.estimate
    co2 = units.format_quantity(finding.stock_tc * CO2_PER_C, "tCO₂", UnitChoice(mass=units.MassUnit.T))
    lines = [f"{plain(factors.formula)}；参数集「{plain(factors.label)}」。折合 {co2}。"]
    lines.append(f"95 % 区间：蒙特卡洛 {one.draws:,} 次，同一树种组的误差一并变动。")
    if finding.inside_protected_stock_tc > 0:
        inside = units.format_quantity(finding.inside_protected_stock_tc, "tC", UnitChoice(mass=units.MassUnit.T))
        lines.append(f"其中 {inside}在重叠范围内。")
    if finding.unknown_plots:
        lines.append(f"另有 {finding.unknown_plots:,} 个{finding.noun}碳储量未知，未计入。")
    for flag, named in finding.flagged:
        lines.append(f":orange-badge[{flag}] {plain(named)}（{FLAG_WORDS[flag]}）。")
    return "\n\n".join(lines)


def _stock_hint(finding: CarbonFinding, choice: UnitChoice) -> str:
    """The interval and the gravest flag of a parameter that the stock rests on; nothing where it is unknown."""
    if math.isnan(finding.stock_tc):
        return ""
    return " · ".join([_interval(finding.estimate, choice), *(f"参数{flag}" for flag, _ in finding.flagged[:1])])


def _interval(one: Estimate, choice: UnitChoice) -> str:
    own = units.fitting("tC", choice, one.total)
    factor = units.shown_factor("tC", own)
    return f"95 % 区间 {units.format_number(one.low * factor)}–{units.format_number(one.high * factor)}"


def _nearby(findings: tuple[NearbyFinding, ...]) -> Card:
    """All kinds of neighbours on one card; the first one's radius stands on it."""
    reach = f"{findings[0].radius_m / 1000:g} km 内"
    value = " · ".join(f"{finding.noun} {len(finding.features)} 处" for finding in findings)
    lines = []
    for finding in findings:
        names = "、".join(plain(str(name)) for name in finding.features["name"].head(_NAMED))
        lines.append(f"{finding.radius_m / 1000:g} km 内{finding.title}：{names or '没有'}。")
    label = f"{reach}{'与'.join(finding.noun for finding in findings)}"
    return Card(label, value, "计算", "\n\n".join(lines), "", _mark(any(finding.mark for finding in findings)))


def _mark(marked: bool) -> str:
    return ILLUSTRATIVE_MARK if marked else ""


def _downloads(check: SiteCheck, choice: UnitChoice, desk: Desk) -> None:
    """Name of the project and the files; each is made when it is asked for."""
    st.session_state[_NAME_KEY] = check.name
    stem = f"选址核查_{check.name or '未命名'}_{datetime.now():%Y%m%d}"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall", key="site_downloads"):
        st.text_input(
            "项目名称",
            key=_NAME_KEY,
            max_chars=NAME_LETTERS,
            placeholder="项目名称（写入报告）",
            label_visibility="collapsed",
            on_change=lambda: desk.ask(lambda: desk.call(str(st.session_state[_NAME_KEY] or ""))),
            width=190,
        )
        files: tuple[tuple[str, str, str, Any], ...] = (
            ("Word 报告", "docx", _DOCX_MIME, lambda: paper.docx(check)),
            ("PDF 报告", "pdf", "application/pdf", lambda: paper.pdf(check)),
            ("Excel 表", "xlsx", exports.XLSX_MIME, lambda: exports.to_xlsx(*(t.sheet for t in tables(check, choice)))),
        )
        for label, ending, mime, write in files:
            st.download_button(
                label,
                data=write,
                file_name=f"{stem}.{ending}",
                mime=mime,
                key=f"site_file_{ending}",
                icon=":material/download:",
                on_click="ignore",
            )


def found_tables(check: SiteCheck, choice: UnitChoice, on_row: Any) -> None:
    """Tables on tabs; a line chosen shows its feature on the map.

    Args:
        on_row: called with layer and row, or with None when the choice is taken back; a callback.
    """
    found = tables(check, choice)
    if not found:
        return
    for tab, table in zip(st.tabs([_tab(table) for table in found]), found, strict=True):
        with tab:
            _table(table, on_row)


def _tab(table: FoundTable) -> str:
    return f"{table.tab}（{table.sheet.rows:,}）"


def _table(table: FoundTable, on_row: Any) -> None:
    sheet, key = table.sheet, f"site_table_{table.tab}"

    def picked() -> None:
        chosen = st.session_state[key].selection.rows
        on_row((table.layer_id, table.rows[chosen[0]]) if chosen else None)

    options: dict[str, Any] = {"on_select": picked, "selection_mode": "single-row"} if table.rows else {}
    st.dataframe(
        pd.DataFrame(sheet.columns),
        key=key,
        height=min(_TALLEST_PX, _HEAD_PX + _ROW_PX * sheet.rows),
        hide_index=True,
        column_config={header: st.column_config.NumberColumn(header, format="localized") for header in sheet.digits},
        placeholder="—",
        alt=sheet.title,
        **options,
    )
    notes = [sheet.mark] if sheet.mark else []
    notes += ["点选一行，可在地图上查看。"] if table.rows else []
    if notes:
        st.caption("　".join(notes))


def folded(check: SiteCheck) -> None:
    """The answer in sentences to copy, method, and data versions."""
    with st.expander("结论全文、方法与数据版本", icon=":material/menu_book:"):
        st.markdown("**结论**\n\n" + "\n".join(f"- {plain(sentence)}" for sentence in words(check)))
        st.markdown("**方法与参数**\n\n" + "\n".join(f"- {plain(line)}" for line in methods.formulas(check)))
        st.markdown("**适用范围**\n\n" + "\n".join(f"- {plain(line)}" for line in methods.limits(check)))
        lines = [shared.source_of(check.atlas[i]).line() for i in check.used]
        st.markdown("**数据版本**\n\n" + "\n".join(f"- {plain(line)}" for line in lines))
        st.caption(f"核查时间 {check.checked_at:%Y-%m-%d %H:%M}")
