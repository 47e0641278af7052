"""Permits to upload: for this page, this person, this long, this much."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo.workflow.access.permits import LASTS_S, UploadPermits

MB = 1 << 20


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def permits(clock: Clock) -> UploadPermits:
    return UploadPermits(clock, most=3)


@pytest.mark.parametrize(
    ("page", "person", "allowed"),
    [
        ("page", "person", 500 * MB),
        ("page", "somebody else", None),
        ("page", "", None),
        ("another page", "person", None),
        ("", "", None),
        ("page", "pers", None),
        ("page", "人", None),
    ],
)
def test_a_permit_is_for_one_page_and_one_person(
    permits: UploadPermits, page: str, person: str, allowed: int | None
) -> None:
    permits.grant("page", "person", 500)
    assert permits.allowed(page, person) == allowed


def test_a_reader_without_a_session_has_a_permit_of_their_own(permits: UploadPermits) -> None:
    permits.grant("site", "", 20)
    assert permits.allowed("site", "") == 20 * MB
    assert permits.allowed("site", "person") is None


def test_it_lasts_half_an_hour_after_the_last_grant(permits: UploadPermits, clock: Clock) -> None:
    permits.grant("page", "person", 500)
    clock.now += LASTS_S - 1
    permits.grant("page", "person", 500)
    clock.now += LASTS_S - 0.5
    assert permits.allowed("page", "person") == 500 * MB
    clock.now += 0.5
    assert permits.allowed("page", "person") is None


def test_the_last_grant_counts_and_can_be_taken_back(permits: UploadPermits) -> None:
    permits.grant("page", "person", 500)
    permits.grant("page", "", 20)
    assert (permits.allowed("page", "person"), permits.allowed("page", "")) == (None, 20 * MB)
    permits.revoke("page")
    permits.revoke("page")
    assert permits.allowed("page", "") is None


def test_only_so_many_are_held(permits: UploadPermits) -> None:
    for page in "abc":
        permits.grant(page, "person", 1)
    permits.grant("a", "person", 1)  # renewed, so no longer the oldest
    permits.grant("d", "person", 1)
    assert [permits.allowed(page, "person") for page in "abcd"] == [MB, None, MB, MB]


@given(st.lists(st.tuples(st.sampled_from("pqr"), st.sampled_from("xy"), st.integers(0, 3), st.floats(0, 2000))))
def test_nobody_is_allowed_what_was_not_granted_last(moves: list[tuple[str, str, int, float]]) -> None:
    clock = Clock()
    permits = UploadPermits(clock)
    granted: dict[str, tuple[str, int, float]] = {}
    for page, person, max_mb, pause in moves:
        clock.now += pause
        if max_mb:
            permits.grant(page, person, max_mb)
            granted[page] = (person, max_mb, clock.now)
        who, limit, at = granted.get(page, ("", 0, 0.0))
        fine = page in granted and who == person and clock.now < at + LASTS_S
        assert permits.allowed(page, person) == (limit * MB if fine else None)


def test_many_threads_at_once() -> None:
    permits = UploadPermits(most=50)
    wrong: list[object] = []

    def work(person: str) -> None:
        for number in range(300):
            permits.grant(f"{person}-{number % 20}", person, 1)
            if permits.allowed(f"{person}-{number % 20}", f"not {person}") is not None:
                wrong.append(person)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcdef"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(permits._held) <= 50
