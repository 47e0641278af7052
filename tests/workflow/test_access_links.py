"""One-time links and accounts: used once, by one; never a system without an admin."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo.access import ANONYMOUS, Invitation, Role
from pingchang_geo.errors import AccessError, ForbiddenError, LinkError, SignInError, StoreError
from pingchang_geo.settings import Settings
from pingchang_geo.workflow.access import invitation_address
from tests.access_desk import HERE, HOUR, OPERATOR, OTHER_PASSWORD, PASSWORD, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def together(*calls: Callable[[], object]) -> list[object]:
    """What several calls at the same moment gave, or the errors they raised."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return call()
        except AccessError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


# -- links


def test_a_link_is_good_for_three_days_and_once(desk: Desk) -> None:
    token = desk.access.invite("张三", Role.ANALYST, OPERATOR)
    assert desk.last() == ("root", "invite", {"name": "张三", "role": "analyst"})
    desk.later(72 * HOUR - 1)
    assert desk.access.invitation(token) == Invitation("张三", Role.ANALYST, "2027-01-18T08:00:00Z")
    signed = desk.access.accept(token, PASSWORD)
    assert desk.last() == ("张三", "accept", {"role": "analyst"})
    assert desk.access.who(signed.token) == signed.actor
    assert desk.access.invitation(token) is None
    with pytest.raises(LinkError, match="已用过"):
        desk.access.accept(token, OTHER_PASSWORD)
    assert desk.access.sign_in("张三", PASSWORD, HERE)


def test_an_old_link_is_void(desk: Desk) -> None:
    token = desk.access.invite("张三", Role.ANALYST, OPERATOR)
    desk.later(72 * HOUR)
    assert desk.access.invitation(token) is None
    with pytest.raises(LinkError):
        desk.access.accept(token, PASSWORD)


def test_a_newer_link_voids_the_older(desk: Desk) -> None:
    old = desk.access.invite("张三", Role.ANALYST, OPERATOR)
    new = desk.access.invite("张三", None, OPERATOR)
    assert desk.access.invitation(old) is None
    assert desk.access.accept(new, PASSWORD).actor.role is Role.ANALYST


def test_the_role_is_the_one_at_the_time_of_use(desk: Desk) -> None:
    token = desk.access.invite("张三", Role.ADMIN, OPERATOR)
    desk.access.set_role("张三", Role.VIEWER, OPERATOR)
    invitation = desk.access.invitation(token)
    assert invitation is not None and invitation.role is Role.VIEWER
    assert desk.access.accept(token, PASSWORD).actor.role is Role.VIEWER


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "0" * 64, "' OR 1=1 --" + "x" * 32, "\ud800" * 43])
def test_links_that_never_were(desk: Desk, token: str) -> None:
    desk.access.invite("张三", Role.ANALYST, OPERATOR)
    assert desk.access.invitation(token) is None
    with pytest.raises(LinkError):
        desk.access.accept(token, PASSWORD)


def test_a_session_is_no_link_and_a_link_no_session(desk: Desk) -> None:
    signed = desk.user("张三")
    link = desk.access.invite("张三", None, OPERATOR)
    assert desk.access.invitation(signed.token) is None
    assert desk.access.who(link) is None


def test_a_weak_password_leaves_the_link_good(desk: Desk) -> None:
    token = desk.access.invite("张三", Role.ANALYST, OPERATOR)
    with pytest.raises(AccessError, match="密码应为"):
        desk.access.accept(token, "short")
    assert desk.access.accept(token, PASSWORD)


def test_a_reset_ends_the_sessions_and_the_old_password(desk: Desk) -> None:
    before = desk.user("张三", Role.ANALYST)
    token = desk.access.invite("张三", Role.ANALYST, OPERATOR)
    assert desk.access.who(before.token) is not None  # until it is used
    after = desk.access.accept(token, OTHER_PASSWORD)
    assert desk.access.who(before.token) is None
    assert desk.access.who(after.token) is not None
    with pytest.raises(SignInError):
        desk.access.sign_in("张三", PASSWORD, HERE)


