"""Drafts: what an analyst has uploaded and not yet published. On disk, so that leaving the page loses nothing.

A draft is a folder: the files as they came, the answers given, and what the last inspection found. The heavy work runs
in a process of its own (:mod:`.drafting`), which holds the draft's lock while it lives: a page that comes back, or a
second one, sees by the lock whether somebody is at work.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, Any, BinaryIO, Final

import geopandas as gpd
import pandas as pd

from pingchang_geo.access import Actor, Right
from pingchang_geo.errors import PingchangError, StoreError
from pingchang_geo.settings import PROJECT_ROOT, Settings
from pingchang_geo.store.catalogue import now
from pingchang_geo.workflow import start

_ID: Final = re.compile(r"[0-9a-f]{12}")
_UNSAFE: Final = re.compile(r"[\x00-\x1f/\\:*?\"<>|]")
_CHUNK: Final = 1 << 20
_LOCK: Final = "job.lock"
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
        answers: question code → value, ``""`` confirms the proposal.
        base: name of the version that the last inspection compared with; None without one.
        stage: ``received``, ``inspected``, ``published`` or ``failed``.
        error: why it failed, in Chinese.
        published: name of the version it became.
    """

    id: str
    actor: str
    created_at: str
    files: tuple[str, ...]
    layer: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    base: str | None = None
    stage: str = "received"
    error: str = ""
    published: str = ""


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
        """Remove a draft; whoever works on it fails quietly.

        Raises:
            ForbiddenError: the actor may not update data.
        """
        start.require(actor, Right.UPDATE)
        self._remove(draft_id)

    def _remove(self, draft_id: str) -> None:
        shutil.rmtree(self.folder(draft_id), ignore_errors=True)

    def expire(self, before: str) -> list[str]:
        """Remove drafts created before an ISO time; returns their ids."""
        old = self.old(before)
        for draft in old:
            self._remove(draft.id)
        return [draft.id for draft in old]

    def old(self, before: str) -> list[Draft]:
        """Drafts created before an ISO time, by id, unless somebody is at work on them."""
        found = [self.get(path.name) for path in sorted(self._root.glob("*"))]
        return [draft for draft in found if draft and draft.created_at < before and not self.working(draft)]

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
        """Start a drafting process (``inspect`` or ``publish``); False when one is at work already.

        The process is told the actor's session by its public id, and asks for itself whether they still may.

        Raises:
            ForbiddenError: the actor may not update data.
        """
        actor = start.require(actor, Right.UPDATE)
        who = [actor.source, actor.name, actor.session]
        folder = self.folder(draft.id)
        environment = {**os.environ, "PINGCHANG_DATA_DIR": str(settings.data_dir), "PYTHONPATH": str(PROJECT_ROOT)}
        command = [sys.executable, "-m", "pingchang_geo.workflow.uploads.drafting", action, draft.id, *who, *arguments]
        with (folder / _LOCK).open("w") as held, (folder / "log.txt").open("ab") as log:
            if not _taken(held):
                return False
            held.write(action)
            held.flush()
            (folder / "progress.txt").write_text("", "utf-8")
            child = subprocess.Popen(
                command,
                cwd=PROJECT_ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                pass_fds=(held.fileno(),),  # the lock goes over to the child and dies with it
                start_new_session=True,  # the analyst may leave, the server may stop: a publish is not cut in half
            )
        threading.Thread(target=child.wait, daemon=True).start()
        return True

    def working(self, draft: Draft) -> bool:
        """Whether a drafting process is at work on the draft."""
        return working(self.folder(draft.id))

    def any_working(self, action: str | None = None) -> bool:
        """Whether a drafting process is at work on any draft, doing ``action`` where that is given."""
        return any(
            working(lock.parent) and action in (None, lock.read_text("utf-8")) for lock in self._root.glob(f"*/{_LOCK}")
        )

    def progress(self, draft: Draft) -> list[str]:
        """Steps of the last drafting process so far."""
        try:
            return (self.folder(draft.id) / "progress.txt").read_text("utf-8").splitlines()
        except OSError:
            return []


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


def _taken(file: IO[str]) -> bool:
    """Take a draft's lock; somebody who only looks holds it for an instant, so try again."""
    for _ in range(20):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(0.01)
        else:
            return True
    return False


def working(folder: Path) -> bool:
    """Whether a process holds the draft's lock."""
    try:
        with (folder / _LOCK).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False
