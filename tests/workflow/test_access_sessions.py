"""Coming and going: cookies that are good, forged, old, revoked and replayed; three identity sources."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher, extract_parameters
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo.access import ANONYMOUS, Actor, Right, Role, User
from pingchang_geo.access.passwords import Passwords
from pingchang_geo.access.tokens import new_token, public_id
from pingchang_geo.errors import AccessError, ForbiddenError, SignInError, StoreError
from tests.access_desk import DAY, HERE, HOUR, MINUTE, OPERATOR, OTHER_PASSWORD, PASSWORD, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_sign_in_gives_a_session_that_is_its_owners(desk: Desk) -> None:
    desk.user("张三", Role.ANALYST)
    signed = desk.access.sign_in("张三", PASSWORD, HERE)
    assert signed.actor == Actor("张三", Role.ANALYST, public_id(signed.token), "accounts")
    assert desk.access.who(signed.token) == desk.access.current(signed.actor.session) == signed.actor
    assert desk.last() == ("张三", "sign_in", {"address": HERE, "source": "accounts"})


@pytest.mark.parametrize("spelling", ["Li.Si", "li.si", " LI.SI ", "ｌｉ.ｓｉ"])
def test_a_name_is_found_however_it_is_written(desk: Desk, spelling: str) -> None:
    desk.user("Li.Si")
    assert desk.access.sign_in(spelling, PASSWORD, HERE).actor.name == "Li.Si"


@pytest.mark.parametrize("name", ["张三", "nobody", "", "\x00", "x" * 5000, "\ud800", "' OR 1=1 --"])
def test_wrong_name_and_wrong_password_sound_the_same(desk: Desk, name: str) -> None:
    desk.user("张三")
    with pytest.raises(SignInError) as caught:
        desk.access.sign_in(name, "wrong password", HERE)
    assert str(caught.value) == "用户名或密码不正确。 请检查后重试；忘记密码或账户停用请联系管理员。"
    assert desk.last()[:2] == ("匿名", "sign_in_failed")


def test_unknown_pending_and_disabled_cost_the_same_work(tmp_path: Path) -> None:
    """Every refusal verifies exactly one hash of the same parameters."""
    verified = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:
            verified.append(hash)
            return super().verify(hash, password)

    desk = Desk(tmp_path, Passwords(Counting(time_cost=1, memory_cost=8, parallelism=1)))
    desk.user("张三")
    desk.user("李四")
    desk.access.set_disabled("李四", True, OPERATOR)
    desk.access.invite("王五", Role.VIEWER, OPERATOR)
    for name in ("张三", "李四", "王五", "nobody"):
        verified.clear()
        with pytest.raises(SignInError):
            desk.access.sign_in(name, "wrong password", HERE)
        assert len(verified) == 1, name
    verified.clear()
    with pytest.raises(SignInError):
        desk.access.sign_in("李四", PASSWORD, HERE)
    assert len(verified) == 1


def test_what_is_typed_into_the_name_field_is_not_logged_unless_it_is_a_name(desk: Desk) -> None:
    desk.user("张三")
    with pytest.raises(SignInError):
        desk.access.sign_in("my-secret-password", "x", HERE)
    assert desk.last() == ("匿名", "sign_in_failed", {"address": HERE})
    with pytest.raises(SignInError):
        desk.access.sign_in("张三", "x", HERE)
    assert desk.last() == ("匿名", "sign_in_failed", {"address": HERE, "name": "张三"})


@pytest.mark.parametrize(
    "forge",
    [
        lambda token: "",
        lambda token: new_token(),
        lambda token: token[:-1],
        lambda token: token + "A",
        lambda token: token.swapcase(),
        public_id,  # the public id opens nothing
        lambda token: f"{token}\n",
        lambda token: "' OR '1'='1",
        lambda token: "\ud800" * 43,
        lambda token: "A" * 10**6,
    ],
)
def test_forged_cookies_are_nobodys(desk: Desk, forge: Callable[[str], str]) -> None:
    token = desk.user("张三").token
    assert desk.access.who(forge(token)) is None
    assert desk.access.who(token) is not None


def test_the_token_is_not_a_public_id(desk: Desk) -> None:
    signed = desk.user("张三")
    assert desk.access.current(signed.token) is None
    assert desk.access.current("") is None
    assert desk.access.current(public_id(new_token())) is None


def test_a_session_ends_when_it_is_not_used(desk: Desk) -> None:
    token = desk.user("张三").token
    desk.later(120 * MINUTE - 1)
    assert desk.access.who(token) is not None
    desk.later(120 * MINUTE - 1)
    assert desk.access.who(token) is not None  # use has renewed it
    desk.later(120 * MINUTE)
    assert desk.access.who(token) is None


def test_a_session_ends_however_much_it_is_used(desk: Desk) -> None:
    signed = desk.user("张三")
    for _ in range(12 * 60 - 1):
        desk.later(MINUTE)
        assert desk.access.current(signed.actor.session) is not None
    desk.later(MINUTE)
    assert desk.access.who(signed.token) is None
    assert desk.access.current(signed.actor.session) is None


@given(st.lists(st.integers(0, 3 * HOUR), max_size=12))
def test_no_pattern_of_use_outlives_the_limits(tmp_path_factory: pytest.TempPathFactory, pauses: list[int]) -> None:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    token = desk.user("张三").token
    begun, used = desk.now, desk.now
    for pause in pauses:
        desk.later(pause)
        alive = desk.access.who(token) is not None
        age, idle = desk.now - begun, desk.now - used
        assert not alive or (age < 12 * HOUR and idle < 120 * MINUTE)
        assert alive or age >= 12 * HOUR or idle >= 119 * MINUTE  # use is written down once a minute
        if not alive:
            break
        used = desk.now


def test_use_is_written_at_most_once_a_minute(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    token = desk.user("张三").token
    written = []
    changing = desk.directory.changing
    monkeypatch.setattr(desk.directory, "changing", lambda: (written.append(desk.now), changing())[1])
    for _ in range(180):
        desk.later(1)
        desk.access.who(token)
    assert len(written) == 3


def test_asking_whether_somebody_may_is_not_use(desk: Desk) -> None:
    signed = desk.user("张三", Role.ANALYST)
    for _ in range(4):
        desk.later(29 * MINUTE)
        desk.access.require(signed.actor, Right.UPDATE)
    desk.later(4 * MINUTE)
    with pytest.raises(ForbiddenError, match="登录已失效"):
        desk.access.require(signed.actor, Right.UPDATE)


def test_a_full_disk_ends_no_session(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    token = desk.user("张三").token

    def full() -> None:
        raise StoreError("账户库无法读写：磁盘已满；未作任何更改。")

    monkeypatch.setattr(desk.directory, "changing", full)
    desk.later(30 * MINUTE)
    assert desk.access.who(token) is not None


def test_a_token_that_was_signed_out_is_replayed_in_vain(desk: Desk) -> None:
    signed = desk.user("张三")
    desk.access.sign_out(signed.token)
    assert desk.last() == ("张三", "sign_out", {})
    assert desk.access.who(signed.token) is None
    desk.access.sign_out(signed.token)  # nothing to end any more
    assert desk.actions().count("sign_out") == 1
    with pytest.raises(ForbiddenError, match="登录已失效"):
        desk.access.require(signed.actor, Right.VIEW)


def test_revocation_ends_every_session_and_link(desk: Desk) -> None:
    admin = desk.actor("管", Role.ADMIN)
    tokens = [desk.user("张三").token, *(desk.access.sign_in("张三", PASSWORD, HERE).token for _ in range(2))]
    link = desk.access.invite("张三", None, admin)
    assert desk.access.revoke_all("张三", admin) == 3
    assert desk.last() == ("管", "revoke", {"name": "张三", "sessions": 3})
    assert [desk.access.who(token) for token in tokens] == [None] * 3
    assert desk.access.invitation(link) is None
    assert desk.access.current(admin.session) == admin


def test_one_may_end_ones_own_sessions_and_nobody_elses(desk: Desk) -> None:
    zhang, li = desk.actor("张三", Role.ANALYST), desk.actor("李四", Role.ANALYST)
    with pytest.raises(ForbiddenError, match="管理用户"):
        desk.access.revoke_all("李四", zhang)
    assert desk.access.revoke_all("张三", zhang) == 1
    assert desk.access.current(li.session) == li
    with pytest.raises(ForbiddenError):  # over now
        desk.access.revoke_all("张三", zhang)


def test_many_sessions_push_out_the_oldest(desk: Desk) -> None:
    desk.user("张三")
    tokens = []
    for _ in range(25):
        desk.later(1)
        tokens.append(desk.access.sign_in("张三", PASSWORD, HERE).token)
    assert [desk.access.who(token) is not None for token in tokens] == [False] * 5 + [True] * 20


def test_a_role_changes_in_open_sessions(desk: Desk) -> None:
    signed = desk.user("张三", Role.ADMIN)
    desk.user("李四", Role.ADMIN)
    desk.access.set_role("张三", Role.VIEWER, OPERATOR)
    assert desk.access.who(signed.token) == Actor("张三", Role.VIEWER, signed.actor.session)
    with pytest.raises(ForbiddenError, match="没有更新数据的权限，需要数据员角色"):
        desk.access.require(signed.actor, Right.UPDATE)  # the stale actor says admin


def test_a_disabled_user_is_out_at_once(desk: Desk) -> None:
    signed = desk.user("张三", Role.ANALYST)
    desk.access.set_disabled("张三", True, OPERATOR)
    assert desk.access.who(signed.token) is None
    with pytest.raises(SignInError, match="用户名或密码不正确"):
        desk.access.sign_in("张三", PASSWORD, HERE)
    desk.access.set_disabled("张三", False, OPERATOR)
    assert desk.access.who(signed.token) is None  # the old session is gone for good
    assert desk.access.sign_in("张三", PASSWORD, HERE).actor.role is Role.ANALYST


@pytest.mark.parametrize(
    "actor",
    [
        ANONYMOUS,
        Actor("张三", Role.ADMIN),
        Actor("张三", Role.ADMIN, "0" * 64),
        Actor("张三", Role.ADMIN, "nonsense", "oidc"),
    ],
)
def test_an_actor_that_says_it_is_admin_is_not_believed(desk: Desk, actor: Actor) -> None:
    desk.user("张三", Role.ADMIN)
    with pytest.raises(ForbiddenError):
        desk.access.require(actor, Right.UPDATE)
    assert desk.last() == (actor.name or "匿名", "forbidden", {"right": "update"})


def test_a_session_does_not_serve_another_name(desk: Desk) -> None:
    signed = desk.user("张三", Role.ADMIN)
    with pytest.raises(ForbiddenError):
        desk.access.require(Actor("李四", Role.ADMIN, signed.actor.session), Right.UPDATE)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("right", list(Right))
def test_require_is_the_table_of_rights(desk: Desk, role: Role, right: Right) -> None:
    actor = desk.actor("张三", role)
    if role.covers(right):
        assert desk.access.require(actor, right) == actor
    else:
        with pytest.raises(ForbiddenError):
            desk.access.require(actor, right)


@pytest.mark.parametrize(("viewing", "nobody"), [("open", True), ("closed", False)])
def test_who_may_view(tmp_path: Path, viewing: str, nobody: bool) -> None:
    access = Desk(tmp_path, viewing=viewing).access
    assert [access.may_view(None), access.may_view(ANONYMOUS)] == [nobody, nobody]
    assert access.may_view(Actor("张三", Role.VIEWER, "x"))


# -- passwords


def test_a_new_password_ends_all_other_sessions(desk: Desk) -> None:
    first = desk.user("张三")
    other = desk.access.sign_in("张三", PASSWORD, HERE)
    link = desk.access.invite("张三", None, OPERATOR)
    signed = desk.access.change_password(first.token, PASSWORD, OTHER_PASSWORD)
    assert desk.last() == ("张三", "password", {})
    assert [desk.access.who(one.token) for one in (first, other)] == [None, None]
    assert desk.access.who(signed.token) == signed.actor
    assert desk.access.invitation(link) is None
    with pytest.raises(SignInError):
        desk.access.sign_in("张三", PASSWORD, HERE)
    assert desk.access.sign_in("张三", OTHER_PASSWORD, HERE)


@pytest.mark.parametrize(
    ("old", "new", "error", "said"),
    [
        ("wrong", OTHER_PASSWORD, SignInError, "原密码不正确"),
        (PASSWORD, "short", AccessError, "应为"),
        (PASSWORD, PASSWORD, AccessError, "与原密码相同"),
    ],
)
def test_a_password_that_stays(desk: Desk, old: str, new: str, error: type[AccessError], said: str) -> None:
    signed = desk.user("张三")
    with pytest.raises(error, match=said):
        desk.access.change_password(signed.token, old, new)
    assert desk.access.who(signed.token) is not None
    assert desk.access.sign_in("张三", PASSWORD, HERE)


def test_a_stolen_cookie_cannot_guess_the_password(desk: Desk) -> None:
    token = desk.user("张三").token
    for _ in range(5):
        with pytest.raises(SignInError, match="原密码不正确"):
            desk.access.change_password(token, "wrong", OTHER_PASSWORD)
    with pytest.raises(SignInError, match="已锁定至"):
        desk.access.change_password(token, PASSWORD, OTHER_PASSWORD)


def test_a_dead_session_changes_no_password(desk: Desk) -> None:
    signed = desk.user("张三")
    desk.access.sign_out(signed.token)
    with pytest.raises(SignInError, match="登录已失效"):
        desk.access.change_password(signed.token, PASSWORD, OTHER_PASSWORD)


def test_nothing_secret_is_stored_or_logged(desk: Desk, tmp_path: Path) -> None:
    link = desk.access.invite("张三", Role.VIEWER, OPERATOR)
    signed = desk.access.accept(link, PASSWORD)
    changed = desk.access.change_password(signed.token, PASSWORD, OTHER_PASSWORD)
    content = b"".join(path.read_bytes() for path in tmp_path.glob("accounts.sqlite*"))
    for secret in (link, signed.token, changed.token, PASSWORD, OTHER_PASSWORD):
        assert secret.encode() not in content
        assert secret not in repr(desk.lines)
    with sqlite3.connect(tmp_path / "accounts.sqlite") as connection:
        (stored,) = connection.execute("SELECT password FROM user").fetchone()
    connection.close()
    assert stored.startswith("$argon2id$")


def test_a_hash_of_weaker_parameters_is_replaced_at_sign_in(desk: Desk) -> None:
    desk.user("张三")
    desk.passwords = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    assert desk.again().sign_in("张三", PASSWORD, HERE)
    with desk.directory.reading() as records:
        stored = records.password("张三")
    assert stored is not None and extract_parameters(stored).time_cost == 2
    assert desk.again().sign_in("张三", PASSWORD, HERE)


# -- other identity sources


OIDC = {
    "identity": "oidc",
    "oidc_issuer": "https://id.example.org",
    "oidc_client_id": "map",
    "oidc_client_secret": "x",
    "public_url": "https://map.example.org",
}
PROXY = {"identity": "proxy", "trusted_proxies": ("10.0.0.1/32",)}


def test_a_provider_makes_accounts_and_sets_roles(tmp_path: Path) -> None:
    desk = Desk(tmp_path, **OIDC, admins=("Wang",))
    first = desk.access.sign_in_as("zhang", source="oidc", role=None)
    assert (first.actor.role, first.actor.source) == (Role.VIEWER, "oidc")
    assert desk.access.who(first.token) == first.actor
    second = desk.access.sign_in_as("Zhang", source="oidc", role=Role.ANALYST)
    assert (second.actor.name, second.actor.role) == ("zhang", Role.ANALYST)
    assert desk.access.who(first.token) == Actor("zhang", Role.ANALYST, first.actor.session, "oidc")
    assert desk.access.sign_in_as("zhang", source="oidc", role=None).actor.role is Role.VIEWER
    assert desk.access.sign_in_as("wang", source="oidc", role=Role.VIEWER).actor.role is Role.ADMIN
    assert ("oidc", "role", {"name": "zhang", "role": "analyst", "before": "viewer"}) in desk.lines


@pytest.mark.parametrize("source", ["accounts", "proxy", "command", "saml"])
def test_only_the_source_in_force_signs_in(tmp_path: Path, source: str) -> None:
    desk = Desk(tmp_path, **OIDC)
    with pytest.raises(SignInError, match="没有启用"):
        desk.access.sign_in_as("zhang", source=source, role=Role.ADMIN)
    with pytest.raises(ForbiddenError):
        desk.access.proxied("zhang", Role.ADMIN)
    with pytest.raises(SignInError, match="统一身份认证"):
        desk.access.sign_in("zhang", PASSWORD, HERE)
    with pytest.raises(AccessError, match="统一身份认证"):
        desk.access.invite("zhang", Role.VIEWER, OPERATOR)
    assert desk.access.first_link() is None
    assert desk.access.users(OPERATOR) == ()


def test_accounts_alone_take_nobodys_word(desk: Desk) -> None:
    for source in ("oidc", "proxy", "accounts", "command"):
        with pytest.raises(SignInError):
            desk.access.sign_in_as("zhang", source=source, role=Role.ADMIN)
    with pytest.raises(ForbiddenError):
        desk.access.proxied("zhang", Role.ADMIN)


def test_another_source_inherits_neither_role_nor_sessions(desk: Desk) -> None:
    local = desk.user("zhang", Role.ADMIN)
    oidc = desk.again(**OIDC)
    assert oidc.who(local.token) is None
    signed = oidc.sign_in_as("zhang", source="oidc", role=None)
    assert signed.actor.role is Role.VIEWER
    assert desk.access.who(signed.token) is None  # and back again
    assert desk.access.who(local.token) is None
    with pytest.raises(SignInError):
        desk.access.sign_in("zhang", PASSWORD, HERE)
    token = desk.access.invite("zhang", Role.ANALYST, OPERATOR)
    with pytest.raises(SignInError):  # the old password does not come back to life
        desk.access.sign_in("zhang", PASSWORD, HERE)
    assert desk.access.accept(token, OTHER_PASSWORD).actor.role is Role.ANALYST


def test_whoever_is_disabled_here_stays_out(tmp_path: Path) -> None:
    desk = Desk(tmp_path, **OIDC)
    desk.access.sign_in_as("zhang", source="oidc", role=None)
    desk.access.set_disabled("zhang", True, OPERATOR)
    with pytest.raises(SignInError, match="已停用"):
        desk.access.sign_in_as("zhang", source="oidc", role=Role.ADMIN)
    proxied = desk.again(**PROXY)
    with pytest.raises(ForbiddenError, match="已停用"):
        proxied.proxied("zhang", Role.ADMIN)


def test_a_proxy_gives_each_user_one_session(tmp_path: Path) -> None:
    desk = Desk(tmp_path, **PROXY)
    first = desk.access.proxied("zhang", None)
    assert (first.role, first.source) == (Role.VIEWER, "proxy")
    for _ in range(200):
        desk.later(10 * MINUTE)
        assert desk.access.proxied("ZHANG", None) == first  # renewed, past the absolute end of a cookie's session
    assert desk.access.current(first.session) == first
    assert desk.actions() == ["sign_in"]
    desk.later(DAY)
    second = desk.access.proxied("zhang", None)
    assert second.session != first.session
    assert desk.access.current(first.session) is None


def test_a_proxy_request_writes_at_most_once_a_minute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path, **PROXY)
    desk.access.proxied("zhang", Role.ANALYST)
    changing, written = desk.directory.changing, []
    monkeypatch.setattr(desk.directory, "changing", lambda: (written.append(desk.now), changing())[1])
    for _ in range(120):
        desk.later(1)
        assert desk.access.proxied("zhang", Role.ANALYST).role is Role.ANALYST
    assert len(written) == 2
    assert desk.access.proxied("zhang", Role.VIEWER).role is Role.VIEWER  # at once


@pytest.mark.parametrize("source", [OIDC, {**PROXY, "role_header": "X-Role"}], ids=["oidc", "proxy"])
def test_a_role_that_is_no_longer_given_falls_back_to_the_registered_one(
    tmp_path: Path, source: dict[str, Any]
) -> None:
    desk = Desk(tmp_path, **source)

    def come(role: Role | None) -> Role:
        if source is not OIDC:
            return desk.access.proxied("li", role).role
        return desk.access.sign_in_as("li", source="oidc", role=role).actor.role

    assert come(Role.ADMIN) is Role.ADMIN
    assert come(None) is Role.VIEWER
    desk.access.set_role("li", Role.ANALYST, OPERATOR)
    assert come(None) is Role.ANALYST
    assert come(Role.ADMIN) is Role.ADMIN
    assert come(None) is Role.ANALYST
    assert come(Role.VIEWER) is Role.VIEWER
    desk.access.set_role("li", Role.VIEWER, OPERATOR)  # in force already, and registered from now on
    assert come(None) is Role.VIEWER


def test_roles_stay_where_the_provider_gives_none(tmp_path: Path) -> None:
    desk = Desk(tmp_path, **OIDC, oidc_role_claim="")
    desk.access.sign_in_as("li", source="oidc", role=None)
    with desk.directory.changing() as records:
        records.put_user(User("li", Role.ANALYST, "oidc"), 1)  # as a file of the version before has it
    assert desk.access.sign_in_as("li", source="oidc", role=None).actor.role is Role.ANALYST
    desk.access.set_role("li", Role.VIEWER, OPERATOR)
    assert desk.access.sign_in_as("li", source="oidc", role=None).actor.role is Role.VIEWER


def test_a_proxy_cannot_bring_any_name(tmp_path: Path) -> None:
    desk = Desk(tmp_path, **PROXY)
    for name in ("", "系统", "a\nb", "<script>", "x" * 100):
        with pytest.raises(AccessError):
            desk.access.proxied(name, Role.ADMIN)
    assert desk.access.users(OPERATOR) == ()


def test_somebody_is_admitted_before_they_first_come(tmp_path: Path) -> None:
    desk = Desk(tmp_path, **PROXY)
    desk.access.admit("zhang", Role.ANALYST, OPERATOR)
    assert desk.access.proxied("zhang", None).role is Role.ANALYST
    with pytest.raises(AccessError, match="已有用户"):
        desk.access.admit("Zhang", Role.ADMIN, OPERATOR)
    with pytest.raises(ForbiddenError):
        desk.access.admit("li", Role.ADMIN, desk.access.proxied("zhang", None))
    with pytest.raises(AccessError, match="一次性链接"):
        desk.again(identity="accounts").admit("wang", Role.VIEWER, OPERATOR)
