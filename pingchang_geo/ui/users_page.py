"""用户管理: accounts with role, source and state; one-time links, roles, disabling, sessions. For admins."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

import pandas as pd
import streamlit as st

from pingchang_geo.access import Actor, Right, Role, Source, User
from pingchang_geo.access.names import name_key
from pingchang_geo.errors import AccessError
from pingchang_geo.settings import settings
from pingchang_geo.ui import asked, permission, scripts
from pingchang_geo.ui.frame import footer, guarded
from pingchang_geo.ui.registry import page_of
from pingchang_geo.ui.state import notice
from pingchang_geo.ui.status_line import status_line
from pingchang_geo.ui.text import local_time, plain
from pingchang_geo.workflow import start
from pingchang_geo.workflow.access.administration import LINK_HOURS

_PAGE: Final = "users"
_COLUMNS: Final = (0.6, 0.4)
_CHOSEN, _TABLE, _SURE, _ROLE, _LINK = "users_chosen", "users_table", "users_sure", "users_role", "users_link"
_NAME, _NEW_ROLE = "users_new_name", "users_new_role"
_ROLES_SAID: Final = "查看者：查看全部页面；数据员：另可上传、发布、回退数据；管理员：另可查看操作日志、管理用户。"
#: Works without the script, too: a click selects the whole address.
_BOX: Final = '<div id="one_time_link">{}</div><button id="one_time_copy" type="button">复制链接</button>'


def users_page() -> None:
    """The list, beside it what can be done."""
    page = page_of(_PAGE)
    with guarded():
        desk = asked.desk(_PAGE)
        undone = not permission.may(Right.ADMINISTER) and desk.drop()
        desk.settle()
        if unknown := [name for name in st.query_params if name != "view"]:
            notice(unknown)
            st.query_params.clear()
        status_line(page, [], None, None)
        who = permission.actor()  # after what was asked for: it may have been about oneself
        if not who.may(Right.ADMINISTER):
            permission.refused(Right.ADMINISTER, undone=undone)
            return
        users = {user.name: user for user in start.access().users(who)}
        left, right = st.columns(_COLUMNS, gap="medium")
        with right:
            _new(desk)
            desk.told()
            _one(users, who, desk)
        with left:
            _list(users)
        if (link := st.session_state.pop(_LINK, None)) is not None:
            _show_link(*link)
        footer()


# -- the list


def _list(users: dict[str, User]) -> None:
    names = list(users)

    def picked() -> None:
        if rows := st.session_state[_TABLE].selection.rows:
            st.session_state[_CHOSEN] = names[rows[0]]

    st.markdown(f"##### 用户　:gray[:small[{len(users)} 个]]")
    if not users:
        st.caption("还没有用户。")
        return
    st.dataframe(
        pd.DataFrame([_row(user) for user in users.values()]),
        key=_TABLE,
        hide_index=True,
        height=min(560, 40 + 35 * len(users)),
        on_select=picked,
        selection_mode="single-row",
        placeholder="—",
        alt="用户",
    )
    st.caption(f"点选一行即可管理该用户。  \n{_ROLES_SAID}")


def _row(user: User) -> dict[str, str | None]:
    return {
        "用户名": user.name,
        "角色": user.role.label,
        "状态": _state(user),
        "最近登录": local_time(user.signed_in_at) if user.signed_in_at else None,
        "身份来源": Source(user.source).label,
        "建立时间": local_time(user.created_at),
    }


def _state(user: User) -> str:
    if user.disabled:
        return "已停用"
    if user.source != settings().identity:
        return "身份来源未启用"
    return "待设置密码" if user.pending else "正常"


# -- a new one


def _new(desk: asked.Desk) -> None:
    own = _own()
    with st.container(border=True, key="users_new"):
        st.markdown("##### 新增用户" if own else "##### 登记用户")
        with (
            st.form("users_new_form", border=False),
            st.container(horizontal=True, vertical_alignment="bottom", gap="small"),
        ):
            st.text_input("用户名", key=f"{_NAME}_{desk.turn}", max_chars=64, placeholder="姓名或工号")
            st.selectbox("角色", list(Role), key=_NEW_ROLE, format_func=lambda role: role.label, width=130)
            words = "生成一次性链接" if own else "登记"
            st.form_submit_button(words, type="primary", on_click=desk.ask, args=(lambda: _created(desk),))
        st.caption(_how(own))


def _own() -> bool:
    """Whether accounts are kept here, passwords included."""
    return settings().identity == "accounts"


def _how(own: bool) -> str:
    if own:
        return f"把链接交给本人，由其自己设置密码；链接 {LINK_HOURS} 小时内有效，只能用一次。"
    if settings().roles_outside:
        return "密码由统一身份认证管理；角色以其给出的为准，未给出时用此处登记的。"
    return "密码由统一身份认证管理；未登记的用户首次登录时为查看者。"


def _created(desk: asked.Desk) -> str:
    name, role = str(st.session_state.get(f"{_NAME}_{desk.turn}") or ""), Role(st.session_state[_NEW_ROLE])
    by = permission.require(Right.ADMINISTER)
    if not _own():
        start.access().admit(name, role, by)
        desk.turn += 1  # an empty field next time
        return f"已登记「{name.strip()}」，角色为{role.label}。"
    st.session_state[_LINK] = (name.strip(), _address(start.access().invite(name, role, by)))
    desk.turn += 1
    return f"已为「{name.strip()}」（{role.label}）生成一次性链接。"


# -- one of them


def _one(users: dict[str, User], who: Actor, desk: asked.Desk) -> None:
    if not users:
        return
    with st.container(border=True, key="users_one"):
        st.markdown("##### 管理用户")
        if st.session_state.get(_CHOSEN) not in users:
            st.session_state[_CHOSEN] = None
        name = st.selectbox(
            "用户", list(users), key=_CHOSEN, placeholder="选择用户，可输入姓名查找", label_visibility="collapsed"
        )
        if name is None:
            st.caption("选择一个用户，变更角色、停用、结束会话或重设密码。")
            return
        user, mine = users[name], name_key(name) == name_key(who.name)
        st.markdown(f"**{plain(name)}**　{user.role.label} · {_state(user)}" + ("　:gray[（您自己）]" if mine else ""))
        if mine:
            st.checkbox(
                "这是我自己的账户，确认降低角色、停用或结束会话", key=f"{_SURE}_{name}", help="之后须由其他管理员恢复。"
            )
        _role(user, mine, desk)
        _actions(user, mine, desk)


def _role(user: User, mine: bool, desk: asked.Desk) -> None:
    key = f"{_ROLE}_{user.name}_{user.role.value}"  # begins with the present role again after a change

    def changed() -> str:
        role = Role(st.session_state[key])
        if role is user.role:
            return f"「{user.name}」已是{role.label}。"
        if mine:
            _be_sure(user)
        start.access().set_role(user.name, role, permission.require(Right.ADMINISTER))
        return f"「{user.name}」现在是{role.label}，打开着的页面立即生效。"

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        roles = list(Role)
        st.selectbox("角色", roles, roles.index(user.role), key=key, format_func=lambda role: role.label, width=150)
        st.button("变更角色", key="users_set_role", on_click=desk.ask, args=(changed,))


def _actions(user: User, mine: bool, desk: asked.Desk) -> None:
    def sure(action: Callable[[Actor], str]) -> Callable[[], str]:
        def act() -> str:
            if mine:
                _be_sure(user)
            return action(permission.require(Right.ADMINISTER))

        return act

    def linked() -> str:
        token = start.access().invite(user.name, None, permission.require(Right.ADMINISTER))
        st.session_state[_LINK] = (user.name, _address(token))
        return f"已为「{user.name}」生成一次性链接，以前的链接作废。"

    with st.container(horizontal=True, gap="small"):
        if _own() and user.source == Source.ACCOUNTS and not user.disabled:
            words = "重新生成链接" if user.pending else "重设密码链接"
            st.button(words, icon=":material/key:", key="users_relink", on_click=desk.ask, args=(linked,))
        st.button(
            "结束全部会话",
            icon=":material/logout:",
            key="users_revoke",
            on_click=desk.ask,
            args=(sure(lambda by: _revoked(user, by)),),
            help="该用户在所有设备上立即退出登录，未用的一次性链接作废。",
        )
        st.button(
            "启用" if user.disabled else "停用",
            icon=":material/person_check:" if user.disabled else ":material/person_off:",
            key="users_disable",
            on_click=desk.ask,
            args=(sure(lambda by: _disabled(user, by)),),
        )


def _revoked(user: User, by: Actor) -> str:
    ended = start.access().revoke_all(user.name, by)
    return f"已结束「{user.name}」的 {ended} 个会话。"


def _disabled(user: User, by: Actor) -> str:
    start.access().set_disabled(user.name, not user.disabled, by)
    return f"已启用「{user.name}」。" if user.disabled else f"已停用「{user.name}」，其会话和链接已结束。"


def _be_sure(user: User) -> None:
    if not st.session_state.get(f"{_SURE}_{user.name}"):
        raise AccessError("这是您自己的账户，没有执行。", fix="确需如此，请先勾选确认。")


# -- links


def _address(token: str) -> str:
    """Where a one-time link leads: under the public address, or under the one this page was opened with."""
    base = settings().public_url
    if not base:
        here = urlsplit(st.context.url or "")
        base = f"{here.scheme}://{here.netloc}{permission.base_path()}"
    return f"{base}/account/invite/{token}"


@st.dialog("一次性链接", width="medium")
def _show_link(name: str, address: str) -> None:
    """The link, this once: it is kept nowhere, and gone when the window is closed."""
    st.markdown(f"请把下面的链接交给「{plain(name)}」本人，用于设置密码：")
    st.html(_BOX.format(html.escape(address)) + scripts.COPY, unsafe_allow_javascript=True)
    st.caption(
        f"链接只显示这一次，{LINK_HOURS} 小时内有效，只能用一次。谁拿到链接谁就能设置密码，请当面或用可靠的方式转交；"
        "遗失或外泄时重新生成即可，旧链接随之作废。"
    )
