"""Fields that show a part of a briefing and write it back, unless somebody else has changed that part meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from pingchang_geo.briefing import Briefing
from pingchang_geo.errors import ConflictError, PingchangError
from pingchang_geo.ui.briefing import state


def seed(key: str, held: Any, shown: Any) -> str:
    """Have the field ``key`` show ``shown`` at first and after somebody else's change, and else what was typed.

    Args:
        key: of the field.
        held: the part as the briefing holds it now.
        shown: how the field shows that.

    Returns:
        The key.
    """
    if key not in st.session_state or st.session_state.get(_held(key), held) != held:
        st.session_state[key] = shown
    st.session_state[_held(key)] = held
    return key


def write(
    name: str,
    key: str,
    convert: Callable[[Any], Any],
    get: Callable[[Briefing], Any],
    put: Callable[[Briefing, Any], Briefing],
) -> Callable[..., None]:
    """A callback that writes what was typed into a part of the briefing.

    Args:
        name: of the briefing.
        key: of the field, see :func:`seed`.
        convert: what was typed → the part; may raise PingchangError.
        get: the part of a briefing.
        put: a briefing with another part.
    """

    def written() -> str:
        if key not in st.session_state:
            return ""  # the field is gone
        typed, before = st.session_state[key], st.session_state.get(_held(key))
        try:
            new = convert(typed)
        except PingchangError:
            st.session_state.pop(key)  # the field shows again what is kept
            raise

        def change(briefing: Briefing) -> Briefing:
            # What it becomes may lie there already: a run that was cut short comes again.
            if get(briefing) not in (before, new):
                raise ConflictError(
                    "这一栏此前已被改动（他人保存了新版本，或在另一个窗口），刚输入的内容没有写入。",
                    fix="请在现在的内容上修改。"
                    + (f"刚才输入的是：{typed}" if isinstance(typed, str) and typed else ""),
                )
            return put(briefing, new)

        state.edit(name, change, typed=True)
        st.session_state[_held(key)] = new
        return ""

    return state.doing(written)


def _held(key: str) -> str:
    return f"{key}_held"
