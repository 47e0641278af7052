"""A story as an editable PowerPoint file: own master, native charts and tables, maps as pictures; bytes out."""

from pingchang_geo.slides.deck import Deck, MapImage, Printing, build

__all__ = ["Deck", "MapImage", "Printing", "build"]
