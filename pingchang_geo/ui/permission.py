"""Who may change data from a page.

Until accounts are set up, only somebody at the server itself may, unless the operator has opened it to everybody.
"""

from __future__ import annotations

import streamlit as st

from pingchang_geo.settings import settings

#: Headers by which a proxy in front of us shows that the reader sits elsewhere.
_FORWARDED = ("X-Forwarded-For", "X-Real-Ip", "Forwarded")


def may_publish() -> bool:
    """Whether this reader may upload, publish and go back."""
    if settings().open_publishing:
        return True
    forwarded = any(name in st.context.headers for name in _FORWARDED)
    return st.context.ip_address is None and not forwarded  # None: the server's own machine


def refused() -> None:
    """Say why not, and what to do."""
    st.info(
        "**在这台电脑上只能查看。** 上传、发布和回退目前只能在服务器本机上操作；"
        "如需对本网内所有人开放，请系统管理员设置 `PINGCHANG_OPEN_PUBLISHING=true` 后重启，或使用命令行 "
        "`python -m pingchang_geo publish`。",
        icon=":material/lock:",
    )
