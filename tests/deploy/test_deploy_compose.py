"""compose.yaml against the compose specification, and what it promises."""

from __future__ import annotations

import ipaddress
import json
import re
from pathlib import Path
from typing import Any

import pytest
from compose_spec import PyCompose

from pingchang_geo.workflow.operations.shutdown import LIMIT_S

DEPLOY = Path(__file__).parents[2] / "deploy"
TEXT = (DEPLOY / "compose.yaml").read_text("utf-8")
DOCKERFILE = (DEPLOY / "Dockerfile").read_text("utf-8")
UPSTREAMS = ("upstream.conf", "upstream-compose.conf")


def validated(text: str) -> dict[str, Any]:
    """The file's content, if it keeps to the specification."""
    parsed = PyCompose.from_yaml(text)
    parsed.validate()
    return dict(parsed.to_dict())


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return validated(TEXT)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("cap_drop:", "cap_dropp:"),
        ("restart: unless-stopped", "restart: maybe"),
        ("condition: service_healthy", "condition: healthy"),
        ("read_only: true", "read_only: 3"),
        ("outside: {}", "outsidde: {}"),
    ],
)
def test_the_specification_would_object(good: str, bad: str) -> None:
    assert good in TEXT
    with pytest.raises(ValueError, match=r"\S"):
        validated(TEXT.replace(good, bad, 1))


def test_only_nginx_can_be_reached(compose: dict[str, Any]) -> None:
    app, nginx = compose["services"]["app"], compose["services"]["nginx"]
    assert "ports" not in app
    assert nginx["ports"] == ["80:80", "443:443"]
    assert list(app["networks"]) == ["inside"]
    assert compose["networks"]["inside"]["internal"] is True


@pytest.mark.parametrize("name", ["app", "nginx"])
def test_services_may_do_little(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not {"privileged", "pid", "ipc", "devices", "network_mode"} & set(service)
    assert "docker.sock" not in str(service)
    assert {"mem_limit", "pids_limit", "restart"} <= set(service)
    assert not service.get("image", "").endswith(":latest")


def test_addresses_agree(compose: dict[str, Any]) -> None:
    app, nginx = compose["services"]["app"], compose["services"]["nginx"]
    network = ipaddress.ip_network(compose["networks"]["inside"]["ipam"]["config"][0]["subnet"])
    here, there = (service["networks"]["inside"]["ipv4_address"] for service in (app, nginx))
    first = next(network.hosts())
    assert {ipaddress.ip_address(here), ipaddress.ip_address(there)} <= set(network.hosts()) - {first}
    assert app["environment"]["PINGCHANG_TRUSTED_PROXIES"] == there
    assert f"server {here}:8501;" in (DEPLOY / "upstream-compose.conf").read_text("utf-8")


def written_inside(compose: dict[str, Any]) -> list[str]:
    """Read-only services that are to be given a file which Compose would have to write into them; it refuses to."""
    made = {
        (kind, name)
        for kind in ("configs", "secrets")
        for name, one in compose.get(kind, {}).items()
        if {"content", "environment"} & set(one)
    }
    return [
        name
        for name, service in compose["services"].items()
        if service.get("read_only")
        for kind in ("configs", "secrets")
        for used in service.get(kind, [])
        if (kind, used["source"] if isinstance(used, dict) else used) in made
    ]


def test_nothing_has_to_be_written_into_a_read_only_service(compose: dict[str, Any]) -> None:
    """Compose does not create such a container (docker/compose#12031)."""
    assert written_inside(compose) == []


@pytest.mark.parametrize("used", ["one", {"source": "one", "target": "/x"}])
@pytest.mark.parametrize(("kind", "how"), [("configs", {"content": "x"}), ("secrets", {"environment": "X"})])
def test_that_would_be_found(compose: dict[str, Any], kind: str, how: dict[str, str], used: object) -> None:
    services = compose["services"]
    worse = {**compose, kind: {"one": how}, "services": {**services, "nginx": {**services["nginx"], kind: [used]}}}
    assert written_inside(worse) == ["nginx"]
    assert written_inside({**worse, kind: {"one": {"file": "x"}}}) == []


def test_the_upstream_has_the_name_that_nginx_conf_uses() -> None:
    names = {
        re.search(r"^upstream (\w+) \{", text, re.MULTILINE)[1]  # type: ignore[index]
        for text in ((DEPLOY / name).read_text("utf-8") for name in UPSTREAMS)
    }
    used = set(re.findall(r"proxy_pass http://(\w+);", (DEPLOY / "nginx.conf").read_text("utf-8")))
    assert names == used


def test_a_publish_has_time_to_end(compose: dict[str, Any]) -> None:
    minutes, seconds = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", compose["services"]["app"]["stop_grace_period"]).groups()  # type: ignore[union-attr]
    assert int(minutes or 0) * 60 + int(seconds or 0) >= LIMIT_S + 15


def test_what_is_mounted_is_there_or_is_the_operators(compose: dict[str, Any]) -> None:
    named = dict(mount.split(":") for mount in compose["services"]["app"]["volumes"])
    assert list(compose["volumes"]) == list(named)
    assert list(named.values()) == json.loads(re.findall(r"(?m)^VOLUME (.+)$", DOCKERFILE)[0])
    mounts = [mount.split(":") for mount in compose["services"]["nginx"]["volumes"]]
    assert all(mount[-1] == "ro" for mount in mounts)
    assert {mount[0] for mount in mounts} == {"./nginx.conf", "./upstream-compose.conf", "./certs"}
    assert all((DEPLOY / mount[0]).is_file() for mount in mounts if mount[0] != "./certs")
    assert compose["services"]["app"]["env_file"] == [{"path": "pingchang-geo.env", "required": False}]
    assert (DEPLOY / "pingchang-geo.env.example").is_file()


def test_the_clock_is_the_images(compose: dict[str, Any]) -> None:
    assert f"TZ={compose['services']['app']['environment']['TZ']} " in DOCKERFILE
