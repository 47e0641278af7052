"""Frames of components: pages that run what they are told, and are told by the page around them only.

The folium component evaluates scripts that come in messages, and asks neither who sends them nor whether it stands in
a frame at all: any page of the web could open it as a window and speak as its reader (``COOP`` is for HTTPS only).
"""

from __future__ import annotations

import gzip
import re
from typing import Final

from starlette.types import Message, Send

from pingchang_geo.errors import AssetMissingError

FRAMES: Final = "/component/"
#: Without "&" and "<", so that it may stand in any kind of page.
_PARENT_ONLY: Final = (
    b'<script>(function(w,p){w.addEventListener("message",function(e){'
    b"if(p===w||e.source!==p||e.origin!==w.location.origin)e.stopImmediatePropagation()"
    b"},true)})(window,parent)</script>"
)
_HEAD: Final = re.compile(rb"<head(?:\s[^>]*)?>", re.IGNORECASE)
_REPLACED: Final = frozenset({b"content-length", b"content-encoding", b"etag"})


def shielded(html: bytes) -> bytes:
    """A page with our script before every other one: it lets messages of the parent, of our origin, through.

    Raises:
        AssetMissingError: the page has no head, or runs something before it.
    """
    head = _HEAD.search(html)
    if head is None or b"<script" in html[: head.start()].lower():
        raise AssetMissingError(
            "组件的页面没有 <head>，无法限制它接受的消息，地图因此不显示。",
            fix="请重新安装；升级后出现时请退回原版本。",
        )
    return html[: head.end()] + _PARENT_ONLY + html[head.end() :]


def shielding(send: Send) -> Send:
    """``send`` that shields every page; whatever is no page passes as it is."""
    held: list[Message] = []
    parts: list[bytes] = []

    async def through(message: Message) -> None:
        if message["type"] == "http.response.start" and b"html" in _header(message, b"content-type"):
            held.append(message)
            return
        if not held or message["type"] != "http.response.body":
            await send(message)
            return
        parts.append(message.get("body", b""))
        if message.get("more_body", False):
            return
        body = b"".join(parts)
        body = shielded(gzip.decompress(body) if _header(held[0], b"content-encoding") == b"gzip" else body)
        kept = [item for item in held[0]["headers"] if item[0].lower() not in _REPLACED]
        await send({**held[0], "headers": [*kept, (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})

    return through


def _header(start: Message, wanted: bytes) -> bytes:
    value: bytes = next((value for name, value in start.get("headers", []) if name.lower() == wanted), b"")
    return value.lower()
