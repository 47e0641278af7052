"""The identity provider: discovery, keys, authorization address, codes redeemed for checked claims."""

from __future__ import annotations

import asyncio
import base64
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote_plus, urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.common.urls import add_params_to_uri
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc.jwk import KeySet

from pingchang_geo.settings import Settings
from pingchang_geo.web.access.oidc.claims import Claims, claim, key_set, verified
from pingchang_geo.web.access.oidc.errors import RefusedError, UnavailableError, UnknownKeyError
from pingchang_geo.web.access.oidc.kept import Kept
from pingchang_geo.web.access.oidc.pending import SignIn
from pingchang_geo.web.access.oidc.transport import timeout, transport, trust

#: One request to the provider, from beginning to end.
_WHOLE_S: Final = 10.0
_DISCOVERY: Final = "/.well-known/openid-configuration"
_SCOPE: Final = "openid profile"
_BASIC, _POST = "client_secret_basic", "client_secret_post"


@dataclass(frozen=True)
class Endpoints:
    """What the provider says about itself (OpenID Connect Discovery)."""

    issuer: str
    authorization: str
    token: str
    jwks: str
    userinfo: str
    end_session: str
    #: How we prove to be ourselves at the token endpoint.
    client_auth: str
    #: Whether every answer names its issuer (RFC 9207).
    names_issuer: bool


@dataclass(frozen=True)
class Vouched:
    """A person as the provider vouches for: checked claims, and the token that ends the provider's session."""

    claims: Claims
    id_token: str


