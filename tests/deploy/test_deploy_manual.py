"""The manual names only commands, settings, files and limits that there are."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from deploy import bundle
from pingchang_geo.cli.main import parser
from pingchang_geo.settings import Settings
from pingchang_geo.workflow.operations.shutdown import LIMIT_S

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "operations.md").read_text("utf-8")
CODE = "\n".join([*re.findall(r"(?s)```\n(.*?)```", TEXT), *re.findall(r"`([^`\n]+)`", TEXT)])


def commands() -> list[str]:
    """Every command of ours in the manual, as its arguments."""
    found = re.findall(r"(?:(?:^|[ /;])pingchang-geo|python -m pingchang_geo) +([a-z][^\n&#]*)", CODE, re.MULTILINE)
    return sorted({words.strip() for words in found if words.split()[0] in KNOWN})


KNOWN = {"serve", "prepare", "backup", "restore", "prune", "users", "log", "check", "publish"}


def test_commands_are_found() -> None:
    assert {words.split()[0] for words in commands()} >= {"serve", "users", "backup", "restore", "prune", "log"}


@pytest.mark.parametrize("words", commands())
def test_every_command_is_understood(words: str) -> None:
    parser().parse_args(shlex.split(words))


def test_settings_and_their_defaults_are_the_programs() -> None:
    rows = re.findall(r"(?m)^\| (`\w+`(?:、`\w+`)*) \| ([^|]+) \|", TEXT)
    assert rows
    for names, defaults in rows:
        fields = [Settings.model_fields[name] for name in re.findall(r"`(\w+)`", names)]
        stated = [word.strip("` ").replace("空", "") for word in defaults.split("、")]
        assert [str(field.default if field.default != () else "") for field in fields] == stated, names


def test_files_are_there() -> None:
    for name in re.findall(r"(?:app/)?deploy/([\w.-]+\.(?:conf|service|sh|example))", TEXT):
        assert (ROOT / "deploy" / name).is_file(), name


def test_figures_that_stand_in_the_code() -> None:
    assert f"最多 {LIMIT_S:.0f} 秒" in TEXT
    assert f"glibc {bundle.GLIBC[0]}.{bundle.GLIBC[1]} 及以上" in TEXT
    assert f"pingchang-geo-{bundle.version()}-linux-x86_64.tar.gz" in TEXT
    assert bundle.PYTHON == (3, 11)


def test_installer_messages_that_are_explained_are_the_installers() -> None:
    installer = (ROOT / "deploy" / "install.sh").read_text("utf-8")
    for words in ("需要 64 位 CPython", "与 SHA256SUMS 不符", "不会生效"):
        assert words in TEXT
        assert words in installer
    assert "文件超过服务器允许的大小" in (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
