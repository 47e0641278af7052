"""Passwords: which will do, and argon2id hashes whose cost in memory and threads is bounded."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from pingchang_geo.access.names import name_key
from pingchang_geo.access.tokens import new_token
from pingchang_geo.errors import AccessError, LockedError

SHORTEST: Final = 10
#: Longer ones only cost time; 128 characters of Chinese still fit a passphrase.
LONGEST: Final = 128
_FEWEST_DIFFERENT: Final = 5
_FEWEST_DIGITS: Final = 16
#: What remains of a bad password when digits and signs are left out: tried first by everybody who guesses.
_COMMON: Final = frozenset(
    {
        *("password", "passwd", "passw", "pass", "pwd", "admin", "administrator", "root", "user", "test", "guest"),
        *("qwerty", "qwertyuiop", "qwertyui", "asdfgh", "asdfghjkl", "zxcvbn", "zxcvbnm", "qazwsx", "qazwsxedc"),
        *("abc", "abcd", "abcde", "abcdef", "abcdefg", "abcdefghij", "aabbcc", "letmein", "welcome", "iloveyou"),
        *("woaini", "woaizhongguo", "woaizuguo", "aini", "mima", "wodemima", "zhongguo", "sichuan", "bazhong"),
        *("pingchang", "pingchangxian", "linye", "linyeju", "shengtai", "changeme", "default", "monkey", "dragon"),
        *("p@ssword", "passw0rd", "p@ssw0rd", "qweasdzxc", "qweasd", "asdqwe", "q1w2e3r4t5", "1q2w3e4r5t"),
    }
)
_ROWS: Final = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")
#: Hashes at once: each takes 64 MiB and four threads. Whoever waits holds a thread of the server.
_AT_ONCE: Final = 2
_WAITING: Final = 8


def normalised(password: str) -> str:
    """A password as it is hashed: NFKC, so that an input method's full-width digits are the same digits."""
    return unicodedata.normalize("NFKC", password)


def require_strong(password: str, name: str) -> None:
    """See that a new password will do; length counts, prescribed kinds of characters do not (NIST SP 800-63B).

    Raises:
        AccessError: too short, too long, a run of neighbours, too few different characters, a common word with digits,
            or the user name.
    """
    text = normalised(password)
    if not SHORTEST <= len(text) <= LONGEST:
        raise AccessError(f"密码应为 {SHORTEST} 至 {LONGEST} 个字符。", fix="可用几个不相干的词连成一句，便于记忆。")
    if not text.isprintable():
        raise AccessError("密码中有不能使用的字符。", fix="请去掉控制字符、换行等看不见的字符。")
    if weakness := _weakness(text.casefold(), name_key(name)):
        raise AccessError(f"密码过于简单：{weakness}。", fix="请换一个不易猜到的密码，例如几个不相干的词。")


def _weakness(text: str, name: str) -> str:
    if len(set(text)) < _FEWEST_DIFFERENT:
        return f"不同的字符少于 {_FEWEST_DIFFERENT} 个"
    if any(text in row or text in row[::-1] for row in _ROWS):
        return "是连续的字符"
    letters = "".join(char for char in text if char.isalpha())
    if text in _COMMON or letters in _COMMON:
        return "是常见密码"
    if text.isdecimal() and len(text) < _FEWEST_DIGITS:  # telephone numbers and birthdays
        return "只有数字"
    if len(name) >= 3 and name in text and len(text) - len(name) < SHORTEST // 2:
        return "与用户名相近"
    return ""


class Passwords:
    """Hashes and compares; safe from any thread.

    At most ``at_once`` hashes are computed at the same time and at most ``waiting`` callers wait for their turn; more
    are turned away at once, so that a flood of sign-ins can exhaust neither memory nor the server's threads.
    """

    def __init__(
        self, hasher: PasswordHasher | None = None, *, at_once: int = _AT_ONCE, waiting: int = _WAITING
    ) -> None:
        # RFC 9106's second recommended parameters: t=3, 64 MiB, four lanes; see docs/decisions/0009.
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._turn = threading.BoundedSemaphore(at_once)
        self._queue = threading.BoundedSemaphore(at_once + waiting)

    def hash(self, password: str) -> str:
        """Argon2id hash in the usual text form, parameters and salt included.

        Raises:
            LockedError: too many at once.
        """
        with self._worked():
            return self._hasher.hash(normalised(password))

    def matches(self, stored: str | None, password: str) -> bool:
        """Whether a password fits a hash. Without a hash the answer is no, after the same work.

        Raises:
            LockedError: too many at once.
        """
        if len(password) > LONGEST * 4:  # nobody's; not even worth normalising
            password = ""
        with self._worked():
            decoy = self._decoy  # also where it is not needed: the first caller pays for it, whoever is asked for
            try:
                fits = self._hasher.verify(stored or decoy, normalised(password))
            except (VerificationError, InvalidHashError, UnicodeEncodeError):
                return False
        return fits and stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    @cached_property
    def _decoy(self) -> str:
        """The hash of nobody's password, of the very same cost."""
        return self._hasher.hash(new_token())

    @contextmanager
    def _worked(self) -> Iterator[None]:
        if not self._queue.acquire(blocking=False):
            raise LockedError("同时登录的人过多。", fix="请稍候片刻再试。")
        try:
            with self._turn:
                yield
        finally:
            self._queue.release()
