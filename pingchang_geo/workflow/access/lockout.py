"""Repeated wrong passwords: locked for a while, without handing outsiders a way to lock somebody out for ever.

Counted twice. By name and address: after ``failures`` wrong passwords that address may not try that name for the time
of the lock. By name alone, at :data:`NAME_FACTOR` times as many, against a guesser who changes addresses; this lock
does not hold for addresses from which the name has signed in before, so that its owner, at the usual desk, gets in
while somebody elsewhere keeps guessing. What an outsider can still do is lock a name at addresses it never came from
(for as long as the guessing goes on), or at an address shared with its owner, behind one proxy that does not say who is
behind it. The way in is then a new link from an administrator or the command line, which clears the counts.

An attempt is counted before the password is looked at and taken back when it fits: a hundred attempts at the same
moment are a hundred, too. Names nobody has are counted alike, and so look alike from outside.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from typing import Final

from pingchang_geo.access.names import name_key
from pingchang_geo.store.records import Records, Tally

#: So many times the failures of one address lock the name everywhere.
NAME_FACTOR: Final = 10
#: An address that has not been signed in from for so long is as strange as any other.
MET_S: Final = 90 * 24 * 3600
_IPV6_PREFIX: Final = 64


@dataclass(frozen=True)
class Attempt:
    """One sign-in being checked.

    ``until``: locked till then, not to be looked at; 0 when it may go on. ``last``: if it fails, the lock holds.
    """

    keys: tuple[str, ...]
    place: str
    until: int = 0
    last: bool = False


class Lockout:
    """The rules over one set of records; the caller holds the transaction."""

    def __init__(self, failures: int, lock_s: int) -> None:
        self._limits = (failures, failures * NAME_FACTOR)
        self.lock_s = lock_s

    def begin(self, records: Records, name: str, address: str, now: int) -> Attempt:
        """Count an attempt before the password is looked at; what no longer counts is cleared away on the way."""
        records.forget_tallies(now, now - self.lock_s)
        place = place_of(address)
        keys: tuple[str, ...] = (_key("at", name, place),)
        if not records.familiar(name, place, now - MET_S):
            keys = (*keys, _key("name", name))
        tallies = [self._tally(records, key, now) for key in keys]
        if until := max(tally.until for tally in tallies):
            return Attempt(keys, place, until)
        last = False
        for key, tally, limit in zip(keys, tallies, self._limits, strict=False):
            failures = tally.failures + 1
            full = failures >= limit
            records.put_tally(key, Tally(failures, tally.since or now, now + self.lock_s if full else 0))
            last = last or full
        return Attempt(keys, place, last=last)

    def withdraw(self, records: Records, attempt: Attempt) -> None:
        """Take one attempt back: it was not a failure after all, or was not looked at."""
        for key, limit in zip(attempt.keys, self._limits, strict=False):
            tally = records.tally(key)
            failures = tally.failures - 1
            records.put_tally(key, Tally(failures, tally.since, tally.until if failures >= limit else 0))

    def fitted(self, records: Records, name: str, attempt: Attempt, now: int) -> None:
        """The password was right: this address is familiar now, and its failures are forgiven.

        Failures from elsewhere stay counted, so that a guesser gains nothing by waiting for the owner.
        """
        self.withdraw(records, attempt)
        records.put_tally(attempt.keys[0], Tally())
        records.met(name, attempt.place, now)

    def forgive(self, records: Records, name: str) -> None:
        """Lift the lock of a name: its owner has come in by a link. Single addresses stay locked for their time."""
        records.put_tally(_key("name", name), Tally())

    def _tally(self, records: Records, key: str, now: int) -> Tally:
        """What counts now: a lock that holds, or failures that are not too long ago."""
        tally = records.tally(key)
        if tally.until > now:
            return tally
        return Tally() if tally.until or now - tally.since >= self.lock_s else tally


def place_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 that one IPv6 line has to itself."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, _IPV6_PREFIX), strict=False))
    return str(ip)


def _key(*parts: str) -> str:
    """Names are kept as a hash here: what is typed into the name field may be a password."""
    kind, name, *rest = parts
    text = "\x00".join([kind, name_key(name[:1000]), *rest])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
