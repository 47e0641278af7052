"""Map data for the browser. All GET, all keyed by version or snapshot, all immutable once answered.

The contract is docs/architecture.md. Parameters are checked here and nowhere trusted: an unknown layer, version
or row is 404, never a path.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pingchang_geo.units import AreaUnit, MassUnit, UnitChoice
from pingchang_geo.web.assets import asset_mounts
from pingchang_geo.web.briefings import briefing_routes
from pingchang_geo.workflow.atlas import Atlas, LayerData
from pingchang_geo.workflow.cards import card
from pingchang_geo.workflow.current import Atlases
from pingchang_geo.workflow.mapdata import MapData
from pingchang_geo.workflow.search import search

_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_GZIP = {**_FOREVER, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}


def routes(atlases: Atlases, web_dir: Path, prefix: str = "") -> list[Any]:
    """Routes and mounts under ``prefix`` (the server's base path, ``""`` or ``"/name"``)."""
    handlers = _Handlers(atlases)
    return [
        Route(f"{prefix}/tiles/{{layer}}/{{version}}/{{z:int}}/{{x:int}}/{{y:int}}", handlers.tile),
        Route(f"{prefix}/columns/{{layer}}/{{snapshot}}/{{field}}", handlers.column),
        Route(f"{prefix}/features/{{layer}}/{{snapshot}}/{{row:int}}", handlers.feature),
        Route(f"{prefix}/layers/{{layer}}/{{snapshot}}.geojson", handlers.geojson),
        Route(f"{prefix}/outline/{{layer}}/{{version}}/{{row:int}}", handlers.outline),
        Route(f"{prefix}/search/{{snapshot}}", handlers.search),
        *briefing_routes(atlases, web_dir, prefix),
        *asset_mounts(web_dir, prefix),
    ]


class _Handlers:
    """Endpoints; plain functions, which Starlette runs in its thread pool, save where nothing waits for a disk.

    While fifty pages are being computed, every change of thread waits for Python's lock: a tile that only has to be
    looked up is answered by the event loop itself.
    """

    def __init__(self, atlases: Atlases) -> None:
        self._atlases = atlases
        self._data = MapData()
        # One after the other: drawing takes a millisecond or two, and side by side they only wait for one another.
        self._drawing = CapacityLimiter(1)

    async def tile(self, request: Request) -> Response:
        z, x, y = (int(request.path_params[name]) for name in "zxy")
        if not (0 <= z <= 22 and 0 <= x < 2**z and 0 <= y < 2**z):
            raise HTTPException(404)
        layer = self._atlases.held(request.path_params["layer"], request.path_params["version"])
        if layer is None:
            layer = await run_in_threadpool(self._version, request)
        if self._data.lies_ready(z):
            body = self._data.tile(layer, z, x, y)
        else:
            body = await to_thread.run_sync(self._data.tile, layer, z, x, y, limiter=self._drawing)
        if body is None:
            return Response(status_code=204, headers=_FOREVER)
        return Response(body, media_type="application/octet-stream", headers=_GZIP)

    def column(self, request: Request) -> Response:
        layer = self._layer(request)
        field = request.path_params["field"]
        if not layer.spec.has(field) or field not in layer.frame.columns:
            raise HTTPException(404)
        body = self._data.column(request.path_params["snapshot"], layer, field)
        return Response(body, media_type="application/octet-stream", headers=_GZIP)

    def feature(self, request: Request) -> Response:
        atlas = self._atlas(request)
        try:
            shown = card(atlas, self._layer(request).spec.id, int(request.path_params["row"]), _units(request))
        except IndexError:
            raise HTTPException(404) from None
        return JSONResponse(shown.as_dict(), headers=_FOREVER)

    def geojson(self, request: Request) -> Response:
        body = self._data.geojson(request.path_params["snapshot"], self._layer(request))
        return Response(body, media_type="application/geo+json", headers=_GZIP)

    def outline(self, request: Request) -> Response:
        layer = self._version(request)
        row = int(request.path_params["row"])
        if not 0 <= row < len(layer.frame):
            raise HTTPException(404)
        return Response(self._data.outline(layer, row), media_type="application/geo+json", headers=_FOREVER)

    def search(self, request: Request) -> Response:
        hits = search(self._atlas(request), request.query_params.get("q", ""))
        return JSONResponse([hit.as_dict() for hit in hits], headers={"Cache-Control": "private, max-age=300"})

    def _atlas(self, request: Request) -> Atlas:
        atlas = self._atlases.by_id(request.path_params["snapshot"])
        if atlas is None:
            raise HTTPException(404)
        return atlas

    def _layer(self, request: Request) -> LayerData:
        layer = self._atlas(request).layers.get(request.path_params["layer"])
        if layer is None:
            raise HTTPException(404)
        return layer

    def _version(self, request: Request) -> LayerData:
        wanted = (request.path_params["layer"], request.path_params["version"])
        for atlas in self._atlases.kept():
            layer = atlas.layers.get(wanted[0])
            if layer is not None and layer.version.name == wanted[1]:
                return layer
        raise HTTPException(404)


@lru_cache(maxsize=16)
def _choice(area: str, mass: str) -> UnitChoice:
    areas = {unit.value.code: unit for unit in AreaUnit}
    masses = {unit.value.code: unit for unit in MassUnit}
    default = UnitChoice()
    return UnitChoice(areas.get(area, default.area), masses.get(mass, default.mass))


def _units(request: Request) -> UnitChoice:
    return _choice(request.query_params.get("area", ""), request.query_params.get("mass", ""))
