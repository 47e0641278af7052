"""Maps on paper: a picture described as data, drawn with matplotlib, PNG bytes out."""

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

__all__ = ["REPORT_PX", "WIDE_PX", "Extent", "Key", "LegendEntry", "MapPicture", "PictureError", "PictureLayer"]
