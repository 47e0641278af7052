"""A site's polygon as a short text for the page's address, and back.

Coordinates in steps of 1e-7° (about 1 cm), each as the difference from the one before, zigzag, in groups of five bits
(the way of encoded polylines) written with letters that need no escaping in an address. ``.`` parts the rings of a
polygon, ``~`` the polygons; the leading ``1`` names this form.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely

from pingchang_geo.issues import Issue
from pingchang_geo.messages import issue

_FORM: Final = "1"
_STEPS: Final = 10_000_000
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_VALUES: Final = {letter: value for value, letter in enumerate(_LETTERS)}
#: Longer texts are not read: no browser keeps such an address.
MAX_LETTERS: Final = 100_000
#: A difference of 360° is 3.6e9 steps: 33 bits with the sign, seven groups.
_MOST_GROUPS: Final = 7


def encode(polygon: Any) -> str:
    """Address form of an EPSG:4490 polygon or multipolygon; holes are kept, the closing point is not written."""
    bodies = []
    for part in shapely.get_parts(polygon):
        rings = [part.exterior, *part.interiors]
        bodies.append(".".join(_ring_text(shapely.get_coordinates(ring)[:-1]) for ring in rings))
    return _FORM + "~".join(bodies)


def decode(text: str) -> shapely.Polygon | shapely.MultiPolygon | Issue:
    """Polygon (EPSG:4490, perhaps invalid) of an address; an issue saying why not for anything else."""
    if len(text) > MAX_LETTERS:
        return issue("SITE_ADDRESS", detail="过长")
    if not text.startswith(_FORM):
        return issue("SITE_ADDRESS", detail="不是本系统生成的写法")
    try:
        parts = [_polygon(body) for body in text[1:].split("~")]
    except ValueError as error:
        return issue("SITE_ADDRESS", detail=str(error))
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _ring_text(points: Any) -> str:
    steps = np.round(np.asarray(points) * _STEPS).astype(np.int64)
    moves = np.diff(steps, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    return "".join(_number_text(int(value)) for value in moves.ravel())


def _number_text(value: int) -> str:
    rest = value << 1 if value >= 0 else ~(value << 1)
    letters = []
    while rest >= 32:
        letters.append(_LETTERS[rest & 31 | 32])
        rest >>= 5
    letters.append(_LETTERS[rest])
    return "".join(letters)


def _polygon(body: str) -> shapely.Polygon:
    rings = [_ring(text) for text in body.split(".")]
    return shapely.Polygon(rings[0], rings[1:])


def _ring(text: str) -> Any:
    numbers = _numbers(text)
    if len(numbers) % 2 or len(numbers) < 6:
        raise ValueError("坐标不成对或少于 3 个点")
    points = np.cumsum(np.array(numbers, dtype=np.int64).reshape(-1, 2), axis=0) / _STEPS
    if np.abs(points[:, 0]).max() > 180 or np.abs(points[:, 1]).max() > 90:
        raise ValueError("坐标超出经纬度范围")
    return points


def _numbers(text: str) -> list[int]:
    numbers: list[int] = []
    value = groups = 0
    for letter in text:
        bits = _VALUES.get(letter)
        if bits is None or groups >= _MOST_GROUPS:
            raise ValueError("含有无效的字符" if bits is None else "数值过大")
        value |= (bits & 31) << (5 * groups)
        groups += 1
        if bits < 32:
            numbers.append(~(value >> 1) if value & 1 else value >> 1)
            value = groups = 0
    if groups:
        raise ValueError("内容被截断")
    return numbers
