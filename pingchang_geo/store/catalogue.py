"""The SQLite catalogue: versions, the pointer to the current one, and the audit log with its hash chain."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pingchang_geo.errors import StoreError
from pingchang_geo.provenance import Provenance
from pingchang_geo.store.base import Snapshot, Version
from pingchang_geo.store.trouble import trouble

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS version (
    layer TEXT NOT NULL, number INTEGER NOT NULL, sha256 TEXT NOT NULL, rows INTEGER NOT NULL,
    provenance TEXT NOT NULL, published_at TEXT NOT NULL, publisher TEXT NOT NULL,
    note TEXT NOT NULL, parent TEXT, dimension INTEGER,
    PRIMARY KEY (layer, number)
) STRICT;
CREATE TABLE IF NOT EXISTS current (
    layer TEXT PRIMARY KEY, number INTEGER NOT NULL,
    FOREIGN KEY (layer, number) REFERENCES version (layer, number)
) STRICT;
CREATE TABLE IF NOT EXISTS pruned (
    layer TEXT NOT NULL, number INTEGER NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (layer, number), FOREIGN KEY (layer, number) REFERENCES version (layer, number)
) STRICT;
CREATE TABLE IF NOT EXISTS audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
    detail TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER IF NOT EXISTS audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER IF NOT EXISTS version_no_update BEFORE UPDATE ON version BEGIN SELECT RAISE(ABORT, 'immutable'); END;
CREATE TRIGGER IF NOT EXISTS pruned_no_update BEFORE UPDATE ON pruned BEGIN SELECT RAISE(ABORT, 'immutable'); END;
CREATE TRIGGER IF NOT EXISTS pruned_no_delete BEFORE DELETE ON pruned BEGIN SELECT RAISE(ABORT, 'immutable'); END;
"""
_VERSIONS: Final = "SELECT version.*, pruned.at FROM version LEFT JOIN pruned USING (layer, number)"
_GENESIS: Final = "0" * 64


@dataclass(frozen=True)
class AuditEntry:
    """One line of the log; ``hash`` covers the line and the hash before it."""

    seq: int
    at: str
    actor: str
    action: str
    detail: Mapping[str, Any]
    previous: str
    hash: str


