"""The versioned store: immutable versions in folders, a SQLite catalogue, an audit log with a hash chain."""

from pingchang_geo.store.base import Snapshot, Store, Version

__all__ = ["Snapshot", "Store", "Version"]
