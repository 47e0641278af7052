"""folium without the internet: every script and style that it would fetch is ours or is dropped.

Unpatched, the component awaits each remote script, and one failure leaves the page without a map. jQuery, Bootstrap,
Font Awesome and the awesome markers serve only ``folium.Icon``, which we do not use.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
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
#: Address of :func:`script_bundle` below the base path.
BUNDLE: Final = "web/pingchang.js"
#: The same with the player of briefings behind it.
BRIEFING_BUNDLE: Final = "web/briefing.js"
_CHARTS: Final = "vendor/plotly.js-basic-dist-min/plotly-basic.min.js"


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
    with _missing_named():
        leaflet = web_dir / "node_modules" / "leaflet" / "dist"
        scripts = {f"{_LEAFLET}.js": (leaflet / "leaflet.js").read_bytes(), BUNDLE: script_bundle(web_dir)}
        styles = {f"{_LEAFLET}.css": (leaflet / "leaflet.css").read_bytes()}
        styles |= {f"web/{name}": (web_dir / "src" / name).read_bytes() for name in _manifest(web_dir)["styles"]}
    return Assets(tuple(_address(*item) for item in scripts.items()), tuple(_address(*item) for item in styles.items()))


@cache
def script_bundle(web_dir: Path) -> bytes:
    """Our own scripts in the manifest's order as one file: the component loads its scripts one after another.

    Raises:
        AssetMissingError: a script of the manifest is not there.
    """
    with _missing_named():
        return b"\n;\n".join((web_dir / "src" / name).read_bytes() for name in _manifest(web_dir)["scripts"])


@dataclass(frozen=True)
class Parts:
    """Scripts and styles of the player of briefings: address below the base path and content, in order."""

    scripts: tuple[tuple[str, bytes], ...]
    styles: tuple[tuple[str, bytes], ...]


@cache
def briefing_parts(web_dir: Path) -> Parts:
    """What a page that plays a briefing needs.

    Raises:
        AssetMissingError: a file of the list is not there; the message names the command that mends it.
    """
    with _missing_named():
        libraries = web_dir / "node_modules"
        leaflet, source = libraries / "leaflet" / "dist", web_dir / "src"
        own = [*_manifest(web_dir)["styles"], *_manifest(web_dir)["briefing"]["styles"]]
        return Parts(
            (
                (f"{_LEAFLET}.js", (leaflet / "leaflet.js").read_bytes()),
                (_CHARTS, (libraries / _CHARTS.removeprefix("vendor/")).read_bytes()),
                (BRIEFING_BUNDLE, briefing_bundle(web_dir)),
            ),
            (
                (f"{_LEAFLET}.css", (leaflet / "leaflet.css").read_bytes()),
                *((f"web/{name}", (source / name).read_bytes()) for name in own),
            ),
        )


@cache
def briefing_bundle(web_dir: Path) -> bytes:
    """The map's scripts and the player's as one file."""
    with _missing_named():
        own = _manifest(web_dir)["briefing"]["scripts"]
        return b"\n;\n".join([script_bundle(web_dir), *((web_dir / "src" / name).read_bytes() for name in own)])


def hashed(path: str, content: bytes) -> str:
    """Address with a hash of the content, so that browsers may keep it for ever."""
    return f"{path}?v={hashlib.sha256(content).hexdigest()[:10]}"


def _manifest(web_dir: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((web_dir / "src" / "manifest.json").read_text(encoding="utf-8"))
    return manifest


@contextmanager
def _missing_named() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        name = Path(str(error.filename)).name
        raise AssetMissingError(f"缺少浏览器端文件 {name}。", fix="请先运行 make setup。") from error


def _address(path: str, content: bytes) -> str:
    return ROOT + hashed(path, content)


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
