"""Settings: what is wrong is said in Chinese, and what is half set up does not start."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import pytest
from pydantic import ValidationError

from pingchang_geo.errors import SettingsError
from pingchang_geo.readers import Limits
from pingchang_geo.settings import Settings, settings

OIDC = {
    "PINGCHANG_IDENTITY": "oidc",
    "PINGCHANG_OIDC_ISSUER": "https://id.example.org/realms/x",
    "PINGCHANG_OIDC_CLIENT_ID": "map",
    "PINGCHANG_OIDC_CLIENT_SECRET": "a secret",
    "PINGCHANG_PUBLIC_URL": "https://map.example.org/geo/",
}


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No variables and no file but the test's; returns where the file would lie."""
    for name in [name for name in os.environ if name.startswith("PINGCHANG_")]:
        monkeypatch.delenv(name)
    path = tmp_path / "settings.toml"
    monkeypatch.setitem(Settings.model_config, "toml_file", path)
    return path


def load() -> Settings:
    return settings.__wrapped__()


def test_what_a_file_may_cost_is_set_under_the_names_of_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Limits.of(load()) == Limits()  # the defaults are the same
    for number, name in enumerate(asdict(Limits()), start=300):
        monkeypatch.setenv(f"PINGCHANG_{name.upper()}", str(number))
    assert asdict(Limits.of(load())) == {name: number for number, name in enumerate(asdict(Limits()), start=300)}


def test_a_fresh_machine_needs_no_settings() -> None:
    chosen = load()
    assert (chosen.viewing, chosen.identity, chosen.log_format) == ("open", "accounts", "text")
    assert (chosen.session_idle_minutes, chosen.session_hours) == (120, 12)
    assert (chosen.lockout_failures, chosen.lockout_minutes, chosen.site_upload_mb) == (5, 15, 20)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"VIEWNG": "closed"}, "没有名为 PINGCHANG_VIEWNG 的设置（是否为 PINGCHANG_VIEWING）"),
        ({"OPEN_PUBLISHING": "true"}, "没有名为 PINGCHANG_OPEN_PUBLISHING 的设置"),
        ({"VIEWING": "maybe"}, "viewing 应为 open、closed 之一"),
        ({"IDENTITY": "ldap"}, "identity 应为 accounts、oidc、proxy 之一"),
        ({"LOG_FORMAT": "xml"}, "log_format 应为 text、json 之一"),
        ({"SESSION_HOURS": "many"}, "session_hours 应为整数"),
        ({"SESSION_HOURS": "1.5"}, "session_hours 应为整数"),
        ({"SESSION_HOURS": "0"}, "session_hours 应不小于 1"),
        ({"SESSION_HOURS": "9999"}, "session_hours 应不大于 744"),
        ({"LOCKOUT_FAILURES": "1"}, "lockout_failures 应不小于 2"),
        ({"MAX_ARCHIVE_RATIO": "0"}, "max_archive_ratio 应不小于 1"),
        ({"MAX_UNPACKED_MB": "9999999"}, "max_unpacked_mb 应不大于 1048576"),
        ({"LOCKOUT_MINUTES": "-5"}, "lockout_minutes 应不小于 1"),
        ({"SESSION_IDLE_MINUTES": "600", "SESSION_HOURS": "8"}, "session_idle_minutes 不应超过 session_hours"),
        ({"SITE_UPLOAD_MB": "600"}, "site_upload_mb 不应大于 max_upload_mb"),
        ({"PUBLIC_URL": "map.example.org"}, "public_url 应为 http:// 或 https:// 开头"),
        ({"PUBLIC_URL": "ftp://map.example.org"}, "public_url 应为 http:// 或 https:// 开头"),
        ({"PUBLIC_URL": "https://map.example.org?x=1"}, "public_url 不应含有参数"),
        ({"PUBLIC_URL": "https://a:b@map.example.org"}, "public_url 不应含有参数（?）、锚点（#）或用户名"),
        ({"PUBLIC_URL": "https://map.example.org:99999"}, "public_url 不是有效的网址"),
        ({"PUBLIC_URL": "https://"}, "public_url 应为 http:// 或 https:// 开头"),
        ({"TRUSTED_PROXIES": "10.0.0.1, here"}, "trusted_proxies 中的「here」不是地址或网段"),
        ({"TRUSTED_PROXIES": "10.0.0.1/8"}, "trusted_proxies 中的「10.0.0.1/8」不是地址或网段"),
        ({"IDENTITY": "proxy"}, "还需设置 trusted_proxies"),
        ({"IDENTITY": "proxy", "TRUSTED_PROXIES": "0.0.0.0/0"}, "人人可以冒充"),
        ({"IDENTITY": "proxy", "TRUSTED_PROXIES": "10.0.0.1, ::/0"}, "人人可以冒充"),
        ({"IDENTITY_HEADER": "X User"}, "identity_header 不是可用的请求头名称"),
        ({"IDENTITY_HEADER": "X-Pingchang-User"}, "identity_header 不是可用的请求头名称"),
        ({"ROLE_HEADER": "Cookie"}, "role_header 不是可用的请求头名称"),
        (
            {"IDENTITY": "proxy", "TRUSTED_PROXIES": "10.0.0.1", "ROLE_HEADER": "x-remote-user"},
            "role_header 与 identity_header 不能相同",
        ),
        ({"IDENTITY": "oidc"}, "还需设置 oidc_issuer、oidc_client_id、oidc_client_secret、public_url"),
        ({"ADMINS": "张三"}, "admins 只用于"),
        ({"METRICS_TOKEN": "short"}, "metrics_token 应为至少 16 个"),
        ({"METRICS_TOKEN": "with a space in it, long"}, "metrics_token 应为至少 16 个"),
    ],
)
def test_what_is_wrong_is_said(variables: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"PINGCHANG_{name}", value)
    with pytest.raises(SettingsError) as caught:
        load()
    assert said in caught.value.message
    assert not any(word in str(caught.value) for word in ("Input", "should be", "Value error", "valid"))
    assert caught.value.fix


