"""A small OpenID Connect provider as a process of its own, for tests: strict with its client, and able to misbehave.

Run as ``python -m tests.web.oidc_provider PORT ISSUER CALLBACK HOME [CERT KEY]``. ``POST /control`` with a JSON object
changes how it answers from then on (see :class:`Faults`), ``GET /control`` tells what it has been asked.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import secrets
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import unquote_plus, urlencode

import uvicorn
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

CLIENT_ID = "pingchang-map"
#: Characters that HTTP Basic has to encode.
CLIENT_SECRET = "s3cret: 100%+?&=/秘密"
SESSION = "provider_session"
PEOPLE: dict[str, dict[str, Any]] = {
    "zhang": {"sub": "u-1", "preferred_username": "zhang.wei", "name": "张伟", "roles": ["analyst", "offline_access"]},
    "li": {"sub": "u-2", "preferred_username": "李娜", "name": "李娜", "roles": []},
    "wang": {"sub": "u-3", "preferred_username": "wang", "name": "王芳", "roles": ["viewer", "管理员"]},
}


@dataclass
class Faults:
    """How to misbehave; each empty value means: properly."""

    #: ``none``, ``HS256-public`` (HMAC with the public key as its secret), ``HS256-secret`` (with the client's secret).
    alg: str = ""
    #: ``known-id`` or ``new-id``: sign with a key that is not published.
    stranger: str = ""
    #: Claims of the identity token put in, or taken out with null.
    claims: dict[str, Any] = field(default_factory=dict)
    #: Seconds added to numeric claims.
    shift: dict[str, int] = field(default_factory=dict)
    #: Claims that only the user information holds.
    only_userinfo: list[str] = field(default_factory=list)
    userinfo: dict[str, Any] = field(default_factory=dict)
    discovery: dict[str, Any] = field(default_factory=dict)
    #: Parameters of the answer to the browser, put in or taken out.
    answer: dict[str, Any] = field(default_factory=dict)
    #: Endpoint → seconds before it answers.
    slow: dict[str, float] = field(default_factory=dict)
    #: Endpoint → ``500``, ``html``, ``list``, ``endless`` or ``drip``.
    broken: dict[str, str] = field(default_factory=dict)


@dataclass
class Grant:
    """What a code stands for."""

    person: str
    asked: dict[str, str]


class Provider:
    """The provider's state and endpoints."""

    def __init__(self, issuer: str, callback: str, home: str) -> None:
        self.issuer, self.callback, self.home = issuer, callback, home
        self.faults = Faults()
        self.keys: list[RSAKey] = []
        self.codes: dict[str, Grant] = {}
        self.access_tokens: dict[str, str] = {}
        self.sessions: dict[str, str] = {}
        self.seen: list[dict[str, Any]] = []
        self.rotate()

    def rotate(self) -> None:
        """A new signing key; the old one is withdrawn."""
        self.keys = [RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig", "alg": "RS256"})]

    async def discovery(self, _: Request) -> Response:
        said = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "end_session_endpoint": f"{self.issuer}/end_session",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }
        return await self._sent("discovery", changed(said, self.faults.discovery))

    async def jwks(self, _: Request) -> Response:
        return await self._sent("jwks", KeySet(list(self.keys)).as_dict(private=False))

    async def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        self._note("authorize", asked)
        if wrong := self._wrong(asked):
            return JSONResponse({"error": "invalid_request", "error_description": wrong}, 400)
        person = self.sessions.get(request.cookies.get(SESSION, ""))
        if person is not None:
            return self._answered(person, asked)
        names = "".join(f'<button name="person" value="{escape(name)}">{escape(name)}</button>' for name in PEOPLE)
        hidden = escape(json.dumps(asked))
        return HTMLResponse(
            f'<title>Provider</title><form method="post" action="{self.issuer}/login">'
            f'<input type="hidden" name="asked" value="{hidden}">{names}</form>'
        )

    async def login(self, request: Request) -> Response:
        """Stands in for a password and a second factor."""
        form = dict(item.split("=", 1) for item in (await request.body()).decode().split("&"))
        person, asked = form["person"], json.loads(unquote_plus(form["asked"]))
        response = self._answered(person, asked)
        cookie = secrets.token_hex(16)
        self.sessions[cookie] = person
        response.set_cookie(SESSION, cookie, httponly=True, samesite="lax")
        return response

    async def token(self, request: Request) -> Response:
        form = {key: unquote_plus(value) for key, _, value in _pairs((await request.body()).decode())}
        self._note("token", {**form, "authorization": request.headers.get("authorization", "")})
        if not self._is_client(request.headers.get("authorization", "")):
            return JSONResponse({"error": "invalid_client"}, 401)
        grant = self.codes.pop(form.get("code", ""), None)
        proven = grant is not None and secrets.compare_digest(
            create_s256_code_challenge(form.get("code_verifier", "")), grant.asked["code_challenge"]
        )
        if grant is None or not proven or form.get("redirect_uri") != grant.asked["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant", "error_description": "<b>secret detail</b>"}, 400)
        access_token = secrets.token_urlsafe(24)
        self.access_tokens[access_token] = grant.person
        answer = {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": self._id_token(grant),
        }
        return await self._sent("token", answer)

    async def userinfo(self, request: Request) -> Response:
        self._note("userinfo", {})
        person = self.access_tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if person is None:
            return JSONResponse({"error": "invalid_token"}, 401)
        return await self._sent("userinfo", changed(dict(PEOPLE[person]), self.faults.userinfo))

    async def end_session(self, request: Request) -> Response:
        asked = dict(request.query_params)
        self._note("end_session", asked)
        try:
            ours = jwt.decode(asked["id_token_hint"], KeySet(list(self.keys)), algorithms=["RS256"])
        except (JoseError, KeyError, ValueError):
            return JSONResponse({"error": "id_token_hint"}, 400)
        if asked.get("post_logout_redirect_uri") != self.home or asked.get("client_id") != ours.claims["aud"]:
            return JSONResponse({"error": "post_logout_redirect_uri"}, 400)
        self.sessions.pop(request.cookies.get(SESSION, ""), None)
        return RedirectResponse(self.home, 303)

    async def control(self, request: Request) -> Response:
        if request.method == "GET":
            return JSONResponse(self.seen)
        wanted = await request.json()
        if wanted.pop("rotate", False):
            self.rotate()
        if wanted.pop("forget", False):
            self.sessions.clear()
            self.seen.clear()
        self.faults = Faults(**wanted)
        return JSONResponse({})

    def routes(self) -> list[Route]:
        return [
            Route("/.well-known/openid-configuration", self.discovery),
            Route("/jwks", self.jwks),
            Route("/authorize", self.authorize),
            Route("/login", self.login, methods=["POST"]),
            Route("/token", self.token, methods=["POST"]),
            Route("/userinfo", self.userinfo),
            Route("/end_session", self.end_session),
            Route("/control", self.control, methods=["GET", "POST"]),
        ]

    def _wrong(self, asked: dict[str, str]) -> str:
        """What a strict provider refuses."""
        expected = {
            "client_id": CLIENT_ID,
            "redirect_uri": self.callback,
            "response_type": "code",
            "code_challenge_method": "S256",
        }
        wrong = [name for name, value in expected.items() if asked.get(name) != value]
        wrong += [name for name in ("state", "nonce", "code_challenge") if len(asked.get(name, "")) != 43]
        return ", ".join(wrong + ([] if "openid" in asked.get("scope", "").split() else ["scope"]))

    def _answered(self, person: str, asked: dict[str, str]) -> Response:
        code = secrets.token_urlsafe(16)
        self.codes[code] = Grant(person, asked)
        answer = changed({"code": code, "state": asked["state"], "iss": self.issuer}, self.faults.answer)
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer, doseq=True)}", 303)

    def _is_client(self, authorization: str) -> bool:
        try:
            name, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        except ValueError:
            return False
        return (unquote_plus(name), unquote_plus(secret)) == (CLIENT_ID, CLIENT_SECRET)

    def _id_token(self, grant: Grant) -> str:
        faults, now = self.faults, int(time.time())
        claims = {
            **{name: value for name, value in PEOPLE[grant.person].items() if name not in faults.only_userinfo},
            **{"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": grant.asked["nonce"]},
        }
        for name, seconds in faults.shift.items():
            claims[name] = claims.get(name, now) + seconds
        return self._signed(changed(claims, faults.claims))

    def _signed(self, claims: dict[str, Any]) -> str:
        key = self.keys[0]
        header = {"alg": "RS256", "kid": str(key.kid)}
        if self.faults.alg == "none":
            return f"{_encoded({'alg': 'none', 'typ': 'JWT'})}.{_encoded(claims)}."
        if self.faults.alg.startswith("HS256"):
            shared = key.as_pem(private=False) if self.faults.alg == "HS256-public" else CLIENT_SECRET.encode()
            body = f"{_encoded({**header, 'alg': 'HS256'})}.{_encoded(claims)}"
            return f"{body}.{_base64(hmac.digest(shared, body.encode(), 'sha256'))}"
        if self.faults.stranger:
            key = RSAKey.generate_key(2048)
            header["kid"] = "unheard-of" if self.faults.stranger == "new-id" else header["kid"]
        return jwt.encode(header, claims, key)

    async def _sent(self, endpoint: str, answer: Any) -> Response:
        if endpoint in {"discovery", "jwks"}:
            self._note(endpoint, {})
        await asyncio.sleep(self.faults.slow.get(endpoint, 0))
        match self.faults.broken.get(endpoint):
            case "500":
                return JSONResponse({"error": "server_error"}, 500)
            case "html":
                return HTMLResponse("<h1>Gateway</h1>")
            case "list":
                return JSONResponse([1, 2])
            case "endless":
                return StreamingResponse(_stream(b" " * 65_536, 0), media_type="application/json")
            case "drip":
                return StreamingResponse(_stream(b" ", 0.5), media_type="application/json")
        return JSONResponse(answer)

    def _note(self, endpoint: str, what: dict[str, Any]) -> None:
        self.seen.append({"endpoint": endpoint, **what})


def changed(said: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """``said`` with ``changes`` put in; null takes out."""
    return {name: value for name, value in {**said, **changes}.items() if value is not None}


def _encoded(part: dict[str, Any]) -> str:
    return _base64(json.dumps(part).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


async def _stream(chunk: bytes, pause_s: float) -> AsyncIterator[bytes]:
    while True:
        yield chunk
        await asyncio.sleep(pause_s)


def _pairs(body: str) -> list[tuple[str, str, str]]:
    return [item.partition("=") for item in body.split("&")]


def main(port: str, issuer: str, callback: str, home: str, *certificate: str) -> None:
    """Serve until told to stop."""
    app = Starlette(routes=Provider(issuer, callback, home).routes())
    cert, key = certificate or (None, None)
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(port),
        log_level="error",
        ssl_certfile=cert,
        ssl_keyfile=key,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
