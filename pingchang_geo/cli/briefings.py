"""Commands on briefings: ``briefing list | export | import | check``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pingchang_geo.briefing import Briefing, Problem, Story
from pingchang_geo.briefing.checks import check as check_content
from pingchang_geo.cli.person import operator_of
from pingchang_geo.errors import PingchangError
from pingchang_geo.messages import shown
from pingchang_geo.settings import settings
from pingchang_geo.workflow import start
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.briefings import handout, images, pictures, playing, saving, slides
from pingchang_geo.workflow.briefings.telling import tell
from pingchang_geo.workflow.current import Atlases

#: A briefing file larger than this is none.
_MOST_BYTES: Final = 4 * 1024 * 1024
#: Exit codes of ``check`` and ``export``: nothing wrong, something to look at.
_CLEAN, _FOUND = 0, 1


def add_commands(commands: Any) -> None:
    """Register this module's commands."""
    briefing = commands.add_parser("briefing", help="汇报：列出、导出、导入、检查")
    actions = briefing.add_subparsers(dest="action", required=True, metavar="操作")

    listing = actions.add_parser("list", help="列出汇报")
    listing.add_argument("--json", action="store_true", help="输出一个 JSON 数组")
    listing.set_defaults(run=_list)

    out = actions.add_parser(
        "export",
        help="导出为幻灯片、讲义、单个网页文件或地图图片",
        description="退出码：0 完成，1 完成但有问题（列在标准错误与文件末页），2 未能导出。",
    )
    out.add_argument("name", metavar="名称", help="汇报名称，随系统提供的为 default")
    form = out.add_mutually_exclusive_group(required=True)
    form.add_argument("--pptx", dest="form", action="store_const", const="pptx", help="可编辑的 PowerPoint 文件")
    form.add_argument("--pdf", dest="form", action="store_const", const="pdf", help="讲义（PDF）")
    form.add_argument("--html", dest="form", action="store_const", const="html", help="可离线播放的单个网页文件")
    form.add_argument("--png", dest="form", action="store_const", const="png", help="一个场景的地图（1920×1080）或图表")
    form.add_argument("--images", dest="form", action="store_const", const="images", help="全部地图和图表的图片（ZIP）")
    out.add_argument("--scene", default="", metavar="场景", help="--png 的场景编号，不写则为第一个有地图的场景")
    out.add_argument("--chart", type=int, default=0, metavar="N", help="--png 改为该场景的第 N 个图表")
    out.add_argument("--version", type=int, default=None, metavar="N", help="汇报的版本，默认为当前版本")
    out.add_argument("--out", type=Path, required=True, metavar="文件")
    out.set_defaults(run=_export)

    into = actions.add_parser("import", help="导入汇报文件（TOML），保存为新版本")
    into.add_argument("file", type=Path, metavar="文件")
    into.add_argument("--name", default="", metavar="名称", help="保存的名称，默认取自文件")
    into.add_argument("--base", type=int, default=None, metavar="N", help="只在当前版本仍为 N 时保存")
    into.add_argument("--note", default="", help="修改说明")
    into.add_argument("--by", default="", help="操作人，默认为系统用户名")
    into.add_argument("--allow-problems", action="store_true", help="文件有问题也保存")
    into.set_defaults(run=_import)

    checking = actions.add_parser("check", help="检查汇报文件，列出全部问题；退出码 1 表示有问题")
    checking.add_argument("file", type=Path, metavar="文件")
    checking.set_defaults(run=_check)


def _list(chosen: argparse.Namespace) -> int:
    shelf = saving.shelf()
    rows = []
    for name in shelf.names():
        try:
            opened = saving.opened(name, on=shelf)
        except PingchangError as error:
            print(shown(f"{name}　无法读取：{error.message}"), file=sys.stderr)
            continue
        rows.append(
            {
                "name": name,
                "title": opened.briefing.title,
                "version": opened.saved.number,
                "scenes": len(opened.briefing.scenes),
                "problems": len(opened.briefing.problems),
            }
        )
    if chosen.json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return _CLEAN
    for row in rows:
        problems = f"，{row['problems']} 个问题" if row["problems"] else ""
        print(shown(f"{row['name']}　第 {row['version']} 版　{row['title']}　{row['scenes']} 个场景{problems}"))
    return _CLEAN


def _export(chosen: argparse.Namespace) -> int:
    store = start.open_store()
    start.prepare(store, settings(), _say)
    opened = saving.opened(chosen.name, chosen.version)
    atlas = Atlases(store).current()
    story = tell(opened.briefing, atlas)
    content, problems = _MAKERS[chosen.form](story, atlas, chosen)
    _write(chosen.out, content)
    print(f"已写入 {chosen.out}（{len(content) / 1e6:.1f} MB）")
    return _listed(problems)


def _pptx(story: Story, atlas: Atlas, chosen: argparse.Namespace) -> tuple[bytes, list[str]]:
    made = slides.deck(story, atlas, on=_today().strftime("%Y-%m-%d"), progress=_step)
    for remark in made.remarks:
        _say(remark)
    return made.content, [_words(problem) for problem in made.problems]


