"""Messages about the boundary of a project site: what people paste, upload or draw."""

from __future__ import annotations

from typing import Final

from pingchang_geo.issues import Level
from pingchang_geo.messages.template import Template

_B, _C, _W, _R = Level.BLOCKING, Level.CONFIRM, Level.WARNING, Level.REPAIRED

SITE: Final = {
    "SITE_EMPTY": Template(
        _B,
        "没有读到坐标。",
        "请粘贴界址点坐标，每行一个点，例如「107.10, 31.56」。",
    ),
    "SITE_FEW_POINTS": Template(
        _B,
        "{ring}只有 {points} 个不同的点，围不成面。",
        "请补齐界址点，至少 3 个。",
    ),
    "SITE_ADDRESS": Template(
        _B,
        "网址中的选址范围无法识别（{detail}）。",
        "请重新粘贴坐标或在图上绘制，再复制网址。",
    ),
}
