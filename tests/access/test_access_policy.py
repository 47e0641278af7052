"""What an address needs, every route of ours and of Streamlit's, and what could be read in two ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo.access import Need, need
from pingchang_geo.ui.registry import PAGES


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("GET", "/", Need.VIEW),
        ("GET", "/forest", Need.VIEW),
        ("GET", "/forest/", Need.VIEW),
        ("HEAD", "/static/js/index.js", Need.VIEW),
        ("OPTIONS", "/tiles/forest/1-abc/12/3/4", Need.VIEW),
        ("GET", "/columns/forest/0123/stock", Need.VIEW),
        ("GET", "/search/0123", Need.VIEW),
        ("GET", "/vendor/leaflet/leaflet.js", Need.VIEW),
        ("GET", "/media/abc.csv", Need.VIEW),
        ("GET", "/component/streamlit_folium/index.html", Need.VIEW),
        ("WEBSOCKET", "/_stcore/stream", Need.VIEW),
        ("GET", "/_stcore/stream", Need.VIEW),
        ("GET", "/_stcore/host-config", Need.VIEW),
        ("GET", "/forest/_stcore/health", Need.VIEW),
        ("GET", "/healthz", Need.OPEN),
        ("GET", "/healthz/", Need.OPEN),
        ("GET", "/_stcore/health", Need.OPEN),
        ("GET", "/account/login", Need.OPEN),
        ("POST", "/account/login", Need.OPEN),
        ("POST", "/account/invite/abc_-", Need.OPEN),
        ("PUT", "/account/login", Need.NEVER),
        ("PUT", "/_stcore/upload_file/s/f", Need.UPLOAD),
        ("DELETE", "/_stcore/upload_file/s/f", Need.UPLOAD),
        ("OPTIONS", "/_stcore/upload_file/s/f", Need.UPLOAD),
        ("PUT", "/_stcore/upload_file/s/f/", Need.UPLOAD),
        ("POST", "/_stcore/upload_file/s/f", Need.NEVER),
        ("GET", "/_stcore/upload_file/s/f", Need.NEVER),
        ("GET", "/metrics", Need.SCRAPE),
        ("GET", "/users", Need.ADMINISTER),
        ("GET", "/users/", Need.ADMINISTER),
        ("GET", "/usersguide", Need.VIEW),
        ("GET", "/_stcore/metrics", Need.NEVER),
        ("GET", "/_stcore/metrics/", Need.NEVER),
        ("GET", "/_stcore/script-health-check", Need.NEVER),
        ("POST", "/_stcore/agent/interact", Need.NEVER),
        ("GET", "/_stcore/agent", Need.NEVER),
        ("GET", "/auth/login", Need.NEVER),
        ("GET", "/oauth2callback", Need.NEVER),
        ("POST", "/", Need.NEVER),
        ("DELETE", "/tiles/forest/1-abc/12/3/4", Need.NEVER),
        ("TRACE", "/", Need.NEVER),
        ("", "/", Need.NEVER),
        ("get", "/metrics", Need.SCRAPE),
    ],
)
def test_what_a_request_needs(method: str, path: str, needed: Need) -> None:
    assert need(method, path) is needed


@pytest.mark.parametrize(
    "path",
    [
        "",
        "forest",
        "//metrics",
        "/a//b",
        "/./metrics",
        "/a/../metrics",
        "/..",
        "/a/..",
        "/forest//",
        "/%2e%2e/metrics",
        "/a%2Fb",
        "/a%5cb",
        "/a%00",
        "/a%252e",
        "/a\\b",
        "/a\x00",
        "/a\r\nSet-Cookie: x",
        "/account/../_stcore/metrics",
        "/healthz/..",
    ],
)
def test_what_could_be_read_in_two_ways_is_nobodys(path: str) -> None:
    assert need("GET", path) is Need.NEVER


def test_every_page_has_an_address_that_is_asked_about() -> None:
    assert {page.path for page in PAGES if need("GET", f"/{page.path}") is not Need.VIEW} <= {"users"}


@given(st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "WEBSOCKET"]), st.text(max_size=30))
def test_only_a_handful_of_addresses_is_open(method: str, tail: str) -> None:
    path = f"/{tail}"
    if need(method, path) is Need.OPEN:
        assert path.rstrip("/") in ("/healthz", "/_stcore/health") or path.startswith("/account")


@given(st.lists(st.sampled_from(["account", "..", ".", "", "metrics", "_stcore", "healthz", "users"]), max_size=6))
def test_dots_lead_nowhere(parts: list[str]) -> None:
    path = "/" + "/".join(parts)
    if ".." in parts or "." in parts:
        assert need("GET", path) is Need.NEVER
