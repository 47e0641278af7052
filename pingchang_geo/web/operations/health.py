"""Whether the server is well: read from the store, the accounts and the disk, at most every few seconds."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final

from pingchang_geo.errors import PingchangError
from pingchang_geo.store import LocalStore
from pingchang_geo.store.catalogue import AuditEntry

#: Answers younger than this are given again: asking often costs nothing.
FRESH_S: Final = 5.0
#: The whole audit log is verified at most so often.
VERIFIED_S: Final = 300.0
_MB: Final = 2**20


class Status(IntEnum):
    """How things stand; the worst of all checks counts. ``degraded`` still serves, ``failing`` does not."""

    OK = 0
    DEGRADED = 1
    FAILING = 2

    @property
    def code(self) -> int:
        """HTTP status."""
        return 503 if self is Status.FAILING else 200

    @property
    def word(self) -> str:
        """For the answer."""
        return self.name.lower()


@dataclass(frozen=True)
class Check:
    """What one check found: how things stand, and in Chinese what is wrong or how it is."""

    status: Status
    message: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """Everything at one moment."""

    checks: dict[str, Check]

    @property
    def status(self) -> Status:
        """The worst of all."""
        return max((check.status for check in self.checks.values()), default=Status.OK)

    def as_dict(self) -> dict[str, Any]:
        """For those who may know."""
        told = {
            name: {"status": check.status.word, "message": check.message, **check.values}
            for name, check in self.checks.items()
        }
        return {"status": self.status.word, "checks": told}


class Health:
    """The checks, with answers kept for a moment; thread-safe.

    Args:
        store: the data folder.
        accounts: reads the accounts file; raises where that fails.
        low_disk_mb: free space below which the server is degraded.
        clock: seconds.
    """

    def __init__(
        self,
        store: LocalStore,
        accounts: Callable[[], object],
        low_disk_mb: int,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._accounts, self._low, self._clock = store, accounts, low_disk_mb * _MB, clock
        self._lock = threading.Lock()
        self._report = Report({})
        self._made = float("-inf")
        self._chain = Check(Status.OK, "尚未校验")
        self._verified = float("-inf")

    def report(self) -> Report:
        """How things stand, at most a few seconds old."""
        with self._lock:
            if self._clock() - self._made >= FRESH_S:
                checks = {"store": self._of_store, "accounts": self._of_accounts, "disk": self._of_disk}
                found = {name: _guarded(check) for name, check in checks.items()}
                if found["store"].status is not Status.FAILING:
                    found["audit"] = self._of_audit()
                self._report = Report(found)
                self._made = self._clock()
            return self._report

    def _of_store(self) -> Check:
        """Read the catalogue, and the head of every current version's file."""
        versions = self._store.snapshot().versions
        for version in versions.values():
            if len(self._store.read(version, columns=[])) != version.rows:
                return Check(Status.FAILING, f"版本 {version.layer} {version.name} 的数据文件不完整")
        names = {layer: version.name for layer, version in sorted(versions.items())}
        return Check(Status.OK, f"{len(names)} 个图层可读", {"versions": names})

    def _of_accounts(self) -> Check:
        self._accounts()
        return Check(Status.OK, "账户库可读")

    def _of_disk(self) -> Check:
        usage = shutil.disk_usage(self._store.root)
        values = {"free_mb": usage.free // _MB, "size_mb": usage.total // _MB}
        if usage.free < self._low:  # what is published is served on a full disk as well
            return Check(Status.DEGRADED, "磁盘空间不足，请清理（prune）或扩容", values)
        return Check(Status.OK, "磁盘空间充足", values)

    def _of_audit(self) -> Check:
        if self._clock() - self._verified >= VERIFIED_S:
            self._chain = _guarded(self._verify)
            self._verified = self._clock()
        return self._chain

    def _verify(self) -> Check:
        if not self._store.audit_intact():
            return Check(Status.DEGRADED, "操作日志校验不通过：记录被改动过，请核查数据目录")
        entries = self._store.audit()
        values = {"entries": len(entries), "last_backup": _last(entries, "backup")}
        return Check(Status.OK, "操作日志完整", values)


def _last(entries: tuple[AuditEntry, ...], action: str) -> str | None:
    return next((entry.at for entry in reversed(entries) if entry.action == action), None)


def _guarded(check: Callable[[], Check]) -> Check:
    """What is raised is a finding; never more of it than a sentence of ours."""
    try:
        return check()
    except PingchangError as error:
        return Check(Status.FAILING, str(error))
    except Exception:
        return Check(Status.FAILING, "无法读取，请查看服务日志与数据目录")
