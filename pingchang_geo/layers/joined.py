"""Columns that joins between layers add to a declaration: shares, surroundings of zones, distances to protected areas.

They follow from the roles alone, so that a new layer joins in by declaring one: a carbon-bearing layer gets a share for
each zone layer; a zone layer with rings gets the totals around its zones, and for each protected layer the distance
to it and the area of it inside the zone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from pingchang_geo.layers import palette
from pingchang_geo.specs import FieldKind, FieldSpec, LayerSpec, SiteKind, Theme, ZoneRole

#: Of the totals around a zone only this one is offered as a colour: nine more would bury the others.
_COLOURED_TOTAL: Final = "forest_stock_tc"
#: Customary limits for distances in metres; near is dark.
_DISTANCES_M: Final = (0.0, 1000.0, 3000.0, 5000.0, 10_000.0, 20_000.0)
_WITHIN: Final = "范围内"


def buffer_note(role: ZoneRole) -> str:
    """How points count as zones, in brackets; nothing for zones that are always polygons."""
    return "" if role.point_radius_m is None else f"（仅有点位者取周边 {role.point_radius_m / 1000:g} km）"


def point_note(role: ZoneRole | None) -> str:
    """How a layer whose zones may be points counts them, for cards and charts; nothing for other layers."""
    if role is None or role.point_radius_m is None:
        return ""
    return f"仅有点位者按 {_km(role.point_radius_m)} km 圆计"


def shows_inside(names: Iterable[str]) -> bool:
    """Whether one of these columns is a total inside a zone."""
    return bool({field.name for field in palette.ZONE_TOTALS} & set(names))


def protected(specs: Iterable[LayerSpec]) -> tuple[LayerSpec, ...]:
    """Layers whose features must not be touched."""
    return tuple(spec for spec in specs if spec.site is not None and spec.site.kind is SiteKind.PROTECTED)


def ring_field(total: str, radius_m: float) -> str:
    """Column of a zone total within a radius: ``forest_stock_tc`` at 3000 m → ``forest_stock_3km_tc``."""
    first, second, unit = total.split("_", 2)
    return f"{first}_{second}_{_km(radius_m).replace('.', '_')}km_{unit}"


def distance_field(guarded: LayerSpec) -> str:
    """Column with the distance to the nearest feature of a protected layer, in metres."""
    return f"{guarded.id}_distance_m"


def overlap_field(guarded: LayerSpec) -> str:
    """Column with the area of a protected layer inside a zone, in hectares."""
    return f"{guarded.id}_overlap_ha"


def ring_fields(role: ZoneRole) -> tuple[FieldSpec, ...]:
    """Totals within each ring of a zone, radius by radius."""
    return tuple(_ring(total, radius) for radius in role.rings_m for total in palette.ZONE_TOTALS)


def with_shares(spec: LayerSpec, declared: Iterable[LayerSpec]) -> LayerSpec:
    """Carbon-bearing layers get one share column and one theme for each zone layer."""
    if spec.carbon is None:
        return spec
    roles = [other.zone for other in declared if other.zone is not None]
    fields = tuple(
        FieldSpec(
            role.share_field,
            role.share_label,
            FieldKind.NUMBER,
            unit="%",
            digits=1,
            limits=(0, 100),
            derived=True,
            filterable=True,
            help="面积加权叠加：小班落在该图层范围内的面积占小班面积的百分比" + buffer_note(role) + "。",
        )
        for role in roles
    )
    themes = tuple(
        Theme(role.share_field, role.share_label, ramp=palette.SHARE_RAMP, breaks=(0, 20, 40, 60, 80, 100))
        for role in roles
    )
    return replace(
        spec,
        fields=spec.fields + fields,
        themes=spec.themes + themes,
        popup=_after_own_carbon(spec, tuple(role.share_field for role in roles)),
    )


def with_surroundings(spec: LayerSpec, declared: Iterable[LayerSpec]) -> LayerSpec:
    """Zone layers with rings get the totals of each ring, and distance and overlap for each protected layer.

    The totals inside a zone say how points count.

    The new columns come last, so that tables begin as before; of them only distance and overlap stand in the pop-up.
    """
    role = spec.zone
    if role is None:
        return spec
    spec = replace(spec, fields=tuple(_inside(field, role) for field in spec.fields))
    if not role.rings_m:
        return spec
    guarded = [other for other in protected(declared) if other.id != spec.id]
    near = tuple(field for other in guarded for field in (_distance(other, role), _overlap(other, role)))
    rings = ring_fields(role)
    coloured = {ring_field(_COLOURED_TOTAL, radius) for radius in role.rings_m}
    themes = tuple(
        Theme(distance_field(other), f"距{other.title}", ramp=tuple(reversed(palette.SHARE_RAMP)), breaks=_DISTANCES_M)
        for other in guarded
    )
    themes += tuple(
        Theme(field.name, field.label, ramp=palette.STOCK_RAMP) for field in rings if field.name in coloured
    )
    return replace(
        spec,
        fields=spec.fields + near + rings,
        themes=spec.themes + themes,
        popup=spec.popup + tuple(field.name for field in near),
    )


def uncoloured(spec: LayerSpec) -> frozenset[str]:
    """Columns that are not offered as colours although they are numbers."""
    rings = ring_fields(spec.zone) if spec.zone is not None else ()
    return frozenset(field.name for field in rings if spec.theme(field.name) is None)


def _km(radius_m: float) -> str:
    return f"{radius_m / 1000:g}"


def _inside(field: FieldSpec, role: ZoneRole) -> FieldSpec:
    note = point_note(role)
    return replace(field, help=f"{field.help}{note}。") if note and shows_inside([field.name]) else field


def _ring(total: FieldSpec, radius_m: float) -> FieldSpec:
    return replace(
        total,
        name=ring_field(total.name, radius_m),
        label=total.label.replace(_WITHIN, f"周边 {_km(radius_m)} km "),
        # Rings of neighbouring zones overlap: their sum means nothing.
        extensive=False,
        help=f"面积加权叠加：小班按落在周边 {_km(radius_m)} km 以内（含范围本身）的面积比例计入；"
        "有边界者自边界量起，仅有点位者自点位量起。",
    )


def _distance(guarded: LayerSpec, role: ZoneRole) -> FieldSpec:
    note = "；仅有点位者自点位量起" if role.point_radius_m is not None else ""
    return FieldSpec(
        distance_field(guarded),
        f"距{guarded.title}",
        FieldKind.NUMBER,
        unit="m",
        digits=0,
        derived=True,
        filterable=True,
        help=f"到最近{guarded.noun}边界的水平直线距离，相交为 0{note}。",
    )


def _overlap(guarded: LayerSpec, role: ZoneRole) -> FieldSpec:
    return FieldSpec(
        overlap_field(guarded),
        f"{_WITHIN}{guarded.title}面积",
        FieldKind.NUMBER,
        unit="ha",
        digits=1,
        derived=True,
        extensive=True,
        help=f"落在该范围内的{guarded.title}面积{buffer_note(role)}；{guarded.noun}相互重叠处只计一次。",
    )


def _after_own_carbon(spec: LayerSpec, shares: tuple[str, ...]) -> tuple[str, ...]:
    """Pop-up order: the plot's own carbon, then its shares, then what describes the stand."""
    own = max((i for i, name in enumerate(spec.popup) if name == "removal_tco2_a"), default=-1) + 1
    return spec.popup[:own] + shares + spec.popup[own:]
