"""年清除量: three methods side by side, each with its assumption and its own inputs, beside the reported totals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from pingchang_geo import carbon, consistency, provenance, units
from pingchang_geo.carbon.factors import FactorSet
from pingchang_geo.errors import PingchangError
from pingchang_geo.exports.sheet import Sheet
from pingchang_geo.indicators import load_ledger
from pingchang_geo.store import Store, Version
from pingchang_geo.ui.accounts import state
from pingchang_geo.ui.accounts.context import AccountsContext, Column
from pingchang_geo.ui.asked import later
from pingchang_geo.ui.markdown_table import markdown_table
from pingchang_geo.ui.table_panel import downloads
from pingchang_geo.ui.text import plain
from pingchang_geo.workflow.accounts import removal, stock_change
from pingchang_geo.workflow.accounts.removal import KindRemoval, gap_words
from pingchang_geo.workflow.accounts.stock_change import VersionChange

OFFICIAL, MODEL, CHANGE = "官方口径系数法", "模型法", "储量差法"
_GROWTH_KEY, _BEFORE_KEY, _AFTER_KEY = "accounts_growth", "accounts_before", "accounts_after"
_NOT_ADDED: Final = "不相加"


def removal_section(ctx: AccountsContext) -> tuple[tuple[KindRemoval, ...], str]:
    """Three boxes with assumption and inputs, then the table of results; its rows and their mark are returned."""
    st.markdown("##### 年清除量（年固碳量）：三种方法并列")
    first, second, third = st.columns(3, gap="small")
    with first.container(border=True, height="stretch"):
        _official(ctx)
    with second.container(border=True, height="stretch"):
        _model(ctx)
    with third.container(border=True, height="stretch"):
        found = _change(ctx)
    by_kind = found.by_kind if found is not None else None
    rows = removal.side_by_side(ctx.account, load_ledger(), ctx.state.growth_pct_a, by_kind)
    _results(ctx, rows, found)
    return rows, _mark(ctx, found)


def _official(ctx: AccountsContext) -> None:
    st.markdown(f"**① {OFFICIAL}**")
    rows = ctx.factors.uncertainty("official_rate")
    width = "、".join(f"±{row.half_width_pct:g}%{'' if row.verified else '（待核）'}" for row in rows)
    st.caption(
        "假定：报告的年均二氧化碳量均匀分布于其面积。系数 = 报告的年总量 ÷ 报告的面积，乘以本图层同类小班的图形面积；"
        f"报告未给出的林地不计。系数的 95% 半宽约定为 {width}。"
    )
    rates = carbon.official_rates_tco2_ha_a(ctx.factors, load_ledger())
    lines = [
        f"- {plain(kind)}：{units.format_number(rate)} tCO₂/公顷/年，"
        f"即 {units.format_number(rate / units.MU_PER_HA)} tCO₂/亩/年"
        for kind, rate in rates.items()
    ]
    st.markdown("\n".join(lines))


def _model(ctx: AccountsContext) -> None:
    st.markdown(f"**② {MODEL}（蓄积生长率）**")
    st.caption("假定：各小班蓄积按同一年生长率增长，年清除量 = a·V·p·CF·44/12·面积（IPCC 式以 D·BEF·(1+R) 代 a）。")
    st.session_state[_GROWTH_KEY] = ctx.state.growth_pct_a
    st.number_input(
        "蓄积年生长率 p（%/年）",
        min_value=0.0,
        max_value=state.MOST_GROWTH,
        step=0.1,
        format="%.2f",
        key=_GROWTH_KEY,
        placeholder="请输入，没有缺省值",
        on_change=later(lambda: state.change(ctx.offer, growth_pct_a=st.session_state[_GROWTH_KEY])),
        help="没有查到可用的四川省林分总生长率，须由用户按本地连续清查结果填写；不填则不计算。",
    )
    for one in ctx.factors.growth_references:
        flag = "" if one.verified else "（待核）"
        st.caption(f"仅供对照：{plain(one.label)} {one.growth_pct_a:g} %/年{flag}。{plain(one.note)}")


def _change(ctx: AccountsContext) -> VersionChange | None:
    st.markdown(f"**③ {CHANGE}（两个已发布版本）**")
    st.caption("假定：两版小班一一对应，碳储量之差除以数据时点之间的年数；两版按同一参数集计算。")
    if len(ctx.versions) < 2:
        st.info(stock_change.proposed(ctx.versions, ctx.data.version).missing, icon=":material/history:")
        return None
    before, after = _pick(ctx, "前一版本", _BEFORE_KEY, "before"), _pick(ctx, "后一版本", _AFTER_KEY, "after")
    if before is None or after is None:
        words = stock_change.proposed(ctx.versions, ctx.data.version).missing
        st.info(words or "请选择两个版本。", icon=":material/history:")
        return None
    try:
        found = _between(ctx.data.store, ctx, before, after)
    except PingchangError as error:
        st.info(f"{error.message}{error.fix}", icon=":material/history:")
        return None
    years = units.format_number(found.whole.years, significant=3)
    st.caption(
        f"{before.provenance.as_of} 至 {after.provenance.as_of}，{years} 年；配对小班 {found.whole.matched:,} 个。"
    )
    return found


def _pick(ctx: AccountsContext, label: str, key: str, name: str) -> Version | None:
    versions = {version.number: version for version in ctx.versions}
    chosen = getattr(ctx.state, name)
    st.session_state[key] = chosen or None
    st.selectbox(
        label,
        list(versions),
        key=key,
        format_func=lambda number: _version_words(versions[number]),
        placeholder="请选择",
        on_change=later(lambda: state.change(ctx.offer, **{name: st.session_state[key] or 0})),
    )
    return versions.get(chosen)


def _version_words(version: Version) -> str:
    when = version.provenance.as_of or "没有数据时点"
    return f"{version.label}（{when}，{version.provenance.kind.label}）"


def _between(store: Store, ctx: AccountsContext, before: Version, after: Version) -> VersionChange:
    key = (ctx.data.spec.id, before.name, after.name, ctx.factors.id)
    return _computed(key, store, ctx.data.spec, before, after, ctx.factors)


@st.cache_resource(max_entries=8, show_spinner="正在读取两个版本并逐小班配对……")
def _computed(
    key: tuple[str, ...], _store: Store, _spec: Any, _before: Version, _after: Version, _factors: FactorSet
) -> VersionChange:
    return stock_change.between(_store, _spec, _before, _after, _factors)


def _results(ctx: AccountsContext, rows: Sequence[KindRemoval], found: VersionChange | None) -> None:
    numbers = [v for row in rows for v in (row.official_tco2_a, row.model_tco2_a, row.reported_tco2_a)]
    mass = Column.of("tCO₂/年", ctx.state.units, numbers)
    area = Column.of("ha", ctx.state.units, [])
    headers = (
        "碳汇类型",
        f"面积（{area.label}）",
        f"报告值（{mass.label}）",
        *(f"{name}（{mass.label}）" for name in (OFFICIAL, MODEL, CHANGE)),
        "与报告值相比",
    )
    cells = [_cells(row, mass, area) for row in rows]
    cells.append([f"**{cell}**" for cell in _total_cells(rows, found, mass, area)])
    if _mark(ctx, found) and not ctx.mark("removal_tco2_a"):
        st.badge(f"{_mark(ctx, found)} · 所比较的版本中有参考图层", color="orange")
    with st.container(key="wide_removal"):
        st.markdown(markdown_table(headers, cells, numbers=range(1, 6)))
    _explain(ctx, rows, found)
    sheet = _sheet(ctx, rows, found, mass, area)
    downloads(lambda: sheet, "平昌县_年清除量三法并列", key="removal_rows")


def _cells(row: KindRemoval, mass: Column, area: Column) -> list[str]:
    reported = "—" if row.reported is None else ("约 " if row.reported.approx else "") + mass.text(row.reported_tco2_a)
    values = (row.official_tco2_a, row.model_tco2_a, row.change_tco2_a)
    return [plain(row.kind), area.text(row.area_ha), reported, *map(mass.text, values), gap_words(row) or "—"]


def _total_cells(rows: Sequence[KindRemoval], found: VersionChange | None, mass: Column, area: Column) -> list[str]:
    """The reported lines, and the rates made from them, may overlap: they are not added."""
    model = [row.model_tco2_a for row in rows if math.isfinite(row.model_tco2_a)]
    change = found.whole.removal_tco2_a if found is not None else math.nan
    several = sum(row.reported is not None for row in rows) > 1
    official = [row.official_tco2_a for row in rows if math.isfinite(row.official_tco2_a)]
    return [
        "合计",
        area.text(sum(row.area_ha for row in rows)),
        _NOT_ADDED if several else "—",
        _NOT_ADDED if len(official) > 1 else mass.text(sum(official, 0.0) if official else math.nan),
        mass.text(sum(model)) if model else "—",
        mass.text(change),
        "—",
    ]


def _explain(ctx: AccountsContext, rows: Sequence[KindRemoval], found: VersionChange | None) -> None:
    """The gap in words: what each method holds that the others do not."""
    lines = [consistency.NOT_ADDED]
    lines.append("报告值与官方口径系数法同出一源，二者之差只来自面积；模型法与储量差法口径不同，差别不作调整。")
    if ctx.state.growth_pct_a is None:
        lines.append("模型法须先填写蓄积年生长率。")
    else:
        whole = sum(row.area_ha for row in rows)
        share = 100 * sum(row.model_area_ha for row in rows) / whole if whole else 0.0
        lines.append(
            f"模型法 p = {ctx.state.growth_pct_a:g} %/年（用户输入），可计算的面积占 {share:.1f}%；"
            "生长率为假定值，未扣除采伐与枯损；幼林现有蓄积小，按固定比例增长会低估其清除量。"
        )
    if found is not None:
        lines += found.whole.notes
    st.caption("\n".join(f"- {line}" for line in lines))


def _sheet(
    ctx: AccountsContext, rows: Sequence[KindRemoval], found: VersionChange | None, mass: Column, area: Column
) -> Sheet:
    columns: dict[str, list[Any]] = {
        "碳汇类型": [row.kind for row in rows],
        f"面积（{area.label}）": area.shown(row.area_ha for row in rows),
        f"报告值（{mass.label}）": mass.shown(row.reported_tco2_a for row in rows),
        f"{OFFICIAL}（{mass.label}）": mass.shown(row.official_tco2_a for row in rows),
        f"{MODEL}（{mass.label}）": mass.shown(row.model_tco2_a for row in rows),
        f"{CHANGE}（{mass.label}）": mass.shown(row.change_tco2_a for row in rows),
        "报告原文": [row.reported.citation() if row.reported is not None else "" for row in rows],
    }
    growth = ctx.state.growth_pct_a
    more = [("说明", consistency.NOT_ADDED)]
    more.append(("模型法", f"蓄积年生长率 {growth:g} %/年（用户输入）" if growth is not None else "未填生长率，未计算"))
    if found is None:
        more.append((CHANGE, "没有可比较的两个版本，未计算"))
    else:
        pair = f"{_version_words(found.before)} 至 {_version_words(found.after)}"
        more += [(CHANGE, pair), *((CHANGE, note) for note in found.whole.notes)]
    return Sheet("年清除量", columns, ctx.notes("removal_tco2_a", more=more), _mark(ctx, found))


def _mark(ctx: AccountsContext, found: VersionChange | None) -> str:
    """The mark of the current version, or of either version compared."""
    own = ctx.mark("removal_tco2_a")
    if own or found is None:
        return own
    return provenance.mark((found.before.provenance, found.after.provenance))
