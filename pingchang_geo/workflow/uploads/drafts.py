"""Drafts: what an analyst has uploaded and not yet published. On disk, so that leaving the page loses nothing.

A draft is a folder: the files as they came, the answers given, and what the last inspection found. The heavy work runs
in a process of its own (:mod:`.drafting`), which holds the draft's lock while it lives (:mod:`.jobs`): a page that
comes back, or a second one, sees by the lock whether somebody is at work. What pages say is kept under that lock, and
only where they have seen the draft as it is: its revision counts what was asked of it.
"""

from __future__ import annotations

import json
import logging
import math
import os
import re
import shutil
import signal
import sys
import threading
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Final

import geopandas as gpd
import pandas as pd

from pingchang_geo.access import Actor, Right
from pingchang_geo.errors import PingchangError, StoreError
from pingchang_geo.settings import Settings
from pingchang_geo.store import LocalStore
from pingchang_geo.store.catalogue import now
from pingchang_geo.workflow import start
from pingchang_geo.workflow.uploads import jobs

_LOG: Final = logging.getLogger(__name__)
_ID: Final = re.compile(r"[0-9a-f]{12}")
_UNSAFE: Final = re.compile(r"[\x00-\x1f/\\:*?\"<>|]")
_CHUNK: Final = 1 << 20
_PROCESS: Final = "pingchang_geo.workflow.uploads.drafting"
#: Drafts that nobody has touched for so many days are removed.
KEPT_DAYS: Final = 30

#: What a drafting process writes.
INSPECTION, CHECKED, ROWS, FRAME, COMPARISON, FATES = (
    "inspection.json",
    "checked.parquet",
    "rows.parquet",
    "frame.parquet",
    "comparison.json",
    "fates.parquet",
)


@dataclass(frozen=True)
class Draft:
    """One upload on its way.

    Attributes:
        id: twelve hex digits, for the address.
        actor: name of whoever uploaded it.
        files: names as they came.
        layer: layer id the analyst chose; None to let the fields decide.
        answers: question code, or key of a finding, → value; ``""`` confirms the proposal.
        mapping: field → column as the analyst chose; an empty column for none.
        base: name of the version that the last inspection compared with; None without one.
        content: SHA-256 of the file of features that the last inspection made, and that was looked at; empty without.
        stage: ``received``, ``inspected``, ``published`` or ``failed``.
        error: why it failed, in Chinese.
        published: name of the version it became.
        revision: how often something has been asked of it.
    """

    id: str
    actor: str
    created_at: str
    files: tuple[str, ...]
    layer: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    mapping: Mapping[str, str] = field(default_factory=dict)
    base: str | None = None
    content: str = ""
    stage: str = "received"
    error: str = ""
    published: str = ""
    revision: int = 0


