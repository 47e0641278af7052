"""Classes of addresses: as few as metrics and log lines need, whatever somebody asks for."""

from __future__ import annotations

from typing import Final

_CLASSES: Final = {
    "tiles": "tile",
    "columns": "column",
    "features": "feature",
    "layers": "layer",
    "outline": "outline",
    "search": "search",
    "vendor": "asset",
    "web": "asset",
    "static": "asset",
    "component": "asset",
    "media": "download",
    "account": "account",
    "healthz": "health",
    "metrics": "metrics",
}
_STREAMLIT: Final = {"stream": "stream", "upload_file": "upload", "health": "health"}
OUTSIDE: Final = "outside"
PAGE: Final = "page"
STREAMLIT: Final = "streamlit"
#: Every class there is.
CLASSES: Final = frozenset({*_CLASSES.values(), *_STREAMLIT.values(), OUTSIDE, PAGE, STREAMLIT})


def route_class(path: str, base: str) -> str:
    """Class of a path (decoded, with the base path)."""
    if not f"{path}/".startswith(f"{base}/"):
        return OUTSIDE
    first, _, rest = path[len(base) :].strip("/").partition("/")
    if first == "_stcore":
        return _STREAMLIT.get(rest.partition("/")[0], STREAMLIT)
    return _CLASSES.get(first, PAGE)
