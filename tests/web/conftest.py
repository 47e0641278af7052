"""Guarded apps for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from pingchang_geo.settings import Settings
from pingchang_geo.store.directory import Directory
from pingchang_geo.web.access import protect
from pingchang_geo.workflow.access import Access
from tests.web.doorway import QUICK, Clock, Door, inner_routes


@pytest.fixture
def doors(tmp_path: Path) -> Callable[..., Door]:
    """Makes guarded apps: ``doors(viewing="closed", base="/eco")``."""

    def made(base: str = "", **settings: Any) -> Door:
        chosen = Settings(data_dir=tmp_path, **settings)
        clock, log = Clock(), []
        access = Access(
            Directory(tmp_path / "accounts.sqlite"),
            lambda actor, action, detail: log.append((actor, action, detail)),
            chosen,
            now=clock,
            passwords=QUICK,
        )
        door = Door(chosen, access, Starlette(), clock, base, log)
        pages = ["<script>window.prerenderReady = false</script>"]
        protection = protect(chosen, access, base, pages, held=lambda: door.held)
        door.app = Starlette(routes=[*protection.routes, *inner_routes(door)], middleware=protection.middleware)
        return door

    return made


@pytest.fixture
def door(doors: Callable[..., Door]) -> Door:
    """Open viewing, no base path."""
    return doors()
