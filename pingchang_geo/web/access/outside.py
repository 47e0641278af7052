"""Names and roles as identity providers and proxies write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote_to_bytes

from pingchang_geo.access import Role
from pingchang_geo.errors import AccessError

#: Longest header value: 64 Chinese characters percent-encoded take 576 bytes.
_LONGEST: Final = 1024
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_BROKEN_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_ORDER: Final = (Role.ADMIN, Role.ANALYST, Role.VIEWER)


def outside_role(words: Iterable[str]) -> Role:
    """The highest of our roles among words: ``viewer``, ``analyst``, ``admin`` or their Chinese names.

    Where roles come from outside, somebody without one of ours is a viewer: taking the word away takes the role away.
    """
    said = {word.strip().casefold() for word in words}
    return next((role for role in _ORDER if {role.value, role.label} & said), Role.VIEWER)


def header_text(value: bytes) -> str:
    """A header value as text: ASCII, UTF-8 as bytes, or UTF-8 percent-encoded. Empty where there is nothing in it.

    HTTP once meant ISO-8859-1 by other bytes; no user name of ours can be told from such bytes, so what is no UTF-8
    is refused rather than guessed.

    Raises:
        AccessError: over-long, with control characters, a broken escape, or no UTF-8.
    """
    if len(value) > _LONGEST:
        raise AccessError("代理送来的用户名过长。")
    if _CONTROL.search(value) or _BROKEN_ESCAPE.search(value):
        raise AccessError("代理送来的用户名含有不能使用的字符。")
    try:
        text = unquote_to_bytes(value).decode("utf-8").strip(" \t")
    except UnicodeDecodeError:
        raise AccessError("代理送来的用户名不是 UTF-8 编码。") from None
    if not text.isprintable():
        raise AccessError("代理送来的用户名含有不能使用的字符。")
    return text
