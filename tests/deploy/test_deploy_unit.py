"""The systemd unit: parsed here, and by systemd itself where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pingchang_geo.cli.main import parser
from pingchang_geo.errors import PingchangError
from pingchang_geo.settings import Settings
from pingchang_geo.workflow.operations.shutdown import LIMIT_S

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])
MAIN = DEPLOY / "pingchang.service"
#: 0 is a locked room, 10 an open street; an unhardened service has 9.6.
MOST_EXPOSED = 2.0


def parsed(path: Path) -> dict[str, dict[str, list[str]]]:
    """Sections, keys and all values of each key."""
    found: dict[str, dict[str, list[str]]] = {}
    section: dict[str, list[str]] = {}
    for line in path.read_text("utf-8").splitlines():
        if header := re.fullmatch(r"\[(\w+)\]", line):
            section = found.setdefault(header[1], {})
        elif line and not line.startswith("#"):
            key, equals, value = line.partition("=")
            assert equals, line
            section.setdefault(key, []).append(value)
    return found


def service() -> dict[str, str]:
    return {key: values[-1] for key, values in parsed(MAIN)["Service"].items()}


def test_a_publish_is_never_cut_in_half() -> None:
    chosen = service()
    assert chosen["KillMode"] == "mixed", "children finish on their own; only the server is told"
    assert chosen["KillSignal"] == "SIGTERM"
    assert int(chosen["TimeoutStopSec"]) >= LIMIT_S + 15
    assert "SendSIGKILL" not in chosen


def every_refusal(kind: type[PingchangError] = PingchangError) -> set[int]:
    """Exit codes of the error and of all that are made from it."""
    return {kind.exit_code}.union(*map(every_refusal, kind.__subclasses__()))


def test_a_refusal_is_not_tried_again() -> None:
    """systemd looks at the main process alone: what another command says would be tried again until it gives up."""
    chosen = service()
    assert {int(code) for code in chosen["RestartPreventExitStatus"].split()} == every_refusal()
    assert [key for key in chosen if key.startswith("Exec")] == ["ExecStart"]
    assert chosen["ExecStart"].split()[1] == "serve", "which checks and prepares, and ends with that code"
    assert chosen["Restart"] == "on-failure"


def test_the_manual_names_the_cure_after_too_many_starts() -> None:
    assert "StartLimitBurst" in parsed(MAIN)["Unit"]
    assert "systemctl reset-failed pingchang-geo" in (DEPLOY.parent / "docs" / "operations.md").read_text("utf-8")


def test_it_may_write_only_where_data_and_caches_are() -> None:
    chosen = service()
    assert chosen["ProtectSystem"] == "strict"
    assert "ReadWritePaths" not in chosen
    assert chosen["StateDirectory"] == chosen["CacheDirectory"] == "pingchang-geo"
    assert chosen["User"] == "pingchang"
    assert chosen["CapabilityBoundingSet"] == ""
    for key in (
        "NoNewPrivileges",
        "PrivateTmp",
        "PrivateDevices",
        "ProtectHome",
        "RestrictSUIDSGID",
        "RestrictNamespaces",
    ):
        assert chosen[key] == "yes"


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_commands_are_ones_that_we_have(path: Path) -> None:
    chosen = parsed(path)
    for command in chosen.get("Service", {}).get("ExecStart", []):
        program, *words = command.split()
        if program.endswith(".sh"):
            script = DEPLOY.parent / program.removeprefix("/opt/pingchang-geo/current/app/")
            assert script.is_file()
            assert script.stat().st_mode & 0o111
            continue
        assert program == "/opt/pingchang-geo/pingchang-geo"
        parser().parse_args([word.replace("%i", "x") for word in words])


def test_the_example_environment_is_one_that_we_read() -> None:
    lines = (DEPLOY / "pingchang-geo.env.example").read_text("utf-8").splitlines()
    names = [found[1] for line in lines if (found := re.match(r"#?([A-Z_]+)=", line))]
    assert names
    for name in names:
        assert name.removeprefix("PINGCHANG_").lower() in Settings.model_fields


@pytest.fixture
def systemd(tmp_path: Path) -> Path:
    """The units in a folder, their program replaced by one that exists."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze 不在本机：只做了解析检查")
    for path in UNITS:
        name = path.name.replace("pingchang.", "pingchang-geo.")
        text = re.sub(r"(?m)^(Exec\w+)=/opt/\S+", rf"\1={shutil.which('true')}", path.read_text("utf-8"))
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def test_systemd_has_nothing_to_say(systemd: Path) -> None:
    for path in sorted(systemd.iterdir()):
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", path], capture_output=True, text=True, check=False
        )
        ours = [line for line in done.stderr.splitlines() if "pingchang" in line]
        assert (done.returncode, ours) == (0, []), done.stderr


def test_systemd_does_look(systemd: Path) -> None:
    path = systemd / "pingchang-geo.service"
    path.write_text(path.read_text("utf-8").replace("KillMode=mixed", "KillMode=sometimes"), "utf-8")
    done = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True, check=False)
    assert "Failed to parse kill mode" in done.stderr


def test_systemd_finds_little_exposure(systemd: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", systemd / "pingchang-geo.service"],
        capture_output=True,
        text=True,
        check=False,
    )
    level = re.search(r"Overall exposure level for [\w.-]+: ([\d.]+)", done.stdout)
    assert level, done.stderr
    assert float(level[1]) <= MOST_EXPOSED