def now() -> str:
    """Current time, ISO 8601 UTC to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Catalogue:
    """Access to the catalogue file; one short connection a call, so that it is safe from any thread.

    One more connection stays open as long as the object lives: it keeps SQLite's shared-memory file in being, which
    could not be made anew on a full disk, so that the current versions are served there as well.
    """

    def __init__(self, path: Path, *, copied: bool = False) -> None:
        self._path = path
        self._copied = copied
        if copied:  # a file of its own that nobody writes: not a byte of it changes, since its hash is known
            return
        with self._connect() as connection:
            connection.executescript(_SCHEMA)
            keeper = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            weakref.finalize(self, keeper.close)
            keeper.execute("SELECT count(*) FROM version").fetchone()

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        try:
            how = "?mode=ro&immutable=1" if self._copied else ""
            address = f"{self._path.absolute().as_uri()}{how}"
            connection = sqlite3.connect(address, uri=True, timeout=30, isolation_level=None)
        except sqlite3.Error as error:
            raise StoreError(
                "无法打开数据目录中的目录库（catalogue.sqlite）。", fix="请检查数据目录的权限与磁盘。"
            ) from error
        try:
            if not self._copied:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA foreign_keys=ON")
            yield connection
        except sqlite3.IntegrityError:
            raise
        except sqlite3.DatabaseError as error:
            words, fix = trouble(error)
            raise StoreError(f"目录库无法读写：{words}；未作任何更改。", fix=fix) from error
        finally:
            connection.close()

    def snapshot(self) -> Snapshot:
        """The current version of each layer."""
        with self._connect() as connection:
            rows = connection.execute(f"{_VERSIONS} JOIN current USING (layer, number) ORDER BY layer").fetchall()
        return Snapshot(MappingProxyType({row[0]: _version(row) for row in rows}))

    def versions(self, layer: str) -> tuple[Version, ...]:
        """Every version of a layer, newest first."""
        with self._connect() as connection:
            rows = connection.execute(f"{_VERSIONS} WHERE layer = ? ORDER BY number DESC", (layer,)).fetchall()
        return tuple(_version(row) for row in rows)

    def every_version(self) -> tuple[Version, ...]:
        """All versions of all layers, pruned ones included."""
        with self._connect() as connection:
            rows = connection.execute(f"{_VERSIONS} ORDER BY layer, number").fetchall()
        return tuple(_version(row) for row in rows)

    def switch(self, version: Version, action: str, detail: Mapping[str, Any]) -> None:
        """Record ``version``, make it current and log it, all in one transaction."""
        with self._connect() as connection, _transaction(connection):
            connection.execute(
                "INSERT INTO version VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    version.layer,
                    version.number,
                    version.sha256,
                    version.rows,
                    json.dumps(version.provenance.as_dict(), ensure_ascii=False, sort_keys=True),
                    version.published_at,
                    version.publisher,
                    version.note,
                    version.parent,
                    version.dimension,
                ),
            )
            connection.execute(
                "INSERT INTO current VALUES (?, ?) ON CONFLICT (layer) DO UPDATE SET number = excluded.number",
                (version.layer, version.number),
            )
            _append(connection, version.publisher, action, {"version": version.name, **detail})

    def log(self, actor: str, action: str, detail: Mapping[str, Any]) -> None:
        """Append one line to the audit log."""
        with self._connect() as connection, _transaction(connection):
            _append(connection, actor, action, detail)

    def prune(self, versions: Sequence[Version], actor: str) -> None:
        """Record that the contents of ``versions`` are given up, one line of the log each, all in one transaction.

        Raises:
            StoreError: one of them is current; nothing was changed.
        """
        with self._connect() as connection, _transaction(connection):
            for version in versions:
                key = (version.layer, version.number)
                if connection.execute("SELECT 1 FROM current WHERE (layer, number) = (?, ?)", key).fetchone():
                    raise StoreError("当前版本不能清理。")
                connection.execute("INSERT INTO pruned VALUES (?, ?, ?)", (*key, now()))
                detail = {"layer": version.layer, "version": version.name, "sha256": version.sha256}
                _append(connection, actor, "prune", detail)

    def sound(self) -> bool:
        """Whether SQLite finds the file's pages and references in order."""
        with self._connect() as connection:
            return connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]

    def audit(self, since: int = 0) -> tuple[AuditEntry, ...]:
        """The log from the line after number ``since`` on, oldest first."""
        with self._connect() as connection:
            rows = connection.execute("SELECT * FROM audit WHERE seq > ? ORDER BY seq", (since,)).fetchall()
        return tuple(
            AuditEntry(seq, at, actor, action, json.loads(detail), previous, digest)
            for seq, at, actor, action, detail, previous, digest in rows
        )

    def audit_intact(self) -> bool:
        """Whether every line's hash fits its content and its predecessor."""
        previous = _GENESIS
        for entry in self.audit():
            text = _canonical(entry.at, entry.actor, entry.action, entry.detail, previous)
            if entry.previous != previous or entry.hash != hashlib.sha256(text.encode()).hexdigest():
                return False
            previous = entry.hash
        return True


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One writing transaction: all of it or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk makes SQLite roll back on its own
            connection.execute("ROLLBACK")
        raise


def _version(row: tuple[Any, ...]) -> Version:
    layer, number, sha256, rows, source, published_at, publisher, note, parent, dimension, pruned_at = row
    return Version(
        layer,
        number,
        sha256,
        rows,
        Provenance.from_dict(json.loads(source)),
        published_at,
        publisher,
        note,
        parent,
        dimension,
        pruned_at or "",
    )


def _canonical(at: str, actor: str, action: str, detail: Mapping[str, Any], previous: str) -> str:
    return json.dumps([previous, at, actor, action, detail], ensure_ascii=True, sort_keys=True)


def _append(connection: sqlite3.Connection, actor: str, action: str, detail: Mapping[str, Any]) -> None:
    last = connection.execute("SELECT hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    previous = last[0] if last else _GENESIS
    at = now()
    digest = hashlib.sha256(_canonical(at, actor, action, detail, previous).encode()).hexdigest()
    text = json.dumps(detail, ensure_ascii=True, sort_keys=True)
    connection.execute(
        "INSERT INTO audit (at, actor, action, detail, previous, hash) VALUES (?, ?, ?, ?, ?, ?)",
        (at, actor, action, text, previous, digest),
    )
