"""Who may know how the server is in full: the machine itself, the metrics collector, an admin."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.types import Scope

#: Whatever comes with one of these came through a proxy, from anywhere.
_PROXIED: Final = frozenset({b"forwarded", b"via", b"x-real-ip", b"x-original-forwarded-for", b"client-ip"})
_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def local(scope: Scope) -> bool:
    """Whether a request was made on this machine, to this machine, without a proxy between.

    The name asked for must be the machine's own as well: a page from elsewhere that is open in a browser on the server
    would ask for another (DNS rebinding).
    """
    headers = dict(scope["headers"])
    if any(name in _PROXIED or name.startswith(b"x-forwarded") for name in headers):
        return False
    try:
        peer = ip_address(str((scope.get("client") or ("",))[0]))
        asked = urlsplit(f"//{headers.get(b'host', b'').decode('latin-1')}").hostname
    except ValueError:
        return False
    return (getattr(peer, "ipv4_mapped", None) or peer).is_loopback and asked in _NAMES


def informed(scope: Scope) -> bool:
    """Whether the reader may know all: the guard said so (admin, token), or the request is local."""
    return bool(scope.get("pingchang.scraper")) or local(scope)
