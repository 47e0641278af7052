"""Prune: the current version, the last few and everything young stay; records, hashes and the log stay in any case."""

from __future__ import annotations

import json
import os
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo.access import operator
from pingchang_geo.errors import StoreError
from pingchang_geo.provenance import Kind, Provenance
from pingchang_geo.settings import Settings
from pingchang_geo.store import LocalStore, Version
from pingchang_geo.workflow import derive
from pingchang_geo.workflow.operations.backup import backup, verify
from pingchang_geo.workflow.operations.prune import Rules, prune, superseded
from pingchang_geo.workflow.publish import current_base, publish
from pingchang_geo.workflow.uploads import jobs
from tests import layer_frames
from tests.faults.whole import assert_served

#: So far in the future that whatever a test makes is old.
LATER = datetime(2199, 1, 1, tzinfo=UTC)


@pytest.fixture
def old(store: LocalStore) -> LocalStore:
    """Five versions of the forest."""
    for volume in (61, 62, 63, 64):
        publish(
            store,
            "forest",
            layer_frames.forest(volume=volume),
            provenance=layer_frames.OFFICIAL,
            actor=operator("张三"),
            note="",
            base=current_base(store, "forest"),
        )
    return store


@pytest.fixture
def chosen(old: LocalStore) -> Settings:
    return Settings(data_dir=old.root)


def contents(store: LocalStore, layer: str = "forest") -> list[int]:
    """Numbers of the versions whose files are there, newest first."""
    return [version.number for version in store.versions(layer) if store.content_path(version).exists()]


def test_the_last_ones_stay(old: LocalStore, chosen: Settings) -> None:
    lines = len(old.audit())
    done = prune(old, chosen, "李四", Rules(keep=2, young_days=1), LATER)
    assert [version.number for version in done.versions] == [3, 2, 1]
    assert done.size > 3 * 1000
    assert contents(old) == [5, 4]
    assert [(version.number, bool(version.pruned_at)) for version in old.versions("forest")] == [
        *((5, False), (4, False), (3, True), (2, True), (1, True)),
    ]
    logged = [entry for entry in old.audit()[lines:] if "version" in entry.detail]
    assert {entry.action for entry in logged} == {"prune"}
    assert [entry.detail["version"] for entry in logged] == [version.name for version in done.versions]
    assert logged[0].actor == "李四"
    assert logged[0].detail["sha256"] == done.versions[0].sha256
    assert old.audit_intact()
    assert not (old.root / "derived" / "forest" / done.versions[0].name).exists()
    assert_served(old.root)


def test_again_there_is_nothing_to_do(old: LocalStore, chosen: Settings) -> None:
    prune(old, chosen, "李四", Rules(keep=2, young_days=1), LATER)
    lines = len(old.audit())
    done = prune(old, chosen, "李四", Rules(keep=2, young_days=1), LATER)
    assert (done.versions, done.derived, done.drafts, done.size) == ((), (), (), 0)
    assert len(old.audit()) == lines


def test_a_rehearsal_changes_nothing(old: LocalStore, chosen: Settings) -> None:
    before = sorted(path for path in old.root.rglob("*") if "sqlite" not in path.name and path.suffix != ".lock")
    lines = len(old.audit())
    told = prune(old, chosen, "李四", Rules(keep=1, young_days=1), LATER, dry_run=True)
    after = sorted(path for path in old.root.rglob("*") if "sqlite" not in path.name and path.suffix != ".lock")
    assert (after, len(old.audit())) == (before, lines)
    assert told == prune(old, chosen, "李四", Rules(keep=1, young_days=1), LATER)


def test_young_ones_stay(old: LocalStore, chosen: Settings) -> None:
    published = datetime.fromisoformat(old.versions("forest")[-1].published_at)
    soon = published + timedelta(days=90)
    assert prune(old, chosen, "李四", Rules(keep=1, young_days=91), soon).versions == ()
    assert contents(old) == [5, 4, 3, 2, 1]


def test_reading_and_going_back_to_a_pruned_version(old: LocalStore, chosen: Settings) -> None:
    first = old.versions("forest")[-1]
    prune(old, chosen, "李四", Rules(keep=2, young_days=1), LATER)
    with pytest.raises(StoreError, match="已按保留规则清理"):
        old.read(first)
    # Its content published again is a version like any other.
    again = publish(
        old,
        "forest",
        layer_frames.forest(),
        provenance=layer_frames.REFERENCE,
        actor=operator("张三"),
        note="",
        base=current_base(old, "forest"),
    )
    assert (again.number, again.sha256) == (6, first.sha256)
    assert len(old.read(again)) == again.rows


