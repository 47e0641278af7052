"""Where a run takes place: processor, memory, versions; and the memory of a process."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("streamlit", "folium", "streamlit-folium", "plotly", "pydeck", "shapely", "geopandas", "numpy", "duckdb")


def describe() -> str:
    """Processor, cores, memory, system."""
    model = platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    cores = len(os.sched_getaffinity(0))
    return f"{model}, {cores} cores, {memory_gb:.0f} GB, {system}; Chromium headless, software rendering"


def versions(chromium: str) -> tuple[tuple[str, str], ...]:
    """Versions of everything that decides a figure."""
    found = [("Python", platform.python_version())]
    found += [(name, version(name)) for name in _PACKAGES]
    return (*found, ("Chromium", chromium))


def load() -> float:
    """Load average of the last minute."""
    return os.getloadavg()[0]


def resident_mb(pid: int) -> float:
    """Anonymous resident memory of a process in MB (files mapped into memory are shared and left out)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError("the system does not tell RssAnon")


def peak_mb(*, reset: bool = False) -> float:
    """Greatest resident memory of this process in MB (VmHWM), since its start or since it was reset."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError("the system does not tell VmHWM")
