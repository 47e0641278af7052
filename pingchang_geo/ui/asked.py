"""What a reader has asked for, done by the next run whatever comes in between.

A callback or the middle of a run can be cut short by the next thing that the browser says, for instance that a map is
drawn. So a callback only notes the action; the run that follows does it first of all, and the outcome stays until
something else is asked for.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pingchang_geo.errors import PingchangError
from pingchang_geo.ui.text import plain

#: Does what was asked for without any element of the page; returns what to tell the reader.
Action = Callable[[], str]


def ask(page: str, action: Action) -> None:
    """Have something done by the next run. For callbacks."""
    st.session_state[f"{page}_asked"] = action
    st.session_state[f"{page}_told"] = ("", "")


def settle(page: str) -> None:
    """Do what was asked for; first thing of a run."""
    action = st.session_state.pop(f"{page}_asked", None)
    if action is None:
        return
    try:
        told = (action(), "")
    except PingchangError as error:
        told = ("", f"**{plain(error.message)}** {plain(error.fix)}")
    st.session_state[f"{page}_told"] = told


def told(page: str) -> None:
    """The outcome of what was asked for last."""
    done, wrong = st.session_state.get(f"{page}_told", ("", ""))
    if done:
        st.success(plain(done), icon=":material/check_circle:")
    if wrong:
        st.warning(wrong, icon=":material/edit_note:")
