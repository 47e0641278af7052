"""Restore: put the content of a backup into a data folder. Nothing is deleted, nothing is half done.

The backup is unpacked and checked in a folder inside the data folder; only then is the content exchanged
(:mod:`.exchange`).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pingchang_geo.errors import BackupError, StoreError
from pingchang_geo.store import LocalStore, locks, sync_folder
from pingchang_geo.store.directory import Directory
from pingchang_geo.store.local import PRIVATE_FOLDER
from pingchang_geo.workflow.operations import archive, exchange
from pingchang_geo.workflow.operations.archive import ACCOUNTS, CATALOGUE, Manifest, Member
from pingchang_geo.workflow.operations.backup import require_consistent
from pingchang_geo.workflow.uploads.drafts import Drafts

Say = Callable[[str], None]

_SPARE: Final = 64 << 20
_CHECK_DISK: Final = "请检查磁盘空间与权限后重试。"


@dataclass(frozen=True)
class Restored:
    """A finished restore: what came, and the folder (if any) that what was there before was moved to."""

    manifest: Manifest
    replaced: Path | None


def restore(source: Path, root: Path, actor: str, *, replace: bool = False, say: Say = lambda _: None) -> Restored:
    """Put the content of a backup into the data folder ``root``.

    All sessions and one-time links of the backup end; the log goes on with a line about the restore.

    Args:
        source: the backup file.
        root: the data folder; made if it is not there.
        actor: user name for the log.
        replace: allow it where there is something; that is moved aside into ``replaced-…``, never deleted.
        say: told in Chinese what is being done.

    Raises:
        BackupError: the backup is damaged or unsafe, the folder is in use or not empty; nothing was changed.
        StoreError: the folder cannot be written; nothing was changed.
    """
    try:
        root.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        with _alone(root):
            exchange.finish(root)
            if exchange.occupied(root) and not replace:
                raise BackupError(
                    "数据目录不是空的。", fix="确认要用备份替换时加 --replace：现有内容移入 replaced-… 目录，不会删除。"
                )
            folder = root / exchange.UNPACKING
            shutil.rmtree(folder, ignore_errors=True)
            try:
                manifest = _unpacked(source, folder, say)
                _prepare(folder, manifest, source.name, actor)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            say("切换数据目录")
            stamp = exchange.free_stamp(root)
            folder.rename(root / f"{exchange.READY}{stamp}")
            sync_folder(root)
            exchange.finish(root)
    except OSError as error:
        raise StoreError("恢复时无法写入数据目录。", fix=_CHECK_DISK) from error
    replaced = root / f"{exchange.REPLACED}{stamp}"
    return Restored(manifest, replaced if replaced.is_dir() else None)


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Neither a server nor a publisher nor a draft's process at work in the folder, as long as this is held."""
    with (
        locks.locked(root / locks.SERVE, alone=True, wait=False) as no_server,
        locks.locked(root / locks.PUBLISH, alone=True, wait=False) as no_publisher,
        locks.locked(root / locks.BACKUP, alone=True, wait=False) as no_backup,
    ):
        if not no_server:
            raise BackupError("服务正在使用该数据目录。", fix="请先停止服务，再恢复。")
        if not (no_publisher and no_backup) or Drafts(root).any_working():
            raise BackupError("正在发布、备份或处理上传的数据。", fix="请等其完成后再恢复。")
        yield


def _unpacked(source: Path, folder: Path, say: Say) -> Manifest:
    """Unpack a backup into a new folder, every file checked and synced."""
    folder.mkdir()

    def begin(manifest: Manifest) -> None:
        free = shutil.disk_usage(folder).free
        if free < manifest.size + _SPARE:
            needed = f"{(manifest.size + _SPARE) / 2**20:.0f} MB，剩余 {free / 2**20:.0f} MB"
            raise BackupError(f"磁盘空间不足：需要约 {needed}；未作任何更改。", fix="请清理磁盘后重试。")
        say(f"解包并校验 {len(manifest.files):,} 个文件（{manifest.size / 2**20:.1f} MB）")

    def place(member: Member) -> Path:
        path = folder / member.name  # the name has a fixed form, see archive
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    manifest = archive.unpack(source, place, begin)
    require_consistent(manifest, folder / CATALOGUE)
    for inner in [path for path in folder.rglob("*") if path.is_dir()]:
        sync_folder(inner)
    return manifest


def _prepare(folder: Path, manifest: Manifest, name: str, actor: str) -> None:
    """End what the backup must not bring back to life, write down the restore, give the files to the folder's owner."""
    if (folder / ACCOUNTS).exists():
        with Directory(folder / ACCOUNTS).changing() as records:
            for user in records.users():
                records.end_sessions(user.name)
                records.drop_links(user.name)
            records.drop_first_links()
    LocalStore(folder).log(actor, "restore", file=name, created_at=manifest.created_at, entries=manifest.entries)
    if os.geteuid() == 0:  # restored by root for the service's user
        owner = folder.parent.stat()
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid)
    sync_folder(folder)
