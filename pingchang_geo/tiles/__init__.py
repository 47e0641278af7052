"""Id tiles: which plot is under each pixel, nothing else.

A tile is 256 x 256 pixels of ``row + 1`` (0 = nothing), stored as three byte planes (low, middle, high) and
gzipped. Attributes travel separately as columns, so a filter or a new colour never touches a tile. All
coordinates are EPSG:3857, tile numbers are the usual XYZ ones (y grows southwards).
"""

from pingchang_geo.tiles.archive import ArchiveError, TileArchive
from pingchang_geo.tiles.columns import decode_column, encode_column
from pingchang_geo.tiles.deep import DeepTiles
from pingchang_geo.tiles.encoding import MAX_ROWS, decode_tile, encode_tile
from pingchang_geo.tiles.pyramid import TileSet, build_tiles
from pingchang_geo.tiles.raster import Window, rasterise_rows

__all__ = [
    "MAX_ROWS",
    "ArchiveError",
    "DeepTiles",
    "TileArchive",
    "TileSet",
    "Window",
    "build_tiles",
    "decode_column",
    "decode_tile",
    "encode_column",
    "encode_tile",
    "rasterise_rows",
]
