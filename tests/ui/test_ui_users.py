"""用户管理: new users, links, roles, disabling, sessions; oneself and the last admin are looked after."""

from __future__ import annotations

import re
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pingchang_geo.access import Role, operator
from pingchang_geo.settings import settings
from pingchang_geo.ui import users_page
from pingchang_geo.workflow import start
from pingchang_geo.workflow.access import Access
from tests.ui.conftest import PASSWORD, Open, SignIn, access_of, button, words
from tests.ui.test_ui_permission import links

ADMIN = "管理员甲"
LINK = re.compile(r"/account/invite/([\w-]{43})")


@pytest.fixture
def desk(open_page: Open, sign_in: SignIn) -> AppTest:
    """The page, opened by an admin."""
    sign_in(Role.ADMIN, ADMIN)
    return open_page("users")


def chosen(app: AppTest, name: str) -> AppTest:
    app.selectbox(key="users_chosen").set_value(name)
    return app.run()


def listed(app: AppTest) -> dict[str, dict[str, Any]]:
    return {row["用户名"]: row for row in app.dataframe[0].value.to_dict("records")}


def add(app: AppTest, name: str, role: Role) -> AppTest:
    app.text_input[0].set_value(name)
    app.selectbox(key="users_new_role").set_value(role)
    button(app, "生成一次性链接").click()
    return app.run()


def role_to(app: AppTest, role: Role) -> AppTest:
    next(one for one in app.selectbox if str(one.key).startswith("users_role_")).set_value(role)
    button(app, "变更角色").click()
    return app.run()


def test_a_link_is_shown_once_and_works_once(desk: AppTest, access: Access) -> None:
    app = add(desk, " 李四 ", Role.ANALYST)
    (token,) = set(LINK.findall(links(app)))
    assert listed(app)["李四"]["状态"] == "待设置密码"
    assert listed(app)["李四"]["角色"] == "数据员"
    assert "只显示这一次" in words(app)
    assert app.text_input[0].value == ""
    app.run()
    assert not LINK.findall(links(app))
    assert token not in repr(app.session_state)
    signed = access.accept(token, PASSWORD)
    assert (signed.actor.name, signed.actor.role) == ("李四", Role.ANALYST)
    app.run()
    assert listed(app)["李四"]["状态"] == "正常"
    assert listed(app)["李四"]["最近登录"]


def test_no_link_is_logged(desk: AppTest, store: Any) -> None:
    (token,) = set(LINK.findall(links(add(desk, "李四", Role.VIEWER))))
    assert token not in str(store.audit())
    assert [(one.actor, one.action) for one in store.audit()][-1] == (ADMIN, "invite")


@pytest.mark.parametrize("name", ["", "<img src=x>", "-李四", "匿名"])
def test_a_name_that_will_not_do_is_said(desk: AppTest, name: str) -> None:
    app = add(desk, name, Role.VIEWER)
    assert app.warning
    assert not LINK.findall(links(app))
    assert list(listed(app)) == [ADMIN]


def test_a_role_is_changed(desk: AppTest, access: Access) -> None:
    access.invite("李四", Role.VIEWER, operator("测试"))
    app = role_to(chosen(desk.run(), "李四"), Role.ANALYST)
    assert "「李四」现在是数据员" in app.success[0].value.replace("\\", "")
    assert listed(app)["李四"]["角色"] == "数据员"
    assert "已是数据员" in role_to(app, Role.ANALYST).success[0].value


def test_disabling_ends_sessions_and_enabling_lets_in_again(desk: AppTest, access: Access) -> None:
    signed = access.accept(access.invite("李四", Role.VIEWER, operator("测试")), PASSWORD)
    app = chosen(desk.run(), "李四")
    button(app, "停用").click()
    app.run()
    assert listed(app)["李四"]["状态"] == "已停用"
    assert access.current(signed.actor.session) is None
    assert not [one for one in app.button if "重设密码" in one.label]
    button(app, "启用").click()
    app.run()
    assert listed(app)["李四"]["状态"] == "正常"


