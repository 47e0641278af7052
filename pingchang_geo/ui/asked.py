"""What a reader has asked for, done by the next run whatever comes in between.

A callback is cut short wherever it touches the session's state while the next message of the browser is waiting, for
instance that a map is drawn; and so is the middle of a run. So callbacks only note the action on a plain object, which
nothing can interrupt; the run that follows does it first of all; and the outcome stays until something else is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pingchang_geo.errors import PingchangError
from pingchang_geo.ui.text import plain

_ERRANDS: Final = "asked_errands"
#: Does what was asked for and returns what to tell the reader. It may be tried again until it has come to its end, so
#: whatever it reads of the session it must read before it changes anything.
Action = Callable[[], str]


@dataclass
class Desk:
    """One page's requests in one session.

    Attributes:
        dropped: what was asked for last was not done, for want of a right.
        turned: what the reader has turned to, for pages that show one thing of many; None before they did.
        turn: counts, for widgets that must start afresh.
    """

    pending: Action | None = None
    done: str = ""
    wrong: str = ""
    dropped: bool = False
    turned: str | None = None
    turn: int = 0

    def ask(self, action: Action) -> None:
        """Have something done by the next run. For callbacks."""
        self.dropped = False
        self.pending = action

    def drop(self) -> bool:
        """Forget what was asked for: whoever asked may not (any more). Whether there was anything, in this run or in
        one before it that was cut short.
        """
        if self.pending is not None:
            self.dropped = True
            self.pending = None
        return self.dropped

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


def later(action: Callable[..., Any]) -> Callable[..., None]:
    """A callback that has ``action`` done by :func:`settle` of the page's next run, and touches nothing itself.

    For choices that go into the address. ``action`` may read the session's state, the widgets' values included. What
    was asked on a page that the reader has left since is not done: its address is another one.
    """
    waiting, page = _waiting(), _page()

    def note(*args: Any, **kwargs: Any) -> None:
        waiting.append((page, partial(action, *args, **kwargs)))

    return note


def settle() -> None:
    """Do what :func:`later` has noted on this page; before a run reads the address."""
    waiting, here = _waiting(), _page()
    while waiting:
        page, action = waiting[0]
        try:
            if page == here:
                action()
        except Exception:
            del waiting[0]  # else it would come back with every run
            raise
        # Only now: a run that is cut short inside leaves the action to the next one.
        del waiting[0]


def _waiting() -> list[tuple[str, Callable[[], Any]]]:
    found: list[tuple[str, Callable[[], Any]]] = st.session_state.setdefault(_ERRANDS, [])
    return found


def _page() -> str:
    context = get_script_run_ctx()
    return context.page_script_hash if context else ""
