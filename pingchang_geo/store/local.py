"""The embedded default store: one folder a version, a SQLite catalogue, a lock file for publishers.

Publishing writes into a staging folder on the same file system, syncs it, renames it into place and only then
switches the pointer in one database transaction. Whatever dies in between leaves the old version served and at
most an orphan, which the next start sweeps.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import shapely

from pingchang_geo.crs import STORAGE_EPSG
from pingchang_geo.errors import ConflictError, StoreError
from pingchang_geo.provenance import Provenance
from pingchang_geo.store.base import Prepare, Snapshot, Version
from pingchang_geo.store.catalogue import AuditEntry, Catalogue, now

_CONTENT: Final = "content.parquet"
#: Free space wanted before a publish, as a multiple of the content: itself, tiles, columns and some to spare.
_SPACE_FACTOR: Final = 4
_SPACE_SPARE: Final = 64 * 2**20


def encode(frame: gpd.GeoDataFrame) -> bytes:
    """Content of a version as GeoParquet bytes (EPSG:4490); equal frames give equal bytes."""
    buffer = io.BytesIO()
    frame.reset_index(drop=True).to_parquet(buffer, index=False, compression="zstd", write_covering_bbox=False)
    return buffer.getvalue()


class LocalStore:
    """A :class:`~pingchang_geo.store.base.Store` in one folder; safe for several processes on one machine."""

    def __init__(self, root: Path) -> None:
        self.root = root
        try:
            for name in ("versions", "derived", "staging"):
                (root / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError("数据目录无法写入。", fix="请检查 PINGCHANG_DATA_DIR 指向的目录及其权限。") from error
        self._catalogue = Catalogue(root / "catalogue.sqlite")

    def snapshot(self) -> Snapshot:
        """The current versions."""
        return self._catalogue.snapshot()

    def versions(self, layer: str) -> tuple[Version, ...]:
        """Every version of a layer, newest first."""
        return self._catalogue.versions(layer)

    def audit(self) -> tuple[AuditEntry, ...]:
        """The audit log, oldest first."""
        return self._catalogue.audit()

    def audit_intact(self) -> bool:
        """Whether the audit log's hash chain holds."""
        return self._catalogue.audit_intact()

    def log(self, actor: str, action: str, **detail: Any) -> None:
        """Append to the audit log, refusals included."""
        self._catalogue.log(actor, action, detail)

    def read(self, version: Version, columns: list[str] | None = None) -> Any:
        """Content of a version: a GeoDataFrame (EPSG:4490), or a DataFrame where ``columns`` leave geometry out.

        Columns that the version does not hold are left out.
        """
        path = self._folder(version) / _CONTENT
        if not path.is_file():
            raise StoreError(f"版本 {version.layer} {version.name} 的数据文件缺失。", fix="请从备份恢复数据目录。")
        if columns is None:
            return gpd.read_parquet(path)
        wanted = [name for name in columns if name in pq.read_schema(path).names]
        if "geometry" in wanted:
            return gpd.read_parquet(path, columns=wanted)
        return pd.read_parquet(path, columns=wanted)

    def derived_dir(self, version: Version) -> Path:
        """Folder for what is derived from one version alone."""
        return self.root / "derived" / version.layer / version.name

    def publish(
        self,
        layer: str,
        frame: gpd.GeoDataFrame,
        *,
        provenance: Provenance,
        publisher: str,
        note: str,
        base: str | None,
        prepare: Prepare,
        action: str = "publish",
    ) -> Version:
        """Publish ``frame`` as the layer's next version and return it.

        Args:
            layer: layer id.
            frame: canonical source columns and geometry, EPSG:4490.
            provenance: source of the content.
            publisher: user name for the log.
            note: what changed, in the publisher's words.
            base: name of the version that the publisher compared with; None when there was none.
            prepare: builds what is derived, before anybody can see the version.
            action: what the log calls it, ``publish`` or ``rollback``.

        Returns:
            The new version; or the current one, unchanged, when it holds this very content and provenance
            (a double click, a retry).

        Raises:
            ConflictError: another version became current since ``base``.
            StoreError: no space, or the content is not in EPSG:4490; nothing was changed.
        """
        if frame.crs is None or frame.crs.to_epsg() != STORAGE_EPSG:
            raise StoreError("待发布数据不是 CGCS2000 经纬度（EPSG:4490）。")
        content = encode(frame)
        digest = hashlib.sha256(content).hexdigest()
        with self._publishing():
            snapshot = self.snapshot()
            current = snapshot.versions.get(layer)
            if current is not None and (current.sha256, current.provenance) == (digest, provenance):
                return current
            if (current.name if current else None) != base:
                raise ConflictError(_conflict_text(current), fix="请重新与当前版本比较后再发布。")
            self._require_space(len(content))
            earlier = self.versions(layer)
            number = earlier[0].number + 1 if earlier else 1
            version = Version(
                layer, number, digest, len(frame), provenance, now(), publisher, note, base, _dimension(frame)
            )
            self._place(version, content)
            try:
                prepare(version, snapshot.replacing(version), frame)
            except OSError as error:
                raise StoreError(
                    "计算派生数据时无法写入，当前版本未受影响。", fix="请检查磁盘空间与权限，然后重试。"
                ) from error
            self._catalogue.switch(version, action, {"layer": layer, "base": base, "rows": len(frame), "note": note})
            return version

    def sweep(self) -> list[str]:
        """Remove what interrupted publishers left behind; returns what was removed. Called at start."""
        removed: list[str] = []
        with self._publishing():
            known = {
                (path.name, version.name)
                for path in (self.root / "versions").iterdir()
                for version in self.versions(path.name)
            }
            for staged in (self.root / "staging").iterdir():
                shutil.rmtree(staged)
                removed.append(staged.name)
            for area in ("versions", "derived"):
                for folder in (self.root / area).glob("*/*"):
                    if (folder.parent.name, folder.name) not in known:
                        shutil.rmtree(folder)
                        removed.append(f"{folder.parent.name}/{folder.name}")
        return removed

    def _folder(self, version: Version) -> Path:
        return self.root / "versions" / version.layer / version.name

    def _place(self, version: Version, content: bytes) -> None:
        target = self._folder(version)
        if target.exists():  # an orphan of an interrupted publish of the same content
            shutil.rmtree(target)
        staged = self.root / "staging" / uuid.uuid4().hex
        try:
            staged.mkdir()
            with (staged / _CONTENT).open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            target.parent.mkdir(exist_ok=True)
            staged.rename(target)
            sync_folder(target.parent)
        except OSError as error:
            shutil.rmtree(staged, ignore_errors=True)
            raise StoreError("写入新版本失败，当前版本未受影响。", fix="请检查磁盘空间与权限。") from error

    def _require_space(self, size: int) -> None:
        free = shutil.disk_usage(self.root).free
        wanted = size * _SPACE_FACTOR + _SPACE_SPARE
        if free < wanted:
            raise StoreError(
                f"磁盘空间不足：需要约 {wanted / 2**20:.0f} MB，剩余 {free / 2**20:.0f} MB；未作任何更改。",
                fix="请清理磁盘后重试。",
            )

    @contextmanager
    def _publishing(self) -> Iterator[None]:
        """One publisher at a time on this machine; the lock dies with the process."""
        with (self.root / "publish.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def sync_folder(folder: Path) -> None:
    """Make a rename in ``folder`` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _dimension(frame: gpd.GeoDataFrame) -> int | None:
    """The one dimension of all geometries, or None."""
    found = set(shapely.get_dimensions(frame.geometry.array).tolist())
    return found.pop() if len(found) == 1 else None


def _conflict_text(current: Version | None) -> str:
    if current is None:
        return "该图层的当前版本已不存在。"
    return (
        f"在您比较之后，{current.publisher} 于 {current.published_at} 发布了{current.label}"
        f"（{current.note or '无说明'}，{current.rows:,} 条）。"
    )
