"""A scene's map on paper: the same layers, colours, classes and filters as on the screen, with all that a printed map
needs. Slides, handout and fact sheets share it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely

from pingchang_geo import crs, prints
from pingchang_geo.briefing.story import StoryLayer, StoryMap
from pingchang_geo.layers import boundaries, palette
from pingchang_geo.prints import Extent, Key, LegendEntry, MapPicture, PictureLayer
from pingchang_geo.provenance import Location
from pingchang_geo.settings import settings
from pingchang_geo.units import format_number
from pingchang_geo.workflow import derive
from pingchang_geo.workflow.atlas import Atlas, LayerData
from pingchang_geo.workflow.briefings.painting import Painting, painted

#: As the map draws what is selected: a white casing and a blue line over it (``web/src/inspect.js``).
_SELECTED: Final = "#0B57D0"
#: Opacity of what the filter leaves out but does not hide (``web/src/lookup.js``, ``smalllayers.js``).
_DIM_TILED, _DIM_SMALL = 70 / 255, 0.3
#: A fill that carries a value stays at least this legible (``web/src/symbols.js``).
_THEMED_ALPHA: Final = 0.65
#: Layers of more features go unnamed; areas narrower than this share of the map as well, as on the screen.
_MOST_NAMED: Final = 80
_NAMED_SHARE: Final = 0.05
_BOUNDARY_STEPS: Final = 16
#: Radius of the ring around a highlighted feature that is smaller, as a share of the map's width.
_RING_SHARE: Final = 0.018
#: Width of a map's face, roughly, points.
_FACE_PT: Final = 240.0
#: Pictures kept: a deck, its handout and the next export of the same story draw each map once.
_KEPT: Final = 48
#: Size of the small print below a picture wherever it is shown, points.
_NOTE_PT: Final = 7.5
#: Lines of legend that fit in letters of full size; with more, letters shrink to this share at least.
_LEGEND_LINES, _LEAST_LETTERS = 15, 0.7
#: Room around what the scene asks for, a share of its size, so that scale bar, arrow and mark cover less of it.
_ROOM: Final = 0.05
#: Longer names of sources are cut on the map; the last slide has them whole.
_NOTE_SOURCE: Final = 30


@dataclass(frozen=True)
class Frame:
    """Size of a picture in pixels; ``letter_dpi``: pixels an inch that letters are sized by; ``note_pt``: of the notes.

    Letters of a map sheet have 6–13 points; on a slide that is read from afar they must be larger, so a picture that
    will be shown at 220 dots an inch is drawn with letters for 330: one and a half times as large.
    """

    width_px: int
    height_px: int
    letter_dpi: int
    note_pt: float = 6.5

    @classmethod
    def of(cls, width_in: float, height_in: float, dpi: int, letters: float = 1.0) -> Frame:
        """Frame of a picture shown ``width_in`` × ``height_in`` inches large; ``letters``: how much larger than on
        paper its letters are."""
        return cls(round(width_in * dpi), round(height_in * dpi), round(dpi * letters), _NOTE_PT / letters)


#: A map of its own, 1920 × 1080, with letters as large as on paper.
SHEET: Final = Frame(*prints.WIDE_PX, 200)


def font() -> tuple[Path, str]:
    """The font to draw with, and what is wrong with the operator's own (then the installed one is taken)."""
    try:
        return prints.chinese_font(settings().font), ""
    except prints.PictureError as error:
        return prints.chinese_font(None), f"{error.message}已改用自带字体。"


