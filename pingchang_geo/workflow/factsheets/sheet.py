"""Content of a fact sheet: figures, chart, what is known of the place, sources and caveats."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely

from pingchang_geo import layers
from pingchang_geo.carbon.parameters import UNREAD
from pingchang_geo.documents import Bar, BarChart, FactSheet, SidePanel
from pingchang_geo.documents.factsheet import MOST_BARS, MOST_FACTS, MOST_NOTES, MOST_ROWS
from pingchang_geo.indicators import load_ledger
from pingchang_geo.layers import boundaries, palette
from pingchang_geo.reconcile import Reconciliation, Verdict
from pingchang_geo.settings import settings
from pingchang_geo.specs import FieldKind, LayerSpec, SiteKind
from pingchang_geo.units import UnitChoice, format_number
from pingchang_geo.workflow.accounts import reconciliation
from pingchang_geo.workflow.atlas import Atlas, LayerData
from pingchang_geo.workflow.briefings.quantity import scale
from pingchang_geo.workflow.cards import show
from pingchang_geo.workflow.factsheets import picture as pictures
from pingchang_geo.workflow.factsheets.figures import Maker, stand_colors
from pingchang_geo.workflow.factsheets.place import Place, outside_pct
from pingchang_geo.workflow.factsheets.woods import Woods, woods_of
from pingchang_geo.workflow.site.answer import distance_text, percent, spaced

_NAMED: Final = 3
_COUNTY: Final = "平昌县"
_COUNTY_SUBTITLE: Final = "全县生态资产：林地、碳储量、生态保护红线与报告对账"


def fact_sheet(
    atlas: Atlas,
    place: Place,
    *,
    at: datetime,
    choice: UnitChoice | None = None,
    growth_pct_a: float | None = None,
) -> FactSheet:
    """Everything that stands on the page, but for the map.

    Args:
        atlas: the current layers.
        place: the county or a feature of this atlas.
        at: the day that is printed.
        choice: the reader's units.
        growth_pct_a: volume growth for the model, %/a; None: the model says nothing.

    Raises:
        FactorError: the growth is negative or no number.
    """
    choice = choice or UnitChoice()
    woods = woods_of(atlas, place)
    maker = Maker(atlas, place, woods, choice, growth_pct_a)
    whole = place.data is None
    behind = _behind(atlas, place)
    return FactSheet(
        title=place.title,
        subtitle=_COUNTY_SUBTITLE if whole else _subtitle(place),
        made_at=at,
        figures=maker.figures(),
        chart=_chart(atlas, place, woods, choice),
        panel=_reconciled(atlas) if whole else _facts(atlas, place, choice),
        alt=f"{place.title}及周边的森林小班与各图层的位置图",
        no_picture="尚未发布县域界线，无法绘制位置图。",
        mark=atlas.mark(behind),
        notes=tuple(_notes(atlas, place, woods, behind))[:MOST_NOTES],
        approval=settings().map_approval_number,
    )


def _behind(atlas: Atlas, place: Place) -> tuple[str, ...]:
    """Layers that stand on the page; the county's outline where it is what is measured."""
    shown = [data.spec.id for data in pictures.shown_layers(atlas)]
    own = [] if place.data is None else [place.data.spec.id]
    outline = [boundaries.COUNTY.id] if place.data is None and boundaries.COUNTY.id in atlas else []
    return tuple(dict.fromkeys((*own, *shown, *outline)))


def _subtitle(place: Place) -> str:
    assert place.data is not None
    spec, record = place.data.spec, place.data.frame.iloc[place.row]
    described = [f.name for f in spec.source_fields if f.kind is FieldKind.CATEGORY and f.name != palette.LOCATION.name]
    words = [_word(record, name) for name in described]
    return " · ".join([spec.title, *filter(None, words), _COUNTY])


def _word(record: pd.Series[Any], name: str) -> str:
    value = record.get(name)
    return "" if value is None or pd.isna(value) else str(value)


