"""The door of the web server: who asks, what they may, and how answers leave."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import uvicorn
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from pingchang_geo.errors import SettingsError
from pingchang_geo.settings import Settings
from pingchang_geo.web.access.admission import Rules
from pingchang_geo.web.access.client import LOOPBACKS, Clients
from pingchang_geo.web.access.forms import Forms
from pingchang_geo.web.access.guard import Guard
from pingchang_geo.web.access.hygiene import Hygiene, inline_scripts
from pingchang_geo.web.access.identity import chosen_source
from pingchang_geo.web.access.limits import Room
from pingchang_geo.web.access.refusals import refused
from pingchang_geo.workflow.access import PERMITS, Access

__all__ = ["Protection", "Unknown", "protect"]


@dataclass(frozen=True)
class Protection:
    """What an app needs: the middleware, outermost, and the account pages."""

    middleware: list[Middleware]
    routes: list[Route]


def protect(
    chosen: Settings, access: Access, base: str, pages: Iterable[str], *, held: Callable[[], int] = lambda: 0
) -> Protection:
    """The guard and its pages for an app under ``base`` (``""`` or ``"/name"``).

    Args:
        chosen: viewing, identity source, proxies, public address.
        access: sessions and accounts.
        base: the server's base path.
        pages: HTML that is sent with scripts in it; no other inline script runs.
        held: bytes of uploaded files that are in memory now.

    Raises:
        SettingsError: proxies are listed for uvicorn, which reads no forwarding headers here.
    """
    _refuse_other_proxies()
    source = chosen_source(chosen, access)
    clients = Clients(chosen.trusted_proxies, chosen.public_url)
    room = Room(chosen.max_upload_mb << 20, held)
    rules = Rules(chosen, base, source, access.may_view, PERMITS, clients, room)
    hygiene = Hygiene([script for page in pages for script in inline_scripts(page)], closed=chosen.viewing == "closed")
    forms = Forms(chosen, access, source, base, rules.rates)
    routes = forms.routes()
    if chosen.identity == "oidc":
        from pingchang_geo.web.access import oidc  # noqa: PLC0415  only where it is used

        federation = oidc.Federation(chosen, access, base, source)
        forms.farewell = federation.farewell
        routes += federation.routes()
    routes.append(Route(f"{base}/account/{{rest:path}}", partial(_nothing_there, base), methods=["GET", "POST"]))
    return Protection([Middleware(Guard, rules=rules, hygiene=hygiene)], routes)


class Unknown(Route):
    """An address that no page has: Streamlit would show its first page with an English window over it."""

    def __init__(self, addresses: Iterable[str], base: str) -> None:
        super().__init__(f"{base}/{{name}}", partial(_nothing_there, base), methods=["GET"])
        self._known = frozenset(addresses)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether this is one; what has a dot in it is a file of Streamlit's."""
        match, found = super().matches(scope)
        name = found.get("path_params", {}).get("name", "")
        return (Match.NONE, {}) if name in self._known or "." in name else (match, found)


async def _nothing_there(base: str, request: Request) -> Response:
    """Streamlit would answer every other address with its page; here nobody has been asked who they are."""
    return refused(request.scope, 404, base)


def _refuse_other_proxies() -> None:
    """Tell an operator who has listed proxies for uvicorn (``FORWARDED_ALLOW_IPS``) that nobody reads it here.

    Raises:
        SettingsError: somebody but this machine is listed, which is what uvicorn takes by itself.
    """
    believed = uvicorn.Config("app", log_config=None).forwarded_allow_ips
    listed = believed.split(",") if isinstance(believed, str) else believed
    if not {entry.strip() for entry in listed} <= {*LOOPBACKS, ""}:
        raise SettingsError(
            "环境变量 FORWARDED_ALLOW_IPS 与本系统的代理设置冲突。", fix="请去掉它，改用设置 trusted_proxies。"
        )
