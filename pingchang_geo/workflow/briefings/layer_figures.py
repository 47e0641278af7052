"""Figures of one published layer, by the names that :mod:`pingchang_geo.workflow.briefings.figures` lists."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pingchang_geo import carbon, layers, units
from pingchang_geo.layers import palette
from pingchang_geo.specs import FieldKind, FieldSpec
from pingchang_geo.units import AreaUnit, MassUnit, UnitChoice
from pingchang_geo.workflow.atlas import Atlas, LayerData
from pingchang_geo.workflow.briefings.figure import (
    Figure,
    MissingFigureError,
    caveat,
    method_of,
    short,
    unverified_note,
    version_words,
)
from pingchang_geo.workflow.briefings.quantity import WANMU, Quantity, quantity, scale

Floats = NDArray[np.float64]

_AREAS: Final = {unit.value.code: unit for unit in AreaUnit} | {WANMU: AreaUnit.MU}
_MASSES: Final = {unit.value.code: unit for unit in MassUnit}
_BY_SHARE: Final = "小班按落在范围内的面积比例计入，重叠处只计一次"


@dataclass(frozen=True, slots=True)
class Units:
    """Units, and whether the name itself asked for them (``fixed`` ``wanmu`` means 万亩)."""

    choice: UnitChoice
    fixed: str = ""


def units_of(choice: UnitChoice, unit: str, name: str) -> Units:
    """Units of a figure: the reader's, or those that its ``name`` asks for behind an ``@``."""
    if not unit:
        return Units(choice)
    if unit in _AREAS:
        return Units(replace(choice, area=_AREAS[unit]), unit)
    if unit in _MASSES:
        return Units(replace(choice, mass=_MASSES[unit]), unit)
    raise MissingFigureError(f"「{name}」中的单位「{unit}」不存在")


