"""All tiles of a version in one immutable file.

Layout, little endian: 8 bytes magic, uint32 length of a JSON header, the header, then an index of (uint64
key, uint64 offset, uint32 length) per tile sorted by key, then the tiles. The file is mapped, not read: a
tile costs microseconds, processes share the pages, and nothing needs a lock because nothing changes.
"""

import json
import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np

from pingchang_geo.tiles.pyramid import TileSet

MAGIC = b"PCIDT\x00\x01\n"
_INDEX = np.dtype([("key", "<u8"), ("offset", "<u8"), ("length", "<u4")])


class ArchiveError(ValueError):
    """A tile archive is cut short or is not one."""


def _key(zoom: int, x: int, y: int) -> int:
    return (zoom << 58) | (x << 29) | y


class TileArchive:
    """Read-only access to the tiles of one version; safe to share between threads."""

    def __init__(self, data: mmap.mmap, index: dict[int, tuple[int, int]], rows: int, zooms: tuple[int, ...]) -> None:
        self._data = data
        self._index = index
        self.rows = rows
        self.zooms = zooms

    @staticmethod
    def write(path: Path, tileset: TileSet) -> None:
        """Write a tile set to ``path``: to a neighbour first, synced, then renamed, so a reader never meets
        half a file."""
        header = json.dumps({"rows": tileset.rows, "zooms": list(tileset.zooms), "tiles": len(tileset.tiles)}).encode()
        entries = sorted((_key(*key), data) for key, data in tileset.tiles.items())
        index = np.zeros(len(entries), dtype=_INDEX)
        index["key"] = [key for key, _ in entries]
        index["length"] = [len(data) for _, data in entries]
        start = len(MAGIC) + 4 + len(header) + index.nbytes
        index["offset"] = start + np.concatenate([[0], np.cumsum(index["length"])[:-1]]) if entries else start
        partial = path.with_name(path.name + ".partial")
        with partial.open("wb") as file:
            file.write(MAGIC + len(header).to_bytes(4, "little") + header + index.tobytes())
            file.writelines(data for _, data in entries)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Map an archive. Raises FileNotFoundError, or ArchiveError if the file is damaged."""
        with path.open("rb") as file:
            if file.seek(0, os.SEEK_END) < len(MAGIC) + 4:
                raise ArchiveError(f"{path.name}: too short for a tile archive")
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if data[: len(MAGIC)] != MAGIC:
            raise ArchiveError(f"{path.name}: not a tile archive")
        body = len(MAGIC) + 4 + int.from_bytes(data[len(MAGIC) : len(MAGIC) + 4], "little")
        try:
            header = json.loads(data[len(MAGIC) + 4 : body])
            raw = data[body : body + header["tiles"] * _INDEX.itemsize]
            index = np.frombuffer(raw, dtype=_INDEX, count=header["tiles"])
        except (ValueError, KeyError, TypeError) as error:
            raise ArchiveError(f"{path.name}: damaged header") from error
        if len(index) and int(index["offset"][-1] + index["length"][-1]) != len(data):
            raise ArchiveError(f"{path.name}: cut short")
        keys, offsets, lengths = (index[name].tolist() for name in ("key", "offset", "length"))
        places = dict(zip(keys, zip(offsets, lengths, strict=True), strict=True))
        return cls(data, places, int(header["rows"]), tuple(header["zooms"]))

    def get(self, zoom: int, x: int, y: int) -> bytes | None:
        """Return a tile's gzip bytes, or None where nothing is."""
        if not (0 <= zoom < 30 and 0 <= x < 2**zoom and 0 <= y < 2**zoom):
            return None
        place = self._index.get(_key(zoom, x, y))
        return None if place is None else self._data[place[0] : place[0] + place[1]]

    def __len__(self) -> int:
        return len(self._index)

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        """Zoom, column and row of every tile there is, coarse ones first."""
        mask = (1 << 29) - 1
        return ((key >> 58, (key >> 29) & mask, key & mask) for key in sorted(self._index))
