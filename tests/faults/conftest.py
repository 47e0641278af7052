"""A published county, and processes that start in a twentieth of a second."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from pingchang_geo.access import operator
from pingchang_geo.settings import settings
from pingchang_geo.store import LocalStore
from pingchang_geo.workflow.publish import publish
from tests import layer_frames

Start = Callable[..., BaseProcess]


@contextmanager
def tiles() -> Iterator[None]:
    """The tiny forest is drawn from tiles, in this process as in those of the publishers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PINGCHANG_ID_TILE_THRESHOLD", "5")
        settings.cache_clear()
        yield
    settings.cache_clear()


@pytest.fixture(autouse=True)
def _tiles() -> Iterator[None]:
    with tiles():
        yield


@pytest.fixture(scope="session")
def processes() -> ForkServerContext:
    """Children are forked from a server that has everything imported and no threads."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.warm"])
    return context


@pytest.fixture
def start(processes: ForkServerContext) -> Start:
    def run(target: Callable[..., None], *arguments: object) -> BaseProcess:
        process = processes.Process(target=target, args=arguments, daemon=True)
        process.start()
        return process

    return run


@pytest.fixture(scope="session")
def _published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("faults") / "data"
    store = LocalStore(root)
    with tiles():
        for layer, frame in layer_frames.all_layers().items():
            publish(store, layer, frame, provenance=layer_frames.REFERENCE, actor=operator("系统"), note="", base=None)
    return root


@pytest.fixture
def root(_published: Path, tmp_path: Path) -> Path:
    """Data folder of a county whose first versions are published; a copy for each test."""
    return Path(shutil.copytree(_published, tmp_path / "data"))
