"""Whether a server can serve: looked at before it starts, so that it says what is wrong instead of being half there."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NoReturn

from pingchang_geo import journal
from pingchang_geo.errors import PingchangError, SettingsError, StartError, StoreError
from pingchang_geo.settings import Settings, settings
from pingchang_geo.store.local import PRIVATE_FOLDER
from pingchang_geo.workflow import start

#: Room without which not even a log line or a session can be relied on.
ROOM_MB: Final = 64
#: A temporary folder that holds this file is ours alone; the container's image makes one.
SCRATCH_MARK: Final = ".pingchang-scratch"
_DATA_DIR: Final = "请检查 PINGCHANG_DATA_DIR 指向的目录及其所有者与权限。"


def require_ready(chosen: Settings) -> None:
    """See that everything a server needs is there and in order.

    Raises:
        PingchangError: what is wrong, and what to do.
    """
    start.require_browser_assets(chosen.web_dir)
    require_writable(chosen.data_dir)
    require_room(chosen.data_dir)
    store = start.open_store()
    if not store.check_catalogue():
        raise StoreError("目录库（catalogue.sqlite）已损坏。", fix="请从备份恢复数据目录（restore）。")
    for version in store.snapshot().versions.values():
        try:
            store.read(version, columns=[])
        except (OSError, ValueError) as error:
            raise StoreError(
                f"版本 {version.layer} {version.name} 的数据文件无法读取。", fix="请从备份恢复数据目录（restore）。"
            ) from error
    start.access()


def require_writable(folder: Path) -> None:
    """Raise :class:`StartError` unless files can be made in ``folder``, which is made if it is not there."""
    probe = folder / f".probe-{uuid.uuid4().hex}"
    try:
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        fix = "请清理磁盘后重试。" if full else _DATA_DIR
        raise StartError("磁盘已满，数据目录无法写入。" if full else "数据目录无法写入。", fix=fix) from error


def require_room(folder: Path) -> None:
    """Raise :class:`StartError` when the disk is as good as full."""
    free_mb = shutil.disk_usage(folder).free / 2**20
    if free_mb < ROOM_MB:
        raise StartError(f"磁盘空间不足：至少需要 {ROOM_MB} MB，剩余 {free_mb:.0f} MB。", fix="请清理磁盘后重试。")


def sweep_scratch() -> None:
    """Free what a server that was killed has left in a temporary folder of our own; any other folder stays as it is."""
    folder = Path(tempfile.gettempdir())
    if not (folder / SCRATCH_MARK).is_file():
        return
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != SCRATCH_MARK:
            with suppress(OSError):
                path.unlink()


def require_port(address: str, port: int) -> None:
    """See that a server can listen.

    Args:
        address: of this machine, or a wildcard.
        port: TCP port.

    Raises:
        StartError: the port is taken or not allowed, or the address is none of this machine.
    """
    try:
        found = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise StartError(f"监听地址「{address}」无法使用。", fix="请用 --address 指定本机的地址。") from error
    family, kind, protocol, _, where = found[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(where)
        except OSError as error:
            raise _no_port(error, address, port) from error


def _no_port(error: OSError, address: str, port: int) -> StartError:
    if error.errno == errno.EADDRINUSE:
        return StartError(
            f"端口 {port} 已被占用。",
            fix=f"请用 --port 换一个端口，或停止占用它的程序（ss -ltnp 'sport = :{port}' 可查）。",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return StartError(
            f"没有权限使用端口 {port}。", fix="请用 --port 指定 1024 以上的端口，由反向代理对外提供 80 或 443。"
        )
    return StartError(f"监听地址「{address}」不是本机的地址。", fix="请用 --address 指定本机的地址。")


def log_form() -> journal.Form:
    """The log's form by the settings; where they cannot be read, by the environment alone."""
    try:
        return settings().log_format
    except SettingsError:
        return "json" if os.environ.get("PINGCHANG_LOG_FORMAT") == "json" else "text"


@contextmanager
def refusing() -> Iterator[None]:
    """While a server is put together: what cannot be served ends the process with a sentence, not a traceback."""
    try:
        yield
    except PingchangError as error:
        say_refusal(error)
        raise SystemExit(error.exit_code) from None


def refuse(error: PingchangError) -> NoReturn:
    """The same inside the server's start, where an exception would become the server's own traceback.

    Nothing has been begun that would have to be ended: no request has been taken.
    """
    say_refusal(error)
    sys.stdout.flush()
    os._exit(error.exit_code)


def say_refusal(error: PingchangError) -> None:
    """Say an error in the form of the process's log."""
    if journal.form() == "json":
        journal.event("start_refused", str(error), level=40)
    else:
        print(f"错误：{error}", file=sys.stderr, flush=True)
