"""The stock that the file reports beside ours; and a value worked out from a price that the reader enters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import pandas as pd
import streamlit as st

from pingchang_geo import accounts, units
from pingchang_geo.exports.sheet import Sheet
from pingchang_geo.specs import FieldKind
from pingchang_geo.ui.accounts.context import AccountsContext, Column
from pingchang_geo.ui.accounts.removal import CHANGE, MODEL, OFFICIAL
from pingchang_geo.ui.markdown_table import markdown_table
from pingchang_geo.ui.table_panel import downloads
from pingchang_geo.ui.text import plain
from pingchang_geo.workflow.accounts.removal import KindRemoval
from pingchang_geo.workflow.methods.data import VALUE_NOTE

_PRICE_KEY, _DAY_KEY, _BASE_KEY = "accounts_price", "accounts_price_day", "accounts_base"
_YUAN_PER_WAN: Final = 10_000


def reported_section(ctx: AccountsContext) -> None:
    """Uploaded 碳储量 against the computed stock of just those plots that report one."""
    name = ctx.account.role.reported_stock_tc
    st.markdown("##### 上报碳储量与计算值")
    if not name or name not in ctx.data.filled:
        label = f"（字段「{ctx.data.spec.field(name).label}」为空）" if name else ""
        st.caption(f"本版数据没有填报碳储量{label}，无从比较。")
        return
    by = ctx.state.by if ctx.data.spec.field(ctx.state.by).kind is FieldKind.CATEGORY else ctx.account.role.stand_type
    table = accounts.by_group(ctx.account.frame, by)
    table = table[table["reported_stock_tc"].notna()]
    label = ctx.data.spec.field(by).label
    mass = Column.of("tC", ctx.state.units, table["reported_stock_tc"].tolist())
    headers = (label, *(f"{word}（{mass.label}）" for word in ("上报", "同一批小班的计算值", "上报 − 计算")), "相对差")
    sums = {str(column): value for column, value in table.sum(numeric_only=True).items()}
    rows = [_compared(row, mass) for row in table.to_dict("records")]
    total = [f"**{cell}**" for cell in _compared({"group": "合计", **sums}, mass)]
    with st.container(key="wide_reported"):
        st.markdown(markdown_table(headers, [*rows, total], numbers=range(1, 5)))
    known = ctx.data.frame[name].notna()
    st.caption(
        f"{int(known.sum()):,} 个{ctx.data.spec.noun}填报了碳储量；上报值与计算值并列，不相混。"
        "差值只计两者都有的小班，逐小班的差值见「森林碳汇」页的数据表。"
    )
    sheet = _reported_sheet(ctx, table, label, mass)
    downloads(lambda: sheet, "平昌县_上报与计算碳储量", key="reported_rows")


def _compared(row: dict[Any, Any], mass: Column) -> list[str]:
    own, gap = row["reported_own_tc"], row["stock_gap_tc"]
    share = f"{100 * gap / own:+.1f}%".replace("-", "−") if own > 0 and math.isfinite(gap) else "—"
    return [plain(str(row["group"])), mass.text(row["reported_stock_tc"]), mass.text(own), mass.text(gap), share]


def _reported_sheet(ctx: AccountsContext, table: pd.DataFrame, label: str, mass: Column) -> Sheet:
    columns: dict[str, list[Any]] = {
        label: table["group"].tolist(),
        f"上报（{mass.label}）": mass.shown(table["reported_stock_tc"].tolist()),
        f"同一批小班的计算值（{mass.label}）": mass.shown(table["reported_own_tc"].tolist()),
        f"上报 − 计算（{mass.label}）": mass.shown(table["stock_gap_tc"].tolist()),
    }
    return Sheet("上报与计算碳储量", columns, ctx.notes("stock_tc"), ctx.mark("stock_tc"))


def value_section(ctx: AccountsContext, rows: Sequence[KindRemoval], mark: str) -> None:
    """价格 × 年清除量, only from what the reader enters, named 测算; ``mark`` is that of the removals."""
    with st.expander(
        "碳价测算（价格由用户输入）", icon=":material/payments:", key="accounts-value", on_change="rerun"
    ) as fold:
        if not fold.open:
            return
        bases = _bases(rows)
        first, second, third = st.columns(3, gap="small")
        with first:
            base = st.selectbox("年清除量取自", list(bases), key=_BASE_KEY, index=None, placeholder="请选择")
        with second:
            price = st.number_input(
                "价格（元/吨CO₂）",
                min_value=0.0,
                value=None,
                step=1.0,
                key=_PRICE_KEY,
                placeholder="请输入，没有缺省值",
            )
        with third:
            day = st.date_input("价格日期", value=None, key=_DAY_KEY, format="YYYY-MM-DD")
        if base is None or price is None or not isinstance(day, date):
            st.caption("选定年清除量并填写价格与日期后显示测算结果。")
        else:
            badge = f"　:orange-badge[{mark}]" if mark else ""
            st.markdown(_value(ctx, base, bases[base], price, day) + badge)
            st.caption("测算不代表可交易的减排量：是否符合方法学、能否签发，须经审定与核证。")
        st.caption(VALUE_NOTE)


def _bases(rows: Sequence[KindRemoval]) -> dict[str, float]:
    """Removals that a value can be worked out from, tCO₂/a, each named with its method."""
    found = {}
    for row in rows:
        for method, value in (
            (OFFICIAL, row.official_tco2_a),
            (MODEL, row.model_tco2_a),
            (CHANGE, row.change_tco2_a),
        ):
            if math.isfinite(value) and value > 0:
                found[f"{row.kind} · {method}"] = value
    return found


def _value(ctx: AccountsContext, base: str, removal_tco2_a: float, price: float, day: date) -> str:
    mass = Column.of("tCO₂/年", ctx.state.units, [removal_tco2_a])
    value = units.format_number(removal_tco2_a * price / _YUAN_PER_WAN, 1)
    return (
        f"**测算：{value} 万元/年**　= {plain(base)} {mass.text(removal_tco2_a)} {mass.label} × "
        f"{units.format_number(price)} 元/吨（{day:%Y-%m-%d}，用户输入）"
    )
