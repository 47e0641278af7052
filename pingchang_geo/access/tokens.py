"""Random tokens of cookies and links. Only their SHA-256 is ever stored: a stolen database opens no session."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Final

_BYTES: Final = 32
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_PUBLIC: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


def new_token() -> str:
    """256 random bits, base64url without padding (43 characters)."""
    return secrets.token_urlsafe(_BYTES)


def public_id(token: str) -> str:
    """What is stored of a token, and shown to pages: its SHA-256 in hex.

    A plain hash will do, unlike for passwords: there are 2^256 tokens to try.
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def is_token(text: str) -> bool:
    """Whether a text can be a token at all; spares the database what cannot."""
    return _TOKEN.fullmatch(text) is not None


def is_public_id(text: str) -> bool:
    """Whether a text can be a session's public id."""
    return _PUBLIC.fullmatch(text) is not None
