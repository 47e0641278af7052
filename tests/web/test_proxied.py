"""Identities from a proxy's header: the real app behind the distribution's nginx, and everybody who goes around it.

nginx connects from 127.0.0.2, which is listed; whoever connects from 127.0.0.1 is anybody.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo.access import Role
from pingchang_geo.errors import AccessError
from pingchang_geo.web.access.outside import header_text, outside_role
from tests.web import live

PAGE = {"Accept": "text/html"}
ANYBODY, PROXY = "127.0.0.1", "127.0.0.2"
PEOPLE = {"zhang": "analyst", "wang": "admin", "li": "", "李娜": "viewer", "boss": ""}
Headers = list[tuple[str, bytes]]

NGINX = """
location / {{
  auth_basic portal; auth_basic_user_file {folder}/people;
  proxy_pass http://127.0.0.1:{port}; {forward}
  proxy_set_header X-Remote-User $remote_user;
  proxy_set_header X-Remote-Role $role;
}}
location /unnamed/ {{
  proxy_pass http://127.0.0.1:{port}/; {forward}
  proxy_set_header X-Remote-User "";
  proxy_set_header X-Remote-Role "";
}}
"""
FORWARD = (
    "proxy_bind 127.0.0.2; proxy_http_version 1.1; proxy_read_timeout 1h; "
    "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; "
    "proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; "
    "proxy_set_header X-Forwarded-Proto $scheme;"
)


@dataclass
class Setup:
    """The app by its own port, and the portal in front of it."""

    direct: str
    portal: str
    data_dir: Path
    settings: dict[str, str]
    process: live.Process


@pytest.fixture(scope="module", params=["closed", "open"])
def anywhere(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setup]:
    """Both ways of viewing."""
    yield from served(tmp_path_factory.mktemp("proxied"), request.param)


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setup]:
    """Closed viewing: nothing without an identity."""
    yield from served(tmp_path_factory.mktemp("proxied"), "closed")


def served(folder: Path, viewing: str) -> Iterator[Setup]:
    port, front = live.free_port(), live.free_port()
    settings = {
        "viewing": viewing,
        "identity": "proxy",
        "trusted_proxies": PROXY,
        "role_header": "X-Remote-Role",
        "admins": "boss",
    }
    roles = "".join(f'"{name}" "{role}"; ' for name, role in PEOPLE.items())
    (folder / "people").write_text("".join(f"{name}:{{PLAIN}}pass\n" for name in PEOPLE), "utf-8")
    server = NGINX.format(folder=folder, port=port, forward=FORWARD)
    with ExitStack() as stack:
        data_dir = live.tiny_county(folder / "data")
        process = stack.enter_context(live.app(data_dir, port, settings))
        stack.enter_context(live.nginx(folder / "nginx", front, server, f"map $remote_user $role {{ {roles} }}"))
        yield Setup(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{front}", data_dir, settings, process)


def asked(address: str, headers: Headers, source: str = ANYBODY) -> httpx2.Response:
    """A page, asked for from one of this machine's addresses."""
    transport = httpx2.HTTPTransport(local_address=source)
    with httpx2.Client(transport=transport, timeout=30, trust_env=False) as client:
        return client.get(address, headers=[*((k, v.encode()) for k, v in PAGE.items()), *headers])


def who(server: str, headers: Headers, source: str = ANYBODY) -> str:
    """Whom the app takes a request for: name and role as its sign-out page says, or nothing."""
    found = re.search(r"当前用户：(\S+?)。", asked(f"{server}/account/logout", headers, source).text)
    return found[1] if found else ""


def named(name: str | bytes, header: str = "X-Remote-User") -> Headers:
    return [(header, name if isinstance(name, bytes) else name.encode())]


def signed_in(name: str) -> Headers:
    """What a browser sends after it was asked for name and password."""
    return [("Authorization", b"Basic " + base64.b64encode(f"{name}:pass".encode()))]


def socket_status(server: str, headers: Headers, source: str = ANYBODY, path: str = "") -> int:
    address = f"{server.replace('http', 'ws')}{path}/_stcore/stream"
    plain = [(name, value.decode("latin-1")) for name, value in headers]
    return live.websocket_status(address, plain, origin=server, source=source)


# --- through nginx


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("zhang", "zhang（数据员）"),
        ("wang", "wang（管理员）"),
        ("li", "li（查看者）"),
        ("李娜", "李娜（查看者）"),
        ("boss", "boss（管理员）"),
    ],
)
def test_the_portal_names_its_users(anywhere: Setup, name: str, seen: str) -> None:
    assert asked(f"{anywhere.portal}/", signed_in(name)).status_code == 200
    assert who(anywhere.portal, signed_in(name)) == seen
    assert socket_status(anywhere.portal, signed_in(name)) == 101
    admin = seen.endswith("（管理员）")
    assert asked(f"{anywhere.portal}/users", signed_in(name)).status_code == (200 if admin else 403)


