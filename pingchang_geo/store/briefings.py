"""The shelf of briefings: each name a folder of immutable, numbered TOML files; the highest number is current.

A briefing is saved by writing a temporary file, syncing it and renaming it to its number, under one lock for all
processes: whatever dies in between leaves the current one as it was. The shipped briefings are number 0 of their names.

A file begins with one comment that holds who saved it, when and why; the rest is the text as it was handed over.
"""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pingchang_geo.briefing.model import NAME_PATTERN
from pingchang_geo.briefing.scene_file import MOST_BYTES
from pingchang_geo.errors import ConflictError, StoreError
from pingchang_geo.messages import shown
from pingchang_geo.store import locks
from pingchang_geo.store.catalogue import now
from pingchang_geo.store.local import sync_folder

#: Called with actor, action and details: the audit log.
Log = Callable[..., None]

SHIPPED_DIR: Final = Path(__file__).resolve().parents[2] / "data" / "briefings"
#: Publisher of what comes with the project.
SHIPPED_BY: Final = "系统"
FOLDER: Final = "briefings"
#: Beside the folders of the names; no name begins with a dot.
_LOCK: Final = ".lock"
_FILE: Final = re.compile(r"([0-9]{6})\.toml")
_HEAD: Final = "# saved "
_LONGEST_NOTE: Final = 200
_CHECK_DISK: Final = "请检查磁盘空间与权限，然后重试。"


@dataclass(frozen=True, slots=True)
class SavedBriefing:
    """One version of a briefing; ``number`` 0 is the shipped one. ``saved_at`` is ISO 8601 UTC, empty for that."""

    name: str
    number: int
    saved_at: str = ""
    actor: str = SHIPPED_BY
    note: str = ""

    @property
    def label(self) -> str:
        """Short text for lists, e.g. ``第 2 版``."""
        return f"第 {self.number} 版" if self.number else "随系统提供"


