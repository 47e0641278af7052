"""Maps on paper: a picture described as data, drawn with matplotlib, PNG bytes out."""

from pingchang_geo.prints.fonts import chinese_font
from pingchang_geo.prints.measures import around, fitted
from pingchang_geo.prints.picture import (
    REPORT_PX,
    WIDE_PX,
    Extent,
    Key,
    LegendEntry,
    MapPicture,
    PictureError,
    PictureLayer,
)
from pingchang_geo.prints.render import render, veil

__all__ = [
    "REPORT_PX",
    "WIDE_PX",
    "Extent",
    "Key",
    "LegendEntry",
    "MapPicture",
    "PictureError",
    "PictureLayer",
    "around",
    "chinese_font",
    "fitted",
    "render",
    "veil",
]
