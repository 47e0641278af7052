"""The embedded default store: one folder a version, a SQLite catalogue, a lock file for publishers.

Publishing writes into a staging folder on the same file system, syncs it, renames it into place and only then
switches the pointer in one database transaction. Whatever dies in between leaves the old version served and at
most an orphan, which the next start sweeps.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
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
from pingchang_geo.store import locks
from pingchang_geo.store.base import Prepare, Snapshot, Version
from pingchang_geo.store.catalogue import AuditEntry, Catalogue, now

_CONTENT: Final = "content.parquet"
#: Free space wanted before a publish, as a multiple of the content: itself, tiles, columns and some to spare.
_SPACE_FACTOR: Final = 4
_SPACE_SPARE: Final = 64 * 2**20
_CHECK_DISK: Final = "请检查磁盘空间与权限，然后重试。"


def encode(frame: gpd.GeoDataFrame) -> bytes:
    """Content of a version as GeoParquet bytes (EPSG:4490); equal frames give equal bytes."""
    buffer = io.BytesIO()
    frame.reset_index(drop=True).to_parquet(buffer, index=False, compression="zstd", write_covering_bbox=False)
    return buffer.getvalue()


#: Of a data folder we make: names and addresses stand in the log, unpublished data among the drafts.
PRIVATE_FOLDER: Final = 0o750


class LocalStore:
    """A :class:`~pingchang_geo.store.base.Store` in one folder; safe for several processes on one machine."""

    def __init__(self, root: Path) -> None:
        self.root = root
        try:
            root.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            for name in ("versions", "derived", "staging"):
                (root / name).mkdir(exist_ok=True)
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
        path = self.content_path(version)
        if not path.is_file():
            if any(known == version and known.pruned_at for known in self.versions(version.layer)):
                raise StoreError(
                    f"版本 {version.layer} {version.name} 的内容已按保留规则清理，只留有记录。",
                    fix="需要时可从清理之前的备份中找回。",
                )
            raise StoreError(f"版本 {version.layer} {version.name} 的数据文件缺失。", fix="请从备份恢复数据目录。")
        if columns is None:
            return gpd.read_parquet(path)
        wanted = [name for name in columns if name in pq.read_schema(path).names]
        if "geometry" in wanted:
            return gpd.read_parquet(path, columns=wanted)
        return pd.read_parquet(path, columns=wanted)

    def content_path(self, version: Version) -> Path:
        """File that holds a version's content."""
        return self._folder(version) / _CONTENT

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
        begun = time.monotonic()
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
            try:
                self._place(version, content)
                _prepared(prepare, version, snapshot.replacing(version), frame)
                seconds = round(time.monotonic() - begun, 2)
                detail = {"layer": layer, "base": base, "rows": len(frame), "note": note, "seconds": seconds}
                self._catalogue.switch(version, action, detail)
            except BaseException:
                self._discard(version)
                raise
            return version

    def sweep(self) -> list[str]:
        """Remove what interrupted publishers left behind; returns what was removed. Called at start."""
        removed: list[str] = []
        with self._publishing():
            removed += [_remove(staged) for staged in (self.root / "staging").iterdir()]
            for area in ("versions", "derived"):
                for layer in filter(Path.is_dir, (self.root / area).iterdir()):
                    known = {version.name for version in self.versions(layer.name) if not version.pruned_at}
                    removed += [_remove(folder) for folder in layer.iterdir() if folder.name not in known]
            with self.clearing() as alone:
                if alone:  # else somebody is writing derived files right now, and the next start looks again
                    removed += [_remove(partial) for partial in (self.root / "derived").rglob("*.partial")]
        return removed

    @contextmanager
    def deriving(self) -> Iterator[None]:
        """Held while derived files are written, so that a sweep does not take half-written ones for left-overs."""
        with self._locked(locks.DERIVED, alone=False):
            yield

    @contextmanager
    def clearing(self) -> Iterator[bool]:
        """Held while derived files are removed; False when somebody is writing some."""
        with self._locked(locks.DERIVED, alone=True, wait=False) as alone:
            yield alone

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Held by a server as long as it lives: the folder is not exchanged under it."""
        with self._locked(locks.SERVE, alone=False, wait=False) as held:
            if not held:
                raise StoreError("数据目录正在恢复。", fix="请等恢复完成后再启动。")
            yield

    @contextmanager
    def backing_up(self) -> Iterator[None]:
        """Held while a backup reads versions: none of them is removed meanwhile. Publishing goes on."""
        with self._locked(locks.BACKUP, alone=False):
            yield

    def publishing(self) -> bool:
        """Whether somebody on this machine is publishing right now."""
        return locks.taken(self.root / locks.PUBLISH)

    def check_catalogue(self) -> bool:
        """Whether SQLite finds the catalogue file sound."""
        return self._catalogue.sound()

    def audit_since(self, seq: int) -> tuple[AuditEntry, ...]:
        """Lines of the audit log after number ``seq``, oldest first."""
        return self._catalogue.audit(seq)

    def prune(
        self,
        choose: Callable[[Sequence[Version], Version | None], Sequence[Version]],
        layers: Sequence[str],
        actor: str,
    ) -> tuple[Version, ...]:
        """Remove the content of versions; their records, hashes and lines of the log stay.

        Args:
            choose: picks from a layer's versions (newest first, already pruned ones left out), given the current one.
            layers: layer ids.
            actor: user name for the log.

        Returns:
            What went. Whoever dies in between leaves files that the next start sweeps.

        Raises:
            StoreError: a backup is being made, or the current version was chosen; nothing was changed.
        """
        with self._locked(locks.BACKUP, alone=True, wait=False) as alone, self._publishing():
            if not alone:
                raise StoreError("正在备份，暂不能清理。", fix="请等备份完成后重试。")
            current = self.snapshot().versions
            chosen: list[Version] = []
            for layer in layers:
                present = [version for version in self.versions(layer) if not version.pruned_at]
                chosen += choose(present, current.get(layer))
            self._catalogue.prune(chosen, actor)
            for version in chosen:
                for folder in (self._folder(version), self.derived_dir(version)):
                    shutil.rmtree(folder, ignore_errors=True)
        return tuple(chosen)

    def _discard(self, version: Version) -> None:
        """Free the space of a version that did not become one; what cannot be removed now is swept later."""
        try:
            if version in self.versions(version.layer):  # the switch was done when the interruption came
                return
        except StoreError:
            return
        for folder in (self._folder(version), self.derived_dir(version)):
            shutil.rmtree(folder, ignore_errors=True)

    def _folder(self, version: Version) -> Path:
        return self.root / "versions" / version.layer / version.name

    def _place(self, version: Version, content: bytes) -> None:
        target = self._folder(version)
        staged = self.root / "staging" / uuid.uuid4().hex
        try:
            if target.exists():  # an orphan of an interrupted publish of the same content
                shutil.rmtree(target)
            staged.mkdir()
            with (staged / _CONTENT).open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            sync_folder(staged)
            if not target.parent.exists():  # the first version of a layer
                target.parent.mkdir()
                sync_folder(target.parent.parent)
            staged.rename(target)
            sync_folder(target.parent)
        except OSError as error:
            shutil.rmtree(staged, ignore_errors=True)
            raise StoreError("写入新版本失败，当前版本未受影响。", fix=_CHECK_DISK) from error

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
        """One publisher at a time on this machine."""
        with self._locked(locks.PUBLISH, alone=True):
            yield

    @contextmanager
    def _locked(self, name: str, *, alone: bool, wait: bool = True) -> Iterator[bool]:
        """Hold one of the folder's lock files; see :func:`pingchang_geo.store.locks.locked`."""
        lock = locks.locked(self.root / name, alone=alone, wait=wait)
        try:
            held = lock.__enter__()
        except OSError as error:
            raise StoreError("数据目录无法写入。", fix=_CHECK_DISK) from error
        try:
            yield held
        finally:
            lock.__exit__(None, None, None)


def _prepared(prepare: Prepare, version: Version, after: Snapshot, frame: gpd.GeoDataFrame) -> None:
    """Build what is derived; what the disk refuses is said in words."""
    try:
        prepare(version, after, frame)
    except OSError as error:
        raise StoreError("计算派生数据时无法写入，当前版本未受影响。", fix=_CHECK_DISK) from error


def _remove(path: Path) -> str:
    """Remove a file or a folder; its name, for the report."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
    return path.name if path.parent.name == "staging" else f"{path.parent.name}/{path.name}"


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
