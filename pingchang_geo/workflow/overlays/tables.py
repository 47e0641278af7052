"""Columns and words of an overlay's tables, the same on the page, in the workbook and in the GeoPackage."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import shapely

from pingchang_geo import units
from pingchang_geo.overlay import CONSERVED
from pingchang_geo.specs import FieldKind, FieldSpec, LayerSpec, Theme
from pingchang_geo.workflow.atlas import LayerData
from pingchang_geo.workflow.overlays.result import LINE, POINT, POLYGON, Combined

#: Layers without categories are listed by name up to this many features.
_MOST_NAMES: Final = 200
_GROUP: Final = "group"
_IN_GROUPS: Final = {"shared_area_ha": "area_ha", "shared_length_km": "length_km", "count": "plots"}
#: Below this a relative error is rounding.
_NEGLIGIBLE: Final = 1e-12


def feature_fields(found: Combined) -> tuple[FieldSpec, ...]:
    """Columns of :attr:`Combined.features`, in the order of the table."""
    left, right = found.left.spec, found.right.spec
    fields = [
        FieldSpec("name", right.noun, FieldKind.TEXT),
        _count(found.left, "count"),
        *_quantities(found.left, found.dimensions),
        _number("share_pct", "占范围面积", "%", 1),
        _number("zone_area_ha", "范围面积", "ha", 1),
        _number("nearest_m", f"距最近{left.noun}", "m", 0),
        FieldSpec("nearest", f"最近{left.noun}", FieldKind.TEXT),
    ]
    return tuple(f for f in fields if f.name in found.features.columns)


def category_fields(found: Combined, by: str) -> tuple[FieldSpec, ...]:
    """Columns of :meth:`Combined.by_category`."""
    first = FieldSpec(_GROUP, group_label(found.left, by), FieldKind.CATEGORY)
    return (
        first,
        _count(found.left, "plots"),
        *(replace(f, name=in_groups(f.name)) for f in _quantities(found.left, found.dimensions)),
    )


def piece_fields(found: Combined) -> tuple[FieldSpec, ...]:
    """Columns of :meth:`Combined.pieces` with the names of both features and the left layer's categories."""
    left, right = found.left.spec, found.right.spec
    return (
        FieldSpec("right_name", right.title, FieldKind.TEXT),
        FieldSpec("left_name", left.title, FieldKind.TEXT),
        *(replace(left.field(name), derived=True) for name in category_names(found.left)),
        *(replace(f, name=in_groups(f.name)) for f in _quantities(found.left, found.dimensions)),
    )


def measures(left: LayerData) -> tuple[FieldSpec, ...]:
    """Columns of :attr:`Combined.features` that a chart may show: carbon first, then area and length, the number of
    features last."""
    known = left.version.dimension
    dimensions = frozenset(np.unique(shapely.get_dimensions(left.geometry))) if known is None else frozenset({known})
    quantities = sorted(_quantities(left, dimensions), key=lambda spec: not spec.unit.startswith("tC"))
    return (*quantities, _count(left, "count"))


def in_groups(measure: str) -> str:
    """Name that a column of :attr:`Combined.features` has in :meth:`Combined.by_category`."""
    return _IN_GROUPS.get(measure, measure)


def groupings(data: LayerData) -> tuple[FieldSpec, ...]:
    """Columns that the counted layer may be grouped by: its filled categories, or its names where it has none and
    they are several."""
    fields = tuple(data.spec.field(name) for name in category_names(data))
    if fields or not 1 < len(data.frame) <= _MOST_NAMES:
        return fields
    return (data.spec.field(data.spec.name_field),)


def group_label(left: LayerData, by: str) -> str:
    """What the groups of a column are called: the column's label, or the features' noun for their names."""
    return left.spec.noun if by == left.spec.name_field else left.spec.field(by).label


def category_names(data: LayerData) -> tuple[str, ...]:
    """Filled categories of a layer, the one its carbon rests on first."""
    names = [name for name in data.categories if data.spec.has(name)]
    first = data.spec.carbon.stand_type if data.spec.carbon is not None else ""
    return tuple(sorted(names, key=lambda name: name != first))


def table_spec(found: Combined) -> LayerSpec:
    """The table by zones as a layer type of its own, for charts."""
    right = found.right.spec
    return LayerSpec(
        id=f"overlay-{found.left.spec.id}-{right.id}",
        title=f"{found.left.spec.title}与{right.title}叠加",
        noun=right.noun,
        description="",
        geometry=frozenset(),
        fields=feature_fields(found),
        key=("name",),
        name_field="name",
        style=right.style,
    )


