"""碳汇核算: stock by any grouping and any parameter set, its interval, and annual removal by three methods."""

from __future__ import annotations

from typing import Final, Literal

import streamlit as st

from pingchang_geo import accounts, carbon, layers, units
from pingchang_geo.carbon.parameters import FLAG_WORDS, UNREAD
from pingchang_geo.ui import data as shared
from pingchang_geo.ui import kpis
from pingchang_geo.ui.accounts import removal, state, stock, value
from pingchang_geo.ui.accounts.context import AccountsContext, Column
from pingchang_geo.ui.accounts.state import Offer
from pingchang_geo.ui.asked import later
from pingchang_geo.ui.frame import footer, guarded
from pingchang_geo.ui.kpis import Card
from pingchang_geo.ui.registry import page_of
from pingchang_geo.ui.status_line import status_line
from pingchang_geo.ui.text import plain
from pingchang_geo.units import CO2_PER_C
from pingchang_geo.workflow.accounts import account, stock_change
from pingchang_geo.workflow.atlas import Atlas, LayerData

_SET_KEY, _BY_KEY = "accounts_set", "accounts_by"
_NAMES_SHOWN: Final = 6


def accounts_page() -> None:
    """Choices, headline figures, the account by groups, what the method changes, removal, reported stock, value."""
    page = page_of("accounts")
    with guarded():
        found = shared.atlas()
        bearing = [found[spec.id] for spec in layers.carbon_bearing() if spec.id in found]
        if not bearing:
            status_line(page, [], None, None)
            st.info("还没有带碳储量的图层。请先发布森林小班数据。", icon=":material/layers_clear:")
            return
        ctx = _context(found, bearing[0])
        status_line(page, [ctx.data], ctx.state.units, lambda choice: state.change(ctx.offer, units=choice))
        _toolbar(ctx)
        kpis.cards(_cards(ctx), key="kpi")
        _notices(ctx)
        stock.stock_section(ctx)
        stock.method_section(ctx)
        removals, mark = removal.removal_section(ctx)
        value.reported_section(ctx)
        value.value_section(ctx, removals, mark)
        footer()


def _context(found: Atlas, data: LayerData) -> AccountsContext:
    current = carbon.load()
    sets = (current, *(one for one in carbon.sets() if one.id != current.id))
    versions = data.store.versions(data.spec.id)
    proposal = stock_change.proposed(versions, data.version)
    pair = tuple(version.number if version is not None else 0 for version in (proposal.before, proposal.after))
    zones = account.zone_shares(data, layers.zones())
    groups = (*(field.name for field in account.groupings(data)), *zones)
    offer = Offer(tuple(one.id for one in sets), groups, tuple(v.number for v in versions), (pair[0], pair[1]))
    return AccountsContext(found, data, versions, sets, offer, state.read(offer))


def _toolbar(ctx: AccountsContext) -> None:
    labels = {one.id: one.label for one in ctx.sets}
    zones = account.zone_shares(ctx.data, layers.zones())
    fields = {name: ctx.data.spec.field(name).label for name in ctx.offer.groups}
    names = {name: zones[name].title + "内外" if name in zones else label for name, label in fields.items()}
    st.session_state[_SET_KEY], st.session_state[_BY_KEY] = ctx.state.set_id, ctx.state.by
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox(
            "碳参数集",
            list(labels),
            key=_SET_KEY,
            format_func=lambda name: labels[name] + ("（系统采用）" if name == ctx.offer.sets[0] else ""),
            on_change=later(lambda: state.change(ctx.offer, set_id=st.session_state[_SET_KEY])),
            width=330,
            help="地图、图表与其他页面采用系统设定的参数集；本页可换一个参数集当场计算。",
        )
        st.segmented_control(
            "分组",
            list(names),
            key=_BY_KEY,
            format_func=lambda name: names[name],
            required=True,
            on_change=later(lambda: state.change(ctx.offer, by=st.session_state[_BY_KEY])),
            width="content",
            wrap=True,
        )


def _cards(ctx: AccountsContext) -> list[Card]:
    found, choice = ctx.account, ctx.state.units
    estimate, mark = found.simulated, ctx.mark("stock_tc")
    source = _source(ctx)
    total = estimate.total
    mass, co2 = Column.of("tC", choice, [total]), Column.of("tCO₂", choice, [total])
    unknown = found.frame["stock_tc"].isna()
    lost = float(found.frame.loc[unknown, "area_ha"].sum())
    volume = float(accounts.by_group(found.frame, found.role.stand_kind)["volume_m3"].sum())
    interval = f"{mass.text(estimate.low)}–{mass.text(estimate.high)} {mass.label}"
    drawn = f"±{estimate.half_width_pct:.0f}%"
    return [
        Card("碳储量", f"{mass.text(total)} {mass.label}", "计算", source, mark=mark),
        Card(
            "折二氧化碳",
            f"{co2.text(total * CO2_PER_C)} {co2.label}",
            "计算",
            f"碳储量 × 44/12。\n\n{source}",
            mark=mark,
        ),
        Card(f"碳储量 95% 区间 {drawn}", interval, "计算", _interval_source(ctx), mark=mark),
        Card("林地面积", units.format_quantity(found.area_ha, "ha", choice), "计算", source, mark=mark),
        Card("活立木蓄积", f"{units.format_number(volume / 10_000, 1)} 万 m³", "计算", source, mark=mark),
        Card(
            "未计入碳储量",
            f"{int(unknown.sum()):,} 个小班",
            "计算",
            source,
            f"{units.format_quantity(lost, 'ha', choice)}",
            mark,
        ),
    ]


def _source(ctx: AccountsContext) -> str:
    version = ctx.data.version
    lines = [
        f"由「{ctx.data.spec.title}」{version.label}（{version.provenance.kind.label}）按「{plain(ctx.factors.label)}」计算："
        f"{plain(ctx.factors.formula)}。",
        plain(ctx.factors.note),
    ]
    return "\n\n".join([*lines, "公式、参数与来源见「方法与参数」。"])


def _interval_source(ctx: AccountsContext) -> str:
    simulated, propagated = ctx.account.simulated, ctx.account.propagated
    mass = Column.of("tC", ctx.state.units, [simulated.total])
    return "\n\n".join(
        f"{one.method}：{mass.text(one.low)}–{mass.text(one.high)} {mass.label}（±{one.half_width_pct:.1f} %"
        + (f"，{one.draws:,} 次抽样，种子 {one.seed}）" if one.draws else "）")
        for one in (simulated, propagated)
    )


def _notices(ctx: AccountsContext) -> None:
    """What is unverified in the set, and the plots without a stock by named group."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        mark = ctx.mark("stock_tc")
        if mark:
            st.badge(mark, color="orange")
        for flag, words in ctx.account.flagged:
            colour: Literal["orange", "gray"] = "orange" if flag == UNREAD else "gray"
            st.badge(f"{flag} · {words}", color=colour, help=f"{FLAG_WORDS[flag]}，见「方法与参数」。")
    lost = account.left_out(ctx.account)
    if lost:
        parts = []
        for one in lost:
            more = f"等 {len(one.names)} 类" if len(one.names) > _NAMES_SHOWN else ""
            names = "、".join(plain(name) for name in one.names[:_NAMES_SHOWN])
            area = units.format_quantity(one.area_ha, "ha", ctx.state.units)
            parts.append(f"**{one.basis}** {one.plots:,} 个小班、{area}（{names}{more}）")
        st.info("未计入碳储量：" + "；".join(parts) + "。不以相近树种或平均值代替。", icon=":material/info:")