def draw(
    story_map: StoryMap,
    atlas: Atlas,
    frame: Frame,
    *,
    title: str = "",
    approval: str = "",
    on: str = "",
    keep: bool = True,
) -> bytes:
    """PNG of a scene's map; the same bytes for the same map.

    Args:
        story_map: what to show.
        atlas: that the story was told over.
        frame: how large.
        title: above the map; the map's own title by default.
        approval: 审图号; empty: not printed.
        on: day it is printed, ISO; empty: not printed.
        keep: whether it will be wanted again: not what one reader sees at one moment.

    Raises:
        PictureError: the extent or the size cannot be drawn.
    """
    key = (atlas.id, repr(story_map), frame, title, approval, on, str(font()[0]))
    kept = _PICTURES.get(key)
    if kept is None:
        made = replace(picture(story_map, atlas, title=title, approval=approval, on=on), note_pt=frame.note_pt)
        # Long legends need more lines than large letters leave.
        share = min(1.0, max(_LEAST_LETTERS, _LEGEND_LINES / max(1, len(made.legend))))
        made = replace(made, note_pt=made.note_pt / share)
        kept = prints.render(made, frame.width_px, frame.height_px, round(frame.letter_dpi * share), font=font()[0])
        if keep:
            _PICTURES.put(key, kept)
    return kept


def picture(story_map: StoryMap, atlas: Atlas, *, title: str = "", approval: str = "", on: str = "") -> MapPicture:
    """A scene's map as a map sheet: county and neighbours beneath, the layers lowest first, the highlighted feature
    on top, legend with counts of what the filter lets through, versions and sources below.

    Raises:
        PictureError: the extent is no place of the county.
    """
    extent = extent_m(story_map.extent)
    drawn = [_Drawn(atlas[layer.id], layer, story_map) for layer in story_map.layers]
    layers = [*_ground(atlas, extent), *(one for layer in drawn for one in layer.layers(extent))]
    layers += [*_outline(atlas), *_highlight(story_map, atlas)]
    legend = [entry for layer in reversed(drawn) for entry in layer.legend()]
    return MapPicture(
        title=title or story_map.title,
        extent_m=extent,
        layers=tuple(layers),
        legend=(*legend, *_common_legend(story_map, atlas, drawn)),
        mark=story_map.mark,
        notes=tuple(_notes(story_map, atlas, on)),
        approval=approval,
    )


def extent_m(box: tuple[float, float, float, float]) -> Extent:
    """A box of EPSG:4490 as the box around it in the measuring projection, with a little room."""
    edge = shapely.segmentize(shapely.box(*box), max(box[2] - box[0], box[3] - box[1]) / _BOUNDARY_STEPS or 1.0)
    west, south, east, north = (float(v) for v in shapely.bounds(crs.to_equal_area(np.array([edge])))[0])
    x, y = _ROOM * (east - west), _ROOM * (north - south)
    return west - x, south - y, east + x, north + y


