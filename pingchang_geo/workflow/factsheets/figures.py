"""Figures of a fact sheet, each with its source or method and the mark of what stands behind it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from pingchang_geo import layers, proximity
from pingchang_geo.carbon.parameters import UNREAD
from pingchang_geo.documents import SheetFigure
from pingchang_geo.layers import joined
from pingchang_geo.site.features import direction
from pingchang_geo.units import HA_M2, AreaUnit, UnitChoice, format_number
from pingchang_geo.workflow.atlas import Atlas, LayerData
from pingchang_geo.workflow.briefings.quantity import quantity, scale
from pingchang_geo.workflow.factsheets.place import Place, outside_pct
from pingchang_geo.workflow.factsheets.woods import Woods
from pingchang_geo.workflow.site.answer import distance_text, percent

OFFICIAL, MODEL = "年固碳量（官方口径系数法）", "年固碳量（模型法）"
NOT_KNOWN: Final = "无数据"
#: Largest volume growth that can be entered, %/a.
MOST_GROWTH: Final = 50.0
_NOT_ENTERED: Final = "未计算"
_BY_SHARE: Final = "小班按落在范围内的面积比例计入"


@dataclass(frozen=True)
class Maker:
    """Makes the figures of one place.

    Attributes:
        woods: plots on it; None while nothing can be said of them.
        county: plots of the whole county, to compare with.
        growth_pct_a: volume growth that the reader enters, %/a; None computes nothing by the model.
    """

    atlas: Atlas
    place: Place
    woods: Woods | None
    choice: UnitChoice
    growth_pct_a: float | None = None

    def figures(self) -> tuple[SheetFigure, ...]:
        """At most eight, in the order of the page."""
        return (self._area(), *self._forest(), *self._last())

    def behind(self, *others: str) -> tuple[str, ...]:
        """Layers behind a figure of the place."""
        own = () if self.place.data is None else (self.place.data.spec.id,)
        return (*own, *others)

    def _mark(self, behind: Iterable[str]) -> str:
        return self.atlas.mark(tuple(behind)).removesuffix("数据")

    def _area(self) -> SheetFigure:
        place, county = self.place, self.place.data is None
        mark = self._mark(("county",) if county else self.behind())
        if not place.area_m2 > 0:
            return SheetFigure("面积", NOT_KNOWN, source="没有界线" if county else "仅有点位或线，没有面积", mark=mark)
        choice = UnitChoice(AreaUnit.KM2, self.choice.mass) if county else self.choice
        shown = quantity(place.area_m2 / HA_M2, "ha", choice)
        source = "由界线在等积投影中量算"
        if place.radius_m is not None:
            label = f"统计范围（{_km(place.radius_m)} km 圆）"
            outside = outside_pct(self.atlas, place)
            detail = "仅有点位" + (f"，{percent(outside)} 在县域外" if outside > 0 else "，界线未知")
            return SheetFigure(
                label, shown.text, shown.unit, detail, f"以点位为圆心、半径 {_km(place.radius_m)} km", mark
            )
        return SheetFigure("县域面积" if county else "面积", shown.text, shown.unit, "", source, mark)

    def _forest(self) -> Iterator[SheetFigure]:
        woods = self.woods
        if woods is None:
            titles = "、".join(spec.title for spec in layers.carbon_bearing())
            yield SheetFigure("林地与碳储量", NOT_KNOWN, source=f"尚未发布{titles}数据")
            return
        self_mark = self._mark(self.behind(woods.plots.spec.id))
        yield self._forest_area(woods, self_mark)
        yield self._stock(woods, self_mark)
        yield self._density(woods, self_mark)
        yield self._official(woods, self_mark)
        yield self._model(woods, self_mark)

    def _forest_area(self, woods: Woods, mark: str) -> SheetFigure:
        noun, county = woods.plots.spec.noun, self.place.data is None
        shown = quantity(woods.area_ha, "ha", self.choice)
        detail = f"{noun} {len(woods.frame):,} 个"
        share = 100 * woods.area_ha * HA_M2 / self.place.area_m2 if self.place.area_m2 > 0 else math.nan
        if len(woods.frame) and math.isfinite(share):
            detail += f"，占{'县域' if county else '范围'} {percent(min(100.0, share))}"
        source = f"{noun}图形面积之和" if county else _BY_SHARE
        detail = detail if len(woods.frame) else f"范围内没有{noun}"
        return SheetFigure("林地面积" if county else "范围内林地面积", shown.text, shown.unit, detail, source, mark)

    def _stock(self, woods: Woods, mark: str) -> SheetFigure:
        label = "碳储量"
        if math.isnan(woods.stock_tc):
            return SheetFigure(label, NOT_KNOWN, source="缺少可用的蓄积或树种参数", mark=mark)
        shown, ends = quantity(woods.stock_tc, "tC", self.choice), ""
        if woods.estimate.high > woods.estimate.low >= 0:
            factor = scale("tC", self.choice, woods.stock_tc).factor
            low, high = (format_number(end * factor) for end in (woods.estimate.low, woods.estimate.high))
            ends = f"95 % 区间 {low}–{high}"
        unread = any(flag == UNREAD for flag, _ in woods.flagged)
        source = f"{woods.factors.label}" + ("；部分参数待核" if unread else "")
        return SheetFigure(label, shown.text, shown.unit, ends, source, mark)

    def _density(self, woods: Woods, mark: str) -> SheetFigure:
        label = "每公顷碳储量"
        if math.isnan(woods.stock_tc_ha):
            return SheetFigure(label, NOT_KNOWN, source="没有碳储量已知的林地", mark=mark)
        detail = ""
        if self.place.data is not None:
            frame = woods.plots.frame
            stock, area = (frame[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("stock_tc", "area_ha"))
            known = np.isfinite(stock)
            detail = f"全县平均 {format_number(float(stock[known].sum() / area[known].sum()), significant=3)}"
        return SheetFigure(
            label, format_number(woods.stock_tc_ha, significant=3), "tC/ha", detail, "碳储量 ÷ 储量已知的林地面积", mark
        )

    def _official(self, woods: Woods, mark: str) -> SheetFigure:
        source = "涉及面积 × 报告的年总量 ÷ 报告的面积"
        if math.isnan(woods.removal_tco2_a):
            return SheetFigure(OFFICIAL, NOT_KNOWN, source="林地类型不在报告的统计口径内", mark=mark)
        shown = quantity(woods.removal_tco2_a, "tCO₂/年", self.choice)
        removal = woods.frame["removal_tco2_a"].to_numpy(dtype=np.float64, na_value=np.nan)
        outside = float(woods.frame["area_ha"].to_numpy(dtype=np.float64)[np.isnan(removal)].sum())
        caveats = ["合计仅供参考"] if woods.removal_caveat else []
        caveats += [f"另有 {quantity_text(outside, self.choice)}不在口径内"] if outside > 0 else []
        return SheetFigure(OFFICIAL, shown.text, shown.unit, "；".join(caveats), source, mark)

    def _model(self, woods: Woods, mark: str) -> SheetFigure:
        if self.growth_pct_a is None:
            return SheetFigure(MODEL, _NOT_ENTERED, source="须由用户填写蓄积年生长率，没有缺省值", mark=mark)
        source = f"a·V·p·CF·44/12，p = {self.growth_pct_a:g} %/年（用户填写）"
        removal, area = woods.model_removal_tco2_a(self.growth_pct_a)
        if math.isnan(removal):
            if len(woods.frame):
                return SheetFigure(MODEL, NOT_KNOWN, source="缺少可用的蓄积或树种参数", mark=mark)
            removal = 0.0
        shown = quantity(removal, "tCO₂/年", self.choice)
        detail = f"可计算面积占 {percent(100 * area / woods.area_ha)}" if woods.area_ha > 0 else ""
        return SheetFigure(MODEL, shown.text, shown.unit, detail, source, mark)

    def _last(self) -> Iterator[SheetFigure]:
        """What the place has to do with protected layers; of a protected feature its share of all."""
        place = self.place
        if place.data is None:
            yield from (one for data in self._protected() for one in self._county_share(data))
            return
        guarded = [data for data in self._protected() if data.spec.id != place.data.spec.id]
        yield from (self._near(data) for data in guarded[:1])
        if place.data.spec in layers.protected():
            yield self._share_of_layer(place.data)
        if self.woods is not None and len(self.woods.frame):
            yield self._main_stand(self.woods)

    def _protected(self) -> list[LayerData]:
        return [self.atlas[spec.id] for spec in layers.protected() if spec.id in self.atlas]

    def _county_share(self, data: LayerData) -> Iterator[SheetFigure]:
        spec, plots = data.spec, self.woods.plots if self.woods else None
        area_ha = float(shapely.area(shapely.union_all(data.metres))) / HA_M2
        shown = quantity(area_ha, "ha", UnitChoice(AreaUnit.KM2, self.choice.mass))
        pct = 100 * area_ha * HA_M2 / self.place.area_m2 if self.place.area_m2 > 0 else math.nan
        detail = f"{spec.noun} {len(data.frame):,} 个" + (f"，占县域 {percent(pct)}" if math.isfinite(pct) else "")
        yield SheetFigure(
            f"{spec.title}面积", shown.text, shown.unit, detail, "图形面积，重叠处只计一次", self._mark([spec.id])
        )
        if plots is None or self.woods is None or spec.zone is None or spec.zone.share_field not in self.woods.frame:
            return
        share = self.woods.frame[spec.zone.share_field].to_numpy(dtype=np.float64, na_value=np.nan) / 100
        stock = self.woods.frame["stock_tc"].to_numpy(dtype=np.float64, na_value=np.nan)
        inside = float(np.nansum(share * stock))
        text = quantity(inside, "tC", self.choice)
        detail = f"占全县 {percent(100 * inside / self.woods.stock_tc)}" if self.woods.stock_tc > 0 else ""
        mark = self._mark([spec.id, plots.spec.id])
        yield SheetFigure(f"{spec.title}内碳储量", text.text, text.unit, detail, _BY_SHARE, mark)

    def _near(self, data: LayerData) -> SheetFigure:
        spec, place = data.spec, self.place
        mark = self._mark(self.behind(spec.id))
        where = "自点位" if place.radius_m is not None else "自边界"
        found = proximity.nearest(np.array([place.shape_m], dtype=object), data.tree)
        row, distance_m = int(found.row[0]), float(found.distance_m[0])
        if row < 0:
            return SheetFigure(f"距{spec.title}", NOT_KNOWN, source=f"{spec.title}图层没有图斑", mark=mark)
        overlap_ha = self._overlap_ha(data)
        if overlap_ha > 0:
            shown = quantity(overlap_ha, "ha", self.choice)
            detail = f"占范围 {percent(100 * overlap_ha * HA_M2 / place.area_m2)}"
            source = f"与{spec.title}图形叠加，{spec.noun}相互重叠处只计一次"
            return SheetFigure(f"与{spec.title}重叠", shown.text, shown.unit, detail, source, mark)
        number, _, unit = distance_text(distance_m).partition(" ")
        line = shapely.shortest_line(place.shape_m, data.metres[row])
        towards = direction(line)
        detail = f"最近：{data.titles[row]}" + (f"（{towards}）" if towards else "")
        source = f"{where}到最近{spec.noun}边界的水平直线距离"
        return SheetFigure(f"距{spec.title}", number, unit, detail, source, mark)

    def _overlap_ha(self, data: LayerData) -> float:
        """Shared area, as the pages give it where they do."""
        place, name = self.place, joined.overlap_field(data.spec)
        assert place.data is not None
        if name in place.data.frame:
            given = float(place.data.frame[name].iloc[place.row])
            return 0.0 if math.isnan(given) else given
        hit = data.tree.query(place.ground_m, predicate="intersects")
        shared = shapely.union_all(shapely.intersection(data.metres[hit], place.ground_m))
        return float(shapely.area(shared)) / HA_M2

    def _share_of_layer(self, data: LayerData) -> SheetFigure:
        whole = float(shapely.area(shapely.union_all(data.metres)))
        pct = 100 * self.place.area_m2 / whole if whole > 0 else math.nan
        text = percent(pct) if math.isfinite(pct) else NOT_KNOWN
        number, _, unit = text.rpartition(" ")
        detail = f"全部 {len(data.frame):,} 个{data.spec.noun}"
        source = f"面积 ÷ {data.spec.title}总面积（重叠处只计一次）"
        return SheetFigure(
            f"占{data.spec.title}", number or unit, unit if number else "", detail, source, self._mark(self.behind())
        )

    def _main_stand(self, woods: Woods) -> SheetFigure:
        first = woods.by_stand_type().iloc[0]
        field = woods.plots.spec.field(woods.role.stand_type)
        pct = 100 * float(first["area_ha"]) / woods.area_ha if woods.area_ha > 0 else math.nan
        detail = f"占范围内林地 {percent(pct)}" if math.isfinite(pct) else ""
        mark = self._mark(self.behind(woods.plots.spec.id))
        return SheetFigure(f"主要{field.label}", str(first["group"]), "", detail, "按范围内面积", mark)


def quantity_text(area_ha: float, choice: UnitChoice) -> str:
    """An area with its unit: ``1,203 亩``."""
    shown = quantity(area_ha, "ha", choice)
    return f"{shown.text} {shown.unit}"


def stand_colors(data: LayerData, theme: dict[str, object] | None) -> dict[str, str]:
    """Colour of each stand type as the map shows it."""
    assert data.spec.carbon is not None
    names = list(data.frame[data.spec.carbon.stand_type].cat.categories)
    if theme is None or theme.get("mode") != "categories":
        return {}
    codes, colors = theme["codes"], theme["colors"]
    assert isinstance(codes, list | tuple)
    assert isinstance(colors, list | tuple)
    return {str(names[code]): str(color) for line, color in zip(codes, colors, strict=True) for code in line}


def _km(radius_m: float) -> str:
    return f"{radius_m / 1000:g}"