@dataclass(frozen=True)
class LayerFigure:
    """Makes the figure ``name`` of a layer.

    ``plots`` is the layer that carries carbon, None while there is none; ``interval`` gives its 95 % interval.
    """

    atlas: Atlas
    data: LayerData
    plots: LayerData | None
    interval: Callable[[], carbon.Estimate]
    name: str
    units: Units

    def figure(self, rest: Sequence[str]) -> Figure:
        """The figure behind ``<layer>.``; see the module."""
        known: dict[tuple[str, int], Callable[..., Figure]] = {
            ("count", 1): lambda _: self._count(),
            ("count", 3): lambda _, by, value: self._count(by, value),
            ("pct", 4): lambda _, field, by, value: self._part(field, by, value),
            ("mean", 2): lambda _, field: self._mean(field),
            ("min", 2): lambda _, field: self._extreme(field, "最小", np.nanmin),
            ("max", 2): lambda _, field: self._extreme(field, "最大", np.nanmax),
            ("top", 3): lambda _, field, by: self._top(field, by),
            ("top_pct", 3): lambda _, field, by: self._top(field, by, share=True),
            ("inside", 2): lambda _, field: self._inside(field),
            ("inside_pct", 2): lambda _, field: self._inside(field, share=True),
            ("stock_tco2", 1): lambda _: self._stock_tco2(),
            ("interval", 1): lambda _: self._interval(),
            ("version", 1): lambda _: self._words("图层版本", version_words(self.data)),
            ("kind", 1): lambda _: self._words("数据性质", self.data.version.provenance.kind.label),
            ("caveat", 1): lambda _: self._words("图层说明", caveat(self.data)),
        }
        if (rest[0], len(rest)) in known:
            return known[rest[0], len(rest)](*rest)
        if len(rest) in (1, 3):
            return self._sum(*rest)
        raise self._missing()

    def _missing(self, why: str = "") -> MissingFigureError:
        title = self.data.spec.title
        return MissingFigureError(why or f"图层「{title}」没有名为「{self.name}」的计算值")

    def _number(self, name: str) -> tuple[FieldSpec, Floats]:
        spec = self.data.spec
        if not spec.has(name) or spec.field(name).kind is not FieldKind.NUMBER:
            raise self._missing()
        if name not in self.data.filled:
            raise self._missing(f"{version_words(self.data)}没有「{spec.field(name).label}」，算不出「{self.name}」")
        return spec.field(name), self.data.frame[name].to_numpy(dtype=np.float64, na_value=np.nan)

    def _keep(self, by: str, value: str) -> NDArray[np.bool_]:
        spec = self.data.spec
        if not spec.has(by) or spec.field(by).kind is not FieldKind.CATEGORY or by not in self.data.frame:
            raise self._missing()
        if value not in self.data.frame[by].cat.categories:
            raise self._missing(f"{version_words(self.data)}的「{spec.field(by).label}」没有「{value}」")
        return (self.data.frame[by] == value).to_numpy(dtype=bool)

    def _made(
        self, label: str, shown: Quantity, method: str, fields: Sequence[str], others: Sequence[str] = ()
    ) -> Figure:
        behind = tuple(dict.fromkeys((*layers.behind(self.data.spec, fields), *others)))
        atlas = self.atlas
        origin = "、".join(version_words(atlas[i]) for i in behind if i in atlas)
        source = f"计算自：{origin}" + (f"；{method}" if method else "")
        return Figure(self.name, label, shown.text, shown.unit, shown.number, source, behind, atlas.mark(behind))

    def _count(self, by: str = "", value: str = "") -> Figure:
        count = int(self._keep(by, value).sum()) if by else len(self.data.frame)
        label = f"{value}{self.data.spec.noun}数" if by else f"{self.data.spec.noun}数"
        return self._made(label, Quantity(f"{count:,}", "个", float(count)), "", [by] if by else [])

    def _words(self, label: str, text: str) -> Figure:
        return self._made(label, Quantity(text, "", math.nan), "", [])

    def _sum(self, field: str, by: str = "", value: str = "") -> Figure:
        if not by and self.data.spec.zone is not None and field in palette.PLOT_COLUMNS:
            return self._inside(palette.PLOT_COLUMNS[field])
        spec, values = self._addable(field)
        chosen = values[self._keep(by, value)] if by else values
        label = self._label(spec, by, value)
        return self._made(
            label, self._quantity(spec.unit, _total(chosen)), method_of(spec), [field, *([by] if by else [])]
        )

    def _addable(self, field: str) -> tuple[FieldSpec, Floats]:
        spec, values = self._number(field)
        if not spec.extensive:
            raise self._missing(f"「{spec.label}」不能相加，算不出「{self.name}」")
        return spec, values

    def _label(self, field: FieldSpec, by: str = "", value: str = "") -> str:
        """The report's own word for the same total, or the field's."""
        where = (by, value) if by else None
        controls = self.data.spec.control_totals
        same = (control.label for control in controls if control.field == field.name and control.where == where)
        return next(same, f"{value}{short(field.label)}" if by else short(field.label))

    def _part(self, field: str, by: str, value: str) -> Figure:
        spec, values = self._addable(field)
        part, whole = _total(values[self._keep(by, value)]), _total(values)
        label = f"{value}占{self._label(spec)}"
        return self._made(label, _percent(part, whole), method_of(spec), [field, by])

    def _mean(self, field: str) -> Figure:
        spec, values = self._number(field)
        _, area = self._number("area_ha")
        known = np.isfinite(values) & np.isfinite(area)
        weight = float(area[known].sum())
        mean = float((values[known] * area[known]).sum()) / weight if weight else math.nan
        return self._made(
            f"平均{short(spec.label)}",
            self._quantity(spec.unit, mean),
            "按面积加权平均" + unverified_note(spec),
            [field],
        )

    def _extreme(self, field: str, word: str, chosen: Callable[[Floats], Floats]) -> Figure:
        spec, values = self._number(field)
        shown = self._quantity(spec.unit, float(chosen(values)))
        return self._made(f"{short(spec.label)}{word}值", shown, method_of(spec), [field])

    def _top(self, field: str, by: str, *, share: bool = False) -> Figure:
        spec, values = self._addable(field)
        if by not in self.data.categories:
            raise self._missing()
        sums = {value: _total(values[self._keep(by, value)]) for value in self.data.categories[by]}
        known = {value: amount for value, amount in sums.items() if math.isfinite(amount)}
        if not known:
            raise self._missing()
        first = max(known, key=lambda value: known[value])
        label = f"{short(spec.label)}最多的{self.data.spec.field(by).label}"
        shown = _percent(known[first], _total(values)) if share else Quantity(first, "", math.nan)
        return self._made(f"{first}占{short(spec.label)}" if share else label, shown, method_of(spec), [field, by])

    def _inside(self, field: str, *, share: bool = False) -> Figure:
        """Plots inside the zones of this layer, by shared area."""
        role, plots = self.data.spec.zone, self.plots
        if role is None or plots is None:
            raise self._missing()
        wanted = {role.share_field, field} <= set(plots.frame.columns) and plots.spec.has(field)
        if not wanted or not plots.spec.field(field).extensive:
            raise self._missing()
        spec = plots.spec.field(field)
        values = plots.frame[field].to_numpy(dtype=np.float64, na_value=np.nan)
        covered = plots.frame[role.share_field].to_numpy(dtype=np.float64, na_value=np.nan) / 100
        here = covered > 0
        part = _total(covered[here] * values[here])
        word = "林地面积" if field == "area_ha" else short(spec.label)
        shown = _percent(part, _total(values)) if share else self._quantity(spec.unit, part)
        label = f"{self.data.spec.title}内{word}" + ("占全县" if share else "")
        note = layers.joined.point_note(role)
        method = "，".join(filter(None, (_BY_SHARE, note))) + unverified_note(spec)
        return self._made(label, shown, method, [], [plots.spec.id])

    def _stock_tco2(self) -> Figure:
        spec, values = self._number("stock_tc")
        shown = self._quantity("tCO₂", _total(values) * units.CO2_PER_C)
        return self._made("碳储量（折二氧化碳）", shown, method_of(spec), ["stock_tc"])

    def _interval(self) -> Figure:
        """95 % interval of the stock, in words."""
        if self.data.spec.carbon is None:
            raise self._missing()
        found = self.interval()
        ends = (found.low, found.high)
        if not all(math.isfinite(end) for end in ends):
            raise self._missing()
        # Both ends in the unit of the larger one.
        shared = scale("tC", self.units.choice, found.high, fixed=self.units.fixed)
        words = "–".join(units.format_number(end * shared.factor) for end in ends)
        method = found.method + unverified_note(self.data.spec.field("stock_tc"))
        return self._made("碳储量 95 % 不确定范围", Quantity(words, shared.unit, math.nan), method, ["stock_tc"])

    def _quantity(self, unit: str, value: float) -> Quantity:
        if not math.isfinite(value):
            raise self._missing(f"{version_words(self.data)}没有可用的数据，算不出「{self.name}」")
        return quantity(value, unit, self.units.choice, fixed=self.units.fixed)


def _total(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.sum()) if known.size or not values.size else math.nan


def _percent(part: float, whole: float) -> Quantity:
    if not (math.isfinite(part) and math.isfinite(whole) and whole > 0):
        raise MissingFigureError("占比的分母为零或没有数据")
    share = 100 * part / whole
    return Quantity(units.format_number(share, 1 if share >= 10 else 2), "%", share)
