"""Unsaved work on briefings: one file for each user and briefing, so that leaving the page loses nothing.

Every change is written at once. Work knows the version that it started from; saving compares with that.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import uuid
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from pingchang_geo.access import Actor, Right
from pingchang_geo.access.names import name_key
from pingchang_geo.briefing import Briefing, dump, parse
from pingchang_geo.briefing.model import NAME_PATTERN
from pingchang_geo.briefing.scene_file import MOST_BYTES
from pingchang_geo.errors import PingchangError, StoreError
from pingchang_geo.store.briefings import FOLDER
from pingchang_geo.store.catalogue import now
from pingchang_geo.workflow import start
from pingchang_geo.workflow.access import Require

_FOLDER: Final = ".work"
_HEAD: Final = "# work "


@dataclass(frozen=True, slots=True)
class Work:
    """A briefing as somebody has changed it.

    ``base`` is the number of the version that it started from, None for a briefing that was never saved; ``at`` is
    when it was changed last, ISO 8601 UTC.
    """

    briefing: Briefing
    base: int | None
    at: str = ""


class Works:
    """Everybody's unsaved work below one data folder."""

    def __init__(self, root: Path) -> None:
        self._root = root / FOLDER / _FOLDER

    def get(self, actor: Actor, name: str) -> Work | None:
        """Somebody's work on a briefing; None without any."""
        try:
            text = self._path(actor, name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None
        first, _, rest = text.partition("\n")
        head = _head(first)
        base = head.get("base")
        return Work(parse(rest, name), base if isinstance(base, int) else None, str(head.get("at", "")))

    def names(self, actor: Actor) -> tuple[str, ...]:
        """Briefings that somebody has unsaved work on."""
        return tuple(sorted(path.stem for path in self._of(actor).glob("*.toml") if _valid(path.stem)))

    def keep(self, actor: Actor, work: Work, *, require: Require = start.require) -> None:
        """Keep somebody's work, in place of what they had before.

        Raises:
            ForbiddenError: the actor may not edit; nothing was changed.
            PingchangError: the name cannot be used, or the briefing has grown too large.
            StoreError: it cannot be written.
        """
        actor = require(actor, Right.UPDATE)
        path = self._path(actor, work.briefing.name)
        head = f"{_HEAD}{json.dumps({'base': work.base, 'at': now()})}\n"
        try:
            content = (head + dump(work.briefing)).encode("utf-8")
        except UnicodeEncodeError:
            raise PingchangError("文字含有不能保存的字符，没有改动。", fix="请删去后重试。") from None
        if len(content) > MOST_BYTES:
            raise PingchangError(f"汇报大于 {MOST_BYTES // 1024:,} KB，没有改动。", fix="请缩短文字，或拆成几份汇报。")
        partial = path.with_name(f"{uuid.uuid4().hex}.partial")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except OSError as error:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            raise StoreError("修改无法保存，没有改动。", fix="请检查服务器磁盘空间与权限后重试。") from error

    def drop(self, actor: Actor, name: str) -> None:
        """Forget somebody's work on a briefing, if there is any."""
        with suppress(OSError):
            self._path(actor, name).unlink(missing_ok=True)

    def _of(self, actor: Actor) -> Path:
        # Names of users hold letters of any script; a digest is a file name everywhere.
        return self._root / hashlib.sha256(name_key(actor.name).encode()).hexdigest()[:24]

    def _path(self, actor: Actor, name: str) -> Path:
        if not _valid(name):
            raise PingchangError("汇报名称不能使用。", fix="名称只能含小写字母、数字和连字符，最多 40 个。")
        return self._of(actor) / f"{name}.toml"


@cache
def works() -> Works:
    """The process's unsaved work, in the data folder of the settings."""
    return Works(start.open_store().root)


def _valid(name: str) -> bool:
    return re.fullmatch(NAME_PATTERN, name) is not None


def _head(line: str) -> dict[str, Any]:
    if not line.startswith(_HEAD):
        return {}
    try:
        told = json.loads(line.removeprefix(_HEAD))
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
