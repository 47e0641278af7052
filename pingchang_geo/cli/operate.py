"""Commands of the operator: ``serve``, ``prepare``, ``backup``, ``restore``, ``prune`` and ``reference build``."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pingchang_geo import journal, layers
from pingchang_geo.settings import PROJECT_ROOT, settings
from pingchang_geo.workflow import start
from pingchang_geo.workflow.operations import backup, prune, readiness, restore
from pingchang_geo.workflow.operations.archive import Manifest
from pingchang_geo.workflow.uploads.drafts import KEPT_DAYS


def add_commands(commands: Any) -> None:
    """Register this module's commands."""
    serve = commands.add_parser("serve", help="检查、准备并启动服务")
    serve.add_argument("--port", type=_port, default=8501, help="端口，默认 8501")
    serve.add_argument("--address", default="0.0.0.0", help="监听地址，默认 0.0.0.0（本机全部地址）")
    serve.add_argument("--base-path", default=None, metavar="路径", help="网址前缀；不写则取设置 public_url 中的路径")
    serve.set_defaults(run=_serve)
    _add_backup_commands(commands)

    ready = commands.add_parser("prepare", help="首次启动前的准备：发布参考图层，生成瓦片与叠加结果")
    ready.set_defaults(run=_prepare)

    reference = commands.add_parser("reference", help="参考图层").add_subparsers(required=True, metavar="动作")
    build = reference.add_parser("build", help="生成参考图层（示意数据）")
    build.add_argument("--plots", type=int, default=24_000, help="小班个数，默认 24000")
    build.add_argument("--out", type=Path, default=None, help="输出目录，默认 data/geo")
    build.set_defaults(run=_build)


def _add_backup_commands(commands: Any) -> None:
    save = commands.add_parser("backup", help="备份：可在服务运行、发布数据时进行（不含未发布的草稿与 settings.toml）")
    save.add_argument("file", type=Path, metavar="文件", help="备份文件，例如 pingchang.tar.gz")
    save.add_argument("--force", action="store_true", help="文件已存在时覆盖")
    save.add_argument("--verify", action="store_true", help="只校验已有的备份文件")
    save.set_defaults(run=_backup)

    back = commands.add_parser("restore", help="恢复：把备份放入数据目录，须先停止服务")
    back.add_argument("file", type=Path, metavar="文件", help="备份文件")
    back.add_argument("--replace", action="store_true", help="数据目录不是空的也恢复，现有内容移入 replaced-… 目录")
    back.set_defaults(run=_restore)

    clear = commands.add_parser("prune", help="清理旧版本的数据、过期草稿与不再使用的派生文件，保留全部记录")
    clear.add_argument("--keep", type=_positive, default=prune.KEEP, metavar="N", help="每个图层保留最近 N 版，默认 5")
    clear.add_argument(
        "--days", type=_positive, default=prune.YOUNG_DAYS, metavar="N", help="N 天以内的都保留，默认 90"
    )
    clear.add_argument("--dry-run", action="store_true", help="只列出将清理的内容")
    clear.set_defaults(run=_prune)


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError("端口应为 1–65535 的整数")
    return int(text)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("应为不小于 1 的整数")
    return int(text)


def _serve(chosen: argparse.Namespace) -> int:
    _open_log()
    base = chosen.base_path if chosen.base_path is not None else urlsplit(settings().public_url).path
    readiness.require_port(chosen.address, chosen.port)
    readiness.require_ready(settings())
    readiness.sweep_scratch()
    start.prepare(start.open_store(), settings(), _say)
    host = "localhost" if chosen.address in ("0.0.0.0", "::") else chosen.address
    path = f"/{base.strip('/')}" if base.strip("/") else ""
    _say(f"启动：{settings().public_url or f'http://{host}:{chosen.port}{path}'}")
    os.chdir(PROJECT_ROOT)
    os.execv(sys.executable, [sys.executable, *server_arguments(chosen.address, chosen.port, base)])


def server_arguments(address: str, port: int, base: str) -> list[str]:
    """Arguments of Python for the server itself."""
    options = {
        "server.address": address,
        "server.port": str(port),
        "server.baseUrlPath": base.strip("/"),
        "server.headless": "true",
        "browser.gatherUsageStats": "false",
        "logger.hideWelcomeMessage": "true",  # it would ask a machine on the internet for this one's address
    }
    given = [f"--{name}={value}" for name, value in options.items()]
    return ["-m", "streamlit", "run", str(PROJECT_ROOT / "app.py"), *given]


def _backup(chosen: argparse.Namespace) -> int:
    if chosen.verify:
        print(f"备份文件完好：{_told(backup.verify(chosen.file))}。")
        return 0
    done = backup.backup(start.open_store(), chosen.file, getpass.getuser(), force=chosen.force, say=_say)
    print(f"备份完成：{done.path.name}（{done.size / 2**20:.1f} MB，{done.seconds:.1f} 秒），{_told(done.manifest)}。")
    return 0


def _restore(chosen: argparse.Namespace) -> int:
    done = restore.restore(chosen.file, settings().data_dir, getpass.getuser(), replace=chosen.replace, say=_say)
    print(f"已恢复：{_told(done.manifest)}。")
    if done.replaced is not None:
        print(f"原有内容在数据目录的 {done.replaced.name} 中，确认无误后可自行删除。")
    print("所有登录会话与一次性链接已失效，账户与角色为备份时的状态；派生数据将在下次启动时重新计算。")
    return 0


def _told(manifest: Manifest) -> str:
    contents = sum(member.name.startswith("versions/") for member in manifest.files)
    return f"{manifest.created_at} 的数据，{contents} 个版本，{manifest.entries:,} 条操作日志"


def _prune(chosen: argparse.Namespace) -> int:
    rules = prune.Rules(chosen.keep, chosen.days)
    who, now = getpass.getuser(), datetime.now(UTC)
    done = prune.prune(start.open_store(), settings(), who, rules, now, dry_run=chosen.dry_run)
    for version in done.versions:
        print(f"{layers.get(version.layer).title} {version.name} · {version.published_at} · {version.publisher}")
    for draft in done.drafts:
        print(f"草稿 {draft}（{KEPT_DAYS} 天没有改动）")
    if done.derived:
        print(f"不再使用的派生文件 {len(done.derived):,} 个")
    if done.busy:
        print("正在计算派生数据，派生文件未清理，请稍后再运行一次。")
    size_mb = done.size / 2**20
    verb = "将清理" if chosen.dry_run else "已清理"
    print(f"{verb} {len(done.versions)} 个版本的数据、{len(done.drafts)} 份草稿（{size_mb:.1f} MB），记录全部保留。")
    return 0


def _open_log() -> None:
    """What a service writes is one JSON object a line where the settings say so, from its first line on."""
    if (form := readiness.log_form()) == "json":
        journal.configure(form)


def _say(text: str) -> None:
    if journal.form() == "json":
        journal.event("prepare", text)
    else:
        print(f"· {text}", flush=True)


def _prepare(_: argparse.Namespace) -> int:
    _open_log()
    start.prepare(start.open_store(), settings(), _say)
    _say("数据已就绪")
    return 0


def _build(chosen: argparse.Namespace) -> int:
    from pingchang_geo import reference  # noqa: PLC0415  # the builder's requirements are absent on a server

    folder = chosen.out or settings().reference_dir
    reference.write(reference.build(chosen.plots), folder)
    print(f"参考图层已写入 {folder}。")
    return 0
