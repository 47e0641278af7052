"""指标与出处: the ledger with quotations, and the reconciliation of computed against reported totals."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import streamlit as st

from pingchang_geo import reconcile, units
from pingchang_geo.exports import sheet as sheets
from pingchang_geo.exports.sheet import Sheet
from pingchang_geo.indicators import Indicator, load_ledger
from pingchang_geo.reconcile import Reconciliation, Verdict
from pingchang_geo.ui import data as shared
from pingchang_geo.ui.frame import footer, guarded
from pingchang_geo.ui.registry import page_of
from pingchang_geo.ui.state import notice
from pingchang_geo.ui.status_line import status_line
from pingchang_geo.ui.table_panel import downloads
from pingchang_geo.workflow.atlas import Atlas, LayerData

_ALL = "全部主题"
_VERDICTS = {Verdict.AGREES: "green", Verdict.DIFFERS: "red", Verdict.UNKNOWN: "gray"}
_TEXT, _TOPIC = "q", "topic"
_TEXT_KEY, _TOPIC_KEY = "ledger_text", "ledger_topic"


def indicators_page() -> None:
    """Search on top, the ledger, then the reconciliation."""
    page = page_of("indicators")
    with guarded():
        found = shared.atlas()
        checked = [data for data in found.layers.values() if data.spec.control_totals]
        status_line(page, checked, None, None)
        _ledger()
        _reconciliation(found, checked)
        footer()


def _ledger() -> None:
    ledger = load_ledger()
    report = ledger.report
    st.caption(f"《{report.title}》（{report.author_unit}）。{report.date_note}")
    text, theme = _search([_ALL, *ledger.themes()])
    rows = [i for i in ledger.search(text) if theme in (_ALL, i.theme)]
    st.markdown(f"##### 指标台账　:gray[:small[{len(rows)} / {len(ledger)} 项]]")
    if not rows:
        st.info("没有符合条件的指标。请换一个词，或把主题改回「全部主题」。", icon=":material/search_off:")
        return
    table = _ledger_table(rows)
    st.dataframe(
        table,
        hide_index=True,
        height=min(460, 38 + 35 * len(rows)),
        column_config={
            "指标": st.column_config.TextColumn(width="medium"),
            "数值": st.column_config.TextColumn(width="medium"),
            "原文出处": st.column_config.TextColumn(width="large"),
            "说明": st.column_config.TextColumn(width="medium"),
        },
        alt="指标台账",
        key="ledger",
    )
    notes = sheets.notes([], datetime.now(), filters="；".join(p for p in (text, theme) if p and p != _ALL))
    source = (("来源", f"《{report.title}》，{report.author_unit}。{report.date_note}"),)
    columns = {str(name): table[name].tolist() for name in table.columns}
    downloads(lambda: Sheet("指标台账", columns, (*source, *notes)), "平昌县_指标台账", key="ledger_rows")


def _search(themes: list[str]) -> tuple[str, str]:
    """Words and theme that the reader looks for; they stand in the address as ``q`` and ``topic``."""
    asked = st.query_params.get(_TOPIC, _ALL)
    bad = [name for name in st.query_params if name not in (_TEXT, _TOPIC)]
    if asked not in themes:
        bad.append(_TOPIC)
        asked = _ALL
    if bad:
        notice(bad)
        kept = {name: text for name, text in st.query_params.to_dict().items() if name not in bad}
        st.query_params.from_dict(kept)
    st.session_state[_TEXT_KEY] = st.query_params.get(_TEXT, "")
    st.session_state[_TOPIC_KEY] = asked
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        text = st.text_input(
            "搜索",
            key=_TEXT_KEY,
            type="search",
            placeholder="名称、数值、原文，例如：碳汇 万亩",
            label_visibility="collapsed",
            width=340,
            on_change=_searched,
        )
        theme = st.selectbox(
            "主题", themes, key=_TOPIC_KEY, label_visibility="collapsed", width=180, on_change=_searched
        )
    return text or "", theme or _ALL


def _searched() -> None:
    text, theme = st.session_state[_TEXT_KEY], st.session_state[_TOPIC_KEY]
    wanted = {_TEXT: text or "", _TOPIC: "" if theme == _ALL else theme}
    st.query_params.from_dict({name: value for name, value in wanted.items() if value})


def _ledger_table(rows: list[Indicator]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "指标": [i.label for i in rows],
            "数值": [i.display() for i in rows],
            "时点": [i.as_of or i.as_of_note for i in rows],
            "主题": [i.theme for i in rows],
            "原文出处": [i.citation() for i in rows],
            "说明": [i.note for i in rows],
        }
    )


def _reconciliation(found: Atlas, checked: list[LayerData]) -> None:
    st.markdown("##### 对账：计算值与报告值")
    st.caption("计算值由当前发布的图层数据汇总得到，报告值取自上表；两者分列，差异按所列容差判定。")
    ledger = load_ledger()
    pairs = [
        (data, item)
        for data in checked
        for item in reconcile.reconcile(data.spec, data.frame, data.version.provenance, ledger)
    ]
    if not pairs:
        st.info("当前没有可供对账的图层。请先发布图层数据。", icon=":material/balance:")
        return
    _reconciliation_rows(pairs)
    mark = found.mark(data.spec.id for data in checked)
    notes = sheets.notes([shared.source_of(data) for data in checked], datetime.now(), mark=mark)
    columns = _reconciliation_columns(pairs)
    downloads(lambda: Sheet("对账", columns, notes, mark), "平昌县_对账", key="reconcile_rows")


def _reconciliation_rows(pairs: list[tuple[LayerData, Reconciliation]]) -> None:
    header = "| 指标 | 报告值 | 计算值 | 差值 | 相对差 | 容差 | 结论 | 数据 |\n|---|--:|--:|--:|--:|--:|---|---|"
    lines = [header]
    for data, item in pairs:
        kind = data.version.provenance.kind
        lines.append(
            f"| {item.label} | {_number(item.reported)} {item.unit} | {_number(item.computed)} {item.unit} "
            f"| {_number(item.difference)} | {_percent(item.relative)} | {_percent(item.tolerance)} "
            f"| :{_VERDICTS[item.verdict]}-badge[{item.verdict.value}] | {data.version.label}（{kind.label}） |"
        )
    with st.container(key="reconcile_table"):
        st.markdown("\n".join(lines))
    for note in dict.fromkeys(item.note for _, item in pairs if item.note):
        st.caption(f"注：{note}。")


def _reconciliation_columns(pairs: list[tuple[LayerData, Reconciliation]]) -> dict[str, list[object]]:
    return {
        "指标": [item.label for _, item in pairs],
        "单位": [item.unit for _, item in pairs],
        "报告值": [item.reported for _, item in pairs],
        "计算值": [_finite(item.computed) for _, item in pairs],
        "差值": [_finite(item.difference) for _, item in pairs],
        "相对差（%）": [_finite(item.relative * 100) for _, item in pairs],
        "容差（%）": [item.tolerance * 100 for _, item in pairs],
        "结论": [item.verdict.value for _, item in pairs],
        "数据版本": [f"{data.spec.title} {data.version.label}" for data, _ in pairs],
        "说明": [item.note for _, item in pairs],
    }


def _finite(value: float) -> float | None:
    return round(value, 8) if value == value else None  # noqa: PLR0124  NaN is not itself


def _number(value: float) -> str:
    return units.format_number(value, significant=6)


def _percent(share: float) -> str:
    if share != share:  # noqa: PLR0124  NaN is not itself
        return "—"
    text = f"{abs(share) * 100:.4f}".rstrip("0").rstrip(".")
    return ("−" if share < 0 and text != "0" else "") + text + "%"
