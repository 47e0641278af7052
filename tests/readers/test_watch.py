"""A process under watch ends with one last word, whatever it is doing."""

import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from pingchang_geo.issues import Issue
from pingchang_geo.readers import watch
from pingchang_geo.readers.model import Limits
from pingchang_geo.readers.watch import memory_limit_mb, watched

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


@pytest.mark.parametrize(
    ("reading_mb", "present", "most_mb"),
    [
        (4096, [64 << 30], 8192),
        (4096, [8 << 30], 4915),  # a machine of 8 GB
        (4096, [64 << 30, 8 << 30], 4915),  # a container of 8 GB on a large machine
        (4096, [4 << 30, 0x7FFFFFFFFFFFF000], 2457),  # version 1 without a limit
        (256, [8 << 30], 512),
    ],
)
def test_the_limit_comes_before_the_end_of_the_memory(reading_mb: int, present: list[int], most_mb: int) -> None:
    assert memory_limit_mb(reading_mb, present) == most_mb


def test_what_a_container_may_have_is_read(tmp_path: Path) -> None:
    limited, free = tmp_path / "memory.max", tmp_path / "free"
    limited.write_text("8589934592\n")
    free.write_text("max\n")
    machine, *container = watch._present_bytes([free, tmp_path / "absent", limited])
    assert container == [8 << 30]
    total = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal:"))
    assert machine == pytest.approx(int(total.split()[1]) << 10, rel=0.01)


def test_whoever_is_done_in_time_is_left_alone() -> None:
    told: list[Issue] = []
    with watched(Limits(worker_seconds=1), told.append):
        time.sleep(0.5)
    with pytest.raises(KeyError), watched(Limits(), told.append):
        raise KeyError
    time.sleep(3)
    assert not told
