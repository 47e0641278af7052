"""Writing a briefing as TOML: the form in which people edit it, so every key stands on a line of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Final

from pingchang_geo.briefing.model import FORMAT, Briefing, ChartRef, Feature, LayerView, Scene, SceneMap

#: Lists longer than this, in letters, have one entry a line.
_LONG: Final = 90


def dump(briefing: Briefing) -> str:
    """The file of a briefing; what is as by default is left out. Equal briefings give equal texts."""
    head = [
        f"format = {FORMAT}",
        f"name = {_text(briefing.name)}",
        f"title = {_text(briefing.title)}",
        *_given("subtitle", briefing.subtitle),
    ]
    scenes = ["\n".join(["[[scene]]", *_scene(scene)]) for scene in briefing.scenes]
    return "\n\n".join(["\n".join(head), *scenes]) + "\n"


def _scene(scene: Scene) -> Iterator[str]:
    yield f"id = {_text(scene.id)}"
    yield from _given("section", scene.section)
    yield from _given("title", scene.title)
    yield from _listed("text", scene.text, each=True)
    yield from _given("notes", scene.notes)
    if scene.hidden:
        yield "hidden = true"
    yield from _given("quote", scene.quote)
    yield from _listed("cards", scene.cards)
    for chart in scene.charts:
        yield "[[scene.chart]]"
        yield from _chart(chart)
    if scene.map is not None:
        yield "[scene.map]"
        yield from _map(scene.map)


def _chart(chart: ChartRef) -> Iterator[str]:
    yield f"kind = {_text(chart.kind.value)}"
    yield from _given("layer", chart.layer)
    yield from _given("chart", chart.chart)
    yield from _listed("indicators", chart.indicators)
    yield from _given("group", chart.group)
    yield from _given("measure", chart.measure)
    yield from _given("unit", chart.unit)
    yield from _given("title", chart.title)
    yield from _given("shape", chart.shape.value)


def _map(found: SceneMap) -> Iterator[str]:
    if found.extent is not None:
        yield f"extent = [{', '.join(_number(one) for one in found.extent)}]"
    if found.focus is not None:
        yield f"focus = {_feature(found.focus)}"
    if found.select:
        features = [_feature(one) for one in found.select]
        yield f"select = {features[0]}" if len(features) == 1 else f"select = [{', '.join(features)}]"
    for view in found.layers:
        yield "[[scene.map.layer]]"
        yield from _layer(view)


def _layer(view: LayerView) -> Iterator[str]:
    yield f"layer = {_text(view.layer)}"
    yield from _given("theme", view.theme)
    if view.opacity is not None:
        yield f"opacity = {_number(view.opacity)}"
    yield from _given("version", view.version)
    yield from _given("filter", view.filter)


def _feature(feature: Feature) -> str:
    return f"{{layer = {_text(feature.layer)}, key = {_text(feature.key)}}}"


def _given(key: str, value: str) -> Iterator[str]:
    if value:
        yield f"{key} = {_text(value)}"


def _listed(key: str, values: Iterable[str], *, each: bool = False) -> Iterator[str]:
    texts = [_text(value) for value in values]
    if not texts:
        return
    line = f"{key} = [{', '.join(texts)}]"
    if each or len(line) > _LONG:
        yield f"{key} = ["
        yield from (f"  {text}," for text in texts)
        yield "]"
    else:
        yield line


def _text(value: str) -> str:
    """A basic string: JSON's escapes are TOML's, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _number(value: float) -> str:
    """Shortest text that reads back as the same number; always a TOML number."""
    return repr(float(value))
