"""One tile as bytes."""

import gzip

import numpy as np
from numpy.typing import NDArray

from pingchang_geo.tiles.grid import TILE_PX

MAX_ROWS = 2**24 - 1
"""Three byte planes hold row numbers up to this."""

GZIP_LEVEL = 6


def encode_tile(rows: NDArray[np.uint32]) -> bytes:
    """Encode a (256, 256) array of ``row + 1`` as three byte planes (low, middle, high), gzipped, the same
    bytes every time."""
    if rows.shape != (TILE_PX, TILE_PX):
        raise ValueError(f"a tile has {TILE_PX} x {TILE_PX} pixels, got {rows.shape}")
    little = np.ascontiguousarray(rows, dtype="<u4").view(np.uint8).reshape(-1, 4)
    if little[:, 3].any():
        raise ValueError(f"more than {MAX_ROWS} rows do not fit three byte planes")
    planes = np.ascontiguousarray(little[:, :3].T)
    return gzip.compress(planes.tobytes(), GZIP_LEVEL, mtime=0)


def decode_tile(data: bytes) -> NDArray[np.uint32]:
    """Decode what ``encode_tile`` made, into a (256, 256) uint32 array of ``row + 1``."""
    planes = np.frombuffer(gzip.decompress(data), dtype=np.uint8).reshape(3, TILE_PX, TILE_PX).astype(np.uint32)
    rows: NDArray[np.uint32] = planes[0] | planes[1] << np.uint32(8) | planes[2] << np.uint32(16)
    return rows