def test_the_current_version_is_never_taken(old: LocalStore) -> None:
    lines = len(old.audit())
    with pytest.raises(StoreError, match="当前版本"):
        old.prune(lambda present, _: present, ["forest"], "李四")
    assert contents(old) == [5, 4, 3, 2, 1]
    assert len(old.audit()) == lines


def test_not_during_a_backup(old: LocalStore, chosen: Settings) -> None:
    with old.backing_up(), pytest.raises(StoreError, match="正在备份"):
        prune(old, chosen, "李四", Rules(keep=1, young_days=1), LATER)
    assert contents(old) == [5, 4, 3, 2, 1]


def test_a_backup_keeps_prunes_away_and_lets_publishes_through(
    old: LocalStore, chosen: Settings, tmp_path: Path
) -> None:
    """Between the copy of the catalogue and the last file, which is when it would hurt."""
    refused: list[str] = []

    def meanwhile(step: str) -> None:
        if not step.startswith("写入"):
            return
        with pytest.raises(StoreError, match="正在备份"):
            prune(old, chosen, "李四", Rules(keep=1, young_days=1), LATER)
        refused.append(step)
        base = current_base(old, "forest")
        source = layer_frames.OFFICIAL
        publish(old, "forest", layer_frames.forest(), provenance=source, actor=operator("张三"), note="", base=base)

    made = backup(old, tmp_path / "b.tar.gz", "tester", say=meanwhile)
    assert len(refused) == 1
    assert made.manifest.layers["forest"].startswith("5-")
    assert contents(old) == [6, 5, 4, 3, 2, 1]


def test_a_backup_afterwards_knows_what_went(old: LocalStore, chosen: Settings, tmp_path: Path) -> None:
    prune(old, chosen, "李四", Rules(keep=2, young_days=1), LATER)
    backup(old, tmp_path / "b.tar.gz", "tester")
    names = [member.name for member in verify(tmp_path / "b.tar.gz").files]
    assert sum(name.startswith("versions/forest/") for name in names) == 2


