"""Commands on versions: ``versions``, ``rollback``, ``export``, ``log``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from pingchang_geo import layers
from pingchang_geo.access import Actor
from pingchang_geo.cli.person import operator_of
from pingchang_geo.errors import PingchangError
from pingchang_geo.messages import shown
from pingchang_geo.units import format_number
from pingchang_geo.workflow import start, versions
from pingchang_geo.workflow.versions import Download

_LOGGED: Final = ("seq", "at", "actor", "action", "detail")


def add_commands(commands: Any) -> None:
    """Register this module's commands."""
    history = commands.add_parser("versions", help="列出各图层的版本")
    history.add_argument("layer", nargs="?", default=None, metavar="图层", help="不写则列出全部图层")
    history.add_argument("--json", action="store_true", help="输出一个 JSON 数组")
    history.set_defaults(run=_versions)

    back = commands.add_parser("rollback", help="回退：把较早版本的内容发布为新版本")
    back.add_argument("layer", metavar="图层")
    back.add_argument("version", metavar="版本", help="版本号、版本名或校验值开头")
    back.add_argument("--note", default="", help="回退原因")
    back.add_argument("--by", default="", help="操作人，默认为系统用户名")
    back.add_argument("--base", default=None, help="只在当前版本仍为此版本时回退")
    back.add_argument("--session", default=None, help=argparse.SUPPRESS)
    back.set_defaults(run=_rollback)

    out = commands.add_parser("export", help="下载某一版本的数据")
    out.add_argument("layer", metavar="图层")
    out.add_argument("version", nargs="?", default=None, metavar="版本", help="不写则为当前版本")
    out.add_argument("--format", choices=[kind.value for kind in Download], default=Download.SHAPEFILE_GBK.value)
    out.add_argument("--out", type=Path, default=None, metavar="文件", help="不写则存为当前目录下的缺省文件名")
    out.set_defaults(run=_export)

    log = commands.add_parser("log", help="查看操作日志，并校验其完整性")
    log.add_argument("--last", type=int, default=20, metavar="N", help="最近 N 条，默认 20")
    log.add_argument("--json", action="store_true", help="输出一个 JSON 数组")
    log.set_defaults(run=_log)


def _versions(chosen: argparse.Namespace) -> int:
    store = start.open_store()
    wanted = [layers.get(chosen.layer).id] if chosen.layer else [spec.id for spec in layers.all_specs()]
    current = store.snapshot().versions
    found = [version for layer in wanted for version in store.versions(layer)]
    if chosen.json:
        rows = [
            {
                "layer": v.layer,
                "version": v.name,
                "number": v.number,
                "current": current.get(v.layer) == v,
                "rows": v.rows,
                **asdict(versions.figures(store, v)),
                "sha256": v.sha256,
                "published_at": v.published_at,
                "publisher": v.publisher,
                "note": v.note,
                "provenance": v.provenance.as_dict(),
                "pruned_at": v.pruned_at or None,
            }
            for v in found
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return 0
    for v in found:
        flag = "*" if current.get(v.layer) == v else " "
        holds = versions.figures(store, v)
        size = f" · {format_number(holds.area_km2, 2)} km²" if holds.area_km2 is not None else ""
        size += f" · {format_number(holds.stock_tc, 0)} tC" if holds.stock_tc is not None else ""
        what = f"{v.rows:,} 条{size} · {v.provenance.kind.label} · {v.published_at} · {v.publisher}"
        rest = f" · {v.note}" if v.note else ""
        rest += f"（内容已于 {v.pruned_at} 清理）" if v.pruned_at else ""
        print(f"{flag} {layers.get(v.layer).title} {v.name} · {what}{rest}")
    if not found:
        print("尚无版本。")
    return 0


def _rollback(chosen: argparse.Namespace) -> int:
    store = start.open_store()
    layer = layers.get(chosen.layer).id
    wanted = versions.find(store, layer, chosen.version)
    before = store.snapshot().versions.get(layer)
    made = versions.rollback(
        store,
        layer,
        wanted,
        actor=_actor(chosen),
        note=chosen.note,
        base=chosen.base,
        require=start.require,
        progress=lambda text: print(f"· {text}", flush=True),
    )
    title = layers.get(layer).title
    if made == before:
        print(f"{title}当前的{made.label}已是该内容，无需回退。")
    else:
        print(f"{title}已回退到{wanted.label}的内容，现为{made.label}（{made.name}）。")
    return 0


def _actor(chosen: argparse.Namespace) -> Actor:
    """Whoever sits at the server; or, for a page that has this done here, the owner of its session."""
    return operator_of(chosen.by) if chosen.session is None else Actor(chosen.by, None, chosen.session)


def _export(chosen: argparse.Namespace) -> int:
    store = start.open_store()
    layer = layers.get(chosen.layer).id
    current = store.snapshot().versions.get(layer)
    if chosen.version is None and current is None:
        raise PingchangError(f"「{layers.get(layer).title}」尚未发布数据。", fix="请先发布后再导出。")
    version = versions.find(store, layer, chosen.version) if chosen.version else current
    assert version is not None
    name, content = versions.download(store, version, Download(chosen.format))
    target = chosen.out or Path(name)
    try:
        target.write_bytes(content)
    except OSError as error:
        raise PingchangError(f"无法写入文件「{target.name}」。", fix="请检查所在目录是否存在、是否可写。") from error
    print(f"已导出：{target.name}（{len(content) / 2**20:.1f} MB）")
    return 0


def _log(chosen: argparse.Namespace) -> int:
    store = start.open_store()
    entries = versions.audit_log(store, operator_of())
    last = entries[-chosen.last :] if chosen.last > 0 else entries
    if chosen.json:
        rows = [
            {"seq": e.seq, "at": e.at, "actor": e.actor, "action": e.action, "detail": dict(e.detail)} for e in last
        ]
        text = json.dumps(rows, ensure_ascii=False, indent=2)
        print(text.encode("utf-8", "replace").decode())  # a line may hold what cannot be written
    else:
        for e in last:
            detail = json.dumps(dict(e.detail), ensure_ascii=False, sort_keys=True)
            print(shown(f"{e.seq:>6} {e.at} {e.actor} {e.action} {detail}"))
    intact = store.audit_intact()
    if not chosen.json:
        verdict = "校验通过，记录完整" if intact else "校验不通过：记录被改动过，请核查数据目录"
        print(f"共 {len(entries):,} 条，{verdict}。")
    return 0 if intact else 1


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value
