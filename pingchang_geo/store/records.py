"""Rows of the accounts file, as values: what one transaction of :class:`.directory.Directory` can read and write."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any, Final

from pingchang_geo.access import Role, Session, Source, User
from pingchang_geo.access.model import iso
from pingchang_geo.access.names import name_key

SCHEMA: Final = (
    """CREATE TABLE user (
        key TEXT PRIMARY KEY, name TEXT NOT NULL,
        role TEXT NOT NULL CHECK (role IN ('viewer', 'analyst', 'admin')),
        source TEXT NOT NULL CHECK (source IN ('accounts', 'oidc', 'proxy')),
        password TEXT, disabled INTEGER NOT NULL CHECK (disabled IN (0, 1)),
        created INTEGER NOT NULL, signed_in INTEGER,
        registered TEXT CHECK (registered IN ('viewer', 'analyst', 'admin'))
    ) STRICT""",
    """CREATE TABLE session (
        id TEXT PRIMARY KEY, user TEXT NOT NULL REFERENCES user (key),
        source TEXT NOT NULL CHECK (source IN ('accounts', 'oidc', 'proxy')),
        created INTEGER NOT NULL, seen INTEGER NOT NULL, ends INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX session_user ON session (user)",
    """CREATE TABLE invitation (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, key TEXT NOT NULL,
        first INTEGER NOT NULL CHECK (first IN (0, 1)), ends INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE attempt (
        key TEXT PRIMARY KEY, failures INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX attempt_since ON attempt (since)",
    """CREATE TABLE familiar (
        user TEXT NOT NULL REFERENCES user (key), place TEXT NOT NULL, seen INTEGER NOT NULL,
        PRIMARY KEY (user, place)
    ) STRICT""",
)

#: What a file of the version before lacks. Whose roles came from outside it does not say, so none count as registered.
FROM_1: Final = ("ALTER TABLE user ADD COLUMN registered TEXT CHECK (registered IN ('viewer', 'analyst', 'admin'))",)


@dataclass(frozen=True)
class Link:
    """A one-time link that can still be used; ``first``: it makes the first admin, whose account does not exist yet."""

    name: str
    first: bool
    ends: int


@dataclass(frozen=True)
class Tally:
    """Sign-ins that failed (or are being checked) since a moment; none are looked at before ``until``."""

    failures: int = 0
    since: int = 0
    until: int = 0


class Records:
    """Reads and writes on one connection. Names are compared by their key; times are seconds since 1970."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._run = connection.execute

    # -- users

    def user(self, name: str) -> User | None:
        """The account of a name."""
        row = self._run("SELECT * FROM user WHERE key = ?", (name_key(name),)).fetchone()
        return _user(row) if row else None

    def users(self) -> tuple[User, ...]:
        """All accounts by name."""
        return tuple(_user(row) for row in self._run("SELECT * FROM user ORDER BY key"))

    def put_user(self, user: User, now: int) -> None:
        """Make an account, or change its roles, source and whether it is disabled; the password stays."""
        registered = user.registered.value if user.registered else None
        self._run(
            "INSERT INTO user VALUES (?, ?, ?, ?, NULL, ?, ?, NULL, ?) ON CONFLICT (key) DO UPDATE SET role ="
            " excluded.role, source = excluded.source, disabled = excluded.disabled, registered = excluded.registered",
            (name_key(user.name), user.name, user.role.value, user.source, int(user.disabled), now, registered),
        )

    def password(self, name: str) -> str | None:
        """The hash of an account's password."""
        row = self._run("SELECT password FROM user WHERE key = ?", (name_key(name),)).fetchone()
        return row[0] if row else None

    def set_password(self, name: str, hashed: str | None) -> None:
        """Keep the hash of a new password, or none."""
        self._run("UPDATE user SET password = ? WHERE key = ?", (hashed, name_key(name)))

    # -- sessions

    def session(self, session: str) -> Session | None:
        """A session by its public id, whether it is still alive or not."""
        row = self._run("SELECT * FROM session WHERE id = ?", (session,)).fetchone()
        return Session(*row) if row else None

    def sessions_of(self, name: str) -> tuple[Session, ...]:
        """Sessions of an account, the last used first."""
        rows = self._run("SELECT * FROM session WHERE user = ? ORDER BY seen DESC, created DESC", (name_key(name),))
        return tuple(Session(*row) for row in rows)

    def put_session(self, session: Session) -> None:
        """Keep a new session, or a renewed one; the account is marked as signed in when it was created."""
        values = (session.id, session.user, session.source, session.created, session.seen, session.ends)
        self._run("INSERT OR REPLACE INTO session VALUES (?, ?, ?, ?, ?, ?)", values)
        self._run("UPDATE user SET signed_in = ? WHERE key = ?", (session.created, session.user))

    def touch(self, session: str, now: int) -> None:
        """Note that a session was used; one that has ended in between stays ended."""
        self._run("UPDATE session SET seen = max(seen, ?) WHERE id = ?", (now, session))

    def end_session(self, session: str) -> None:
        """Forget a session."""
        self._run("DELETE FROM session WHERE id = ?", (session,))

    def end_sessions(self, name: str) -> int:
        """Forget all sessions of an account; how many there were."""
        return self._run("DELETE FROM session WHERE user = ?", (name_key(name),)).rowcount

    # -- links

    def link(self, token_id: str, now: int) -> Link | None:
        """A link that has neither been used nor expired."""
        row = self._run(
            "SELECT name, first, ends FROM invitation WHERE id = ? AND ends > ?", (token_id, now)
        ).fetchone()
        return Link(row[0], bool(row[1]), row[2]) if row else None

    def put_link(self, token_id: str, link: Link) -> None:
        """Keep a link; earlier ones of the name are void."""
        self.drop_links(link.name)
        values = (token_id, link.name, name_key(link.name), int(link.first), link.ends)
        self._run("INSERT INTO invitation VALUES (?, ?, ?, ?, ?)", values)

    def drop_links(self, name: str) -> int:
        """Void the links of a name; how many there were."""
        return self._run("DELETE FROM invitation WHERE key = ?", (name_key(name),)).rowcount

    def drop_first_links(self) -> None:
        """Void the links that would make a first admin."""
        self._run("DELETE FROM invitation WHERE first = 1")

    # -- failures

    def tally(self, key: str) -> Tally:
        """What is counted under a key."""
        row = self._run("SELECT failures, since, until FROM attempt WHERE key = ?", (key,)).fetchone()
        return Tally(*row) if row else Tally()

    def put_tally(self, key: str, tally: Tally) -> None:
        """Keep a count; a count of none is forgotten."""
        if tally.failures <= 0:
            self._run("DELETE FROM attempt WHERE key = ?", (key,))
        else:
            values = (key, tally.failures, tally.since, tally.until)
            self._run("INSERT OR REPLACE INTO attempt VALUES (?, ?, ?, ?)", values)

    def forget_tallies(self, now: int, since: int) -> None:
        """Forget counts that began by ``since`` and lock nothing any more."""
        self._run("DELETE FROM attempt WHERE since <= ? AND until <= ?", (since, now))

    def familiar(self, name: str, place: str, since: int) -> bool:
        """Whether somebody has signed in under the name from there after ``since``."""
        values = (name_key(name), place, since)
        found = self._run("SELECT 1 FROM familiar WHERE user = ? AND place = ? AND seen > ?", values).fetchone()
        return found is not None

    def met(self, name: str, place: str, now: int) -> None:
        """Remember from where somebody has signed in."""
        self._run("INSERT OR REPLACE INTO familiar VALUES (?, ?, ?)", (name_key(name), place, now))

    # -- all of it

    def prune(self, now: int, *, unused_since: int, counted_since: int, met_since: int) -> None:
        """Forget what no longer counts: ended or unused sessions, expired links, old failures and places."""
        self._run("DELETE FROM session WHERE ends <= ? OR seen <= ?", (now, unused_since))
        self._run("DELETE FROM invitation WHERE ends <= ?", (now,))
        self.forget_tallies(now, counted_since)
        self._run("DELETE FROM familiar WHERE seen <= ?", (met_since,))


def _user(row: tuple[Any, ...]) -> User:
    _, name, role, source, password, disabled, created, signed_in, registered = row
    return User(
        name,
        Role(role),
        source,
        bool(disabled),
        pending=source == Source.ACCOUNTS and password is None,
        created_at=iso(created),
        signed_in_at="" if signed_in is None else iso(signed_in),
        registered=None if registered is None else Role(registered),
    )
