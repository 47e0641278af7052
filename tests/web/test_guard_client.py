"""Who is at the other end: forwarding headers count only when a listed proxy says them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import pytest
import uvicorn
from uvicorn.lifespan.on import LifespanOn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from pingchang_geo.web.access.client import Client, Clients
from pingchang_geo.web.access.server import MOST_MESSAGE, tamed

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


#: Spellings of a listed proxy, ports that only uvicorn takes for numbers among them.
SPELLINGS = [
    *("10.0.0.5", "10.0.0.5:1234", "10.0.0.5:05678", "10.0.0.5:+5678", "10.0.0.5: 5678", "10.0.0.5:5_678"),
    *("[10.0.0.5]:05678", "[::ffff:10.0.0.5]:1234", "10.0.0.5, 10.0.0.5:80", "6.6.6.6, 10.0.0.5:05678"),
]


def _through_uvicorn(door: Any, peer: tuple[str, int], **headers: str) -> Client:
    """What reaches the app from a peer, once uvicorn has started it as ``streamlit run`` has it do."""
    config = uvicorn.Config(door.app, log_config=None, forwarded_allow_ips="127.0.0.1,::1")
    asked = {**scope(peer, **headers), "method": "GET", "path": "/tiles/x", "raw_path": b"/tiles/x"}

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(_: Any) -> None: ...

    async def story() -> None:
        lifespan = LifespanOn(config)
        assert isinstance(config.loaded_app, ProxyHeadersMiddleware)
        await lifespan.startup()
        assert not lifespan.should_exit
        await config.loaded_app({**asked, "query_string": b"", "root_path": ""}, receive, send)
        await lifespan.shutdown()

    anyio.run(story)
    found: Client = door.reached[-1]["scope"]["pingchang.client"]
    return found


def test_a_local_proxy_is_listed_like_any_other(doors: Doors) -> None:
    said = {"x_forwarded_for": "203.0.113.7", "x_forwarded_proto": "https"}
    seen = _through_uvicorn(doors(trusted_proxies="127.0.0.1"), ("127.0.0.1", 5), **said)
    assert seen == Client("203.0.113.7", "https", "map.local", True)
    seen = _through_uvicorn(doors(), ("127.0.0.1", 5), **said)
    assert seen == Client("127.0.0.1", "http", "map.local", False)


@pytest.mark.parametrize("said", SPELLINGS)
@pytest.mark.parametrize("peer", ["127.0.0.1", "::1"])
def test_this_machine_cannot_pass_for_a_listed_proxy(doors: Doors, peer: str, said: str) -> None:
    seen = _through_uvicorn(doors(trusted_proxies="10.0.0.5"), (peer, 5), x_forwarded_for=said)
    assert (seen.address, seen.trusted) == (peer, False)


@pytest.mark.parametrize("said", ["127.0.0.1", "203.0.113.7:5555", "127.0.0.1:0", "[::1]:0", "127.0.0.1:05555"])
def test_nobody_outside_can_pass_for_this_machine(doors: Doors, said: str) -> None:
    door = doors(trusted_proxies=("127.0.0.1", "::1"))
    seen = _through_uvicorn(door, ("203.0.113.7", 5555), x_forwarded_for=said)
    assert (seen.address, seen.trusted) == ("203.0.113.7", False)


def test_a_uvicorn_that_hides_the_peer_otherwise_is_not_started(door: Any) -> None:
    config = uvicorn.Config(door.app, log_config=None)
    config.load()
    config.loaded_app = door.app  # as if the headers were read somewhere else

    async def started() -> bool:
        lifespan = LifespanOn(config)
        await lifespan.startup()
        return not lifespan.should_exit

    assert not anyio.run(started)
    config.proxy_headers = False
    assert anyio.run(started)


def test_messages_of_pages_are_bounded(door: Any) -> None:
    config = uvicorn.Config(door.app, log_config=None, ws_max_size=200_000_000)
    assert tamed(LifespanOn(config).receive)
    assert config.ws_max_size == MOST_MESSAGE
    assert MOST_MESSAGE > 4 * 400_000  # a pasted boundary, four bytes for a letter
    config.ws_max_size = 1000
    assert tamed(LifespanOn(config).receive)
    assert config.ws_max_size == 1000


def test_limits_count_networks_of_one_customer() -> None:
    def group(address: str) -> str:
        return Client(address, "http", "x").group

    assert group("2001:db8::1") == group("2001:db8::ffff:1") != group("2001:db8:0:1::1")
    assert group("10.0.0.1") != group("10.0.0.2")


def test_public_https_address_means_https_even_if_the_proxy_does_not_say() -> None:
    clients = Clients(public_url="https://map.local/eco")
    assert clients.seen(scope(("203.0.113.7", 1))).scheme == "https"
    assert clients.public_origin == "https://map.local"
