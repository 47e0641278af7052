"""Coming and going: sign-in by password, through a provider or a proxy, sign-out, a new password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Final, NoReturn

from pingchang_geo.access import Actor, Right, Role, SignedIn, Source, User
from pingchang_geo.access.names import clean_name, name_key
from pingchang_geo.access.passwords import require_strong
from pingchang_geo.errors import AccessError, ForbiddenError, LockedError, SignInError
from pingchang_geo.store.records import Records
from pingchang_geo.workflow.access.ground import NOBODY, Ground, existing
from pingchang_geo.workflow.access.lockout import Attempt

#: Where wrong old passwords are counted when a password is changed.
_CHANGING: Final = "修改密码"


class Signing(Ground):
    """Sessions of people who say who they are."""

    def sign_in(self, name: str, password: str, address: str) -> SignedIn:
        """A session for a name and a password; see :mod:`.lockout` for what repeated failures do.

        Raises:
            SignInError: they do not fit, the account is disabled or has no password yet: one wording for all.
            LockedError: too many failures, or too many sign-ins at once.
        """
        self._require_accounts(SignInError)
        with self._attempted(name, address) as attempt:
            user, stored = self._known(name)
            if not self._passwords.matches(stored, password) or user is None or stored is None:
                self._failed(user, attempt, address)
            renewed = self._passwords.hash(password) if self._passwords.outdated(stored) else None
            with self._directory.changing() as records:
                user = records.user(name)
                if user is None or not self._sessions.usable(user) or records.password(name) != stored:
                    self._failed(user, attempt, address)  # disabled or changed a moment ago
                if renewed is not None:
                    records.set_password(name, renewed)
                self._lockout.fitted(records, name, attempt, self._time())
                signed = self._sessions.open(records, user)
                self._log(user.name, "sign_in", {"address": address, "source": Source.ACCOUNTS.value})
        return signed

    def sign_in_as(self, name: str, *, source: str, role: Role | None) -> SignedIn:
        """A session for somebody the identity provider vouches for; an account is made at first sight.

        Args:
            name: as the provider calls them.
            source: ``oidc``.
            role: from the provider; None: the one that is registered here, else viewer.

        Raises:
            SignInError: the source is not the one in force, or the account is disabled here.
            AccessError: a name that cannot be used.
        """
        if source != self._source or source == Source.ACCOUNTS:
            raise SignInError("本系统没有启用这种登录方式。", fix="请联系管理员。")
        with self._directory.changing() as records:
            user = self._vouched_for(records, name, role, SignInError)
            signed = self._sessions.open(records, user)
            self._log(user.name, "sign_in", {"source": source})
        return signed

    def proxied(self, name: str, role: Role | None) -> Actor:
        """Somebody a trusted proxy vouches for with every request: one session each, renewed by use.

        Raises:
            ForbiddenError: the account is disabled here, or identities do not come from a proxy.
            AccessError: a name that cannot be used.
        """
        if self._source != Source.PROXY:
            raise ForbiddenError("本系统没有启用代理登录。", fix="请联系管理员。")
        known = self._sessions.vouched(name)
        if known is not None and self._due(known[0], role) is known[0].role:
            return known[1]
        with self._directory.changing() as records:
            user = self._vouched_for(records, name, role, ForbiddenError)
            before = {session.id for session in records.sessions_of(user.name)}
            actor = self._sessions.renewed(records, user)
            if actor.session not in before:
                self._log(user.name, "sign_in", {"source": Source.PROXY.value})
        return actor

    def sign_out(self, token: str) -> None:
        """End a session; nothing happens for a token that is none."""
        actor = self.who(token)
        if actor is not None:
            with self._directory.changing() as records:
                records.end_session(actor.session)
                self._log(actor.name, "sign_out", {})

    def revoke_all(self, name: str, by: Actor) -> int:
        """End every session of a user and void their links, one's own or, for admins, anybody's; how many ended."""
        actor = self._self_or_admin(name, by)
        with self._directory.changing() as records:
            user = existing(records, name)
            ended = records.end_sessions(name)
            records.drop_links(name)
            self._log(actor.name, "revoke", {"name": user.name, "sessions": ended})
        return ended

    def change_password(self, token: str, old: str, new: str) -> SignedIn:
        """A new password, and a new session; all others end and links are void.

        Raises:
            SignInError: nobody is signed in, or the old password is wrong.
            LockedError: too many wrong ones.
            AccessError: the new password will not do.
        """
        self._require_accounts(AccessError)
        actor = self.who(token)
        if actor is None:
            raise SignInError("登录已失效。", fix="请重新登录后再修改密码。")
        require_strong(new, actor.name)
        with self._attempted(actor.name, _CHANGING) as attempt:
            _, stored = self._known(actor.name)
            if not self._passwords.matches(stored, old) or stored is None:
                self._log(actor.name, "sign_in_failed", {"address": _CHANGING, "name": actor.name})
                raise SignInError("原密码不正确。", fix="请检查后重试；忘记密码请联系管理员。")
            if self._passwords.matches(stored, new):
                self._withdraw(attempt)
                raise AccessError("新密码与原密码相同。", fix="请换一个密码。")
            hashed = self._passwords.hash(new)
            with self._directory.changing() as records:
                if records.session(actor.session) is None or records.password(actor.name) != stored:
                    raise SignInError("登录已失效。", fix="请重新登录后再修改密码。")
                self._lockout.withdraw(records, attempt)
                signed = self._with_password(records, existing(records, actor.name), hashed)
                self._log(actor.name, "password", {})
        return signed

    def _known(self, name: str) -> tuple[User | None, str | None]:
        """An account and its hash; no hash where nobody could sign in."""
        with self._directory.reading() as records:
            user, stored = records.user(name), records.password(name)
        return user, stored if user is not None and self._sessions.usable(user) else None

    @contextmanager
    def _attempted(self, name: str, address: str) -> Iterator[Attempt]:
        """Count an attempt first; an attempt that was turned away for want of room is not counted."""
        with self._directory.changing() as records:
            attempt = self._lockout.begin(records, name, address, self._time())
        if attempt.until:
            raise LockedError(
                f"密码错误次数过多，已锁定至 {datetime.fromtimestamp(attempt.until):%H:%M}。",
                fix="请届时再试，或请管理员重设密码。",
            )
        try:
            yield attempt
        except LockedError:
            self._withdraw(attempt)
            raise

    def _withdraw(self, attempt: Attempt) -> None:
        with self._directory.changing() as records:
            self._lockout.withdraw(records, attempt)

    def _failed(self, user: User | None, attempt: Attempt, address: str) -> NoReturn:
        """Log and refuse. A name nobody has is not logged: it may be a password typed into the wrong field."""
        detail = {"address": address, **({"name": user.name} if user is not None else {})}
        self._log(NOBODY, "locked" if attempt.last else "sign_in_failed", detail)
        raise SignInError("用户名或密码不正确。", fix="请检查后重试；忘记密码或账户停用请联系管理员。")

    def _vouched_for(self, records: Records, name: str, role: Role | None, refusal: type[AccessError]) -> User:
        """The account of a name from outside, made or brought up to date."""
        source = self._source
        user = records.user(name)
        if user is not None and user.disabled:
            raise refusal(f"账户「{user.name}」已停用。", fix="请联系管理员。")
        if user is None or user.source != source:  # an account of another source gives nothing of its role
            user = self._settle(records, User(clean_name(name), role or Role.VIEWER, source))
        elif (wanted := self._due(user, role)) is not user.role:
            self._log(source, "role", {"name": user.name, "role": wanted.value, "before": user.role.value})
            user = replace(user, role=wanted)
            records.put_user(user, self._time())
        return user

    def _due(self, user: User, given: Role | None) -> Role:
        """The role of somebody from outside whose provider gives this one, or none."""
        kept = (user.registered or Role.VIEWER) if self._roles_outside else user.role
        return given or kept

    def _self_or_admin(self, name: str, by: Actor) -> Actor:
        fresh = self._sessions.read(by.session, touch=False)
        return fresh if fresh and name_key(fresh.name) == name_key(name) else self.require(by, Right.ADMINISTER)
