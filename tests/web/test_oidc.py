"""Sign-in through a provider: the real app, a real provider, and a reader between them, each a process of its own."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx2
import pytest

from tests.web import live
from tests.web.oidc_provider import CLIENT_ID, CLIENT_SECRET

#: Each reader comes from an address of his own, so that limits of addresses stay out of the way.
ADDRESSES = itertools.count(1)
PAGE = {"Accept": "text/html"}


@dataclass
class Setup:
    """A running app and its provider."""

    url: str
    issuer: str
    process: live.Process
    data_dir: Path

    def control(self, **faults: Any) -> None:
        httpx2.post(f"{self.issuer}/control", json=faults).raise_for_status()

    def seen(self, endpoint: str) -> list[dict[str, str]]:
        return [asked for asked in httpx2.get(f"{self.issuer}/control").json() if asked["endpoint"] == endpoint]

    def checks(self) -> list[str]:
        """Which checks the log says have failed, oldest first."""
        return re.findall(r"oidc_failed check=(\w+)", self.process.text())


class Reader:
    """A browser without a screen: keeps cookies, follows nothing by itself."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.address = f"10.0.{next(ADDRESSES)}.1"
        nothing_kept = httpx2.Limits(max_keepalive_connections=0)
        self.http = httpx2.Client(timeout=30, trust_env=False, limits=nothing_kept)

    def get(self, address: str, **headers: str) -> httpx2.Response:
        """A page of the app (by its path) or of anybody."""
        if address.startswith("/"):
            address = self.setup.url + address
        ours = address.startswith(self.setup.url)
        return self.http.get(
            address, headers={**PAGE, **({"X-Forwarded-For": self.address} if ours else {}), **headers}
        )

    def begin(self, where: str = "/") -> str:
        """Address at the provider that the app sends to."""
        answer = self.get(f"/account/oidc/start?next={quote(where, safe='')}")
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"])

    def authorize(self, address: str, person: str) -> str:
        """Sign in at the provider, if it asks for it; the address it leads back to."""
        answer = self.get(address)
        if answer.status_code == 200:
            asked = unescape(re.findall(r'name="asked" value="([^"]*)"', answer.text)[0])
            answer = self.http.post(f"{self.setup.issuer}/login", data={"person": person, "asked": asked})
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    def sign_in(self, person: str, where: str = "/") -> httpx2.Response:
        """The app's answer to the provider's."""
        return self.get(self.authorize(self.begin(where), person))

    def who(self) -> tuple[str, ...]:
        """Name and role as the app sees them, read off the sign-out page."""
        page = self.get("/account/logout")
        return tuple(re.findall(r"<dd>([^<]*)</dd>", page.text))

    def session(self) -> str | None:
        return next((cookie.value for cookie in self.http.cookies.jar if cookie.name == "pingchang_session"), None)


def settings(url: str, issuer: str) -> dict[str, str]:
    return {
        "viewing": "closed",
        "identity": "oidc",
        "public_url": url,
        "oidc_issuer": issuer,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": CLIENT_SECRET,
        "admins": "李娜",
        "trusted_proxies": "127.0.0.1",
    }


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setup]:
    folder = tmp_path_factory.mktemp("oidc")
    port = live.free_port()
    url = f"http://127.0.0.1:{port}"
    data_dir = live.tiny_county(folder / "data")
    with (
        live.provider(folder, callback=f"{url}/account/oidc/callback", home=f"{url}/") as issuer,
        live.app(data_dir, port, settings(url, issuer)) as process,
    ):
        yield Setup(url, issuer, process, data_dir)


@pytest.fixture
def reader(setup: Setup) -> Reader:
    setup.control(forget=True)
    return Reader(setup)


# --- as it should be


