"""The ASGI app: ``streamlit run app.py`` serves pages, tiles, columns and browser code from one process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
import streamlit as st
from streamlit import config

from pingchang_geo.settings import PROJECT_ROOT, settings
from pingchang_geo.web import routes
from pingchang_geo.workflow import start


def _prepare() -> None:
    start.prepare(start.open_store(), settings(), lambda text: print(f"· {text}", flush=True))
    start.atlases().current()


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """See that data are there and warm before the first page is asked for."""
    await anyio.to_thread.run_sync(_prepare)
    yield


def _base_path() -> str:
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""


app = st.App(
    PROJECT_ROOT / "pages" / "navigation.py",
    routes=routes(start.atlases(), settings().web_dir, _base_path()),
    lifespan=lifespan,
)
