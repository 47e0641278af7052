"""The ways to sign in at the proxy that nginx.conf describes in comments, in a real nginx."""

from __future__ import annotations

import base64
import json
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509 import NameOID

from tests.deploy import proxy
from tests.deploy.proxy import Proxy, trusting

SPOOFED = {"X-Remote-User": "boss", "X_Remote_User": "boss"}


class Names(BaseHTTPRequestHandler):
    """Answers with the user names that reached it."""

    def do_GET(self) -> None:
        body = json.dumps(self.headers.get_all("X-Remote-User") or []).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture(scope="module")
def app() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Names)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def told(nginx: Proxy, context: ssl.SSLContext, path: str = "/", **headers: str) -> list[str]:
    """Who the app was told has come."""
    asked = urllib.request.Request(f"{nginx.url}{path}", headers={**SPOOFED, **headers})
    with urllib.request.urlopen(asked, timeout=10, context=context) as answer:
        found: list[str] = json.loads(answer.read())
    return found


# -- client certificates

ORGANISATION, COMMON, UNIT = NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME
#: Subjects as an authority might issue them, and the user they are.
SUBJECTS = {
    "plain": ([(ORGANISATION, "林业局"), (COMMON, "zhangsan")], ["zhangsan"]),
    "last": ([(COMMON, "li.si"), (NameOID.EMAIL_ADDRESS, "li@example.cn")], ["li.si"]),
    "comma": ([(COMMON, "wangwu"), (ORGANISATION, "x,CN=boss")], ["wangwu"]),
    "comma inside": ([(COMMON, "boss,CN=wangwu")], []),
    "only elsewhere": ([(ORGANISATION, "x,CN=boss"), (UNIT, "CN=boss")], []),
    "chinese": ([(COMMON, "张三")], []),
}


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Certificate and key of everybody, and of a stranger whom nobody has signed."""
    folder = tmp_path_factory.mktemp("people")
    stranger = {"stranger": ([(COMMON, "boss")], [])}
    for name, (parts, _) in {**SUBJECTS, **stranger}.items():
        subject = x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])
        (folder / name).write_bytes(b"".join(proxy.signed_by_itself(subject)))
    return {path.name: path for path in folder.iterdir()}


@pytest.fixture(scope="module")
def certified(app: int, people: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("nginx") / "etc"
    folder.mkdir()
    issued = [path.read_text().partition("-----BEGIN PRIVATE")[0] for name, path in people.items() if name in SUBJECTS]
    (folder / "clients.pem").write_text("".join(issued))
    with proxy.running(folder, app, way="证书") as started:
        yield started


def bearing(path: Path) -> ssl.SSLContext:
    context = trusting()
    context.load_cert_chain(path)
    return context


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_certificates_common_name_is_the_user(certified: Proxy, people: dict[str, Path], name: str) -> None:
    for path in ("/", "/geo/media/x", "/geo/account/password", "/_stcore/stream"):
        assert told(certified, bearing(people[name]), path) == SUBJECTS[name][1]


def test_without_a_certificate_that_is_known_nobody_comes_in(certified: Proxy, people: dict[str, Path]) -> None:
    for context in (trusting(), bearing(people["stranger"])):
        with pytest.raises(urllib.error.HTTPError, match="400"):
            told(certified, context)


# -- passwords


def test_a_name_counts_with_its_password_only(app: int, tmp_path: Path) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "htpasswd").write_text("zhangsan:{PLAIN}secret\n")
    with proxy.running(folder, app, way="密码") as nginx:
        for path in ("/", "/geo/media/x", "/geo/account/password", "/_stcore/stream"):
            assert told(nginx, trusting(), path, Authorization=basic("zhangsan:secret")) == ["zhangsan"]
            for header in ({}, {"Authorization": basic("zhangsan:wrong")}, {"Authorization": basic("boss:secret")}):
                with pytest.raises(urllib.error.HTTPError, match="401"):
                    told(nginx, trusting(), path, **header)


def basic(pair: str) -> str:
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
