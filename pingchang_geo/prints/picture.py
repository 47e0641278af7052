"""What stands on a map for paper: layers, legend, mark and notes, as plain data in the measuring projection.

All geometries and extents are metres of :data:`pingchang_geo.crs.EQUAL_AREA_PROJ`; widths and sizes are points
(1/72 inch) on the paper. Texts are data: they are drawn as they are, never interpreted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pingchang_geo.crs import Geometries
from pingchang_geo.errors import PingchangError
from pingchang_geo.layers import palette

#: West, south, east, north in metres of the measuring projection.
Extent = tuple[float, float, float, float]


class PictureError(PingchangError):
    """A picture cannot be drawn: its extent, size or font is unusable."""


class Key(StrEnum):
    """How a legend line is drawn."""

    FILL = "fill"
    LINE = "line"
    POINT = "point"
    #: A title between lines, no key.
    HEADING = "heading"


@dataclass(frozen=True)
class PictureLayer:
    """Features drawn alike, or each with its own fill.

    Attributes:
        geometries_m: n shapely geometries of any type; None and empty ones are skipped.
        fill: one colour, or n colours of which None leaves a feature unfilled, or None for outlines only.
        edge: colour of outlines and lines; None: none. Outlines of polygons are left out where the polygons are so
            small on the paper that outlines would hide the fills.
        width: of outlines and lines.
        alpha: opacity of the fills, 0–1; outlines stay opaque.
        opacity: of the whole layer, 0–1, symbols and outlines too.
        hatch: "" | "/" | "\\\\" | "x" | "." hatching of polygons in the colour of the edge.
        dash: lengths of dash and gap in points as in ``Style.dash`` ("4 3"); empty: solid.
        symbol: circle | square | diamond | triangle for points (the map's names mountain and factory are known too).
        size: diameter of point symbols.
        location: n words 已核 / 推定 / 示意 (or one for all): points and outlines solid, dashed or hollow, as on the
            screen.
        labels: n names (empty: no label), drawn with a halo where they hit no other label.
        label_color: of the labels.
        label_size: of the labels.
        zorder: higher is drawn later; equal ones in the given order.
    """

    geometries_m: Geometries
    fill: Sequence[str | None] | str | None = None
    edge: str | None = palette.INK
    width: float = 0.8
    alpha: float = 1.0
    opacity: float = 1.0
    hatch: str = ""
    dash: str = ""
    symbol: str = "circle"
    size: float = 7.0
    location: Sequence[str] | str = ""
    labels: Sequence[str] | None = None
    label_color: str = palette.INK
    label_size: float = 8.0
    zorder: float = 0.0


@dataclass(frozen=True)
class LegendEntry:
    """One line of the legend: key, label and, right-aligned, a count or amount with its unit (``1,203 个``)."""

    label: str
    key: Key = Key.FILL
    fill: str | None = None
    edge: str | None = None
    width: float = 0.8
    alpha: float = 1.0
    hatch: str = ""
    dash: str = ""
    symbol: str = "circle"
    location: str = ""
    detail: str = ""

    @classmethod
    def heading(cls, label: str, detail: str = "") -> LegendEntry:
        """A title between lines, e.g. the name of the theme and, at the right, its unit."""
        return cls(label, Key.HEADING, detail=detail)

    @classmethod
    def of_layer(cls, label: str, layer: PictureLayer, key: Key = Key.FILL, detail: str = "") -> LegendEntry:
        """The line of a layer that has one fill."""
        fill = layer.fill if isinstance(layer.fill, str) else None
        location = layer.location if isinstance(layer.location, str) else ""
        return cls(
            label,
            key,
            fill,
            layer.edge,
            layer.width,
            layer.alpha,
            layer.hatch,
            layer.dash,
            layer.symbol,
            location,
            detail,
        )


@dataclass(frozen=True)
class MapPicture:
    """A whole map sheet.

    Attributes:
        title: above the map; empty: the map takes the room.
        extent_m: what must be visible; widened to the shape of the frame, never cropped.
        layers: drawn by ``zorder``, then in this order.
        legend: beside the map (wide sheets) or below it.
        mark: 示意数据 or nothing, on the map's face.
        notes: lines below the map: source, layer versions, date; the projection is named by the renderer itself.
        approval: 审图号 as the operator entered it; empty: not printed.
        subtitle: behind the title, smaller.
        locator_m: the county's outline; a small map of it then shows where the extent lies.
        graticule: whether meridians and parallels are drawn with their degrees and minutes on the frame.
        note_pt: size of the notes; smaller where the sheet's letters are enlarged for a slide.
    """

    title: str
    extent_m: Extent
    layers: tuple[PictureLayer, ...]
    legend: tuple[LegendEntry, ...] = ()
    mark: str = ""
    notes: tuple[str, ...] = ()
    approval: str = ""
    subtitle: str = ""
    locator_m: Geometries | None = None
    graticule: bool = True
    note_pt: float = 6.5


#: Wide sheet for slides, and the map of an A4 report (16 cm wide at 240 dpi), pixels.
WIDE_PX: Final = (1920, 1080)
REPORT_PX: Final = (1512, 1000)
