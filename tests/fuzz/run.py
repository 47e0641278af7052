"""Damage files and read them, many times: ``python -m tests.fuzz.run ORIGINALS SEED CASES`` prints a JSON report.

A process of its own under the worker's limits: if the parser takes the process down, the test that started it says
so and the last case is known. What is parsed is handed over as the worker does; every so often the whole inspection
runs, too.
"""

from __future__ import annotations

import json
import shutil
import signal
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

from pingchang_geo.readers import handover, worker
from pingchang_geo.readers.model import Limits, Refused, Request
from pingchang_geo.readers.parse import parse
from pingchang_geo.workflow.inspect import inspect
from tests.corpus.harness import read_here
from tests.fuzz.originals import TARGETS, broken

#: Seconds that one small file may take before it counts as a hang.
_HANG = 20
_LIMITS = {"worker_memory_mb": 3072, "max_unpacked_mb": 64, "worker_seconds": 300}
#: Of the files that can still be read, one in so many is inspected as a whole.
_WHOLE = 5


class Hang(BaseException):
    """Raised by the alarm; no handler for ordinary exceptions may swallow it."""


def _alarm(*_: object) -> None:
    raise Hang


def _one(originals: Path, name: str, random: Random, folder: Path) -> str:
    """Damage one file, read it, and say what came of it: ``read``, ``inspected``, or the code of the refusal."""
    for part in originals.glob(f"{Path(name).stem}.*" if TARGETS[name].endswith(".shp") else name):
        shutil.copy(part, folder)
    (folder / name).write_bytes(broken(originals, name, random))
    target, unpacked, job = folder / TARGETS[name], folder / "unpacked", folder / "job"
    unpacked.mkdir()
    job.mkdir()
    try:
        handover.write(parse(Request((target,), Limits(max_unpacked_mb=64)), unpacked), job)
    except Refused as refusal:
        _is_fit_to_show(refusal.issue.as_dict(), folder)
        return refusal.issue.code
    if random.randrange(_WHOLE):
        return "read"
    return _inspected(target, folder)


def _inspected(target: Path, folder: Path) -> str:
    with mock.patch("pingchang_geo.readers.read", read_here, create=True):
        inspection = inspect([target], "scenic" if target.stem == "points" or "km" in target.suffix else "forest")
    values = inspection.as_dict()
    for issue in values["issues"]:
        _is_fit_to_show(issue, folder)
        if issue["code"] == "INSPECT_FAILED":
            raise AssertionError(issue["message"])
    json.dumps(values, allow_nan=False)
    return "inspected"


def _is_fit_to_show(issue: dict[str, Any], folder: Path) -> None:
    text = issue["message"] + issue["fix"]
    if not issue["message"] or str(folder) in text or "Traceback" in text or "\x1b" in text:
        raise AssertionError(f"not fit to be shown: {issue}")


def main(originals: Path, seed: int, cases: int) -> dict[str, Any]:
    """Counts of what came of the cases, and what went wrong with which."""
    signal.signal(signal.SIGALRM, _alarm)
    outcomes: Counter[str] = Counter()
    faults: list[str] = []
    names = sorted(TARGETS)
    for number in range(cases):
        name = names[number % len(names)]
        with tempfile.TemporaryDirectory(prefix="fuzz-", dir=originals) as folder:
            (originals / f"last-{seed}").write_text(f"{name} {number}")
            signal.alarm(_HANG)
            try:
                outcomes[_one(originals, name, Random(f"{seed}-{number}"), Path(folder))] += 1
            except MemoryError:
                outcomes["out of memory"] += 1  # the worker is stopped and the file refused: allowed, but not often
            except (Exception, Hang):
                faults.append(f"{name} {seed}-{number}: {traceback.format_exc(limit=-4)}")
            finally:
                signal.alarm(0)
    return {"outcomes": dict(outcomes), "faults": faults}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    worker.limit(_LIMITS)
    report = main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    print(json.dumps(report))
