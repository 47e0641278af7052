"""Names of files that people save: what Windows, Linux and an archive all take."""

from __future__ import annotations

import re
from typing import Final

#: Longest name without its ending: paths of Windows end at 260 characters, folder included.
MOST: Final = 60
_AMISS: Final = re.compile(r'[\\/:*?"<>|\s\x00-\x1f\x7f]+')
#: Names of devices, which Windows opens instead of a file.
_DEVICES: Final = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)$")


def file_stem(text: str, fallback: str = "未命名", longest: int = MOST) -> str:
    """``text`` as a file's name without its ending; ``fallback`` where nothing of it is left.

    >>> file_stem("佛头山 / 森林：公园?")
    '佛头山_森林：公园'
    """
    plain = _AMISS.sub("_", text).strip("._")[:longest].strip("._")
    if not plain:
        return fallback
    return f"_{plain}" if _DEVICES.match(plain) else plain