@pytest.mark.parametrize("attempt", range(5))
def test_of_two_who_use_a_link_at_once_one_wins(desk: Desk, attempt: int) -> None:
    token = desk.access.invite("张三", Role.ANALYST, OPERATOR)
    chosen = [f"{PASSWORD}{number}" for number in range(4)]
    answers = together(*(lambda password=password: desk.access.accept(token, password) for password in chosen))
    won = [password for password, answer in zip(chosen, answers, strict=True) if not isinstance(answer, Exception)]
    assert len(won) == 1
    assert [type(answer) for answer in answers].count(LinkError) == 3
    assert desk.actions().count("accept") == 1
    for password in chosen:
        if password in won:
            assert desk.access.sign_in("张三", password, HERE)
        else:
            with pytest.raises(SignInError):
                desk.access.sign_in("张三", password, HERE)


@pytest.mark.parametrize(
    ("name", "role", "said"),
    [
        ("nobody", None, "没有用户「nobody」"),
        ("张三", Role.ADMIN, "已是查看者"),
        ("李四", None, "已停用"),
        ("系统", Role.ADMIN, "系统保留"),
        ("a\nb", Role.VIEWER, "用户名不能使用"),
    ],
)
def test_links_that_are_not_given(desk: Desk, name: str, role: Role | None, said: str) -> None:
    desk.user("张三")
    desk.user("李四")
    desk.access.set_disabled("李四", True, OPERATOR)
    before = desk.access.users(OPERATOR)
    with pytest.raises(AccessError, match=said):
        desk.access.invite(name, role, OPERATOR)
    assert desk.access.users(OPERATOR) == before


def test_a_disabled_user_cannot_use_an_earlier_link(desk: Desk) -> None:
    token = desk.access.invite("张三", Role.ANALYST, OPERATOR)
    desk.access.set_disabled("张三", True, OPERATOR)
    desk.access.set_disabled("张三", False, OPERATOR)
    with pytest.raises(LinkError):
        desk.access.accept(token, PASSWORD)


@pytest.mark.parametrize(
    ("public_url", "address"),
    [
        ("https://map.example.org/geo", "https://map.example.org/geo/account/invite/TOKEN"),
        ("", "http://服务器地址:端口/account/invite/TOKEN"),
    ],
)
def test_addresses_of_links(public_url: str, address: str) -> None:
    assert invitation_address(Settings(public_url=public_url), "TOKEN") == address


# -- the first admin


def test_the_first_link_makes_the_first_admin(desk: Desk) -> None:
    void, token = desk.access.first_link(), desk.access.first_link()
    assert void is not None and token is not None
    assert desk.access.users(OPERATOR) == ()  # nobody, before it is used
    assert desk.access.invitation(void) is None
    signed = desk.access.accept(token, PASSWORD)
    assert (signed.actor.name, signed.actor.role) == ("admin", Role.ADMIN)
    assert desk.access.first_link() is None
    assert desk.access.sign_in("admin", PASSWORD, HERE)


def test_the_first_link_is_void_once_there_is_an_admin(desk: Desk) -> None:
    token = desk.access.first_link()
    assert token is not None
    desk.user("张三", Role.ADMIN)
    assert desk.access.invitation(token) is None
    with pytest.raises(LinkError):
        desk.access.accept(token, PASSWORD)
    assert [user.name for user in desk.access.users(OPERATOR)] == ["张三"]


def test_the_first_link_takes_nobodys_account(desk: Desk) -> None:
    viewer = desk.user("admin")
    token = desk.access.first_link()
    assert token is not None
    assert desk.access.accept(token, OTHER_PASSWORD).actor.name == "admin2"
    assert desk.access.who(viewer.token) == viewer.actor
    assert viewer.actor.role is Role.VIEWER


def test_a_name_taken_in_between_voids_the_first_link(desk: Desk) -> None:
    token = desk.access.first_link()
    assert token is not None
    desk.user("Admin")
    with pytest.raises(LinkError):
        desk.access.accept(token, OTHER_PASSWORD)
    assert [user.role for user in desk.access.users(OPERATOR)] == [Role.VIEWER]


