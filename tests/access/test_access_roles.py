"""Roles and rights, names, tokens: who may do what on paper."""

import hashlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo.access import ANONYMOUS, Actor, Right, Role, Session, SignedIn, operator
from pingchang_geo.access.names import LONGEST, clean_name, name_key
from pingchang_geo.access.roles import least_role
from pingchang_geo.access.tokens import is_public_id, is_token, new_token, public_id
from pingchang_geo.errors import AccessError

V, U, L, A = Right.VIEW, Right.UPDATE, Right.LOG, Right.ADMINISTER


@pytest.mark.parametrize(
    ("actor", "rights"),
    [
        (ANONYMOUS, set()),
        (Actor("甲", None, "x"), set()),
        (Actor("甲", Role.VIEWER), {V}),
        (Actor("甲", Role.ANALYST), {V, U}),
        (Actor("甲", Role.ADMIN), {V, U, L, A}),
        (operator("root"), {V, U, L, A}),
    ],
)
def test_who_may_do_what(actor: Actor, rights: set[Right]) -> None:
    assert {right for right in Right if actor.may(right)} == rights


def test_every_right_has_a_least_role_and_a_word() -> None:
    assert [least_role(right) for right in (V, U, L, A)] == [Role.VIEWER, Role.ANALYST, Role.ADMIN, Role.ADMIN]
    assert [role.label for role in Role] == ["查看者", "数据员", "管理员"]
    assert all(right.label for right in Right)


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("张三", "张三"),
        (" li.si-2@forest ", "li.si-2@forest"),
        ("ＬＩ", "LI"),
        ("阿卜杜·热合曼", "阿卜杜·热合曼"),
        ("a b", "a b"),
        ("x" * LONGEST, "x" * LONGEST),
    ],
)
def test_names_are_kept_in_one_spelling(given_name: str, kept: str) -> None:
    assert clean_name(given_name) == kept


@pytest.mark.parametrize(
    "name",
    [
        "",
        "  ",
        "x" * (LONGEST + 1),
        "a\nb",
        "a\x00b",
        "a<b>",
        "../etc",
        ".a",
        "a-",
        "a\u202eb",
        "a\\b",
        "a,b",
        "\ud800",
    ],
)
def test_names_that_cannot_be_used(name: str) -> None:
    with pytest.raises(AccessError, match="用户名不能使用"):
        clean_name(name)


@pytest.mark.parametrize("name", ["系统", "匿名", "System", "ＡＮＯＮＹＭＯＵＳ"])
def test_names_of_the_log_itself_are_reserved(name: str) -> None:
    with pytest.raises(AccessError, match="系统保留"):
        clean_name(name)


@given(st.text(max_size=80))
def test_a_name_that_is_kept_stays_the_same_person(name: str) -> None:
    try:
        kept = clean_name(name)
    except AccessError:
        return
    assert clean_name(kept) == kept
    assert name_key(kept) == name_key(name) == name_key(kept.upper()) == name_key(name_key(kept))
    assert kept.isprintable() and unicodedata.is_normalized("NFKC", kept)


def test_tokens_are_random_and_only_their_hash_is_public() -> None:
    tokens = {new_token() for _ in range(200)}
    assert len(tokens) == 200
    token = tokens.pop()
    assert is_token(token)
    assert public_id(token) == hashlib.sha256(token.encode()).hexdigest()
    assert is_public_id(public_id(token)) and not is_token(public_id(token)) and not is_public_id(token)
    assert token not in repr(SignedIn(token, ANONYMOUS))


@given(st.text(max_size=60))
def test_no_other_text_is_a_token(text: str) -> None:
    assert not is_token(text) or (len(text) == 43 and text.isascii())
    assert not is_token(f"{new_token()}\n") and not is_token(f"{new_token()}{text or 'x'}")
    assert len(public_id(text)) == 64


@given(st.integers(0, 10**6), st.integers(1, 10**5), st.integers(1, 10**5), st.integers(0, 10**6))
def test_a_session_dies_by_idling_or_at_its_end(created: int, idle_s: int, lasts_s: int, later: int) -> None:
    session = Session("s", "u", "accounts", created, created, created + lasts_s)
    assert session.alive(created + later, idle_s) == (later < idle_s and later < lasts_s)