def test_all_sessions_of_somebody_are_ended(desk: AppTest, access: Access) -> None:
    signed = access.accept(access.invite("李四", Role.VIEWER, operator("测试")), PASSWORD)
    app = chosen(desk.run(), "李四")
    button(app, "结束全部会话").click()
    app.run()
    assert "1 个会话" in app.success[0].value
    assert access.who(signed.token) is None


def test_a_new_link_resets_a_password(desk: AppTest, access: Access) -> None:
    old = access.invite("李四", Role.VIEWER, operator("测试"))
    app = chosen(desk.run(), "李四")
    button(app, "重新生成链接").click()
    app.run()
    (token,) = set(LINK.findall(links(app)))
    assert access.invitation(old) is None
    access.accept(token, PASSWORD)
    app.run()
    assert button(app, "重设密码链接")


@pytest.mark.parametrize("what", ["role", "停用", "结束全部会话"])
def test_oneself_is_asked_first(desk: AppTest, access: Access, what: str) -> None:
    access.accept(access.invite("管理员乙", Role.ADMIN, operator("测试")), PASSWORD)

    def done(app: AppTest) -> AppTest:
        if what == "role":
            return role_to(app, Role.VIEWER)
        button(app, what).click()
        return app.run()

    app = done(chosen(desk.run(), ADMIN))
    assert "这是您自己的账户" in words(app)
    assert listed(app)[ADMIN]["角色"] == "管理员"
    app.checkbox[0].check()
    app = done(app.run())
    assert "没有管理用户的权限" in words(app) if what == "role" else "登录已失效" in words(app)
    assert not app.dataframe


def test_the_last_admin_stays(desk: AppTest, access: Access) -> None:
    app = chosen(desk, ADMIN)
    app.checkbox[0].check()
    app = role_to(app.run(), Role.VIEWER)
    assert "最后一个可用的管理员" in words(app)
    assert listed(app)[ADMIN]["角色"] == "管理员"
    button(app, "停用").click()
    app.run()
    assert "最后一个可用的管理员" in words(app)
    assert listed(app)[ADMIN]["状态"] == "正常"


def test_an_action_of_a_session_that_ended_is_not_done(desk: AppTest, access: Access) -> None:
    access.invite("李四", Role.VIEWER, operator("测试"))
    app = chosen(desk.run(), "李四")
    access.revoke_all(ADMIN, operator("测试"))
    button(app, "停用").click()
    app.run()
    assert "登录已失效" in words(app)
    assert "刚才的操作没有执行" in words(app)
    assert not next(user for user in access.users(operator("测试")) if user.name == "李四").disabled
    assert access.invitation("x") is None


def test_users_of_elsewhere_are_admitted_without_a_link(
    open_page: Open, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind = access_of(store, identity="proxy", trusted_proxies=("10.0.0.1",), admins=(ADMIN,))
    chosen_settings = settings().model_copy(update={"identity": "proxy"})
    monkeypatch.setattr(users_page, "settings", lambda: chosen_settings)
    monkeypatch.setattr(start, "access", lambda: behind)
    session = behind.proxied(ADMIN, None).session
    monkeypatch.setattr("pingchang_geo.ui.permission._session", lambda: session)
    app = open_page("users")
    app.text_input[0].set_value("李四")
    app.selectbox(key="users_new_role").set_value(Role.ANALYST)
    button(app, "登记").click()
    app.run()
    assert listed(app)["李四"]["身份来源"] == "上级代理"
    assert not LINK.findall(links(app))
    assert not [one for one in chosen(app, "李四").button if "链接" in one.label]
    app = chosen(app, ADMIN)
    app.checkbox[0].check()
    assert "由设置 admins 指定" in role_to(app.run(), Role.VIEWER).warning[0].value


def test_unknown_parameters_are_named(open_page: Open, sign_in: SignIn) -> None:
    sign_in(Role.ADMIN, ADMIN)
    assert "nonsense" in open_page("users", nonsense="1").toast[0].value


def test_a_parameter_cannot_smuggle_a_link_into_the_notice(open_page: Open, sign_in: SignIn) -> None:
    sign_in(Role.ADMIN, ADMIN)
    shown = open_page("users", **{"[请重新登录](https://a.example/login)" + "x" * 500: "1"}).toast[0].value
    assert "](http" not in shown
    assert "https\\:\u2060//" in shown
    assert len(shown) < 120
