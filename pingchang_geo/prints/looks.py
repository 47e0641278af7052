"""Looks of features: symbols, dashes and fills, the same rules as on the screen (``web/src/symbols.js``)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.path import Path
from matplotlib.transforms import Affine2D

from pingchang_geo.prints.picture import PictureError
from pingchang_geo.provenance import Location

#: Location → dash pattern in widths of the line (None: solid) and share of the full filling.
_LOCATIONS: Final[dict[str, tuple[tuple[float, float] | None, float]]] = {
    Location.VERIFIED.value: (None, 1.0),
    Location.INFERRED.value: ((1.6, 1.1), 0.35),
    Location.ILLUSTRATIVE.value: ((0.05, 1.6), 0.0),
}
#: Names of the layers' declarations → shapes.
_SHAPE_OF: Final = {"mountain": "triangle", "factory": "square"}


def _closed(corners: list[tuple[float, float]]) -> Path:
    return Path(np.array([*corners, corners[0]]) / 16 - 0.5, closed=True)


#: On a 16 × 16 ground, as on the screen, y upwards.
_SHAPES: Final = {
    "circle": Path.unit_circle().transformed(Affine2D().scale(0.375)),
    "square": _closed([(2.5, 2.5), (13.5, 2.5), (13.5, 13.5), (2.5, 13.5)]),
    "diamond": _closed([(8, 1.2), (14.8, 8), (8, 14.8), (1.2, 8)]),
    "triangle": _closed([(8, 14.2), (14.8, 2.2), (1.2, 2.2)]),
}

_HATCH: Final = {"/": "////", "\\": "\\\\\\\\", "x": "xxxx", ".": "...."}

Rgba = tuple[float, float, float, float]
CLEAR: Final[Rgba] = (0.0, 0.0, 0.0, 0.0)


def shape(symbol: str) -> Path:
    """Path of a point symbol within −0.5 … 0.5."""
    name = _SHAPE_OF.get(symbol, symbol)
    return _SHAPES.get(name, _SHAPES["circle"])


def filling(location: str) -> float:
    """Share of the full filling that a location leaves; one that says nothing looks like a verified one."""
    return _LOCATIONS.get(location, (None, 1.0))[1]


def rgba(color: str | None, alpha: float = 1.0) -> Rgba:
    """Colour with opacity; None is clear.

    Raises:
        PictureError: not a colour.
    """
    if color is None:
        return CLEAR
    try:
        return to_rgba(color, alpha)
    except ValueError as error:
        raise PictureError(f"颜色「{color}」无效。", fix="请使用 #RRGGBB 形式。") from error


def line_style(location: str, dash: str, width: float) -> tuple[Any, str]:
    """matplotlib's line style (dashes in widths of the line) and cap style.

    Raises:
        PictureError: ``dash`` is no list of lengths.
    """
    pattern = _LOCATIONS.get(location, (None, 1.0))[0]
    if pattern is not None:
        return (0, pattern), "round" if pattern[0] < 0.1 else "butt"
    if dash:
        return (0, _dashes(dash, width)), "butt"
    return "-", "round"


def _dashes(dash: str, width: float) -> tuple[float, ...]:
    """Lengths in points → in widths of the line."""
    try:
        lengths = tuple(float(part) / max(width, 0.1) for part in dash.replace(",", " ").split())
    except ValueError as error:
        raise PictureError(f"虚线「{dash}」无效。", fix="请以磅为单位依次给出实线与间隔的长度，如「4 3」。") from error
    return lengths * 2 if len(lengths) % 2 else lengths


def symbol_style(location: str, color: str, dash_width: float = 1.1) -> dict[str, Any]:
    """Properties of a point symbol: verified full with a white rim; otherwise a coloured outline on white ground, so
    that what lies beneath does not fill a hollow one."""
    share = filling(location)
    if share == 1.0:
        return {"facecolor": rgba(color), "edgecolor": "#FFFFFF", "linewidth": 0.7, "linestyle": "-"}
    ground = tuple(1 - (1 - channel) * share for channel in rgba(color)[:3])
    style, cap = line_style(location, "", dash_width)
    return {"facecolor": ground, "edgecolor": color, "linewidth": dash_width, "linestyle": style, "capstyle": cap}


def plural(style: dict[str, Any]) -> dict[str, Any]:
    """The same properties as a collection names them."""
    many = {"facecolor", "edgecolor", "linewidth", "linestyle"}
    return {f"{name}s" if name in many else name: [value] if name in many else value for name, value in style.items()}


def hatch(name: str) -> str:
    """matplotlib's pattern, dense enough for small areas."""
    return _HATCH.get(name, "")
