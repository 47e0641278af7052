"""指标与出处: the ledger of the report's figures with their quotations."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import streamlit as st

from pingchang_geo.exports import sheet as sheets
from pingchang_geo.exports.sheet import Sheet
from pingchang_geo.indicators import Indicator, load_ledger
from pingchang_geo.ui.frame import footer, guarded
from pingchang_geo.ui.registry import page_of
from pingchang_geo.ui.state import notice
from pingchang_geo.ui.status_line import status_line
from pingchang_geo.ui.table_panel import downloads

_ALL = "全部主题"
_TEXT, _TOPIC = "q", "topic"
_TEXT_KEY, _TOPIC_KEY = "ledger_text", "ledger_topic"


def indicators_page() -> None:
    """Search on top, then the ledger."""
    page = page_of("indicators")
    with guarded():
        status_line(page, [], None, None)
        _ledger()
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
    with st.container(horizontal=True, gap="small"):
        downloads(lambda: Sheet("指标台账", columns, (*source, *notes)), "平昌县_指标台账", key="ledger_rows")
        st.page_link(page_of("reconcile").script, label="计算值与报告值的对账", icon=":material/balance:")


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
