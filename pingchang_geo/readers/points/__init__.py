"""Boundaries as people write them: points in any notation, survey text, WKT, GeoJSON. :func:`parse` takes them all."""

from pingchang_geo.readers.points.text import MAX_LETTERS, parse
from pingchang_geo.readers.points.written import Declared, Written

__all__ = ["MAX_LETTERS", "Declared", "Written", "parse"]
