"""The map of a site check, for paper."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import shapely

from pingchang_geo.layers import boundaries, palette
from pingchang_geo.prints import Extent, Key, LegendEntry, MapPicture, PictureLayer
from pingchang_geo.prints.measures import around
from pingchang_geo.settings import settings
from pingchang_geo.site import UNFILLED, CarbonFinding, Contact, NearbyFinding, ProtectedFinding
from pingchang_geo.units import MU_PER_HA, format_number
from pingchang_geo.workflow.atlas import LayerData
from pingchang_geo.workflow.site.answer import distance_text
from pingchang_geo.workflow.site.checking import SiteCheck

_Drawn = tuple[list[PictureLayer], list[LegendEntry]]

_SITE_COLOR: Final = "#111111"
_CONTEXT_COLOR: Final = "#DCE5D8"
_CONTEXT_EDGE: Final = "#BFCBB9"
#: The sheet shows at least this much, however small the site.
_LEAST_M: Final = 800.0
#: The nearest protected feature is brought into the sheet up to this distance.
_LINK_M: Final = 3000.0
#: Stand types with a colour of their own.
_COLORED: Final = 6


def picture(check: SiteCheck) -> MapPicture:
    """The site, what it overlaps, the plots on it and what lies around, as a map sheet.

    Plots on the site are coloured by stand type; the others stand pale behind them.
    """
    extent = _extent(check)
    layers: list[PictureLayer] = []
    legend: list[LegendEntry] = []
    for drawn in (
        *(_plots(check, finding, extent) for finding in check.result.carbon),
        *(_protected(check, finding, extent) for finding in check.result.protected),
        *(_nearby(check, finding, extent) for finding in check.result.nearby),
        _site(check),
    ):
        layers += drawn[0]
        legend += drawn[1]
    county = _county(check)
    if county is not None and shapely.intersects(shapely.boundary(county), shapely.box(*extent)).any():
        layers.insert(0, PictureLayer(county, None, palette.OUTLINE, 1.4))
        legend.append(LegendEntry(boundaries.COUNTY.title, Key.LINE, edge=palette.OUTLINE, width=1.4))
    return MapPicture(
        title="选址核查图",
        subtitle=check.name,
        extent_m=extent,
        layers=tuple(layers),
        legend=(*_site_first(legend),),
        mark=check.mark,
        notes=tuple(_notes(check)),
        approval=settings().map_approval_number,
        locator_m=county,
    )


def _site_first(legend: list[LegendEntry]) -> Iterator[LegendEntry]:
    """The site's own lines lead the legend although it is drawn last."""
    own = [entry for entry in legend if entry.edge == _SITE_COLOR]
    yield from own
    yield from (entry for entry in legend if entry not in own)


def _extent(check: SiteCheck) -> Extent:
    shown: list[Any] = [check.site_m]
    shown += [
        finding.link_m
        for finding in check.result.protected
        if finding.link_m is not None and finding.distance_m is not None and finding.distance_m <= _LINK_M
    ]
    return around(np.array(shown, dtype=object), margin=0.3, least_m=_LEAST_M)


def _site(check: SiteCheck) -> _Drawn:
    area = f"{format_number(check.result.area_ha * MU_PER_HA)} 亩"
    layer = PictureLayer(np.array([check.site_m], dtype=object), None, _SITE_COLOR, 2.2, zorder=8)
    return [layer], [LegendEntry("选址地块", Key.FILL, None, _SITE_COLOR, 2.2, detail=area)]


def _plots(check: SiteCheck, finding: CarbonFinding, extent: Extent) -> _Drawn:
    data = check.atlas[finding.layer_id]
    role = data.spec.carbon
    assert role is not None
    around_rows = np.sort(data.tree.query(shapely.box(*extent)))
    layers = [PictureLayer(data.metres[around_rows], _CONTEXT_COLOR, _CONTEXT_EDGE, 0.3, zorder=1)]
    legend: list[LegendEntry] = []
    if len(finding.plots):
        by_species = finding.by_species.sort_values("area_ha", ascending=False)
        areas = dict(zip(by_species["species"].astype(str), by_species["area_ha"] * MU_PER_HA, strict=True))
        colors = _colors(data, list(areas))
        fills = [colors.get(str(name), palette.OTHER) for name in finding.plots[role.stand_type]]
        layers.append(PictureLayer(data.metres[finding.plots["row"].to_numpy()], fills, "#FFFFFF", 0.5, 0.9, zorder=2))
        legend.append(LegendEntry.heading(f"地块涉及的{finding.title}", "亩"))
        legend += [
            LegendEntry(name, Key.FILL, color, None, alpha=0.9, detail=format_number(areas[name]))
            for name, color in colors.items()
        ]
        others = [area for name, area in areas.items() if name not in colors]
        if others:
            legend.append(LegendEntry("其他", Key.FILL, palette.OTHER, None, detail=format_number(sum(others))))
    if len(around_rows) > len(finding.plots):
        others_title = f"其余{finding.title}" if len(finding.plots) else finding.title
        legend.append(LegendEntry(others_title, Key.FILL, _CONTEXT_COLOR, _CONTEXT_EDGE, 0.3))
    return layers, legend