@pytest.mark.parametrize("absent", [name for name in OIDC if name != "PINGCHANG_IDENTITY"])
def test_oidc_needs_all_of_it(absent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in OIDC.items():
        monkeypatch.setenv(name, value)
    assert load().public_url == "https://map.example.org/geo"
    monkeypatch.delenv(absent)
    with pytest.raises(SettingsError, match=f"还需设置 {absent.removeprefix('PINGCHANG_').lower()}。"):
        load()


@pytest.mark.parametrize(
    ("issuer", "fine"),
    [
        ("http://127.0.0.1:8080/realm", True),
        ("http://localhost:8080", True),
        ("http://[::1]:8080", True),
        ("http://id.example.org", False),
        ("http://10.0.0.7", False),
    ],
)
def test_secrets_go_to_an_encrypted_provider_only(issuer: str, fine: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**OIDC, "PINGCHANG_OIDC_ISSUER": issuer}.items():
        monkeypatch.setenv(name, value)
    if fine:
        assert load().oidc_issuer == issuer
    else:
        with pytest.raises(SettingsError, match="oidc_issuer 应为 https"):
            load()


def test_several_mistakes_are_said_at_once_and_no_secret(monkeypatch: pytest.MonkeyPatch, alone: Path) -> None:
    monkeypatch.setenv("PINGCHANG_METRICS_TOKEN", "hunter2")
    monkeypatch.setenv("PINGCHANG_VIEWING", "secretly")
    with pytest.raises(SettingsError) as caught:
        load()
    assert "metrics_token" in str(caught.value) and "viewing" in str(caught.value)
    assert "hunter2" not in str(caught.value) and "secretly" not in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_lists_come_with_commas_or_as_lists(monkeypatch: pytest.MonkeyPatch, alone: Path) -> None:
    monkeypatch.setenv("PINGCHANG_TRUSTED_PROXIES", " 10.0.0.1, 10.1.0.0/16,,fd00::/8 ")
    assert load().trusted_proxies == ("10.0.0.1/32", "10.1.0.0/16", "fd00::/8")
    monkeypatch.delenv("PINGCHANG_TRUSTED_PROXIES")
    alone.write_text('trusted_proxies = ["10.0.0.1"]\nidentity = "proxy"\nadmins = "张三, 李四"\n', "utf-8")
    assert load().trusted_proxies == ("10.0.0.1/32",)
    assert load().admins == ("张三", "李四")


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, alone: Path) -> None:
    alone.write_text('viewing = "closed"\nsession_hours = 8\n', "utf-8")
    monkeypatch.setenv("PINGCHANG_SESSION_HOURS", "6")
    assert (load().viewing, load().session_hours) == ("closed", 6)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'viewing = "closed"\nsession_hours = \n', "settings.toml 第 2 行第 17 列有语法错误"),
        (b"viewing = closed\n", "settings.toml 第 1 行第 11 列有语法错误"),
        (b'viewing = "clo', "settings.toml 末尾不完整"),
        ("map_approval_number = '川S'".encode("gbk"), "settings.toml 不是 UTF-8 编码"),
        (b'viewnig = "closed"\n', "没有名为 viewnig 的设置（是否为 viewing）"),
        (b"[accounts]\nx = 1\n", "没有名为 accounts 的设置"),
        (b"session_hours = true\n", "session_hours"),
        (b'session_hours = "x"\n', "session_hours 应为整数"),
        (b"public_url = 5\n", "public_url 应为文本"),
        (b"admins = 5\n", "admins 应为列表"),
        (b"data_dir = 5\n", "data_dir 应为路径"),
    ],
)
def test_a_broken_file_is_refused(content: bytes, said: str, alone: Path) -> None:
    alone.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        load()
    assert said in caught.value.message
    assert str(alone.parent) not in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_refused(alone: Path) -> None:
    alone.write_text("", "utf-8")
    alone.chmod(0)
    with pytest.raises(SettingsError, match="无法读取"):
        load()


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in OIDC.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PINGCHANG_METRICS_TOKEN", "0123456789abcdef")
    shown = repr(load()) + str(load())
    assert "a secret" not in shown and "0123456789abcdef" not in shown


def test_nothing_changes_afterwards() -> None:
    with pytest.raises(ValidationError):
        load().viewing = "closed"  # type: ignore[misc]