class Drafts:
    """All drafts below one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root / "drafts"

    def create(self, files: Iterable[tuple[str, BinaryIO]], actor: Actor, layer: str | None, limit_mb: int) -> Draft:
        """Keep uploaded files; each is written in pieces, so that none is held in memory twice.

        Raises:
            ForbiddenError: the actor may not update data.
            PingchangError: nothing was uploaded, two files share a name, or they are too large together.
            StoreError: the disk is full or not writable; nothing is left behind.
        """
        actor = start.require(actor, Right.UPDATE)
        draft = Draft(uuid.uuid4().hex[:12], actor.name, now(), ())
        folder = self._root / draft.id / "files"
        try:
            folder.mkdir(parents=True)
            names = _keep(files, folder, limit_mb << 20)
            draft = replace(draft, files=names, layer=layer)
            self.save(draft)
        except BaseException as error:
            shutil.rmtree(self._root / draft.id, ignore_errors=True)
            if isinstance(error, OSError):
                raise StoreError("上传的文件无法保存。", fix="请检查服务器磁盘空间与权限后重试。") from error
            raise
        return draft

    def get(self, draft_id: str) -> Draft | None:
        """A draft by its id; None when there is none (any more)."""
        if not _ID.fullmatch(draft_id):
            return None
        try:
            values = json.loads((self.folder(draft_id) / "draft.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return Draft(**{**values, "files": tuple(values["files"])})

    def open_drafts(self) -> list[Draft]:
        """Drafts that are not published yet, newest first."""
        found = [self.get(path.name) for path in self._root.glob("*")] if self._root.is_dir() else []
        waiting = [draft for draft in found if draft is not None and draft.stage != "published"]
        return sorted(waiting, key=lambda draft: (draft.created_at, draft.id), reverse=True)

    def folder(self, draft_id: str) -> Path:
        """The draft's folder."""
        if not _ID.fullmatch(draft_id):
            raise ValueError(draft_id)
        return self._root / draft_id

    def paths(self, draft: Draft) -> list[Path]:
        """The uploaded files."""
        return [self.folder(draft.id) / "files" / name for name in draft.files]

    def save(self, draft: Draft) -> None:
        """Write the draft's state: whole or not at all."""
        write_json(self.folder(draft.id) / "draft.json", asdict(draft))

    def discard(self, draft_id: str, actor: Actor) -> None:
        """Remove a draft; an inspection at work is stopped.

        Raises:
            ForbiddenError: the actor may not update data.
            PingchangError: it is being published, or has been; nothing was removed.
        """
        start.require(actor, Right.UPDATE)
        folder = self.folder(draft_id)
        if jobs.at_work(folder) == "inspect" and (draft := self.get(draft_id)) is not None:
            self.save(replace(draft, revision=draft.revision + 1))  # its end is no failure that anybody is told of
            jobs.stop(folder, "inspect")
        with suppress(FileNotFoundError), jobs.locked(folder) as held:
            if held is None:
                raise PingchangError(
                    "这份草稿正在发布，没有放弃。", fix="请等发布结束；如需撤销，请到「版本与日志」回退。"
                )
            if (draft := self.get(draft_id)) is not None and draft.stage == "published":
                raise PingchangError("这份草稿已经发布，没有放弃。", fix="如需撤销，请到「版本与日志」回退。")
            shutil.rmtree(folder, ignore_errors=True)

    def expire(self, before: float) -> list[str]:
        """Remove drafts that nobody has touched since a POSIX time; returns their ids."""
        return [draft_id for draft_id in self.old(before) if self._expired(draft_id, before)]

    def _expired(self, draft_id: str, before: float) -> bool:
        """Remove a draft's folder; False where somebody is at work on it, or has touched it by now."""
        with suppress(FileNotFoundError), jobs.locked(self.folder(draft_id)) as held:
            if held is None or self._touched(draft_id) >= before:
                return False
            shutil.rmtree(self.folder(draft_id), ignore_errors=True)
        return True

    def old(self, before: float) -> list[str]:
        """Ids of drafts last touched before a POSIX time, unless somebody is at work on them.

        What else lies there (``lost+found``, what a file manager has left) is none of ours.
        """
        found = sorted(path.name for path in self._root.glob("*") if _ID.fullmatch(path.name) and path.is_dir())
        return [one for one in found if self._touched(one) < before and not jobs.working(self.folder(one))]

    def _touched(self, draft_id: str) -> float:
        """POSIX time of the last change to a draft, or of its files' arrival where their receipt was cut short; later
        than any for one that is gone.

        The folder's own time is the last resort: taking the lock for the first time makes it now.
        """
        folder = self.folder(draft_id)
        for path in (folder / "draft.json", folder / "files", folder):
            with suppress(FileNotFoundError):
                return path.stat().st_mtime
        return math.inf

    def inspection(self, draft: Draft) -> dict[str, Any] | None:
        """What the last inspection found (see :func:`.drafting.described`); None before the first."""
        return read_json(self.folder(draft.id) / INSPECTION)

    def comparison(self, draft: Draft) -> dict[str, Any] | None:
        """Tables of the comparison with the current version; None where there is nothing to compare with."""
        return read_json(self.folder(draft.id) / COMPARISON)

    def features(self, draft: Draft, name: str) -> gpd.GeoDataFrame | None:
        """One of the GeoParquet files of the draft (:data:`CHECKED`, :data:`FRAME`, :data:`FATES`)."""
        path = self.folder(draft.id) / name
        return gpd.read_parquet(path) if path.is_file() else None

    def rows(self, draft: Draft) -> pd.DataFrame | None:
        """Every record that an issue is about (:mod:`.listing`); None where no issue names one."""
        path = self.folder(draft.id) / ROWS
        return pd.read_parquet(path) if path.is_file() else None

    def start(self, draft: Draft, action: str, settings: Settings, actor: Actor, *arguments: str) -> bool:
        """Keep what was said and start a drafting process (``inspect`` or ``publish``); False when one is at work.

        The process is told the actor's session by its public id, and asks for itself whether they still may.

        Args:
            draft: as it was read and looked at, with what was said since.
            action: what is to be done.
            settings: where to, and what it may cost.
            actor: on whose behalf.
            arguments: further ones of the process.

        Raises:
            ForbiddenError: the actor may not update data.
            PingchangError: the draft has changed since it was read; nothing was started or kept.
        """
        actor = start.require(actor, Right.UPDATE)
        folder = self.folder(draft.id)
        with suppress(FileNotFoundError), jobs.locked(folder, action) as held:
            if held is None:
                return False
            known = self.get(draft.id)
            if known is not None and known.revision == draft.revision:
                asked = replace(draft, revision=draft.revision + 1, error="")
                if action == "inspect":
                    asked = replace(asked, stage="received", base=None, content="")
                self.save(asked)
                command = [sys.executable, "-m", _PROCESS, action, draft.id, actor.source, actor.name, actor.session]
                environment = {**os.environ, "PINGCHANG_DATA_DIR": str(settings.data_dir)}
                child = jobs.launch(held, folder, [*command, *arguments], environment)
                threading.Thread(target=self._watch, args=(child, asked, action, actor.name), daemon=True).start()
                return True
        raise PingchangError(
            "这份草稿在您查看之后已在别处改动或放弃，刚才的操作没有执行。", fix="请核对下面现在的内容，再操作。"
        )

    def _watch(self, child: jobs.Process, asked: Draft, action: str, name: str) -> None:
        """Wait for a drafting process; where it was killed, say so in the draft and in the log."""
        code = child.wait()
        if code >= 0:
            return
        words = _killed(action, -code)
        with suppress(OSError, StoreError), jobs.locked(self.folder(asked.id)) as held:
            known = self.get(asked.id)
            if held is None or known is None or (known.revision, known.stage) != (asked.revision, asked.stage):
                return
            _LOG.error("drafting process of %s ended by signal %d", asked.id, -code)
            self.save(replace(known, stage="failed" if action == "inspect" else known.stage, error=words))
            LocalStore(self._root.parent).log(name, "refuse", draft=asked.id, step=action, reason=words)

    def working(self, draft: Draft) -> bool:
        """Whether a drafting process is at work on the draft."""
        return jobs.working(self.folder(draft.id))

    def at_work(self, draft: Draft) -> str | None:
        """What is being done to the draft (``inspect`` or ``publish``); None when nobody is at work."""
        return jobs.at_work(self.folder(draft.id))

    def any_working(self, action: str | None = None) -> bool:
        """Whether a drafting process is at work on any draft, doing ``action`` where that is given."""
        done = (jobs.at_work(lock.parent) for lock in self._root.glob(f"*/{jobs.LOCK}"))
        return any(one is not None and action in (None, one) for one in done)

    def progress(self, draft: Draft) -> list[str]:
        """Steps of the last drafting process so far."""
        try:
            return (self.folder(draft.id) / jobs.STEPS).read_text("utf-8").splitlines()
        except OSError:
            return []


