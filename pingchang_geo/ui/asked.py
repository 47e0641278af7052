"""What a reader has asked for, done by the next run whatever comes in between.

A callback is cut short wherever it touches the session's state while the next message of the browser is waiting, for
instance that a map is drawn; and so is the middle of a run. So callbacks only note the action on a plain object, which
nothing can interrupt; the run that follows does it first of all; and the outcome stays until something else is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from pingchang_geo.errors import PingchangError
from pingchang_geo.ui.text import plain

#: Does what was asked for and returns what to tell the reader. It may be tried again until it has come to its end, so
#: whatever it reads of the session it must read before it changes anything.
Action = Callable[[], str]


@dataclass
class Desk:
    """One page's requests in one session.

    Attributes:
        turned: what the reader has turned to, for pages that show one thing of many; None before they did.
        turn: counts, for widgets that must start afresh.
    """

    pending: Action | None = None
    done: str = ""
    wrong: str = ""
    turned: str | None = None
    turn: int = 0

    def ask(self, action: Action) -> None:
        """Have something done by the next run. For callbacks."""
        self.pending = action

    def settle(self) -> None:
        """Do what was asked for; first thing of a run."""
        action = self.pending
        if action is None:
            return
        self.done, self.wrong = "", ""
        try:
            self.done = action()
        except PingchangError as error:
            self.wrong = f"**{plain(error.message)}** {plain(error.fix)}"
        # Only now: a run that is cut short inside leaves the action to the next one.
        self.pending = None

    def told(self) -> None:
        """Show the outcome of what was asked for last."""
        if self.done:
            st.success(plain(self.done), icon=":material/check_circle:")
        if self.wrong:
            st.warning(self.wrong, icon=":material/edit_note:")


def desk(page: str) -> Desk:
    """The desk of a page in this session."""
    found: Desk = st.session_state.setdefault(f"{page}_desk", Desk())
    return found
