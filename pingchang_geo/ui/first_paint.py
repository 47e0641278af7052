"""The map comes first: charts and tables wait for a session's first map to be drawn.

Their libraries are several megabytes of script, and page and map share one thread in the browser: sent together,
they hold the map up by one to two seconds. The map says once when it is drawn; from then on everything comes at once.
"""

from __future__ import annotations

import time
from typing import Any, Final

import streamlit as st

#: What the map sends as a feature when it is drawn for the first time (web/src/map.js).
SIGNAL: Final = "map:drawn"
#: Longest wait in seconds, for a map that cannot be drawn: the figures are worth seeing without it.
LONGEST_S: Final = 4.0
_OVER: Final = "first_map_drawn"
_SINCE: Final = "first_map_asked"


def over() -> bool:
    """Whether the session's first map has been drawn, or has been waited for long enough."""
    since = st.session_state.setdefault(_SINCE, time.monotonic())
    return bool(st.session_state.get(_OVER)) or time.monotonic() - since > LONGEST_S


def heard(feature: Any) -> bool:
    """Whether a feature sent by the map is the signal; notes it."""
    if feature != SIGNAL:
        return False
    st.session_state[_OVER] = True
    return True


@st.fragment(run_every=LONGEST_S / 2)
def wait() -> None:
    """Hold the place; should the signal not come, look again now and then."""
    st.caption("图表载入中……")
    if over():
        st.rerun()
