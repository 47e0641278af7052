"""Handlers of ``/account/…``: sign in and out, change the password, accept an invitation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, quote

import anyio
import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from pingchang_geo.access import Actor, SignedIn
from pingchang_geo.access.passwords import SHORTEST
from pingchang_geo.errors import AccessError, LinkError, LockedError, SignInError
from pingchang_geo.settings import Settings
from pingchang_geo.web.access.client import Client
from pingchang_geo.web.access.identity import CookieSource, Source
from pingchang_geo.web.access.limits import LINKS, Rates
from pingchang_geo.web.access.look import CSS, ICON
from pingchang_geo.web.access.origins import own_path
from pingchang_geo.web.access.pages import RULES, Field, Form, form_page, message_page
from pingchang_geo.web.access.session import Cookies, FormTokens, holder, new_holder
from pingchang_geo.workflow.access import Access

T = TypeVar("T")

_NOT_KEPT: Final = {"Cache-Control": "no-store"}
_KEPT: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_MOST_FIELDS: Final = 12
#: Password work at once, beside what CORE bounds itself; tiles must not wait for it.
_THREADS: Final = 4
_NEW: Final = (
    Field("password", "新密码", "new-password", hint=RULES, shortest=SHORTEST),
    Field("again", "再次输入新密码", "new-password", shortest=SHORTEST),
)


class Forms:
    """The account pages under the base path."""

    def __init__(self, chosen: Settings, access: Access, source: Source, base: str, rates: Rates) -> None:
        self._chosen, self._access, self._source = chosen, access, source
        self._base, self._rates = base, rates
        self._here = f"{base}/account"
        self._cookies, self._tokens = Cookies(base), FormTokens()
        self._threads: anyio.CapacityLimiter | None = None
        #: After a sign-out, from the session's public id: the page that signs out elsewhere too, if there is one.
        self.farewell: Callable[[str], Awaitable[Response | None]] | None = None

    def routes(self) -> list[Route]:
        """Routes under the base path; other identity sources add theirs."""
        both = ["GET", "POST"]
        found = [
            Route(f"{self._here}/login", self.login, methods=both),
            Route(f"{self._here}/logout", self.logout, methods=both),
            Route(f"{self._here}/style.css", _style),
            Route(f"{self._here}/icon.svg", _icon),
        ]
        if self._chosen.identity == "accounts":
            found += [
                Route(f"{self._here}/password", self.password, methods=both),
                Route(f"{self._here}/invite/{{token}}", self.invite, methods=both),
            ]
        return found

    async def login(self, request: Request) -> Response:
        """Name and password; or where else to sign in."""
        if request.method != "POST":
            return self._login_offered(request)
        if not self._own_accounts:
            raise HTTPException(405)
        sent = await _sent(request)
        wanted, name = sent.get("next", ""), sent.get("name", "")
        client: Client = request.scope["pingchang.client"]
        try:
            self._check(sent, holder(request.scope), "login")
            self._count(name, client)
            signed_in = await self._worked(self._access.sign_in, name, sent.get("password", ""), client.address)
        except AccessError as error:
            return self._login_page(request, wanted, name, error)
        return await self._entered(request, signed_in, own_path(wanted, self._base))

    async def logout(self, request: Request) -> Response:
        """Ask once, then end the session."""
        actor: Actor | None = request.scope["pingchang.actor"]
        token = request.scope["pingchang.token"]
        if actor is None:
            return RedirectResponse(f"{self._base}/", 303, headers=_NOT_KEPT)
        if self._chosen.identity == "proxy":
            whom = f"{actor.name}（{actor.role.label if actor.role else '无角色'}）"
            return self._message("退出登录", f"当前用户：{whom}。登录由上级门户管理，请在门户退出。")
        if request.method != "POST":
            return self._logout_page(actor, token)
        try:
            self._check(await _sent(request), token, "logout")
        except AccessError as error:
            return self._logout_page(actor, token, error)
        return await self._left(request, token)

    async def password(self, request: Request) -> Response:
        """Change one's own password; every other session of the name ends."""
        actor: Actor | None = request.scope["pingchang.actor"]
        token = request.scope["pingchang.token"]
        if actor is None:
            where = f"{self._here}/login?next={quote(f'{self._here}/password', safe='/')}"
            return RedirectResponse(where, 303, headers=_NOT_KEPT)
        if request.method != "POST":
            return self._password_page(actor, token)
        sent = await _sent(request)
        try:
            self._check(sent, token, "password")
            self._count(actor.name, request.scope["pingchang.client"])
            _require_twice(sent)
            signed_in = await self._worked(
                self._access.change_password, token, sent.get("current", ""), sent.get("password", "")
            )
        except AccessError as error:
            return self._password_page(actor, token, error)
        return await self._entered(request, signed_in, f"{self._base}/")

    async def invite(self, request: Request) -> Response:
        """A one-time link: choose a password."""
        token = request.path_params["token"]
        client: Client = request.scope["pingchang.client"]
        if wait := self._rates.wait_s(LINKS, client.group):
            return self._message("请求过于频繁", f"请在 {wait} 秒后重试。", _AgainError("", 429, wait))
        if request.method != "POST":
            return await self._invite_page(request, token)
        sent = await _sent(request)
        try:
            self._check(sent, holder(request.scope), "invite")
            _require_twice(sent)
            signed_in = await self._worked(self._access.accept, token, sent.get("password", ""))
        except LinkError as error:
            return self._message("链接已失效", str(error), error)
        except AccessError as error:
            return await self._invite_page(request, token, error)
        return await self._entered(request, signed_in, f"{self._base}/")

    def _check(self, sent: dict[str, str], owner: str, purpose: str) -> None:
        """Before anything else: that the form was given to this browser."""
        if not self._tokens.fits(sent.get("form_token", ""), owner, purpose):
            raise _AgainError("页面已过期，请重新提交。", 403)

    def _count(self, name: str, client: Client) -> None:
        if wait := self._rates.sign_in_wait_s(name, client.group):
            raise _AgainError(f"尝试过于频繁，请在 {wait} 秒后重试。", 429, wait)

    @property
    def _own_accounts(self) -> bool:
        return self._chosen.identity == "accounts"

    async def _worked(self, work: Callable[..., T], *arguments: Any) -> T:
        if self._threads is None:
            self._threads = anyio.CapacityLimiter(_THREADS)
        return await anyio.to_thread.run_sync(partial(work, *arguments), limiter=self._threads)

    async def _entered(self, request: Request, signed_in: SignedIn, where: str) -> Response:
        """Give the new session; the one that the browser had before ends, so that none is left lying about."""
        old = request.scope["pingchang.token"]
        if old and old != signed_in.token:
            await self._worked(self._access.sign_out, old)
            self._forget(old)
        response = RedirectResponse(where, 303, headers=_NOT_KEPT)
        self._cookies.set(response, signed_in, request.scope["pingchang.client"])
        return response

    async def _left(self, request: Request, token: str) -> Response:
        await self._worked(self._access.sign_out, token)
        self._forget(token)
        onward = await self.farewell(request.scope["pingchang.actor"].session) if self.farewell else None
        response = onward or RedirectResponse(f"{self._base}/", 303, headers=_NOT_KEPT)
        client: Client = request.scope["pingchang.client"]
        if self._chosen.viewing == "closed" and client.scheme == "https":
            response.headers["Clear-Site-Data"] = '"cache"'  # tiles that this browser may have kept
        self._cookies.clear(response, client)
        return response

    def _forget(self, token: str) -> None:
        if isinstance(self._source, CookieSource):
            self._source.forget(token)

    def _login_offered(self, request: Request) -> Response:
        wanted = request.query_params.get("next", "")
        if request.scope["pingchang.actor"] is not None:
            return RedirectResponse(own_path(wanted, self._base), 303, headers=_NOT_KEPT)
        if self._own_accounts:
            return self._login_page(request, wanted)
        if self._chosen.identity == "proxy":
            return self._message("请从门户进入", "本系统的登录由上级门户管理，请先在门户登录，再打开本系统。")
        start = f"{self._here}/oidc/start?next={quote(own_path(wanted, self._base), safe='/')}"
        page = message_page(self._base, "登录", "本系统使用统一身份认证登录。", button=("前往统一身份认证", start))
        return HTMLResponse(page, headers=_NOT_KEPT)

    def _login_page(self, request: Request, wanted: str, name: str = "", error: AccessError | None = None) -> Response:
        form = Form(
            title="登录",
            action=f"{self._here}/login",
            button="登录",
            fields=(
                Field("name", "用户名", "username", kind="text", value=name[:64]),
                Field("password", "密码", "current-password"),
            ),
            hidden={"next": own_path(wanted, self._base)},
            links=(("不登录，继续查看", f"{self._base}/"),) if self._chosen.viewing == "open" else (),
        )
        return self._tied(request, form, "login", error)

    async def _invite_page(self, request: Request, token: str, error: AccessError | None = None) -> Response:
        invitation = await self._worked(self._access.invitation, token)
        if invitation is None:
            used = LinkError("链接无效：已用过、已过期或已被新的链接取代。", fix="请向管理员索取新的链接。")
            return self._message("链接已失效", str(used), used)
        form = Form(
            title="设置密码",
            action=f"{self._here}/invite/{quote(token, safe='')}",
            button="设置密码并登录",
            facts=(("角色", invitation.role.label),),
            fields=(Field("name", "用户名", "username", kind="text", value=invitation.name, readonly=True), *_NEW),
        )
        return self._tied(request, form, "invite", error)

    def _tied(self, request: Request, form: Form, purpose: str, error: AccessError | None) -> Response:
        """A form that only this browser can send: its token fits the browser's form cookie."""
        marked = holder(request.scope)
        value = marked or new_holder()
        response = self._shown(form, self._tokens.make(value, purpose), error)
        if not marked:
            self._cookies.set_form(response, value, request.scope["pingchang.client"])
        return response

    def _logout_page(self, actor: Actor, token: str, error: AccessError | None = None) -> Response:
        form = Form(
            title="退出登录",
            action=f"{self._here}/logout",
            button="退出登录",
            facts=(("用户名", actor.name), ("角色", actor.role.label if actor.role else "无")),
            links=(("返回", f"{self._base}/"),),
        )
        return self._shown(form, self._tokens.make(token, "logout"), error)

    def _password_page(self, actor: Actor, token: str, error: AccessError | None = None) -> Response:
        form = Form(
            title="修改密码",
            action=f"{self._here}/password",
            button="修改密码",
            intro="修改后，此账户在其他设备上的登录全部失效。",
            fields=(
                Field("name", "用户名", "username", kind="text", value=actor.name, readonly=True),
                Field("current", "当前密码", "current-password"),
                *_NEW,
            ),
            links=(("返回", f"{self._base}/"),),
        )
        return self._shown(form, self._tokens.make(token, "password"), error)

    def _shown(self, form: Form, token: str, error: AccessError | None) -> Response:
        page = form_page(self._base, replace(form, token=token, error=str(error or "")))
        return HTMLResponse(page, _status(error), headers=_sent_with(error))

    def _message(self, title: str, text: str, error: AccessError | None = None) -> Response:
        return HTMLResponse(message_page(self._base, title, text), _status(error), headers=_sent_with(error))


