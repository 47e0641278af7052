"""Prune: give disk space back without losing history.

Contents of old versions go, their records, hashes and lines of the log stay. The current version, the last few of each
layer and everything young are kept. What can be computed again goes as well where nothing present needs it, and so do
drafts that nobody has touched for long and sessions and links that have ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from pingchang_geo import layers
from pingchang_geo.settings import Settings
from pingchang_geo.store import LocalStore, Version
from pingchang_geo.store.directory import FILE, Directory
from pingchang_geo.workflow import derive
from pingchang_geo.workflow.access.lockout import MET_S
from pingchang_geo.workflow.uploads.drafts import KEPT_DAYS, Drafts

#: Versions of a layer that stay whatever their age, and the age that none of the others must have reached.
KEEP: Final = 5
YOUNG_DAYS: Final = 90


@dataclass(frozen=True)
class Rules:
    """What is to be kept: the last ``keep`` versions of each layer, and all younger than ``young_days``."""

    keep: int = KEEP
    young_days: int = YOUNG_DAYS


@dataclass(frozen=True)
class Pruned:
    """What went, or would go.

    Attributes:
        versions: their contents.
        derived: derived files by their names, or nothing where somebody was writing some.
        drafts: ids.
        size: bytes of all of it.
        busy: derived files were left alone because somebody was writing some.
    """

    versions: tuple[Version, ...]
    derived: tuple[str, ...]
    drafts: tuple[str, ...]
    size: int
    busy: bool = False


def prune(
    store: LocalStore, chosen: Settings, actor: str, rules: Rules, now: datetime, *, dry_run: bool = False
) -> Pruned:
    """Remove what the rules give up, and log it; with ``dry_run`` only say what would go.

    Args:
        store: the data folder; others may publish meanwhile.
        chosen: for how long sessions live.
        actor: user name for the log.
        rules: what to keep.
        now: the time to reckon from, aware.
        dry_run: change nothing.

    Raises:
        StoreError: a backup is being made; nothing was changed.
    """
    before = _iso(now - timedelta(days=rules.young_days))
    every = [spec.id for spec in layers.all_specs()]

    def choose(present: Sequence[Version], current: Version | None) -> Sequence[Version]:
        return superseded(present, current, rules.keep, before)

    snapshot = store.snapshot().versions
    planned = [v for layer in every for v in choose(_present(store, layer), snapshot.get(layer))]
    size = sum(_folder_size(store.content_path(v).parent) + _folder_size(store.derived_dir(v)) for v in planned)
    gone = tuple(planned) if dry_run else store.prune(choose, every, actor)
    untouched = (now - timedelta(days=KEPT_DAYS)).timestamp()
    drafts, drafts_size = _old_drafts(Drafts(store.root), untouched, dry_run)
    derived, derived_size, busy = _old_derived(store, set(planned), dry_run)
    if not dry_run:
        if (store.root / FILE).exists():
            _forget_ended(Directory(store.root / FILE), chosen, int(now.timestamp()))
        if derived or drafts:
            store.log(actor, "prune", derived=len(derived), drafts=list(drafts))
    return Pruned(gone, derived, drafts, size + derived_size + drafts_size, busy)


def superseded(present: Sequence[Version], current: Version | None, keep: int, before: str) -> list[Version]:
    """Versions (newest first) beyond the last ``keep``, published before an ISO time; never the current one."""
    return [v for v in present[max(keep, 1) :] if v.published_at < before and v != current]


def _present(store: LocalStore, layer: str) -> list[Version]:
    return [version for version in store.versions(layer) if not version.pruned_at]


def _old_derived(store: LocalStore, planned: set[Version], dry_run: bool) -> tuple[tuple[str, ...], int, bool]:
    """Names and bytes of derived files that serve nothing; whether they had to be left alone."""
    present = {
        (layer.id, version.name): version
        for layer in layers.all_specs()
        for version in _present(store, layer.id)
        if version not in planned
    }
    with store.clearing() as alone:
        if not alone:
            return (), 0, True
        stale = [
            path
            for version in present.values()
            for path in sorted(store.derived_dir(version).glob("*"))
            if derive.outdated(path.name, present)
        ]
        size = sum(path.stat().st_size for path in stale)
        if not dry_run:
            for path in stale:
                path.unlink(missing_ok=True)
    return tuple(f"{path.parent.parent.name}/{path.parent.name}/{path.name}" for path in stale), size, False


def _old_drafts(drafts: Drafts, before: float, dry_run: bool) -> tuple[tuple[str, ...], int]:
    """Ids and bytes of drafts that nobody has touched since a POSIX time, nor works on."""
    sizes = {draft_id: _folder_size(drafts.folder(draft_id)) for draft_id in drafts.old(before)}
    gone = tuple(sizes if dry_run else drafts.expire(before))
    return gone, sum(sizes.get(one, 0) for one in gone)


def _forget_ended(directory: Directory, chosen: Settings, now: int) -> None:
    with directory.changing() as records:
        records.prune(
            now,
            unused_since=now - chosen.session_idle_minutes * 60,
            counted_since=now - chosen.lockout_minutes * 60,
            met_since=now - MET_S,
        )


def _folder_size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