class _Drawn:
    """One layer of a scene, painted."""

    def __init__(self, data: LayerData, layer: StoryLayer, story_map: StoryMap) -> None:
        self.data = data
        self.layer = layer
        self.painting: Painting = painted(data.frame, layer.theme, layer.filter, data.spec.style.color)
        self.tiled = derive.tiled(data.version)
        self.selected = [row for name, row in story_map.select if name == layer.id]

    def layers(self, extent: Extent) -> Iterator[PictureLayer]:
        """What is drawn of it: pale first what the filter leaves out, if that stays at all."""
        if self.painting.dimmed and not self.painting.kept.all():
            share = _DIM_TILED if self.tiled else _DIM_SMALL
            yield self._part(~self.painting.kept, self.layer.opacity * share, None)
        yield self._part(self.painting.kept, self.layer.opacity, extent)

    def _part(self, rows: Any, opacity: float, named: Extent | None) -> PictureLayer:
        style, number = self.data.spec.style, np.flatnonzero(rows)
        fills = self.painting.colors[number].tolist()
        shapes = self.data.metres[number]
        if self.tiled:
            return PictureLayer(shapes, fills, "#FFFFFF", 0.2, opacity=opacity, zorder=2)
        themed = self.layer.theme is not None
        return PictureLayer(
            shapes,
            fills if themed else style.color,
            style.color,
            style.weight * 0.6,
            self._alpha(1.0),
            opacity,
            dash=style.dash or "",
            symbol=style.symbol,
            location=self._locations(number),
            labels=self._names(number, named) if named else None,
            label_color=style.color,
            zorder=4,
        )

    def _alpha(self, opacity: float) -> float:
        style = self.data.spec.style
        return opacity * (max(_THEMED_ALPHA, style.fill_opacity) if self.layer.theme else style.fill_opacity)

    def _locations(self, rows: Any) -> list[str] | str:
        if palette.LOCATION.name not in self.data.frame:
            return ""
        column = self.data.frame[palette.LOCATION.name].iloc[rows]
        return [str(word) for word in column.astype(object).where(column.notna(), "")]

    def _names(self, rows: Any, extent: Extent) -> list[str] | None:
        """Names of points and of areas wide enough to bear one; the highlighted feature's is drawn with it."""
        if self.tiled or len(rows) > _MOST_NAMED:
            return None
        bounds = shapely.bounds(self.data.metres[rows])
        wide = (bounds[:, 2] - bounds[:, 0]) >= _NAMED_SHARE * (extent[2] - extent[0])
        point = shapely.get_dimensions(self.data.metres[rows]) == 0
        named = (wide | point) & ~np.isin(rows, self.selected)
        return [self.data.title_of(int(row)) if named[i] else "" for i, row in enumerate(rows)]

    @property
    def locations(self) -> set[str]:
        """Standings of the features shown."""
        found = self._locations(np.flatnonzero(self.painting.kept))
        return {word for word in found if word} if isinstance(found, list) else set()

    def legend(self) -> Iterator[LegendEntry]:
        """The theme's lines with counts, or one line for the whole layer."""
        theme, style, spec = self.layer.theme, self.data.spec.style, self.data.spec
        points = not self.tiled and bool((shapely.get_dimensions(self.data.metres[self.painting.kept]) == 0).any())
        key, edge = (Key.POINT if points else Key.FILL), None if self.tiled else style.color
        common = next(iter(self.locations)) if len(self.locations) == 1 and not theme else ""
        alpha = self.layer.opacity if self.tiled else self._alpha(self.layer.opacity)
        look: dict[str, Any] = {"key": key, "edge": edge, "alpha": alpha, "symbol": style.symbol, "location": common}
        if theme is None:
            count = f"{format_number(self.painting.shown, 0)} 个"
            yield LegendEntry(spec.title, fill=style.color, width=style.weight * 0.6, detail=count, **look)
            return
        unit = f"（{theme['unit']}）" if theme["unit"] else ""
        yield LegendEntry.heading(f"{spec.title}：{theme['title']}{unit}", "个")
        lines = list(zip(theme["labels"], theme["colors"], self.painting.counts, strict=True))
        if self.painting.missing:
            lines.append(("无数据", theme.get("missing") or palette.MISSING, self.painting.missing))
        for label, color, rows in lines:
            if rows or not self.layer.filter:  # what the filter leaves out is not on the map
                yield LegendEntry(label, fill=color, width=0.6, detail=format_number(rows, 0), **look)


def _ground(atlas: Atlas, extent: Extent) -> Iterator[PictureLayer]:
    """Neighbours with their names and a veil over all that is not the county, beneath the data, as on the screen."""
    if boundaries.NEIGHBOURS.id in atlas:
        data = atlas[boundaries.NEIGHBOURS.id]
        names = [data.title_of(row) for row in range(len(data.frame))]
        color = data.spec.style.color
        yield PictureLayer(data.metres, "#F7F8F7", color, 0.6, labels=names, label_color="#6B746F", label_size=7.5)
    if boundaries.COUNTY.id in atlas:
        yield prints.veil(atlas[boundaries.COUNTY.id].metres, extent)
    if boundaries.RIVERS.id in atlas:
        style = atlas[boundaries.RIVERS.id].spec.style
        shapes = atlas[boundaries.RIVERS.id].metres
        yield PictureLayer(shapes, style.color, style.color, 0.8, style.fill_opacity, zorder=3)


