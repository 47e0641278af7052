"""The ASGI app: ``streamlit run app.py`` serves pages, tiles, columns and browser code from one process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit import config, file_util
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.stats import ACTIVE_SESSIONS_FAMILY, CACHE_MEMORY_FAMILY

from pingchang_geo import __version__, journal
from pingchang_geo.settings import PROJECT_ROOT, settings
from pingchang_geo.ui.registry import PAGES
from pingchang_geo.ui.scripts import INLINE
from pingchang_geo.web import routes
from pingchang_geo.web.access import Unknown, protect
from pingchang_geo.web.operations import limit_stop, operations
from pingchang_geo.workflow import start
from pingchang_geo.workflow.access import invitation_address
from pingchang_geo.workflow.operations.readiness import refusing, require_ready
from pingchang_geo.workflow.operations.service import service


def _prepare() -> None:
    start.prepare(start.open_store(), settings(), lambda text: journal.event("prepare", text))
    start.atlases().current()
    start.atlases().stay()
    if link := start.access().first_link():
        words = "· 还没有管理员：请在浏览器打开下面的一次性链接，设置管理员密码（72 小时内有效）。"
        print(f"{words}\n  {_address(link)}", flush=True)  # to the operator's eyes, never into the log


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """See that data are there and warm before the first page is asked for; stop without cutting a publish in half."""
    limit_stop()
    async with service(start.open_store(), _prepare, port=config.get_option("server.port")):
        yield


def _base_path() -> str:
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""


def _address(link: str) -> str:
    here = f"http://localhost:{config.get_option('server.port')}{_base_path()}"
    return invitation_address(settings().model_copy(update={"public_url": settings().public_url or here}), link)


def _sessions() -> int:
    """Pages that are open in browsers right now."""
    if not st.runtime.exists():
        return 0
    stats = st.runtime.get_instance().stats_mgr.get_stats([ACTIVE_SESSIONS_FAMILY])
    return sum(int(getattr(stat, "value", 0)) for stat in stats.get(ACTIVE_SESSIONS_FAMILY, ()))


def _unknown() -> Unknown:
    """Every address but those of our pages and of Streamlit's own files."""
    pages = [page.path for page in PAGES if not page.default]
    own = [(path.name, path.is_dir()) for path in Path(file_util.get_static_dir()).iterdir()]
    files, folders = ([name for name, is_folder in own if is_folder is wanted] for wanted in (False, True))
    return Unknown([*pages, *files], ["_stcore", "component", "media", *folders], _base_path())


def _uploaded() -> int:
    """Bytes of uploaded files that are kept in memory for the pages they were sent to."""
    files = st.runtime.get_instance().uploaded_file_mgr if st.runtime.exists() else None
    if not isinstance(files, MemoryUploadedFileManager):
        return 0
    stats = files.get_stats([CACHE_MEMORY_FAMILY])
    return sum(int(getattr(stat, "byte_length", 0)) for stat in stats.get(CACHE_MEMORY_FAMILY, ()))


with refusing():
    journal.configure(settings().log_format)
    require_ready(settings())
    # The guard knows how much each page may take; Streamlit's own limit only must not be lower.
    config.set_option("server.maxUploadSize", settings().max_upload_mb)
    _protection = protect(
        settings(),
        start.access(),
        _base_path(),
        pages=[(Path(file_util.get_static_dir()) / "index.html").read_text(encoding="utf-8"), *INLINE],
        held=_uploaded,
    )
    _operations = operations(
        start.open_store(),
        settings(),
        _base_path(),
        version=__version__,
        accounts=lambda: start.access().current("0" * 64),  # a session that nobody has: the file is read
        sessions=_sessions,
    )

app = st.App(
    PROJECT_ROOT / "pages" / "navigation.py",
    routes=[
        *_operations.routes,
        *_protection.routes,
        *routes(start.atlases(), settings().web_dir, _base_path()),
        _unknown(),
    ],
    middleware=[*_operations.middleware, *_protection.middleware],
    lifespan=lifespan,
)
