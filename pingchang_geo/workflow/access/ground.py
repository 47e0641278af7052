"""What every part of :class:`.service.Access` stands on: the files, the clock, who somebody is and whether they may."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from pingchang_geo.access import Actor, Right, Role, SignedIn, Source, User
from pingchang_geo.access.passwords import Passwords
from pingchang_geo.access.roles import least_role
from pingchang_geo.access.tokens import is_token, public_id
from pingchang_geo.errors import AccessError, ForbiddenError
from pingchang_geo.settings import Settings
from pingchang_geo.store.directory import Directory
from pingchang_geo.store.records import Records
from pingchang_geo.workflow.access.lockout import Lockout
from pingchang_geo.workflow.access.sessions import Sessions

#: Writes a line of the audit log: actor, action, detail.
Log = Callable[[str, str, dict[str, Any]], None]
#: Asked by what changes something, before it does: the actor as of now, or :class:`ForbiddenError`.
Require = Callable[[Actor, Right], Actor]

#: Who the log names where nobody has been identified.
NOBODY: Final = "匿名"
_SIGN_IN: Final = "请在页面右上角登录后再试。"


def command_only(actor: Actor, right: Right) -> Actor:
    """Lets the command line pass and nobody else: what holds where nobody said whom to ask.

    Raises:
        ForbiddenError: the actor comes from a page.
    """
    if actor.source != Source.COMMAND:
        raise ForbiddenError(f"没有{right.label}的权限。", fix=_SIGN_IN)
    return actor


class Ground:
    """Who somebody is, and whether they may.

    Args:
        directory: the accounts file.
        log: appends to the audit log.
        chosen: identity source, limits and times.
        now: seconds since 1970.
        passwords: how passwords are hashed.
    """

    def __init__(
        self,
        directory: Directory,
        log: Log,
        chosen: Settings,
        now: Callable[[], float] = time.time,
        passwords: Passwords | None = None,
    ) -> None:
        self._directory = directory
        self._log = log
        self._now = now
        self._open_viewing = chosen.viewing == "open"
        self._source: str = chosen.identity
        self._roles_outside = chosen.roles_outside
        self._passwords = passwords or Passwords()
        self._sessions = Sessions(directory, chosen, self._time)
        self._lockout = Lockout(chosen.lockout_failures, chosen.lockout_minutes * 60)

    def who(self, token: str) -> Actor | None:
        """Who a cookie belongs to; None when it is forged, over, revoked, or its user disabled. Counts as use."""
        return self._sessions.read(public_id(token), touch=True) if is_token(token) else None

    def current(self, session: str) -> Actor | None:
        """Who a session's public id belongs to, fresh from disk. Counts as use: pages ask with every run."""
        return self._sessions.read(session, touch=True)

    def require(self, actor: Actor, right: Right) -> Actor:
        """The actor as of now, if they may; asked inside every function that changes something.

        Raises:
            ForbiddenError: the session is over, or its role does not cover the right; the refusal is logged.
        """
        if actor.source == Source.COMMAND:
            return actor
        fresh = self._sessions.read(actor.session, touch=False)
        if fresh is not None and fresh.name == actor.name and fresh.may(right):
            return fresh
        self._log(actor.name or NOBODY, "forbidden", {"right": right.value})
        if fresh is None:
            words = "登录已失效。" if actor.session else f"{right.label}需要先登录。"
            raise ForbiddenError(words, fix=_SIGN_IN)
        raise ForbiddenError(
            f"没有{right.label}的权限，需要{least_role(right).label}角色。",
            fix="请联系管理员，或换用有此权限的账户登录。",
        )

    def may_view(self, actor: Actor | None) -> bool:
        """Whether pages and data may be seen: viewing is open, or the role covers it."""
        return self._open_viewing or (actor is not None and actor.may(Right.VIEW))

    def _time(self) -> int:
        return int(self._now())

    def _require_accounts(self, kind: type[AccessError]) -> None:
        if self._source != Source.ACCOUNTS:
            raise kind("本系统使用统一身份认证，不在此保存密码。", fix="请从统一身份认证登录；密码在那里修改。")

    def _with_password(self, records: Records, user: User, hashed: str) -> SignedIn:
        """Set a password: other sessions end, links are void, one new session."""
        records.set_password(user.name, hashed)
        records.end_sessions(user.name)
        records.drop_links(user.name)
        return self._sessions.open(records, replace(user, pending=False))

    def _admins_among(self, users: tuple[User, ...]) -> bool:
        """Whether anybody could sign in as an admin."""
        return any(self._sessions.usable(user) and self._sessions.role(user) is Role.ADMIN for user in users)

    def _settle(self, records: Records, user: User) -> User:
        """Make an account, or take one over from another identity source: with none of its passwords and sessions."""
        records.put_user(user, self._time())
        records.set_password(user.name, None)
        records.end_sessions(user.name)
        records.drop_links(user.name)
        return existing(records, user.name)


def existing(records: Records, name: str) -> User:
    """The account of a name.

    Raises:
        AccessError: there is none.
    """
    user = records.user(name)
    if user is None:
        raise AccessError(f"没有用户「{name[:64]}」。", fix="请检查用户名。")
    return user
