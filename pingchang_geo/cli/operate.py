"""Commands of the operator: ``prepare`` and ``reference build``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from pingchang_geo.settings import settings
from pingchang_geo.workflow import start


def add_commands(commands: Any) -> None:
    """Register this module's commands."""
    ready = commands.add_parser("prepare", help="首次启动前的准备：发布参考图层，生成瓦片与叠加结果")
    ready.set_defaults(run=_prepare)

    reference = commands.add_parser("reference", help="参考图层").add_subparsers(required=True, metavar="动作")
    build = reference.add_parser("build", help="生成参考图层（示意数据）")
    build.add_argument("--plots", type=int, default=24_000, help="小班个数，默认 24000")
    build.add_argument("--out", type=Path, default=None, help="输出目录，默认 data/geo")
    build.set_defaults(run=_build)


def _prepare(_: argparse.Namespace) -> int:
    start.prepare(start.open_store(), settings(), lambda text: print(f"· {text}", flush=True))
    print("数据已就绪。")
    return 0


def _build(chosen: argparse.Namespace) -> int:
    from pingchang_geo import reference  # noqa: PLC0415  # the builder's requirements are absent on a server

    folder = chosen.out or settings().reference_dir
    reference.write(reference.build(chosen.plots), folder)
    print(f"参考图层已写入 {folder}。")
    return 0