SPOOFED: list[Headers] = [
    named("wang"),
    named("wang", "x-remote-user"),
    named("wang", "X_Remote_User"),
    named("admin", "X-Remote-Role"),
    [*named("wang"), *named("wang")],
    [*named("wang"), *named("admin", "X-Remote-Role"), ("X-Forwarded-For", b"127.0.0.2")],
    [("X-Pingchang-User", b"wang"), ("X-Pingchang-Session", b"0" * 64)],
]


@pytest.mark.parametrize("spoofed", SPOOFED, ids=str)
def test_nginx_overwrites_what_its_users_send(anywhere: Setup, spoofed: Headers) -> None:
    assert who(anywhere.portal, [*signed_in("zhang"), *spoofed]) == "zhang（数据员）"
    assert asked(f"{anywhere.portal}/users", [*signed_in("zhang"), *spoofed]).status_code == 403
    assert who(f"{anywhere.portal}/unnamed", spoofed) == ""
    assert asked(f"{anywhere.portal}/unnamed/users", spoofed).status_code == 401


def test_without_a_name_from_nginx_nothing_is_shown(setup: Setup) -> None:
    answer = asked(f"{setup.portal}/unnamed/", [])
    assert answer.status_code == 401
    assert "代理没有送来用户名" in answer.text and "X-Remote-User" in answer.text
    assert socket_status(setup.portal, [], path="/unnamed") == 403
    data = asked(f"{setup.portal}/unnamed/search/0123456789abcdef?q=x", [("Accept", b"application/json")])
    assert (data.status_code, "代理" in data.json()["error"]) == (401, True)


def test_open_viewing_needs_no_name(anywhere: Setup) -> None:
    openly = anywhere.settings["viewing"] == "open"
    assert asked(f"{anywhere.portal}/unnamed/", []).status_code == (200 if openly else 401)
    assert socket_status(anywhere.portal, [], path="/unnamed") == (101 if openly else 403)
    assert asked(f"{anywhere.direct}/", named("wang")).status_code == (200 if openly else 401)
    assert socket_status(anywhere.direct, named("wang")) == (101 if openly else 403)


# --- around nginx, straight to the app's port

#: Ports that uvicorn would read as numbers, though nothing else writes them like this.
MISREAD = [f"{PROXY}:{port}".encode() for port in ("05678", "+5678", " 5678", "5_678")] + [b"[127.0.0.2]:05678"]
AROUND: list[Headers] = [
    *SPOOFED,
    [*named("wang"), ("X-Forwarded-For", b"127.0.0.2")],
    [*named("wang"), ("X-Forwarded-For", b"127.0.0.2:5000")],
    [*named("wang"), ("X-Forwarded-For", b"[::ffff:127.0.0.2]:0")],
    [*named("wang"), ("X-Forwarded-For", b"127.0.0.2, 127.0.0.1")],
    [*named("wang"), ("X-Forwarded-For", b"10.0.0.1, 127.0.0.2"), ("X-Forwarded-Proto", b"https")],
    *([*named("wang"), ("X-Forwarded-For", said)] for said in MISREAD),
    [*named("wang"), ("Forwarded", b"for=127.0.0.2"), ("X-Real-IP", b"127.0.0.2")],
    [*named("wang"), ("X-Forwarded-For", b"127.0.0.2"), ("X-Forwarded-For", b"127.0.0.2:1")],
]


@pytest.mark.parametrize("spoofed", AROUND, ids=str)
def test_nobody_gets_around_the_portal(anywhere: Setup, spoofed: Headers) -> None:
    assert who(anywhere.direct, spoofed) == ""
    refused = asked(f"{anywhere.direct}/users", spoofed)
    assert refused.status_code == 401
    assert "没有经过受信任的代理" in refused.text and "trusted_proxies" in refused.text


@pytest.mark.parametrize("spoofed", AROUND[len(SPOOFED) :], ids=str)
def test_no_websocket_gets_around_the_portal(setup: Setup, spoofed: Headers) -> None:
    assert socket_status(setup.direct, spoofed) == 403


# --- what a listed proxy may write


@pytest.mark.parametrize(
    "written", ["李娜".encode(), quote("李娜").encode(), quote("李娜").lower().encode(), b"%E6%9D%8E" + "娜".encode()]
)
def test_a_name_may_be_utf8_or_percent_encoded(setup: Setup, written: bytes) -> None:
    assert who(setup.direct, named(written), PROXY) == "李娜（查看者）"
    assert socket_status(setup.direct, named(written), PROXY) == 101


