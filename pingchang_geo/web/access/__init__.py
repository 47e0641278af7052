"""The door of the web server: who asks, what they may, and how answers leave."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from pingchang_geo.settings import Settings
from pingchang_geo.web.access.admission import Rules
from pingchang_geo.web.access.client import Clients
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
    """
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
    """An address that nothing has: Streamlit would show its first page with an English window over it.

    Args:
        addresses: of pages and single files, without the slash before them.
        folders: whatever lies below them is answered elsewhere.
        base: the server's base path.
    """

    def __init__(self, addresses: Iterable[str], folders: Iterable[str], base: str) -> None:
        super().__init__(f"{base}/{{rest:path}}", partial(_nothing_there, base), methods=["GET"])
        self._addresses, self._folders = {"", *addresses}, set(folders)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether this is one."""
        match, found = super().matches(scope)
        rest = found.get("path_params", {}).get("rest", "")
        known = rest in self._addresses or rest.partition("/")[0] in self._folders
        return (Match.NONE, {}) if known else (match, found)


async def _nothing_there(base: str, request: Request) -> Response:
    """Streamlit would answer every other address with its page; here nobody has been asked who they are."""
    return refused(request.scope, 404, base)
