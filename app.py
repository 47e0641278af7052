"""The ASGI app: ``streamlit run app.py`` serves pages, tiles, columns and browser code from one process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio.to_thread
import streamlit as st
from streamlit import config, file_util

from pingchang_geo.settings import PROJECT_ROOT, settings
from pingchang_geo.ui.scripts import INLINE
from pingchang_geo.web import routes
from pingchang_geo.web.access import protect
from pingchang_geo.workflow import start
from pingchang_geo.workflow.access import invitation_address


def _prepare() -> None:
    start.prepare(start.open_store(), settings(), lambda text: print(f"· {text}", flush=True))
    start.atlases().current()
    if link := start.access().first_link():
        print(f"· 还没有管理员：请在浏览器打开下面的一次性链接，设置管理员密码（72 小时内有效）。\n  {_address(link)}")


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """See that data are there and warm before the first page is asked for."""
    await anyio.to_thread.run_sync(_prepare)
    yield


def _base_path() -> str:
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""


def _address(link: str) -> str:
    here = f"http://localhost:{config.get_option('server.port')}{_base_path()}"
    return invitation_address(settings().model_copy(update={"public_url": settings().public_url or here}), link)


# The guard knows how much each page may take; Streamlit's own limit only must not be lower.
config.set_option("server.maxUploadSize", settings().max_upload_mb)

_protection = protect(
    settings(),
    start.access(),
    _base_path(),
    pages=[(Path(file_util.get_static_dir()) / "index.html").read_text(encoding="utf-8"), *INLINE],
)

app = st.App(
    PROJECT_ROOT / "pages" / "navigation.py",
    routes=[*_protection.routes, *routes(start.atlases(), settings().web_dir, _base_path())],
    middleware=_protection.middleware,
    lifespan=lifespan,
)
