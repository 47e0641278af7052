"""Who is at the other end: address, scheme and host as the browser sees them, behind listed proxies only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from starlette.types import Scope

#: A name, an IPv4 or a bracketed IPv6 address, with a port or without.
_HOST: Final = re.compile(r"(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?")
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}
#: Longest chain of forwarding addresses that is looked at.
_MOST_HOPS: Final = 32


@dataclass(frozen=True, slots=True)
class Client:
    """The other end of a request.

    Attributes:
        address: IP address of the reader, the last one in the chain that no listed proxy vouches away.
        scheme: ``http`` or ``https`` as the browser speaks it.
        host: ``name[:port]`` as the browser wrote it, lower case, without the scheme's usual port; empty if unreadable.
        trusted: whether the connection comes from a listed proxy.
    """

    address: str
    scheme: str
    host: str
    trusted: bool = False

    @property
    def origin(self) -> str:
        """What the browser must write into ``Origin``."""
        return f"{self.scheme}://{self.host}"

    @property
    def group(self) -> str:
        """What limits count by: the address, or the /64 network that one IPv6 customer has to himself."""
        return _group(self.address)


class Clients:
    """Reads the other end out of ASGI scopes.

    ``X-Forwarded-…`` headers count only when the TCP peer is one of ``trusted`` (addresses or networks). That the scope
    names the TCP peer, and not what uvicorn reads out of those headers, is seen to at start (``server.py``).
    """

    def __init__(self, trusted: Iterable[str] = (), public_url: str = "") -> None:
        self._networks = [ip_network(network, strict=False) for network in trusted]
        public = urlsplit(public_url)
        self._public = (public.scheme, without_port(public.netloc.lower(), public.scheme)) if public_url else ("", "")
        self._listed = lru_cache(maxsize=1024)(self._is_listed)

    def seen(self, scope: Scope) -> Client:
        """The client of an ``http`` or ``websocket`` scope."""
        address = str((scope.get("client") or ("",))[0])
        trusted = self._listed(address)
        scheme = "https" if scope.get("scheme") in {"https", "wss"} else "http"
        host = _header(scope, b"host", only=True)
        if trusted:
            address = self._first_unlisted(_header(scope, b"x-forwarded-for"), address)
            said = _header(scope, b"x-forwarded-proto").rpartition(",")[2].strip().lower()
            scheme = said if said in _DEFAULT_PORTS else scheme
            host = _header(scope, b"x-forwarded-host").rpartition(",")[2].strip() or host
        host = host.lower()
        plain = without_port(host, scheme) if _HOST.fullmatch(host) else ""
        if plain and self._public[0] == "https" and plain == self._public[1]:
            scheme = "https"
        return Client(address, scheme, plain, trusted)

    def foreign_name(self, client: Client) -> bool:
        """Whether the host is a name that is not ours: somebody else's name that points here (DNS rebinding).

        Only where the public address is known; plain addresses cannot be pointed elsewhere.
        """
        public = self._public[1]
        if not public or client.host == public:
            return False
        name = urlsplit(f"//{client.host}").hostname or ""
        return name not in {"localhost", urlsplit(f"//{public}").hostname} and not _is_address(name)

    @property
    def public_origin(self) -> str:
        """Origin of the public address, empty where none is set."""
        return f"{self._public[0]}://{self._public[1]}" if self._public[1] else ""

    def _is_listed(self, address: str) -> bool:
        try:
            wanted = ip_address(address)
        except ValueError:
            return False
        mapped = getattr(wanted, "ipv4_mapped", None)
        return any(_contains(network, mapped or wanted) for network in self._networks)

    def _first_unlisted(self, forwarded: str, peer: str) -> str:
        """Each proxy appends who it saw, so the chain is read from its end."""
        for entry in reversed(forwarded.split(",")[-_MOST_HOPS:]):
            hop = _bare(entry.strip())
            if not _is_address(hop):
                return peer
            if not self._listed(hop):
                return str(ip_address(hop))
            peer = hop
        return peer


def without_port(host: str, scheme: str) -> str:
    """A host without the port that its scheme implies."""
    return host.removesuffix(_DEFAULT_PORTS.get(scheme, ""))


def _contains(network: IPv4Network | IPv6Network, address: object) -> bool:
    return address in network


def _bare(entry: str) -> str:
    """An address of a forwarding header without its port."""
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    return entry.partition(":")[0] if entry.count(":") == 1 else entry


@lru_cache(maxsize=4096)
def _group(address: str) -> str:
    try:
        wanted = ip_address(address)
    except ValueError:
        return address[:64]
    if wanted.version == 4 or wanted.ipv4_mapped:
        return address
    return str(ip_network((wanted, 64), strict=False))


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _header(scope: Scope, wanted: bytes, *, only: bool = False) -> str:
    """All values of a header, joined by commas; with ``only`` nothing if there are several."""
    values = [value.decode("latin-1") for name, value in scope["headers"] if name == wanted]
    return "" if only and len(values) > 1 else ", ".join(values)
