"""What is asked of a request before it reaches a page, a route or Streamlit."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from pingchang_geo.access import Actor, Need, Right, need
from pingchang_geo.settings import Settings
from pingchang_geo.web.access.client import Client, Clients
from pingchang_geo.web.access.frames import FRAMES
from pingchang_geo.web.access.hygiene import wants_page
from pingchang_geo.web.access.identity import Source
from pingchang_geo.web.access.limits import (
    CONNECTIONS,
    MULTIPART_EXTRA,
    SMALL_BODY,
    UPLOADS,
    Rates,
    Room,
    Sockets,
    declared,
)
from pingchang_geo.web.access.origins import from_here
from pingchang_geo.web.access.proxied import advice
from pingchang_geo.web.access.refusals import refused
from pingchang_geo.web.operations.audience import local

#: What no address of ours has to encode, in any case; a second reader could take it for something else.
_ENCODED: Final = re.compile(rb"%(?:2e|2f|5c|25|[01][0-9a-f]|7f)", re.IGNORECASE)
_CHANGING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_UPLOAD: Final = re.compile(r"/_stcore/upload_file/(?P<session>[^/]+)/(?P<file>[^/]+)")
_HEALTH: Final = frozenset({"/healthz", "/_stcore/health", "/metrics"})


class Permits(Protocol):
    """Who may upload how much (``workflow.access.permits``)."""

    def allowed(self, streamlit_session: str, actor_session: str) -> int | None:
        """Most bytes for one file, None for no permit."""


@dataclass
class Rules:
    """What the guard knows and decides by.

    Attributes:
        base: the server's base path, ``""`` or ``"/name"``.
        source: where an identity comes from.
        may_view: whether somebody, or nobody, may look.
        room: memory for uploads.
    """

    chosen: Settings
    base: str
    source: Source
    may_view: Callable[[Actor | None], bool]
    permits: Permits
    clients: Clients
    room: Room
    rates: Rates = field(default_factory=Rates)
    sockets: Sockets = field(default_factory=Sockets)

    def own(self, scope: Scope) -> str | None:
        """Path below the base path; None outside of it, or where it can be read in two ways."""
        path = str(scope["path"])
        if _ENCODED.search(scope.get("raw_path") or b"") or not f"{path}/".startswith(f"{self.base}/"):
            return None
        return path[len(self.base) :] or "/"

    def before(self, scope: Scope, client: Client, path: str | None) -> Response | None:
        """What needs no identity to be refused."""
        method = scope.get("method", "WEBSOCKET")
        if path is None or need(method, path) is Need.NEVER:
            return refused(scope, 404, self.base)
        if path.startswith(FRAMES) and dict(scope["headers"]).get(b"sec-fetch-dest") == b"document":
            return refused(scope, 404, self.base)  # a frame is no window; over plain HTTP browsers do not say so
        if not client.host:
            return refused(scope, 400, self.base)
        if path not in _HEALTH and self.clients.foreign_name(client):
            return refused(scope, 421, self.base, fix=f"请使用 {self.chosen.public_url} 访问。")
        if (method in _CHANGING or method == "WEBSOCKET") and not self._from_here(scope, client):
            return refused(scope, 403, self.base, fix="请求来自其他网站，请从本系统的页面操作。")
        return None

    def _from_here(self, scope: Scope, client: Client) -> bool:
        found = dict(scope["headers"])
        return from_here(found.get(b"origin"), found.get(b"sec-fetch-site"), client, self.clients.public_origin)

    def scraper(self, scope: Scope, actor: Actor | None) -> bool:
        """Whether somebody may read the full state of the server: an admin, the machine itself, or by the token."""
        if (actor is not None and actor.may(Right.ADMINISTER)) or local(scope):
            return True
        token = self.chosen.metrics_token
        said = dict(scope["headers"]).get(b"authorization", b"")
        return bool(token) and hmac.compare_digest(said, f"Bearer {token}".encode())

    def admitted(self, scope: Scope, actor: Actor | None, path: str) -> Response | None:
        """Whether the identity has what the address needs; a refusal if not."""
        wanted = need(scope.get("method", "WEBSOCKET"), path)
        if wanted is Need.OPEN or (wanted is Need.SCRAPE and scope["pingchang.scraper"]):
            return None
        if wanted is Need.VIEW and self.may_view(actor):
            return None
        if wanted is Need.ADMINISTER and actor is not None and actor.may(Right.ADMINISTER):
            return None
        if wanted is Need.UPLOAD and self.may_view(actor):
            return None  # how much, if anything, says body_limit
        return self._unknown(scope, path) if actor is None else refused(scope, 403, self.base)

    def _unknown(self, scope: Scope, path: str) -> Response:
        """Nobody is signed in: a person is sent to sign in, a script is told."""
        if self.chosen.identity == "proxy":
            return refused(scope, 401, self.base, fix=advice(scope["pingchang.client"], self.chosen.identity_header))
        if scope["type"] != "http" or not wants_page(scope):
            return refused(scope, 401, self.base)
        query = scope["query_string"].decode("latin-1")
        back = quote(self.base + path, safe="/") + (f"?{query}" if query else "")
        where = f"{self.base}/account/login?next={quote(back, safe='/')}"
        return RedirectResponse(where, 303, headers={"Cache-Control": "no-store"})

    def body_limit(self, scope: Scope, actor: Actor | None, path: str) -> int | Response:
        """Most bytes that the body may have; a refusal where nothing may be sent or too much is announced."""
        most = SMALL_BODY
        if (found := _UPLOAD.fullmatch(path)) and scope["method"] in _CHANGING:
            allowed = self.permits.allowed(found["session"], actor.session if actor else "")
            if allowed is None:
                return refused(scope, 403, self.base, fix="这个页面目前不接受上传，请刷新页面；更新数据需要登录。")
            client: Client = scope["pingchang.client"]
            if wait := self.rates.wait_s(UPLOADS, client.group):
                return self.too_often(scope, wait)
            most = allowed + MULTIPART_EXTRA
        size = declared(scope)
        if (size or 0) > most:
            return refused(scope, 413, self.base, headers={"Connection": "close"})
        if found and scope["method"] != "DELETE":
            coming = most if size is None else size
            if not self.room.take(coming, known=actor is not None):
                fix = "正在上传的文件过多，请稍后再试。"
                return refused(scope, 503, self.base, fix=fix, headers={"Connection": "close", "Retry-After": "120"})
            scope["pingchang.coming"] = coming
        return most

    def too_often(self, scope: Scope, wait_s: int) -> Response:
        """429 with the time to wait."""
        fix = f"请在 {wait_s} 秒后重试。"
        return refused(scope, 429, self.base, fix=fix, headers={"Retry-After": str(wait_s)})

    def connects_too_often(self, client: Client) -> bool:
        """Count a websocket; whether it is one too many."""
        return self.rates.wait_s(CONNECTIONS, client.group) > 0
