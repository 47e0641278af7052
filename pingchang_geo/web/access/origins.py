"""Requests that other sites make in a reader's name, and where a sign-in may lead back to."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, unquote, urlsplit

from pingchang_geo.web.access.client import Client, without_port

_SAFE_FETCHES: Final = frozenset({b"same-origin", b"none"})
#: A site's polygon stands in the address of its page.
_LONGEST_NEXT: Final = 8192
_PATH_SAFE: Final = "/%:@!$&'()*+,;=-._~?"


def from_here(origin: bytes | None, fetch_site: bytes | None, client: Client, public_origin: str = "") -> bool:
    """Whether a request that changes something, or a websocket, comes from our own pages.

    Browsers send ``Origin`` with both. Without it ``Sec-Fetch-Site`` decides; without either it is no browser, and
    what it may do follows from its cookie and form token.

    Args:
        origin: the header, as it came.
        fetch_site: ``Sec-Fetch-Site``, as it came.
        client: whom the request is from.
        public_origin: origin of the public address, if one is set.
    """
    if origin is None:
        return fetch_site is None or fetch_site in _SAFE_FETCHES
    said = origin.decode("latin-1").strip().lower()
    scheme, _, host = said.partition("://")
    plain = f"{scheme}://{without_port(host, scheme)}"
    return bool(client.host) and plain in {client.origin, public_origin} - {""}


def own_path(wanted: str, base: str) -> str:
    """Where to go after signing in: a path of ours with its query, percent-encoded; the start page otherwise.

    Args:
        wanted: what the address or the form says, not trusted.
        base: the server's base path, ``""`` or ``"/name"``.
    """
    start = f"{base}/"
    if not wanted.startswith(start) or len(wanted) > _LONGEST_NEXT or not wanted.isprintable():
        return start
    twice = unquote(unquote(wanted))
    if "\\" in twice or "//" in twice.partition("?")[0] or not twice.isprintable():
        return start
    parts = urlsplit(wanted)
    below = unquote(parts.path)[len(base) :]
    if (
        parts.scheme
        or parts.netloc
        or ".." in below.split("/")
        or (below.startswith("/account") and below != "/account/password")
    ):
        return start
    query = f"?{quote(parts.query, safe=_PATH_SAFE)}" if parts.query else ""
    return quote(parts.path, safe=_PATH_SAFE) + query