class BriefingShelf:
    """Named briefings in one folder; safe for several threads and processes on one machine."""

    def __init__(
        self, root: Path, log: Log = lambda actor, action, **detail: None, shipped: Path = SHIPPED_DIR
    ) -> None:
        """A shelf below ``root`` (the data folder), made when something is saved first.

        Args:
            root: the data folder.
            log: told of every save and every refusal; what it raises undoes the save.
            shipped: folder of the briefings that come with the project.
        """
        self._root = root
        self._folder = root / FOLDER
        self._log = log
        self._shipped = shipped

    def names(self) -> tuple[str, ...]:
        """Names of all briefings, the shipped ones first."""
        shipped = sorted(path.stem for path in self._shipped.glob("*.toml") if _valid(path.stem))
        saved = sorted(path.name for path in self._folder.glob("*") if _valid(path.name) and _numbers(path))
        return tuple(dict.fromkeys([*shipped, *saved]))

    def current(self, name: str) -> SavedBriefing:
        """The current version of a briefing.

        Raises:
            StoreError: there is no briefing of that name.
        """
        return self.versions(name)[0]

    def versions(self, name: str) -> tuple[SavedBriefing, ...]:
        """Every version of a briefing, newest first.

        Raises:
            StoreError: there is no briefing of that name.
        """
        folder = self._of(name)
        found = [self._described(name, number) for number in sorted(_numbers(folder), reverse=True)]
        if self._shipped_file(name).is_file():
            found.append(SavedBriefing(name, 0))
        if not found:
            raise StoreError(f"没有名为「{name}」的汇报。", fix="请从列表中选择。")
        return tuple(found)

    def read(self, name: str, number: int | None = None) -> str:
        """Text of a version, the current one by default: the file to take away.

        Raises:
            StoreError: there is no such version, or it cannot be read.
        """
        number = self.current(name).number if number is None else number
        path = self._path(name, number)
        try:
            text = path.read_bytes().decode("utf-8")
        except FileNotFoundError:
            raise StoreError(f"汇报「{name}」没有第 {number} 版。", fix="请从列表中选择。") from None
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"汇报「{name}」第 {number} 版无法读取。", fix="请从备份恢复数据目录。") from error
        return _split(text)[1] if number else text

    def save(self, name: str, text: str, *, base: int | None, actor: str, note: str = "") -> SavedBriefing:
        """Save a briefing as the next version of its name.

        Args:
            name: 1–40 of a–z, 0–9 and hyphen.
            text: the file.
            base: number of the version that the editor started from; None for a new name.
            actor: user name for the log.
            note: what changed, in the editor's words.

        Returns:
            The new version; or the current one, unchanged, when it holds this very text (a double click, a retry).

        Raises:
            ConflictError: somebody else saved in between, or the name is taken; nothing was changed.
            StoreError: the name or the text cannot be used, or the disk is full; nothing was changed.
        """
        folder = self._of(name)
        content = _encoded(text)
        with self._saving():
            current = self.versions(name)[0] if self._known(name) else None
            if current is not None and self.read(name, current.number) == text:
                return current
            if (current.number if current else None) != base:
                self._refused(actor, name, base, current)
            number = current.number + 1 if current else 1
            saved = SavedBriefing(name, number, now(), actor, _one_line(note))
            self._place(folder, saved, content)
            try:
                self._log(actor, "briefing", briefing=name, version=number, note=saved.note)
            except BaseException:
                self._path(name, number).unlink(missing_ok=True)
                raise
            return saved

    def files(self) -> tuple[Path, ...]:
        """Files of all saved versions, for a backup; what is shipped lies with the software."""
        return tuple(
            self._path(name, number) for name in self.names() for number in sorted(_numbers(self._folder / name))
        )

    def sweep(self) -> list[str]:
        """Remove what interrupted savers left behind; returns what was removed."""
        if not self._folder.is_dir():
            return []
        with self._saving():
            left = list(self._folder.glob("*/*.partial"))
            for path in left:
                path.unlink(missing_ok=True)
        return [path.name for path in left]

    def _refused(self, actor: str, name: str, base: int | None, current: SavedBriefing | None) -> None:
        standing = current.number if current else None
        self._log(actor, "refuse", briefing=name, base=base, current=standing)
        if current is None:
            message = f"汇报「{name}」已不存在。"
        elif base is None:
            message = f"名称「{name}」已被使用。"
        else:
            message = (
                f"{shown(current.actor)}已于 {current.saved_at} 保存汇报「{name}」{current.label}，您的修改未保存。"
            )
        fix = "请换一个名称。" if base is None else "请先导出您的修改，再打开新版重做，或另存为其他名称。"
        raise ConflictError(message, fix=fix)

    def _place(self, folder: Path, saved: SavedBriefing, content: bytes) -> None:
        """Write the file under a temporary name, sync, rename, sync the folder."""
        partial = folder / f"{uuid.uuid4().hex}.partial"
        try:
            if not folder.exists():
                folder.mkdir(parents=True)
                sync_folder(folder.parent)
            with partial.open("xb") as file:
                file.write(_head(saved) + content)
                file.flush()
                os.fsync(file.fileno())
            partial.rename(self._path(saved.name, saved.number))
            sync_folder(folder)
        except OSError as error:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            raise StoreError("汇报写入失败，未作任何更改。", fix=_CHECK_DISK) from error

    def _described(self, name: str, number: int) -> SavedBriefing:
        with suppress(OSError, UnicodeDecodeError):
            with self._path(name, number).open(encoding="utf-8") as file:
                told = _split(file.readline())[0]
            return SavedBriefing(
                name, number, str(told.get("at", "")), str(told.get("by", "")), str(told.get("note", ""))
            )
        return SavedBriefing(name, number, actor="")

    def _known(self, name: str) -> bool:
        return bool(_numbers(self._of(name))) or self._shipped_file(name).is_file()

    def _of(self, name: str) -> Path:
        """Folder of a name; the only way from a name to a path."""
        if not _valid(name):
            raise StoreError(
                f"汇报名称「{shown(name[:40])}」不能使用。", fix="名称只能含小写字母、数字和连字符，最多 40 个。"
            )
        return self._folder / name

    def _path(self, name: str, number: int) -> Path:
        return self._of(name) / f"{number:06d}.toml" if number else self._shipped_file(name)

    def _shipped_file(self, name: str) -> Path:
        self._of(name)  # refuses what is no name
        return self._shipped / f"{name}.toml"

    @contextmanager
    def _saving(self) -> Iterator[None]:
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            self._folder.mkdir(exist_ok=True)
            with locks.locked(self._folder / _LOCK, alone=True):
                yield
        except OSError as error:
            raise StoreError("数据目录无法写入，未作任何更改。", fix=_CHECK_DISK) from error


def _valid(name: str) -> bool:
    return re.fullmatch(NAME_PATTERN, name) is not None


def _numbers(folder: Path) -> list[int]:
    """Numbers of the versions in a folder; none where there is no folder."""
    return [int(match[1]) for path in folder.glob("*.toml") if (match := _FILE.fullmatch(path.name))]


def _encoded(text: str) -> bytes:
    try:
        content = text.encode("utf-8")
    except UnicodeEncodeError:
        raise StoreError("汇报文字含有不能保存的字符。", fix="请删去后重试。") from None
    if len(content) > MOST_BYTES:
        raise StoreError(f"汇报大于 {MOST_BYTES // 1024:,} KB，未保存。", fix="请拆成几份汇报。")
    return content


def _one_line(note: str) -> str:
    return shown(note).strip()[:_LONGEST_NOTE]


def _head(saved: SavedBriefing) -> bytes:
    told = {"number": saved.number, "at": saved.saved_at, "by": saved.actor, "note": saved.note}
    return f"{_HEAD}{json.dumps(told, ensure_ascii=True)}\n".encode()


def _split(text: str) -> tuple[dict[str, Any], str]:
    """What the first comment tells, and the text behind it; a file without that comment is all text."""
    first, _, rest = text.partition("\n")
    if not first.startswith(_HEAD):
        return {}, text
    try:
        told = json.loads(first.removeprefix(_HEAD))
    except ValueError:
        return {}, rest
    return (told if isinstance(told, dict) else {}), rest
