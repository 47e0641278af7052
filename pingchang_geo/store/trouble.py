"""What SQLite says, in words for the screen."""

from __future__ import annotations

import sqlite3
from typing import Final

_WORDS: Final = {
    "disk is full": "磁盘已满",
    "disk I/O error": "磁盘读写出错，或磁盘已满",
    "locked": "正被其他程序占用",
    "readonly": "没有写入权限",
    "unable to open": "文件无法打开",
    "malformed": "文件已损坏",
    "not a database": "文件已损坏",
}


def trouble(error: sqlite3.Error) -> tuple[str, str]:
    """What is wrong with a database file, and what to do."""
    words = next((words for sign, words in _WORDS.items() if sign in str(error)), "数据库出错")
    return words, "请从备份恢复数据目录。" if "损坏" in words else "请检查磁盘空间与权限，然后重试。"
