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
from pingchang_geo.specs import FieldKind, FieldSpec, LayerSpec, Theme

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
            help="面积加权叠加：小班落在该图层范围内的面积占小班面积的百分比。",
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
        popup=spec.popup + tuple(role.share_field for role in roles),
    )


REGISTRY: Final[Mapping[str, LayerSpec]] = MappingProxyType({spec.id: _with_zone_shares(spec) for spec in _DECLARED})


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