def _chart(atlas: Atlas, place: Place, woods: Woods | None, choice: UnitChoice) -> BarChart:
    """Stock by stand type, or area where no stock is known; what has no bar of its own is 其他."""
    if woods is None:
        return BarChart("优势树种", (), empty="尚未发布森林数据，无法统计。")
    field = woods.plots.spec.field(woods.role.stand_type)
    own = () if place.data is None else (place.data.spec.id,)
    mark = atlas.mark([woods.plots.spec.id, *own]).removesuffix("数据")
    if woods.frame.empty:
        return BarChart(
            f"各{field.label}", (), mark=mark, empty=f"范围内没有{woods.plots.spec.noun}。若该处应有林地，请核对数据。"
        )
    table = woods.by_stand_type()
    by_stock = woods.stock_tc > 0
    column, unit = ("stock_tc", "tC") if by_stock else ("area_ha", "ha")
    table = table[table[column].fillna(0) > 0].sort_values(column, ascending=False, kind="stable")
    total = float(table[column].sum())
    colors = stand_colors(woods.plots, pictures.stand_theme(woods.plots, choice))
    rows = [(str(name), float(amount)) for name, amount in zip(table["group"], table[column], strict=True)]
    if len(rows) > MOST_BARS:
        rows = [*rows[: MOST_BARS - 1], ("其余", sum(amount for _, amount in rows[MOST_BARS - 1 :]))]
    shown = scale(unit, choice, max((amount for _, amount in rows), default=0.0))
    bars = tuple(
        Bar(
            name,
            amount,
            f"{format_number(amount * shown.factor, significant=3)}（{percent(100 * amount / total)}）",
            colors.get(name, palette.OTHER),
        )
        for name, amount in rows
    )
    title = f"各{field.label}{'碳储量' if by_stock else '面积'}（{shown.unit}，占比）"
    return BarChart(title, bars, f"{woods.plots.spec.title}{woods.plots.version.label}，颜色与地图一致", mark)


def _facts(atlas: Atlas, place: Place, choice: UnitChoice) -> SidePanel:
    """What the layer says of the feature, then what lies near."""
    assert place.data is not None
    data, spec = place.data, place.data.spec
    record = data.frame.iloc[place.row]
    rows = [("图层", f"{spec.title}{data.version.label}（{data.version.provenance.kind.label}）")]
    fields = [f for f in spec.source_fields if f.name in data.frame and f.name != spec.name_field]
    fields.sort(key=lambda f: (f.name not in spec.popup, f.kind is not FieldKind.NUMBER))
    rows += [(f.label, show(f, record[f.name], choice)) for f in fields if _word(record, f.name)]
    near = [(f"{_km(radius)} km 内{noun}", words) for noun, radius, words in _near(atlas, place)]
    kept = rows[: MOST_FACTS - len(near)]
    return SidePanel("基本情况与周边", rows=(*kept, *near), mark=atlas.mark([spec.id]).removesuffix("数据"))


def _near(atlas: Atlas, place: Place) -> Iterator[tuple[str, float, str]]:
    """Features of the layers that the site check lists when near; the place itself is none of them."""
    assert place.data is not None
    for spec in layers.all_specs():
        if spec.site is None or spec.site.kind is not SiteKind.NEARBY or spec.id not in atlas:
            continue
        data = atlas[spec.id]
        rows = np.sort(data.tree.query(place.shape_m, predicate="dwithin", distance=spec.site.radius_m))
        rows = rows[(rows != place.row) | (spec.id != place.data.spec.id)]
        distances = shapely.distance(data.metres[rows], place.shape_m)
        order = np.argsort(distances, kind="stable")
        words = [f"{data.titles[rows[i]]}（{_distance(float(distances[i]))}）" for i in order[:_NAMED]]
        more = f"等 {len(rows)} 处" if len(rows) > _NAMED else ""
        yield spec.noun, spec.site.radius_m, "、".join(words) + more or "无"


