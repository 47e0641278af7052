"""A story: a briefing with everything looked up. Every output is made from it: player, slides, handout, one file.

Plain frozen data. Texts are data: they are shown as they are, never interpreted as HTML or Markdown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final, Literal

from pingchang_geo.briefing.model import Problem
from pingchang_geo.crs import Box

#: ``reported`` figures are the report's, ``computed`` ones follow from the published layers or the report's figures,
#: ``external`` ones are neither: read elsewhere, to stand beside the others.
CardKind = Literal["reported", "computed", "external"]
#: What readers see of it.
KIND_WORDS: Final[Mapping[CardKind, str]] = {"reported": "报告值", "computed": "计算值", "external": "外部参考"}
#: ``barh`` lies, ``column`` stands.
ChartShape = Literal["barh", "column", "line", "doughnut"]


@dataclass(frozen=True, slots=True)
class Quote:
    """The report's own words, marked as such; ``citation`` is section and title of the report."""

    text: str
    citation: str


@dataclass(frozen=True, slots=True)
class Card:
    """One figure: ``value`` as shown, in ``unit``; ``source`` is the citation or, in short, the method."""

    label: str
    value: str
    unit: str
    kind: CardKind
    source: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """One row of numbers, as long as the chart's categories; None where nothing is known."""

    name: str
    values: tuple[float | None, ...]
    color: str


@dataclass(frozen=True, slots=True)
class StoryChart:
    """A chart as plain numbers in ``unit``.

    ``colors`` holds one colour a category where categories differ (then of the first series), else nothing;
    ``alt`` says in words what it shows; ``source`` where the numbers come from.
    """

    title: str
    kind: ChartShape
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str
    colors: tuple[str, ...] = ()
    mark: str = ""
    source: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class StoryLayer:
    """A layer as a scene shows it; ``theme`` and ``filter`` exactly as in the map's state, lowest layer first."""

    id: str
    title: str
    version: str
    theme: Mapping[str, Any] | None
    filter: tuple[Mapping[str, Any], ...]
    opacity: float
    mark: str = ""


@dataclass(frozen=True, slots=True)
class StoryMap:
    """The map of a scene.

    Attributes:
        extent: west, south, east, north to show, EPSG:4490.
        select: layer and row of each highlighted feature in the atlas' version.
        state: the whole state (docs/architecture.md), ready for ``pingchang.apply``, ``fly`` included. It speaks of
            every layer that any scene of the story shows, so that scenes may be played in any order.
        title: what the map shows, for the picture's heading and for screen readers.
    """

    layers: tuple[StoryLayer, ...]
    extent: Box
    select: tuple[tuple[str, int], ...]
    state: Mapping[str, Any]
    title: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class StoryScene:
    """One scene to be shown; ``sources`` are lines of its own, ``problems`` what is wrong with it, in words."""

    id: str
    number: int
    section: str
    title: str
    paragraphs: tuple[str, ...]
    quote: Quote | None = None
    cards: tuple[Card, ...] = ()
    charts: tuple[StoryChart, ...] = ()
    map: StoryMap | None = None
    notes: str = ""
    mark: str = ""
    sources: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One source of the whole story: the report, a layer version, the carbon parameters.

    ``kind`` is ``report``, ``layer`` or ``parameters``; ``mark`` is 示意数据 for a reference layer.
    """

    kind: str
    title: str
    text: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """The whole story of one briefing over one atlas.

    Attributes:
        made_at: when the newest of the layer versions was published, ISO 8601 UTC: the state of the data. The day
            on which somebody prints it is added by whoever prints.
        atlas_id: of the atlas all numbers were looked up in, for addresses.
        mark: 示意数据 when any scene has it.
        approval: 审图号 as the operator entered it, or nothing.
        problems: of the file and of every scene.
    """

    name: str
    title: str
    subtitle: str
    made_at: str
    atlas_id: str
    mark: str
    scenes: tuple[StoryScene, ...]
    sources: tuple[SourceLine, ...] = ()
    approval: str = ""
    problems: tuple[Problem, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready form with the same names; numbers are finite or null, tuples are lists."""
        plain: dict[str, Any] = _plain(self)
        return plain

    def layer_ids(self) -> tuple[str, ...]:
        """Every layer that some scene shows, lowest first as the first scene with a map has them."""
        shown = (layer for scene in self.scenes if scene.map for layer in scene.map.state["layers"])
        return tuple(dict.fromkeys(shown))


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
