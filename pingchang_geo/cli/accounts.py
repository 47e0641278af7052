"""Commands of the accountant: ``reconcile`` and ``methods``."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any, Final

from pingchang_geo.indicators import load_ledger
from pingchang_geo.settings import settings
from pingchang_geo.units import format_number
from pingchang_geo.workflow import start
from pingchang_geo.workflow.accounts.reconciliation import Account, account, tolerance_words
from pingchang_geo.workflow.current import Atlases
from pingchang_geo.workflow.methods import text as methods_text

#: Exit codes of ``reconcile`` besides 0: a figure differs; none differs, but some cannot be compared.
DIFFERS: Final = 1
OPEN: Final = 3


def add_commands(commands: Any) -> None:
    """Register this module's commands."""
    compare = commands.add_parser(
        "reconcile",
        help="对账：计算值与报告值，报告数字相互核对",
        description="退出码：0 全部一致（含构造使然），1 有不一致，3 没有不一致但有无法核对的。",
    )
    compare.add_argument("--json", action="store_true", help="输出一个 JSON 对象")
    compare.set_defaults(run=_reconcile)

    explain = commands.add_parser("methods", help="打印方法与参数说明（Markdown），即 docs/methods.md")
    explain.set_defaults(run=_methods)


def _reconcile(chosen: argparse.Namespace) -> int:
    store = start.open_store()
    start.prepare(store, settings(), lambda text: print(f"· {text}", file=sys.stderr, flush=True))
    found = account(Atlases(store).current())
    if chosen.json:
        print(json.dumps(found.as_dict(), ensure_ascii=False, indent=2, allow_nan=False))
    else:
        print(reconciliation_text(found))
    return exit_code(found)


def exit_code(found: Account) -> int:
    """0 when every figure agrees (by construction or not), 1 when any differs, 3 when some cannot be compared."""
    counts = found.summary
    return DIFFERS if counts.differs else OPEN if counts.unknown else 0


def reconciliation_text(found: Account) -> str:
    """The account for a terminal: the summary line first, then every total, then the report's own checks."""
    ledger = load_ledger()
    lines = [found.summary.words()]
    if found.mark:
        lines.append(f"〔{found.mark}〕参考图层按报告总量生成，一致属构造使然，不能证明数据正确。")
    lines += ["", "一、计算值与报告值"]
    for one in found.compared:
        item = one.item
        lines.append(
            f"[{item.verdict.value}] {item.label}：报告 {ledger[item.indicator].display()}，"
            f"计算 {_number(item.computed)}，差 {_number(item.difference)}"
            f"（{format_number(item.relative * 100, significant=3)} %），容差 {tolerance_words(item)}；{one.version}"
            + (f"。{item.note}" if item.note else "")
        )
    lines += ["", "二、报告数字相互核对"]
    for check in found.checks:
        lines += [
            f"[{check.finding.value}] {check.title}：{check.working}；{check.result}。",
            f"    {check.explanation}",
        ]
    return "\n".join(lines)


def _methods(_: argparse.Namespace) -> int:
    print(methods_text.markdown(), end="")
    return 0


def _number(value: float) -> str:
    return format_number(value, significant=6)
