"""Who may see and do what on pages: every page by every role, sessions that end, closed viewing, permits to upload."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from pingchang_geo.access import ANONYMOUS, Actor, Right, Role, operator
from pingchang_geo.errors import ForbiddenError
from pingchang_geo.settings import settings
from pingchang_geo.ui import navigation, permission
from pingchang_geo.ui.registry import PAGES, page_of
from pingchang_geo.workflow import start
from pingchang_geo.workflow.access import Access, UploadPermits
from tests.ui.conftest import Open, SignIn, access_of, words

ROLES = (None, *Role)
REFUSED = ("需要登录", "没有更新数据的权限", "没有管理用户的权限", "登录已失效")


def links(app: Any) -> str:
    """Our own HTML, where the links of the account are."""
    return "\n".join(item.proto.body for item in app.get("html"))


CASES = [(page, role) for page in PAGES for role in (ROLES if page.right is not Right.VIEW else (None, Role.VIEWER))]


@pytest.mark.parametrize(("page", "role"), CASES, ids=[f"{page.path}-{role or 'nobody'}" for page, role in CASES])
def test_every_page_by_every_role(open_page: Open, sign_in: SignIn, page: Any, role: Role | None) -> None:
    if role is not None:
        sign_in(role)
    may = page.right is Right.VIEW or (role is not None and role.covers(page.right))
    app = open_page(page.path)
    assert not app.exception
    assert any(text in words(app) for text in REFUSED) is not may
    assert navigation._page(page, Actor("", role)).visibility == ("visible" if may else "hidden")


@pytest.mark.parametrize("path", ["update", "users"])
def test_a_refused_page_shows_nothing_of_itself(open_page: Open, sign_in: SignIn, path: str) -> None:
    sign_in(Role.VIEWER, "王五")
    app = open_page(path)
    assert not [*app.file_uploader, *app.dataframe, *app.button, *app.selectbox, *app.text_input]
    needed = "数据员" if path == "update" else "管理员"
    assert f"需要「{needed}」角色" in words(app)
    assert "王五" in words(app)
    assert "/account/login" not in links(app)  # signing in again would not help


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_closed_viewing_shows_nobody_anything(
    open_page: Open, store: Any, monkeypatch: pytest.MonkeyPatch, page: Any
) -> None:
    closed = access_of(store, viewing="closed")
    monkeypatch.setattr(start, "access", lambda: closed)
    app = open_page(page.path)
    assert "查看需要登录" in words(app)
    assert not [*app.dataframe, *app.metric, *app.button, *app.get("plotly_chart"), *app.get("component_instance")]
    assert "第 1 版" not in words(app)


def test_the_sign_in_link_leads_back_to_the_present_address(open_page: Open) -> None:
    app = open_page("forest", species="马尾松", area="km2")
    (address,) = [part for part in links(app).split('"') if part.startswith("/account/login")]
    wanted = parse_qs(urlsplit(address.replace("&amp;", "&")).query)["next"][0]
    assert parse_qs(urlsplit(wanted).query) == {"species": ["马尾松"], "area": ["km2"]}
    assert wanted.startswith("/")


def test_paths_stand_under_the_base_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permission.st, "get_option", lambda name: {"server.baseUrlPath": "/eco/"}[name])
    assert permission.account_address("logout") == "/eco/account/logout"


@pytest.mark.parametrize("role", list(Role))
def test_the_account_menu_says_who_one_is(open_page: Open, sign_in: SignIn, role: Role) -> None:
    sign_in(role, "赵六")
    app = open_page("indicators")
    assert [block.proto.popover.label for block in app.get("popover")][-1] == "赵六"
    assert f"**赵六**　:gray[{role.label}]" in words(app)
    assert "/account/password" in links(app)
    assert "/account/logout" in links(app)
    assert "/account/login" not in links(app)


def test_others_keep_passwords_and_sessions(open_page: Open, store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    behind = access_of(store, identity="proxy", trusted_proxies=("10.0.0.1",))
    monkeypatch.setattr(start, "access", lambda: behind)
    session = behind.proxied("赵六", Role.VIEWER).session
    monkeypatch.setattr(permission, "_session", lambda: session)
    app = open_page("indicators")
    assert "赵六" in words(app)
    assert "/account/" not in links(app)


def test_a_session_that_ends_is_said_with_the_next_run(open_page: Open, sign_in: SignIn, access: Access) -> None:
    who = sign_in(Role.ANALYST)
    app = open_page("update")
    assert app.file_uploader
    access.revoke_all(who.name, operator("测试"))
    app.run()
    assert not app.file_uploader
    assert "登录已失效" in words(app)
    assert 'class="account-button" href="/account/login' in links(app)


def test_a_role_holds_from_the_next_run_on(open_page: Open, sign_in: SignIn, access: Access) -> None:
    who = sign_in(Role.ANALYST)
    app = open_page("update")
    access.set_role(who.name, Role.VIEWER, operator("测试"))
    app.run()
    assert "没有更新数据的权限" in words(app)
    assert not app.file_uploader


def test_actions_ask_anew(sign_in: SignIn, access: Access, store: Any) -> None:
    who = sign_in(Role.ANALYST)
    assert permission.require(Right.UPDATE) == who
    with pytest.raises(ForbiddenError, match="管理员"):
        permission.require(Right.ADMINISTER)
    assert (store.audit()[-1].actor, store.audit()[-1].action) == (who.name, "forbidden")
    access.revoke_all(who.name, operator("测试"))
    with pytest.raises(ForbiddenError, match="登录已失效"):
        permission.require(Right.UPDATE)


@pytest.mark.usefixtures("access")
@pytest.mark.parametrize("session", ["", "0" * 64, "nonsense"])
def test_a_session_nobody_has_is_nobody(monkeypatch: pytest.MonkeyPatch, session: str) -> None:
    monkeypatch.setattr(permission, "_session", lambda: session)
    assert permission.actor() == ANONYMOUS
    assert permission.ended() is bool(session)
    with pytest.raises(ForbiddenError):
        permission.require(Right.UPDATE)


@pytest.mark.parametrize("said", [{}, {"session": None}, {"session": ""}, {"email": "x@example.org"}])
def test_streamlit_without_an_identity_is_nobody(monkeypatch: pytest.MonkeyPatch, said: dict[str, Any]) -> None:
    monkeypatch.setattr(permission.st, "user", said)
    assert permission._session() == ""


class TestPermits:
    """Which pages let a file come in, of which size, from whom."""

    @pytest.fixture
    def permits(self, monkeypatch: pytest.MonkeyPatch) -> UploadPermits:
        fresh = UploadPermits()
        monkeypatch.setattr(permission, "PERMITS", fresh)
        monkeypatch.setattr(permission, "get_script_run_ctx", lambda: SimpleNamespace(session_id="page"))
        return fresh

    def test_an_analyst_gets_the_large_limit(self, open_page: Open, sign_in: SignIn, permits: UploadPermits) -> None:
        who = sign_in(Role.ANALYST)
        open_page("update")
        assert permits.allowed("page", who.session) == settings().max_upload_mb << 20
        assert permits.allowed("page", "") is None
        assert permits.allowed("another page", who.session) is None

    @pytest.mark.parametrize("role", [None, Role.VIEWER])
    def test_others_get_none_for_layer_data(
        self, open_page: Open, sign_in: SignIn, permits: UploadPermits, role: Role | None
    ) -> None:
        session = sign_in(role).session if role else ""
        open_page("update")
        assert permits.allowed("page", session) is None

    def test_everybody_may_send_a_small_boundary(self, open_page: Open, permits: UploadPermits) -> None:
        app = open_page("site")
        assert permits.allowed("page", "") is None  # no uploader is shown yet
        app.segmented_control(key="site_way").set_value("上传文件").run()
        assert app.file_uploader
        assert permits.allowed("page", "") == settings().site_upload_mb << 20


def test_hidden_pages_stay_in_the_registry() -> None:
    assert page_of("users").right is Right.ADMINISTER
    assert page_of("update").right is Right.UPDATE
    assert {page.right for page in PAGES if page.path not in ("users", "update")} == {Right.VIEW}


def test_files_that_are_on_disk_leave_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = MemoryUploadedFileManager("/upload")
    for name in ("a", "b"):
        manager.add_file("s1", UploadedFileRec(name, f"{name}.zip", "application/zip", b"zip"))
    context = SimpleNamespace(session_id="s1", uploaded_file_mgr=manager)
    monkeypatch.setattr(permission, "get_script_run_ctx", lambda: context)
    permission.release_uploads([UploadedFile(manager.get_files("s1", ["a"])[0], FileURLs())])
    assert [file.file_id for file in manager.get_files("s1", ["a", "b"])] == ["b"]
