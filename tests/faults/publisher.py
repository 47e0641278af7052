"""What the publisher processes of the fault tests do: publish, count their steps, die at one of them.

A step is the execution of one line of the store or of the workflow behind it, so that "killed at every step" is meant
literally: between any two lines of that code.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

import geopandas as gpd

from pingchang_geo.access import operator
from pingchang_geo.errors import PingchangError
from pingchang_geo.settings import settings
from pingchang_geo.store import LocalStore, Version, catalogue, local
from pingchang_geo.workflow import derive
from pingchang_geo.workflow.publish import publish
from pingchang_geo.workflow.versions import find, rollback
from tests import layer_frames

#: Files whose lines are steps.
WATCHED = frozenset(str(module.__file__) for module in (local, catalogue, derive, sys.modules[publish.__module__]))
LAYER = "forest"

Step = tuple[str, str, int]


def with_tiles() -> None:
    """Have the tiny forest drawn from id tiles, so that writing them is among the steps."""
    os.environ["PINGCHANG_ID_TILE_THRESHOLD"] = "5"
    settings.cache_clear()


def content(layer: str, variant: float) -> gpd.GeoDataFrame:
    """A new content for each variant: other volumes in the plots, other names of the zones."""
    if layer == LAYER:
        return layer_frames.forest(volume=variant)
    return layer_frames.redline().assign(name=[f"斑块 {variant}-{number}" for number in range(2)])


def through(
    store: LocalStore, variant: float, base: str | None, *, by: str = "张三", note: str = "更新", layer: str = LAYER
) -> Version:
    """Publish a variant of a layer's content."""
    return publish(
        store,
        layer,
        content(layer, variant),
        provenance=layer_frames.OFFICIAL,
        actor=operator(by),
        note=note,
        base=base,
    )


def put(root: Path, variant: float, base: str | None, **options: str) -> Version:
    """The same in a folder that is opened for it."""
    return through(LocalStore(root), variant, base, **options)


def _traced(on_step: Callable[[Step], None]) -> None:
    """Call ``on_step`` before each watched line, from now on."""

    def local_trace(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            on_step((Path(frame.f_code.co_filename).stem, frame.f_code.co_name, frame.f_lineno))
        return local_trace

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        return local_trace if event == "call" and frame.f_code.co_filename in WATCHED else None

    sys.settrace(trace)


def count(root: str, variant: float, base: str | None, layer: str, answer: Connection) -> None:
    """Publish undisturbed and send the list of steps."""
    with_tiles()
    steps: list[Step] = []
    _traced(steps.append)
    put(Path(root), variant, base, layer=layer)
    sys.settrace(None)
    answer.send(steps)


def die(root: str, variant: float, base: str | None, layer: str, step: int) -> None:
    """Publish until ``step``, then be killed as by ``kill -9`` or a power cut of this process."""
    with_tiles()
    left = step

    def on_step(_: Step) -> None:
        nonlocal left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

    _traced(on_step)
    put(Path(root), variant, base, layer=layer)


def plainly(root: str, variant: float, base: str | None, by: str, answer: Connection) -> None:
    """Publish and send the version's name, or the refusal in words."""
    with_tiles()
    try:
        version = put(Path(root), variant, base, by=by)
    except PingchangError as error:
        answer.send((type(error).__name__, str(error)))
    else:
        answer.send(("published", version.name))


def back(root: str, number: float, base: str | None, by: str, answer: Connection) -> None:
    """Go back to a version by its number, having looked at ``base``; send what came of it."""
    with_tiles()
    store = LocalStore(Path(root))
    try:
        version = rollback(store, LAYER, find(store, LAYER, f"{number:.0f}"), actor=operator(by), base=base)
    except PingchangError as error:
        answer.send((type(error).__name__, str(error)))
    else:
        answer.send(("published", version.name))


def several(root: str, count: int, answer: Connection) -> None:
    """Publish one version after another; send the number of the last."""
    with_tiles()
    version = LocalStore(Path(root)).snapshot().versions[LAYER]
    for round_ in range(count):
        version = put(Path(root), 300.0 + round_, version.name)
    answer.send(version.number)


def without_end(root: str, ready: Connection, variant: float) -> None:
    """Publish one version after another until killed, to two layers in turn; say when the first is out."""
    with_tiles()
    store = LocalStore(Path(root))
    for round_ in range(100_000):
        layer = (LAYER, "redline")[round_ % 2]
        through(store, variant + round_, store.snapshot().versions[layer].name, layer=layer, by=f"第{round_}轮")
        store.log("张三", "refuse", round=round_)
        if round_ == 0:
            ready.send(True)
