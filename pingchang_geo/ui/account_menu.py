"""The account menu at the end of the status line: sign in, or who has signed in, password and sign-out."""

from __future__ import annotations

import html
from typing import Final

import streamlit as st

from pingchang_geo.access import Source
from pingchang_geo.ui import permission
from pingchang_geo.ui.text import plain

_LINK: Final = '<a class="account-link" href="{}">{}</a>'


def account_menu() -> None:
    """One link, or a pop-over under the user's name."""
    who = permission.actor()
    if who.role is None:
        words = "重新登录" if permission.ended() else "登录"
        with st.container(key="account_menu", width="content"):
            _link(permission.sign_in_address(), words)
        return
    with (
        st.container(key="account_menu", width="content"),
        st.popover(plain(who.name), icon=":material/account_circle:", type="tertiary", width="content"),
    ):
        st.markdown(f"**{plain(who.name)}**　:gray[{who.role.label}]")
        if who.source == Source.ACCOUNTS:
            _link(permission.account_address("password"), "修改密码")
        if who.source != Source.PROXY:  # there the proxy would sign in again at once
            _link(permission.account_address("logout"), "退出登录")


def _link(address: str, words: str) -> None:
    """A link in the same window; a link in Markdown would open another."""
    st.html(_LINK.format(html.escape(address), html.escape(words)))
