"""The real bundle: made, unpacked, installed and started where there is no network at all."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy import bundle

VISIT = Path(__file__).with_name("offline_visit.py")


@dataclass(frozen=True)
class Made:
    """An unpacked bundle, the size of its archive in bytes, and how long it took to make."""

    folder: Path
    size: int
    seconds: float


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("bundle")
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, bundle.ROOT / "deploy" / "bundle.py", "--out", folder / "dist"],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    seconds = time.monotonic() - begun
    (archive,) = (folder / "dist").glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    size = archive.stat().st_size
    archive.unlink()
    return Made(folder / f"pingchang-geo-{bundle.version()}", size, seconds)


def test_every_pin_of_the_requirements_has_its_wheel(made: Made) -> None:
    pins = re.findall(r"(?m)^([\w.-]+)==([\w.]+)", (bundle.ROOT / "requirements.txt").read_text("utf-8"))
    held = {path.name.lower().replace("-", "_") for path in (made.folder / "wheels").iterdir()}
    for name, version in [*pins, tuple(bundle.PIP.split("=="))]:
        start = f"{re.sub(r'[-.]+', '_', name.lower())}_{version}_"
        assert [one for one in held if one.startswith(start)], name
    assert not [path.name for path in (made.folder / "wheels").iterdir() if path.suffix != ".whl"]


def test_wheels_keep_to_the_stated_c_library(made: Made) -> None:
    newest = [
        min(tuple(map(int, found)) for found in re.findall(r"manylinux_(\d+)_(\d+)", path.name))
        for path in (made.folder / "wheels").iterdir()
        if "manylinux_" in path.name
    ]
    assert max(newest) <= bundle.GLIBC


def registries() -> set[str]:
    """Where this machine's packages come from, as its clients are set up."""
    said = [json.dumps(dict(os.environ))]
    for command in ([sys.executable, "-m", "pip", "config", "list"], ["npm", "config", "get", "registry"]):
        if shutil.which(command[0]):
            said.append(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    return set(re.findall(r"(?:https?|file)://([^\s'\",;]{6,})", " ".join(said))) - {"", "registry.npmjs.org/"}


def test_nothing_of_this_machine_is_in_it(made: Made) -> None:
    forbidden = {str(bundle.ROOT), *registries()}
    if len(socket.gethostname()) > 5:
        forbidden.add(socket.gethostname())
    for path in made.folder.rglob("*"):
        if path.is_file() and path.suffix != ".whl":
            content = path.read_bytes()
            found = [word for word in forbidden if word.encode() in content]
            assert not found, (path.relative_to(made.folder), found)


def namespace() -> list[str]:
    """How to start a command without a network and with mounts of its own, if that is allowed here."""
    unshare = shutil.which("unshare")
    for options in (["--net", "--mount"], ["--net", "--mount", "--map-root-user"]):
        if unshare and subprocess.run([unshare, *options, "true"], capture_output=True, check=False).returncode == 0:
            return [unshare, *options]
    pytest.skip("本机不允许建立网络命名空间（unshare --net），离线安装未测试")


@pytest.fixture(scope="module")
def visited(made: Made, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    prefix = tmp_path_factory.mktemp("server") / "opt"
    command = [*namespace(), sys.executable, "-I", VISIT, made.folder, prefix, sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", timeout=280)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    yield found
    shutil.rmtree(prefix)


def test_it_installs_where_nothing_outside_can_be_reached(visited: dict[str, Any]) -> None:
    assert visited["cut_off"]
    code, said = visited["install"]
    assert code == 0, said


def test_it_serves_the_start_page_and_everything_that_belongs_to_it(visited: dict[str, Any]) -> None:
    server = visited["server"]
    assert set(server["statuses"].values()) == {200}, server["statuses"]
    assert len(server["statuses"]) >= 6, "scripts and styles of the start page are among them"
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//[^"']+""", server["page"])


def test_nothing_outside_was_asked_for(visited: dict[str, Any]) -> None:
    assert visited["outside"] == []
    assert visited["watching"], "an attempt would have been noticed"


def test_it_prints_the_first_administrators_link_and_stops_when_told(visited: dict[str, Any]) -> None:
    assert "/account/invite/" in visited["log"]
    assert "Traceback" not in visited["log"]
    assert visited["server"]["stopped"] in {0, -15, 143}


def test_a_port_in_use_is_said_in_words(visited: dict[str, Any]) -> None:
    code, said = visited["server"]["second"]
    assert code == 2
    assert "8501" in said
    assert "Traceback" not in said


def test_reports_are_drawn_without_any_font_of_the_system(visited: dict[str, Any]) -> None:
    report = visited["report"]
    assert report["code"] in {0, 1}, report["said"]
    content = Path(report["pdf"]).read_bytes()
    assert content.startswith(b"%PDF")
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    text = content + b"".join(_inflated(stream) for stream in streams)
    assert b"NotoSansSC" in text.replace(b"#20", b"").replace(b" ", b"")


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


def test_figures_of_the_manual(made: Made, visited: dict[str, Any], record_property: Any) -> None:
    """Size and seconds, for docs/operations.md; limits are generous, a leap is what they are to catch."""
    figures = {"bundle_mb": made.size / 1e6, "bundle_s": made.seconds, "install_s": visited["install_s"]}
    figures["start_s"] = visited["server"]["start_s"]
    for name, value in figures.items():
        record_property(name, round(value, 1))
    print(json.dumps({name: round(value, 1) for name, value in figures.items()}))
    assert figures["bundle_mb"] < 400