def _colors(data: LayerData, stand_types: list[str]) -> dict[str, str]:
    """Colours of the first few stand types: those of the screen, others for those it shows as 其他."""
    assert data.spec.carbon is not None
    theme = data.spec.theme(data.spec.carbon.stand_type)
    known = {name: color for name, color in (theme.palette if theme else {}).items() if color != palette.OTHER}
    named = [name for name in stand_types if name != UNFILLED][:_COLORED]
    spare = (color for color in palette.CATEGORICAL if color not in {known.get(name) for name in named})
    return {name: known.get(name) or next(spare) for name in named}


def _protected(check: SiteCheck, finding: ProtectedFinding, extent: Extent) -> _Drawn:
    data = check.atlas[finding.layer_id]
    color = data.spec.style.color
    rows = np.sort(data.tree.query(shapely.box(*extent)))
    meant = {*finding.patches["row"].tolist(), *(() if finding.nearest is None else finding.nearest[:1])}
    labels = [data.title_of(int(row)) if row in meant else "" for row in rows]
    patches = PictureLayer(data.metres[rows], color, color, 1.4, alpha=0.15, labels=labels, label_color=color, zorder=4)
    layers, legend = [patches], [LegendEntry(finding.title, Key.FILL, color, color, 1.4, alpha=0.15)]
    if not shapely.is_empty(finding.overlap_m):
        overlap = PictureLayer(np.array([finding.overlap_m], dtype=object), None, color, 0.8, hatch="/", zorder=6)
        layers.append(overlap)
        area = f"{format_number(finding.overlap_ha * MU_PER_HA)} 亩"
        legend.append(LegendEntry.of_layer(f"与{finding.title}重叠", overlap, detail=area))
    if finding.link_m is not None and finding.distance_m and finding.contact is not Contact.ABUTS:
        link = PictureLayer(np.array([finding.link_m], dtype=object), None, color, 1.2, dash="4 3", zorder=7)
        layers.append(link)
        distance = distance_text(finding.distance_m)
        legend.append(LegendEntry.of_layer(f"距{finding.title}", link, Key.LINE, distance))
    return layers, legend


def _nearby(check: SiteCheck, finding: NearbyFinding, extent: Extent) -> _Drawn:
    """Features on the sheet; those within the radius but beyond it stand in the report's table."""
    data = check.atlas[finding.layer_id]
    features = finding.features
    seen = features[shapely.intersects(data.metres[features["row"].to_numpy()], shapely.box(*extent))]
    if seen.empty:
        return [], []
    style, places = data.spec.style, [str(word) for word in seen["location"]]
    layer = PictureLayer(
        data.metres[seen["row"].to_numpy()],
        style.color,
        style.color,
        style.weight,
        alpha=0.3,
        symbol=style.symbol,
        location=places,
        labels=[str(name) for name in seen["name"]],
        label_color=style.color,
        zorder=5,
    )
    entry = LegendEntry(
        finding.title,
        Key.POINT if bool(seen["point"].all()) else Key.FILL,
        style.color,
        style.color,
        style.weight,
        alpha=0.3,
        symbol=style.symbol,
        location=places[0] if len(set(places)) == 1 else "",
        detail=f"{len(seen)} 处",
    )
    return [layer], [entry]


def _county(check: SiteCheck) -> Any | None:
    return check.atlas[boundaries.COUNTY.id].metres if boundaries.COUNTY.id in check.atlas else None


def _notes(check: SiteCheck) -> Iterator[str]:
    used = [check.atlas[layer_id] for layer_id in check.used]
    versions = "、".join(f"{d.spec.title}{d.version.label}（{d.version.provenance.kind.label}）" for d in used)
    yield f"数据版本：{versions}；核查时间：{check.checked_at:%Y-%m-%d %H:%M}。室内图上核查，不是审批意见。"
