"""The registry of layer types, in the order the layer switch shows them.

To add a layer: one file here that declares a :class:`~pingchang_geo.specs.LayerSpec`, one line in ``_DECLARED``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from pingchang_geo.errors import UnknownLayerError
from pingchang_geo.layers import boundaries, forest, joined, palette, parks, redline, scenic
from pingchang_geo.specs import FieldKind, FieldSpec, LayerSpec, Theme

__all__ = [
    "REGISTRY",
    "all_specs",
    "behind",
    "carbon_bearing",
    "get",
    "joined",
    "protected",
    "zones",
]

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


def _with_every_theme(spec: LayerSpec) -> LayerSpec:
    """Any quantity and any category may colour the map: those without a theme of their own get a plain one, totals
    of rings excepted."""
    themed = {theme.field for theme in spec.themes} | joined.uncoloured(spec)
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
    {
        spec.id: _with_every_theme(joined.with_surroundings(joined.with_shares(spec, _DECLARED), _DECLARED))
        for spec in _DECLARED
    }
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


def protected() -> tuple[LayerSpec, ...]:
    """Layers whose features must not be touched; zones know their distance to them."""
    return joined.protected(REGISTRY.values())


def behind(spec: LayerSpec, fields: Iterable[str] = ()) -> tuple[str, ...]:
    """Ids of every layer whose data stand behind these columns of a layer, its own first.

    A share of a zone depends on the zone layer, a total inside or around a zone on the carbon-bearing layers, the
    distance to a protected layer on that layer: outputs that show them carry the mark of those layers as well.
    """
    names = set(fields)
    ids = [spec.id]
    if spec.carbon is not None:
        ids += [zone.id for zone in zones() if zone.zone is not None and zone.zone.share_field in names]
    if spec.zone is not None:
        totals = (*palette.ZONE_TOTALS, *joined.ring_fields(spec.zone))
        if names & {field.name for field in totals}:
            ids += [layer.id for layer in carbon_bearing()]
        ids += [
            layer.id
            for layer in protected()
            if layer.id != spec.id and names & {joined.distance_field(layer), joined.overlap_field(layer)}
        ]
    return tuple(ids)
