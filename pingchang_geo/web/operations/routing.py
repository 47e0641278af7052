"""``/healthz`` and ``/metrics``, and the middleware that measures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pingchang_geo.settings import Settings
from pingchang_geo.store import LocalStore
from pingchang_geo.web.operations.audience import informed
from pingchang_geo.web.operations.health import Health
from pingchang_geo.web.operations.measuring import Measured
from pingchang_geo.web.operations.metrics import Metrics

_NOT_KEPT: Final = {"Cache-Control": "no-store"}


@dataclass(frozen=True)
class Operations:
    """What an app needs: the middleware, to be put outermost, and the routes."""

    middleware: list[Middleware]
    routes: list[Route]
    metrics: Metrics
    health: Health


def operations(
    store: LocalStore,
    chosen: Settings,
    base: str,
    *,
    version: str,
    accounts: Callable[[], object],
    sessions: Callable[[], int],
) -> Operations:
    """Health and metrics of an app under ``base`` (``""`` or ``"/name"``).

    Args:
        store: the data folder.
        chosen: when free space is low.
        base: the server's base path.
        version: of the software.
        accounts: reads the accounts file; raises where that fails.
        sessions: number of live sessions of pages.
    """
    metrics = Metrics(store, version, sessions)
    health = Health(store, accounts, chosen.low_disk_mb)

    def healthz(request: Request) -> Response:
        report = health.report()
        told = {"status": report.status.word}
        if informed(request.scope):
            told = {**report.as_dict(), "version": version}
        return JSONResponse(told, status_code=report.status.code, headers=_NOT_KEPT)

    def scraped(request: Request) -> Response:
        if not informed(request.scope):
            raise HTTPException(404)
        return Response(generate_latest(metrics.registry), headers={**_NOT_KEPT, "Content-Type": CONTENT_TYPE_LATEST})

    routes = [Route(f"{base}/healthz", healthz), Route(f"{base}/metrics", scraped)]
    return Operations([Middleware(Measured, metrics=metrics, base=base)], routes, metrics, health)
