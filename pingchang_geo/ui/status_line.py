"""The thin line on top: what page, which data versions, which units, and how to share the view."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Literal
from urllib.parse import urlencode

import streamlit as st

from pingchang_geo.provenance import Kind
from pingchang_geo.ui.registry import PageEntry
from pingchang_geo.ui.text import plain
from pingchang_geo.units import AreaUnit, MassUnit, UnitChoice
from pingchang_geo.workflow.atlas import LayerData

_COLORS: Final[dict[Kind, Literal["orange", "green", "blue"]]] = {
    Kind.REFERENCE: "orange",
    Kind.OFFICIAL: "green",
    Kind.SURVEY: "blue",
}
_AREA_KEY, _MASS_KEY = "unit_area", "unit_mass"

#: Called with the units the reader picked.
OnUnits = Callable[[UnitChoice], None]


def status_line(
    page: PageEntry, shown: Iterable[LayerData], units: UnitChoice | None, on_units: OnUnits | None
) -> None:
    """Title, version badges, unit switches (where the page has quantities to switch) and the link."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="status_line"):
        st.markdown(f"#### {page.icon} {page.title}", width="content")
        for data in shown:
            source = data.version.provenance
            st.badge(
                f"{data.spec.title} {data.version.label} · {source.kind.label}",
                color=_COLORS[source.kind],
                help=_about(data),
            )
        st.space("stretch")
        if units is not None and on_units is not None:
            _unit_switches(units, on_units)
        _share()


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
            on_change=picked,
            label_visibility="collapsed",
            width="content",
        )


def _share() -> None:
    with st.popover("分享", icon=":material/share:", type="tertiary", width="content"):
        st.markdown("地址栏记录了当前页面、筛选、图层与单位，复制后发给他人即可看到同样的内容。")
        base = (st.context.url or "").split("?")[0]
        query = urlencode(st.query_params.to_dict(), safe=",:~")
        st.code(f"{base}?{query}" if query else base, language=None, wrap_lines=True)