def _pdf(story: Story, atlas: Atlas, chosen: argparse.Namespace) -> tuple[bytes, list[str]]:
    made = handout.handout(story, atlas, made_at=_today(), progress=_step)
    return made.content, [_words(problem) for problem in made.problems]


def _html(story: Story, atlas: Atlas, chosen: argparse.Namespace) -> tuple[bytes, list[str]]:
    content = playing.single_file(story, atlas, settings().web_dir)
    return content, [_words(problem) for problem in story.problems]


def _png(story: Story, atlas: Atlas, chosen: argparse.Namespace) -> tuple[bytes, list[str]]:
    if chosen.chart < 0:
        raise PingchangError(f"没有第 {chosen.chart} 个图表。", fix="--chart 从 1 数起。")
    what = f"第 {chosen.chart} 个图表" if chosen.chart else "地图"
    offered = [scene for scene in story.scenes if (len(scene.charts) >= chosen.chart if chosen.chart else scene.map)]
    wanted = [scene for scene in offered if not chosen.scene or scene.id == chosen.scene]
    if not wanted:
        known = "、".join(scene.id for scene in offered)
        words = f"场景「{chosen.scene}」没有{what}或不存在。" if chosen.scene else f"该汇报没有带{what}的场景。"
        raise PingchangError(words, fix=f"有{what}的场景：{known}。" if known else "")
    scene = wanted[0]
    if chosen.chart:
        png = images.chart_png(scene.charts[chosen.chart - 1])
    else:
        assert scene.map is not None
        png = pictures.draw(scene.map, atlas, pictures.SHEET, approval=story.approval, on=f"{_today():%Y-%m-%d}")
    font = pictures.font()[1]
    return png, [*scene.problems, *([font] if font else [])]


def _images(story: Story, atlas: Atlas, chosen: argparse.Namespace) -> tuple[bytes, list[str]]:
    content, missing = images.archive(story, atlas, on=f"{_today():%Y-%m-%d}", progress=_step)
    font = pictures.font()[1]
    return content, [*(_words(problem) for problem in story.problems), *missing, *([font] if font else [])]


_MAKERS: Final[dict[str, Callable[[Story, Atlas, argparse.Namespace], tuple[bytes, list[str]]]]] = {
    "pptx": _pptx,
    "pdf": _pdf,
    "html": _html,
    "png": _png,
    "images": _images,
}


def _import(chosen: argparse.Namespace) -> int:
    briefing = saving.brought_in(_read(chosen.file), chosen.name)
    problems = _problems(briefing)
    if problems and not chosen.allow_problems:
        _listed(problems)
        raise PingchangError("汇报文件有问题，没有保存。", fix="请改正，或加 --allow-problems 照样保存。")
    base = chosen.base
    if base is None and briefing.name in saving.shelf().names():
        base = saving.shelf().current(briefing.name).number
    saved = saving.save(briefing, base=base, actor=operator_of(chosen.by), note=chosen.note)
    print(shown(f"已保存汇报「{briefing.name}」{saved.label}，{len(briefing.scenes)} 个场景。"))
    return _listed(problems)


def _check(chosen: argparse.Namespace) -> int:
    briefing = saving.brought_in(_read(chosen.file))
    print(shown(f"{briefing.title or briefing.name}：{len(briefing.scenes)} 个场景"))
    store = start.open_store()
    start.prepare(store, settings(), _say)
    story = tell(briefing, Atlases(store).current())
    problems = list(dict.fromkeys([*_problems(briefing), *(_words(problem) for problem in story.problems)]))
    if not problems:
        print("没有发现问题。")
    return _listed(problems)


def _problems(briefing: Briefing) -> list[str]:
    """What reading found and what the content check finds, each once."""
    return list(dict.fromkeys(_words(problem) for problem in (*briefing.problems, *check_content(briefing))))


def _words(problem: Problem) -> str:
    return f"〔{problem.scene}〕{problem.words()}" if problem.scene else problem.words()


def _listed(problems: list[str]) -> int:
    for words in problems:
        print(shown(f"问题：{words}"), file=sys.stderr)
    return _FOUND if problems else _CLEAN


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError:
        raise PingchangError(f"汇报文件「{path.name}」无法读取。", fix="请检查路径与权限。") from None
    if len(content) > _MOST_BYTES:
        raise PingchangError(f"文件「{path.name}」过大，不是汇报文件。", fix="汇报文件为不超过 4 MB 的 TOML 文本。")
    return content


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError:
        raise PingchangError(
            f"文件「{path.name}」无法写入。", fix="请确认文件夹存在、有写入权限，且文件没有被其他程序打开。"
        ) from None


def _today() -> datetime:
    return datetime.now().astimezone()


def _say(text: str) -> None:
    print(f"· {text}", file=sys.stderr, flush=True)


def _step(done: int, total: int, words: str) -> None:
    _say(shown(f"{done}/{total} {words}"))
