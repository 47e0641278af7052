"""Layers on the map's face: fills first, then outlines, lines and points, grouped by look so that large layers stay
fast."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.transforms import IdentityTransform
from numpy.typing import NDArray

from pingchang_geo.crs import Geometries
from pingchang_geo.prints import looks, paths
from pingchang_geo.prints.picture import Extent, PictureError, PictureLayer

Ints = NDArray[np.int64]

#: Polygons whose typical side is less than this many outline widths would be hidden by their outlines.
_SIDE_IN_WIDTHS: Final = 8.0
#: So few polygons hide nothing.
_ALWAYS_OUTLINED: Final = 50
#: Vertices closer than this share of a pixel are drawn as one.
_DETAIL_PX: Final = 0.25


@dataclass(frozen=True)
class View:
    """What of the ground is shown and how finely: metres a pixel, pixels a point."""

    extent: Extent
    metres_per_px: float
    px_per_pt: float

    @property
    def unit_m(self) -> float:
        """Vertices closer than this are drawn as one."""
        return self.metres_per_px * _DETAIL_PX


@dataclass(frozen=True)
class Polygons:
    """m single polygons with the fill and the location of the feature each belongs to."""

    shapes: Geometries
    fills: NDArray[Any]
    locations: NDArray[Any]


def draw(axes: Axes, layer: PictureLayer, view: View, zorder: float) -> int:
    """Draw one layer; returns how many of its features are in sight.

    Raises:
        PictureError: as many fills or locations as features are needed, or one for all; or a colour is none.
    """
    geometries = np.asarray(layer.geometries_m, dtype=object)
    fills = _values(layer.fill, len(geometries), "填充色")
    locations = _values(layer.location, len(geometries), "位置可信度")
    seen = paths.visible(geometries, view.extent)
    if not seen.size:
        return 0
    geometries, fills, locations = geometries[seen], fills[seen], locations[seen]
    shapes, owner = paths.parts(geometries, paths.POLYGON)
    if len(shapes):
        polygons = Polygons(shapes, fills[owner], locations[owner])
        outlined = _outlined(layer, shapes, view)
        for artist in _fills(layer, polygons, view, outlined):
            _add(axes, artist, zorder)
        for artist in _outlines(layer, polygons, view) if outlined else ():
            _add(axes, artist, zorder + 0.2)
    lines, owner = paths.parts(geometries, paths.LINE)
    for color, group in _groups(fills[owner]):
        stroke = layer.edge if layer.edge is not None else color
        for path in paths.line_paths(lines[group], view.extent, view.unit_m):
            _add(axes, _stroke(path, layer, stroke, ""), zorder + 0.3)
    for collection in _points(axes, layer, geometries, fills, locations):
        _add(axes, collection, zorder + 0.4)
    return int(seen.size)


def _values(given: Sequence[str | None] | str | None, n: int, what: str) -> NDArray[Any]:
    """n values of a per-feature property or of one for all."""
    values = np.empty(n, dtype=object)
    if given is None or isinstance(given, str):
        values[:] = given
        return values
    if len(given) != n:
        raise PictureError(f"制图图层的{what}有 {len(given)} 个，要素有 {n} 个。", fix="请逐要素给出，或只给一个。")
    values[:] = list(given)
    return values


def _groups(values: NDArray[Any]) -> Iterator[tuple[Any, Ints]]:
    """Each distinct value with the positions that have it, in order of first appearance; None is a value too."""
    codes, distinct = pd.factorize(values, use_na_sentinel=True)
    order = np.argsort(codes, kind="stable")
    for code, group in zip(*_split(codes[order], order), strict=True):
        yield (None if code < 0 else distinct[code]), group


def _split(codes: Ints, order: Ints) -> tuple[list[int], list[Ints]]:
    if not len(codes):
        return [], []
    starts = np.flatnonzero(np.diff(codes)) + 1
    return [int(c) for c in codes[np.concatenate([[0], starts])]], np.split(order, starts)


def _outlined(layer: PictureLayer, shapes: Geometries, view: View) -> bool:
    if layer.edge is None or layer.width <= 0:
        return False
    side_pt = float(np.sqrt(np.median(shapely.area(shapes)))) / view.metres_per_px / view.px_per_pt
    return side_pt >= _SIDE_IN_WIDTHS * layer.width or len(shapes) < _ALWAYS_OUTLINED


def _fills(layer: PictureLayer, polygons: Polygons, view: View, outlined: bool) -> Iterator[Artist]:
    """Filled compound paths, one look after another. A fill of its own carries a value and stays legible, whatever
    the place's standing; a common one fades with it.

    Small plots without outlines are drawn without smoothing: every pixel then has the colour of a class, as on the
    screen, whereas smoothed neighbours would let the ground shine through and pale the map.
    """
    themed = not (layer.fill is None or isinstance(layer.fill, str))
    for location, of_location in _groups(polygons.locations):
        share = 1.0 if themed else looks.filling(location or "")
        for color, group in _groups(polygons.fills[of_location]):
            face = looks.rgba(color, layer.alpha * share * layer.opacity)
            if face[3] == 0 and not layer.hatch:
                continue
            for path in paths.polygon_paths(polygons.shapes[of_location[group]], view.extent, view.unit_m):
                yield _filled(path, layer, face, smooth=outlined or not themed)


def _filled(path: Path, layer: PictureLayer, face: looks.Rgba, *, smooth: bool) -> Artist:
    patch = PathPatch(path, facecolor=face, edgecolor="none", linewidth=0.0, antialiased=smooth)
    if layer.hatch:
        patch.set_hatch(looks.hatch(layer.hatch))
        patch.set_hatchcolor(looks.rgba(layer.edge, layer.opacity))
        patch.set_hatch_linewidth(max(0.4, layer.width * 0.5))
    return patch


def _outlines(layer: PictureLayer, polygons: Polygons, view: View) -> Iterator[Artist]:
    for location, group in _groups(polygons.locations):
        for path in paths.polygon_paths(polygons.shapes[group], view.extent, view.unit_m):
            yield _stroke(path, layer, layer.edge, location or "")


def _stroke(path: Path, layer: PictureLayer, color: str | None, location: str) -> Artist:
    style, cap = looks.line_style(location, layer.dash, layer.width)
    return PathPatch(
        path,
        fill=False,
        edgecolor=looks.rgba(color, layer.opacity),
        linewidth=layer.width,
        linestyle=style,
        capstyle=cap,
        joinstyle="round",
    )


def _points(
    axes: Axes, layer: PictureLayer, geometries: Geometries, fills: NDArray[Any], locations: NDArray[Any]
) -> Iterator[Artist]:
    places, owner = paths.points(geometries)
    for location, of_location in _groups(locations[owner]):
        for color, group in _groups(fills[owner][of_location]):
            stroke = color if color is not None else layer.edge
            if stroke is None:
                continue
            style = looks.symbol_style(location or "", stroke)
            symbols = PathCollection(
                [looks.shape(layer.symbol)],
                sizes=[(layer.size * 16 / 12) ** 2],
                offsets=places[of_location[group]],
                offset_transform=axes.transData,
                alpha=layer.opacity,
                **looks.plural(style),
            )
            symbols.set_transform(IdentityTransform())
            yield symbols


def _add(axes: Axes, artist: Artist, zorder: float) -> None:
    """Add without asking the artist for its extent, which the axes would for every patch."""
    artist.set_zorder(zorder)
    axes.add_artist(artist)
