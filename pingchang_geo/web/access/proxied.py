"""Identities that a listed proxy vouches for in a header of every request, websockets included."""

from __future__ import annotations

import logging
import re
from typing import Final

from starlette.types import Scope

from pingchang_geo import journal
from pingchang_geo.access import Actor
from pingchang_geo.access.names import clean_name
from pingchang_geo.errors import AccessError
from pingchang_geo.settings import Settings
from pingchang_geo.web.access.client import Client
from pingchang_geo.web.access.identity import Remembered, Source
from pingchang_geo.web.access.outside import header_text, outside_role
from pingchang_geo.workflow.access import Access

_BETWEEN_ROLES: Final = re.compile(r"[,;\s]+")


class ProxySource:
    """Reads the identity header, of listed peers only; a value that could be read in two ways is refused."""

    def __init__(self, chosen: Settings, access: Access) -> None:
        self._name_header = chosen.identity_header.lower().encode()
        self._role_header = chosen.role_header.lower().encode()
        self._fix = f"请管理员检查代理设置的请求头 {chosen.identity_header}：只应有一个，值为用户名。"
        self._remembered = Remembered(access.proxied)

    async def __call__(self, scope: Scope) -> Actor | None:
        """The actor that the proxy names; None where it names nobody, or where the peer is no listed proxy.

        Raises:
            AccessError: the header cannot be used.
            ForbiddenError: the account is disabled here.
        """
        client: Client = scope["pingchang.client"]
        if not client.trusted:  # the guard has removed the header already
            return None
        try:
            name = self._one(scope, self._name_header)
            said = self._one(scope, self._role_header) if self._role_header else None
            role = None if said is None else outside_role(_BETWEEN_ROLES.split(said))
            named = clean_name(name) if name else ""
        except AccessError as error:
            journal.event("identity_refused", error.message, level=logging.WARNING, check="identity_header")
            raise AccessError(error.message, fix=self._fix) from None
        return await self._remembered.get(named, role) if named else None

    def _one(self, scope: Scope, header: bytes) -> str | None:
        """The only value of a header, None if it was not sent. A second one may be what a reader has sent along."""
        values = [value for name, value in scope["headers"] if name == header]
        if len(values) > 1:
            raise AccessError("代理送来了多个用户名或角色。")
        return header_text(values[0]) if values else None


def source(chosen: Settings, access: Access) -> Source:
    """The identity source of ``identity = "proxy"``."""
    return ProxySource(chosen, access)


def advice(client: Client, header: str) -> str:
    """What to do when nobody is named and viewing needs an identity; the operator looks at the same page.

    Args:
        client: whose request it was.
        header: the setting ``identity_header``.
    """
    if client.trusted:
        return f"代理没有送来用户名。请先在门户登录；如已登录，请管理员检查代理是否设置了请求头 {header}。"
    return "请求没有经过受信任的代理。请从门户进入本系统；管理员请检查设置 trusted_proxies 是否包含代理的地址。"