class Provider:
    """The provider that the settings name. Nothing is requested before somebody signs in."""

    def __init__(self, chosen: Settings, *, now: Callable[[], float] = time.time) -> None:
        self._chosen, self._now = chosen, now
        self._endpoints = Kept(self._discovered)
        self._keys = Kept(self._published_keys)

    async def endpoints(self) -> Endpoints:
        """What the provider offers.

        Raises:
            UnavailableError: it cannot be asked, or its answer cannot be used.
        """
        return await self._endpoints.get()

    async def authorization_address(self, begun: SignIn, redirect_uri: str) -> str:
        """Where the browser goes to sign in.

        Raises:
            UnavailableError: see :meth:`endpoints`.
        """
        there = await self.endpoints()
        async with self._client(there) as client:
            client.redirect_uri = redirect_uri
            address, _ = client.create_authorization_url(
                there.authorization, state=begun.state, code_verifier=begun.verifier, nonce=begun.nonce
            )
        return str(address)

    async def vouched(self, code: str, begun: SignIn, redirect_uri: str) -> Vouched:
        """Redeem a code; everything about the answer is checked.

        Raises:
            UnavailableError: the provider cannot be reached or answers nonsense.
            RefusedError: the code, the identity token or the user information is not what it has to be.
        """
        there = await self.endpoints()
        answer = await self._redeemed(there, code, begun, redirect_uri)
        access_token = answer.get("access_token")
        claims = await self._checked(there, answer.get("id_token"), begun.nonce, access_token)
        if there.userinfo and isinstance(access_token, str) and self._wants_more(claims):
            more = await self._user_info(there, access_token)
            if more.get("sub") != claims["sub"]:
                raise RefusedError("userinfo_sub")
            claims = {**more, **claims}
        return Vouched(claims, str(answer["id_token"]))

    async def end_session_address(self, id_token: str, back: str) -> str | None:
        """Where the browser goes to sign out at the provider too; None if it offers no such place or is down."""
        try:
            there = await self.endpoints()
        except UnavailableError:
            return None
        if not there.end_session:
            return None
        hint = [("id_token_hint", id_token)] if id_token else []
        params = [*hint, ("client_id", self._chosen.oidc_client_id), ("post_logout_redirect_uri", back)]
        return str(add_params_to_uri(there.end_session, params))

    def _wants_more(self, claims: Claims) -> bool:
        chosen = self._chosen
        wanted = [chosen.oidc_name_claim, chosen.oidc_role_claim]
        wanted += ["email_verified"] if chosen.oidc_name_claim == "email" else []
        return any(name and claim(claims, name) is None for name in wanted)

    async def _checked(self, there: Endpoints, token: Any, nonce: str, access_token: Any) -> Claims:
        def check(keys: KeySet) -> Claims:
            return verified(
                token,
                keys,
                issuer=there.issuer,
                client_id=self._chosen.oidc_client_id,
                nonce=nonce,
                access_token=access_token if isinstance(access_token, str) else None,
                now=int(self._now()),
            )

        try:
            return check(await self._keys.get())
        except UnknownKeyError:
            return check(await self._keys.renewed())  # the provider may have changed its keys

    async def _discovered(self) -> Endpoints:
        issuer = self._chosen.oidc_issuer
        return _endpoints(await self._json(f"{issuer}{_DISCOVERY}", "discovery"), issuer)

    async def _published_keys(self) -> KeySet:
        return key_set(await self._json((await self.endpoints()).jwks, "jwks"))

    async def _user_info(self, there: Endpoints, access_token: str) -> dict[str, Any]:
        return await self._json(there.userinfo, "userinfo", {"Authorization": f"Bearer {access_token}"})

    async def _json(self, address: str, check: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        try:
            async with asyncio.timeout(_WHOLE_S), self._client(None) as client:
                response = await client.request("GET", address, withhold_token=True, headers=headers)
                content = response.json() if response.status_code == 200 else None
        except (TimeoutError, httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, RecursionError):
            raise UnavailableError(check) from None
        if not isinstance(content, dict):
            raise UnavailableError(check)
        return content

    async def _redeemed(self, there: Endpoints, code: str, begun: SignIn, redirect_uri: str) -> dict[str, Any]:
        try:
            async with asyncio.timeout(_WHOLE_S), self._client(there) as client:
                answer = await client.fetch_token(
                    there.token,
                    grant_type="authorization_code",
                    code=code,
                    redirect_uri=redirect_uri,
                    code_verifier=begun.verifier,
                )
        except AuthlibBaseError as error:
            if error.error == "invalid_grant":
                raise RefusedError("code", "登录凭据已失效。") from None
            raise UnavailableError("token", "统一身份认证拒绝了本系统的请求。") from None
        except (TimeoutError, httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, TypeError, RecursionError):
            raise UnavailableError("token") from None
        return dict(answer)

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return trust(self._chosen.oidc_ca)

    def _client(self, there: Endpoints | None) -> AsyncOAuth2Client:
        chosen = self._chosen
        client = AsyncOAuth2Client(
            client_id=chosen.oidc_client_id,
            client_secret=chosen.oidc_client_secret,
            token_endpoint_auth_method=there.client_auth if there else _BASIC,
            scope=f"{_SCOPE} email" if chosen.oidc_name_claim == "email" else _SCOPE,
            code_challenge_method="S256",
            transport=transport(self._trust),
            timeout=timeout(),
            follow_redirects=False,
            trust_env=False,
        )
        client.register_client_auth_method((_BASIC, _basic))
        return client


def _basic(client: Any, _method: str, uri: str, headers: Any, body: Any) -> tuple[str, Any, Any]:
    """HTTP Basic as RFC 6749 2.3.1 has it: id and secret form-encoded, so that any character may stand in them."""
    pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
    headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return uri, headers, body


def _endpoints(said: dict[str, Any], issuer: str) -> Endpoints:
    """The provider's words about itself, if they are usable and about the right provider.

    Raises:
        UnavailableError: another issuer than the settings name, or an address is missing or unprotected.
    """
    named = said.get("issuer")
    if not isinstance(named, str) or named.rstrip("/") != issuer:
        raise UnavailableError("issuer", "统一身份认证的配置与本系统的设置不一致。")
    protected = urlsplit(issuer).scheme == "https"

    def address(key: str, *, needed: bool = False) -> str:
        value = said.get(key) or ""
        if not isinstance(value, str) or (needed and not value):
            raise UnavailableError(key)
        if not value.isascii() or not value.isprintable() or set(value) & set(' "<>;\\'):
            raise UnavailableError(key)  # it goes into a header and a page
        parts = urlsplit(value)
        if value and (parts.scheme not in (("https",) if protected else ("http", "https")) or not parts.hostname):
            raise UnavailableError(key, "统一身份认证的配置有误：地址未使用 https。")
        return value

    ways = said.get("token_endpoint_auth_methods_supported") or [_BASIC]
    way = next((one for one in (_BASIC, _POST) if one in ways), None)
    if way is None:
        raise UnavailableError("client_auth", "统一身份认证不支持本系统的认证方式。")
    return Endpoints(
        issuer=named,
        authorization=address("authorization_endpoint", needed=True),
        token=address("token_endpoint", needed=True),
        jwks=address("jwks_uri", needed=True),
        userinfo=address("userinfo_endpoint"),
        end_session=address("end_session_endpoint"),
        client_auth=way,
        names_issuer=said.get("authorization_response_iss_parameter_supported") is True,
    )
