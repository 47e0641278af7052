"""Key figures of an overlay and of a ready result."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from pingchang_geo import units
from pingchang_geo.filters import Filter
from pingchang_geo.layers import joined, protected
from pingchang_geo.ui import data as shared
from pingchang_geo.ui import kpis, totals
from pingchang_geo.ui.kpis import Card
from pingchang_geo.ui.overlay.context import OverlayContext, parameters
from pingchang_geo.ui.state import View
from pingchang_geo.ui.text import plain
from pingchang_geo.units import UnitChoice
from pingchang_geo.workflow.atlas import LayerData
from pingchang_geo.workflow.overlays import POLYGON, Combined, Ready, tables


def overlay_cards(ctx: OverlayContext, found: Combined) -> list[Card]:
    """What has a part in the zones, overlaps once, and its share of the whole counted layer."""
    left, sums = found.left, found.totals
    rows = len(left.frame)
    share = _share(sums.count, rows)
    items = [_card(ctx, found, f"范围内{left.spec.noun}", f"{sums.count:,} 个", hint=share)]
    quantities = (
        ("叠加面积", "ha", sums.area_ha, _whole(left, "area_ha"), tables.balance_words(found)),
        ("叠加长度", "km", sums.length_km, math.nan, ""),
        ("碳储量", "tC", sums.stock_tc, _whole(left, "stock_tc"), _unknown(found)),
        ("年固碳量", "tCO₂/年", sums.removal_tco2_a, _whole(left, "removal_tco2_a"), found.sum_caveat),
    )
    for label, unit, value, whole, note in quantities:
        if value is not None:
            text = units.format_quantity(value, unit, units.fitting(unit, ctx.units, value))
            items.append(_card(ctx, found, label, text, hint=_share(value, whole), note=note))
    if "nearest_m" in found.features and (POLYGON not in found.dimensions or not sums.count):
        items.append(_nearest_card(ctx, found))
    return items


def ready_cards(ctx: OverlayContext, found: Ready) -> list[Card]:
    """Parts of the whole where the result has two of them, else the sums of its zones or plots."""
    if "stock_pct" in found.frame:
        return list(_part_cards(ctx, found))
    data = found.zone if found.zone is not None else ctx.atlas[found.behind[0]]

    def mark_of(name: str) -> str:
        return shared.mark(ctx.atlas, data.spec, [name] if name else [])

    items = kpis.computed(ctx.atlas, View.of(data, Filter()), ctx.units, mark_of)
    return [*items, *_distance_cards(ctx, data)]


def _card(ctx: OverlayContext, found: Combined, label: str, value: str, *, hint: str = "", note: str = "") -> Card:
    ids = (found.left.spec.id, found.right.spec.id)
    lines = [f"由{plain(ctx.versions(ids))}计算。", plain(tables.method_words(found))]
    if label == "碳储量":
        lines.append(f"参数：{plain(found.parameters)}")
    lines += [plain(note)] if note else []
    lines += [f":orange-badge[{found.mark}] 图形与属性仅供示意，不得作为管理依据。"] if found.mark else []
    return Card(label, value, "计算", "\n\n".join(lines), hint, found.mark)


def _nearest_card(ctx: OverlayContext, found: Combined) -> Card:
    distances = found.features["nearest_m"].to_numpy(dtype=np.float64)
    row = int(np.nanargmin(distances)) if not np.isnan(distances).all() else -1
    value = units.format_quantity(float(distances[row]) if row >= 0 else None, "m", digits=0)
    names = [str(found.features[name].iloc[row]) for name in ("name", "nearest")] if row >= 0 else []
    note = f"{plain(names[0])}与{plain(names[1] or found.left.spec.noun)}最近。" if names else ""
    return _card(ctx, found, "最近距离", value, note=note)


def _part_cards(ctx: OverlayContext, found: Ready) -> Iterator[Card]:
    inside = found.frame.iloc[0]
    mark = ctx.mark(found.behind)
    words = plain(parameters(ctx.atlas[found.behind[0]]))
    lines = [f"由{plain(ctx.versions(found.behind))}计算。", plain(found.words), f"参数：{words}"]
    lines += [f":orange-badge[{mark}] 图形与属性仅供示意，不得作为管理依据。"] if mark else []
    place = str(inside[found.by])
    for name in ("area_ha", "stock_tc", "removal_tco2_a"):
        field = found.spec.field(name)
        yield Card(
            f"{place}{kpis.short(field.label)}",
            _quantity(float(inside[name]), field.unit, ctx.units),
            "计算",
            "\n\n".join(lines),
            _share(float(inside[name]), float(found.frame[name].sum())),
            mark,
        )


def _distance_cards(ctx: OverlayContext, data: LayerData) -> Iterator[Card]:
    """How many zones touch each protected layer, and how near the nearest of the others is."""
    for layer in protected():
        name = joined.distance_field(layer)
        if name not in data.frame:
            continue
        distance_m = totals.column(data, name)
        touching = int((distance_m == 0).sum())
        apart = np.where(distance_m > 0, distance_m, np.inf)
        nearest = int(np.argmin(apart))
        value = f"{touching} 个" if touching else units.format_quantity(float(apart[nearest]), "m", digits=0)
        label = f"触及{layer.title}" if touching else f"距{layer.title}最近"
        who = "" if touching else f"{plain(str(data.titles[nearest]))}。"
        mark = shared.mark(ctx.atlas, data.spec, [name])
        source = f"{who}{plain(data.spec.field(name).help)}\n\n由{plain(ctx.versions((data.spec.id, layer.id)))}计算。"
        yield Card(label, value, "计算", source, "", mark)


def _whole(data: LayerData, name: str) -> float:
    return totals.total(totals.column(data, name)) if name in data.frame else math.nan


def _unknown(found: Combined) -> str:
    sums = found.totals
    if not sums.unknown_plots:
        return ""
    area = units.format_number(sums.unknown_area_ha, 1)
    return f"其中 {sums.unknown_plots:,} 个{found.left.spec.noun}（{area} 公顷）碳储量未知，未计入。"


def _share(part: float | None, whole: float) -> str:
    if part is None or not math.isfinite(part) or not whole > 0:
        return ""
    return f"占 {100 * part / whole:.1f}%"


def _quantity(value: float, unit: str, choice: UnitChoice) -> str:
    return units.format_quantity(value, unit, units.fitting(unit, choice, value))