@pytest.mark.parametrize("attempt", range(3))
def test_two_first_links_make_one_admin(desk: Desk, attempt: int) -> None:
    """The process of the command line and the server's both print one; the older one is void at any moment."""
    tokens = [desk.access.first_link() for _ in range(2)]
    answers = together(*(lambda token=token: desk.access.accept(token or "", PASSWORD) for token in tokens))
    assert [isinstance(answer, LinkError) for answer in answers] == [True, False]
    assert len(desk.access.users(OPERATOR)) == 1


def test_an_admin_who_has_not_chosen_a_password_is_none_yet(desk: Desk) -> None:
    desk.access.invite("张三", Role.ADMIN, OPERATOR)
    assert desk.access.first_link() is not None


# -- roles


def test_what_a_list_of_users_says(desk: Desk) -> None:
    desk.user("张三", Role.ADMIN)
    desk.access.invite("李四", Role.ANALYST, OPERATOR)
    desk.access.set_disabled("李四", True, OPERATOR)
    found = {user.name: user for user in desk.access.users(OPERATOR)}
    zhang, li = found["张三"], found["李四"]
    assert (zhang.role, zhang.disabled, zhang.pending) == (Role.ADMIN, False, False)
    assert (zhang.created_at, zhang.signed_in_at) == ("2027-01-15T08:00:00Z", "2027-01-15T08:00:00Z")
    assert (li.role, li.disabled, li.pending, li.signed_in_at) == (Role.ANALYST, True, True, "")
    assert not hasattr(zhang, "password")


@pytest.mark.parametrize("role", [None, Role.VIEWER, Role.ANALYST])
def test_only_admins_administer(desk: Desk, role: Role | None) -> None:
    desk.user("管", Role.ADMIN)
    actor = desk.actor("张三", role) if role else ANONYMOUS
    before = desk.access.users(OPERATOR)
    for call in (
        lambda: desk.access.users(actor),
        lambda: desk.access.invite("王五", Role.ADMIN, actor),
        lambda: desk.access.invite("管", None, actor),
        lambda: desk.access.set_role("张三", Role.ADMIN, actor),
        lambda: desk.access.set_disabled("管", True, actor),
        lambda: desk.access.revoke_all("管", actor),
    ):
        with pytest.raises(ForbiddenError):
            call()
        assert desk.last() == (actor.name or "匿名", "forbidden", {"right": "administer"})
    assert desk.access.users(OPERATOR) == before


def test_roles_are_logged_with_what_was_before(desk: Desk) -> None:
    admin = desk.actor("管", Role.ADMIN)
    desk.user("张三")
    desk.access.set_role("张三", Role.ANALYST, admin)
    assert desk.last() == ("管", "role", {"name": "张三", "role": "analyst", "before": "viewer"})
    lines = len(desk.lines)
    desk.access.set_role("张三", Role.ANALYST, admin)
    desk.access.set_disabled("张三", False, admin)
    assert len(desk.lines) == lines  # nothing changed
    desk.access.set_disabled("张三", True, admin)
    desk.access.set_disabled("张三", False, admin)
    assert desk.actions()[-2:] == ["disable", "enable"]


def test_nobody_who_is_not_there(desk: Desk) -> None:
    for call in (
        lambda: desk.access.set_role("nobody", Role.ADMIN, OPERATOR),
        lambda: desk.access.set_disabled("nobody", True, OPERATOR),
        lambda: desk.access.revoke_all("nobody", OPERATOR),
    ):
        with pytest.raises(AccessError, match="没有用户「nobody」"):
            call()


def test_the_last_admin_stays(desk: Desk) -> None:
    admin = desk.actor("管", Role.ADMIN)
    desk.access.invite("待", Role.ADMIN, OPERATOR)  # cannot sign in yet, so does not count
    lines = list(desk.lines)
    for call in (
        lambda: desk.access.set_role("管", Role.ANALYST, admin),
        lambda: desk.access.set_disabled("管", True, admin),
        lambda: desk.access.set_disabled("管", True, OPERATOR),
    ):
        with pytest.raises(AccessError, match="最后一个可用的管理员"):
            call()
    assert desk.lines == lines  # what was not done is not logged as done
    assert desk.access.current(admin.session) == admin
    desk.user("副", Role.ADMIN)
    desk.access.set_role("管", Role.ANALYST, admin)
    assert desk.access.first_link() is None


