"""Fixtures shared by the whole suite."""

from __future__ import annotations

import os
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


@pytest.fixture
def store(empty_store: LocalStore) -> LocalStore:
    """A store with the tiny county published as reference layers."""
    for layer, frame in layer_frames.all_layers().items():
        publish(
            empty_store,
            layer,
            frame,
            provenance=layer_frames.REFERENCE,
            actor=operator("系统"),
            note="参考图层",
            base=None,
        )
    return empty_store
