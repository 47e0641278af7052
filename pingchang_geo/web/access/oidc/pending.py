"""Sign-ins under way: begun here, continued at the provider, taken up again once."""

from __future__ import annotations

import hmac
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from pingchang_geo.access.tokens import new_token
from pingchang_geo.web.access.oidc.errors import FederationError

#: Time to type a password and a second factor at the provider.
LASTS_S: Final = 600.0
_MOST: Final = 4096
#: Of one address: whoever floods pushes out his own.
_MOST_OF_GROUP: Final = 64


@dataclass(frozen=True, slots=True)
class SignIn:
    """One sign-in under way. Secrets stay in this process; the browser only holds ``holder``, in a cookie.

    Attributes:
        state: returned by the provider with its answer.
        nonce: returned inside the identity token.
        verifier: of PKCE, proves to the provider that the code is redeemed by who asked for it.
        holder: value of the browser's form cookie.
        group: whose limits count.
        where: path to go to afterwards.
        began: on the clock of :class:`SignIns`.
    """

    holder: str = field(repr=False)
    group: str
    where: str
    began: float
    state: str = field(default_factory=new_token, repr=False)
    nonce: str = field(default_factory=new_token, repr=False)
    verifier: str = field(default_factory=new_token, repr=False)


class SignIns:
    """Sign-ins by state, bounded in number and time, each good for one answer. For the event loop's thread only."""

    def __init__(
        self,
        now: Callable[[], float] = time.monotonic,
        *,
        lasts_s: float = LASTS_S,
        most: int = _MOST,
        most_of_group: int = _MOST_OF_GROUP,
    ) -> None:
        self._now, self._lasts_s, self._most, self._most_of_group = now, lasts_s, most, most_of_group
        self._begun: OrderedDict[str, SignIn] = OrderedDict()

    def begin(self, holder: str, group: str, where: str) -> SignIn:
        """A new sign-in for a browser."""
        self._forget_old()
        same = [begun.state for begun in self._begun.values() if begun.group == group]
        for state in same[: max(0, len(same) + 1 - self._most_of_group)]:
            del self._begun[state]
        while len(self._begun) >= self._most:
            self._begun.popitem(last=False)
        begun = SignIn(holder, group, where, self._now())
        self._begun[begun.state] = begun
        return begun

    def take(self, state: str, holder: str) -> SignIn:
        """The sign-in of a state; it cannot be taken a second time, whether it fits or not.

        Raises:
            FederationError: unknown, used, expired, or begun in another browser: one wording for all.
        """
        self._forget_old()
        begun = self._begun.pop(state, None)
        if begun is None:
            raise FederationError("state", "登录已过期或已经完成。")
        if not holder or not hmac.compare_digest(begun.holder.encode(), holder.encode()):
            raise FederationError("browser", "登录已过期或已经完成。")
        return begun

    def _forget_old(self) -> None:
        oldest = self._now() - self._lasts_s
        while self._begun and next(iter(self._begun.values())).began <= oldest:
            self._begun.popitem(last=False)
