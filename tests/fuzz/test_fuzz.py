"""Random damage to files of every kind: read or refused with a reason, never a hang, a crash or a traceback.

The parser runs some two thousand times in processes of its own (:mod:`tests.fuzz.run`), then a few times through the
real worker. A failure names file, seed and number, which :mod:`tests.fuzz.run` repeats.
"""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from pingchang_geo import readers
from pingchang_geo.readers.model import Limits, RawTable, Refused
from tests.corpus.harness import read_here
from tests.fuzz import originals

ROOT = Path(__file__).parents[2]
#: Two processes, one a core.
SEEDS = (20240701, 20240702)
CASES = 1_020
THROUGH_WORKER = 18


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    originals.write(folder)
    return folder


@pytest.mark.filterwarnings("ignore")
def test_the_originals_are_read(whole: Path) -> None:
    for name in sorted(set(originals.TARGETS.values())):
        assert len(read_here([whole / name]).table) in (3, 9)


def _run(folder: Path, seed: int) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "tests.fuzz.run", str(folder), str(seed), str(CASES)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.filterwarnings("ignore")
def test_two_thousand_damaged_files(whole: Path) -> None:
    with ThreadPoolExecutor(len(SEEDS)) as pool:
        reports = list(pool.map(lambda seed: _run(whole, seed), SEEDS))
    outcomes: dict[str, int] = {}
    for seed, (code, said, trouble) in zip(SEEDS, reports, strict=True):
        last = (whole / f"last-{seed}").read_text()
        assert code == 0, f"the process died with code {code} at {last} of seed {seed}:\n{trouble[-3000:]}"
        report = json.loads(said)
        assert report["faults"] == []
        for name, count in report["outcomes"].items():
            outcomes[name] = outcomes.get(name, 0) + count
    assert sum(outcomes.values()) == len(SEEDS) * CASES >= 2_000
    assert outcomes.pop("out of memory", 0) <= 5
    # The damage is neither so heavy nor so light that one thing always happens.
    assert outcomes["read"] + outcomes["inspected"] > 300
    assert outcomes["inspected"] > 50
    assert len(outcomes) >= 7


@pytest.mark.filterwarnings("ignore")
def test_some_through_the_worker(whole: Path, tmp_path: Path) -> None:
    names = sorted(originals.TARGETS)

    def read(number: int) -> RawTable | Refused:
        name = names[number % len(names)]
        folder = tmp_path / str(number)
        folder.mkdir()
        target = originals.TARGETS[name]
        for part in whole.glob(f"{Path(name).stem}.*" if target.endswith(".shp") else name):
            (folder / part.name).write_bytes(part.read_bytes())
        (folder / name).write_bytes(originals.broken(whole, name, Random(f"worker-{number}")))
        try:
            return readers.read([folder / target], Limits(worker_seconds=60, worker_memory_mb=3072))
        except Refused as refusal:
            return refusal

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(read, range(THROUGH_WORKER)))
    refusals = [answer.issue for answer in answers if isinstance(answer, Refused)]
    assert 5 < len(refusals) < THROUGH_WORKER
    for issue in refusals:
        assert issue.fix
        assert issue.code not in ("READ_CRASHED", "READ_TIMEOUT"), issue.message
        assert str(tmp_path) not in issue.message
