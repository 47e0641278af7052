"""Whether a draft is still beside the current version, and the way to bring it there again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Any, Final

import streamlit as st

from pingchang_geo.store import Store, Version
from pingchang_geo.ui.asked import Desk
from pingchang_geo.ui.text import local_time, plain
from pingchang_geo.workflow.uploads.drafts import Draft

#: Refusals that may have to do with the server's load: the same files may pass another time.
_PASSING: Final = frozenset(("READ_TIMEOUT", "READ_CRASHED", "READ_NO_SPACE", "INSPECT_TIMEOUT", "INSPECT_MEMORY"))


def worth_again(draft: Draft, found: dict[str, Any]) -> bool:
    """Whether what went wrong last may go well another time."""
    return bool(draft.error or _PASSING & {one["code"] for one in found["issues"]})


def since(store: Store, draft: Draft, found: dict[str, Any]) -> list[Version]:
    """Versions published since the one that the draft was compared with, newest first; none for files refused."""
    if not found["layer"] or found["decision"] == "reject":
        return []
    return list(takewhile(lambda version: version.name != draft.base, store.versions(found["layer"])))


def again(newer: Sequence[Version], desk: Desk, inspect: Callable[[], str]) -> None:
    """Who published what meanwhile, and a button that inspects and compares anew."""
    if newer:
        told = "；".join(
            f"{plain(one.publisher)} 于 {local_time(one.published_at)} 发布了{one.label}"
            + (f"（{plain(one.note)}）" if one.note else "")
            for one in newer[:3]
        )
        rest = f"；另有 {len(newer) - 3} 版" if len(newer) > 3 else ""
        st.warning(
            f"**检查之后，当前版本已更换：**{told}{rest}。下面不是与现在的当前版本比较的结果，请重新检查并比较后再发布。",
            icon=":material/sync_problem:",
        )
    st.button(
        "重新检查并比较",
        icon=":material/refresh:",
        key="update_again",
        type="primary",
        on_click=desk.ask,
        args=(inspect,),
    )