def category_spec(found: Combined, by: str) -> LayerSpec:
    """The table by categories as a layer type of its own, in the colours of the map."""
    left = found.left.spec
    theme = left.theme(by)
    themes = (Theme(_GROUP, theme.title, palette=theme.palette),) if theme is not None and theme.palette else ()
    return LayerSpec(
        id=f"overlay-{left.id}-{by}",
        title=f"{left.title}按{group_label(found.left, by)}",
        noun=left.noun,
        description="",
        geometry=frozenset(),
        fields=category_fields(found, by),
        key=(_GROUP,),
        name_field=_GROUP,
        style=left.style,
        themes=themes,
    )


def range_words(found: Combined) -> str:
    """What counts as the zone, e.g. ``AAAA 级景区及周边 3 km``."""
    around = f"及周边 {found.buffer_m / 1000:g} km" if found.buffer_m else ""
    radius = _radius_m(found)
    points = f"（仅有点位者取点位周边 {radius / 1000:g} km）" if radius else ""
    return f"{found.right.spec.title}{around}{points}"


def method_words(found: Combined) -> str:
    """How the figures came about, in one line."""
    left = found.left.spec
    how = []
    if POLYGON in found.dimensions:
        how.append(f"{left.noun}按落在范围内的面积占其面积的比例计入")
    if LINE in found.dimensions:
        how.append("线按范围内的长度计")
    if POINT in found.dimensions:
        how.append("点按是否落在范围内计")
    once = "；范围相互重叠处，各行分别计入，合计只计一次"
    nearest = "；最近距离自范围要素本身（不含周边）量起" if "nearest_m" in found.features else ""
    return (
        f"范围：{range_words(found)}。面积加权叠加（以县域为中心的等积投影，GRS80）：{'，'.join(how)}{once}{nearest}。"
    )


def balance_words(found: Combined) -> str:
    """Whether area was conserved, in words with the figures; nothing where there is no area to conserve."""
    balance = found.balance
    if balance is None:
        return ""
    parts = [units.format_number(m2 / units.HA_M2, 1) for m2 in (balance.assigned_m2, balance.outside_m2)]
    total = units.format_number(balance.total_m2 / units.HA_M2, 1)
    error = f"{balance.relative:.1e}" if balance.relative >= _NEGLIGIBLE else f"小于 {_NEGLIGIBLE:.0e}"
    if not balance.holds:
        residual = units.format_number(balance.absolute_m2 / units.HA_M2)
        return (
            f"面积不守恒：范围内 {parts[0]} 公顷 + 范围外 {parts[1]} 公顷，全部 {total} 公顷，"
            f"各要素差值的绝对值合计 {residual} 公顷，"
            f"相对误差 {error}（限差 {CONSERVED:.0e}）。请检查两个图层的图形后重新发布。"
        )
    return (
        f"面积守恒：范围内 {parts[0]} 公顷 + 范围外 {parts[1]} 公顷 = 全部 {total} 公顷，"
        f"相对误差{'' if error.startswith('小') else ' '}{error}（限差 {CONSERVED:.0e}）。"
    )


def _radius_m(found: Combined) -> float:
    """Radius taken around points where it exceeds the buffer; 0 where no point counts."""
    role = found.right.spec.zone
    radius = role.point_radius_m if role is not None else None
    return radius if radius is not None and radius > found.buffer_m and found.has_points else 0.0


def _quantities(left: LayerData, dimensions: frozenset[int]) -> list[FieldSpec]:
    fields = []
    if POLYGON in dimensions:
        fields.append(_number("shared_area_ha", "叠加面积", "ha", 1, extensive=True))
    if LINE in dimensions:
        fields.append(_number("shared_length_km", "叠加长度", "km", 2, extensive=True))
    if left.spec.carbon is not None:
        fields += [replace(left.spec.field(name), digits=0) for name in ("stock_tc", "removal_tco2_a")]
    return fields


def _count(left: LayerData, name: str) -> FieldSpec:
    return _number(name, f"{left.spec.noun}数", "个", 0, extensive=True)


def _number(name: str, label: str, unit: str, digits: int, *, extensive: bool = False) -> FieldSpec:
    return FieldSpec(name, label, FieldKind.NUMBER, unit=unit, digits=digits, derived=True, extensive=extensive)
