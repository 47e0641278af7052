"""Ready results: what every publish computes anyway, as tables to look at and take away.

Which there are follows from the roles: plots inside and outside each protected layer, zones with their surroundings,
plots by the first part of their key (the place), and zone layers that are places themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from pingchang_geo import accounts, carbon, layers, overlay, proximity
from pingchang_geo.layers import joined, palette
from pingchang_geo.specs import Chart, FieldKind, FieldSpec, LayerSpec, Theme
from pingchang_geo.workflow.atlas import Atlas, LayerData
from pingchang_geo.workflow.overlays.result import screen_outline

_GROUP: Final = "group"
_BY_SHARE: Final = "面积加权叠加（以县域为中心的等积投影，GRS80）：小班按落在范围内的面积占其面积的比例计入"


@dataclass(frozen=True)
class Ready:
    """One ready result.

    Attributes:
        id: in the address.
        frame: m rows; where ``zone`` is a layer, its rows in their order.
        spec: describes the columns, for tables and charts.
        measures: columns that a chart may show, the most telling first.
        behind: layers it rests on.
        words: how it came about, in one line.
        colour: layer and column that the map is coloured by.
        layers: counted layer and zone layer of the overlay that shows the same in more detail, if there is one.
    """

    id: str
    title: str
    frame: pd.DataFrame
    spec: LayerSpec
    measures: tuple[FieldSpec, ...]
    behind: tuple[str, ...]
    words: str
    colour: tuple[str, str]
    zone: LayerData | None = None
    layers: tuple[str, str] | None = None

    @property
    def fields(self) -> tuple[FieldSpec, ...]:
        """Columns of the table."""
        return tuple(f for f in self.spec.fields if f.name in self.frame.columns)

    @property
    def by(self) -> str:
        """Column that names the rows."""
        return self.spec.name_field

    def chart(self, measure: FieldSpec) -> Chart:
        """Bars of one measure."""
        return Chart(f"ready-{self.id}", f"{self.title}：{measure.label.partition('（')[0]}", self.by, measure.name)

    @cached_property
    def outlines(self) -> tuple[tuple[float, Any], ...]:
        """Radius in metres and outline (EPSG:4490) of each ring around the zones."""
        role = self.zone.spec.zone if self.zone is not None else None
        if self.zone is None or role is None:
            return ()
        return tuple(
            (radius, screen_outline(overlay.zone_polygons(self.zone.metres, None, radius))) for radius in role.rings_m
        )


def ready_results(atlas: Atlas) -> tuple[Ready, ...]:
    """Every ready result that the published layers allow."""
    return tuple(_all(atlas))


def _all(atlas: Atlas) -> Iterator[Ready]:
    plots = [atlas[spec.id] for spec in layers.carbon_bearing() if spec.id in atlas]
    for data in plots:
        for zones in layers.protected():
            if zones.zone is not None and zones.zone.share_field in data.frame.columns:
                yield _inside_outside(data, zones)
    for spec in layers.zones():
        if spec.zone is not None and spec.zone.rings_m and spec.id in atlas and plots:
            yield _surroundings(atlas, atlas[spec.id], plots[0])
    for data in plots:
        place = data.spec.field(data.spec.key[0])
        if place.kind is FieldKind.CATEGORY and place.name in data.filled:
            yield _by_place(data, place)
    for spec in layers.zones():
        whole = spec.zone is not None and not spec.zone.rings_m and spec not in layers.protected()
        if whole and spec.id in atlas and plots:
            yield _totals(atlas[spec.id], plots[0])


def _inside_outside(plots: LayerData, zones: LayerSpec) -> Ready:
    assert zones.zone is not None
    share = zones.zone.share_field
    table = accounts.inside_outside(plots.frame, share)
    table[_GROUP] = [f"{zones.title}{word}" for word in table[_GROUP]]
    for name in ("area_ha", "stock_tc"):
        whole = table[name].sum()
        table[f"{name.partition('_')[0]}_pct"] = table[name] / whole * 100 if whole else np.nan
    border = int(table["border_plots"].iloc[0])
    noun = plots.spec.noun
    words = (
        f"{_BY_SHARE}，内外之和等于全部；{border:,} 个跨界{noun}按面积拆分，个数计入面积较大的一侧。{_caveat(plots)}"
    )
    spec = _table(plots.spec, "位置", {zones.title + "内": zones.style.color, zones.title + "外": palette.ACCENT})
    return Ready(
        id=f"{zones.id}-{plots.spec.id}",
        title=f"{zones.title}内外",
        frame=table,
        spec=spec,
        measures=_account_measures(spec),
        behind=(plots.spec.id, zones.id),
        words=words,
        colour=(plots.spec.id, share),
        layers=(plots.spec.id, zones.id),
    )


def _by_place(plots: LayerData, place: FieldSpec) -> Ready:
    table = accounts.by_group(plots.frame, place.name)
    words = f"按{plots.spec.noun}所填「{place.label}」汇总，{plots.spec.noun}不拆分。{_caveat(plots)}"
    spec = _table(plots.spec, place.label, {})
    return Ready(
        id=f"{place.name}-{plots.spec.id}",
        title=f"各{place.label}",
        frame=table,
        spec=spec,
        measures=_account_measures(spec),
        behind=(plots.spec.id,),
        words=words,
        colour=(plots.spec.id, place.name),
    )


def _caveat(plots: LayerData) -> str:
    """What goes with sums of the removal of these plots."""
    role = plots.spec.carbon
    if role is None or not {role.stand_kind, "removal_tco2_a"} <= set(plots.frame.columns):
        return ""
    removal = plots.frame["removal_tco2_a"].to_numpy(dtype=np.float64, na_value=np.nan)
    text = carbon.sum_caveat(plots.frame[role.stand_kind], removal)
    return f"年固碳量：{text}" if text else ""


def _account_measures(spec: LayerSpec) -> tuple[FieldSpec, ...]:
    return tuple(spec.field(name) for name in ("stock_tc", "area_ha", "removal_tco2_a", "plots"))


def _table(plots: LayerSpec, label: str, colours: dict[str, str]) -> LayerSpec:
    """The columns of the accounts as a layer type of their own."""

    def number(name: str, label: str, unit: str, digits: int) -> FieldSpec:
        return FieldSpec(name, label, FieldKind.NUMBER, unit=unit, digits=digits, derived=True, extensive=True)

    fields = (
        FieldSpec(_GROUP, label, FieldKind.CATEGORY),
        number("plots", f"{plots.noun}数", "个", 0),
        number("area_ha", "面积", "ha", 1),
        number("area_pct", "占面积", "%", 2),
        number("volume_m3", "蓄积", "m³", 0),
        replace(plots.field("stock_tc"), digits=0),
        number("stock_pct", "占碳储量", "%", 2),
        number("stock_tco2", "碳储量（折二氧化碳）", "tCO₂", 0),
        replace(plots.field("removal_tco2_a"), digits=0),
        number("unknown_area_ha", "碳储量未知面积", "ha", 1),
    )
    themes = (Theme(_GROUP, label, palette=colours),) if colours else ()
    return LayerSpec(
        id=f"ready-{plots.id}",
        title=plots.title,
        noun=plots.noun,
        description="",
        geometry=frozenset(),
        fields=fields,
        key=(_GROUP,),
        name_field=_GROUP,
        style=plots.style,
        themes=themes,
    )


def _surroundings(atlas: Atlas, zones: LayerData, plots: LayerData) -> Ready:
    spec, role = zones.spec, zones.spec.zone
    assert role is not None
    guarded = [other for other in layers.protected() if other.id != spec.id and other.id in atlas]
    frame, extra = zones.frame, []
    for other in guarded:
        near = proximity.nearest(zones.metres, atlas[other.id].tree)
        name = f"{other.id}_nearest"
        frame = frame.assign(**{name: [atlas[other.id].titles[row] if row >= 0 else "" for row in near.row]})
        extra.append(FieldSpec(name, f"最近{other.noun}", FieldKind.TEXT))
    near_fields = [spec.field(f(other)) for other in guarded for f in (joined.distance_field, joined.overlap_field)]
    fields = (
        spec.field(spec.name_field),
        *(f for f in spec.fields if f.name == palette.LOCATION.name),
        palette.AREA,
        *near_fields,
        *extra,
        *palette.ZONE_TOTALS,
        *joined.ring_fields(role),
    )
    described = replace(spec, fields=fields, key=(spec.name_field,), themes=(), charts=(), control_totals=(), **_BARE)
    quantities = [f for f in (*palette.ZONE_TOTALS, *joined.ring_fields(role)) if f.name in zones.filled]
    # Distances are no measure to add up or rank by length: the page shows them nearest first.
    inside = [spec.field(joined.overlap_field(other)) for other in guarded]
    measures = sorted(quantities, key=_stock_first) + [f for f in inside if f.name in zones.filled]
    radii = "、".join(f"{radius / 1000:g}" for radius in role.rings_m)
    words = (
        f"{_BY_SHARE}{layers.joined.buffer_note(role)}；周边 {radii} km 含范围本身，"
        f"有边界者自边界量起，仅有点位者自点位量起；距离为水平直线距离，相交为 0。{_caveat(plots)}"
    )
    return Ready(
        id=spec.id,
        title=f"各{spec.noun}",
        frame=frame,
        spec=described,
        measures=tuple(measures),
        behind=(spec.id, plots.spec.id, *(other.id for other in guarded)),
        words=words,
        colour=(plots.spec.id, plots.spec.themes[0].field),
        zone=zones,
        layers=(plots.spec.id, spec.id),
    )


def _totals(zones: LayerData, plots: LayerData) -> Ready:
    spec = zones.spec
    fields = (spec.field(spec.name_field), palette.AREA, *palette.ZONE_TOTALS)
    described = replace(spec, fields=fields, key=(spec.name_field,), themes=(), charts=(), control_totals=(), **_BARE)
    return Ready(
        id=spec.id,
        title=f"各{spec.noun}",
        frame=zones.frame,
        spec=described,
        measures=tuple(sorted((f for f in palette.ZONE_TOTALS if f.name in zones.filled), key=_stock_first)),
        behind=(spec.id, plots.spec.id),
        words=f"{_BY_SHARE}。{_caveat(plots)}",
        colour=(plots.spec.id, plots.spec.themes[0].field),
        zone=zones,
        layers=(plots.spec.id, spec.id),
    )


#: Declarations that name columns which the table does not have.
_BARE: Final[dict[str, Any]] = {"popup": (), "tooltip": (), "search": (), "zone": None, "site": None}


def _stock_first(spec: FieldSpec) -> bool:
    return not spec.unit.startswith("tC") or spec.unit.startswith("tCO")