@pytest.mark.parametrize("attempt", range(8))
def test_two_admins_who_demote_each_other_at_once(desk: Desk, attempt: int) -> None:
    one, two = desk.actor("甲", Role.ADMIN), desk.actor("乙", Role.ADMIN)
    answers = together(
        lambda: desk.access.set_role("乙", Role.VIEWER, one), lambda: desk.access.set_disabled("甲", True, two)
    )
    assert sum(isinstance(answer, AccessError) for answer in answers) == 1
    usable = [user for user in desk.access.users(OPERATOR) if user.role is Role.ADMIN and not user.disabled]
    assert len(usable) == 1


Move = tuple[str, str]
MOVES: st.SearchStrategy[list[Move]] = st.lists(
    st.tuples(st.sampled_from(["甲", "乙", "丙"]), st.sampled_from(["viewer", "admin", "disable", "enable", "revoke"])),
    max_size=25,
)


@given(MOVES)
def test_no_order_of_changes_leaves_nobody_in_charge(
    tmp_path_factory: pytest.TempPathFactory, moves: Sequence[Move]
) -> None:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    for name in ("甲", "乙", "丙"):
        desk.user(name, Role.ADMIN)
    for name, move in moves:
        try:
            if move in ("viewer", "admin"):
                desk.access.set_role(name, Role(move), OPERATOR)
            elif move == "revoke":
                desk.access.revoke_all(name, OPERATOR)
            else:
                desk.access.set_disabled(name, move == "disable", OPERATOR)
        except AccessError as error:
            assert "最后一个" in error.message
        users = desk.access.users(OPERATOR)
        assert any(user.role is Role.ADMIN and not user.disabled and not user.pending for user in users)
    assert desk.access.first_link() is None


def test_admins_of_the_settings_stay_admins(tmp_path: Path) -> None:
    desk = Desk(tmp_path, identity="proxy", trusted_proxies=("10.0.0.1/32",), admins=("Wang",))
    assert desk.access.proxied("wang", Role.VIEWER).role is Role.ADMIN
    assert [user.role for user in desk.access.users(OPERATOR)] == [Role.ADMIN]
    with pytest.raises(AccessError, match="由设置 admins 指定"):
        desk.access.set_role("wang", Role.VIEWER, OPERATOR)
    with pytest.raises(AccessError, match="最后一个可用的管理员"):
        desk.access.set_disabled("wang", True, OPERATOR)


def test_no_change_without_a_line_in_the_log(desk: Desk) -> None:
    """The log cannot be written: nothing is changed, nobody gets in."""
    signed = desk.user("管", Role.ADMIN)
    desk.user("张三")
    link = desk.access.invite("张三", None, OPERATOR)
    before = desk.access.users(OPERATOR)

    def full(*_: object) -> None:
        raise StoreError("目录库无法读写：磁盘已满；未作任何更改。")

    desk.access._log = full
    calls = itertools.chain(
        [lambda: desk.access.sign_in("张三", PASSWORD, HERE)],
        [lambda: desk.access.accept(link, OTHER_PASSWORD)],
        [lambda: desk.access.invite("王五", Role.VIEWER, OPERATOR)],
        [lambda: desk.access.set_role("张三", Role.ADMIN, OPERATOR)],
        [lambda: desk.access.set_disabled("张三", True, OPERATOR)],
        [lambda: desk.access.revoke_all("管", OPERATOR)],
        [lambda: desk.access.change_password(signed.token, PASSWORD, OTHER_PASSWORD)],
        [lambda: desk.access.sign_out(signed.token)],
    )
    for call in calls:
        with pytest.raises(StoreError):
            call()
    assert desk.access.users(OPERATOR) == before
    assert desk.access.who(signed.token) == signed.actor
    assert desk.access.invitation(link) is not None
