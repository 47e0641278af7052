"""The thin line on top: what page, which data versions, which units, how to share the view, who has signed in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Literal

import streamlit as st

from pingchang_geo.provenance import Kind
from pingchang_geo.ui import scripts
from pingchang_geo.ui.account_menu import account_menu
from pingchang_geo.ui.asked import later
from pingchang_geo.ui.registry import PAGES, PageEntry
from pingchang_geo.ui.text import plain
from pingchang_geo.units import AreaUnit, MassUnit, UnitChoice
from pingchang_geo.workflow.atlas import LayerData

_COLORS: Final[dict[Kind, Literal["orange", "green", "blue"]]] = {
    Kind.REFERENCE: "orange",
    Kind.OFFICIAL: "green",
    Kind.SURVEY: "blue",
}
#: Badges that one line holds at a width of 1366 px.
_MOST_BADGES: Final = 4
_AREA_KEY, _MASS_KEY = "unit_area", "unit_mass"

#: Called with the units the reader picked.
OnUnits = Callable[[UnitChoice], None]


def status_line(
    page: PageEntry,
    shown: Iterable[LayerData],
    units: UnitChoice | None,
    on_units: OnUnits | None,
    *,
    unshared: str = "",
    more: Callable[[], None] | None = None,
) -> None:
    """Title, version badges, unit switches (where the page has quantities to switch), the link and the account.

    ``unshared`` says what the link cannot carry; ``more`` draws what a page has besides.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="status_line"):
        st.markdown(f"#### {page.icon} {page.title}", width="content")
        _versions(list(shown), _MOST_BADGES - (page.default and more is not None))
        st.space("stretch")
        if page.default:
            _promoted()
        if units is not None and on_units is not None:
            _unit_switches(units, on_units)
        if more is not None:
            more()
        _share(unshared)
        account_menu()


def _promoted() -> None:
    """Ways from the start page to what its readers most often come for."""
    for entry in PAGES:
        if entry.promoted:
            with st.container(key=f"promoted_{entry.path}", width="content"):
                st.page_link(entry.script, label=entry.title, icon=entry.icon, help=entry.help)


def _versions(shown: list[LayerData], most: int) -> None:
    """One badge a layer; beyond what one line holds they stand in a pop-over."""
    if len(shown) <= most:
        for data in shown:
            _badge(data)
        return
    kinds = {data.version.provenance.kind for data in shown}
    kind = Kind.REFERENCE if Kind.REFERENCE in kinds else next(iter(kinds)) if len(kinds) == 1 else None
    words = f"数据 {len(shown)} 层" + (f" · {kind.label}" if kind else "")
    with st.popover(words, type="tertiary", width="content", help="各图层的数据版本与来源"):
        for data in shown:
            _badge(data)
            st.caption(_about(data))


def _badge(data: LayerData) -> None:
    source = data.version.provenance
    words = f"{data.spec.title} {data.version.label} · {source.kind.label}"
    st.badge(words, color=_COLORS[source.kind], help=_about(data))


def _about(data: LayerData) -> str:
    source = data.version.provenance
    lines = [f"来源：{plain(source.source)}"]
    lines += [
        f"{label}：{plain(text)}" for label, text in (("数据时点", source.as_of), ("许可", source.licence)) if text
    ]
    lines += [f"共 {data.version.rows:,} 个{data.spec.noun}，发布于 {data.version.published_at[:10]}"]
    return "  \n".join([*lines, plain(source.note)] if source.note else lines)


def _unit_switches(units: UnitChoice, on_units: OnUnits) -> None:
    areas = {unit.value.label: unit for unit in AreaUnit}
    masses = {unit.value.label: unit for unit in MassUnit}

    def picked() -> None:
        area, mass = str(st.session_state.get(_AREA_KEY)), str(st.session_state.get(_MASS_KEY))
        on_units(UnitChoice(areas.get(area, units.area), masses.get(mass, units.mass)))

    st.session_state[_AREA_KEY] = units.area.value.label
    st.session_state[_MASS_KEY] = units.mass.value.label
    for label, options, key in (("面积单位", areas, _AREA_KEY), ("质量单位", masses, _MASS_KEY)):
        st.segmented_control(
            label,
            list(options),
            key=key,
            required=True,
            on_change=later(picked),
            label_visibility="collapsed",
            width="content",
        )


def _share(unshared: str) -> None:
    with st.popover(
        "分享", icon=":material/share:", type="tertiary", width="content", key="share", on_change="rerun"
    ) as panel:
        if not panel.open:
            return
        st.markdown("下面的地址记录了当前页面、筛选、图层、视野与单位，复制后发给他人即可看到同样的内容。")
        if unshared:
            st.warning(unshared, icon=":material/link_off:")
        # The map writes its view into the address without telling Python: only the browser knows the whole of it.
        st.html(scripts.ADDRESS, unsafe_allow_javascript=True)
