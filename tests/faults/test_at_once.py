"""Several people and several clicks at once: one wins, the others are told who and when, nothing is made twice."""

import re
import time
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from pingchang_geo.access import operator
from pingchang_geo.errors import ConflictError
from pingchang_geo.store import LocalStore
from pingchang_geo.workflow.publish import current_base
from pingchang_geo.workflow.versions import rollback
from tests.faults import publisher
from tests.faults.conftest import Start
from tests.faults.publisher import LAYER
from tests.faults.whole import assert_served, assert_swept, assert_whole

#: Process function, variant, person.
Wish = tuple[str, float, str]


def together(
    root: Path, base: str | None, wishes: list[Wish], start: Start, processes: ForkServerContext
) -> list[tuple[str, str]]:
    """Start all at once; what each of them was answered."""
    ends: list[Connection] = []
    for function, variant, person in wishes:
        receiver, sender = processes.Pipe(duplex=False)
        start(getattr(publisher, function), str(root), variant, base, person, sender)
        ends.append(receiver)
    return [end.recv() for end in ends]


@pytest.mark.parametrize("people", [2, 2, 2, 4])
def test_publishers_at_once(people: int, root: Path, start: Start, processes: ForkServerContext) -> None:
    base = current_base(LocalStore(root), LAYER)
    wishes = [("plainly", 70.0 + number, f"第{number}人") for number in range(people)]
    answers = together(root, base, wishes, start, processes)
    store = assert_whole(root)
    current = store.snapshot().versions[LAYER]
    assert [said for said, _ in answers].count("published") == 1
    assert answers[int(current.publisher[1])] == ("published", current.name)
    for said, words in answers:
        if said != "published":
            assert said == "ConflictError"
            for part in (current.publisher, current.published_at, current.label, f"{current.rows:,} 条"):
                assert part in words
            assert "重新与当前版本比较" in words
    assert current.parent == base
    assert len(store.versions(LAYER)) == 2
    assert_swept(store)


def test_a_double_click_makes_one_version(root: Path, start: Start, processes: ForkServerContext) -> None:
    base = current_base(LocalStore(root), LAYER)
    answers = together(root, base, [("plainly", 70.0, "张三")] * 3, start, processes)
    store = assert_whole(root)
    assert answers == [("published", store.snapshot().versions[LAYER].name)] * 3
    assert [version.number for version in store.versions(LAYER)] == [2, 1]


def test_replay_after_an_answer_that_never_came(root: Path, start: Start, processes: ForkServerContext) -> None:
    """Killed behind the switch: the retry of the same publish finds its version and logs nothing new."""
    store = LocalStore(root)
    base = current_base(store, LAYER)
    receiver, sender = processes.Pipe(duplex=False)
    start(publisher.plainly, str(root), 70.0, base, "张三", sender).join(60)
    first = receiver.recv()
    lines = len(store.audit())
    assert publisher.put(root, 70.0, base).name == first[1]
    assert len(store.audit()) == lines
    publisher.put(root, 80.0, first[1], by="王五")
    with pytest.raises(ConflictError, match=r"王五.*第 3 版"):  # somebody has gone on since: compare again
        publisher.put(root, 70.0, base)
    assert_whole(root)


@pytest.mark.parametrize("attempt", range(3))
def test_rollback_during_a_publish(attempt: int, root: Path, start: Start, processes: ForkServerContext) -> None:
    del attempt
    first = str(current_base(LocalStore(root), LAYER))
    second = publisher.put(root, 70.0, first).name
    answers = together(root, second, [("plainly", 80.0, "张三"), ("back", 1, "李四")], start, processes)
    store = assert_whole(root)
    current = store.snapshot().versions[LAYER]
    assert sorted(said for said, _ in answers) == ["ConflictError", "published"]
    assert current.parent == second
    assert current.number == 3
    if current.publisher == "李四":
        assert store.read(current).equals(store.read(store.versions(LAYER)[-1]))
        assert store.audit()[-1].action == "rollback"
    loser = next(words for said, words in answers if said != "published")
    assert current.publisher in loser
    # The one who came too late looks again and goes on from there.
    assert rollback(store, LAYER, store.versions(LAYER)[-1], actor=operator("李四")).number in (3, 4)
    assert_whole(root)


def test_viewers_never_meet_half_a_version(root: Path, start: Start, processes: ForkServerContext) -> None:
    """While version after version is published, whatever is current is complete, its derived files included."""
    receiver, sender = processes.Pipe(duplex=False)
    process = start(publisher.several, str(root), 5, sender)
    seen: set[str] = set()
    deadline = time.monotonic() + 60
    while process.is_alive() and time.monotonic() < deadline:
        seen.add(assert_served(root).versions[LAYER].name)
    process.join(60)
    assert receiver.recv() == 6
    assert len(seen) >= 2
    assert assert_whole(root).snapshot().versions[LAYER].number == 6


def test_a_sweep_takes_nothing_from_a_publisher_at_work(root: Path, start: Start, processes: ForkServerContext) -> None:
    receiver, sender = processes.Pipe(duplex=False)
    process = start(publisher.several, str(root), 4, sender)
    while process.is_alive():
        LocalStore(root).sweep()
    process.join(60)
    assert process.exitcode == 0
    assert receiver.recv() == 5
    assert_swept(assert_whole(root))


def test_the_words_of_a_conflict(root: Path) -> None:
    base = current_base(LocalStore(root), LAYER)
    publisher.put(root, 70.0, base, by="张三", note="补充调查")
    with pytest.raises(ConflictError) as caught:
        publisher.put(root, 80.0, base, by="李四")
    time_of_day = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    assert re.search(rf"张三 于 {time_of_day} 发布了第 2 版（补充调查，12 条）", str(caught.value))
