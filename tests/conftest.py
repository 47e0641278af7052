"""Fixtures shared by the whole suite."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import hypothesis
import pytest

from pingchang_geo.access import operator
from pingchang_geo.store import LocalStore
from pingchang_geo.workflow.publish import publish
from tests import layer_frames

# No example has a time limit (other work shares the machine), and a submission's verdict does not depend on chance.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture
def empty_store(tmp_path: Path) -> LocalStore:
    """A store with nothing in it."""
    return LocalStore(tmp_path / "data")


@pytest.fixture(scope="session")
def _published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data folder of the tiny county, to be copied."""
    published = LocalStore(tmp_path_factory.mktemp("county") / "data")
    for layer, frame in layer_frames.all_layers().items():
        publish(
            published,
            layer,
            frame,
            provenance=layer_frames.REFERENCE,
            actor=operator("系统"),
            note="参考图层",
            base=None,
        )
    return published.root


@pytest.fixture
def store(_published: Path, tmp_path: Path) -> LocalStore:
    """A store with the tiny county published as reference layers."""
    return LocalStore(Path(shutil.copytree(_published, tmp_path / "data", dirs_exist_ok=True)))
