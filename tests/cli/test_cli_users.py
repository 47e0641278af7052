"""``users``: the way in when nobody has one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pingchang_geo.access import Right, Role, operator
from pingchang_geo.cli import main
from pingchang_geo.cli.person import operator_of
from pingchang_geo.settings import Settings, settings
from pingchang_geo.store import LocalStore
from pingchang_geo.workflow import start
from tests.access_desk import OPERATOR, PASSWORD, Desk


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    found = Desk(tmp_path)
    monkeypatch.setattr(start, "access", lambda: found.access)
    return found


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def token_in(printed: list[str]) -> str:
    found = re.search(r"/account/invite/([\w-]{43})$", printed[1])
    assert found, printed
    return found[1]


def test_the_first_admin_comes_in_by_a_link(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["users", "add", "张三", "--role", "admin"]) == 0
    printed = lines(capsys)
    assert printed[0] == "「张三」的一次性链接，72 小时内有效，用后作废，请只交给本人："
    assert "public_url" in printed[2]
    assert desk.access.accept(token_in(printed), PASSWORD).actor.may(Right.ADMINISTER)
    assert desk.access.first_link() is None
    assert main(["users", "list"]) == 0
    assert lines(capsys) == ["张三 · 管理员 · 正常 · 本系统账户 · 上次登录 2027-01-15T08:00:00Z"]


def test_a_link_is_whole_where_the_address_is_known(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = Settings(public_url="https://map.example.org/geo")
    monkeypatch.setattr("pingchang_geo.cli.users.settings", lambda: chosen)
    assert main(["users", "add", "李四"]) == 0
    printed = lines(capsys)
    assert len(printed) == 2 and printed[1].startswith("https://map.example.org/geo/account/invite/")


def test_roles_and_states(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["users", "list"]) == 0
    assert lines(capsys) == ["尚无用户。新增管理员：users add 用户名 --role admin"]
    desk.user("管", Role.ADMIN)
    for arguments, said in (
        (["add", "李四"], "「李四」的一次性链接"),
        (["role", "李四", "analyst"], "「李四」现为数据员。"),
        (["disable", "李四"], "「李四」已停用。"),
        (["enable", "李四"], "「李四」已启用。"),
        (["link", "李四"], "「李四」的一次性链接"),
        (["revoke", "管"], "「管」的 1 个会话已结束，未使用的链接已作废。"),
    ):
        assert main(["users", *arguments]) == 0
        assert lines(capsys)[0].startswith(said)
    assert main(["users", "list", "--json"]) == 0
    found = {user["name"]: user for user in json.loads(capsys.readouterr().out)}
    assert found["李四"] == {
        "name": "李四",
        "role": "analyst",
        "source": "accounts",
        "disabled": False,
        "pending": True,
        "created_at": "2027-01-15T08:00:00Z",
        "signed_in_at": None,
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["role", "管", "viewer"], "最后一个可用的管理员"),
        (["disable", "管"], "最后一个可用的管理员"),
        (["role", "nobody", "viewer"], "没有用户「nobody」"),
        (["link", "nobody"], "没有用户「nobody」"),
        (["revoke", "nobody"], "没有用户「nobody」"),
        (["add", "a/b"], "用户名不能使用"),
        (["add", "系统"], "系统保留"),
        (["add", "管", "--role", "viewer"], "「管」已是管理员"),
    ],
)
def test_refusals_are_words_and_exit_code_2(
    desk: Desk, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.access.accept(desk.access.first_link() or "", PASSWORD)
    main(["users", "add", "管", "--role", "admin"])
    desk.access.accept(token_in(lines(capsys)), PASSWORD)
    desk.access.set_disabled("admin", True, OPERATOR)
    assert main(["users", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("错误：") and said in error


def test_under_a_provider_there_are_no_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(tmp_path, identity="proxy", trusted_proxies=("10.0.0.1/32",))
    monkeypatch.setattr(start, "access", lambda: desk.access)
    monkeypatch.setattr("pingchang_geo.cli.users.settings", lambda: desk.settings)
    assert main(["users", "add", "zhang", "--role", "analyst"]) == 0
    assert lines(capsys) == ["已登记「zhang」为数据员，用户从统一身份认证登录。"]
    assert main(["users", "link", "zhang"]) == 2
    assert "统一身份认证" in capsys.readouterr().err


def test_over_the_real_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing replaced: the file is made, private, and the log tells of it."""
    monkeypatch.setenv("PINGCHANG_DATA_DIR", str(tmp_path / "data"))
    caches = (settings, start.open_store, start.access)
    for cached in caches:
        cached.cache_clear()
    try:
        assert main(["users", "add", "张三", "--role", "admin"]) == 0
    finally:
        for cached in caches:
            cached.cache_clear()
    assert (tmp_path / "data" / "accounts.sqlite").stat().st_mode & 0o777 == 0o600
    assert LocalStore(tmp_path / "data").audit()[-1].detail == {"name": "张三", "role": "admin"}


@pytest.mark.parametrize("unknown", [KeyError("uid"), OSError("no user name")])
def test_a_user_without_a_name_works_under_its_number(unknown: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container run with any number for its user."""

    def getuser() -> str:
        raise unknown

    monkeypatch.setattr("getpass.getuser", getuser)
    monkeypatch.setattr("os.getuid", lambda: 10001)
    assert operator_of() == operator("uid 10001")
    assert operator_of("张三") == operator("张三")
