"""The real app, served as in production, over a tiny county; and the people who use it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from pingchang_geo.access import Role, operator
from pingchang_geo.settings import Settings
from pingchang_geo.store import LocalStore
from pingchang_geo.store.directory import Directory
from pingchang_geo.workflow.access import Access
from pingchang_geo.workflow.publish import publish
from tests import layer_frames
from tests.web.doorway import PASSWORD, QUICK

ROOT = Path(__file__).parents[2]
START_SECONDS = 120
_ROUTES = """
import json, app
found = []
for route in app.app._build_starlette_app().routes:
    kind = type(route).__name__
    found.append([kind, route.path, sorted(getattr(route, "methods", None) or [])])
print("ROUTES" + json.dumps(found))
"""


@dataclass(frozen=True)
class Served:
    """A running app: ``url`` with the base path, viewing, and where its output goes."""

    url: str
    base: str
    viewing: str
    log: Path

    @property
    def origin(self) -> str:
        """What its own pages send."""
        return self.url.removesuffix(self.base)

    def client(self, token: str = "") -> httpx2.Client:
        """A browser's connection, signed in if a token is given."""
        cookies = {"pingchang_session": token} if token else {}
        return httpx2.Client(base_url=self.url, cookies=cookies, headers={"Origin": self.origin}, timeout=30)


def county(data_dir: Path) -> None:
    """Publish the tiny county as reference layers."""
    store = LocalStore(data_dir)
    for layer, frame in layer_frames.all_layers().items():
        publish(
            store,
            layer,
            frame,
            provenance=layer_frames.REFERENCE,
            actor=operator("系统"),
            note="参考图层",
            base=None,
        )


def people(data_dir: Path) -> dict[str, str]:
    """Role → token of a session of the served app; ``""`` for nobody."""
    access = Access(
        Directory(data_dir / "accounts.sqlite"), lambda *_: None, Settings(data_dir=data_dir), passwords=QUICK
    )
    found = {"anonymous": ""}
    for role in Role:
        link = access.invite(f"测试{role.label}", role, operator("测试"))
        found[role.value] = access.accept(link, PASSWORD).token
    return found


def _environment(data_dir: Path, viewing: str) -> dict[str, str]:
    return {**os.environ, "PINGCHANG_DATA_DIR": str(data_dir), "PINGCHANG_VIEWING": viewing}


def declared_routes(data_dir: Path) -> list[tuple[str, str, list[str]]]:
    """Every route of the app as it is served: kind, path, methods."""
    done = subprocess.run(
        [sys.executable, "-c", _ROUTES],
        cwd=ROOT,
        env=_environment(data_dir, "open"),
        capture_output=True,
        text=True,
        check=True,
        timeout=START_SECONDS,
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("ROUTES"))
    return [tuple(item) for item in json.loads(line.removeprefix("ROUTES"))]


@contextmanager
def served(data_dir: Path, viewing: str, base: str = "") -> Iterator[Served]:
    """Serve the app, wait until it answers, and stop it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    options = ["--server.port", str(port), "--server.address", "127.0.0.1", "--server.headless", "true"]
    options += ["--server.baseUrlPath", base.strip("/")] if base else []
    log = data_dir.parent / f"{viewing}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", *options],
            cwd=ROOT,
            env=_environment(data_dir, viewing),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    found = Served(f"http://127.0.0.1:{port}{base}", base, viewing, log)
    try:
        _answering(found, process)
        yield found
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answering(server: Served, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"the server did not answer:\n{server.log.read_text(errors='replace')[-4000:]}")
