"""对账: what the layers add up to beside what the report says, and the report's figures against one another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

import streamlit as st

from pingchang_geo import charts, units
from pingchang_geo.consistency import Check, Finding
from pingchang_geo.exports import sheet as sheets
from pingchang_geo.exports.sheet import Sheet
from pingchang_geo.indicators import load_ledger
from pingchang_geo.reconcile import Verdict
from pingchang_geo.ui import data as shared
from pingchang_geo.ui.frame import footer, guarded
from pingchang_geo.ui.markdown_table import markdown_table
from pingchang_geo.ui.registry import page_of
from pingchang_geo.ui.state import notice
from pingchang_geo.ui.status_line import status_line
from pingchang_geo.ui.table_panel import downloads
from pingchang_geo.ui.text import plain
from pingchang_geo.workflow.accounts.reconciliation import Account, Compared, account, tolerance_words
from pingchang_geo.workflow.atlas import Atlas

_VERDICTS: Final = {Verdict.AGREES: "green", Verdict.DIFFERS: "red", Verdict.UNKNOWN: "gray"}
_FINDINGS: Final = {
    Finding.AGREES: "green",
    Finding.DIFFERS: "red",
    Finding.HIGH: "orange",
    Finding.LOW: "orange",
    Finding.UNEQUAL: "orange",
    Finding.INCOMPARABLE: "blue",
    Finding.UNCONFIRMED: "orange",
    Finding.ALONE: "gray",
}
_MEANINGS: Final = {
    Finding.AGREES: "与报告中的另一数字，或与已核（含由已核数字推算）的参考值相合",
    Finding.HIGH: "高于已核（含由已核数字推算）的参考值；待核的参考值不作依据",
    Finding.INCOMPARABLE: "两个数字口径不同，并列仅供了解",
    Finding.UNEQUAL: "不能换一个名称来称呼",
    Finding.UNCONFIRMED: "报告没有说明，须向编制单位确认",
    Finding.ALONE: "算得出，但没有可对照的数字",
}
_BY_CONSTRUCTION: Final = (
    "参考图层是按报告总量生成的示意数据，其一致属构造使然，不能证明数据正确；发布官方数据后，此处才是真正的核对。"
)
_ILLUSTRATIVE: Final = "参与比较的图层中有示意数据，结果仅供示意。"
_REFERENCE_COLOR: Final = "#A9B8AF"


def reconcile_page() -> None:
    """The summary line, the control totals, the checks of the report against itself."""
    page = page_of("reconcile")
    with guarded():
        if st.query_params:
            notice(st.query_params)
            st.query_params.clear()
        found = shared.atlas()
        result = _account(found.id, found)
        status_line(page, result.layers, None, None)
        _summary(result)
        _totals(result)
        _checks(result.checks)
        footer()


@st.cache_resource(max_entries=4, show_spinner=False)
def _account(atlas_id: str, _atlas: Atlas) -> Account:
    return account(_atlas)


def _summary(result: Account) -> None:
    counts = result.summary
    words = f"**{counts.words()}**"
    differing = [one.item.label for one in result.compared if one.item.verdict is Verdict.DIFFERS]
    if differing:
        words = f"**不一致 {len(differing)} 项：{'、'.join(differing)}。**\n\n{words}"
    if result.mark:
        words += f"\n\n{_BY_CONSTRUCTION if counts.by_construction else _ILLUSTRATIVE}"
    show = st.warning if differing or counts.unknown or result.mark else st.success
    show(words, icon=":material/balance:")


def _totals(result: Account) -> None:
    st.markdown("##### 计算值与报告值")
    st.caption("计算值由当前发布的图层汇总得到，报告值取自指标台账；两者分列，差值按所列容差判定。")
    headers = ("指标", "报告值", "计算值", "差值", "相对差", "容差（来源）", "结论", "数据")
    with st.container(key="wide_totals"):
        st.markdown(markdown_table(headers, [_total_cells(one) for one in result.compared], numbers=(1, 2, 3, 4)))
    notes = dict.fromkeys(f"{one.item.verdict.value}：{one.item.note}。" for one in result.compared if one.item.note)
    if notes:
        st.caption("\n".join(f"- {note}" for note in notes))
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        lines = sheets.notes([shared.source_of(data) for data in result.layers], datetime.now(), mark=result.mark)
        sheet = Sheet("对账", _total_columns(result.compared), lines, result.mark)
        downloads(lambda: sheet, "平昌县_对账", key="reconcile_rows")
        st.page_link(page_of("indicators").script, label="报告值的原文出处", icon=":material/fact_check:")


def _total_cells(one: Compared) -> tuple[str, ...]:
    item = one.item
    kind = f"（{item.why_agreeing}）" if item.why_agreeing else ""
    return (
        item.label,
        load_ledger()[item.indicator].display(),
        f"{_number(item.computed)} {item.unit}" if item.verdict is not Verdict.UNKNOWN else "—",
        _number(item.difference),
        _percent(item.relative),
        tolerance_words(item),
        f":{_VERDICTS[item.verdict]}-badge[{item.verdict.value}{kind}]",
        one.version,
    )


def _total_columns(compared: Sequence[Compared]) -> dict[str, list[object]]:
    items = [one.item for one in compared]
    return {
        "指标": [item.label for item in items],
        "单位": [item.unit for item in items],
        "报告值": [item.reported for item in items],
        "报告表述": [load_ledger()[item.indicator].display() for item in items],
        "计算值": [_finite(item.computed) for item in items],
        "差值": [_finite(item.difference) for item in items],
        "相对差（%）": [_finite(item.relative * 100) for item in items],
        "容差（%）": [item.tolerance * 100 for item in items],
        "容差来源": [item.tolerance_basis for item in items],
        "结论": [item.verdict.value for item in items],
        "数据版本": [one.version for one in compared],
        "说明": [item.note for item in items],
        "报告原文": [load_ledger()[item.indicator].citation() for item in items],
    }


def _checks(checks: Sequence[Check]) -> None:
    counts = {finding: sum(check.finding is finding for check in checks) for finding in Finding}
    words = "，".join(f"{finding.value} {count} 项" for finding, count in counts.items() if count)
    st.markdown("##### 报告数字相互核对")
    st.caption(f"共 {len(checks)} 项：{words}。全部由指标台账和参数文件中的数字算出，不涉及图层数据。")
    _benchmarks(checks)
    rows = [_check_cells(check) for check in checks]
    with st.container(key="wide_checks"):
        st.markdown(markdown_table(("核对内容", "计算", "结果", "结论", "说明"), rows))
    with st.expander("所据数字与原文出处", icon=":material/format_quote:"):
        sources = [
            (check.title if not i else "", figure.label, figure.display(), plain(figure.citation()))
            for check in checks
            for i, figure in enumerate(check.inputs)
        ]
        with st.container(key="wide_sources"):
            st.markdown(markdown_table(("核对内容", "所据指标", "数值", "出处"), sources))
    ledger = load_ledger().report
    source = ("来源", f"《{ledger.title}》，{ledger.author_unit}。{ledger.date_note}")
    lines = (source, *sheets.notes([], datetime.now()))
    downloads(
        lambda: Sheet("报告数字相互核对", _check_columns(checks), lines), "平昌县_报告数字相互核对", key="check_rows"
    )


def _check_cells(check: Check) -> tuple[str, ...]:
    unverified = f"　:orange-badge[未核：{'、'.join(check.unverified)}]" if check.unverified else ""
    return (
        f"**{check.title}**",
        plain(check.working),
        plain(check.result),
        f":{_FINDINGS[check.finding]}-badge[{check.finding.value}]",
        plain(check.explanation) + unverified,
    )


def _check_columns(checks: Sequence[Check]) -> dict[str, list[object]]:
    return {
        "核对内容": [check.title for check in checks],
        "计算": [check.working for check in checks],
        "结果": [check.result for check in checks],
        "结论": [check.finding.value for check in checks],
        "说明": [check.explanation for check in checks],
        "未核的数字": ["、".join(check.unverified) for check in checks],
        "所据数字与出处": [
            "；".join(f"{figure.label} {figure.display()}，{figure.citation()}" for figure in check.inputs)
            for check in checks
        ],
        "参考值": [
            "；".join(
                f"{r.label} {units.format_number(r.value)} {r.unit}（{r.flag}，{r.source}）" for r in check.references
            )
            for check in checks
        ],
    }


def _benchmarks(checks: Sequence[Check]) -> None:
    """The implied rates between the benchmarks, all per 亩 and year, lowest first."""
    rated = [check for check in checks if check.references]
    if not rated:
        return
    bars = [
        charts.PlainBar(f"报告：{check.title.removesuffix('单位面积年清除量')}", check.values["tco2_mu_a"])
        for check in rated
    ]
    for reference in rated[0].references:
        text = f"{units.format_number(reference.value, significant=3)}（{reference.flag}）"
        bars.append(charts.PlainBar(reference.label, reference.value, text, color=_REFERENCE_COLOR))
    bars.sort(key=lambda bar: bar.value)
    title, unit = "单位面积年清除量与参考值", rated[0].references[0].unit
    drawing, words = st.columns((0.58, 0.42), vertical_alignment="center")
    words.caption("\n".join(f"- **{finding.value}**：{meaning}" for finding, meaning in _MEANINGS.items()))
    drawing.plotly_chart(
        charts.plain_figure(title, unit, bars, footer=f"《{load_ledger().report.title}》 · {date.today():%Y-%m-%d}"),
        key="chart-benchmarks",
        theme=None,
        config=charts.config(f"平昌县_{title}_{date.today():%Y%m%d}"),
        alt=charts.plain_alt(title, bars),
    )


def _finite(value: float) -> float | None:
    return round(value, 8) if value == value else None  # noqa: PLR0124  NaN is not itself


def _number(value: float) -> str:
    return units.format_number(value, significant=6)


def _percent(share: float) -> str:
    if share != share:  # noqa: PLR0124  NaN is not itself
        return "—"
    text = f"{abs(share) * 100:.4f}".rstrip("0").rstrip(".")
    return ("−" if share < 0 and text != "0" else "") + text + " %"