class _AgainError(AccessError):
    """The form is shown once more."""

    def __init__(self, words: str, status: int, wait_s: int = 0) -> None:
        super().__init__(words)
        self.status, self.wait_s = status, wait_s


def _status(error: AccessError | None) -> int:
    """HTTP status that says what the page says."""
    if error is None:
        return 200
    if isinstance(error, _AgainError):
        return error.status
    kinds = ((LockedError, 429), (SignInError, 401), (LinkError, 410))
    return next((status for kind, status in kinds if isinstance(error, kind)), 400)


def _sent_with(error: AccessError | None) -> dict[str, str]:
    wait = error.wait_s if isinstance(error, _AgainError) else 0
    return {**_NOT_KEPT, "Retry-After": str(wait)} if wait else dict(_NOT_KEPT)


def _require_twice(sent: dict[str, str]) -> None:
    if sent.get("password", "") != sent.get("again", ""):
        raise _AgainError("两次输入的新密码不一致。", 400)


async def _sent(request: Request) -> dict[str, str]:
    """Fields of a sent form.

    Raises:
        HTTPException: it is no such form.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(415)
    try:
        text = (await request.body()).decode("utf-8")
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"))
    except ValueError:
        raise HTTPException(400) from None


def _style(_: Request) -> Response:
    return Response(CSS, media_type="text/css", headers=_KEPT)


def _icon(_: Request) -> Response:
    return Response(ICON, media_type="image/svg+xml", headers=_KEPT)
