"""The stock by groups as table and chart; what the choice of parameters changes; what the interval rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pandas as pd
import streamlit as st

from pingchang_geo import accounts, charts, layers, units
from pingchang_geo.exports.sheet import Sheet
from pingchang_geo.layers import palette
from pingchang_geo.specs import Chart
from pingchang_geo.ui.accounts.context import AccountsContext, Column
from pingchang_geo.ui.markdown_table import markdown_table
from pingchang_geo.ui.table_panel import downloads
from pingchang_geo.ui.text import plain
from pingchang_geo.workflow.accounts import account

_MOST_ROWS: Final = 40
_BAR_PX, _FRAME_PX = 21, 66
_NOT_ADDED: Final = "不相加"
_REMOVAL_NOTE: Final = (
    "年固碳量为官方口径系数法，只含报告给出年清除量的两类林地，一个小班只属一类；"
    "两类在报告中是否重叠未经确认，合计不作全县年清除量引用。"
)
_OTHER_SET: Final = "#8FA99A"


def stock_section(ctx: AccountsContext) -> None:
    """Table of the chosen grouping with its total, a chart of the stocks, downloads."""
    zones = account.zone_shares(ctx.data, layers.zones())
    frame, by = ctx.account.frame, ctx.state.by
    inside = by in zones
    table = accounts.inside_outside(frame, by) if inside else accounts.by_group(frame, by)
    label = zones[by].title + "内外" if inside else ctx.data.spec.field(by).label
    left, right = st.columns((0.68, 0.32), gap="medium")
    with left:
        if ctx.mark(by) and not ctx.mark("stock_tc"):
            st.badge(f"{ctx.mark(by)} · {label}按示意图层划分", color="orange")
        _table(ctx, table, label)
        make = _sheet(ctx, table, label)
        downloads(lambda: make, f"平昌县_碳汇核算_按{label}", key="accounts_rows")
        st.caption(_REMOVAL_NOTE)
        if inside:
            border = int(table["border_plots"].iloc[0])
            st.caption(f"跨界小班 {border:,} 个，面积与碳储量按落在内外的面积分摊，个数按面积较大的一侧计。")
    with right:
        if inside:
            _inside_chart(ctx, table, label)
        else:
            _group_chart(ctx, label)


def _table(ctx: AccountsContext, table: pd.DataFrame, label: str) -> None:
    columns = _columns(ctx, table)
    total = float(table["stock_tc"].sum())
    headers = (label, "小班数", *(f"{one.name}（{one.unit}）" for one in columns), "占比", "未计入")
    rows = [_cells(row, columns, total) for row in table.head(_MOST_ROWS).to_dict("records")]
    sums = {str(name): value for name, value in table.sum(numeric_only=True).items()}
    whole = _cells({"group": "合计", **sums}, columns, total)
    if len(ctx.factors.official_rates) > 1:
        whole[2 + [one.source for one in columns].index("removal_tco2_a")] = _NOT_ADDED
    bold = [f"**{cell}**" for cell in whole]
    with st.container(key="wide_accounts"):
        st.markdown(markdown_table(headers, [*rows, bold], numbers=range(1, len(headers))))
    if len(table) > _MOST_ROWS:
        st.caption(f"仅列出前 {_MOST_ROWS} 组，全部 {len(table)} 组请下载查看。")


@dataclass(frozen=True)
class _Shown:
    """A column of the account: shown = internal × factor, with this many decimals."""

    name: str
    unit: str
    source: str
    factor: float
    digits: int

    def text(self, value: float) -> str:
        return units.format_number(value * self.factor, self.digits)

    def number(self, value: float) -> float | None:
        return round(value * self.factor, self.digits + 2) if math.isfinite(value) else None


def _columns(ctx: AccountsContext, table: pd.DataFrame) -> list[_Shown]:
    named = (
        ("面积", "ha", "area_ha"),
        ("碳储量", "tC", "stock_tc"),
        ("折 CO₂", "tCO₂", "stock_tco2"),
        ("年固碳量", "tCO₂/年", "removal_tco2_a"),
    )
    found = []
    for name, unit, source in named:
        column = Column.of(unit, ctx.state.units, table[source].tolist())
        label = column.label.removesuffix(" CO₂").replace(" ", "")
        found.append(_Shown(name, label, source, column.factor, column.digits))
    found.insert(1, _Shown("蓄积", "万m³", "volume_m3", 1e-4, 2))
    return found


def _cells(row: dict[Any, Any], columns: list[_Shown], total: float) -> list[str]:
    share = row["stock_tc"] / total if total > 0 else float("nan")
    return [
        plain(str(row["group"])),
        f"{int(row['plots']):,}",
        *(column.text(row[column.source]) for column in columns),
        f"{100 * share:.1f}%" if share == share else "—",  # noqa: PLR0124  NaN is not itself
        f"{int(row['unknown_plots']):,}" if row["unknown_plots"] else "—",
    ]


def _sheet(ctx: AccountsContext, table: pd.DataFrame, label: str) -> Sheet:
    columns: dict[str, list[Any]] = {label: table["group"].tolist(), "小班数": table["plots"].tolist()}
    digits = {}
    for one in _columns(ctx, table):
        header = f"{one.name}（{one.unit}）"
        columns[header] = [one.number(value) for value in table[one.source].tolist()]
        digits[header] = one.digits
    columns["未计入小班"] = table["unknown_plots"].tolist()
    columns["未计入面积（公顷）"] = [round(value, 2) for value in table["unknown_area_ha"].tolist()]
    more = (("分组", label), ("说明", _REMOVAL_NOTE))
    return Sheet("碳汇核算", columns, ctx.notes(ctx.state.by, "stock_tc", more=more), ctx.mark(ctx.state.by), digits)


def _group_chart(ctx: AccountsContext, label: str) -> None:
    spec, by = ctx.data.spec, ctx.state.by
    chart = Chart(f"accounts-{by}", f"各{label}碳储量", by=by, measure="stock_tc")
    bars = charts.aggregate(spec, chart, ctx.account.frame)
    height = _FRAME_PX + _BAR_PX * max(3, len(bars.names))
    drawn = charts.figure(spec, chart, bars, ctx.state.units, mark=ctx.mark(by), footer=ctx.footer(), height=height)
    _plot(drawn, chart.title, charts.alt(spec, chart, bars, ctx.state.units), key=f"chart-{chart.id}")


def _inside_chart(ctx: AccountsContext, table: pd.DataFrame, label: str) -> None:
    mass = Column.of("tC", ctx.state.units, table["stock_tc"].tolist())
    bars = [
        charts.PlainBar(str(row["group"]), row["stock_tc"] * mass.factor, mass.text(row["stock_tc"]))
        for row in table.to_dict("records")
    ]
    title = f"{label}碳储量"
    drawn = charts.plain_figure(title, mass.label, bars, mark=ctx.mark(ctx.state.by), footer=ctx.footer())
    _plot(drawn, title, charts.plain_alt(title, bars), key="chart-accounts-zone")


def method_section(ctx: AccountsContext) -> None:
    """Totals by every set beside what the interval of the chosen one rests on."""
    st.markdown("##### 方法的影响与不确定性")
    left, right = st.columns(2, gap="medium")
    with left:
        _sets(ctx)
    with right:
        _contributions(ctx)


def _sets(ctx: AccountsContext) -> None:
    found = [ctx.account_by(one) for one in ctx.sets]
    chosen = ctx.account.simulated.total
    mass = Column.of("tC", ctx.state.units, [one.simulated.total for one in found])
    bars = []
    for one in found:
        here, factor = one.simulated, mass.factor
        apart = f"（{_signed(here.total / chosen - 1)}）" if chosen > 0 and one.factors.id != ctx.state.set_id else ""
        color = palette.ACCENT if one.factors.id == ctx.state.set_id else _OTHER_SET
        text = f"{mass.text(here.total)}{apart}"
        bars.append(
            charts.PlainBar(one.factors.label, here.total * factor, text, color, here.low * factor, here.high * factor)
        )
    title = "各参数集的碳储量合计与 95% 区间"
    drawn = charts.plain_figure(title, mass.label, bars, mark=ctx.mark("stock_tc"), footer=ctx.footer())
    _plot(drawn, title, charts.plain_alt(title, bars), key="chart-accounts-sets")
    skipped = [f"{one.factors.label} {int(one.frame['stock_tc'].isna().sum()):,} 个" for one in found]
    st.caption(
        f"括号内为与所选参数集之差。各自的 95% 区间不包含参数集取舍带来的差别。未计入的小班：{'；'.join(skipped)}。"
    )


def _contributions(ctx: AccountsContext) -> None:
    simulated, propagated = ctx.account.simulated, ctx.account.propagated
    bars = [charts.PlainBar(label, share, f"{share:.1f}%") for label, share in simulated.contributions]
    title = "各输入对碳储量不确定性的贡献"
    drawn = charts.plain_figure(title, "方差占比 %", bars, mark=ctx.mark("stock_tc"), footer=ctx.footer())
    _plot(drawn, title, charts.plain_alt(title, bars), key="chart-accounts-inputs")
    mass = Column.of("tC", ctx.state.units, [simulated.total])
    lines = [
        f"{one.method}：{mass.text(one.low)}–{mass.text(one.high)} {mass.label}（±{one.half_width_pct:.1f}%）"
        + (f"，{one.draws:,} 次抽样，种子 {one.seed}" if one.draws else "")
        for one in (simulated, propagated)
    ]
    widths = [
        f"{row.label} ±{units.format_number(row.half_width_pct)}%{'' if row.verified else '（待核）'}"
        for row in ctx.factors.uncertainties
        if row.id != "official_rate"
    ]
    st.caption("；".join(lines) + f"。输入的 95% 半宽：{'、'.join(widths)}。")


def _plot(drawn: Any, title: str, alt: str, *, key: str) -> None:
    name = f"平昌县_{title}_{date.today():%Y%m%d}"
    st.plotly_chart(drawn, key=key, theme=None, config=charts.config(name), alt=alt)


def _signed(share: float) -> str:
    text = f"{abs(share) * 100:.1f}%"
    return text if text == "0.0%" else ("+" if share > 0 else "−") + text
