"""The page that plays a briefing: linked to the server's files, or with everything inside for a USB stick."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping
from typing import Any, Final

from pingchang_geo.maps.glue import embed
from pingchang_geo.maps.offline import Parts, hashed

_PAGE: Final = """<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
{styles}
</head>
<body>
<div id="briefing"></div>
<noscript>播放汇报需要启用 JavaScript。</noscript>
<script type="application/json" id="briefing-data">{data}</script>
{files}{scripts}
</body>
</html>
"""
#: Nothing from elsewhere: the one file asks for nothing, whatever a text in it says.
_ALONE: Final = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:\">"
)
_CLOSING: Final = re.compile(r"</(?=script|style)", re.IGNORECASE)
_IMAGE: Final = re.compile(rb"url\((?![\"']?(?:data:|#))[^)]*\)")


def linked_page(story: dict[str, Any], config: dict[str, Any], parts: Parts) -> str:
    """HTML for the server.

    Args:
        story: ``Story.as_dict``.
        config: the map's (docs/architecture.md); its ``root`` leads to the base path.
        parts: scripts and styles, loaded by address.
    """
    root = config["root"]
    styles = [f'<link rel="stylesheet" href="{root}{hashed(*part)}">' for part in parts.styles]
    scripts = [f'<script src="{root}{hashed(*part)}"></script>' for part in parts.scripts]
    return _filled(story, config, "\n".join(styles), "\n".join(scripts))


def single_page(story: dict[str, Any], config: dict[str, Any], parts: Parts, files: Mapping[str, bytes]) -> str:
    """HTML that needs neither server nor network.

    Args:
        story: ``Story.as_dict``.
        config: the map's; its ``root`` is empty.
        parts: scripts and styles, written into the page.
        files: gzipped answers of the server by address below its base path; what is not among them does not exist.
    """
    # Leaflet's style sheet names pictures of controls that the player does not use.
    styles = [f"<style>{_safe(_IMAGE.sub(b'none', content))}</style>" for _, content in parts.styles]
    scripts = [f"<script>{_safe(content)}</script>" for _, content in parts.scripts]
    packed = embed({path: base64.b64encode(content).decode("ascii") for path, content in files.items()})
    held = f'<script type="application/json" id="briefing-files">{packed}</script>\n'
    return _filled(story, config, "\n".join([_ALONE, *styles]), "\n".join(scripts), held)


def _filled(story: dict[str, Any], config: dict[str, Any], styles: str, scripts: str, files: str = "") -> str:
    return _PAGE.format(
        title=html.escape(str(story["title"])),
        styles=styles,
        data=embed({"story": story, "config": config}),
        files=files,
        scripts=scripts,
    )


def _safe(content: bytes) -> str:
    """Text that cannot end the element it stands in."""
    return _CLOSING.sub(r"<\\/", content.decode("utf-8"))