def test_killed_after_the_record_the_next_start_removes_the_files(
    old: LocalStore, chosen: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("pingchang_geo.store.local.shutil.rmtree", lambda *_, **__: None)
        done = prune(old, chosen, "李四", Rules(keep=2, young_days=1), LATER)
    assert contents(old) == [5, 4, 3, 2, 1]
    removed = old.sweep()
    assert contents(old) == [5, 4]
    assert {f"forest/{version.name}" for version in done.versions} <= set(removed)


def test_derived_files_that_serve_nothing_go(old: LocalStore, chosen: Settings) -> None:
    current = old.snapshot().versions["forest"]
    folder = old.derived_dir(current)
    stale = ["attributes-00000000.parquet", "tiles-0.bin", "join-00000000-redline-1-000000000000.npz"]
    gone_partner = f"join-{derive.fingerprint()}-redline-9-000000000000.npz"
    for name in (*stale, gone_partner, "somebody.txt"):
        (folder / name).write_bytes(b"x" * 10)
    kept = {path.name for path in folder.iterdir()} - {*stale, gone_partner}
    done = prune(old, chosen, "李四", Rules(keep=9, young_days=1), LATER)
    assert {name.rpartition("/")[2] for name in done.derived} == {*stale, gone_partner}
    assert done.size == 40
    assert {path.name for path in folder.iterdir()} == kept
    assert (old.audit()[-1].action, old.audit()[-1].detail["derived"]) == ("prune", 4)
    assert_served(old.root)


def test_derived_files_wait_for_their_writers(old: LocalStore, chosen: Settings) -> None:
    stale = old.derived_dir(old.snapshot().versions["forest"]) / "tiles-0.bin"
    stale.write_bytes(b"x")
    with old.deriving():
        assert prune(old, chosen, "李四", Rules(), LATER).busy
    assert stale.exists()
    assert not prune(old, chosen, "李四", Rules(), LATER).busy
    assert not stale.exists()


def draft(store: LocalStore, letter: str, touched: datetime) -> Path:
    """The folder of a draft, uploaded long ago, that somebody has last changed then."""
    folder = store.root / "drafts" / (letter * 12)
    folder.mkdir(parents=True)
    state = {"id": folder.name, "actor": "张三", "created_at": "2100-01-01T00:00:00Z", "files": []}
    (folder / "draft.json").write_text(json.dumps(state), "utf-8")
    os.utime(folder / "draft.json", (touched.timestamp(), touched.timestamp()))
    return folder


def test_drafts_go_that_nobody_has_touched_for_long(old: LocalStore, chosen: Settings) -> None:
    gone, touched = draft(old, "0", LATER - timedelta(days=31)), draft(old, "1", LATER - timedelta(days=29))
    assert prune(old, chosen, "李四", Rules(), LATER, dry_run=True).drafts == (gone.name,)
    done = prune(old, chosen, "李四", Rules(), LATER)
    assert done.drafts == (gone.name,)
    assert (gone.exists(), touched.exists()) == (False, True)


def test_a_draft_whose_receipt_was_cut_short_goes(old: LocalStore, chosen: Settings) -> None:
    """Reckoned from the real now: whoever takes its lock for the first time changes its folder."""
    now = datetime.now(UTC)
    long_ago, lately = draft(old, "0", now), draft(old, "1", now)
    for folder, days in ((long_ago, 31), (lately, 29)):
        (folder / "draft.json").unlink()
        (folder / "files").mkdir()
        for path in (folder / "files", folder):
            os.utime(path, ((now - timedelta(days=days)).timestamp(),) * 2)
    assert prune(old, chosen, "李四", Rules(), now, dry_run=True).drafts == (long_ago.name,)
    assert prune(old, chosen, "李四", Rules(), now).drafts == (long_ago.name,)
    assert (long_ago.exists(), lately.exists()) == (False, True)


def test_what_is_no_draft_is_left_alone(old: LocalStore, chosen: Settings) -> None:
    gone = draft(old, "0", LATER - timedelta(days=31))
    foreign = [gone.parent / name for name in ("lost+found", ".DS_Store", "f" * 12)]
    foreign[0].mkdir()
    for path in foreign[1:]:
        path.write_bytes(b"x")
    assert prune(old, chosen, "李四", Rules(), LATER).drafts == (gone.name,)
    assert all(path.exists() for path in foreign)


def test_a_draft_that_somebody_works_on_stays(old: LocalStore, chosen: Settings) -> None:
    folder = draft(old, "0", LATER - timedelta(days=31))
    with jobs.locked(folder) as held:
        assert held is not None
        assert prune(old, chosen, "李四", Rules(), LATER).drafts == ()
    assert folder.exists()


def test_a_draft_that_is_touched_in_the_last_moment_stays(
    old: LocalStore, chosen: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The analyst comes back between the look for old ones and the removal; the lock decides."""
    folder, take = draft(old, "0", LATER - timedelta(days=31)), jobs.locked

    def come_back(path: Path) -> AbstractContextManager[IO[str] | None]:
        os.utime(path / "draft.json", (LATER.timestamp(), LATER.timestamp()))
        return take(path)

    monkeypatch.setattr(jobs, "locked", come_back)
    done = prune(old, chosen, "李四", Rules(), LATER)
    assert (done.drafts, done.size) == ((), 0)
    assert folder.exists()


def test_a_prune_that_is_refused_takes_no_draft(old: LocalStore, chosen: Settings) -> None:
    folder = draft(old, "0", LATER - timedelta(days=31))
    with old.backing_up(), pytest.raises(StoreError, match="正在备份"):
        prune(old, chosen, "李四", Rules(), LATER)
    assert folder.exists()


def version(number: int, day: int) -> Version:
    moment = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=day)
    source = Provenance(Kind.OFFICIAL, "")
    return Version("forest", number, f"{number:064x}", 1, source, moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "张三")


@given(st.lists(st.integers(0, 1000), max_size=12), st.integers(0, 13), st.integers(0, 1000))
def test_what_the_rules_give_up(days: list[int], keep: int, before: int) -> None:
    """Against the rule in other words: neither current, nor among the last, nor young."""
    present = [version(number, day) for number, day in enumerate(sorted(days), 1)][::-1]
    current = present[0] if present else None
    limit = (datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=before)).strftime("%Y-%m-%dT%H:%M:%SZ")
    gone = superseded(present, current, keep, limit)
    for position, one in enumerate(present):
        young = sorted(days)[one.number - 1] >= before
        assert (one in gone) == (position >= keep and one != current and not young)


def test_names_of_derived_files_are_told_apart() -> None:
    present = {("redline", "1-0123456789ab")}
    mark = derive.fingerprint()
    assert not derive.outdated(f"attributes-{mark}.parquet", present)
    assert not derive.outdated(f"rings-{mark}-redline-1-0123456789ab.parquet", present)
    assert derive.outdated(f"rings-{mark}-redline-2-0123456789ab.parquet", present)
    assert derive.outdated("guarded-00000000-redline-1-0123456789ab.parquet", present)
    assert not derive.outdated(".attributes-00000000.parquet.abc.partial", present)
