"""Our cookies: the session's, and the one that ties a form to the browser that asked for it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

from starlette.responses import Response
from starlette.types import Scope

from pingchang_geo.access import SignedIn
from pingchang_geo.access.tokens import is_token, new_token
from pingchang_geo.web.access.client import Client

SESSION: Final = "pingchang_session"
FORM: Final = "pingchang_form"
#: A form may stay open for half a day; its cookie lives as long.
_FORM_S: Final = 12 * 3600


class Cookies:
    """Sets and clears our cookies under the server's base path. Values are checked wherever they are read."""

    def __init__(self, base: str) -> None:
        self._path = base or "/"

    def set(self, response: Response, signed_in: SignedIn, client: Client) -> None:
        """Hand the browser its session. The server ends it; the cookie itself goes when the browser closes."""
        self._write(response, SESSION, signed_in.token, client)

    def clear(self, response: Response, client: Client) -> None:
        """Take the session back."""
        self._write(response, SESSION, "", client, max_age=0)

    def set_form(self, response: Response, value: str, client: Client) -> None:
        """Mark the browser that a form was given to."""
        self._write(response, FORM, value, client, max_age=_FORM_S)

    def _write(self, response: Response, name: str, value: str, client: Client, max_age: int | None = None) -> None:
        response.set_cookie(
            name,
            value,
            max_age=max_age,
            path=self._path,
            secure=client.scheme == "https",
            httponly=True,
            samesite="lax",
        )


class FormTokens:
    """CSRF tokens: a keyed hash over what the browser alone has, and over what the form is for.

    The key lives as long as the process; a form from before a restart has to be sent again.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def make(self, holder: str, purpose: str) -> str:
        """Token of a form for the holder of a cookie value."""
        return hmac.new(self._key, f"{purpose}\n{holder}".encode(), hashlib.sha256).hexdigest()

    def fits(self, token: str, holder: str, purpose: str) -> bool:
        """Whether a form was made for this holder and purpose."""
        return bool(holder) and hmac.compare_digest(self.make(holder, purpose).encode(), token.encode())


def holder(scope: Scope) -> str:
    """The browser's own form cookie, empty if it has none that we could have made."""
    value = read(scope).get(FORM, "")
    return value if is_token(value) else ""


def new_holder() -> str:
    """Value of a fresh form cookie."""
    return new_token()


def read(scope: Scope) -> dict[str, str]:
    """Cookies of a request; of several with one name the first counts, as the most specific path is sent first."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name == b"cookie":
            for part in value.decode("latin-1").split(";"):
                key, equals, text = part.strip().partition("=")
                if equals:
                    found.setdefault(key, text.strip('"'))
    return found


def without(cookie: bytes, dropped: str) -> bytes:
    """A ``Cookie`` header without one of its cookies."""
    mark = f"{dropped}=".encode()
    return b"; ".join(part for item in cookie.split(b";") if (part := item.strip()) and not part.startswith(mark))


def secured(header: bytes) -> bytes:
    """A ``Set-Cookie`` header with ``Secure``."""
    attributes = {part.strip().lower() for part in header.split(b";")[1:]}
    return header if b"secure" in attributes else header + b"; Secure"
