"""Headers of every answer: what a browser may do with it, who may keep it, and nothing about the server."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from typing import Final

from starlette.types import Scope

from pingchang_geo.web.access.client import Client
from pingchang_geo.web.access.frames import FRAMES
from pingchang_geo.web.access.session import secured

Headers = list[tuple[bytes, bytes]]

#: Never leaves: who serves, and leave for other sites to read (all our pages come from one origin).
_DROPPED: Final = re.compile(rb"server|x-powered-by|via|access-control-.*", re.IGNORECASE)
_COMMON: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (
        b"permissions-policy",
        b"accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), geolocation=(), "
        b"gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=(), xr-spatial-tracking=(), "
        b"clipboard-write=(self), fullscreen=(self)",
    ),
)
#: Only over HTTPS: without it browsers ignore both, the second one with a complaint.
_SECURE: Final = (
    (b"strict-transport-security", b"max-age=31536000"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
#: The folium component evaluates the map's script; its frame is the only place where that is allowed (``frames.py``).
_COMPONENT: Final = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
#: Our own forms: no script at all, one style sheet.
_FORMS: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
#: Data and downloads are never a page.
_DATA: Final = "default-src 'none'; frame-ancestors 'none'; sandbox"
_DATA_PATHS: Final = re.compile(r"/(tiles|columns|features|layers|outline|search|media|healthz|metrics)(/|$)")
_INLINE_SCRIPT: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def inline_scripts(html: str) -> list[str]:
    """Texts of the scripts that stand in a page itself."""
    return _INLINE_SCRIPT.findall(html)


def script_hash(text: str) -> str:
    """CSP source that allows one inline script, and no other."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def page_policy(scripts: Iterable[str]) -> str:
    """CSP of the Streamlit pages, with the inline scripts that they hold.

    Styles in elements are how Streamlit sets every width and colour; there is no tighter source for them. Its protocol
    library computes 64-bit numbers in WebAssembly, which is not evaluated text.
    """
    hashes = " ".join(script_hash(text) for text in scripts)
    return (
        f"default-src 'none'; script-src 'self' 'wasm-unsafe-eval' {hashes}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-src 'self'; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
    )


class Hygiene:
    """Adds and takes away headers.

    Args:
        scripts: inline scripts of the Streamlit pages.
        closed: whether viewing needs an account; then no answer may lie in a shared cache.
    """

    def __init__(self, scripts: Iterable[str], *, closed: bool) -> None:
        self._closed = closed
        self._page = page_policy(scripts).encode()

    def cleaned(self, headers: Headers, path: str, client: Client, *, personal: bool) -> Headers:
        """Headers of an answer as they leave.

        Args:
            headers: as the app wrote them.
            path: the request's path below the base path.
            client: whom the answer is for.
            personal: whether the request carried an identity.
        """
        secure = client.scheme == "https"
        kept = [(name, value) for name, value in headers if not _DROPPED.fullmatch(name)]
        if secure:
            kept = [(n, secured(v) if n.lower() == b"set-cookie" else v) for n, v in kept]
        if personal or self._closed:
            kept = _private(kept)
        given = {name.lower() for name, _ in kept}
        wanted = (*_COMMON, *self._framing(path), *(_SECURE if secure else ()))
        return [*kept, *(item for item in wanted if item[0] not in given)]

    def _framing(self, path: str) -> tuple[tuple[bytes, bytes], ...]:
        if path.startswith("/account/") or path == "/account":
            return ((b"content-security-policy", _FORMS.encode()), (b"x-frame-options", b"DENY"))
        if _DATA_PATHS.match(path):
            return ((b"content-security-policy", _DATA.encode()), (b"x-frame-options", b"DENY"))
        policy = _COMPONENT.encode() if path.startswith(FRAMES) else self._page
        return ((b"content-security-policy", policy), (b"x-frame-options", b"SAMEORIGIN"))


def _private(headers: Headers) -> Headers:
    """Cache headers that keep an answer out of caches that several people share; browsers may still keep tiles."""
    rest = [(name, value) for name, value in headers if name.lower() != b"cache-control"]
    words = [
        word.strip()
        for name, value in headers
        if name.lower() == b"cache-control"
        for word in value.lower().split(b",")
    ]
    words = [word for word in words if word not in {b"public", b"private", b""} and not word.startswith(b"s-maxage")]
    return [*rest, (b"cache-control", b", ".join([b"private", *(words or [b"no-cache"])]))]


def wants_page(scope: Scope) -> bool:
    """Whether a person navigates: an answer may be a page, and a redirect is of use."""
    return scope["method"] in {"GET", "HEAD"} and shows_page(scope)


def shows_page(scope: Scope) -> bool:
    """Whether a person sees the answer, also that to a form."""
    found = dict(scope["headers"])
    if found.get(b"sec-fetch-dest", b"document") not in {b"document", b"iframe", b"frame"}:
        return False
    return b"text/html" in found.get(b"accept", b"").lower()
