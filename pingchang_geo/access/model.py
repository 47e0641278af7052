"""The people who act, their accounts, sessions and one-time links, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from pingchang_geo.access.roles import Right, Role


class Source(StrEnum):
    """Who vouches for a person's identity."""

    ACCOUNTS = "accounts"
    OIDC = "oidc"
    PROXY = "proxy"
    #: Whoever can write the data folder on the server itself.
    COMMAND = "command"

    @property
    def label(self) -> str:
        """For the screen."""
        return {
            Source.ACCOUNTS: "本系统账户",
            Source.OIDC: "统一身份认证",
            Source.PROXY: "上级代理",
            Source.COMMAND: "命令行",
        }[self]


@dataclass(frozen=True)
class Actor:
    """Who acts, as seen at one moment.

    Never trusted across a wait: read again with ``Access.current`` or ``Access.require`` before anything is changed.

    Attributes:
        name: user name, for the log.
        role: None may do nothing.
        session: public id of the session (sha256 hex of the cookie's token), never the token.
        source: who vouches for the identity.
    """

    name: str
    role: Role | None
    session: str = ""
    source: str = Source.ACCOUNTS.value

    def may(self, right: Right) -> bool:
        """Whether the role covers the right."""
        return self.role is not None and self.role.covers(right)


#: Nobody in particular. That viewing may be open is ``Access.may_view``'s business.
ANONYMOUS: Final = Actor("", None)


def operator(name: str) -> Actor:
    """Whoever works on the server itself: can write the data folder, so no account could hold them back."""
    return Actor(name, Role.ADMIN, "", Source.COMMAND.value)


def iso(seconds: int) -> str:
    """Seconds since 1970 as ISO 8601 UTC, like the times of versions."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class User:
    """An account. Times are ISO 8601 UTC like those of versions, ``""`` where it has not happened.

    ``pending``: an account of this system whose owner has not chosen a password yet. ``registered``: the role that an
    admin here gave to somebody from outside; ``role`` is the one in force, which the provider may have given.
    """

    name: str
    role: Role
    source: str = Source.ACCOUNTS.value
    disabled: bool = False
    pending: bool = False
    created_at: str = ""
    signed_in_at: str = ""
    registered: Role | None = None


@dataclass(frozen=True)
class Session:
    """A row of the session table; times in seconds since 1970.

    ``id`` is the public id; ``seen`` is renewed by use; ``ends`` is the end that no use postpones.
    """

    id: str
    user: str
    source: str
    created: int
    seen: int
    ends: int

    def alive(self, now: int, idle_s: int) -> bool:
        """Whether it may still be used: neither ended nor left unused for too long."""
        return now < self.ends and now - self.seen < idle_s


@dataclass(frozen=True)
class Invitation:
    """What a one-time link is good for: an account's name and role, until ``expires_at`` (ISO 8601 UTC)."""

    name: str
    role: Role
    expires_at: str


@dataclass(frozen=True)
class SignedIn:
    """A new session: the token goes into the cookie and nowhere else."""

    token: str = field(repr=False)
    actor: Actor
