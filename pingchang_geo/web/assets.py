"""Static files of the browser: libraries under ``/vendor``, our own code under ``/web``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from pingchang_geo.maps.offline import BUNDLE, script_bundle


class CachedFiles(StaticFiles):
    """Static files that a browser may keep: addresses carry a content hash (``?v=``) or a library's version."""

    def __init__(self, directory: Path, max_age_seconds: int) -> None:
        super().__init__(directory=directory, check_dir=False)
        self._max_age = max_age_seconds

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Serve a file with cache headers."""
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            versioned = b"v=" in scope.get("query_string", b"")
            age = 31_536_000 if versioned else self._max_age
            response.headers["Cache-Control"] = f"public, max-age={age}" + (", immutable" if versioned else "")
        return response


def asset_mounts(web_dir: Path, prefix: str) -> list[Any]:
    """The bundle of our scripts, and mounts for the libraries and for our own code."""

    def bundle(_: Request) -> Response:
        # its address carries a hash of the content
        headers = {"Cache-Control": "public, max-age=31536000, immutable"}
        return Response(script_bundle(web_dir), media_type="text/javascript", headers=headers)

    return [
        Route(f"{prefix}/{BUNDLE}", bundle),
        Mount(f"{prefix}/vendor", CachedFiles(web_dir / "node_modules", 86_400), name="vendor"),
        Mount(f"{prefix}/web", CachedFiles(web_dir / "src", 60), name="web"),
    ]
