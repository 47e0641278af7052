"""The versioned store: immutable versions in folders, a SQLite catalogue, an audit log with a hash chain."""

from pingchang_geo.store.base import Prepare, Snapshot, Store, Version
from pingchang_geo.store.local import LocalStore, sync_folder

__all__ = ["LocalStore", "Prepare", "Snapshot", "Store", "Version", "sync_folder"]
