"""The player of briefings: a page of our own, full screen, outside Streamlit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from pingchang_geo.errors import StoreError
from pingchang_geo.maps.offline import BRIEFING_BUNDLE, briefing_bundle
from pingchang_geo.workflow.briefings import playing, saving
from pingchang_geo.workflow.briefings.telling import tell
from pingchang_geo.workflow.current import Atlases


def briefing_routes(atlases: Atlases, web_dir: Path, prefix: str) -> list[Any]:
    """``/play/{name}`` and the scripts it loads, under ``prefix``."""

    def play(request: Request) -> Response:
        try:
            opened = saving.opened(request.path_params["name"])
        except StoreError as error:
            raise HTTPException(404, str(error)) from None
        atlas = atlases.current()
        page = playing.player_page(tell(opened.briefing, atlas), atlas, web_dir)
        # Versions change under the same address: the page is always asked for, its parts are kept.
        return HTMLResponse(page, headers={"Cache-Control": "no-cache"})

    def bundle(_: Request) -> Response:
        # its address carries a hash of the content
        headers = {"Cache-Control": "public, max-age=31536000, immutable"}
        return Response(briefing_bundle(web_dir), media_type="text/javascript", headers=headers)

    return [Route(f"{prefix}/{BRIEFING_BUNDLE}", bundle), Route(f"{prefix}/play/{{name}}", play)]
