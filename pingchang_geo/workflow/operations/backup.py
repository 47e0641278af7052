"""Backup: one file with everything that cannot be computed again, taken while the server runs and people publish.

It holds the catalogue (versions, log), the accounts, the content of every version that this copy of the catalogue
names, the remembered column mappings, and the saved briefings. Not in it: what is derived from versions (computed
again after a restore), drafts (uploads in work: the analyst still has the files), and ``settings.toml`` (it lies with
the software and holds secrets).
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pingchang_geo import __version__
from pingchang_geo.errors import BackupError, PingchangError
from pingchang_geo.store import LocalStore, Version, sync_folder
from pingchang_geo.store.briefings import BriefingShelf
from pingchang_geo.store.catalogue import Catalogue, now
from pingchang_geo.store.copies import copy_database
from pingchang_geo.workflow.operations import archive
from pingchang_geo.workflow.operations.archive import ACCOUNTS, CATALOGUE, Manifest, Member

Say = Callable[[str], None]

#: Room wanted beside the backup itself.
_SPARE: Final = 16 << 20
_CHECK_TARGET: Final = "请检查备份所在目录的空间与权限后重试。"


@dataclass(frozen=True)
class Backup:
    """A finished backup: its file, its length in bytes, what it holds, and the seconds it took."""

    path: Path
    size: int
    manifest: Manifest
    seconds: float


def backup(store: LocalStore, target: Path, actor: str, *, force: bool = False, say: Say = lambda _: None) -> Backup:
    """Write a backup of a data folder and read it back before it takes its name.

    Args:
        store: the data folder.
        target: file to write, for the owner's eyes only (it holds password hashes).
        actor: user name for the log.
        force: replace a file that is there.
        say: told in Chinese what is being done.

    Raises:
        BackupError: the file is there, a version's file is damaged, or there is no room; nothing is left behind.
        StoreError: the data folder cannot be read.
    """
    begun = time.monotonic()
    if target.exists() and not force:
        raise BackupError(f"文件「{target.name}」已存在。", fix="请换一个文件名，或加 --force 覆盖。")
    partial = target.with_name(f".{target.name}.{uuid.uuid4().hex}.partial")
    try:
        with store.backing_up(), tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as folder:
            say("复制目录库与账户")
            manifest, sources = _gathered(store, Path(folder))
            _require_room(target.parent, manifest.size)
            say(f"写入 {len(manifest.files):,} 个文件（{manifest.size / 2**20:.1f} MB）")
            _write(partial, manifest, sources)
        say("读回校验")
        verify(partial)
        size = partial.stat().st_size
        partial.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise BackupError("备份文件无法写入，未生成备份。", fix=_CHECK_TARGET) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    seconds = round(time.monotonic() - begun, 2)
    store.log(actor, "backup", file=target.name, bytes=size, files=len(manifest.files), seconds=seconds)
    return Backup(target, size, manifest, seconds)


def verify(path: Path) -> Manifest:
    """Read a backup from end to end: every hash, the catalogue, the log's chain, and that no version is missing.

    Raises:
        BackupError: anything is wrong with it.
    """
    with tempfile.TemporaryDirectory(prefix="pingchang-") as folder:
        copied = Path(folder) / CATALOGUE
        manifest = archive.unpack(path, lambda member: copied if member.name == CATALOGUE else None)
        require_consistent(manifest, copied)
    return manifest


def require_consistent(manifest: Manifest, catalogue: Path) -> None:
    """Raise :class:`BackupError` unless the catalogue is sound, its log's chain holds, and it fits the manifest."""
    copied = Catalogue(catalogue, copied=True)
    try:
        entries = copied.audit()
        sound = copied.sound() and copied.audit_intact()
        named = {(name_of(version), version.sha256) for version in copied.every_version() if not version.pruned_at}
    except (PingchangError, ValueError) as error:
        raise BackupError("备份中的目录库已损坏。", fix="请换用另一份备份。") from error
    if not sound or (len(entries), entries[-1].hash if entries else "") != (manifest.entries, manifest.head):
        raise BackupError("备份中的操作日志校验不通过。", fix="请换用另一份备份。")
    held = {(member.name, member.sha256) for member in manifest.files if member.name.startswith("versions/")}
    if held != named:
        raise BackupError("备份中的版本与其目录库不一致。", fix="请换用另一份备份。")


def name_of(version: Version) -> str:
    """Member of a backup that holds a version's content."""
    return f"versions/{version.layer}/{version.name}/content.parquet"


def _gathered(store: LocalStore, folder: Path) -> tuple[Manifest, dict[str, Path]]:
    """The manifest, and the file behind each member; small files are copied so that they stay as they were hashed."""
    copy_database(store.root / CATALOGUE, folder / CATALOGUE)
    small = [CATALOGUE]
    if (store.root / ACCOUNTS).exists():
        copy_database(store.root / ACCOUNTS, folder / ACCOUNTS)
        small.append(ACCOUNTS)
    (folder / "mappings").mkdir()
    for mapping in sorted((store.root / "mappings").glob("*.json")):
        shutil.copyfile(mapping, folder / "mappings" / mapping.name)
        small.append(f"mappings/{mapping.name}")
    for saved in BriefingShelf(store.root).files():
        small.append(saved.relative_to(store.root).as_posix())
        (folder / small[-1]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(saved, folder / small[-1])
    copied = Catalogue(folder / CATALOGUE, copied=True)
    versions = [version for version in copied.every_version() if not version.pruned_at]
    sources = {name: folder / name for name in small}
    members = [Member(name, path.stat().st_size, archive.sha256_of(path)) for name, path in sources.items()]
    for version in versions:
        path = store.content_path(version)
        sources[name_of(version)] = path
        members.append(Member(name_of(version), _size(path), version.sha256))
    entries = copied.audit()
    layers = {layer: version.name for layer, version in copied.snapshot().versions.items()}
    manifest = Manifest(now(), __version__, layers, len(entries), entries[-1].hash if entries else "", tuple(members))
    return manifest, sources


def _size(path: Path) -> int:
    """Length of a file; nothing for one that is not there, which writing then says by its name."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _require_room(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size + _SPARE:
        raise BackupError(
            f"磁盘空间不足：需要约 {(size + _SPARE) / 2**20:.0f} MB，剩余 {free / 2**20:.0f} MB；未生成备份。",
            fix="请清理磁盘，或换一个位置后重试。",
        )


def _write(partial: Path, manifest: Manifest, sources: dict[str, Path]) -> None:
    with archive.private(partial) as file:
        archive.write(file, manifest, sources)
        file.flush()
        os.fsync(file.fileno())
