"""The command of whoever has to answer for a project's place: ``check``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from pingchang_geo.cli.confirmations import answers_of, unasked
from pingchang_geo.documents import to_docx, to_pdf
from pingchang_geo.errors import PingchangError
from pingchang_geo.issues import Decision
from pingchang_geo.messages import shown
from pingchang_geo.prints import chinese_font
from pingchang_geo.readers import Limits
from pingchang_geo.settings import settings
from pingchang_geo.units import MU_PER_HA, format_number
from pingchang_geo.workflow import start
from pingchang_geo.workflow.boundaries.reading import MOST_TEXT_BYTES, SiteBoundary, read_bytes, read_files
from pingchang_geo.workflow.current import Atlases
from pingchang_geo.workflow.inspection import issue_lines
from pingchang_geo.workflow.site import SiteCheck, as_dict, check_site, paper, verdict, words

#: Exit codes: by the verdict of a check; by the decision on a boundary that could not be checked.
EXIT_CODES: Final[Mapping[str, int]] = {"untouched": 0, "touched": 1, "unknown": 3, "confirm": 3, "reject": 2}
_HEADLINES: Final[Mapping[str, str]] = {
    "untouched": "未触碰",
    "touched": "触碰",
    "unknown": "无法判断是否触碰（数据不全或地块有一部分在县外）",
    "confirm": "需要确认，尚未核查",
    "reject": "边界不能采用，未核查",
}
_STDIN: Final = "-"


def add_commands(commands: Any) -> None:
    """Register this module's commands."""
    check = commands.add_parser(
        "check",
        help="选址核查：项目范围是否触碰生态保护红线，涉及多少碳储量",
        description="退出码：0 未触碰，1 触碰，2 边界不能采用或出错，3 有问题待确认，或数据不全无法判断。",
    )
    check.add_argument(
        "site",
        nargs="+",
        metavar="范围",
        help="坐标文本（.txt、.csv）、Shapefile（zip 或散文件）、GeoPackage、GeoJSON 等；- 为从标准输入读坐标文本",
    )
    check.add_argument("--name", default="", help="项目名称，写进结论与报告")
    check.add_argument("--confirm", action="append", default=[], metavar="代码[=值]", help="回答核查提出的问题，可重复")
    check.add_argument("--json", action="store_true", help="输出一个 JSON 对象")
    check.add_argument("--docx", type=Path, default=None, metavar="文件", help="另存 Word 报告")
    check.add_argument("--pdf", type=Path, default=None, metavar="文件", help="另存 PDF 报告")
    check.set_defaults(run=_check)


def _check(chosen: argparse.Namespace) -> int:
    try:
        boundary, found = _checked(chosen)
        written = _write_reports(found, chosen) if found is not None else []
    except PingchangError as error:
        if not chosen.json:
            raise
        print(json.dumps(_error_as_dict(error), ensure_ascii=False, indent=2))
        return error.exit_code
    outcome = verdict(found) if found is not None else boundary.decision.value
    if chosen.json:
        answer = {
            "verdict": outcome,
            "exit_code": EXIT_CODES[outcome],
            "error": None,
            "boundary": boundary.as_dict(),
            "check": as_dict(found) if found is not None else None,
            "files": written,
        }
        print(json.dumps(answer, ensure_ascii=False, indent=2, allow_nan=False))
    else:
        print(check_text(boundary, found, outcome))
        for name in written:
            print(f"已写入 {name}")
        if found is None and (chosen.docx or chosen.pdf):
            print("未核查，没有生成报告。", file=sys.stderr)
    return EXIT_CODES[outcome]


def _checked(chosen: argparse.Namespace) -> tuple[SiteBoundary, SiteCheck | None]:
    """The boundary as read, and the check unless something about the boundary is open."""
    store = start.open_store()
    start.prepare(store, settings(), lambda text: print(f"· {text}", file=sys.stderr, flush=True))
    boundary = _boundary(chosen)
    if boundary.decision in (Decision.REJECT, Decision.CONFIRM):
        return boundary, None
    return boundary, check_site(Atlases(store).current(), boundary, chosen.name)


def _boundary(chosen: argparse.Namespace) -> SiteBoundary:
    answers = answers_of(chosen.confirm)
    boundary = _read(chosen, answers)
    return replace(boundary, issues=(*boundary.issues, *unasked(answers)))


def _read(chosen: argparse.Namespace, answers: Mapping[str, str]) -> SiteBoundary:
    county = start.county_outline()
    if chosen.site == [_STDIN]:
        return read_bytes(sys.stdin.buffer.read(MOST_TEXT_BYTES + 1), "标准输入", county=county, answers=answers)
    limits = Limits.of(settings())
    return read_files([Path(name) for name in chosen.site], limits=limits, county=county, answers=answers)


def _write_reports(found: SiteCheck, chosen: argparse.Namespace) -> list[str]:
    """Write the reports asked for; names as they were given.

    Raises:
        PingchangError: a file cannot be written there.
    """
    wanted: list[Path] = [path for path in (chosen.docx, chosen.pdf) if path is not None]
    if not wanted:
        return []
    document = paper.document(found)
    for path in wanted:
        content = to_docx(document) if path is chosen.docx else to_pdf(document, chinese_font(settings().font))
        try:
            path.write_bytes(content)
        except OSError:
            raise PingchangError(
                f"报告「{path.name}」无法写入。", fix="请确认文件夹存在、有写入权限，且文件没有被其他程序打开。"
            ) from None
    return [str(path) for path in wanted]


def check_text(boundary: SiteBoundary, found: SiteCheck | None, outcome: str) -> str:
    """The answer for a terminal: verdict first, then how the boundary was read, the findings, what is doubtful."""
    lines = [f"结论：{_HEADLINES[outcome]}"]
    if boundary.reading:
        lines.append(f"边界：{boundary.reading}")
    if boundary.area_ha:
        area_mu = format_number(boundary.area_ha * MU_PER_HA, 2)
        lines.append(f"面积：{format_number(boundary.area_ha, 4)} 公顷（{area_mu} 亩）")
    if found is not None:
        lines += list(words(found))
    lines += issue_lines(boundary.issues)
    return "\n".join(map(shown, lines))  # names in files may hold what a terminal would obey


def _error_as_dict(error: PingchangError) -> dict[str, Any]:
    """The same keys as an answer."""
    return {
        "verdict": "error",
        "exit_code": error.exit_code,
        "error": {"message": error.message, "fix": error.fix},
        "boundary": None,
        "check": None,
        "files": [],
    }
