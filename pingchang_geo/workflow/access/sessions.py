"""Sessions in the accounts file: opened, read, renewed by use, ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from pingchang_geo.access import Actor, Role, Session, SignedIn, Source, User
from pingchang_geo.access.names import name_key
from pingchang_geo.access.tokens import is_public_id, new_token, public_id
from pingchang_geo.errors import StoreError
from pingchang_geo.settings import Settings
from pingchang_geo.store.directory import Directory
from pingchang_geo.store.records import Records
from pingchang_geo.workflow.access.lockout import MET_S

#: Use is written down at most so often; a session may therefore idle out up to so much early.
_TOUCH_S: Final = 60
#: Sessions one account may have open; the one unused for longest ends first.
_MOST: Final = 20


class Sessions:
    """Sessions of the identity source in force; those of another source are as if they were not there."""

    def __init__(self, directory: Directory, chosen: Settings, time: Callable[[], int]) -> None:
        self._directory = directory
        self._time = time
        self._source: str = chosen.identity
        self._idle_s = chosen.session_idle_minutes * 60
        self._lasts_s = chosen.session_hours * 3600
        self._counted_s = chosen.lockout_minutes * 60
        self._admins = frozenset(map(name_key, chosen.admins))

    def role(self, user: User) -> Role:
        """The role in force: names in the settings are admins whatever the file says."""
        named = self._source != Source.ACCOUNTS and name_key(user.name) in self._admins
        return Role.ADMIN if named else user.role

    def named_admin(self, name: str) -> bool:
        """Whether the settings make a name an admin."""
        return name_key(name) in self._admins

    def usable(self, user: User) -> bool:
        """Whether somebody could sign in as this user now."""
        return not user.disabled and not user.pending and user.source == self._source

    def open(self, records: Records, user: User) -> SignedIn:
        """A new session in the caller's transaction; what has ended is cleared away on the way."""
        now = self._time()
        records.prune(now, unused_since=now - self._idle_s, counted_since=now - self._counted_s, met_since=now - MET_S)
        for spare in records.sessions_of(user.name)[_MOST - 1 :]:
            records.end_session(spare.id)
        token = new_token()
        session = Session(public_id(token), name_key(user.name), self._source, now, now, now + self._lasts_s)
        records.put_session(session)
        return SignedIn(token, self._actor(user, session))

    def renewed(self, records: Records, user: User) -> Actor:
        """The one session of somebody a proxy vouches for, renewed; a new one where there is none."""
        now = self._time()
        alive = [session for session in records.sessions_of(user.name) if self._valid(session, user, now)]
        if not alive:
            return self.open(records, user).actor
        session = replace(alive[0], seen=now, ends=now + self._lasts_s)
        records.put_session(session)
        return self._actor(user, session)

    def vouched(self, name: str) -> tuple[User, Actor] | None:
        """Somebody a proxy vouches for, if the session was renewed a moment ago: nothing needs to be written."""
        now = self._time()
        with self._directory.reading() as records:
            user = records.user(name)
            for session in records.sessions_of(name):
                if user is not None and self._valid(session, user, now) and now - session.seen < _TOUCH_S:
                    return user, self._actor(user, session)
        return None

    def read(self, session_id: str, *, touch: bool) -> Actor | None:
        """Who a session belongs to, fresh from disk; None when it is unknown, over, or its user disabled."""
        if not is_public_id(session_id):
            return None
        now = self._time()
        with self._directory.reading() as records:
            session = records.session(session_id)
            user = records.user(session.user) if session is not None else None
        if session is None or user is None or not self._valid(session, user, now):
            return None
        if touch and now - session.seen >= _TOUCH_S:
            self._touch(session_id, now)
        return self._actor(user, session)

    def _touch(self, session_id: str, now: int) -> None:
        try:
            with self._directory.changing() as records:
                records.touch(session_id, now)
        except StoreError:  # a full disk ends nobody's session before its time
            pass

    def _valid(self, session: Session, user: User, now: int) -> bool:
        return session.source == self._source and self.usable(user) and session.alive(now, self._idle_s)

    def _actor(self, user: User, session: Session) -> Actor:
        return Actor(user.name, self.role(user), session.id, session.source)
