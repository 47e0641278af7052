"""Passwords: weak ones refused, argon2id, and a flood that is turned away rather than served."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo.access.passwords import LONGEST, SHORTEST, Passwords, require_strong
from pingchang_geo.errors import AccessError, LockedError

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "云台湖边种了三棵柏树",
        "q7!Hs-02mZ",
        "x" * 100 + "abcdefgh",
        "２０２４柏木与马尾松林",
    ],
)
def test_good_passwords(password: str) -> None:
    require_strong(password, "张三")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "应为"),
        ("short", "应为"),
        ("x" * (LONGEST + 1), "应为"),
        ("a" * 20, "不同的字符"),
        ("ababababab", "不同的字符"),
        ("0123456789", "连续"),
        ("9876543210", "连续"),
        ("abcdefghijk", "连续"),
        ("qwertyuiop", "连续"),
        ("Password123", "常见"),
        ("PASSWORD!2024", "常见"),
        ("admin@123456", "常见"),
        ("pingchang2024", "常见"),
        ("1a2b3c4d5e6f", "常见"),
        ("13901234567", "只有数字"),
        ("zhangsanfeng1", "用户名"),
        ("ZhangSanFeng", "用户名"),
        ("line\nbreak of words", "不能使用的字符"),
        ("half \ud800 of a pair", "不能使用的字符"),
    ],
)
def test_weak_passwords(password: str, why: str) -> None:
    with pytest.raises(AccessError, match=why) as caught:
        require_strong(password, "zhangsanfeng")
    assert caught.value.fix


@given(st.text(max_size=SHORTEST - 1, alphabet=st.characters(codec="ascii")))
def test_nothing_short_is_good(password: str) -> None:
    with pytest.raises(AccessError):
        require_strong(password, "张三")


def test_the_default_is_argon2id_as_rfc_9106_recommends() -> None:
    stored = Passwords().hash("correct horse battery")
    found = extract_parameters(stored)
    assert (found.type, found.time_cost, found.memory_cost, found.parallelism) == (Type.ID, 3, 65536, 4)
    assert Passwords().matches(stored, "correct horse battery")


@given(st.text(min_size=1, max_size=40, alphabet=st.characters(exclude_categories=["Cs"])), st.text(max_size=40))
def test_only_the_password_itself_fits(password: str, other: str) -> None:
    passwords = Passwords(CHEAP)
    stored = passwords.hash(password)
    assert passwords.matches(stored, password)
    assert passwords.hash(password) != stored  # salted
    if passwords.matches(stored, other):
        assert passwords.matches(passwords.hash(other), password)


def test_full_width_digits_are_the_same_digits() -> None:
    passwords = Passwords(CHEAP)
    assert passwords.matches(passwords.hash("林场１２３４"), "林场1234")


@pytest.mark.parametrize("password", ["", "\ud800", "x" * 100_000, "correct horse"])
def test_without_a_hash_nothing_fits_and_the_work_is_done_all_the_same(password: str) -> None:
    verified: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: Any, password: Any) -> Any:
            verified.append(hash)
            return super().verify(hash, password)

    passwords = Passwords(Counting(time_cost=2, memory_cost=16, parallelism=1))
    assert not passwords.matches(None, password)
    assert not passwords.matches(passwords.hash("something else"), password)
    assert [extract_parameters(one).time_cost for one in verified] == [2, 2]


def test_a_broken_hash_fits_nothing() -> None:
    assert not Passwords(CHEAP).matches("$argon2id$nonsense", "x")


def test_a_hash_of_earlier_parameters_is_made_anew() -> None:
    old = Passwords(CHEAP).hash("x")
    assert not Passwords(CHEAP).outdated(old)
    assert Passwords(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)).outdated(old)


def test_a_flood_is_bounded_and_turned_away() -> None:
    """Two at work, three waiting, everybody else refused at once; afterwards there is room again."""
    inside, most, gate, lock = 0, 0, threading.Event(), threading.Lock()

    class Slow(PasswordHasher):
        def verify(self, hash: Any, password: Any) -> Any:
            nonlocal inside, most
            with lock:
                inside += 1
                most = max(most, inside)
            gate.wait(30)
            with lock:
                inside -= 1
            return super().verify(hash, password)

    passwords = Passwords(Slow(time_cost=1, memory_cost=8, parallelism=1), at_once=2, waiting=3)
    stored = passwords.hash("x")
    refused = threading.Semaphore(0)

    def attempt(_: int) -> bool:
        try:
            return passwords.matches(stored, "x")
        except LockedError:
            refused.release()
            return False

    with ThreadPoolExecutor(20) as pool:
        answers = pool.map(attempt, range(20))
        for _ in range(15):
            assert refused.acquire(timeout=30)
        gate.set()
        assert sorted(answers) == [False] * 15 + [True] * 5
    assert most == 2
    assert passwords.matches(stored, "x")
