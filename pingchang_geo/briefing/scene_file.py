"""The file of a briefing: TOML text ↔ :class:`~pingchang_geo.briefing.model.Briefing`.

Reading never fails. A scene that cannot be read is left out and named with its line; the others play.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from pingchang_geo.briefing.model import (
    FORMAT,
    MOST_SCENES,
    NAME_PATTERN,
    Briefing,
    ChartKind,
    ChartRef,
    Feature,
    LayerView,
    Problem,
    Scene,
    SceneMap,
    Shape,
)
from pingchang_geo.briefing.scene_text import dump
from pingchang_geo.briefing.table import Table, listed, spoken
from pingchang_geo.crs import Box

__all__ = ["MOST_BYTES", "dump", "parse"]

#: A file of this size would be a hundred times the shipped one.
MOST_BYTES: Final = 2**20
_UNTITLED: Final = "未命名汇报"
_NAME_RULE: Final = "{}只能含小写字母、数字和连字符，最多 40 个。"
_SCENE: Final = re.compile(r"^[ \t]*\[\[[ \t]*scene[ \t]*\]\][ \t]*(?:#.*)?$", re.MULTILINE)
_AT: Final = re.compile(r"\(at line (\d+), column (\d+)\)")
#: tomllib's words for what it stumbles over, the commonest first.
_WORDS: Final = (
    ("Unescaped '\\'", "反斜杠应写作 \\\\"),
    ("Illegal character", "引号没有成对，或含有不能使用的字符"),
    ("Expected '=' after a key", "键名之后应为等号"),
    ("Invalid statement", "这一行不是「键 = 值」"),
    ("Invalid value", "值的写法有误，文字应写在引号中"),
    ("Expected newline or end of document", "一行只能写一个「键 = 值」"),
    ("Cannot overwrite a value", "同一个键写了两次"),
    ("Cannot declare", "同一个表写了两次"),
    ("Unclosed array", "方括号没有成对"),
    ("Unterminated string", "引号没有成对"),
    ("Expected ']", "方括号没有成对"),
)


@dataclass(frozen=True)
class _Part:
    """One scene's table with the line it begins at (0: not known)."""

    raw: dict[str, Any]
    line: int


def parse(text: str | bytes, name: str = "") -> Briefing:
    """Briefing from the text of its file; what is wrong stands in ``problems``.

    Args:
        text: the file; bytes are read as UTF-8.
        name: of the briefing where the file does not give a usable one.
    """
    problems: list[Problem] = []
    decoded = _decoded(text, problems)
    head_raw, parts = _parts(decoded, problems)
    head = Table(head_raw, "文件开头", "", problems)
    briefing = Briefing(_name(head, name), head.text("title") or _untitled(head, decoded), head.text("subtitle"))
    _format(head, decoded)
    head.close()
    if len(parts) > MOST_SCENES:
        head.problem(f"场景多于 {MOST_SCENES} 个，其余 {len(parts) - MOST_SCENES} 个没有载入。")
    scenes: list[Scene] = []
    for number, part in enumerate(parts[:MOST_SCENES], start=1):
        scenes.append(_scene(part, number, {scene.id for scene in scenes}, problems))
    return replace(briefing, scenes=tuple(scenes), problems=tuple(problems))


def _decoded(text: str | bytes, problems: list[Problem]) -> str:
    size = len(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
    if size > MOST_BYTES:
        problems.append(Problem("", f"文件大于 {MOST_BYTES // 1024:,} KB，不是汇报文件。", "请选择汇报的 TOML 文件。"))
        return ""
    if isinstance(text, str):
        return text
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = text[: error.start].count(b"\n") + 1
        problems.append(Problem("", "文件不是 UTF-8 编码。", "请用文本编辑器另存为 UTF-8。", line))
        return ""


def _parts(text: str, problems: list[Problem]) -> tuple[dict[str, Any], list[_Part]]:
    """The head's table and the scenes' tables; a file with a fault in one scene is read scene by scene."""
    starts = [match.start() for match in _SCENE.finditer(text)]
    raw = _loaded(text)
    if isinstance(raw, dict):
        scenes = raw.pop("scene", [])
        if not isinstance(scenes, list) or not all(isinstance(one, dict) for one in scenes):
            problems.append(Problem("", "「scene」应写作 [[scene]] 数组表，没有载入任何场景。"))
            return raw, []
        lines = [_line(text, start) for start in starts] if len(starts) == len(scenes) else [0] * len(scenes)
        return raw, [_Part(one, line) for one, line in zip(scenes, lines, strict=True)]
    if not starts:
        problems.append(_fault(raw, 1, "文件"))
        return {}, []
    head = _loaded(text[: starts[0]])
    if not isinstance(head, dict):
        problems.append(_fault(head, 1, "文件开头"))
        head = {}
    return head, list(_salvaged(text, starts, problems))


def _salvaged(text: str, starts: list[int], problems: list[Problem]) -> Iterator[_Part]:
    """Scenes that can be read by themselves."""
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(text)], strict=True), start=1):
        line = _line(text, start)
        raw = _loaded(text[start:end])
        scenes = raw.get("scene") if isinstance(raw, dict) else None
        if isinstance(scenes, list) and len(scenes) == 1 and isinstance(scenes[0], dict):
            yield _Part(scenes[0], line)
        else:
            problems.append(_fault(raw if isinstance(raw, Exception) else None, line, f"第 {number} 个场景"))


def _loaded(text: str) -> dict[str, Any] | Exception:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        return error


