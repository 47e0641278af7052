"""What is counted and measured, for a Prometheus collector.

Requests are counted in this process. What is published, refused and backed up happens in other processes as well, so it
is read from the audit log, from where the last scrape had got to.
"""

from __future__ import annotations

import shutil
import threading
from collections import Counter as Tally
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from pingchang_geo.errors import StoreError
from pingchang_geo.store import LocalStore
from pingchang_geo.store.catalogue import AuditEntry

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_TILE_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
_PUBLISH_SECONDS: Final = (1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 60.0, 120.0, 300.0)
#: Actions that the log can hold, as labels; whatever else stands there counts as ``other``.
ACTIONS: Final = frozenset(
    {
        *("publish", "rollback", "refuse", "prune", "backup", "restore"),
        *("sign_in", "sign_in_failed", "locked", "sign_out", "password", "invite", "accept", "role", "disable"),
        *("enable", "revoke", "forbidden", "create", "admit"),
    }
)
#: Those that say that somebody was turned away.
REFUSALS: Final = ("forbidden", "locked", "refuse", "sign_in_failed")
_PUBLISHED: Final = frozenset({"publish", "rollback"})


class Metrics:
    """The process's metrics in a registry of their own."""

    def __init__(self, store: LocalStore, version: str, sessions: Callable[[], int]) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, that nobody looks at
        self.registry = CollectorRegistry()
        registry = self.registry
        self.requests = Counter("pingchang_requests", "Answered requests.", ["route", "status"], registry=registry)
        self.seconds = Histogram(
            "pingchang_request_seconds",
            "Time to the end of the answer.",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.tile_seconds = Histogram(
            "pingchang_tile_seconds", "Time to the end of a tile.", buckets=_TILE_SECONDS, registry=registry
        )
        self.running = Gauge("pingchang_requests_running", "Requests being answered.", registry=registry)
        self.websockets = Gauge("pingchang_websockets", "Open websockets.", registry=registry)
        live = Gauge("pingchang_sessions", "Live sessions of pages.", registry=registry)
        live.set_function(sessions)
        built = Gauge("pingchang_info", "Version of the software.", ["version"], registry=registry)
        built.labels(version).set(1)
        registry.register(_OfStore(store))
        ProcessCollector(registry=registry)

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count one finished request; ``route`` is a class of addresses, ``status`` of HTTP."""
        self.requests.labels(route, str(status) if 100 <= status < 600 else "other").inc()
        if route == "tile":
            self.tile_seconds.observe(seconds)
        else:
            self.seconds.labels(route).observe(seconds)


class _OfStore(Collector):
    """What the data folder tells at the moment of a scrape."""

    def __init__(self, store: LocalStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._seen = 0
        self._actions: Tally[str] = Tally()
        self._published: dict[tuple[str, str], list[float]] = {}
        self._last_backup = 0.0

    def describe(self) -> Iterable[Metric]:
        """Nothing: registering must not read the disk."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Everything; where the store cannot be read, only that."""
        readable = GaugeMetricFamily("pingchang_store_readable", "Whether the catalogue can be read.")
        try:
            told = list(self._told())
        except StoreError:
            told = []
        readable.add_metric([], float(bool(told)))
        return [readable, *told, *self._disk()]

    def _told(self) -> Iterable[Metric]:
        with self._lock:
            for entry in self._store.audit_since(self._seen):
                self._note(entry)
                self._seen = entry.seq
            yield from (self._log(), self._publishes(), self._refusals())
            yield GaugeMetricFamily(
                "pingchang_last_backup_timestamp_seconds", "End of the last backup; 0: never.", value=self._last_backup
            )
        current = GaugeMetricFamily("pingchang_layer_version", "Number of the current version.", labels=["layer"])
        rows = GaugeMetricFamily("pingchang_layer_rows", "Features of the current version.", labels=["layer"])
        for layer, version in sorted(self._store.snapshot().versions.items()):
            current.add_metric([layer], version.number)
            rows.add_metric([layer], version.rows)
        yield from (current, rows)

    def _note(self, entry: AuditEntry) -> None:
        self._actions[entry.action if entry.action in ACTIONS else "other"] += 1
        if entry.action in _PUBLISHED:
            seconds = float(entry.detail.get("seconds", 0.0))
            self._published.setdefault((str(entry.detail.get("layer")), entry.action), []).append(seconds)
        elif entry.action == "backup":
            self._last_backup = datetime.fromisoformat(entry.at).timestamp()

    def _log(self) -> Metric:
        lines = CounterMetricFamily("pingchang_audit_entries", "Lines of the audit log.", labels=["action"])
        for action, count in sorted(self._actions.items()):
            lines.add_metric([action], count)
        return lines

    def _refusals(self) -> Metric:
        refused = CounterMetricFamily("pingchang_refusals", "Refusals in the audit log.", labels=["action"])
        for action in REFUSALS:
            refused.add_metric([action], self._actions[action])
        return refused

    def _publishes(self) -> Metric:
        took = HistogramMetricFamily(
            "pingchang_publish_seconds", "Time to publish a version.", labels=["layer", "action"]
        )
        for labels, seconds in sorted(self._published.items()):
            counts = [(str(limit), float(sum(s <= limit for s in seconds))) for limit in _PUBLISH_SECONDS]
            took.add_metric(list(labels), [*counts, ("+Inf", float(len(seconds)))], sum(seconds))
        return took

    def _disk(self) -> Iterable[Metric]:
        try:
            usage = shutil.disk_usage(self._store.root)
        except OSError:
            return
        yield GaugeMetricFamily("pingchang_disk_free_bytes", "Free space of the data folder's disk.", value=usage.free)
        yield GaugeMetricFamily("pingchang_disk_size_bytes", "Size of the data folder's disk.", value=usage.total)
