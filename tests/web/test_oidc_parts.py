"""The parts of the sign-in through a provider that need a clock or a broken provider of their own."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Iterator
from contextlib import AbstractContextManager
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from joserfc.errors import SecurityWarning
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

from pingchang_geo.access import Role
from pingchang_geo.errors import SettingsError
from pingchang_geo.settings import Settings
from pingchang_geo.web.access.oidc import claims
from pingchang_geo.web.access.oidc.errors import FederationError, RefusedError, UnavailableError
from pingchang_geo.web.access.oidc.kept import Kept
from pingchang_geo.web.access.oidc.pending import LASTS_S, SignIns
from pingchang_geo.web.access.oidc.provider import Provider
from tests.web import live
from tests.web.oidc_provider import CLIENT_ID, CLIENT_SECRET

HOME = "http://127.0.0.1:1/"


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


# --- sign-ins under way


def test_a_state_is_good_for_one_answer_of_the_same_browser() -> None:
    begun = SignIns(Clock())
    first, second = begun.begin("browser", "10.0.0.1", "/a"), begun.begin("browser", "10.0.0.1", "/b")
    assert len({first.state, first.nonce, first.verifier, second.state, second.nonce, second.verifier}) == 6
    assert begun.take(second.state, "browser").where == "/b"
    assert begun.take(first.state, "browser").where == "/a"
    with pytest.raises(FederationError):
        begun.take(first.state, "browser")


@pytest.mark.parametrize("holder", ["", "another browser"])
def test_another_browser_uses_a_state_up_and_gains_nothing(holder: str) -> None:
    begun = SignIns(Clock())
    state = begun.begin("browser", "10.0.0.1", "/").state
    for who in (holder, "browser"):
        with pytest.raises(FederationError):
            begun.take(state, who)


def test_a_sign_in_expires() -> None:
    clock = Clock()
    begun = SignIns(clock)
    early, late = begun.begin("b", "g", "/"), begun.begin("b", "g", "/")
    clock.time += LASTS_S - 1
    assert begun.take(early.state, "b") is early
    clock.time += 1
    with pytest.raises(FederationError):
        begun.take(late.state, "b")


def test_a_flood_pushes_out_its_own_sign_ins_only() -> None:
    begun = SignIns(Clock(), most=10, most_of_group=4)
    mine = begun.begin("b", "10.0.0.1", "/")
    flood = [begun.begin("x", "10.9.9.9", "/") for _ in range(50)]
    assert begun.take(mine.state, "b") is mine
    assert begun.take(flood[-4].state, "x") is flood[-4]
    with pytest.raises(FederationError):
        begun.take(flood[-5].state, "x")
    many = [begun.begin("y", f"10.1.0.{n}", "/") for n in range(20)]
    with pytest.raises(FederationError):
        begun.take(many[9].state, "y")
    assert begun.take(many[10].state, "y") is many[10]


def test_secrets_of_a_sign_in_are_not_in_its_text() -> None:
    begun = SignIns(Clock()).begin("browser-cookie", "g", "/")
    assert not any(secret in repr(begun) for secret in (begun.state, begun.nonce, begun.verifier, "browser-cookie"))


# --- what is kept


class Source:
    def __init__(self) -> None:
        self.asked, self.down = 0, False

    async def __call__(self) -> int:
        self.asked += 1
        if self.down:
            raise UnavailableError("test")
        return self.asked


def test_kept_is_fetched_when_wanted_and_serves_while_the_source_is_down() -> None:
    async def story() -> None:
        clock, source = Clock(), Source()
        kept = Kept(source, clock)
        assert source.asked == 0
        assert [await kept.get(), await kept.get()] == [1, 1]
        clock.time += 3600
        assert await kept.get() == 2
        source.down = True
        clock.time += 3600
        assert [await kept.get(), await kept.get()] == [2, 2]
        assert source.asked == 3  # the failure is remembered for a moment
        clock.time += 24 * 3600
        with pytest.raises(UnavailableError):
            await kept.get()
        source.down = False
        clock.time += 5
        assert await kept.get() == 5

    asyncio.run(story())


def test_kept_is_renewed_at_most_twice_a_minute() -> None:
    async def story() -> None:
        clock, source = Clock(), Source()
        kept = Kept(source, clock)
        assert [await kept.get(), await kept.renewed(), await kept.renewed()] == [1, 2, 2]
        clock.time += 30
        assert await kept.renewed() == 3

    asyncio.run(story())


def test_everybody_who_waits_learns_of_a_failure_at_once() -> None:
    async def story() -> None:
        source = Source()
        source.down = True
        kept = Kept(source, Clock())
        results = await asyncio.gather(*(kept.get() for _ in range(20)), return_exceptions=True)
        assert all(isinstance(result, UnavailableError) for result in results)
        assert source.asked == 1

    asyncio.run(story())


# --- claims


def test_every_allowed_algorithm_exists_and_none_uses_a_shared_secret() -> None:
    assert set(claims.ALGORITHMS) <= set(JWSRegistry.algorithms)
    assert not any(name == "none" or name.startswith("HS") for name in claims.ALGORITHMS)


def test_keys_that_cannot_verify_are_passed_over() -> None:
    good = RSAKey.generate_key(2048)
    with pytest.warns(SecurityWarning):
        weak = RSAKey.generate_key(1024)
    public = good.as_dict(private=False)
    others = [
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "PQC", "pub": "x"},
        {**public, "use": "enc"},
        {**public, "n": 5},
        {"kty": "RSA"},
        {"kty": ["RSA"]},
        good.as_dict(private=True),
        weak.as_dict(private=False),
        "text",
        None,
    ]
    keys = claims.key_set({"keys": [*others, public]})
    assert [key.as_dict()["n"] for key in keys] == [public["n"]]
    for nothing in ({"keys": others}, {"keys": {}}, {}, [], None):
        with pytest.raises(UnavailableError):
            claims.key_set(nothing)


@pytest.mark.parametrize(
    ("said", "claim", "role"),
    [
        ({"roles": ["analyst", "x"]}, "roles", Role.ANALYST),
        ({"roles": ["viewer", "ADMIN"]}, "roles", Role.ADMIN),
        ({"roles": "viewer 数据员"}, "roles", Role.ANALYST),
        ({"realm_access": {"roles": ["analyst"]}}, "realm_access.roles", Role.ANALYST),
        ({"https://x.example/roles": ["admin"]}, "https://x.example/roles", Role.ADMIN),
        ({"roles": ["administrator", 7, None, ["admin"]]}, "roles", Role.VIEWER),
        ({"roles": {"admin": True}}, "roles", Role.VIEWER),
        ({"roles": True}, "roles", Role.VIEWER),
        ({"roles": []}, "roles", Role.VIEWER),
        ({"roles": ""}, "roles", Role.VIEWER),
        ({"roles": None}, "roles", Role.VIEWER),
        ({"realm_access": {}}, "realm_access.roles", Role.VIEWER),
        ({}, "roles", None),
        ({"role": "admin"}, "roles", None),
        ({"resource_access": {"roles": ["admin"]}}, "realm_access.roles", None),
        ({"realm_access": "admin"}, "realm_access.roles", Role.VIEWER),
        ({"roles": ["admin"]}, "", None),
    ],
)
def test_roles_follow_the_claim(said: dict[str, Any], claim: str, role: Role | None) -> None:
    assert claims.role(said, claim) is role


def test_an_address_is_a_name_only_when_it_is_confirmed() -> None:
    said = {"email": "li@linye.example"}
    assert claims.person({**said, "email_verified": True}, "email") == "li@linye.example"
    for unconfirmed in (said, {**said, "email_verified": False}, {**said, "email_verified": "true"}):
        with pytest.raises(RefusedError):
            claims.person(unconfirmed, "email")


@pytest.mark.parametrize("name", [None, "", "  ", 7, ["li"], {"li": 1}])
def test_without_a_name_there_is_nobody(name: object) -> None:
    with pytest.raises(RefusedError):
        claims.person({"preferred_username": name}, "preferred_username")


# --- a provider that does not do as it should


def settings(issuer: str, **more: Any) -> Settings:
    return Settings(
        identity="oidc",
        oidc_issuer=issuer,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
        public_url="http://127.0.0.1:1",
        **more,
    )


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with live.provider(tmp_path_factory.mktemp("provider"), callback=f"{HOME}cb", home=HOME) as address:
        yield address


def asked(issuer: str, **faults: Any) -> Any:
    httpx2.post(f"{issuer}/control", json=faults)
    return asyncio.run(Provider(settings(issuer)).endpoints())


def test_discovery_is_read(issuer: str) -> None:
    there = asked(issuer)
    assert (there.issuer, there.token, there.client_auth) == (issuer, f"{issuer}/token", "client_secret_basic")
    assert there.names_issuer
    assert asked(issuer, discovery={"token_endpoint_auth_methods_supported": ["client_secret_post"]}).client_auth == (
        "client_secret_post"
    )
    assert asked(issuer, discovery={"end_session_endpoint": None, "userinfo_endpoint": None}).end_session == ""


def test_an_issuer_may_end_with_a_slash(issuer: str) -> None:
    assert asked(issuer, discovery={"issuer": f"{issuer}/"}).issuer == f"{issuer}/"


@pytest.mark.parametrize(
    ("faults", "check"),
    [
        ({"discovery": {"issuer": "https://elsewhere.example"}}, "issuer"),
        ({"discovery": {"issuer": None}}, "issuer"),
        ({"discovery": {"issuer": ["x"]}}, "issuer"),
        ({"discovery": {"token_endpoint": None}}, "token_endpoint"),
        ({"discovery": {"jwks_uri": 7}}, "jwks_uri"),
        ({"discovery": {"authorization_endpoint": "javascript:alert(1)"}}, "authorization_endpoint"),
        ({"discovery": {"end_session_endpoint": "http://sso.example/\r\nSet-Cookie: a=b"}}, "end_session_endpoint"),
        ({"discovery": {"end_session_endpoint": 'http://sso.example/";url=x'}}, "end_session_endpoint"),
        ({"discovery": {"end_session_endpoint": "file:///etc/passwd"}}, "end_session_endpoint"),
        ({"discovery": {"token_endpoint_auth_methods_supported": ["private_key_jwt"]}}, "client_auth"),
        ({"broken": {"discovery": "500"}}, "discovery"),
        ({"broken": {"discovery": "html"}}, "discovery"),
        ({"broken": {"discovery": "list"}}, "discovery"),
        ({"broken": {"discovery": "endless"}}, "discovery"),
    ],
)
def test_a_discovery_that_cannot_be_used_is_refused(issuer: str, faults: dict[str, Any], check: str) -> None:
    with pytest.raises(UnavailableError) as raised:
        asked(issuer, **faults)
    assert raised.value.check == check


def test_a_slow_provider_is_given_up(issuer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pingchang_geo.web.access.oidc.provider._WHOLE_S", 0.5)
    for faults in ({"slow": {"discovery": 30}}, {"broken": {"discovery": "drip"}}):
        with pytest.raises(UnavailableError):
            asked(issuer, **faults)


def test_a_provider_that_is_not_there() -> None:
    with pytest.raises(UnavailableError):
        asyncio.run(Provider(settings(f"http://127.0.0.1:{live.free_port()}")).endpoints())


# --- certificates


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody but itself has signed, and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
        .not_valid_after(datetime.datetime(2120, 1, 1, tzinfo=datetime.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"


def protected(folder: Path, certificate: tuple[Path, Path]) -> AbstractContextManager[str]:
    return live.provider(folder, callback=f"{HOME}cb", home=HOME, host="127.0.0.1", certificate=certificate)


def test_a_certificate_of_an_unknown_authority_needs_the_setting(
    certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    with protected(tmp_path, certificate) as issuer:
        assert issuer.startswith("https://")
        with pytest.raises(UnavailableError):
            asyncio.run(Provider(settings(issuer)).endpoints())
        there = asyncio.run(Provider(settings(issuer, oidc_ca=certificate[0])).endpoints())
        assert there.token == f"{issuer}/token"


def test_over_https_no_address_may_be_unprotected(certificate: tuple[Path, Path], tmp_path: Path) -> None:
    with protected(tmp_path, certificate) as issuer:
        faults = {"discovery": {"token_endpoint": issuer.replace("https://", "http://") + "/token"}}
        httpx2.post(f"{issuer}/control", json=faults, verify=False)
        with pytest.raises(UnavailableError) as raised:
            asyncio.run(Provider(settings(issuer, oidc_ca=certificate[0])).endpoints())
        assert raised.value.check == "token_endpoint"


@pytest.mark.parametrize("content", [None, "", "not a certificate"])
def test_a_certificate_file_that_is_none_stops_the_start(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pingchang_geo import settings as module  # noqa: PLC0415

    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content, "utf-8")
    given = {
        "IDENTITY": "oidc",
        "OIDC_ISSUER": "https://sso.example",
        "OIDC_CLIENT_ID": "x",
        "OIDC_CLIENT_SECRET": "y",
        "PUBLIC_URL": "https://map.example",
        "OIDC_CA": str(path),
    }
    for name, value in given.items():
        monkeypatch.setenv(f"PINGCHANG_{name}", value)
    with pytest.raises(SettingsError, match="oidc_ca"):
        module.settings.__wrapped__()
