"""Zip archives from outside: judged by their central directory before a byte is unpacked.

Members are written under names of our own choosing, with a cap on the bytes that come out, whatever the directory
claims.
"""

from __future__ import annotations

import errno
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from pingchang_geo.issues import Issue
from pingchang_geo.messages import issue
from pingchang_geo.readers.model import Limits, Refused

_CHUNK: Final = 1 << 20
_NO_SPACE: Final = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
_UTF8_FLAG: Final = 0x800
_ENCRYPTED_FLAG: Final = 0x1
#: What people pack that is not read, by extension.
_UNSUPPORTED: Final = {
    ".gdbtable": "文件地理数据库（.gdb）",
    ".mdb": "个人地理数据库（.mdb）",
    ".tab": " MapInfo 表",
    ".mif": " MapInfo 交换文件",
    ".dwg": " AutoCAD 图形",
    ".dxf": " AutoCAD 交换文件",
    ".mpkx": " ArcGIS 工程包",
    ".lpkx": " ArcGIS 图层包",
    ".zip": "又一层压缩包",
    ".rar": "又一层压缩包",
    ".7z": "又一层压缩包",
    ".xlsx": "电子表格",
}
#: Small files compress well without being bombs.
_RATIO_FLOOR_BYTES: Final = 10 << 20


@dataclass(frozen=True)
class Member:
    """One unpacked file: its name inside the archive and where it lies now."""

    name: str
    path: Path


def member_name(info: zipfile.ZipInfo) -> str:
    """Name of an entry; without the UTF-8 flag Chinese tools write GBK, which zipfile has read as cp437."""
    name = info.orig_filename
    if not info.flag_bits & _UTF8_FLAG:
        raw = name.encode("cp437", errors="replace")
        for codec in ("utf-8", "gb18030"):
            try:
                name = raw.decode(codec)
                break
            except UnicodeDecodeError:
                continue
    return name.replace("\\", "/")


def _ignored(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return bool(parts) and (parts[0] == "__MACOSX" or parts[-1].startswith("._") or parts[-1] in (".DS_Store",))


def _check_entry(info: zipfile.ZipInfo, name: str, label: str, limits: Limits) -> None:
    shown = name[:80]
    if info.flag_bits & _ENCRYPTED_FLAG:
        raise Refused(issue("ARCHIVE_ENCRYPTED", file=label, member=shown))
    if name.startswith("/") or name[1:2] == ":" or ".." in PurePosixPath(name).parts or "\x00" in name:
        raise Refused(issue("ARCHIVE_UNSAFE", file=label, member=shown, detail="路径指向压缩包之外"))
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Refused(issue("ARCHIVE_UNSAFE", file=label, member=shown, detail="是链接或特殊文件"))
    if info.file_size > _RATIO_FLOOR_BYTES and info.file_size > limits.max_archive_ratio * max(info.compress_size, 1):
        raise Refused(
            issue("ARCHIVE_LIMIT", file=label, detail=f"中的「{shown}」压缩比超过 {limits.max_archive_ratio}")
        )


def _checked(archive: zipfile.ZipFile, label: str, limits: Limits) -> Iterator[tuple[zipfile.ZipInfo, str]]:
    infos = archive.infolist()
    if len(infos) > limits.max_archive_entries:
        raise Refused(
            issue("ARCHIVE_LIMIT", file=label, detail=f"含 {len(infos)} 个条目，超过 {limits.max_archive_entries}")
        )
    if sum(info.file_size for info in infos) > limits.max_unpacked_mb << 20:
        raise Refused(issue("ARCHIVE_LIMIT", file=label, detail=f"解压后超过 {limits.max_unpacked_mb} MB"))
    seen: set[str] = set()
    for info in infos:
        name = member_name(info)
        _check_entry(info, name, label, limits)
        if name.endswith("/") or _ignored(name):
            continue
        if name.lower() in seen:
            raise Refused(issue("ARCHIVE_UNSAFE", file=label, member=name[:80], detail="与另一个条目重名"))
        seen.add(name.lower())
        yield info, name


def unpack(path: Path, label: str, folder: Path, wanted: frozenset[str], limits: Limits) -> list[Member]:
    """Unpack the members whose extension is wanted, at least one.

    Raises:
        Refused: the archive breaks a rule, cannot be read, or holds nothing that is wanted.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = list(_checked(archive, label, limits))
            members = []
            budget = limits.max_unpacked_mb << 20
            for number, (info, name) in enumerate(entries):
                suffix = PurePosixPath(name).suffix.lower()
                if suffix.lstrip(".") not in wanted:
                    continue
                target = folder / f"{number:05d}{suffix}"
                budget -= _write(archive, info, target, min(budget, info.file_size), label)
                members.append(Member(name, target))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in _NO_SPACE:
            raise Refused(issue("READ_NO_SPACE", file=label)) from error
        raise Refused(issue("FORMAT_CORRUPT", file=label, content=" ZIP 压缩包", detail=_reason(error))) from error
    if not members:
        raise Refused(_nothing([name for _, name in entries], label))
    return members


def _nothing(names: list[str], label: str) -> Issue:
    """Why an archive holds no data: a format that is not read, or none at all."""
    for name in names:
        kind = _UNSUPPORTED.get(PurePosixPath(name).suffix.lower())
        if kind is not None:
            remedy = "请在桌面软件中导出为 Shapefile 或 GeoPackage 后再提交；不要把压缩包再套一层压缩包。"
            return issue("FORMAT_UNSUPPORTED", file=label, detail=f"里是{kind}", remedy=remedy)
    return issue("ARCHIVE_NO_DATA", file=label, entries=len(names))


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, cap: int, label: str) -> int:
    written = 0
    with archive.open(info) as source, target.open("wb") as sink:
        while chunk := source.read(_CHUNK):
            written += len(chunk)
            if written > cap:
                raise Refused(issue("ARCHIVE_LIMIT", file=label, detail="中的文件比目录所写的大"))
            sink.write(chunk)
    return written


def _reason(error: Exception) -> str:
    if isinstance(error, NotImplementedError):
        return "压缩方法不受支持"
    return "目录或数据校验不通过"
