"""The registry of layer types, in the order the layer switch shows them.

To add a layer: one file here that declares a :class:`~pingchang_geo.specs.LayerSpec`, one line in ``_DECLARED``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from pingchang_geo.errors import UnknownLayerError
from pingchang_geo.layers import boundaries, forest, palette, parks, redline, scenic
from pingchang_geo.specs import FieldKind, FieldSpec, LayerSpec, Theme, ZoneRole

_DECLARED: Final = (
    redline.SPEC,
    forest.SPEC,
    scenic.SPEC,
    parks.SPEC,
    boundaries.TOWNSHIPS,
    boundaries.RIVERS,
    boundaries.COUNTY,
    boundaries.NEIGHBOURS,
)


def buffer_note(role: ZoneRole) -> str:
    """How points count as zones, in brackets; nothing for zones that are always polygons."""
    return "" if role.point_radius_m is None else f"（仅有点位者取周边 {role.point_radius_m / 1000:g} km）"


def _with_zone_shares(spec: LayerSpec) -> LayerSpec:
    """Carbon-bearing layers get one share column and one theme for each zone layer, so that a new zone joins in."""
    if spec.carbon is None:
        return spec
    roles = [other.zone for other in _DECLARED if other.zone is not None]
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
        popup=_shares_after_own_carbon(spec, tuple(role.share_field for role in roles)),
    )


def _shares_after_own_carbon(spec: LayerSpec, shares: tuple[str, ...]) -> tuple[str, ...]:
    """Pop-up order: the plot's own carbon, then its shares, then what describes the stand."""
    own = max((i for i, name in enumerate(spec.popup) if name == "removal_tco2_a"), default=-1) + 1
    return spec.popup[:own] + shares + spec.popup[own:]


def _with_every_theme(spec: LayerSpec) -> LayerSpec:
    """Any quantity and any category may colour the map: those without a theme of their own get a plain one."""
    themed = {theme.field for theme in spec.themes}
    plain = tuple(
        Theme(field.name, field.label, ramp=_ramp(field) if field.kind is FieldKind.NUMBER else ())
        for field in spec.fields
        if field.name not in themed and field.kind is not FieldKind.TEXT and not spec.base_map
    )
    return replace(spec, themes=spec.themes + plain)


def _ramp(field: FieldSpec) -> tuple[str, ...]:
    if field.unit.startswith("tC"):
        return palette.REMOVAL_RAMP if field.unit.startswith("tCO") else palette.STOCK_RAMP
    return palette.GREEN_RAMP


REGISTRY: Final[Mapping[str, LayerSpec]] = MappingProxyType(
    {spec.id: _with_every_theme(_with_zone_shares(spec)) for spec in _DECLARED}
)


def get(layer_id: str) -> LayerSpec:
    """Specification by id.

    Raises:
        UnknownLayerError: no such layer; the message lists those there are.
    """
    try:
        return REGISTRY[layer_id]
    except KeyError:
        known = "、".join(f"{spec.id}（{spec.title}）" for spec in REGISTRY.values())
        raise UnknownLayerError(f"没有名为「{layer_id}」的图层。", fix=f"可用的图层：{known}。") from None


def all_specs() -> tuple[LayerSpec, ...]:
    """Every layer type, in display order."""
    return tuple(REGISTRY.values())


def zones() -> tuple[LayerSpec, ...]:
    """Layers that plots are summed over."""
    return tuple(spec for spec in REGISTRY.values() if spec.zone is not None)


def carbon_bearing() -> tuple[LayerSpec, ...]:
    """Layers whose features carry carbon."""
    return tuple(spec for spec in REGISTRY.values() if spec.carbon is not None)


def behind(spec: LayerSpec, fields: Iterable[str] = ()) -> tuple[str, ...]:
    """Ids of every layer whose data stand behind these columns of a layer, its own first.

    A share of a zone depends on the zone layer, a total inside a zone on the carbon-bearing layers: outputs that show
    them carry the mark of those layers as well.
    """
    names = set(fields)
    ids = [spec.id]
    if spec.carbon is not None:
        ids += [zone.id for zone in zones() if zone.zone is not None and zone.zone.share_field in names]
    if spec.zone is not None and names & {field.name for field in palette.ZONE_TOTALS}:
        ids += [layer.id for layer in carbon_bearing()]
    return tuple(ids)
