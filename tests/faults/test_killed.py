"""kill -9 at every step of publishing: the old version is served, everything agrees, the next one succeeds."""

import random
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from pingchang_geo.store import LocalStore
from pingchang_geo.workflow.publish import current_base
from tests.faults import publisher
from tests.faults.conftest import Start
from tests.faults.publisher import LAYER, Step
from tests.faults.whole import assert_swept, assert_whole

#: Rounds at chosen steps by the layer published (plots; zones, whose joins go into the plots' folder) and at random
#: moments.
AT_STEPS = {"forest": 72, "redline": 24}
AT_RANDOM = 12


def steps_of(root: Path, start: Start, processes: ForkServerContext, layer: str = LAYER) -> tuple[list[Step], float]:
    """The steps of one undisturbed publish and the seconds it took, tracing included."""
    receiver, sender = processes.Pipe(duplex=False)
    begin = time.monotonic()
    start(publisher.count, str(root), 61.0, current_base(LocalStore(root), layer), layer, sender).join(60)
    return receiver.recv(), time.monotonic() - begin


def chosen(steps: list[Step], count: int) -> list[int]:
    """Positions to die at: the first time each line is reached, thinned out evenly, and the very last step."""
    first: dict[Step, int] = {}
    for position, step in enumerate(steps):
        first.setdefault(step, position)
    positions = sorted(first.values())
    stride = max(1.0, len(positions) / (count - 1))
    return [positions[int(i * stride)] for i in range(int(len(positions) / stride))] + [len(steps) - 1]


def after_the_kill(root: Path, before: str, variant: float, layer: str = LAYER) -> bool:
    """Look at everything, clear up, publish again; whether the killed publisher had got past the switch."""
    store = assert_whole(root)
    served = store.snapshot().versions[layer]
    assert before in (served.name, served.parent), "the old version, or the new one in full"
    assert_swept(store)
    version = publisher.put(root, variant, served.name, layer=layer)
    assert version.parent == served.name
    assert LocalStore(root).snapshot().versions[layer] == version
    return served.name != before


def test_every_kind_of_work_is_among_the_steps(root: Path, start: Start, processes: ForkServerContext) -> None:
    steps, _ = steps_of(root, start, processes)
    functions = {function for _, function, _ in steps}
    assert {"publish", "_place", "sync_folder", "ensure", "_write", "switch", "_append"} <= functions
    assert sum(AT_STEPS.values()) + AT_RANDOM >= 100


@pytest.mark.parametrize(("layer", "rounds"), AT_STEPS.items())
def test_killed_at_every_step(
    layer: str, rounds: int, root: Path, tmp_path: Path, start: Start, processes: ForkServerContext
) -> None:
    """Each time in the same situation, so that every step is hit exactly."""
    before = str(current_base(LocalStore(root), layer))
    steps, _ = steps_of(Path(shutil.copytree(root, tmp_path / "counted")), start, processes, layer)

    def killed_at(position: int) -> bool:
        here = Path(shutil.copytree(root, tmp_path / str(position)))
        process = start(publisher.die, str(here), 61.0, before, layer, position)
        process.join(60)
        assert process.exitcode == -signal.SIGKILL, f"step {position} of {len(steps)} was not reached"
        switched = after_the_kill(here, before, 62.0, layer)
        shutil.rmtree(here)
        return switched

    positions = chosen(steps, rounds)
    with ThreadPoolExecutor(2) as pool:
        switched = sum(pool.map(killed_at, positions))
    # Dying before the switch leaves the old version, after it the new one: both have to have happened.
    assert 0 < switched < len(positions) / 2


def test_killed_at_any_moment_again_and_again(root: Path, start: Start, processes: ForkServerContext) -> None:
    """Each round finds what the ones before it left."""
    _, seconds = steps_of(root, start, processes)
    moments = random.Random(7)
    for round_ in range(AT_RANDOM):
        current = str(current_base(LocalStore(root), LAYER))
        receiver, sender = processes.Pipe(duplex=False)
        process = start(publisher.plainly, str(root), 500.0 + round_, current, "李四", sender)
        process.join(moments.uniform(0, seconds))
        process.kill()
        process.join(60)
        receiver.close()
        after_the_kill(root, current, 1_000.0 + round_)
    assert len(LocalStore(root).versions(LAYER)) >= AT_RANDOM


@pytest.mark.parametrize("function", ["_place", "_write", "switch"])
def test_what_a_killed_publisher_leaves_is_swept(
    function: str, root: Path, start: Start, processes: ForkServerContext
) -> None:
    """Without a publish in between: the next start clears up on its own."""
    steps, _ = steps_of(root, start, processes)
    store = LocalStore(root)
    last = max(position for position, (_, name, _) in enumerate(steps) if name == function)
    process = start(publisher.die, str(root), 99.0, current_base(store, LAYER), LAYER, last - (function == "switch"))
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    before = store.snapshot()
    assert_swept(store)
    assert assert_whole(root).snapshot() == before
