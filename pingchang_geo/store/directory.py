"""The accounts file: users, sessions, one-time links and failed sign-ins, in a SQLite file that only its owner reads.

Apart from the catalogue of versions (docs/decisions/0009): another secrecy, another rhythm of writing, no history.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pingchang_geo.errors import StoreError
from pingchang_geo.store.records import FROM_1, SCHEMA, Records
from pingchang_geo.store.trouble import trouble

#: Name of the file in the data folder.
FILE: Final = "accounts.sqlite"
_VERSION: Final = 2
_WAIT_S: Final = 10
_PRIVATE: Final = 0o600


class Directory:
    """The accounts of one data folder; one short connection a transaction, so that it is safe from any thread.

    As with the catalogue one more connection stays open, so that sessions can be read on a full disk.

    Raises (all methods and the constructor):
        StoreError: the file cannot be read or written, is damaged, readable by others and not ours to change, or was
            made by a newer program; nothing was changed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        _own(path)
        with self._connection() as connection:
            _require_schema(connection)
            connection.execute("PRAGMA journal_mode=WAL")
        keeper = sqlite3.connect(self._address, uri=True, isolation_level=None, check_same_thread=False)
        weakref.finalize(self, keeper.close)
        keeper.execute("SELECT count(*) FROM user").fetchone()

    @contextmanager
    def reading(self) -> Iterator[Records]:
        """One consistent view."""
        with self._connection() as connection:
            connection.execute("BEGIN")
            yield Records(connection)

    @contextmanager
    def changing(self) -> Iterator[Records]:
        """One transaction, alone among writers; whatever is raised inside undoes it."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Records(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # a full disk makes SQLite roll back on its own
                    connection.execute("ROLLBACK")
                raise

    @property
    def _address(self) -> str:
        """``mode=rw``: a file that vanished is an error, not a new and empty one that everybody can read."""
        return f"{self._path.resolve().as_uri()}?mode=rw"

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = sqlite3.connect(self._address, uri=True, timeout=_WAIT_S, isolation_level=None)
            try:
                for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", "trusted_schema=OFF"):
                    connection.execute(f"PRAGMA {pragma}")
                yield connection
            finally:
                connection.close()
        except sqlite3.Error as error:
            words, fix = trouble(error)
            raise StoreError(f"账户库无法读写：{words}；未作任何更改。", fix=fix) from error


def _own(path: Path) -> None:
    """See that the file is there and nobody else's to read, before anything is written to it.

    It is never opened and closed here while in use: closing it would drop this process's locks on it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, _PRIVATE)
        except FileExistsError:
            if stat.S_IMODE(path.stat().st_mode) & 0o077:
                path.chmod(_PRIVATE)
            return
        try:
            if os.geteuid() == 0:  # made by root for the service's user: as the folder, so the file
                folder = path.parent.stat()
                os.fchown(descriptor, folder.st_uid, folder.st_gid)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise StoreError(
            "账户库（accounts.sqlite）无法建立，或他人可读而无法更正。",
            fix="请用运行本系统的系统用户操作，并检查数据目录的所有者与权限。",
        ) from error


def _require_schema(connection: sqlite3.Connection) -> None:
    """Make the tables in a new file, bring an older one up to date; refuse a damaged one, or a newer program's."""
    if (found := connection.execute("PRAGMA user_version").fetchone()[0]) < _VERSION:
        connection.execute("BEGIN IMMEDIATE")
        found = connection.execute("PRAGMA user_version").fetchone()[0]  # another process may have been first
        if found < _VERSION:
            for statement in FROM_1 if found else SCHEMA:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={_VERSION}")
            found = _VERSION
        connection.execute("COMMIT")
    if found != _VERSION:
        raise StoreError("账户库由更新版本的程序建立，本程序不能使用。", fix="请升级本系统，或恢复相应的备份。")
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise StoreError("账户库文件已损坏。", fix="请从备份恢复数据目录。")
