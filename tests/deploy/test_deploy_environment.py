"""The environment file as commands read it: what systemd reads from it for the service, or a refusal, and never run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy" / "environment.sh"
SHOW = (
    sys.executable,
    "-I",
    "-c",
    "import json, os, sys; print(json.dumps([os.environ.get(n) for n in sys.argv[1:]]))",
)


#: Some servers' sh is bash, which keeps more names to itself.
SHELLS = [[name, *options] for name, *options in (("sh",), ("bash", "--posix")) if shutil.which(name)]


def run(file: Path, *names: str, shell: Sequence[str] = (), **before: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **before}
    command = [*shell, SCRIPT, file, *SHOW, *names]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "environment"


def read(file: Path, text: str, *names: str, **before: str) -> list[str | None]:
    file.write_bytes(text.encode())
    done = run(file, *names, **before)
    assert (done.returncode, done.stderr) == (0, "")
    found: list[str | None] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=plain", "plain"),
        ("A=", ""),
        ("A=''", ""),
        ("  A = spaced out \t", "spaced out"),
        ("A=windows\r", "windows"),
        ("A='single \"double\" \\ back'", 'single "double" \\ back'),
        ("A=\"double 'single' \"", "double 'single' "),
        ("A=李娜,王五", "李娜,王五"),
        ("A=a=b # c", "a=b # c"),
        ("A=$HOME `id` $(id) ; id & *", "$HOME `id` $(id) ; id & *"),
        ('A="$HOME $(id)"', "$HOME $(id)"),
        ("A=first\nA=second", "second"),
        ("# A=x\n; A=y\n\nA=z", "z"),
        ("A=no newline at the end", "no newline at the end"),
    ],
)
def test_values_are_taken_as_they_stand(file: Path, line: str, value: str) -> None:
    assert read(file, line, "A") == [value]


def test_what_is_set_already_wins(file: Path) -> None:
    assert read(file, "A=file\nB=file\nC=file\nA=again", "A", "B", "C", A="mine", B="") == ["mine", "", "file"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        *(
            ("nonsense", "不是 名称=值"),
            ("export A=1", "名称不能使用"),
            ("1A=x", "名称不能使用"),
            ("=x", "名称不能使用"),
            ("_=x", "名称不能使用"),
            ("pingchang_viewing=open", "名称不能使用"),
        ),
        *(("A=a\\", "引号"), ("A=a\\tb", "引号"), ('A="a', "引号"), ("A='", "引号"), ("A='a'b'", "引号")),
        *(('A="a\\"b"', "引号"), ('A="a" "b"', "引号"), ('A=a"b', "引号"), ("A='a' # b", "引号")),
    ],
)
def test_what_systemd_may_read_otherwise_is_refused_with_its_line(file: Path, line: str, words: str) -> None:
    file.write_text(f"# one\nB=2\n{line}\n", "utf-8")
    done = run(file, "A")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{file} 第 3 行" in done.stderr
    assert words in done.stderr


@pytest.mark.parametrize("shell", SHELLS)
def test_names_that_a_shell_keeps_to_itself_are_refused(file: Path, shell: list[str]) -> None:
    """Set by the file they would end the script, or have another value than the service's."""
    asked = subprocess.run(["bash", "--posix", "-c", "compgen -v"], capture_output=True, text=True, check=True, env={})
    names = {"OPTIND", "ENV", "BASH_ENV", "PS1", "IFS", *asked.stdout.split()} - {"_", "PATH", "PWD"}
    kept = []
    for name in sorted(names):
        file.write_text(f"A=1\n{name}=x y\n", "utf-8")
        done = run(file, name, shell=shell)
        if done.stdout != '["x y"]\n':
            kept.append(name)
            assert (done.returncode, done.stdout) == (2, "")
            assert f"错误：{file} 第 2 行的名称 {name} 由 shell 自用" in done.stderr
    assert {"OPTIND", "ENV", "BASH_ENV", "PS1", "IFS", "PPID", "UID", "SHELLOPTS"} <= set(kept)


def test_no_variable_of_the_script_can_be_named(file: Path) -> None:
    text = SCRIPT.read_text("utf-8")
    own = {*re.findall(r"(?m)(?:^|&& )\s*(\w+)=", text), *re.findall(r"\bread -r (\w+)", text)}
    assert {"file", "number", "loaded", "line", "name", "value"} <= own
    for name in own:
        file.write_text(f"A=1\n{name}=/etc/passwd\nA=2\n", "utf-8")
        done = run(file, "A")
        assert (done.returncode, done.stdout) == (2, ""), name
        assert f"错误：{file} 第 2 行的名称不能使用" in done.stderr, name


@pytest.mark.parametrize("shell", SHELLS)
def test_names_that_programs_know_pass(file: Path, shell: list[str]) -> None:
    names = ("http_proxy", "https_proxy", "no_proxy", "PINGCHANG_OIDC_CLIENT_SECRET", "TZ", "X2", "OPTIONS", "ENVOY")
    file.write_text("".join(f"{name}=of {name}\n" for name in names), "utf-8")
    done = run(file, *names, shell=shell)
    assert done.stderr == ""
    assert json.loads(done.stdout) == [f"of {name}" for name in names]


def test_a_path_of_the_file_does_not_decide_what_is_set_already(file: Path) -> None:
    file.write_text("PATH=/nowhere\nA=file\n", "utf-8")
    command = ["/usr/bin/env", "-i", "A=mine", SCRIPT, file, *SHOW, "A", "PATH"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ('["mine", "/nowhere"]\n', "")


def test_without_the_file_the_command_runs_as_it_is(file: Path) -> None:
    assert run(file, "A", A="mine").stdout == '["mine"]\n'
    assert run(file.parent / "no" / "folder", "A").stdout == "[null]\n"


@pytest.fixture
def entered() -> Iterator[Path]:
    """A folder that others may enter, unlike pytest's own, with the script in it."""
    with tempfile.TemporaryDirectory(prefix="pingchang-") as made:
        Path(made).chmod(0o755)
        shutil.copy(SCRIPT, made)
        (Path(made) / "etc").mkdir()
        yield Path(made)


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("runuser"), reason="只有 root 能换用户")
@pytest.mark.parametrize("hidden", ["etc", "etc/environment"])
def test_settings_that_cannot_be_read_are_not_passed_over(entered: Path, hidden: str) -> None:
    file = entered / "etc" / "environment"
    file.write_text("A=1\n", "utf-8")
    command = ["runuser", "-u", "nobody", "--", entered / SCRIPT.name, file, "printenv", "A"]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"1\n"
    (entered / hidden).chmod(0o600)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "不能读取" in done.stderr and "chmod 640" in done.stderr
