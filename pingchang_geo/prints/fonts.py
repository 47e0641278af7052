"""The Chinese font of maps and PDF files: the operator's own, or the one that is installed with the project.

The installed one is Noto Sans SC Regular (SIL Open Font License), from the package ``pylopdf-fonts-zh-cn``: nothing
is looked for on the machine, so that every server draws alike.
"""

from __future__ import annotations

import re
import threading
from functools import cache
from pathlib import Path
from typing import Final

import matplotlib
import pylopdf_fonts_zh_cn
from matplotlib.font_manager import FontEntry, FontProperties, fontManager
from matplotlib.ft2font import FT2Font

from pingchang_geo.prints.picture import PictureError

#: Every Chinese font has these; one that lacks them would print boxes.
_NEEDED: Final = "平昌县生态资产图示意数据红线林地碳储量"
#: Drawn for a character that no font has, as typesetters do.
_GETA: Final = "〓"
_INVISIBLE: Final = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff\ufffe\uffff]")
_CONTROL: Final = re.compile(r" *[\x00-\x1f\x7f-\x9f\u2028\u2029]+ *")
_REGISTER: Final = threading.Lock()
_FIX: Final = "请在设置 font 中填写中文字体文件（TTF、OTF 或 TTC）的路径，或将其留空以使用自带字体。"


def chinese_font(configured: Path | None = None) -> Path:
    """The font file to use: the configured one when given, otherwise the installed Noto Sans SC.

    Raises:
        PictureError: the configured file is missing, is no font, or has no Chinese glyphs.
    """
    if configured is None:
        return pylopdf_fonts_zh_cn.sans_path()
    path = configured.expanduser()
    if not path.is_file():
        raise PictureError(f"找不到字体文件「{path.name}」。", fix=_FIX)
    missing = set(map(ord, _NEEDED)) - _glyphs(path)
    if missing:
        raise PictureError(f"字体「{path.name}」缺少常用汉字，不能用于制图。", fix=_FIX)
    return path


def fallback_font() -> Path:
    """DejaVu Sans, which comes with matplotlib: for the few signs that Chinese fonts lack, such as the ₂ of CO₂."""
    return Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


@cache
def _glyphs(path: Path) -> frozenset[int]:
    try:
        return frozenset(FT2Font(str(path)).get_charmap())
    except (RuntimeError, OSError, ValueError) as error:
        raise PictureError(f"文件「{path.name}」不是可用的字体文件。", fix=_FIX) from error


def drawable(text: str, font: Path) -> str:
    """The text in one line without control or invisible characters; what neither font can draw becomes 〓."""
    known = _known(font)
    clean = _CONTROL.sub(" ", _INVISIBLE.sub("", text)).strip()
    return "".join(sign if ord(sign) in known else _GETA for sign in clean)


@cache
def _known(font: Path) -> frozenset[int]:
    return _glyphs(font) | _glyphs(fallback_font())


@cache
def _family(path: Path) -> str:
    """Name under which matplotlib knows exactly this file, however the font calls itself."""
    with _REGISTER:
        name = f"pingchang-{len(fontManager.ttflist)}-{path.stem}"
        fontManager.ttflist.append(
            FontEntry(fname=str(path), name=name, style="normal", variant="normal", weight=400, size="scalable")
        )
    return name


def properties(font: Path, size_pt: float) -> FontProperties:
    """What matplotlib needs to draw with the font, the fallback behind it."""
    return FontProperties(family=[_family(font), _family(fallback_font())], size=size_pt)
