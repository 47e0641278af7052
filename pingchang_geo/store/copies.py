"""Copies of database files that others go on writing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from pingchang_geo.errors import StoreError
from pingchang_geo.store.trouble import trouble


def copy_database(source: Path, target: Path) -> None:
    """Copy a SQLite file as it is at one moment, writers notwithstanding, into one self-contained file.

    Raises:
        StoreError: the file cannot be read, or the copy not be written.
    """
    try:
        with closing(sqlite3.connect(source, timeout=30)) as original, closing(sqlite3.connect(target)) as copied:
            original.backup(copied)
            copied.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        words, fix = trouble(error)
        raise StoreError(f"数据库「{source.name}」无法复制：{words}。", fix=fix) from error