REFUSED: list[Headers] = [
    [*named("zhang"), *named("wang")],
    [*named("zhang"), *named("zhang")],
    [*named("zhang"), *named("")],
    [*named("zhang"), *named("admin", "X-Remote-Role"), *named("viewer", "X-Remote-Role")],
    named("zhang, wang"),
    named("a" * 65),
    named("a" * 5000),
    named("zh\tang"),
    named("zhang%00"),
    named("zhang%0aforged line"),
    named("zhang%e2%80%ae"),
    named("zhang%"),
    named("zhang%zz"),
    named("Müller".encode("latin-1")),
    named("李娜".encode("gb18030")),
    named(quote("Müller", encoding="latin-1")),
    named("(null)"),
    named("-"),
    named("系统"),
    named("<b>zhang</b>"),
    [*named("zhang"), *named("查看者".encode("gb18030"), "X-Remote-Role")],
]


@pytest.mark.parametrize("written", REFUSED, ids=str)
def test_a_header_that_could_be_misread_is_refused(setup: Setup, written: Headers) -> None:
    answer = asked(f"{setup.direct}/", written, PROXY)
    assert answer.status_code == 403
    assert "X-Remote-User" in answer.text and "管理员" in answer.text
    assert not re.search(r"Traceback|Error|zhang|wang|ller", answer.text)
    assert "identity_refused check=identity_header" in setup.process.text()


@pytest.mark.parametrize("written", REFUSED[:5], ids=str)
def test_no_websocket_for_it_either(setup: Setup, written: Headers) -> None:
    assert socket_status(setup.direct, written, PROXY) == 403


@pytest.mark.parametrize("written", [b"", b"%20", b"%09"])
def test_an_empty_name_is_nobody(setup: Setup, written: bytes) -> None:
    answer = asked(f"{setup.direct}/", named(written), PROXY)
    assert answer.status_code == 401
    assert "代理没有送来用户名" in answer.text


@pytest.mark.parametrize(
    ("role", "label"),
    [
        ("", "查看者"),
        ("viewer", "查看者"),
        ("analyst", "数据员"),
        ("staff,analyst; other", "数据员"),
        ("viewer admin", "管理员"),
        ("数据员", "数据员"),
        (quote("管理员"), "管理员"),
        ("administrator", "查看者"),
        ("admins", "查看者"),
    ],
)
def test_roles_come_with_every_request(setup: Setup, role: str, label: str) -> None:
    sent = [*named("zhao"), *named(role, "X-Remote-Role")]
    assert who(setup.direct, sent, PROXY) == f"zhao（{label}）"


def test_without_a_role_the_registered_one_holds(setup: Setup) -> None:
    live.command(setup.data_dir, setup.settings, "users", "add", "qian", "--role", "analyst")
    assert who(setup.direct, named("qian"), PROXY) == "qian（数据员）"
    assert who(setup.direct, [*named("qian"), *named("", "X-Remote-Role")], PROXY) == "qian（查看者）"


def test_a_disabled_user_stays_out(setup: Setup) -> None:
    assert who(setup.portal, signed_in("li")) == "li（查看者）"
    live.command(setup.data_dir, setup.settings, "users", "disable", "li")
    try:
        live.until(lambda: asked(f"{setup.portal}/", signed_in("li")).status_code == 403)
        assert "已停用" in asked(f"{setup.portal}/", signed_in("li")).text
        assert socket_status(setup.portal, signed_in("li")) == 403
    finally:
        live.command(setup.data_dir, setup.settings, "users", "enable", "li")
    live.until(lambda: asked(f"{setup.portal}/", signed_in("li")).status_code == 200)


def test_passwords_and_cookies_open_nothing_here(setup: Setup) -> None:
    with httpx2.Client(trust_env=False) as client:
        sent = client.post(f"{setup.direct}/account/login", data={"name": "a"}, headers={"Origin": setup.direct})
    assert sent.status_code == 405
    assert who(setup.direct, [("Cookie", b"pingchang_session=" + b"A" * 43)]) == ""
    login = asked(f"{setup.portal}/account/login", signed_in("zhang"))
    assert login.status_code == 303  # is somebody already


# --- the reading of headers, by itself


@given(st.text(st.characters(min_codepoint=33, exclude_categories=["C", "Z"]), min_size=1, max_size=64))
def test_a_name_survives_both_ways_of_writing_it(name: str) -> None:
    assert header_text(quote(name, safe="").encode()) == name
    if "%" not in name:
        assert header_text(name.encode()) == name


@given(st.binary(max_size=1200))
def test_whatever_is_written_is_a_printable_text_or_refused(value: bytes) -> None:
    try:
        text = header_text(value)
    except AccessError as error:
        assert str(error).isprintable()
    else:
        assert text.isprintable() and len(value) <= 1024


@given(st.lists(st.text(max_size=12)))
def test_words_that_are_no_roles_give_the_least(words: list[str]) -> None:
    strangers = [word for word in words if word.strip().casefold() not in {"admin", "analyst", "管理员", "数据员"}]
    assert outside_role(strangers) is Role.VIEWER
    assert outside_role([*strangers, " Analyst "]) is Role.ANALYST
    assert outside_role(["管理员", *words]) is Role.ADMIN