def _killed(action: str, number: int) -> str:
    """Why a process ended that was ended from outside, and what to do."""
    if action == "publish":
        return "发布过程被系统中止，没有做完。请到「版本与日志」核对当前版本，再重新发布。"
    if number == signal.SIGALRM:
        return "检查超过时限，已中止，文件未被采用。请检查文件是否过大或图形过于复杂，拆分或简化后重新上传。"
    return "检查过程被系统中止（多为内存不足），文件未被采用。请重试；仍不成功请拆分文件，或联系系统管理员。"


def _keep(files: Iterable[tuple[str, BinaryIO]], folder: Path, limit: int) -> tuple[str, ...]:
    names: list[str] = []
    left = limit
    for given, stream in files:
        name = safe_name(given)
        if name.lower() in (other.lower() for other in names):
            raise PingchangError(f"有两个文件同名：{name}。", fix="请只保留其中一个后重新上传。")
        names.append(name)
        with (folder / name).open("wb") as target:
            while chunk := stream.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise PingchangError(
                        f"上传的文件合计超过 {limit >> 20} MB。", fix="请分批上传，或删去不需要的文件后重试。"
                    )
                target.write(chunk)
    if not names:
        raise PingchangError("没有收到文件。", fix="请选择文件后重试。")
    return tuple(names)


def safe_name(name: str) -> str:
    """A file's name without folders and characters that a file system takes amiss, at most 120 characters."""
    plain = _UNSAFE.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip(" .") or "文件"
    stem, dot, ending = plain.rpartition(".")
    return plain if len(plain) <= 120 else f"{(stem or ending)[: 118 - len(ending)]}{dot}{ending}"[:120]


def write_json(path: Path, value: Any) -> None:
    """Write JSON beside ``path``, then rename."""
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    with part.open("w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in a file; None when it is not there or broken."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
