"""Who is at the other end: forwarding headers count only when a listed proxy says them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from pingchang_geo.errors import SettingsError
from pingchang_geo.web import access
from pingchang_geo.web.access.client import Client, Clients

Doors = Callable[..., Any]
PROXY = ("10.0.0.5", 40_000)


def scope(client: tuple[str, int] | None, scheme: str = "http", **headers: str) -> dict[str, Any]:
    given = {"host": "map.local", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return {
        "type": "http",
        "client": client,
        "scheme": scheme,
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in given.items()],
    }


@pytest.mark.parametrize(
    ("client", "headers", "seen"),
    [
        (("203.0.113.7", 1), {}, Client("203.0.113.7", "http", "map.local", False)),
        (
            ("203.0.113.7", 1),
            {"x_forwarded_for": "1.1.1.1", "x_forwarded_proto": "https", "x_forwarded_host": "evil.example"},
            Client("203.0.113.7", "http", "map.local", False),
        ),
        (
            PROXY,
            {"x_forwarded_for": "203.0.113.7", "x_forwarded_proto": "https", "x_forwarded_host": "Map.Gov.CN:443"},
            Client("203.0.113.7", "https", "map.gov.cn", True),
        ),
        (PROXY, {"x_forwarded_for": "1.1.1.1, 203.0.113.7"}, Client("203.0.113.7", "http", "map.local", True)),
        (PROXY, {"x_forwarded_for": "1.1.1.1, 10.0.0.9"}, Client("1.1.1.1", "http", "map.local", True)),
        (PROXY, {"x_forwarded_for": "10.0.0.9, 10.0.0.8"}, Client("10.0.0.9", "http", "map.local", True)),
        (PROXY, {"x_forwarded_for": "203.0.113.7:9999"}, Client("203.0.113.7", "http", "map.local", True)),
        (PROXY, {"x_forwarded_for": "[2001:db8::1]:9999"}, Client("2001:db8::1", "http", "map.local", True)),
        (PROXY, {"x_forwarded_for": "203.0.113.7, <script>"}, Client("10.0.0.5", "http", "map.local", True)),
        (PROXY, {"x_forwarded_proto": "gopher"}, Client("10.0.0.5", "http", "map.local", True)),
        (("::ffff:10.0.0.5", 1), {"x_forwarded_for": "1.1.1.1"}, Client("1.1.1.1", "http", "map.local", True)),
        (None, {"x_forwarded_for": "10.0.0.5"}, Client("", "http", "map.local", False)),
    ],
)
def test_forwarding_headers(client: Any, headers: dict[str, str], seen: Client) -> None:
    assert Clients(["10.0.0.0/24"]).seen(scope(client, **headers)) == seen


def test_several_hosts_are_none() -> None:
    asked = scope(("203.0.113.7", 1))
    asked["headers"].append((b"host", b"evil.example"))
    assert Clients().seen(asked).host == ""


def _through_uvicorn(peer: tuple[str, int], clients: Clients, **headers: str) -> Client:
    """What is seen under ``streamlit run``, where uvicorn believes this machine."""
    found: list[Client] = []

    async def app(asked: Any, receive: Any, send: Any) -> None:
        found.append(clients.seen(asked))

    anyio.run(ProxyHeadersMiddleware(app, trusted_hosts="127.0.0.1,::1"), scope(peer, **headers), None, None)
    return found[0]


def test_a_local_proxy_is_recognised_behind_uvicorns_own_reading() -> None:
    listed = Clients(["127.0.0.1"])
    seen = _through_uvicorn(("127.0.0.1", 5), listed, x_forwarded_for="203.0.113.7", x_forwarded_proto="https")
    assert seen == Client("203.0.113.7", "https", "map.local", True)


@pytest.mark.parametrize("said", ["10.0.0.5", "10.0.0.5:1234", "[::ffff:10.0.0.5]:1234", "10.0.0.5, 10.0.0.5:80"])
def test_this_machine_cannot_pass_for_a_listed_proxy(said: str) -> None:
    assert not _through_uvicorn(("127.0.0.1", 5), Clients(["10.0.0.5"]), x_forwarded_for=said).trusted


@pytest.mark.parametrize("said", ["127.0.0.1", "203.0.113.7:5555", "127.0.0.1:0", "[::1]:0"])
def test_nobody_outside_can_pass_for_this_machine(said: str) -> None:
    assert not _through_uvicorn(("203.0.113.7", 5555), Clients(["127.0.0.1", "::1"]), x_forwarded_for=said).trusted


def test_uvicorn_must_not_believe_others(monkeypatch: pytest.MonkeyPatch, doors: Doors) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    with pytest.raises(SettingsError, match="FORWARDED_ALLOW_IPS"):
        doors()
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "")
    access._refuse_other_proxies()


def test_limits_count_networks_of_one_customer() -> None:
    def group(address: str) -> str:
        return Client(address, "http", "x").group

    assert group("2001:db8::1") == group("2001:db8::ffff:1") != group("2001:db8:0:1::1")
    assert group("10.0.0.1") != group("10.0.0.2")


def test_public_https_address_means_https_even_if_the_proxy_does_not_say() -> None:
    clients = Clients(public_url="https://map.local/eco")
    assert clients.seen(scope(("203.0.113.7", 1))).scheme == "https"
    assert clients.public_origin == "https://map.local"
