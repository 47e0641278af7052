"""The file of a backup: one gzipped tar whose first member is a manifest with the hash of every other.

Whoever reads one trusts nothing in it: only what the manifest names is taken, under names that follow a fixed pattern,
at the length and with the hash that stand there.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

from pingchang_geo.errors import BackupError

MANIFEST: Final = "manifest.json"
CATALOGUE: Final = "catalogue.sqlite"
ACCOUNTS: Final = "accounts.sqlite"
#: Raised when the layout of a backup changes.
FORMAT: Final = 1
#: Everything a backup may hold.
_NAME: Final = re.compile(
    r"catalogue\.sqlite|accounts\.sqlite"
    r"|versions/[a-z_]+/[0-9]+-[0-9a-f]{12}/content\.parquet"
    r"|mappings/[a-z_]+-[0-9a-f]+\.json"
    r"|briefings/[a-z0-9-]{1,40}/[0-9]{6}\.toml"
)
_MOMENT: Final = "%Y-%m-%dT%H:%M:%SZ"
_LARGEST_MANIFEST: Final = 64 << 20
_CHUNK: Final = 1 << 20
#: Versions are compressed already: more effort would cost minutes and gain next to nothing.
_EFFORT: Final = 1
_NO_BACKUP: Final = "这不是本系统的备份文件，或文件不完整。"


@dataclass(frozen=True)
class Member:
    """A file of a backup: name with ``/``, length in bytes, sha256 in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself.

    Attributes:
        created_at: ISO 8601 UTC.
        software: version of the software that made it.
        layers: layer id → name of the current version.
        entries: lines of the audit log.
        head: hash of the last of them.
        files: every other member, in the order of the file.
    """

    created_at: str
    software: str
    layers: dict[str, str]
    entries: int
    head: str
    files: tuple[Member, ...]

    @property
    def size(self) -> int:
        """Bytes of all files, unpacked."""
        return sum(member.size for member in self.files)

    def as_json(self) -> bytes:
        """The manifest's member."""
        return json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False, indent=1).encode()


def private(path: Path) -> IO[bytes]:
    """Open a file for writing that its owner alone may read."""
    return open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600))


def sha256_of(path: Path) -> str:
    """Hash of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(target: IO[bytes], manifest: Manifest, sources: dict[str, Path]) -> None:
    """Write a backup.

    Args:
        target: where to; left open.
        manifest: names every source.
        sources: member name → file.

    Raises:
        BackupError: a file is not what the manifest says; it names which.
        OSError: the disk refused.
    """
    with (
        gzip.GzipFile(fileobj=target, mode="wb", compresslevel=_EFFORT, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        content = manifest.as_json()
        tar.addfile(_entry(MANIFEST, len(content)), io.BytesIO(content))
        for member in manifest.files:
            _add(tar, member, sources[member.name])


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


def _add(tar: tarfile.TarFile, member: Member, path: Path) -> None:
    damaged = BackupError(f"数据文件「{member.name}」缺失或已损坏，备份未完成。", fix="请先从较早的备份恢复该版本。")
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise damaged from error
    with file:
        if os.fstat(file.fileno()).st_size != member.size:
            raise damaged
        hashed = _Hashed(file)
        tar.addfile(_entry(member.name, member.size), hashed)
    if hashed.digest.hexdigest() != member.sha256:
        raise damaged


class _Hashed:
    """A file that hashes what is read from it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        part = self._file.read(size)
        self.digest.update(part)
        return part


def read_manifest(path: Path) -> Manifest:
    """The manifest of a backup file, checked.

    Raises:
        BackupError: no backup, a damaged one, or one of a newer layout.
    """
    with _opened(path) as tar:
        return _manifest(tar)


def unpack(
    path: Path,
    place: Callable[[Member], Path | None] = lambda _: None,
    begin: Callable[[Manifest], None] = lambda _: None,
) -> Manifest:
    """Read a whole backup and check every file in it.

    Args:
        path: the backup.
        place: file that a member is written to and synced; None, the default: it is only checked.
        begin: told the manifest before anything is placed.

    Returns:
        The manifest.

    Raises:
        BackupError: anything is missing, too much, unsafe or not what the manifest says.
        OSError: the disk refused.
    """
    with _opened(path) as tar:
        manifest = _manifest(tar)
        begin(manifest)
        expected = {member.name: member for member in manifest.files}
        while (entry := tar.next()) is not None:
            member = expected.pop(entry.name, None)
            if member is None or not entry.isreg() or entry.size != member.size:
                raise BackupError(f"备份文件中有不应有的内容：「{entry.name[:80]!r}」。", fix="请换用另一份备份。")
            _copy(tar, entry, member, place(member))
        if expected:
            raise BackupError(f"备份文件不完整：缺少 {len(expected)} 个文件。", fix="请换用另一份备份。")
    return manifest


def _copy(tar: tarfile.TarFile, entry: tarfile.TarInfo, member: Member, target: Path | None) -> None:
    source = tar.extractfile(entry)
    assert source is not None  # a regular file
    digest = hashlib.sha256()
    with private(target or Path(os.devnull)) as file:
        while part := source.read(_CHUNK):
            digest.update(part)
            file.write(part)
        file.flush()
        if target is not None:
            os.fsync(file.fileno())
    if digest.hexdigest() != member.sha256:
        raise BackupError(f"备份中的「{member.name}」校验不通过，文件已损坏。", fix="请换用另一份备份。")


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    """The tar as a stream; whatever is wrong with its form is one error."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise BackupError(f"无法打开备份文件「{path.name}」。", fix="请检查文件是否存在、是否可读。") from error
    with file:
        try:
            with gzip.GzipFile(fileobj=file) as packed, tarfile.open(fileobj=packed, mode="r|") as tar:
                yield tar
        except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, UnicodeDecodeError) as error:
            raise BackupError(_NO_BACKUP, fix="请换用另一份备份。") from error


def _manifest(tar: tarfile.TarFile) -> Manifest:
    entry = tar.next()
    broken = BackupError(_NO_BACKUP, fix="请换用另一份备份。")
    if entry is None or entry.name != MANIFEST or not entry.isreg() or entry.size > _LARGEST_MANIFEST:
        raise broken
    source = tar.extractfile(entry)
    assert source is not None
    try:
        values: dict[str, Any] = json.loads(source.read())
        layout = values.pop("format")
        files = tuple(Member(str(f["name"]), int(f["size"]), str(f["sha256"])) for f in values.pop("files"))
        manifest = Manifest(**values, files=files)
        datetime.strptime(manifest.created_at, _MOMENT)  # it is printed and goes into the log
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise broken from error
    if layout != FORMAT:
        raise BackupError("备份由另一版本的软件生成。", fix="请用生成它的软件版本恢复，再升级。")
    _require_safe([member.name for member in files], [member.size for member in files])
    return manifest


def _require_safe(names: Sequence[str], sizes: Sequence[int]) -> None:
    odd = [name for name in names if not _NAME.fullmatch(name)]
    if odd:
        raise BackupError(f"备份文件中有不安全的文件名：{odd[0][:80]!r}。", fix="请换用另一份备份。")
    if len(set(names)) != len(names) or CATALOGUE not in names or min(sizes) < 0:
        raise BackupError(_NO_BACKUP, fix="请换用另一份备份。")
