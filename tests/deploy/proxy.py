"""The shipped nginx.conf in a real nginx: only ports, name, certificate and upstream are put in place of its own."""

from __future__ import annotations

import datetime
import ipaddress
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ROOT = Path(__file__).parents[2]
CONF = ROOT / "deploy" / "nginx.conf"
UPSTREAM = ROOT / "deploy" / "upstream.conf"
SHIPPED_NAME = "geo.example.cn"
_LOGGED_S = 5.0
#: Workers of root's nginx become another user, who may not enter a test's folder.
_AS_ROOT = "user root;\n" if os.geteuid() == 0 else ""


def program() -> str:
    """nginx, which ``make setup-dev`` installs."""
    found = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    assert found, "nginx is missing: run make setup-dev"
    return found


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def signed_by_itself(subject: x509.Name, *names: x509.GeneralName) -> tuple[bytes, bytes]:
    """A certificate and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.datetime(2020, 1, 1))
        .not_valid_after(datetime.datetime(2120, 1, 1))
    )
    if names:
        made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM), key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def certificate(folder: Path, name: str) -> None:
    """A certificate for ``name`` and this host's loopback address."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    chain, key = signed_by_itself(subject, x509.DNSName(name), here)
    (folder / "fullchain.pem").write_bytes(chain)
    (folder / "privkey.pem").write_bytes(key)


def chosen(text: str, way: str) -> str:
    """The configuration after an operator has chosen a way to sign in at the proxy: lines behind ``#<way>`` count."""
    text, count = re.subn(rf"(?m)^( *)#{way} ", r"\1", text)
    assert count
    return replaced(text, {r'(?m)^ *proxy_set_header X-Remote-User +"";\n': ""})


def replaced(text: str, changes: dict[str, str]) -> str:
    """The text with every change made; a change that finds nothing is a mistake of the test."""
    for old, new in changes.items():
        text, count = re.subn(old, new, text)
        assert count, f"nothing to replace: {old}"
    return text


def configuration(folder: Path, app: int, plain: int, secure: int, name: str, way: str = "") -> Path:
    """A whole configuration in ``folder`` that includes the shipped files, as Debian's nginx.conf includes them."""
    certificate(folder, name)
    sites = folder / "conf.d"
    sites.mkdir()
    changes = {
        r"listen \[::\]:(80|443)": r"listen [::1]:\1",
        r"listen 80\b": f"listen 127.0.0.1:{plain}",
        r"listen 443\b": f"listen 127.0.0.1:{secure}",
        r"listen \[::1\]:(80|443)[^;]*;": "",
        rf"https://{re.escape(SHIPPED_NAME)}": f"https://{name}:{secure}",
        re.escape(SHIPPED_NAME): name,
        r"/etc/nginx/certs/": f"{folder}/",
        r"/var/log/nginx/access\.log": f"{folder}/access.log",
    }
    text = CONF.read_text("utf-8")
    (sites / "pingchang-geo.conf").write_text(replaced(chosen(text, way) if way else text, changes), "utf-8")
    upstream = replaced(UPSTREAM.read_text("utf-8"), {r"127\.0\.0\.1:8501": f"127.0.0.1:{app}"})
    (sites / "upstream.conf").write_text(upstream, "utf-8")
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = folder / "nginx.conf"
    main.write_text(
        f"{_AS_ROOT}daemon off;\nworker_processes 1;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n"
        "events { worker_connections 512; }\n"
        f"http {{\n{temporary}sendfile on;\ndefault_type application/octet-stream;\ngzip on;\n"
        f"include {folder}/conf.d/*.conf;\n}}\n",
        "utf-8",
    )
    return main


def trusting() -> ssl.SSLContext:
    """For clients of the tests: any certificate will do."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@dataclass(frozen=True)
class Proxy:
    """A running nginx."""

    plain: int
    secure: int
    name: str
    folder: Path

    @property
    def url(self) -> str:
        """Its address for a browser."""
        return f"https://{self.name}:{self.secure}"

    def log(self, file: str = "access.log") -> str:
        """What it has written so far."""
        return (self.folder / file).read_text("utf-8")

    def logged(self, last: str) -> str:
        """The access log once it holds ``last``: nginx writes a line after it has answered."""
        give_up = time.monotonic() + _LOGGED_S
        while last not in (log := self.log()):
            assert time.monotonic() < give_up, log
            time.sleep(0.02)
        return log


@contextmanager
def running(
    folder: Path, app: int, name: str = "localhost", secure: int | None = None, way: str = ""
) -> Iterator[Proxy]:
    """nginx in front of the port ``app`` of this host, itself on the port ``secure``; ``way`` as in :func:`chosen`."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    plain, other = free_ports(2)
    secure = secure or other
    main = configuration(folder, app, plain, secure, name, way)
    process = subprocess.Popen(
        [program(), "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(main)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", secure)) == 0:
                    break
            assert process.poll() is None, (folder / "error.log").read_text("utf-8")
            time.sleep(0.05)
        yield Proxy(plain, secure, name, folder)
    finally:
        process.terminate()
        process.wait(timeout=20)
