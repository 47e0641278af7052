"""A scene's map, looked up: layers and their versions, colours, filters, extent, the highlighted feature."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pingchang_geo import layers, maps
from pingchang_geo.briefing import checks
from pingchang_geo.briefing.filter_text import parse_filter
from pingchang_geo.briefing.model import Briefing, Feature, LayerView, SceneMap
from pingchang_geo.briefing.story import StoryLayer, StoryMap
from pingchang_geo.briefing.table import spoken
from pingchang_geo.crs import Box
from pingchang_geo.filters import Filter, OneOf
from pingchang_geo.store import Version
from pingchang_geo.units import UnitChoice
from pingchang_geo.workflow import derive
from pingchang_geo.workflow.atlas import Atlas, LayerData
from pingchang_geo.workflow.briefings.features import rows_of

#: Room around a feature that a scene looks at, as a share of its size, and at least this many degrees.
_MARGIN: Final = 0.6
_LEAST_MARGIN: Final = 0.02
_PRUNED: Final = "已清理"


@dataclass(frozen=True)
class Shown:
    """One layer of a scene as it was found; ``fields`` are the columns that colours and filter rest on."""

    data: LayerData
    view: LayerView
    chosen: Filter
    theme: str

    @property
    def fields(self) -> tuple[str, ...]:
        """Columns behind what the map shows."""
        named = (self.theme, *(clause.field for clause in self.chosen.clauses))
        return tuple(name for name in named if name)

    @property
    def behind(self) -> tuple[str, ...]:
        """Layers that stand behind it, its own first."""
        return layers.behind(self.data.spec, self.fields)


class Mapper:
    """Maps of one atlas in the reader's units; colours are computed once."""

    def __init__(self, atlas: Atlas, choice: UnitChoice) -> None:
        self.atlas = atlas
        self.choice = choice
        self._themes: dict[tuple[str, str], dict[str, Any]] = {}

    def union(self, briefing: Briefing) -> tuple[str, ...]:
        """Published layers that any shown scene switches on or highlights, in the map's order."""
        wanted = {
            name for scene in briefing.scenes if scene.map and not scene.hidden for name in _named_layers(scene.map)
        }
        return tuple(layer_id for layer_id in order(self.atlas) if layer_id in wanted)

    def find(self, scene: SceneMap) -> tuple[dict[str, Shown], list[str]]:
        """Layers of a scene in the map's order, and what is wrong with them."""
        problems: list[str] = []
        found: dict[str, Shown] = {}
        for view in scene.layers:
            spec = checks.known_layer(view.layer)
            if spec is None:
                continue  # said by briefing.checks
            if view.layer not in self.atlas or not len(self.atlas[view.layer].frame):
                problems.append(f"图层「{spec.title}」没有已发布的数据，地图上没有显示。")
                continue
            found[view.layer] = self._shown(self.atlas[view.layer], view, problems)
        return {layer_id: found[layer_id] for layer_id in order(self.atlas) if layer_id in found}, problems

    def map(self, scene: SceneMap, shown: Mapping[str, Shown], union: Sequence[str]) -> tuple[StoryMap, list[str]]:
        """The map of a scene, and what is wrong with its extent and its feature.

        Args:
            scene: as the file has it.
            shown: its layers (:meth:`find`).
            union: layers that the state must speak of (:meth:`union`).
        """
        problems: list[str] = []
        select = tuple(row for one in scene.select if (row := self._row(one, problems)))
        extent = self._extent(scene, problems)
        told = tuple(self._layer(one) for one in shown.values())
        states = {layer_id: self._state(layer_id, shown.get(layer_id)) for layer_id in dict.fromkeys((*union, *shown))}
        behind = {i for one in shown.values() for i in one.behind} | {layer_id for layer_id, _ in select}
        mark = self.atlas.mark(behind)
        first, rest = (select[0], select[1:]) if select else (None, ())
        state = maps.state(states, self.choice, select=first, marked=rest, fly=extent, mark=mark)
        return StoryMap(told, extent, select, state, _title(told, shown), mark), problems

    def county(self) -> Box:
        """Extent of the county, or of everything published; of the place itself where nothing is."""
        data = [one for one in self.atlas.layers.values() if len(one.frame)]
        named = [one for one in data if one.spec is layers.get("county")] or data
        if not named:
            return (106.83, 31.24, 107.58, 31.88)
        west, south, east, north = zip(*(one.extent for one in named), strict=True)
        return min(west), min(south), max(east), max(north)

    def _shown(self, data: LayerData, view: LayerView, problems: list[str]) -> Shown:
        spec = data.spec
        _version(data, view, problems)
        theme = view.theme if spec.theme(view.theme) else ""
        if theme and theme not in data.filled:
            problems.append(f"{data.version.label}的「{spec.field(theme).label}」全部为空，无法着色。")
            theme = ""
        if not theme and derive.tiled(data.version):
            theme = next((one.field for one in spec.themes if one.field in data.filled), "")
        chosen, _ = parse_filter(view.filter, checks.filter_kinds(spec))
        return Shown(data, view, self._usable(data, chosen, problems), theme)

    def _usable(self, data: LayerData, chosen: Filter, problems: list[str]) -> Filter:
        """The filter without what this version cannot answer; said where it leaves nothing."""
        for clause in chosen.clauses:
            label = data.spec.field(clause.field).label
            if clause.field not in data.filled:
                problems.append(f"图层「{data.spec.title}」{data.version.label}没有「{label}」，该筛选条件已忽略。")
                chosen = chosen.replacing(clause.field, None)
            elif isinstance(clause, OneOf):
                known = set(data.frame[clause.field].cat.categories)
                if unknown := [value for value in clause.values if value not in known]:
                    words = "、".join(spoken(value) for value in unknown)
                    problems.append(f"图层「{data.spec.title}」的「{label}」没有「{words}」。")
        if chosen and not chosen.mask(data.frame).any():
            problems.append(f"没有符合筛选条件的{data.spec.noun}，地图上该图层为空。")
        return chosen

    def _layer(self, shown: Shown) -> StoryLayer:
        data = shown.data
        state = self._state(data.spec.id, shown)
        return StoryLayer(
            id=data.spec.id,
            title=data.spec.title,
            version=data.version.name,
            theme=state["theme"],
            filter=tuple(state["filter"]),
            opacity=state["opacity"],
            mark=self.atlas.mark(shown.behind),
        )

    def _state(self, layer_id: str, shown: Shown | None) -> dict[str, Any]:
        data = self.atlas[layer_id]
        tiled = derive.tiled(data.version)
        if shown is None:
            return maps.layer_state(data.frame, tiled=tiled, visible=False)
        opacity = shown.view.opacity
        return maps.layer_state(
            data.frame,
            tiled=tiled,
            visible=True,
            theme=self._theme(data, shown.theme) if shown.theme else None,
            chosen=shown.chosen,
            opacity=opacity if opacity is not None and 0 <= opacity <= 1 else None,
        )

    def _theme(self, data: LayerData, field: str) -> dict[str, Any]:
        key = (data.spec.id, field)
        if key not in self._themes:
            theme = data.spec.theme(field)
            assert theme is not None
            made = maps.theme_state(data.spec, theme, data.frame, self.choice)
            joined = self.atlas.mark(layers.behind(data.spec, [field])) and not self.atlas.mark([data.spec.id])
            self._themes[key] = {**made, "title": f"{made['title']}〔示意〕"} if joined else made
        return self._themes[key]

    def _row(self, feature: Feature, problems: list[str]) -> tuple[str, int] | None:
        if checks.known_layer(feature.layer) is None:
            return None
        title = layers.get(feature.layer).title
        if feature.layer not in self.atlas:
            problems.append(f"图层「{title}」没有已发布的数据，找不到「{spoken(feature.key)}」。")
            return None
        rows = rows_of(self.atlas[feature.layer], feature.key)
        if not rows.size:
            problems.append(f"图层「{title}」中没有「{spoken(feature.key)}」。")
            return None
        if rows.size > 1:
            problems.append(f"图层「{title}」中有 {rows.size} 个「{spoken(feature.key)}」，取第一个。")
        return feature.layer, int(rows[0])

    def _extent(self, scene: SceneMap, problems: list[str]) -> Box:
        if scene.extent is not None and checks.usable_extent(scene.extent):
            if not _touches(scene.extent, self.county()):
                problems.append("地图范围不在本县，仍按所写范围显示。")
            return scene.extent
        if scene.focus is not None and (found := self._row(scene.focus, problems)):
            return _around(self.atlas[found[0]], found[1])
        return self.county()


