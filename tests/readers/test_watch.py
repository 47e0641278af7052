"""A process under watch ends with one last word, whatever it is doing."""

import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from pingchang_geo.issues import Issue
from pingchang_geo.readers.model import Limits
from pingchang_geo.readers.watch import watched

_ROOT = Path(__file__).parents[2]
#: A polygon of slanting teeth: valid, but every pair of sides has to be looked at, without a breath for Python.
HANG = """
    k = 150_000
    x = np.arange(k) * 1e-6
    teeth = np.empty((2 * k, 2))
    teeth[0::2], teeth[1::2] = np.column_stack([x, 0 * x]), np.column_stack([x + 5, 0 * x + 1])
    shapely.is_valid(shapely.Polygon(np.vstack([teeth, [[9, 1], [9, -1], [0, -1]]])))
"""
FILL = """
    held = [np.ones(1 << 23) for _ in range(16)]
    time.sleep(60)
"""


def outcome(block: str, limits: str) -> tuple[int, str]:
    """Exit code and output of a process that does ``block`` under watch."""
    program = f"""
import time
import numpy as np, shapely
from pingchang_geo.readers.model import Limits
from pingchang_geo.readers.watch import watched
with watched(Limits({limits}), lambda found: print(found.code, found.message, flush=True)):
{textwrap.indent(textwrap.dedent(block), "    ")}
print("done")
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, timeout=60, check=False)
    return done.returncode, done.stdout.decode()


def test_a_hang_in_a_library_is_ended_in_time() -> None:
    begun = time.monotonic()
    code, said = outcome(HANG, "worker_seconds=1")
    assert (code, said) == (
        2,
        "INSPECT_TIMEOUT 检查用时超过 3 秒，已停止，文件未被采用：个别图形的节点或边线异常繁复。\n",
    )
    assert time.monotonic() - begun < 30


def test_memory_is_watched() -> None:
    code, said = outcome(FILL, "worker_memory_mb=256")
    assert (code, said) == (2, "INSPECT_MEMORY 检查占用的内存超过 512 MB，已停止，文件未被采用。\n")


def test_whoever_is_done_in_time_is_left_alone() -> None:
    told: list[Issue] = []
    with watched(Limits(worker_seconds=1), told.append):
        time.sleep(0.5)
    with pytest.raises(KeyError), watched(Limits(), told.append):
        raise KeyError
    time.sleep(3)
    assert not told