def test_a_reader_signs_in_and_comes_back_to_where_he_was(reader: Reader) -> None:
    refused = reader.get("/?layer=forest&unit=%E4%BA%A9")
    assert refused.status_code == 303
    login = reader.get(refused.headers["location"])
    assert "统一身份认证" in login.text
    way = unescape(re.findall(r'class="button" href="([^"]*)"', login.text)[0])
    sent = reader.get(way)
    assert sent.status_code == 302
    answer = reader.get(reader.authorize(sent.headers["location"], "zhang"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/?layer=forest&unit=%E4%BA%A9")
    cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith("pingchang_session="))
    assert "httponly" in cookie.lower() and "samesite=lax" in cookie.lower()
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "no-store" in answer.headers["cache-control"]
    assert reader.get(answer.headers["location"]).status_code == 200
    assert reader.who() == ("zhang.wei", "数据员")


def test_the_request_is_protected(setup: Setup, reader: Reader) -> None:
    address = reader.begin()
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert address.startswith(f"{setup.issuer}/authorize?")
    assert asked["redirect_uri"] == f"{setup.url}/account/oidc/callback"
    assert asked["code_challenge_method"] == "S256"
    assert asked["response_type"] == "code"
    again = parse_qs(urlsplit(reader.begin()).query)
    assert all(again[name] != [asked[name]] for name in ("state", "nonce", "code_challenge"))
    assert CLIENT_SECRET not in address


def test_the_redirect_address_follows_no_header(setup: Setup, reader: Reader) -> None:
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    answer = reader.get("/account/oidc/start", **headers)
    assert "evil" not in str(answer.headers.get("location", ""))
    assert answer.status_code in {303, 421}


def test_another_name_of_the_server_leads_to_the_public_one_first(setup: Setup, reader: Reader) -> None:
    other = setup.url.replace("127.0.0.1", "localhost")
    answer = httpx2.get(f"{other}/account/oidc/start?next=/x", headers=PAGE)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{setup.url}/account/oidc/start?moved=1&next=/x"


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example", "/\\evil.example", "/account/logout"])
def test_a_sign_in_leads_nowhere_else(reader: Reader, where: str) -> None:
    assert reader.sign_in("zhang", where).headers["location"] == "/"


def test_roles_follow_the_provider(setup: Setup, reader: Reader) -> None:
    reader.sign_in("wang")
    assert reader.who() == ("wang", "管理员")
    setup.control(claims={"roles": ["viewer"]})
    other = Reader(setup)
    other.sign_in("wang")
    assert other.who() == ("wang", "查看者")
    live.until(lambda: reader.who() == ("wang", "查看者"))  # the session that is open already, too


def test_names_in_the_settings_are_admins_whatever_the_provider_says(reader: Reader) -> None:
    reader.sign_in("li")
    assert reader.who() == ("李娜", "管理员")


def test_claims_may_come_with_the_user_information(setup: Setup, reader: Reader) -> None:
    setup.control(only_userinfo=["preferred_username", "roles"])
    reader.sign_in("zhang")
    assert reader.who() == ("zhang.wei", "数据员")
    assert len(setup.seen("userinfo")) == 1


def test_discovery_is_asked_for_once(setup: Setup, reader: Reader) -> None:
    for _ in range(3):
        Reader(setup).sign_in("zhang")
    assert len(setup.seen("token")) == 3
    assert len(setup.seen("discovery")) == 0  # an earlier sign-in has asked
    assert len(setup.seen("jwks")) <= 1


def test_a_new_sign_in_ends_the_old_session(reader: Reader, setup: Setup) -> None:
    address = reader.begin()  # a second tab, opened before signing in
    reader.sign_in("zhang")
    old = reader.session()
    assert old is not None
    reader.get(reader.authorize(address, "zhang"))
    assert reader.session() not in {None, old}
    stolen = Reader(setup)
    stolen.http.cookies.set("pingchang_session", old, domain="127.0.0.1")
    assert stolen.get("/").status_code == 303


def test_the_websocket_needs_the_session(setup: Setup, reader: Reader) -> None:
    address = f"{setup.url.replace('http', 'ws')}/_stcore/stream"
    assert live.websocket_status(address, [], origin=setup.url) == 403
    reader.sign_in("zhang")
    signed_in = [("Cookie", f"pingchang_session={reader.session()}")]
    assert live.websocket_status(address, signed_in, origin=setup.url) == 101
    assert live.websocket_status(address, signed_in, origin="http://evil.example") == 403


def test_signing_out_here_signs_out_there(setup: Setup, reader: Reader) -> None:
    reader.sign_in("zhang")
    session = reader.session()
    token = re.findall(r'name="form_token" value="([^"]*)"', reader.get("/account/logout").text)[0]
    answer = reader.http.post(
        f"{setup.url}/account/logout",
        data={"form_token": token},
        headers={**PAGE, "X-Forwarded-For": reader.address, "Origin": setup.url},
    )
    assert answer.status_code == 200
    onward = answer.headers["refresh"].removeprefix("0;url=")
    assert onward.startswith(f"{setup.issuer}/end_session?")
    assert reader.session() is None
    stolen = Reader(setup)
    stolen.http.cookies.set("pingchang_session", str(session), domain="127.0.0.1")
    assert stolen.get("/").status_code == 303
    ended = reader.get(onward)
    assert (ended.status_code, ended.headers["location"]) == (303, f"{setup.url}/")
    assert reader.get(reader.begin()).status_code == 200  # the provider asks who it is again


# --- as it should not be

SIGNATURES = [
    ({"alg": "none"}, "signature"),
    ({"alg": "HS256-public"}, "signature"),
    ({"alg": "HS256-secret"}, "signature"),
    ({"stranger": "known-id"}, "key"),
    ({"stranger": "new-id"}, "key"),
]
CLAIMS = [
    ({"claims": {"iss": "https://evil.example"}}, "iss"),
    ({"claims": {"iss": None}}, "iss"),
    ({"claims": {"aud": "another-client"}}, "aud"),
    ({"claims": {"aud": None}}, "aud"),
    ({"claims": {"aud": []}}, "aud"),
    ({"claims": {"aud": [CLIENT_ID, "another-client"]}}, "azp"),
    ({"claims": {"azp": "another-client"}}, "azp"),
    ({"claims": {"nonce": "another-sign-in"}}, "nonce"),
    ({"claims": {"nonce": None}}, "nonce"),
    ({"claims": {"sub": None}}, "sub"),
    ({"claims": {"exp": None}}, "exp"),
    ({"claims": {"exp": "never"}}, "exp"),
    ({"shift": {"exp": -600}}, "exp"),
    ({"shift": {"iat": 600}}, "iat"),
    ({"shift": {"iat": -3600}}, "iat"),
    ({"claims": {"iat": None}}, "iat"),
    ({"shift": {"nbf": 600}}, "nbf"),
    ({"claims": {"at_hash": "c29tZXRoaW5nIGVsc2U"}}, "at_hash"),
    ({"claims": {"preferred_username": None}, "userinfo": {"preferred_username": None}}, "name"),
    ({"claims": {"preferred_username": "zhang\nwei"}}, "account"),
    ({"claims": {"preferred_username": "系统"}}, "account"),
    ({"claims": {"preferred_username": "a" * 65}}, "account"),
    ({"only_userinfo": ["roles"], "userinfo": {"sub": "somebody else"}}, "userinfo_sub"),
]
ANSWERS = [
    ({"answer": {"iss": "https://evil.example"}}, "mix_up"),
    ({"answer": {"iss": None}}, "mix_up"),
    ({"answer": {"iss": ["https://evil.example", "x"]}}, "mix_up"),
    ({"answer": {"code": None}}, "code"),
    ({"answer": {"code": ["one", "two"]}}, "code"),
    ({"answer": {"code": "made-up"}}, "code"),
    ({"answer": {"code": "x" * 5000}}, "code"),
    ({"answer": {"state": "A" * 43}}, "state"),
    ({"answer": {"state": None}}, "state"),
    ({"answer": {"state": ["A", "B"]}}, "state"),
    ({"answer": {"code": None, "error": "access_denied"}}, "denied"),
    ({"answer": {"error": "server_error", "error_description": "<script>alert(1)</script>"}}, "error"),
]
BROKEN = [({"broken": {"token": how}}, "token") for how in ("500", "html", "list", "endless")] + [
    ({"only_userinfo": ["roles"], "broken": {"userinfo": "500"}}, "userinfo")
]


@pytest.mark.parametrize(("faults", "check"), [*SIGNATURES, *CLAIMS, *ANSWERS, *BROKEN], ids=str)
def test_a_wrong_answer_opens_no_session(setup: Setup, reader: Reader, faults: dict[str, Any], check: str) -> None:
    before = len(setup.checks())
    setup.control(**faults)
    answer = reader.sign_in("zhang", "/?layer=forest")
    assert answer.status_code == (503 if check in {"token", "userinfo"} else answer.status_code)
    assert 400 <= answer.status_code < 600
    assert "未能登录" in answer.text and "重新登录" in answer.text
    assert not re.search(r"Traceback|<script|secret detail|Error|evil|joserfc", answer.text)
    assert "pingchang_session" not in answer.headers.get("set-cookie", "")
    assert setup.checks()[before:] == [check]
    setup.control()
    assert reader.get("/").status_code == 303
    assert reader.sign_in("zhang").status_code == 303  # and the next one works


def test_an_answer_cannot_be_replayed(setup: Setup, reader: Reader) -> None:
    back = reader.authorize(reader.begin(), "zhang")
    assert reader.get(back).status_code == 303
    again = reader.get(back)
    assert again.status_code == 400
    assert "已过期或已经完成" in again.text
    assert len(setup.seen("token")) == 1


def test_an_answer_is_good_in_the_browser_that_asked_only(setup: Setup, reader: Reader) -> None:
    back = reader.authorize(reader.begin(), "zhang")
    lured = Reader(setup)
    lured.begin()  # has a form cookie of his own
    assert lured.get(back).status_code == 400
    assert lured.session() is None
    assert setup.seen("token") == []


def test_a_code_of_another_sign_in_is_refused(setup: Setup, reader: Reader) -> None:
    attacker = Reader(setup)
    stolen = parse_qs(urlsplit(reader.authorize(reader.begin(), "wang")).query)["code"][0]
    own = urlsplit(attacker.authorize(attacker.begin(), "zhang"))
    wanted = parse_qs(own.query)
    injected = f"{own.scheme}://{own.netloc}{own.path}?code={stolen}&state={wanted['state'][0]}&iss={wanted['iss'][0]}"
    answer = attacker.get(injected)
    assert answer.status_code == 403
    assert setup.checks()[-1] == "code"
    assert attacker.session() is None


def test_a_disabled_user_stays_out(setup: Setup, reader: Reader) -> None:
    reader.sign_in("zhang")
    live.command(setup.data_dir, settings(setup.url, setup.issuer), "users", "disable", "zhang.wei")
    try:
        answer = Reader(setup).sign_in("zhang")
        assert answer.status_code == 403
        assert "已停用" in answer.text
    finally:
        live.command(setup.data_dir, settings(setup.url, setup.issuer), "users", "enable", "zhang.wei")
    assert Reader(setup).sign_in("zhang").status_code == 303


def test_nobody_signs_in_by_password_or_header(setup: Setup, reader: Reader) -> None:
    assert reader.get("/", **{"X-Remote-User": quote("李娜")}).status_code == 303
    assert reader.get("/", **{"X-Pingchang-User": "wang", "X-Pingchang-Session": "0" * 64}).status_code == 303
    sent = reader.http.post(
        f"{setup.url}/account/login", data={"name": "wang", "password": "x"}, headers={"Origin": setup.url}
    )
    assert sent.status_code == 405
    assert reader.get("/account/password").status_code == 404
    assert reader.get(f"/account/invite/{'A' * 43}").status_code == 404


def test_one_address_cannot_keep_the_provider_busy(setup: Setup, reader: Reader) -> None:
    answers = [reader.get("/account/oidc/callback?state=x&code=y").status_code for _ in range(260)]
    assert set(answers) == {400, 429}
    assert len(setup.seen("token")) == 0
    assert Reader(setup).sign_in("zhang").status_code == 303


def test_the_log_holds_no_secret(setup: Setup, reader: Reader) -> None:
    for faults in ({}, {"broken": {"token": "500"}}, {"alg": "none"}):
        setup.control(**faults)
        Reader(setup).sign_in("zhang")
    log = setup.process.text()
    asked, redeemed = setup.seen("authorize"), setup.seen("token")
    assert len(redeemed) == 3
    secrets = [exchange[name] for exchange in redeemed for name in ("code", "code_verifier", "authorization")]
    secrets += [question[name] for question in asked for name in ("state", "nonce")]
    assert all(len(secret) > 15 for secret in secrets)
    assert not [secret for secret in [*secrets, CLIENT_SECRET, "s3cret", "eyJ"] if secret in log]


# --- one day of an installation below a path


def test_the_server_outlives_its_provider(tmp_path: Path) -> None:
    port, provider_port = live.free_port(), live.free_port()
    url, issuer = f"http://127.0.0.1:{port}/geo", f"http://localhost:{provider_port}"
    data_dir = live.tiny_county(tmp_path / "data")

    def provider() -> Any:
        return live.provider(tmp_path, callback=f"{url}/account/oidc/callback", home=f"{url}/", port=provider_port)

    with live.app(data_dir, port, settings(url, issuer), base="geo") as process:
        setup = Setup(url, issuer, process, data_dir)
        early = Reader(setup)
        answer = early.get("/account/oidc/start")
        assert (answer.status_code, "暂时无法使用" in answer.text) == (503, True)
        reader = Reader(setup)
        with provider():
            # the failure is remembered for a few seconds
            live.until(lambda: reader.get("/account/oidc/start").status_code == 302, apart_s=0.5)
            answer = reader.sign_in("zhang", "/geo/?layer=forest")
            assert (answer.status_code, answer.headers["location"]) == (303, "/geo/?layer=forest")
            assert all("Path=/geo" in value for value in answer.headers.get_list("set-cookie"))
            assert reader.who() == ("zhang.wei", "数据员")
            setup.control(rotate=True)
            assert Reader(setup).sign_in("zhang").status_code == 303
            assert len(setup.seen("jwks")) >= 2
        assert reader.get("/").status_code == 200
        late = Reader(setup)
        address = late.begin()
        state = parse_qs(urlsplit(address).query)["state"][0]
        answer = late.get(f"/account/oidc/callback?code=x&state={state}&iss={quote(issuer, safe='')}")
        assert (answer.status_code, "暂时无法使用" in answer.text) == (503, True)