def order(atlas: Atlas) -> tuple[str, ...]:
    """Published layers with a switch, lowest first: tiles beneath small layers, plots beneath zones."""
    switched = [data for data in atlas.layers.values() if not data.spec.base_map and len(data.frame)]
    ordered = sorted(switched, key=lambda data: (not derive.tiled(data.version), data.spec.zone is not None))
    return tuple(data.spec.id for data in ordered)


def _named_layers(scene: SceneMap) -> Iterable[str]:
    yield from (view.layer for view in scene.layers)
    yield from (feature.layer for feature in (scene.focus, *scene.select) if feature is not None)


def _version(data: LayerData, view: LayerView, problems: list[str]) -> None:
    """Say so where the scene was made with another version than the current one."""
    if not view.version or view.version == data.version.name:
        return
    title, label = data.spec.title, data.version.label
    known: Mapping[str, Version] = {one.name: one for one in data.store.versions(data.spec.id)}
    earlier = known.get(view.version)
    if earlier is None:
        was = f"版本「{spoken(view.version)}」不存在"
    elif earlier.pruned_at:
        was = f"{earlier.label}{_PRUNED}"
    else:
        was = f"场景制作时为{earlier.label}"
    problems.append(f"图层「{title}」{was}，现按当前的{label}显示，请核对文字与图是否仍相符。")


def _around(data: LayerData, row: int) -> Box:
    west, south, east, north = (float(one) for one in data.bounds[row])
    across = max((east - west) * _MARGIN, _LEAST_MARGIN)
    along = max((north - south) * _MARGIN, _LEAST_MARGIN * math.cos(math.radians((south + north) / 2)))
    return west - across, south - along, east + across, north + along


def _touches(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _title(told: Sequence[StoryLayer], shown: Mapping[str, Shown]) -> str:
    """``森林小班（每公顷碳储量）、AAAA 级景区``."""
    names = []
    for layer in told:
        theme = layer.theme["title"] if layer.theme else ""
        words = "；".join(filter(None, (theme, "已筛选" if shown[layer.id].chosen else "")))
        names.append(f"{layer.title}（{words}）" if words else layer.title)
    return "、".join(names) or "县域"