def _distance(distance_m: float) -> str:
    return "相交" if distance_m == 0 else distance_text(distance_m)


def _reconciled(atlas: Atlas) -> SidePanel:
    """The report's totals beside the computed ones."""
    found, ledger = reconciliation.account(atlas), load_ledger()
    compared = [one.item for one in found.compared]
    rows = tuple(
        (item.label, ledger[item.indicator].display(), _computed(item), _verdict(item)) for item in compared[:MOST_ROWS]
    )
    return SidePanel(
        "报告数字与计算值对账",
        ("指标", "报告", "计算", "结论"),
        rows,
        found.summary.words() + f"报告：《{ledger.report.title}》。",
        found.mark.removesuffix("数据"),
    )


def _computed(item: Reconciliation) -> str:
    return f"{format_number(item.computed)} {item.unit}" if math.isfinite(item.computed) else "—"


def _verdict(item: Reconciliation) -> str:
    """``一致（构造使然）``: agreement that follows from how a figure was made is said."""
    why = item.why_agreeing if item.verdict is Verdict.AGREES else ""
    return f"{item.verdict.value}（{why}）" if why else item.verdict.value


def _notes(atlas: Atlas, place: Place, woods: Woods | None, behind: Sequence[str]) -> Iterator[str]:
    """Caveats first, then methods, then sources."""
    marked = [atlas[i].spec.title for i in behind if atlas.mark([i])]
    if marked:
        yield f"示意数据：{'、'.join(marked)}为参考图层，位置、图形与属性仅供示意，不得作为管理依据。"
    outside = outside_pct(atlas, place)
    if outside > 0:
        yield f"统计范围有 {percent(outside)} 在县域外，县域外没有图层数据，该部分未统计。"
    if place.radius_m is not None:
        yield f"该处仅有点位，没有界线：范围内的林地与碳储量按周边 {_km(place.radius_m)} km 圆统计，距离自点位量起。"
    yield "面积与距离在以县域为中心的等积投影中量算。本页为室内图上统计，不是审批意见，不替代勘测定界。"
    if woods is not None:
        yield from _carbon_notes(woods)
    missing = [spec.title for spec in layers.all_specs() if _wanted(spec) and spec.id not in atlas]
    if missing:
        yield f"尚未发布数据的图层：{'、'.join(spaced(title) for title in missing).strip()}，未计入。"
    yield f"数据来源：{_sources([atlas[i] for i in behind])}。"


def _carbon_notes(woods: Woods) -> Iterator[str]:
    estimate, factors = woods.estimate, woods.factors
    words = f"碳储量：{factors.formula}，参数集「{factors.label}」，只含活立木"
    if estimate.draws:
        words += f"；95 % 区间由蒙特卡洛 {estimate.draws:,} 次得到"
    flagged = "；".join(f"{flag}：{what}" for flag, what in woods.flagged if flag == UNREAD)
    yield f"{words}。" + (f"所用参数{flagged}。" if flagged else "")
    caveat = woods.removal_caveat
    yield "年固碳量（官方口径系数法）假定报告的年总量均匀分布于其面积。" + caveat
    unknown = int((~woods.known).sum())
    if unknown:
        yield f"{unknown:,} 个{woods.plots.spec.noun}碳储量未知，未计入。"


def _wanted(spec: LayerSpec) -> bool:
    return spec.carbon is not None or spec.site is not None


def _sources(used: Sequence[LayerData]) -> str:
    """Layers with their versions, those of one source together."""
    by_source: dict[str, list[str]] = {}
    for data in used:
        source = data.version.provenance
        words = "，".join(part for part in (source.kind.label, source.source, source.as_of) if part)
        by_source.setdefault(words, []).append(f"{data.spec.title}{data.version.label}")
    return "；".join(f"{'、'.join(titles)}（{words}）" for words, titles in by_source.items())


def _km(radius_m: float) -> str:
    return f"{radius_m / 1000:g}"
