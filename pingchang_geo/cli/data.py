"""Commands on data: ``inspect`` and ``publish``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pingchang_geo import layers
from pingchang_geo.cli.confirmations import answers_of, unasked
from pingchang_geo.cli.person import operator_of
from pingchang_geo.provenance import Kind, Provenance, as_of_text
from pingchang_geo.readers import Limits, sniff
from pingchang_geo.readers.watch import watched
from pingchang_geo.settings import settings
from pingchang_geo.workflow import start
from pingchang_geo.workflow.basis import Basis
from pingchang_geo.workflow.inspect import Inspection, inspect, inspection_text
from pingchang_geo.workflow.publish import publish
from pingchang_geo.workflow.uploads.mappings import Mappings


def add_commands(commands: Any) -> None:
    """Register this module's commands."""
    look = commands.add_parser("inspect", help="检查数据文件，不作任何更改")
    _add_file_arguments(look)
    look.add_argument("--json", action="store_true", help="输出一个 JSON 对象")
    look.set_defaults(run=_inspect)

    put = commands.add_parser("publish", help="检查并发布数据文件，成为图层的新版本")
    _add_file_arguments(put)
    put.add_argument("--note", default="", help="本次更新的说明")
    put.add_argument("--source", default="", help="数据来源，例如：平昌县林业局 2024 年林草湿调查")
    put.add_argument("--as-of", default="", metavar="YYYY-MM-DD", help="数据截止日期")
    put.add_argument(
        "--kind",
        choices=[Kind.OFFICIAL.value, Kind.SURVEY.value],
        default=Kind.OFFICIAL.value,
        help="数据性质：official 官方（默认）、survey 调查",
    )
    put.add_argument("--by", default="", help="发布人，默认为系统用户名")
    put.set_defaults(run=_publish)


def _add_file_arguments(command: argparse.ArgumentParser) -> None:
    known = "、".join(f"{spec.id}（{spec.title}）" for spec in layers.all_specs())
    formats = "Shapefile（zip 或散文件）、GeoPackage、GeoJSON、KML/KMZ、GeoParquet"
    command.add_argument("files", nargs="+", type=Path, metavar="文件", help=formats)
    command.add_argument("--layer", default=None, help=f"图层：{known}；不写则按字段推断")
    command.add_argument(
        "--confirm", action="append", default=[], metavar="代码[=值]", help="回答检查提出的问题，可重复"
    )


def _inspected(chosen: argparse.Namespace, refuse: Callable[[Inspection], object]) -> Inspection:
    """What the files hold; when they take too long or too much memory, ``refuse`` is told and the process ends."""
    answers = answers_of(chosen.confirm)
    allowed = settings()
    limits = Limits.of(allowed)
    files = tuple(sniff.display(path.name) for path in chosen.files)
    basis = Basis.now(start.open_store())
    with watched(limits, lambda found: refuse(Inspection(files, chosen.layer, issues=(found,)))):
        found = inspect(
            chosen.files,
            chosen.layer,
            limits=limits,
            county=start.county_outline(),
            answers=answers,
            current=basis.content,
            base=basis.name,
            remembered=Mappings(allowed.data_dir).recall,
        )
    return replace(found, issues=(*found.issues, *unasked(answers, found.issues)))


def _inspect(chosen: argparse.Namespace) -> int:
    def tell(inspection: Inspection) -> None:
        text = json.dumps(inspection.as_dict(), ensure_ascii=False, indent=2) if chosen.json else ""
        print(text or inspection_text(inspection), flush=True)

    inspection = _inspected(chosen, tell)
    tell(inspection)
    return inspection.decision.exit_code


def _publish(chosen: argparse.Namespace) -> int:
    as_of = as_of_text(chosen.as_of) if chosen.as_of else ""
    store = start.open_store()
    start.prepare(store, settings(), _say)
    actor = operator_of(chosen.by)

    def refuse(inspection: Inspection) -> None:
        print(inspection_text(inspection), file=sys.stderr)
        codes = [one.code for one in inspection.issues]
        store.log(actor.name, "refuse", layer=inspection.layer, file=list(inspection.files), issues=codes)
        print("未发布，当前版本未受影响。", file=sys.stderr, flush=True)

    inspection = _inspected(chosen, refuse)
    if inspection.frame is None or inspection.layer is None or inspection.decision.exit_code:
        refuse(inspection)
        return inspection.decision.exit_code
    print(inspection_text(inspection))
    version = publish(
        store,
        inspection.layer,
        inspection.frame,
        provenance=Provenance(Kind(chosen.kind), chosen.source or "、".join(inspection.files), as_of=as_of),
        actor=actor,
        note=chosen.note,
        base=inspection.base,
        progress=_say,
    )
    print(f"{layers.get(inspection.layer).title}现为{version.label}（{version.name}），共 {version.rows:,} 条。")
    return 0


def _say(text: str) -> None:
    print(f"· {text}", flush=True)
