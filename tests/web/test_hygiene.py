"""Headers of every answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from pingchang_geo.access import Role
from pingchang_geo.ui.scripts import INLINE
from pingchang_geo.web.access.client import Client
from pingchang_geo.web.access.frames import shielded
from pingchang_geo.web.access.hygiene import Hygiene, inline_scripts, script_hash
from tests.web.doorway import Door

Doors = Callable[..., Any]
ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def policy(answer: Any) -> dict[str, list[str]]:
    (text,) = answer.headers.get_list("content-security-policy")
    return {part.split()[0]: part.split()[1:] for part in text.split(";")}


@pytest.mark.parametrize(
    ("path", "status", "framed"),
    [
        ("/", 200, "SAMEORIGIN"),
        ("/component/x", 200, "SAMEORIGIN"),
        ("/tiles/x", 200, "DENY"),
        ("/media/x", 200, "DENY"),
        ("/account/login", 200, "DENY"),
        ("/account/style.css", 200, "DENY"),
        ("/nothing", 404, "SAMEORIGIN"),
        ("/_stcore/metrics", 404, "SAMEORIGIN"),
        ("/boom", 500, "SAMEORIGIN"),
        ("/metrics", 401, "DENY"),
    ],
)
def test_every_answer_is_clean(door: Door, path: str, status: int, framed: str) -> None:
    answer = door.client().get(path)
    assert answer.status_code == status
    for name, value in ALWAYS.items():
        assert answer.headers.get_list(name) == [value]
    assert answer.headers.get_list("x-frame-options") == [framed]
    assert "camera=()" in answer.headers["permissions-policy"]
    assert policy(answer)["default-src"] == ["'none'"]
    assert policy(answer)["frame-ancestors"] == (["'self'"] if framed == "SAMEORIGIN" else ["'none'"])
    gone = {"server", "x-powered-by", "access-control-allow-origin", "access-control-allow-credentials"}
    assert not gone & set(answer.headers)
    assert "strict-transport-security" not in answer.headers


def test_pages_run_our_scripts_only(door: Door) -> None:
    page = policy(door.client().get("/"))
    assert page["script-src"] == ["'self'", "'wasm-unsafe-eval'", script_hash("window.prerenderReady = false")]
    assert page["base-uri"] == ["'none'"]
    assert page["connect-src"] == ["'self'"]
    assert "object-src" not in page  # falls back to nothing
    component = policy(door.client().get("/component/x"))
    assert component["script-src"] == ["'self'", "'unsafe-inline'", "'unsafe-eval'"]
    forms = policy(door.client().get("/account/login"))
    assert forms == {
        "default-src": ["'none'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    assert "sandbox" in policy(door.client().get("/media/x"))


def test_a_components_frame_is_shielded_before_its_own_script(door: Door) -> None:
    answer = door.client().get("/component/x/index.html")
    first, second = re.findall("<script.*?</script>", answer.text)
    assert "stopImmediatePropagation" in first and second == '<script src="a.js"></script>'
    assert answer.text.startswith('<!doctype html><html><head lang="en"><script>')
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert "etag" not in answer.headers
    assert door.client().get("/component/x/a.js").content == b"run()"


@pytest.mark.parametrize("frame", [b"<!doctype html>", b"<header>", b"<script></script><head></head>", b""])
def test_a_frame_that_cannot_be_shielded_is_not_sent(door: Door, frame: bytes, caplog: Any) -> None:
    door.frame = frame
    answer = door.client().get("/component/x/index.html")
    assert answer.status_code == 503
    assert "<head>" in caplog.text


def test_a_compressed_frame_is_shielded_too(door: Door) -> None:
    door.app = Starlette(routes=door.app.routes, middleware=[*door.app.user_middleware, Middleware(GZipMiddleware, 1)])
    answer = door.client().get("/component/x/index.html")
    assert answer.text.count("stopImmediatePropagation") == 1
    assert "content-encoding" not in answer.headers
    assert door.client().get("/component/x/a.js").headers["content-encoding"] == "gzip"


def test_a_frame_is_no_window(door: Door) -> None:
    ways = {"document": 404, "iframe": 200, "script": 200}
    for way, status in ways.items():
        answer = door.client().get("/component/x/index.html", headers={"Sec-Fetch-Dest": way})
        assert answer.status_code == status


def test_the_installed_component_can_be_shielded() -> None:
    package = Path(str(find_spec("streamlit_folium").origin)).parent  # type: ignore[union-attr]
    (page,) = package.rglob("build/*.html")
    html = shielded(page.read_bytes())
    assert html.index(b"stopImmediatePropagation") < html.index(b"<script defer")


def test_hash_is_that_of_the_standard() -> None:
    # the example of the CSP specification (Level 3, §6.7.2)
    assert script_hash("alert('Hello, world.');") == "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"


def test_every_inline_script_of_the_pages_is_listed() -> None:
    assert all(len(inline_scripts(html)) == 1 for html in INLINE)


def test_https_only_headers(doors: Doors) -> None:
    door = doors(trusted_proxies="10.0.0.0/8")
    client = door.client()
    client.headers["X-Forwarded-Proto"] = "https"
    answer = client.get("/")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    (cookie,) = answer.headers.get_list("set-cookie")
    assert cookie == "_streamlit_xsrf=2|a|b|1; Path=/; SameSite=Lax; Secure"
    assert "; Secure" not in door.client().get("/").headers["set-cookie"]


@pytest.mark.parametrize("viewing", ["open", "closed"])
def test_shared_caches_keep_only_what_everybody_may_see(doors: Doors, viewing: str) -> None:
    door = doors(viewing=viewing)
    signed_in = door.client(door.token("张三", Role.VIEWER))
    tile = signed_in.get("/tiles/x").headers["cache-control"]
    assert tile == "private, max-age=31536000, immutable"
    assert signed_in.get("/").headers["cache-control"] == "private, no-cache"
    everybody = door.client().get("/tiles/x").headers["cache-control"]
    assert everybody == ("public, max-age=31536000, immutable" if viewing == "open" else "private, no-store")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], b"private, no-cache"),
        ([(b"cache-control", b"no-store")], b"private, no-store"),
        (
            [(b"Cache-Control", b"Public, Max-Age=5"), (b"cache-control", b"s-maxage=9")],
            b"private, max-age=5",
        ),
        ([(b"cache-control", b"private, max-age=300")], b"private, max-age=300"),
    ],
)
def test_private_cache_headers(before: list[tuple[bytes, bytes]], after: bytes) -> None:
    client = Client("10.0.0.1", "http", "map.local")
    headers = Hygiene([], closed=True).cleaned(before, "/x", client, personal=False)
    assert [value for name, value in headers if name.lower() == b"cache-control"] == [after]