def _fault(error: Exception | dict[str, Any] | None, first_line: int, what: str) -> Problem:
    """What the reader stumbled over, with the line of the whole file."""
    place = _AT.search(str(error))
    line = first_line + int(place[1]) - 1 if place else first_line
    words = next((words for sign, words in _WORDS if sign in str(error)), "写法不合 TOML 格式")
    where = f"（第 {place[2]} 列）" if place else ""
    return Problem("", f"{what}无法读取：{words}{where}，没有载入。", "请改正这一行后重新导入。", line)


def _line(text: str, start: int) -> int:
    return text.count("\n", 0, start) + 1


def _name(head: Table, fallback: str) -> str:
    name = head.text("name")
    if re.fullmatch(NAME_PATTERN, name):
        return name
    usable = fallback if re.fullmatch(NAME_PATTERN, fallback) else "briefing"
    if name:
        head.problem(f"名称「{spoken(name)}」不能使用，暂用「{usable}」。", _NAME_RULE.format("名称"))
    return usable


def _untitled(head: Table, text: str) -> str:
    if text.strip():
        head.problem(f"缺少「title」，暂用「{_UNTITLED}」。")
    return _UNTITLED


def _format(head: Table, text: str) -> None:
    written = head.number("format")
    if written is None and text.strip():
        head.problem(f"缺少「format = {FORMAT}」，按第 {FORMAT} 种格式读取。")
    elif written is not None and written != FORMAT:
        head.problem(f"格式号 {written:g} 不是 {FORMAT}，可能有读不懂的内容。", "请用相同版本的系统导出。")


def _scene(part: _Part, number: int, taken: set[str], problems: list[Problem]) -> Scene:
    scene_id = _id(part, number, taken, problems)
    table = Table(part.raw, f"场景 {number}（{scene_id}）", scene_id, problems, part.line)
    table.text("id")
    scene = Scene(
        id=scene_id,
        title=table.text("title"),
        section=table.text("section"),
        text=table.texts("text"),
        notes=table.text("notes"),
        hidden=table.flag("hidden"),
        quote=table.text("quote"),
        cards=table.texts("cards"),
        charts=tuple(chart for one in table.tables("chart", "图表") if (chart := _chart(one))),
        map=_map(table.table("map", "地图")),
    )
    if not scene.title:
        table.problem("缺少标题「title」。")
    table.close()
    return scene


def _id(part: _Part, number: int, taken: set[str], problems: list[Problem]) -> str:
    """The scene's id, made unique."""
    raw = part.raw.get("id")
    wanted = raw.strip() if isinstance(raw, str) else ""
    usable = wanted if re.fullmatch(NAME_PATTERN, wanted) else f"scene-{number}"
    found, count = usable, 1
    while found in taken:
        count += 1
        found = f"{usable[:36]}-{count}"
    if wanted and wanted in taken:
        message, fix = f"编号「{wanted}」重复，第 {number} 个场景暂用「{found}」。", "请为每个场景取不同的编号。"
    elif usable != wanted:
        what = f"编号「{spoken(wanted)}」不能使用" if wanted else "没有编号「id」"
        message = f"第 {number} 个场景{what}，暂用「{found}」。"
        fix = _NAME_RULE.format("编号")
    else:
        return found
    problems.append(Problem(found, message, fix, part.line))
    return found


def _chart(table: Table) -> ChartRef | None:
    kind, kinds = table.text("kind"), [one.value for one in ChartKind]
    chart = ChartRef(
        kind=ChartKind(kind) if kind in kinds else ChartKind.LAYER,
        layer=table.text("layer"),
        chart=table.text("chart"),
        indicators=table.texts("indicators"),
        group=table.text("group"),
        measure=table.text("measure"),
        unit=table.text("unit"),
        title=table.text("title"),
        shape=_shape(table),
    )
    table.close()
    if kind not in kinds:
        table.problem(f"图表类别「{spoken(kind)}」应为 {listed(kinds)} 之一，该图表没有载入。")
        return None
    return chart


def _shape(table: Table) -> Shape:
    text = table.text("shape")
    if text in {one.value for one in Shape}:
        return Shape(text)
    shapes = [one.value for one in Shape if one.value]
    table.problem(f"图形「{spoken(text)}」应为 {listed(shapes)} 之一，已忽略。")
    return Shape.DEFAULT


def _map(table: Table | None) -> SceneMap | None:
    if table is None:
        return None
    box: tuple[float, ...] | None = table.numbers("extent", 4)
    extent: Box | None = (box[0], box[1], box[2], box[3]) if box else None
    found = SceneMap(
        layers=tuple(view for one in table.tables("layer", "图层") if (view := _layer(one))),
        extent=extent,
        focus=_feature(table.table("focus", "居中对象")),
        select=tuple(one for each in table.tables("select", "突出对象") if (one := _feature(each))),
    )
    table.close()
    return found


def _layer(table: Table) -> LayerView | None:
    view = LayerView(
        layer=table.text("layer"),
        theme=table.text("theme"),
        opacity=table.number("opacity"),
        version=table.text("version"),
        filter=table.text("filter"),
    )
    table.close()
    if not view.layer:
        table.problem("缺少图层编号「layer」，已忽略。")
        return None
    return view


def _feature(table: Table | None) -> Feature | None:
    if table is None:
        return None
    found = Feature(table.text("layer"), table.text("key"))
    table.close()
    if not (found.layer and found.key):
        table.problem("应同时写明「layer」和「key」，已忽略。")
        return None
    return found
