"""What an address needs, whoever asks. Read by the guard in front of pages, routes and Streamlit's own addresses.

Addresses come without the base path and decoded once, as ASGI hands them over. What is not named here needs the right
to view; what could be read in two ways, or is of a method that nothing answers, is nobody's.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final


class Need(Enum):
    """What a request must bring along."""

    #: Nothing: how to sign in, and whether the server lives.
    OPEN = auto()
    VIEW = auto()
    ADMINISTER = auto()
    #: A permit of this Streamlit session (``workflow.access.permits``).
    UPLOAD = auto()
    #: The token of the metrics collector, an admin, or the machine itself.
    SCRAPE = auto()
    #: Not there, for everybody.
    NEVER = auto()


_READING: Final = frozenset({"GET", "HEAD", "OPTIONS", "WEBSOCKET"})
_FORMS: Final = frozenset({"GET", "HEAD", "POST"})
_FILES: Final = frozenset({"PUT", "DELETE", "OPTIONS"})
#: A second decoding would change these, or a file system reads them as something else.
_AMBIGUOUS: Final = re.compile(r"[\x00-\x1f\x7f\\]|%(?:2[eEfF]|5[cC]|00|25)")

#: What an address, or what lies below it, needs, and which methods it answers; the first that fits counts.
_RULES: Final = (
    ("/_stcore/metrics", Need.NEVER, _READING),
    ("/_stcore/agent", Need.NEVER, _READING),
    ("/_stcore/script-health-check", Need.NEVER, _READING),
    ("/auth", Need.NEVER, _READING),
    ("/oauth2callback", Need.NEVER, _READING),
    ("/_stcore/upload_file", Need.UPLOAD, _FILES),
    ("/account", Need.OPEN, _FORMS),
    ("/healthz", Need.OPEN, _READING),
    ("/_stcore/health", Need.OPEN, _READING),
    ("/metrics", Need.SCRAPE, _READING),
    ("/users", Need.ADMINISTER, _READING),
    ("", Need.VIEW, _READING),
)


def need(method: str, path: str) -> Need:
    """What a request needs.

    Args:
        method: HTTP method; ``WEBSOCKET`` (or ``GET``) for the opening of a websocket.
        path: decoded path without the base path, beginning with ``/``.
    """
    if not path.startswith("/") or _AMBIGUOUS.search(path) or not _plain_segments(path):
        return Need.NEVER
    here = path.removesuffix("/")
    needed, methods = next((rule, allowed) for prefix, rule, allowed in _RULES if _below(here, prefix))
    return needed if method.upper() in methods else Need.NEVER


def _below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(f"{prefix}/")


def _plain_segments(path: str) -> bool:
    """Whether no segment is empty or points elsewhere; one slash at the end is allowed."""
    segments = path.removesuffix("/").split("/")[1:]
    return not any(segment in ("", ".", "..") for segment in segments)
