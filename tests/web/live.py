"""The real app, a provider and nginx as processes of their own, for tests that talk to them over the network."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx2
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from pingchang_geo.access import operator
from pingchang_geo.store import LocalStore
from pingchang_geo.workflow.publish import publish
from tests import layer_frames

ROOT = Path(__file__).parents[2]
_START_S = 120


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tiny_county(data_dir: Path) -> Path:
    """A data folder with the tiny layers, so that the app starts at once."""
    store = LocalStore(data_dir)
    for layer, frame in layer_frames.all_layers().items():
        publish(
            store, layer, frame, provenance=layer_frames.REFERENCE, actor=operator("系统"), note="参考图层", base=None
        )
    return data_dir


@dataclass
class Process:
    """A running process and what it has written."""

    process: subprocess.Popen[bytes]
    log: Path

    def text(self) -> str:
        return self.log.read_text("utf-8", errors="replace")


@contextmanager
def running(
    command: list[str], log: Path, ready: Callable[[], bool], environment: Mapping[str, str] | None = None
) -> Iterator[Process]:
    """A process from the moment it is ready; stopped at the end."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    started = Process(process, log)
    try:
        deadline = time.monotonic() + _START_S
        while not ready():
            assert process.poll() is None, f"it ended:\n{started.text()[-4000:]}"
            assert time.monotonic() < deadline, f"it did not get ready:\n{started.text()[-4000:]}"
            time.sleep(0.1)
        yield started
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(address: str, verify: bool = True) -> bool:
    """Whether a server is there."""
    try:
        return httpx2.get(address, timeout=2, verify=verify, trust_env=False).status_code < 500
    except httpx2.TransportError:
        return False


@contextmanager
def app(
    data_dir: Path, port: int, settings: Mapping[str, str], *, base: str = "", address: str = "127.0.0.1"
) -> Iterator[Process]:
    """The real app under some settings (names as in ``settings.toml``)."""
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    command += ["--server.port", str(port), "--server.address", address]
    command += ["--server.baseUrlPath", base] if base else []
    given = {f"PINGCHANG_{name.upper()}": value for name, value in settings.items()}
    environment = {**given, "PINGCHANG_DATA_DIR": str(data_dir), "PYTHONWARNINGS": "default"}
    health = f"http://127.0.0.1:{port}/{base + '/' if base else ''}_stcore/health"
    with running(command, data_dir.with_suffix(".log"), lambda: answers(health), environment) as started:
        yield started


@contextmanager
def nginx(folder: Path, port: int, server: str, extra: str = "") -> Iterator[Process]:
    """The distribution's nginx with one server block, as an unprivileged process in a folder of its own."""
    binary = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    assert binary, "nginx is missing: run make setup-dev"
    folder.mkdir(parents=True, exist_ok=True)
    folders = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"""daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log stderr warn;
events {{ worker_connections 256; }}
http {{
{folders}access_log off;
map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
{extra}
server {{
listen 127.0.0.1:{port};
{server}
}} }}
""",
        "utf-8",
    )
    command = [binary, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
    with running(command, folder / "nginx.log", lambda: _listens(port)) as started:
        yield started


@contextmanager
def provider(
    folder: Path,
    *,
    callback: str,
    home: str,
    host: str = "localhost",
    port: int = 0,
    certificate: tuple[Path, Path] | None = None,
) -> Iterator[str]:
    """The identity provider of the tests; its issuer address, on another host name than the app's."""
    port = port or free_port()
    issuer = f"{'https' if certificate else 'http'}://{host}:{port}"
    command = [sys.executable, "-m", "tests.web.oidc_provider", str(port), issuer, callback, home]
    command += [str(path) for path in certificate or ()]
    ready = partial(answers, f"{issuer}/jwks", verify=False)
    with running(command, folder / f"provider-{port}.log", ready):
        yield issuer


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def websocket_status(address: str, headers: list[tuple[str, str]], *, origin: str, source: str = "127.0.0.1") -> int:
    """What the opening of a Streamlit websocket is answered with: 101 for welcome."""
    try:
        with connect(
            address,
            additional_headers=headers,
            origin=Origin(origin),
            proxy=None,
            open_timeout=20,
            subprotocols=[Subprotocol("streamlit")],
            source_address=(source, 0),
        ):
            return 101
    except InvalidStatus as error:
        return error.response.status_code


def command(data_dir: Path, settings: Mapping[str, str], *arguments: str) -> str:
    """What ``python -m pingchang_geo …`` says, on the same data and settings."""
    given = {f"PINGCHANG_{name.upper()}": value for name, value in settings.items()}
    done = subprocess.run(
        [sys.executable, "-m", "pingchang_geo", *arguments],
        cwd=ROOT,
        env={**os.environ, **given, "PINGCHANG_DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def until(holds: Callable[[], bool], *, within_s: float = 20, apart_s: float = 0.2) -> None:
    """Wait for something that takes a moment to be seen."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(apart_s)
