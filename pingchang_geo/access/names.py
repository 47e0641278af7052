"""User names: one spelling each, nothing that reads like somebody else's in a log."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from pingchang_geo.errors import AccessError

#: Longest name, in characters.
LONGEST: Final = 64
#: Letters and digits of any script, and what addresses and account names hold between them.
_NAME: Final = re.compile(r"\w(?:[\w.@·\- ]*\w)?")
#: Names the log uses itself.
_RESERVED: Final = frozenset({"系统", "匿名", "system", "anonymous"})


def name_key(name: str) -> str:
    """What names are compared by: width, case and spaces around do not count. Any text is allowed here.

    Halves of surrogate pairs, which no database takes, become a character that no name has.
    """
    whole = name.encode("utf-8", "replace").decode("utf-8")
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", whole).casefold()).strip()


def clean_name(name: str) -> str:
    """A name as it is kept: NFKC, no spaces around.

    Raises:
        AccessError: empty, too long, other characters than letters, digits and ``. _ - @ ·``, or a name that the
            log uses itself.
    """
    plain = unicodedata.normalize("NFKC", name).strip()
    if not plain or len(plain) > LONGEST or not _NAME.fullmatch(plain):
        raise AccessError(
            "用户名不能使用。",
            fix=f"请用 1 至 {LONGEST} 个汉字、字母、数字，中间可有 . _ - @ · 和空格。",
        )
    if name_key(plain) in _RESERVED:
        raise AccessError(f"用户名「{plain}」由系统保留。", fix="请换一个用户名。")
    return plain
