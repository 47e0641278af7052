"""What can be said of a briefing without looking at data: lengths, layers, fields, charts, extents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from pingchang_geo import layers
from pingchang_geo.briefing.filter_text import parse_filter
from pingchang_geo.briefing.model import (
    MOST_CARDS,
    MOST_CHARTS,
    MOST_NOTES,
    MOST_PARAGRAPH,
    MOST_PARAGRAPHS,
    MOST_SECTION,
    MOST_TITLE,
    Briefing,
    ChartKind,
    ChartRef,
    Feature,
    LayerView,
    Problem,
    Scene,
    SceneMap,
)
from pingchang_geo.briefing.placeholders import width
from pingchang_geo.briefing.table import spoken
from pingchang_geo.crs import Box
from pingchang_geo.messages import shown
from pingchang_geo.specs import FieldKind, LayerSpec

#: Letters of the whole briefing's title and subtitle: two lines each on the cover, as large as can be read from afar.
MOST_NAME: Final = 40
MOST_SUBTITLE: Final = 80
#: Narrower than this no map of the county has anything to show, in degrees (about a hundred metres).
_NARROWEST: Final = 0.001
#: Wider than this the county is a dot.
_WIDEST: Final = 20.0


def check(briefing: Briefing) -> tuple[Problem, ...]:
    """Problems of the content, of the whole and scene by scene; hidden scenes are not looked at."""
    of_scenes = (problem for scene in briefing.scenes if not scene.hidden for problem in check_scene(scene))
    return (*check_titles(briefing), *of_scenes)


def check_titles(briefing: Briefing) -> tuple[Problem, ...]:
    """Problems of title and subtitle of the whole."""
    limits = (("汇报标题", briefing.title, MOST_NAME), ("副标题", briefing.subtitle, MOST_SUBTITLE))
    messages = (too_long(what, text, most) for what, text, most in limits)
    return tuple(Problem("", message) for message in messages if message)


def check_scene(scene: Scene) -> tuple[Problem, ...]:
    """Problems of one scene."""
    messages = [*_lengths(scene), *_counts(scene)]
    messages += [message for chart in scene.charts for message in _chart(chart)]
    messages += list(_map(scene.map)) if scene.map else []
    return tuple(Problem(scene.id, shown(f"场景「{scene.title or scene.id}」：{message}")) for message in messages)


def too_long(what: str, text: str, most: int) -> str:
    """Message on a text that is too long, or nothing."""
    letters = width(text)
    return f"{what}长约 {letters:.0f} 字，超过 {most} 字，投影时难以看清。" if letters > most else ""


def usable_extent(box: Box | None) -> bool:
    """Whether a map can be brought there: west of east, south of north, on this side of the globe."""
    if box is None:
        return False
    west, south, east, north = box
    wide = all(_NARROWEST <= size <= _WIDEST for size in (east - west, north - south))
    return wide and max(abs(west), abs(east)) <= 180 and max(abs(south), abs(north)) <= 85


def known_layer(layer_id: str) -> LayerSpec | None:
    """Declaration of a layer that a scene may switch on: no base map, which is there anyway."""
    spec = layers.REGISTRY.get(layer_id)
    return spec if spec is not None and not spec.base_map else None


def filter_kinds(spec: LayerSpec) -> dict[str, bool]:
    """Fields of a layer that may be filtered, and whether each is a number."""
    return {field.name: field.kind is FieldKind.NUMBER for field in spec.filterable}


def _lengths(scene: Scene) -> Iterator[str]:
    limits = [
        ("标题", scene.title, MOST_TITLE),
        ("章节", scene.section, MOST_SECTION),
        ("讲稿", scene.notes, MOST_NOTES),
    ]
    limits += [(f"第 {n} 段", text, MOST_PARAGRAPH) for n, text in enumerate(scene.text, start=1)]
    for what, text, most in limits:
        if message := too_long(what, text, most):
            yield message


def _counts(scene: Scene) -> Iterator[str]:
    counted = (
        ("段落", len(scene.text), MOST_PARAGRAPHS),
        ("指标卡", len(scene.cards), MOST_CARDS),
        ("图表", len(scene.charts), MOST_CHARTS),
    )
    for what, count, most in counted:
        if count > most:
            yield f"{what} {count} 个，多于 {most} 个，一屏放不下。"


def _chart(chart: ChartRef) -> Iterator[str]:
    if chart.kind is ChartKind.LAYER:
        spec = known_layer(chart.layer)
        if spec is None:
            yield f"图表所指的图层「{spoken(chart.layer)}」不存在。"
        elif chart.chart not in {one.id for one in spec.charts}:
            yield f"图层「{spec.title}」没有名为「{spoken(chart.chart)}」的图表。"
    if chart.kind in (ChartKind.LEDGER, ChartKind.COMPUTED):
        if not chart.indicators:
            yield "图表没有写明指标「indicators」。"
        if not chart.title:
            yield "图表缺少标题「title」。"
        elif message := too_long("图表标题", chart.title, MOST_TITLE):
            yield message


def _map(found: SceneMap) -> Iterator[str]:
    if found.extent is not None and not usable_extent(found.extent):
        yield "地图范围应为 [西, 南, 东, 北] 的经纬度，且西小于东、南小于北；已改为全县。"
    for view in found.layers:
        yield from _layer(view)
    names = Counter(view.layer for view in found.layers)
    for name in (name for name, times in names.items() if times > 1):
        yield f"图层「{spoken(name)}」写了两次，以后一次为准。"
    if found.focus is not None:
        yield from _feature("居中", found.focus)
    for feature in found.select:
        yield from _feature("突出", feature)


def _layer(view: LayerView) -> Iterator[str]:
    spec = known_layer(view.layer)
    if spec is None:
        yield f"图层「{spoken(view.layer)}」不存在，地图上没有显示。"
        return
    if view.theme and spec.theme(view.theme) is None:
        yield f"图层「{spec.title}」没有名为「{spoken(view.theme)}」的着色方式，按默认方式显示。"
    if view.opacity is not None and not 0 <= view.opacity <= 1:
        yield f"图层「{spec.title}」的不透明度应在 0 与 1 之间，按默认值显示。"
    _, bad = parse_filter(view.filter, filter_kinds(spec))
    if bad:
        yield f"图层「{spec.title}」的筛选条件「{'、'.join(spoken(one) for one in bad)}」无法识别，已忽略。"


def _feature(what: str, feature: Feature) -> Iterator[str]:
    if known_layer(feature.layer) is None:
        yield f"要{what}的对象所在图层「{spoken(feature.layer)}」不存在。"
