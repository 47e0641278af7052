"""Addresses of one-time links."""

from __future__ import annotations

from pingchang_geo.settings import Settings


def invitation_address(chosen: Settings, token: str) -> str:
    """Where a one-time link leads; with a placeholder for the host where ``public_url`` is not set."""
    return f"{chosen.public_url or 'http://服务器地址:端口'}/account/invite/{token}"