def _outline(atlas: Atlas) -> Iterator[PictureLayer]:
    if boundaries.COUNTY.id in atlas:
        shapes = atlas[boundaries.COUNTY.id].metres
        yield PictureLayer(shapes, None, "#FFFFFF", 3.0, zorder=5)
        yield PictureLayer(shapes, None, palette.OUTLINE, 1.3, zorder=5)


def _highlight(story_map: StoryMap, atlas: Atlas) -> Iterator[PictureLayer]:
    """Casing, line and, beside them, the name of each."""
    for layer_id, row in story_map.select:
        if layer_id in atlas:
            yield from _highlighted(atlas[layer_id], row, story_map)


def _highlighted(data: LayerData, row: int, story_map: StoryMap) -> Iterator[PictureLayer]:
    shape = data.metres[[row]]
    west, _, east, _ = extent_m(story_map.extent)
    reach = _RING_SHARE * (east - west)
    if shapely.minimum_bounding_radius(shape)[0] < reach:  # too small to be seen: a ring around it
        shape = shapely.buffer(shapely.centroid(shape), reach)
    yield PictureLayer(shape, None, "#FFFFFF", 4.0, zorder=8)
    yield PictureLayer(shape, None, _SELECTED, 1.9, zorder=8)
    # An unseen symbol as large as the feature, so that the name stands beside it.
    size = _FACE_PT * 2 * shapely.minimum_bounding_radius(shape)[0] / (east - west)
    name = [data.title_of(row)]
    yield PictureLayer(shapely.centroid(shape), None, None, size=size, labels=name, label_color=_SELECTED, zorder=9)


def _common_legend(story_map: StoryMap, atlas: Atlas, drawn: Sequence[_Drawn]) -> Iterator[LegendEntry]:
    """Highlighted features, county outline and what the outlines of places mean."""
    names = [atlas[layer_id].title_of(row) for layer_id, row in story_map.select if layer_id in atlas]
    if names:
        yield LegendEntry("、".join(names), Key.LINE, edge=_SELECTED, width=1.9)
    if boundaries.COUNTY.id in atlas:
        yield LegendEntry(boundaries.COUNTY.title, Key.LINE, edge=palette.OUTLINE, width=1.3)
    found: set[str] = set().union(*(layer.locations for layer in drawn))
    if found:
        yield LegendEntry.heading("位置")
        for word in (level.value for level in Location if level.value in found):
            yield LegendEntry(word, Key.POINT, fill=palette.INK, location=word)


def _notes(story_map: StoryMap, atlas: Atlas, on: str) -> Iterator[str]:
    """Versions and sources of what is shown, those of one source together, and the dates."""
    base = [one.id for one in (boundaries.COUNTY, boundaries.NEIGHBOURS, boundaries.RIVERS) if one.id in atlas]
    selected = [layer_id for layer_id, _ in story_map.select]
    ids = dict.fromkeys([*(layer.id for layer in story_map.layers), *selected, *base])
    known = [atlas[layer_id] for layer_id in ids if layer_id in atlas]
    by_source: dict[str, list[str]] = {}
    for data in known:
        source = data.version.provenance.source
        main = source.split("；")[0]
        short = main if len(main) <= _NOTE_SOURCE else main[: _NOTE_SOURCE - 1] + "…"
        title = f"{data.spec.title}{data.version.label}"
        by_source.setdefault(f"{data.version.provenance.kind.label}：{short}", []).append(title)
    if known:
        parts = "；".join(f"{'、'.join(titles)}（{source}）" for source, titles in by_source.items())
        published = max(data.version.published_at for data in known)[:10]
        printed = f"；制图 {on}" if on else ""
        yield f"数据：{parts}。数据发布 {published}{printed}。"


class _Pictures:
    """The last pictures drawn; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Any, bytes] = OrderedDict()

    def get(self, key: Any) -> bytes | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: Any, png: bytes) -> None:
        with self._lock:
            self._kept[key] = png
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


_PICTURES: Final = _Pictures()
