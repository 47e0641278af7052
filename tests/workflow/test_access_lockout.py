"""Lock-out: guessing is stopped, and nobody can lock somebody else out for ever."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo.access.passwords import Passwords
from pingchang_geo.errors import AccessError, LockedError, SignInError
from pingchang_geo.workflow.access.lockout import MET_S, place_of
from tests.access_desk import ELSEWHERE, HERE, MINUTE, OPERATOR, OTHER_PASSWORD, PASSWORD, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    found = Desk(tmp_path)
    found.user("张三")
    return found


def wrong(desk: Desk, address: str, times: int = 1, name: str = "张三") -> None:
    for _ in range(times):
        with pytest.raises(SignInError, match="用户名或密码不正确"):
            desk.access.sign_in(name, "wrong password", address)


def locked(desk: Desk, address: str, name: str = "张三") -> bool:
    """Whether even the right password is not looked at."""
    try:
        desk.access.sign_in(name, PASSWORD, address)
    except LockedError:
        return True
    except SignInError:
        return False
    return False


def test_five_wrong_ones_lock_for_a_quarter_of_an_hour(desk: Desk) -> None:
    wrong(desk, HERE, 5)
    assert desk.actions()[-5:] == ["sign_in_failed"] * 4 + ["locked"]
    with pytest.raises(LockedError) as caught:
        desk.access.sign_in("张三", PASSWORD, HERE)
    until = datetime.fromtimestamp(desk.now + 15 * MINUTE)
    assert f"已锁定至 {until:%H:%M}" in caught.value.message
    assert desk.actions()[-1] == "locked"  # what is not looked at is not logged: a flood fills no log
    desk.later(15 * MINUTE - 1)
    assert locked(desk, HERE)
    desk.later(1)
    assert not locked(desk, HERE)


def test_tries_during_the_lock_do_not_prolong_it(desk: Desk) -> None:
    wrong(desk, HERE, 5)
    for _ in range(14):
        desk.later(MINUTE)
        assert locked(desk, HERE)
    desk.later(MINUTE)
    assert not locked(desk, HERE)


def test_after_the_lock_there_are_five_again(desk: Desk) -> None:
    wrong(desk, HERE, 5)
    desk.later(15 * MINUTE)
    wrong(desk, HERE, 4)
    assert not locked(desk, HERE)


def test_failures_are_forgotten_in_time_and_by_success(desk: Desk) -> None:
    wrong(desk, HERE, 4)
    desk.later(15 * MINUTE)
    wrong(desk, HERE, 4)
    desk.access.sign_in("张三", PASSWORD, HERE)
    wrong(desk, HERE, 4)
    assert not locked(desk, HERE)


def test_an_unknown_name_is_locked_like_a_known_one(desk: Desk) -> None:
    wrong(desk, HERE, 5, name="nobody")
    assert locked(desk, HERE, name="nobody")
    assert locked(desk, HERE, name="ＮＯＢＯＤＹ")
    assert not locked(desk, HERE, name="somebody else")


def test_another_address_is_not_locked(desk: Desk) -> None:
    wrong(desk, ELSEWHERE, 5)
    assert locked(desk, ELSEWHERE)
    assert not locked(desk, HERE)


def guesses(desk: Desk, most: int = 200) -> int:
    """Passwords looked at until the name is locked, four from each of ever new addresses."""
    for number in range(most):
        try:
            desk.access.sign_in("张三", "wrong password", f"198.51.{number // 4}.1")
        except LockedError:
            return number
        except SignInError:
            continue
    return most


def test_a_guesser_who_changes_addresses_is_stopped(desk: Desk) -> None:
    assert guesses(desk) == 50
    assert locked(desk, HERE)
    desk.later(15 * MINUTE)
    assert not locked(desk, HERE)


def test_the_owner_gets_in_while_somebody_elsewhere_keeps_guessing(desk: Desk) -> None:
    """For a day the name is guessed at from ever new addresses; at the usual desk nothing is felt of it."""
    desk.access.sign_in("张三", PASSWORD, HERE)
    for hour in range(24):
        for number in range(13):
            address = f"203.0.{hour}.{number}"
            for _ in range(4):
                with pytest.raises(SignInError):
                    desk.access.sign_in("张三", "wrong password", address)
        assert locked(desk, f"192.0.{hour}.1")  # everywhere else it is locked
        assert desk.access.sign_in("张三", PASSWORD, HERE)
        desk.later(60 * MINUTE)


def test_the_owners_success_does_not_help_the_guesser(desk: Desk) -> None:
    wrong(desk, ELSEWHERE, 3)
    desk.access.sign_in("张三", PASSWORD, HERE)
    desk.access.sign_in("张三", PASSWORD, HERE)
    assert guesses(desk) == 47


def test_a_familiar_address_is_limited_all_the_same(desk: Desk) -> None:
    desk.access.sign_in("张三", PASSWORD, HERE)
    wrong(desk, HERE, 5)
    assert locked(desk, HERE)


def test_an_address_not_seen_for_a_quarter_is_strange_again(desk: Desk) -> None:
    desk.access.sign_in("张三", PASSWORD, HERE)
    desk.later(MET_S - 1)
    desk.access.sign_in("张三", PASSWORD, ELSEWHERE)
    desk.later(1)
    assert guesses(desk) == 50
    assert locked(desk, HERE)
    assert not locked(desk, ELSEWHERE)


def test_a_link_lets_in_whoever_is_locked_out(desk: Desk) -> None:
    assert guesses(desk) == 50
    assert locked(desk, ELSEWHERE)
    desk.access.accept(desk.access.invite("张三", None, OPERATOR), OTHER_PASSWORD)
    assert desk.access.sign_in("张三", OTHER_PASSWORD, ELSEWHERE)


def test_at_the_same_moment_are_as_many_as_one_after_another(desk: Desk) -> None:
    """Forty guesses at once: five are looked at, whatever the order."""
    looked = []

    class Watching(Passwords):
        def matches(self, stored: str | None, password: str) -> bool:
            looked.append(password)
            return desk.passwords.matches(stored, password)

    access = desk.again()
    access._passwords = Watching()

    def guess(number: int) -> type[Exception]:
        try:
            access.sign_in("张三", f"guess {number}", HERE)
        except SignInError as error:
            return type(error)
        raise AssertionError(number)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(40)))
    assert len(looked) == 5
    assert answers.count(SignInError) == 5 and answers.count(LockedError) == 35


def test_being_turned_away_for_want_of_room_is_no_failure(desk: Desk) -> None:
    class Busy(Passwords):
        def matches(self, stored: str | None, password: str) -> bool:
            raise LockedError("同时登录的人过多。")

    access = desk.again()
    good, access._passwords = access._passwords, Busy()
    for _ in range(20):
        with pytest.raises(LockedError, match="同时登录"):
            access.sign_in("张三", PASSWORD, HERE)
    access._passwords = good
    assert access.sign_in("张三", PASSWORD, HERE)


def test_guesses_at_many_names_do_not_pile_up(desk: Desk) -> None:
    for number in range(300):
        wrong(desk, HERE, name=f"name {number}")
        desk.later(MINUTE)
    with desk.directory.reading() as records:
        (count,) = records._run("SELECT count(*) FROM attempt").fetchone()
    assert count == 2 * 15


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("10.1.1.1", "10.1.1.1"),
        ("::ffff:10.1.1.1", "10.1.1.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix:", "unix:"),
        ("", ""),
        ("x" * 500, "x" * 64),
    ],
)
def test_what_counts_as_one_address(address: str, place: str) -> None:
    assert place_of(address) == place


Step = tuple[str, int, int]
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.tuples(st.sampled_from(["wrong", "right", "wait"]), st.integers(0, 3), st.integers(1, 20)), max_size=60
)


@given(STEPS)
def test_no_address_ever_gets_more_than_its_guesses(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Step]
) -> None:
    """However failures, successes and pauses follow one another: within any quarter of an hour no address has more
    than five passwords looked at that were wrong in a row, and the name no more than fifty."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.user("张三")
    failed: dict[str, list[float]] = {}
    actions: dict[str, Callable[[str], object]] = {
        "wrong": lambda address: desk.access.sign_in("张三", "wrong password", address),
        "right": lambda address: desk.access.sign_in("张三", PASSWORD, address),
    }
    for action, where, minutes in steps:
        address = f"10.0.0.{where}"
        if action == "wait":
            desk.later(minutes * MINUTE)
            continue
        try:
            actions[action](address)
            failed[address] = []
        except LockedError:
            assert len(failed.get(address, [])) >= 5 or sum(map(len, failed.values())) >= 50
        except AccessError:
            failed.setdefault(address, []).append(desk.now)
            recent = [at for at in failed[address] if at > desk.now - 15 * MINUTE]
            assert len(recent) <= 5
