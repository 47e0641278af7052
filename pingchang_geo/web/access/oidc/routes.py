"""``/account/oidc/…``: to the identity provider and back, and out of it again."""

from __future__ import annotations

import logging
from collections import OrderedDict
from functools import partial
from typing import Final
from urllib.parse import quote, urlsplit

import anyio.to_thread
from limits import parse
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from pingchang_geo import journal
from pingchang_geo.access import SignedIn, Source
from pingchang_geo.errors import AccessError, PingchangError, SignInError
from pingchang_geo.settings import Settings
from pingchang_geo.web.access.client import Client, without_port
from pingchang_geo.web.access.identity import CookieSource
from pingchang_geo.web.access.identity import Source as IdentitySource
from pingchang_geo.web.access.limits import Rate, Rates
from pingchang_geo.web.access.oidc.claims import person, role
from pingchang_geo.web.access.oidc.errors import FederationError, RefusedError
from pingchang_geo.web.access.oidc.pending import SignIns
from pingchang_geo.web.access.oidc.provider import Provider, Vouched
from pingchang_geo.web.access.origins import own_path
from pingchang_geo.web.access.pages import message_page
from pingchang_geo.web.access.session import Cookies, holder, new_holder
from pingchang_geo.workflow.access import Access

#: An office shares one address behind NAT; each sign-in takes two requests.
_REQUESTS: Final = Rate("oidc", parse("120/minute"))
_HEADERS: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_LONGEST_CODE: Final = 4096
#: Identity tokens kept to sign out at the provider with, in memory only.
_MOST_HINTS: Final = 2048


