"""Run inside an empty network namespace: install the bundle, start the server, look at it, stop it.

    unshare --net --mount python offline_visit.py BUNDLE_FOLDER PREFIX PYTHON

Prints one JSON object. Only the standard library is used; what is tested is in the bundle.
"""

from __future__ import annotations

import errno
import fcntl
import http.client
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

_IFF_UP, _GET_FLAGS, _SET_FLAGS = 1, 0x8913, 0x8914
PORT = 8501
START_SECONDS = 200
#: Tells of every attempt of the server, its commands and their children to reach another machine.
WATCH = """
import sys
def _watch(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = str(arguments[1][0])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = str(arguments[0])
    else:
        return
    if host not in ("None", "", "127.0.0.1", "::1", "localhost", "0.0.0.0", "::"):
        with open({log!r}, "a") as file:
            file.write(f"{{event}} {{host}}\\n")
sys.addaudithook(_watch)
"""
SITE = "107.10,31.56\n107.12,31.56\n107.12,31.58\n107.10,31.58\n107.10,31.56\n"


def bring_up_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        flags = struct.unpack("16sH22x", fcntl.ioctl(control, _GET_FLAGS, struct.pack("16sH22x", b"lo", 0)))[1]
        fcntl.ioctl(control, _SET_FLAGS, struct.pack("16sH22x", b"lo", flags | _IFF_UP))


def cut_off() -> bool:
    """Whether nothing outside can be reached (192.0.2.1 is nobody's address)."""
    with socket.socket() as probe:
        return probe.connect_ex(("192.0.2.1", 80)) == errno.ENETUNREACH


def hide_fonts() -> None:
    """A server has no fonts."""
    for folder in ("/usr/share/fonts", "/usr/local/share/fonts"):
        if Path(folder).is_dir():
            subprocess.run(["mount", "-t", "tmpfs", "none", folder], check=True)


def fetch(path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=20)
    try:
        connection.request("GET", path, headers={"Accept": "text/html"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    finally:
        connection.close()


def command(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


def watching(prefix: Path, environment: dict[str, str], log: Path) -> bool:
    """Whether an attempt to reach another machine would have been noticed."""
    before = log.read_text("utf-8")
    attempt = "import socket; socket.socket().connect_ex(('192.0.2.1', 80))"
    command(environment, str(prefix / "current" / "venv" / "bin" / "python"), "-c", attempt)
    return log.read_text("utf-8") == f"{before}socket.connect 192.0.2.1\n"


def wait(server: subprocess.Popen[bytes], path: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if fetch(path)[0] == 200:
                return
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.3)
    raise SystemExit(f"the server did not come up ({server.poll()})")


def visit(prefix: Path, environment: dict[str, str], log: Path) -> dict[str, Any]:
    program, found = str(prefix / "pingchang-geo"), dict[str, Any]()
    begun = time.monotonic()
    with log.open("wb") as output:
        server = subprocess.Popen(
            [program, "serve", "--address", "127.0.0.1", "--port", str(PORT)],
            cwd="/",
            env=environment,
            stdout=output,
            stderr=output,
        )
    try:
        wait(server, "/healthz")
        seconds = time.monotonic() - begun
        page = fetch("/")
        assets = re.findall(r'(?:src|href)="\.?/?(static/[^"]+)"', page[1])
        paths = ["/healthz", "/_stcore/health", "/vendor/leaflet/dist/leaflet.js", *(f"/{asset}" for asset in assets)]
        again = command(environment, program, "serve", "--port", str(PORT))
        found |= {
            "start_s": round(seconds, 1),
            "page": page[1],
            "statuses": {path: fetch(path)[0] for path in paths} | {"/": page[0]},
            "second": [again.returncode, again.stdout + again.stderr],
        }
        return found
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            found["stopped"] = server.wait(timeout=60)
        except subprocess.TimeoutExpired:
            server.kill()


def report(prefix: Path, environment: dict[str, str]) -> dict[str, Any]:
    """A printed map and a PDF, on a machine without any font."""
    site, pdf = prefix.parent / "site.txt", prefix.parent / "report.pdf"
    site.write_text(SITE, "utf-8")
    done = command(environment, str(prefix / "pingchang-geo"), "check", str(site), "--pdf", str(pdf))
    return {"code": done.returncode, "said": done.stdout + done.stderr, "pdf": str(pdf) if pdf.exists() else ""}


def main(folder: Path, prefix: Path, python: str) -> dict[str, Any]:
    bring_up_loopback()
    hide_fonts()
    found: dict[str, Any] = {"cut_off": cut_off()}
    begun = time.monotonic()
    done = subprocess.run(
        [folder / "install.sh", "--prefix", prefix, "--python", python], capture_output=True, text=True, check=False
    )
    found["install"] = [done.returncode, done.stdout + done.stderr]
    found["install_s"] = round(time.monotonic() - begun, 1)
    if done.returncode:
        return found
    watch, outside, log = prefix.parent / "watch", prefix.parent / "outside.log", prefix.parent / "server.log"
    watch.mkdir()
    outside.write_text("", "utf-8")
    (watch / "sitecustomize.py").write_text(WATCH.format(log=str(outside)), "utf-8")
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONPATH": str(watch), "LANG": "C.UTF-8"}
    found["server"] = visit(prefix, environment, log)
    found["report"] = report(prefix, environment)
    found["outside"] = outside.read_text("utf-8").splitlines()
    found["watching"] = watching(prefix, environment, outside)
    found["log"] = log.read_text("utf-8", "replace")
    return found


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])))
