"""Pages run by AppTest over the tiny county of ``layer_frames``, by nobody in particular or by somebody signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from argon2 import PasswordHasher
from streamlit.testing.v1 import AppTest

from pingchang_geo.access import Actor, Role, operator
from pingchang_geo.access.passwords import Passwords
from pingchang_geo.settings import PROJECT_ROOT, Settings
from pingchang_geo.store.directory import FILE, Directory
from pingchang_geo.ui import permission
from pingchang_geo.ui.registry import page_of
from pingchang_geo.workflow import start
from pingchang_geo.workflow.access import Access
from pingchang_geo.workflow.current import Atlases

Open = Callable[..., AppTest]
SignIn = Callable[..., Actor]
PASSWORD = "竹 海 清 风 有 信"
_QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def access_of(store: Any, **chosen: Any) -> Access:
    """The accounts beside a store, under these settings; passwords cost next to nothing here."""

    def log(actor: str, action: str, detail: dict[str, Any]) -> None:
        store.log(actor, action, **detail)

    settings = Settings(data_dir=store.root, **chosen)
    return Access(Directory(store.root / FILE), log, settings, passwords=_QUICK)


@pytest.fixture
def access(store: Any, monkeypatch: pytest.MonkeyPatch) -> Access:
    """The process's accounts: open viewing, nobody there yet."""
    found = access_of(store)
    monkeypatch.setattr(start, "access", lambda: found)
    return found


@pytest.fixture
def sign_in(access: Access, monkeypatch: pytest.MonkeyPatch) -> SignIn:
    """``sign_in(role, name)``: from now on pages are opened by this user."""

    def signed(role: Role, name: str = "张三") -> Actor:
        known = {user.name for user in access.users(operator("测试"))}
        token = access.invite(name, None if name in known else role, operator("测试"))
        actor = access.accept(token, PASSWORD).actor
        monkeypatch.setattr(permission, "_session", lambda: actor.session)
        return actor

    return signed


@pytest.fixture
def open_page(store: Any, access: Access, monkeypatch: pytest.MonkeyPatch) -> Open:
    """``open_page(path, **parameters)``: the page after its first run."""
    atlases = Atlases(store)
    monkeypatch.setattr(start, "atlases", lambda: atlases)

    def opened(path: str, **parameters: str) -> AppTest:
        app = AppTest.from_file(str(PROJECT_ROOT / "pages" / "navigation.py"), default_timeout=60)
        app.session_state["first_map_drawn"] = True  # no browser draws a map here
        app.run()
        app.switch_page(page_of(path).file)
        for name, value in parameters.items():
            app.query_params[name] = value
        return app.run()

    return opened


def words(app: AppTest) -> str:
    """Everything a page says in words."""
    parts = (*app.markdown, *app.success, *app.warning, *app.error, *app.info, *app.caption)
    return "\n".join(str(part.value) for part in parts)


def button(app: AppTest, label: str) -> Any:
    """The first button whose label holds these words."""
    return next(one for one in app.button if label in one.label)
