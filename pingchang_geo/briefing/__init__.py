"""Briefings: a story on the map as one readable file, and as the plain data that every output is made from."""

from pingchang_geo.briefing.model import (
    Briefing,
    ChartKind,
    ChartRef,
    Feature,
    LayerView,
    Problem,
    Scene,
    SceneMap,
)
from pingchang_geo.briefing.scene_file import dump, parse
from pingchang_geo.briefing.story import (
    Card,
    Quote,
    Series,
    SourceLine,
    Story,
    StoryChart,
    StoryLayer,
    StoryMap,
    StoryScene,
)

__all__ = [
    "Briefing",
    "Card",
    "ChartKind",
    "ChartRef",
    "Feature",
    "LayerView",
    "Problem",
    "Quote",
    "Scene",
    "SceneMap",
    "Series",
    "SourceLine",
    "Story",
    "StoryChart",
    "StoryLayer",
    "StoryMap",
    "StoryScene",
    "dump",
    "parse",
]
