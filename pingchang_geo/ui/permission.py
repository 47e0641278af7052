"""Who sits in front of a page, and what they may do.

Streamlit learns who a reader is when the websocket opens and keeps it while the page stays open. So pages take only the
session's public id from it and read the account behind it anew on every run and before every action: roles change,
sessions end. Whatever changes something asks once more inside (``workflow.start.require``).
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pingchang_geo.access import ANONYMOUS, Actor, Right
from pingchang_geo.access.roles import least_role
from pingchang_geo.errors import ForbiddenError
from pingchang_geo.ui.text import plain
from pingchang_geo.workflow import start
from pingchang_geo.workflow.access.permits import PERMITS

_BUTTON: Final = '<a class="account-button" href="{}">登录</a>'
_ENDED: Final = "登录已失效"


def actor() -> Actor:
    """Who acts, fresh from the accounts; ``ANONYMOUS`` without a session that is alive."""
    session = _session()
    return (start.access().current(session) if session else None) or ANONYMOUS


def may(right: Right) -> bool:
    """Whether whoever acts has a right now."""
    return actor().may(right)


def may_view() -> bool:
    """Whether whoever looks may: everybody where viewing is open."""
    return start.access().may_view(actor())


def require(right: Right) -> Actor:
    """Who acts, for actions that need a right.

    Raises:
        ForbiddenError: the right is not there, or not any more.
    """
    if ended():
        raise ForbiddenError(f"{_ENDED}，没有执行。", fix="请重新登录后再试。")
    return start.require(actor(), right)


def ended() -> bool:
    """Whether the reader had signed in and the session has ended since the page was opened."""
    return bool(_session()) and actor() == ANONYMOUS


def refused(right: Right, *, undone: bool = False) -> None:
    """Say what is needed, and where to sign in.

    Args:
        right: what is missing.
        undone: something had been asked for, and was not done.
    """
    who = actor()
    role = least_role(right).label
    if who.role is not None:
        needs = f"您以「{plain(who.name)}」（{who.role.label}）登录，没有{right.label}的权限。"
        st.warning(f"**{needs}** 需要「{role}」角色，请联系系统管理员。", icon=":material/lock:")
        return
    if ended():
        undone_words = "刚才的操作没有执行，数据没有改动。" if undone else ""
        st.warning(
            f"**{_ENDED}**：已退出、超过时限，或已由系统管理员结束。{undone_words}请重新登录。",
            icon=":material/lock_clock:",
        )
    else:
        least = f"请用「{role}」或更高角色的账户登录。" if right is not Right.VIEW else "没有账户请联系系统管理员。"
        st.info(f"**{right.label}需要登录。** {least}", icon=":material/lock:")
    st.html(_BUTTON.format(html.escape(sign_in_address())))


def sign_in_address() -> str:
    """Where to sign in, and from there back to the present address."""
    return f"{account_address('login')}?next={quote(_here(), safe='')}"


def account_address(name: str) -> str:
    """Path of one of the account forms: ``login``, ``logout``, ``password``."""
    return f"{base_path()}/account/{name}"


def base_path() -> str:
    """What all paths begin with: ``""`` or ``/name``."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""


def grant_upload(max_mb: int) -> None:
    """Let this page's uploader send files of at most so many megabytes; the server's guard refuses all others."""
    context = get_script_run_ctx()
    if context is not None:
        PERMITS.grant(context.session_id, actor().session, max_mb)


def release_uploads(files: Iterable[UploadedFile]) -> None:
    """Let go of uploaded files that are on disk by now; Streamlit would keep them until the page is gone."""
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        for file in files:
            context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)


def _session() -> str:
    """Public id of the session with which the page was opened; empty for nobody in particular."""
    return str(st.user.get("session") or "")


def _here() -> str:
    """The present address without its host: path and parameters, the map's view as the browser last told it."""
    path = urlsplit(st.context.url or "").path or f"{base_path()}/"
    pairs = [(name, value) for name in st.query_params for value in st.query_params.get_all(name)]
    return f"{path}?{urlencode(pairs)}" if pairs else path
