"""folium without the internet: every script and style that it would fetch is ours or is dropped.

Unpatched, the component awaits each remote script, and one failure leaves the page without a map. jQuery, Bootstrap,
Font Awesome and the awesome markers serve only ``folium.Icon``, which we do not use.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import folium
import folium.plugins  # noqa: F401  the plugins' classes must exist before they are patched
from folium.elements import JSCSSMixin

from pingchang_geo.errors import AssetMissingError

#: From the component's iframe, ``/component/streamlit_folium.st_folium/``, to the server's base path.
ROOT: Final = "../../"
_LEAFLET: Final = "vendor/leaflet/dist/leaflet"


@dataclass(frozen=True)
class Assets:
    """Addresses of what a map needs, in order, relative to the component's iframe."""

    scripts: tuple[str, ...]
    styles: tuple[str, ...]


@cache
def assets(web_dir: Path) -> Assets:
    """Addresses with a content hash, so that browsers may keep the files for ever.

    Raises:
        AssetMissingError: a file of the list is not there; the message names the command that mends it.
    """
    source = web_dir / "src"
    try:
        manifest: dict[str, list[str]] = json.loads((source / "manifest.json").read_text(encoding="utf-8"))
        leaflet = web_dir / "node_modules" / "leaflet" / "dist"
        return Assets(
            scripts=(
                _address(f"{_LEAFLET}.js", leaflet / "leaflet.js"),
                *(_address(f"web/{name}", source / name) for name in manifest["scripts"]),
            ),
            styles=(
                _address(f"{_LEAFLET}.css", leaflet / "leaflet.css"),
                *(_address(f"web/{name}", source / name) for name in manifest["styles"]),
            ),
        )
    except OSError as error:
        name = Path(str(error.filename)).name
        raise AssetMissingError(f"缺少浏览器端文件 {name}。", fix="请先运行 make setup。") from error


def _address(path: str, file: Path) -> str:
    return f"{ROOT}{path}?v={hashlib.sha256(file.read_bytes()).hexdigest()[:10]}"


def patch() -> None:
    """Take every remote address out of folium's classes. Idempotent."""
    for kind in _with_links(JSCSSMixin):
        for attribute in ("default_js", "default_css"):
            if attribute in vars(kind):
                setattr(kind, attribute, [link for link in getattr(kind, attribute) if not _remote(link)])


def _remote(link: Any) -> bool:
    return "//" in str(link[1])


def _with_links(kind: type) -> Iterator[type]:
    yield kind
    children: list[type] = kind.__subclasses__()
    for child in children:
        yield from _with_links(child)


# One place, at import: nothing of folium is rendered before.
patch()
