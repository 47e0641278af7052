"""What has to hold of a data folder whatever happened to it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd

from pingchang_geo.store import LocalStore, Snapshot, Version
from pingchang_geo.tiles import TileArchive
from pingchang_geo.workflow import derive


def assert_served(root: Path) -> Snapshot:
    """What a viewer meets who comes right now: every current version in full, with all that is derived from it."""
    store = LocalStore(root)
    snapshot = store.snapshot()
    for version in snapshot.versions.values():
        assert len(store.read(version)) == version.rows
        assert len(derive.read_attributes(store, version)) == version.rows
        if derive.tiled(version):
            assert TileArchive.open(derive.tile_path(store, version)).rows == version.rows
    missing: list[str] = []
    derive.ensure(store, snapshot, progress=missing.append)
    assert missing == [], "viewers met a version whose derived files were not ready"
    return snapshot


def assert_whole(root: Path) -> LocalStore:
    """Open the folder as a new process would; every promise of the store is looked at, file by file."""
    snapshot = assert_served(root)
    store = LocalStore(root)
    for version in _every_version(store):
        content = root / "versions" / version.layer / version.name / "content.parquet"
        assert hashlib.sha256(content.read_bytes()).hexdigest() == version.sha256, version
    for version in snapshot.versions.values():
        assert version == store.versions(version.layer)[0], "the current version is the newest"
    _assert_log(store)
    return store


def _every_version(store: LocalStore) -> list[Version]:
    return [version for layer in store.snapshot().versions for version in store.versions(layer)]


def _assert_log(store: LocalStore) -> None:
    """The chain holds, and the log names exactly the versions there are."""
    assert store.audit_intact()
    logged = [
        (entry.detail["layer"], entry.detail["version"])
        for entry in store.audit()
        if entry.action in ("publish", "rollback")
    ]
    assert sorted(logged) == sorted((version.layer, version.name) for version in _every_version(store))


def assert_swept(store: LocalStore) -> None:
    """After a sweep nothing lies about that no version owns, and a second one finds nothing."""
    store.sweep()
    known = {(version.layer, version.name) for version in _every_version(store)}
    assert list((store.root / "staging").iterdir()) == []
    for area in ("versions", "derived"):
        assert {(path.parent.name, path.name) for path in (store.root / area).glob("*/*")} <= known
    assert list(store.root.rglob("*.partial")) == []
    assert store.sweep() == []


def files(root: Path) -> pd.Series[int]:
    """Every file with its size, to see that nothing changed."""
    sizes = {str(path.relative_to(root)): path.stat().st_size for path in sorted(root.rglob("*")) if path.is_file()}
    return pd.Series({name: size for name, size in sizes.items() if "sqlite-" not in name}, dtype="int64")