class Federation:
    """Sign-in through the provider that the settings name.

    Args:
        chosen: the provider, our public address, which claims hold name and role.
        access: opens the sessions.
        base: the server's base path, ``""`` or ``"/name"``.
        source: what answers for sessions, from memory for a moment.
    """

    def __init__(
        self,
        chosen: Settings,
        access: Access,
        base: str,
        source: IdentitySource,
        *,
        provider: Provider | None = None,
        begun: SignIns | None = None,
    ) -> None:
        self._chosen, self._access, self._base, self._source = chosen, access, base, source
        self._provider, self._begun = provider or Provider(chosen), begun or SignIns()
        self._cookies, self._rates = Cookies(base), Rates()
        self._back = f"{chosen.public_url}/account/oidc/callback"
        public = urlsplit(chosen.public_url)
        self._host = without_port(public.netloc.lower(), public.scheme)
        self._hints: OrderedDict[str, str] = OrderedDict()

    def routes(self) -> list[Route]:
        """The way to the provider, and the way back."""
        here = f"{self._base}/account/oidc"
        return [Route(f"{here}/start", self.start), Route(f"{here}/callback", self.callback)]

    async def start(self, request: Request) -> Response:
        """Send the browser to the provider."""
        client: Client = request.scope["pingchang.client"]
        where = own_path(request.query_params.get("next", ""), self._base)
        if request.scope["pingchang.actor"] is not None:
            return RedirectResponse(where, 303, headers=_HEADERS)
        if client.host != self._host and "moved" not in request.query_params:
            # the provider leads back to the public address, where this browser's cookie would be missing
            there = f"{self._chosen.public_url}/account/oidc/start?moved=1&next={quote(where, safe='/')}"
            return RedirectResponse(there, 303, headers=_HEADERS)
        if wait := self._rates.wait_s(_REQUESTS, client.group):
            return self._too_often(wait)
        marked = holder(request.scope)
        value = marked or new_holder()
        begun = self._begun.begin(value, client.group, where)
        try:
            address = await self._provider.authorization_address(begun, self._back)
        except FederationError as error:
            return self._failed(error, where)
        response = RedirectResponse(address, 302, headers=_HEADERS)
        if not marked:
            self._cookies.set_form(response, value, client)
        return response

    async def callback(self, request: Request) -> Response:
        """What the provider says: redeem the code, check everything, open the session."""
        client: Client = request.scope["pingchang.client"]
        if wait := self._rates.wait_s(_REQUESTS, client.group):
            return self._too_often(wait)
        where = f"{self._base}/"
        try:
            begun = self._begun.take(_one(request, "state"), holder(request.scope))
            where = begun.where
            code = await self._code(request)
            vouched = await self._provider.vouched(code, begun, self._back)
            signed_in = await self._opened(vouched)
        except AccessError as error:
            return self._failed(error, where)
        await self._end_old(request, signed_in)
        self._keep_hint(signed_in.actor.session, vouched.id_token)
        response = RedirectResponse(where, 303, headers=_HEADERS)
        self._cookies.set(response, signed_in, client)
        return response

    async def farewell(self, session: str) -> Response | None:
        """After a sign-out here: a page that leads on to the provider's, so that the next reader has to sign in.

        A page and not a redirect: a form's answer may not lead to another site (``form-action``).

        Args:
            session: public id of the session that has ended.
        """
        address = await self._provider.end_session_address(self._hints.pop(session, ""), f"{self._chosen.public_url}/")
        if address is None:
            return None
        page = message_page(self._base, "已退出本系统", "正在退出统一身份认证。", button=("继续", address))
        return HTMLResponse(page, headers={**_HEADERS, "Refresh": f"0;url={address}"})

    async def _code(self, request: Request) -> str:
        """The code of the provider's answer, if the answer is this provider's and no refusal.

        Raises:
            FederationError: see the checks.
        """
        there = await self._provider.endpoints()
        said = request.query_params.getlist("iss")
        if (said or there.names_issuer) and said != [there.issuer]:  # RFC 9207: another provider's answer
            raise RefusedError("mix_up")
        if request.query_params.get("error") == "access_denied":
            raise FederationError("denied", "登录已取消，或此账户不能使用本系统。", fix="请重新登录，或联系管理员。")
        if "error" in request.query_params:
            raise FederationError("error", "统一身份认证没有完成登录。")
        return _one(request, "code")

    async def _opened(self, vouched: Vouched) -> SignedIn:
        chosen = self._chosen
        name, given = person(vouched.claims, chosen.oidc_name_claim), role(vouched.claims, chosen.oidc_role_claim)
        return await anyio.to_thread.run_sync(
            partial(self._access.sign_in_as, name, source=Source.OIDC.value, role=given)
        )

    async def _end_old(self, request: Request, signed_in: SignedIn) -> None:
        old = request.scope["pingchang.token"]
        if old and old != signed_in.token:
            await anyio.to_thread.run_sync(self._access.sign_out, old)
            if isinstance(self._source, CookieSource):
                self._source.forget(old)

    def _keep_hint(self, session: str, id_token: str) -> None:
        self._hints[session] = id_token
        while len(self._hints) > _MOST_HINTS:
            self._hints.popitem(last=False)

    def _failed(self, error: PingchangError, where: str) -> Response:
        """A page with the way to try again; which check failed stands in the log only."""
        check = error.check if isinstance(error, FederationError) else "account"
        journal.event("oidc_failed", error.message, level=logging.WARNING, check=check)
        status = error.status if isinstance(error, FederationError) else 403 if isinstance(error, SignInError) else 400
        again = f"{self._base}/account/oidc/start?next={quote(where, safe='/')}"
        page = message_page(self._base, "未能登录", str(error), button=("重新登录", again))
        return HTMLResponse(page, status, headers=_HEADERS)

    def _too_often(self, wait_s: int) -> Response:
        page = message_page(self._base, "请求过于频繁", f"请在 {wait_s} 秒后重试。")
        return HTMLResponse(page, 429, headers={**_HEADERS, "Retry-After": str(wait_s)})


def _one(request: Request, name: str) -> str:
    """The only value of a query parameter.

    Raises:
        FederationError: none, several, or an over-long one.
    """
    values = request.query_params.getlist(name)
    if len(values) != 1 or not 0 < len(values[0]) <= _LONGEST_CODE:
        raise FederationError(name, "登录没有完成：答复不完整。")
    return values[0]
