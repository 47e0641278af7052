"""The command for one page about one place: ``factsheet``."""

from __future__ import annotations

import argparse
import math
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from pingchang_geo.errors import PingchangError
from pingchang_geo.messages import shown
from pingchang_geo.settings import settings
from pingchang_geo.workflow import factsheets, start
from pingchang_geo.workflow.current import Atlases


def add_commands(commands: Any) -> None:
    """Register this module's commands."""
    sheet = commands.add_parser(
        "factsheet",
        help="一页纸：全县或某一景区、园区、乡镇、红线斑块的 A4 单页（PDF 或 PNG）",
        description="对象写 county（全县）或 图层:名称，例如 scenic:佛头山、redline:SY02。",
    )
    sheet.add_argument("place", metavar="对象", help="county，或 图层:名称（也可用编号）")
    form = sheet.add_mutually_exclusive_group()
    form.add_argument("--pdf", action="store_true", help="PDF（缺省；文件名以 .png 结尾时为 PNG）")
    form.add_argument("--png", action="store_true", help="PNG 图片（220 dpi）")
    sheet.add_argument("--out", type=Path, required=True, metavar="文件", help="写到这个文件")
    sheet.add_argument(
        "--growth", type=_growth, default=None, metavar="p", help="蓄积年生长率（%%/年），用于模型法；不填则不计算"
    )
    sheet.set_defaults(run=_factsheet)


def _growth(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= factsheets.MOST_GROWTH:
        raise argparse.ArgumentTypeError(f"应为 0–{factsheets.MOST_GROWTH:g} 的数（%/年）")
    return value


def _factsheet(chosen: argparse.Namespace) -> int:
    store = start.open_store()
    start.prepare(store, settings(), lambda text: print(f"· {text}", file=sys.stderr, flush=True))
    atlas = Atlases(store).current()
    place = factsheets.named(atlas, chosen.place)
    picture = chosen.png or (not chosen.pdf and chosen.out.suffix.lower() == ".png")
    make = factsheets.png if picture else factsheets.pdf
    content = make(atlas, place, at=datetime.now(), growth_pct_a=chosen.growth)
    try:
        chosen.out.write_bytes(content)
    except OSError:
        raise PingchangError(
            f"文件「{chosen.out.name}」无法写入。", fix="请确认文件夹存在、有写入权限，且文件没有被其他程序打开。"
        ) from None
    print(shown(f"已写入 {chosen.out}：{place.title}的一页纸。"))
    return 0
