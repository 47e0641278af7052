"""Search by name or compartment number over every layer that declares ``search`` fields."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Final

import pyarrow.compute as pc

from pingchang_geo.workflow.atlas import Atlas, LayerData

_LIMIT: Final = 12
#: Longer queries than any name are cut: nobody types them.
_LONGEST: Final = 60


@dataclass(frozen=True)
class Hit:
    """One match; ``bounds`` are west, south, east, north in degrees."""

    layer: str
    layer_title: str
    row: int
    title: str
    detail: str
    bounds: tuple[float, float, float, float]

    def as_dict(self) -> dict[str, Any]:
        """JSON form; bounds as Leaflet wants them, [[south, west], [north, east]]."""
        west, south, east, north = self.bounds
        return {
            "layer": self.layer,
            "layerTitle": self.layer_title,
            "row": self.row,
            "title": self.title,
            "detail": self.detail,
            "bounds": [[south, west], [north, east]],
        }


def search(atlas: Atlas, query: str, limit: int = _LIMIT) -> list[Hit]:
    """Features whose search fields hold every word of ``query``, fewest features' layers first.

    Words are separated by spaces or hyphens; digits match whole numbers (``12-7`` finds 林班 12 小班 7, not 112-70).
    """
    plain = unicodedata.normalize("NFKC", query).strip()[:_LONGEST].lower()
    words = [word for word in re.split(r"[\s,，、-]+", plain) if word]
    if not words:
        return []
    hits: list[Hit] = []
    for data in sorted(atlas.layers.values(), key=lambda d: len(d.frame)):
        # a base layer has nothing to select, and a title as the map writes it ("小班 12-7") finds itself
        wanted = [word for word in words if word != data.spec.noun]
        if not data.spec.search or data.spec.base_map or not wanted or len(hits) >= limit:
            continue
        rows = _rows(data, wanted)[: limit - len(hits)]
        hits.extend(_hit(data, row) for row in rows)
    return hits


def _rows(data: LayerData, words: list[str]) -> list[int]:
    text = data.search_text
    keep: Any = None
    for word in words:
        pattern = rf"(^|[^0-9]){re.escape(word)}($|[^0-9])" if word.isdigit() else re.escape(word)
        found = pc.match_substring_regex(text, pattern)
        keep = found if keep is None else pc.and_(keep, found)
    return [int(i) for i in pc.indices_nonzero(keep)[: _LIMIT * 4].to_pylist()]


def _hit(data: LayerData, row: int) -> Hit:
    record = data.frame.iloc[row]
    extras = [str(record[name]) for name in data.spec.tooltip if name in record and isinstance(record[name], str)]
    west, south, east, north = (float(v) for v in data.bounds[row])
    title = data.title_of(row)
    detail = " · ".join(e for e in extras if e and e != title)
    return Hit(data.spec.id, data.spec.title, row, title, detail, (west, south, east, north))
