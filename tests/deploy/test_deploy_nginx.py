"""The shipped nginx.conf in a real nginx, before a small server that says what reached it."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pingchang_geo.settings import Settings
from tests.deploy import proxy
from tests.deploy.proxy import Proxy, trusting

TEXT = ("平昌县 " * 500).encode()


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was sent."""

    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if self.headers.get("Expect") != "100-continue":
            self.rfile.read(length)
        if self.headers.get("Upgrade", "").lower() == "websocket":
            self.send_response(101)
            for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade")):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"hello")
            self.close_connection = True
            return
        headers = [(name.lower(), value) for name, value in self.headers.items()]
        body, kind, coding = json.dumps({"path": self.path, "headers": headers}).encode(), "application/json", ""
        if "/tiles/" in self.path:
            body, kind, coding = gzip.compress(TEXT), "application/octet-stream", "gzip"
        elif self.path.endswith("big.js"):
            body, kind = TEXT, "text/javascript"
        elif "/account/login" in self.path:
            body, kind = TEXT, "text/html"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if coding:
            self.send_header("Content-Encoding", coding)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_POST = _answer  # noqa: N815 - names that http.server looks for

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture(scope="module")
def backend() -> Iterator[int]:
    """Port of the server behind."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def nginx(backend: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with proxy.running(tmp_path_factory.mktemp("nginx") / "etc", backend) as started:
        yield started


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Proxy]:
    """nginx with nobody behind it."""
    with proxy.running(tmp_path / "etc", proxy.free_ports(1)[0]) as started:
        yield started


def ask(
    nginx: Proxy, path: str, headers: dict[str, str] | None = None, method: str = "GET", body: bytes | None = None
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPSConnection("localhost", nginx.secure, timeout=10, context=trusting())
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def reached(nginx: Proxy, path: str, headers: dict[str, str] | None = None) -> dict[str, list[str]]:
    """Headers that the app behind was given, by lower-case name."""
    status, _, body = ask(nginx, path, headers)
    assert status == 200
    found: dict[str, list[str]] = {}
    for name, value in json.loads(body)["headers"]:
        found.setdefault(name, []).append(value)
    return found


def test_the_shipped_files_pass_nginx_itself(tmp_path: Path) -> None:
    main = proxy.configuration(tmp_path, 8501, *proxy.free_ports(2), proxy.SHIPPED_NAME)
    done = subprocess.run(
        [proxy.program(), "-t", "-e", "stderr", "-p", str(tmp_path), "-c", str(main)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


def test_the_container_has_the_same_upstream_with_another_address() -> None:
    def blocks(path: Path) -> list[str]:
        return re.findall(r"(?ms)^upstream .*?^\}", re.sub(r"server \S+:8501;", "server …;", path.read_text("utf-8")))

    (here,), (there,) = blocks(proxy.UPSTREAM), blocks(proxy.UPSTREAM.with_name("upstream-compose.conf"))
    assert here == there
    assert here.split("\n")[1].strip() == "ip_hash;", "a session lives in one process"


def test_plain_http_leads_to_https_under_our_name_only(nginx: Proxy) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", nginx.plain, timeout=10)
    connection.request("GET", "/forest?x=1", headers={"Host": "evil.example"})
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Location")) == (301, f"https://localhost:{nginx.secure}/forest?x=1")
    connection.close()


def test_other_names_get_no_handshake_and_no_page(nginx: Proxy) -> None:
    with (
        socket.create_connection(("127.0.0.1", nginx.secure), timeout=10) as raw,
        pytest.raises(ssl.SSLError, match="unrecognized name"),
    ):
        trusting().wrap_socket(raw, server_hostname="evil.example")
    assert ask(nginx, "/", {"Host": "evil.example"})[0] == 421


def test_old_tls_is_refused(nginx: Proxy) -> None:
    context = trusting()
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", nginx.secure), timeout=10) as raw, pytest.raises(ssl.SSLError):
        context.wrap_socket(raw, server_hostname="localhost")


def test_forwarding_headers_are_overwritten_not_appended(nginx: Proxy) -> None:
    spoofed = {
        "X-Forwarded-For": "6.6.6.6",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Port": "1",
        "X-Forwarded-Prefix": "/evil",
        "X-Real-IP": "6.6.6.6",
        "Forwarded": "for=6.6.6.6;host=evil.example",
    }
    found = reached(nginx, "/", spoofed)
    host = f"localhost:{nginx.secure}"
    assert found["x-forwarded-for"] == ["127.0.0.1"]
    assert found["x-forwarded-proto"] == ["https"]
    assert found["x-forwarded-host"] == found["host"] == [host]
    assert not {"x-forwarded-port", "x-forwarded-prefix", "x-real-ip", "forwarded"} & set(found)
    assert not re.search(r"6\.6\.6\.6|evil", json.dumps(found))


@pytest.mark.parametrize(
    "name",
    [
        *("X-Remote-User", "x-remote-user", "X_Remote_User", "X-Remote-Role", "X-Forwarded-User", "Proxy"),
        *("X-Pingchang-User", "X-Pingchang-Session", "X_Pingchang_User"),
    ],
)
@pytest.mark.parametrize("path", ["/", "/geo/_stcore/upload_file/a/b", "/geo/account/password", "/geo/media/x"])
def test_nobody_says_from_outside_who_he_is(nginx: Proxy, name: str, path: str) -> None:
    found = reached(nginx, path, {name: "boss"})
    assert "boss" not in json.dumps(found)


def test_the_settings_own_header_is_among_the_cleared_ones() -> None:
    default = Settings.model_fields["identity_header"].default
    assert re.search(rf'proxy_set_header {default} +"";', proxy.CONF.read_text("utf-8"))


@pytest.mark.parametrize(
    "path", ["/metrics", "/geo/metrics", "/a/b/metrics/", "/geo//metrics", "/geo/%6Detrics", "/METRICS"]
)
def test_metrics_are_not_for_outside(nginx: Proxy, path: str) -> None:
    assert ask(nginx, path)[0] == 404


def test_the_path_arrives_as_it_was_sent(nginx: Proxy) -> None:
    _, _, body = ask(nginx, "/geo/search/abc?q=%E5%BE%97%E8%83%9C&x=a%2Fb")
    assert json.loads(body)["path"] == "/geo/search/abc?q=%E5%BE%97%E8%83%9C&x=a%2Fb"


def test_websockets_pass_under_any_base_path(nginx: Proxy) -> None:
    for path in ("/_stcore/stream", "/geo/_stcore/stream"):
        with (
            socket.create_connection(("127.0.0.1", nginx.secure), timeout=10) as raw,
            trusting().wrap_socket(raw, server_hostname="localhost") as wrapped,
        ):
            lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade", "", ""]
            wrapped.sendall("\r\n".join(lines).encode())
            said = b""
            while not said.endswith(b"hello") and (part := wrapped.recv(4096)):
                said += part
        assert said.startswith(b"HTTP/1.1 101")
        assert said.endswith(b"hello")


def test_only_uploads_may_be_large(nginx: Proxy) -> None:
    two_mb = b"x" * (2 << 20)
    status, _, body = ask(nginx, "/account/login", method="POST", body=two_mb)
    assert status == 413
    assert "超过服务器允许的大小" in body.decode()
    assert ask(nginx, "/geo/_stcore/upload_file/s/f", method="PUT", body=two_mb)[0] == 200


def test_the_upload_limit_follows_the_setting() -> None:
    limit_mb = int(Settings.model_fields["max_upload_mb"].default)
    stated = re.findall(r"client_max_body_size (\d+)m;", proxy.CONF.read_text("utf-8"))
    assert [int(n) for n in stated] == [1, limit_mb + 4]


def test_what_is_compressed_already_stays_as_it_is(nginx: Proxy) -> None:
    wish = {"Accept-Encoding": "gzip"}
    _, headers, body = ask(nginx, "/geo/tiles/forest/1/8/1/1", wish)
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(body) == TEXT
    _, headers, body = ask(nginx, "/geo/web/big.js", wish)
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(body) == TEXT
    assert "content-encoding" not in ask(nginx, "/geo/account/login", wish)[1]


def test_one_time_links_and_queries_stay_out_of_the_log(nginx: Proxy) -> None:
    ask(nginx, "/geo/account/invite/s3cret-token")
    ask(nginx, "/account/oidc/callback?code=s3cret-code&state=s3cret-state")
    ask(nginx, "/forest?site=s3cret-place", {"Referer": "https://localhost/account/invite/s3cret-token"})
    ask(nginx, "/logged-last")
    log = nginx.logged("/logged-last")
    assert "/geo/account/invite/-" in log
    assert "/account/oidc/callback" in log
    assert "s3cret" not in log + nginx.log("error.log")


def test_no_app_behind_says_so_in_words(bare: Proxy) -> None:
    status, headers, body = ask(bare, "/geo/forest")
    assert status == 503
    assert headers["retry-after"] == "15"
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert "系统正在启动或维护" in body.decode()
    assert "nginx/" not in headers["server"]
    ask(bare, "/account/invite/s3cret-token")
    assert "s3cret" not in bare.logged("/account/invite/-") + bare.log("error.log")
