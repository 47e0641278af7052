"""Accounts and one-time links: who is let in at all, and as what."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NoReturn

from pingchang_geo.access import Actor, Invitation, Right, Role, SignedIn, Source, User
from pingchang_geo.access.model import iso
from pingchang_geo.access.names import clean_name, name_key
from pingchang_geo.access.passwords import require_strong
from pingchang_geo.access.tokens import is_token, new_token, public_id
from pingchang_geo.errors import AccessError, LinkError
from pingchang_geo.store.records import Link, Records
from pingchang_geo.workflow.access.ground import Ground, existing

LINK_HOURS: Final = 72
#: Name of the account that the first link makes.
_FIRST: Final = "admin"
#: Who the log names where the program itself acts.
_SYSTEM: Final = "系统"


class Administration(Ground):
    """Links, accounts, roles. There is always an admin left who could sign in."""

    def invite(self, name: str, role: Role | None, by: Actor) -> str:
        """The token of a link by which somebody chooses a password, for three days; earlier ones are void.

        Makes the account if there is none. For one that exists ``role`` is None or the role it has: a link resets a
        password and nothing else.

        Raises:
            ForbiddenError: ``by`` may not. AccessError: the name will not do, a new account without a role, another
                role than the account has, a disabled account, or accounts are kept elsewhere.
        """
        self._require_accounts(AccessError)
        actor = self.require(by, Right.ADMINISTER)
        with self._directory.changing() as records:
            user = records.user(name)
            if user is None or user.source != Source.ACCOUNTS:
                if role is None:
                    raise AccessError(f"没有用户「{name[:64]}」。", fix="请检查用户名，或选择角色以新增用户。")
                user = self._settle(records, User(clean_name(name), role))
            elif role not in (None, user.role):
                raise AccessError(f"「{user.name}」已是{user.role.label}。", fix="变更角色请用「变更角色」。")
            if user.disabled:
                raise AccessError(f"「{user.name}」已停用。", fix="请先启用该用户。")
            token = self._link(records, user.name, first=False)
            self._log(actor.name, "invite", {"name": user.name, "role": user.role.value})
        return token

    def first_link(self) -> str | None:
        """The token of a link that makes the first admin, while nobody could sign in as one; earlier ones are void."""
        if self._source != Source.ACCOUNTS:
            return None
        with self._directory.changing() as records:
            users = records.users()
            if self._admins_among(users):
                return None
            taken = {name_key(user.name) for user in users}
            names = [_FIRST, *(f"{_FIRST}{number}" for number in range(2, len(taken) + 3))]
            name = next(name for name in names if name not in taken)
            records.drop_first_links()
            token = self._link(records, name, first=True)
            self._log(_SYSTEM, "invite", {"name": name, "role": Role.ADMIN.value})
        return token

    def invitation(self, token: str) -> Invitation | None:
        """What a link is good for; None when it was used, has expired or never existed."""
        if not is_token(token) or self._source != Source.ACCOUNTS:
            return None
        with self._directory.reading() as records:
            found = self._good(records, token)
        return Invitation(found[0].name, found[0].role, iso(found[1].ends)) if found else None

    def accept(self, token: str, password: str) -> SignedIn:
        """Choose a password by a link, which is used up, and sign in; all other sessions of the account end.

        Raises:
            LinkError: used, expired or unknown. AccessError: the password will not do; the link stays good.
        """
        offered = self.invitation(token)
        if offered is None:
            self._link_refused()
        require_strong(password, offered.name)
        hashed = self._passwords.hash(password)
        with self._directory.changing() as records:
            found = self._good(records, token)  # of two at the same moment one comes too late
            if found is None:
                self._link_refused()
            user, link = found
            if link.first:
                user = self._settle(records, user)
            signed = self._with_password(records, user, hashed)
            self._lockout.forgive(records, user.name)
            if user.role is Role.ADMIN:
                records.drop_first_links()
            self._log(user.name, "accept", {"role": user.role.value})
        return signed

    def users(self, by: Actor) -> tuple[User, ...]:
        """Every account with the role in force, by name.

        Raises:
            ForbiddenError: ``by`` may not administer.
        """
        self.require(by, Right.ADMINISTER)
        with self._directory.reading() as records:
            return tuple(replace(user, role=self._sessions.role(user)) for user in records.users())

    def admit(self, name: str, role: Role, by: Actor) -> None:
        """Give somebody a role before they first come in through OIDC or a proxy.

        Raises:
            ForbiddenError: ``by`` may not. AccessError: accounts are kept here (use :meth:`invite`), or the name will
                not do or is taken.
        """
        if self._source == Source.ACCOUNTS:
            raise AccessError("本系统账户需要一次性链接。", fix="请用「新增用户」。")
        actor = self.require(by, Right.ADMINISTER)
        with self._directory.changing() as records:
            user = records.user(name)
            if user is not None and user.source == self._source:
                raise AccessError(f"已有用户「{user.name}」。", fix="变更角色请用「变更角色」。")
            user = self._settle(records, User(clean_name(name), role, self._source, registered=role))
            self._log(actor.name, "role", {"name": user.name, "role": role.value})

    def set_role(self, name: str, role: Role, by: Actor) -> None:
        """Change a role; it holds at once, in open sessions too.

        Raises:
            ForbiddenError: ``by`` may not. AccessError: no such user, the settings say otherwise, or it is the last
                admin who could sign in.
        """
        actor = self.require(by, Right.ADMINISTER)
        with self._directory.changing() as records:
            user = existing(records, name)
            if self._source != Source.ACCOUNTS and self._sessions.named_admin(name):
                raise AccessError(f"「{user.name}」由设置 admins 指定为管理员。", fix="请修改设置后重新启动。")
            after = replace(user, role=role, registered=None if user.source == Source.ACCOUNTS else role)
            if after != user:
                self._replace(records, user, after)
                detail = {"name": user.name, "role": role.value, "before": user.role.value}
                self._log(actor.name, "role", detail)

    def set_disabled(self, name: str, disabled: bool, by: Actor) -> None:
        """Disable an account, which ends its sessions and links at once, or enable it again.

        Raises:
            ForbiddenError: ``by`` may not. AccessError: no such user, or it is the last admin who could sign in.
        """
        actor = self.require(by, Right.ADMINISTER)
        with self._directory.changing() as records:
            user = existing(records, name)
            if user.disabled is not disabled:
                self._replace(records, user, replace(user, disabled=disabled))
                records.end_sessions(name)
                records.drop_links(name)
                self._log(actor.name, "disable" if disabled else "enable", {"name": user.name})

    def _link(self, records: Records, name: str, *, first: bool) -> str:
        token = new_token()
        records.put_link(public_id(token), Link(name, first, self._time() + LINK_HOURS * 3600))
        return token

    def _good(self, records: Records, token: str) -> tuple[User, Link] | None:
        """The account a link is for, as it is or would be, if the link can still be used."""
        link = records.link(public_id(token), self._time())
        if link is None:
            return None
        user = records.user(link.name)
        if link.first:
            late = user is not None or self._admins_among(records.users())
            return None if late else (User(link.name, Role.ADMIN), link)
        return (user, link) if user is not None and not user.disabled and user.source == Source.ACCOUNTS else None

    def _link_refused(self) -> NoReturn:
        raise LinkError("链接无效：已用过、已过期或已被新的链接取代。", fix="请向管理员索取新的链接。")

    def _replace(self, records: Records, before: User, after: User) -> None:
        """Change an account, unless that left the system without an admin."""
        records.put_user(after, self._time())
        if self._admins_among((before,)) and not self._admins_among(records.users()):
            raise AccessError("这是最后一个可用的管理员。", fix="请先指定另一个管理员。")
