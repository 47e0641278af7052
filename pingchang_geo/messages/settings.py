"""What is wrong with a setting, in Chinese: pydantic finds it, an operator has to mend it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

#: pydantic's error type → words; ``ctx`` holds the limits.
_WORDS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "greater_than_equal": lambda ctx: f"应不小于 {ctx['ge']}",
    "greater_than": lambda ctx: f"应大于 {ctx['gt']}",
    "less_than_equal": lambda ctx: f"应不大于 {ctx['le']}",
    "less_than": lambda ctx: f"应小于 {ctx['lt']}",
    "int_parsing": lambda _: "应为整数",
    "int_type": lambda _: "应为整数",
    "int_from_float": lambda _: "应为整数",
    "int_parsing_size": lambda _: "数字过大",
    "bool_parsing": lambda _: "应为 true 或 false",
    "bool_type": lambda _: "应为 true 或 false",
    "string_type": lambda _: "应为文本（写在引号中）",
    "string_too_long": lambda ctx: f"不应超过 {ctx['max_length']} 个字符",
    "path_type": lambda _: "应为路径（写在引号中）",
    "tuple_type": lambda _: '应为列表，例如 ["甲", "乙"]',
    "value_error": lambda ctx: str(ctx["error"]),
}
_CHOICE: Final = re.compile(r"'([^']*)'")
_AT: Final = re.compile(r"line (\d+), column (\d+)")


def setting_words(error: Mapping[str, Any], known: Iterable[str]) -> str:
    """One of pydantic's errors in Chinese, the setting's name first; never the value, which may be a secret.

    Args:
        error: an entry of ``ValidationError.errors()``.
        known: names of all settings, to say which one may have been meant.
    """
    name = ".".join(str(part) for part in error["loc"][:1])
    kind, ctx = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return unknown_setting(name, known)
    if kind == "literal_error":
        words = f"应为 {'、'.join(_CHOICE.findall(str(ctx['expected'])))} 之一"
    else:
        words = _WORDS[kind](ctx) if kind in _WORDS else "取值不能使用"
    return f"{name} {words}" if name else words


def unknown_setting(name: str, known: Iterable[str]) -> str:
    """That a setting does not exist, and which one it may have been meant for."""
    spelt = {one.lower(): one for one in known}
    near = difflib.get_close_matches(name.lower(), list(spelt), 1)
    return f"没有名为 {name} 的设置" + (f"（是否为 {spelt[near[0]]}）" if near else "")


def toml_words(error: Exception) -> str:
    """Where a TOML file cannot be read."""
    if isinstance(error, UnicodeDecodeError):
        return "settings.toml 不是 UTF-8 编码"
    place = _AT.search(str(error))
    return f"settings.toml 第 {place[1]} 行第 {place[2]} 列有语法错误" if place else "settings.toml 末尾不完整"
