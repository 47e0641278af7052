"""Ways in which files get damaged: on the wire, on the stick, by a program, on purpose."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

#: Numbers at which length checks go wrong.
_EXTREMES = tuple(
    value.to_bytes(4, order)
    for order in ("little", "big")
    for value in (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
)
#: Headers are short and everything depends on them.
_HEAD = 300


def _where(data: bytearray, random: Random) -> int:
    return random.randrange(len(data) if random.random() < 0.6 else min(len(data), _HEAD))


def _flip(data: bytearray, random: Random) -> None:
    data[_where(data, random)] ^= 1 << random.randrange(8)


def _replace(data: bytearray, random: Random) -> None:
    data[_where(data, random)] = random.randrange(256)


def _extreme(data: bytearray, random: Random) -> None:
    position = _where(data, random)
    data[position : position + 4] = random.choice(_EXTREMES)


def _cut(data: bytearray, random: Random) -> None:
    del data[_where(data, random) :]


def _lose(data: bytearray, random: Random) -> None:
    position = _where(data, random)
    del data[position : position + random.randrange(1, 40)]


def _repeat(data: bytearray, random: Random) -> None:
    position = _where(data, random)
    data[position:position] = data[position : position + random.randrange(1, 200)]


def _zero(data: bytearray, random: Random) -> None:
    position = _where(data, random)
    length = min(random.randrange(1, 600), len(data) - position)
    data[position : position + length] = bytes(length)


def _shuffle(data: bytearray, random: Random) -> None:
    size = max(1, len(data) // 8)
    first, second = _where(data, random), _where(data, random)
    block = data[first : first + size]
    data[second : second + len(block)] = block


_KINDS: tuple[tuple[Callable[[bytearray, Random], None], int], ...] = (
    (_flip, 30),
    (_replace, 25),
    (_extreme, 20),
    (_cut, 6),
    (_lose, 6),
    (_repeat, 5),
    (_zero, 5),
    (_shuffle, 3),
)


def damaged(content: bytes, random: Random) -> bytes:
    """The content after one to some forty accidents."""
    data = bytearray(content)
    kinds, weights = zip(*_KINDS, strict=True)
    for kind in random.choices(kinds, weights, k=random.choice((1, 1, 1, 2, 5, 40))):
        if data:
            kind(data, random)
    return bytes(data)


#: What stands where something else should: wrong types, numbers at the edge, text that cannot be written.
_MEMBERS: tuple[Any, ...] = (
    None,
    True,
    -1,
    1e308,
    2**70,
    float("nan"),
    float("inf"),
    "",
    "x",
    "\ud800",
    "y" * 10_000,
    [],
    [[]],
    [[1, 2]],
    {},
    {"type": "Point"},
    {"type": "MultiPolygon", "coordinates": []},
    {"type": "GeometryCollection", "geometries": [{"type": "GeometryCollection", "geometries": []}]},
)


def _paths(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    for key, child in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from _paths(child, (*path, key))


def misplaced(content: bytes, random: Random) -> bytes:
    """JSON that is still JSON, with some of its members exchanged for others."""
    document = json.loads(content)
    for _ in range(random.choice((1, 1, 2, 5))):
        *way, last = random.choice(list(_paths(document)))
        node = document
        for key in way:
            node = node[key]
        node[last] = random.choice(_MEMBERS)
    return json.dumps(document).encode()
