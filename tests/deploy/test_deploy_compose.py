"""compose.yaml against the compose specification, and what it promises."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Any

import pytest
from compose_spec import PyCompose

from pingchang_geo.workflow.operations.shutdown import LIMIT_S

DEPLOY = Path(__file__).parents[2] / "deploy"
TEXT = (DEPLOY / "compose.yaml").read_text("utf-8")


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
        ("source: upstream", "source: upstraem"),
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
    assert f"server {here}:8501;" in compose["configs"]["upstream"]["content"]


def test_the_upstream_has_the_name_that_nginx_conf_uses(compose: dict[str, Any]) -> None:
    names = {
        re.search(r"^upstream (\w+) \{", text, re.MULTILINE)[1]  # type: ignore[index]
        for text in (compose["configs"]["upstream"]["content"], (DEPLOY / "upstream.conf").read_text("utf-8"))
    }
    used = set(re.findall(r"proxy_pass http://(\w+);", (DEPLOY / "nginx.conf").read_text("utf-8")))
    assert names == used


def test_a_publish_has_time_to_end(compose: dict[str, Any]) -> None:
    minutes, seconds = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", compose["services"]["app"]["stop_grace_period"]).groups()  # type: ignore[union-attr]
    assert int(minutes or 0) * 60 + int(seconds or 0) >= LIMIT_S + 15


def test_what_is_mounted_is_there_or_is_the_operators(compose: dict[str, Any]) -> None:
    named, _, _ = compose["services"]["app"]["volumes"][0].partition(":")
    assert list(compose["volumes"]) == [named]
    mounts = [mount.split(":") for mount in compose["services"]["nginx"]["volumes"]]
    assert all(mount[-1] == "ro" for mount in mounts)
    assert {mount[0] for mount in mounts} == {"./nginx.conf", "./certs"}
    assert (DEPLOY / "nginx.conf").is_file()
    assert compose["services"]["app"]["env_file"] == [{"path": "pingchang-geo.env", "required": False}]
    assert (DEPLOY / "pingchang-geo.env.example").is_file()
