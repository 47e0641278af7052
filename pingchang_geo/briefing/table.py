"""Typed reading of one TOML table that never fails: what does not fit is a problem, and a default stands in."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from typing import Any

from pingchang_geo.briefing.model import Problem
from pingchang_geo.messages import shown

#: How much of somebody's text a message repeats.
_SPOKEN = 40

#: Beyond this a file is no briefing: it would only keep everybody else waiting.
_MOST_ITEMS, _MOST_LETTERS = 24, 4_000


class Table:
    """One table; ``place`` names it in messages (``场景「生态本底」的地图``), ``scene`` is the scene's id."""

    def __init__(self, raw: Mapping[str, Any], place: str, scene: str, problems: list[Problem], line: int = 0) -> None:
        self._raw = raw
        self.place = place
        self._scene = scene
        self._problems = problems
        self._line = line
        self._asked: set[str] = set()

    def problem(self, message: str, fix: str = "") -> None:
        """Note a problem of this table."""
        self._problems.append(Problem(self._scene, shown(f"{self.place}：{message}"), shown(fix), self._line))

    def text(self, key: str, default: str = "") -> str:
        """A text, stripped of white space around it."""
        value = self._get(key)
        if value is None:
            return default
        if not isinstance(value, str):
            self.problem(f"「{key}」应为文字（写在引号中），已忽略。")
            return default
        return self._held(key, value)

    def flag(self, key: str) -> bool:
        """``true`` or ``false``; false by default."""
        value = self._get(key)
        if value is None or isinstance(value, bool):
            return bool(value)
        self.problem(f"「{key}」应为 true 或 false，已忽略。")
        return False

    def number(self, key: str) -> float | None:
        """A finite number."""
        value = self._get(key)
        if value is None:
            return None
        if not _is_number(value):
            self.problem(f"「{key}」应为数，已忽略。")
            return None
        return float(value)

    def numbers(self, key: str, count: int) -> tuple[float, ...] | None:
        """Just ``count`` finite numbers."""
        value = self._get(key)
        if value is None:
            return None
        if not isinstance(value, list) or len(value) != count or not all(_is_number(one) for one in value):
            self.problem(f"「{key}」应为 {count} 个数，已忽略。")
            return None
        return tuple(float(one) for one in value)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; a single text counts as a list of one, empty ones are left out."""
        value = self._get(key)
        if value is None:
            return ()
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            self.problem(f'「{key}」应为文字列表，例如 ["甲", "乙"]，已忽略。')
            return ()
        return tuple(text for one in self._few(key, listed) if (text := self._held(key, one)))

    def table(self, key: str, name: str) -> Table | None:
        """A table below this one; ``name`` follows this one's in messages."""
        value = self._get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.problem(f"「{key}」应为一个表，已忽略。")
            return None
        return Table(value, f"{self.place}的{name}", self._scene, self._problems, self._line)

    def tables(self, key: str, name: str) -> list[Table]:
        """Tables of a list ``[[…]]``; whatever else it holds is left out."""
        value = self._get(key)
        if value is None:
            return []
        listed = [value] if isinstance(value, dict) else value
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            self.problem(f"「{key}」应写作 [[…{key}]] 数组表，已忽略。")
            return []
        return [
            Table(one, f"{self.place}的{name} {n}", self._scene, self._problems, self._line)
            for n, one in enumerate(self._few(key, listed), start=1)
        ]

    def close(self) -> None:
        """Name the keys that nobody asked for."""
        unknown = [key for key in self._raw if key not in self._asked]
        for key in self._few("不认识的键", unknown):
            near = difflib.get_close_matches(key, sorted(self._asked), 1)
            meant = f"（是否为「{near[0]}」）" if near else ""
            self.problem(f"不认识的键「{spoken(key)}」{meant}，已忽略。")

    def _few(self, key: str, listed: list[Any]) -> list[Any]:
        """As much of a list as any scene can use; far less is shown well, which :mod:`.checks` says."""
        if len(listed) > _MOST_ITEMS:
            self.problem(f"「{key}」有 {len(listed)} 项，只取前 {_MOST_ITEMS} 项。")
        return listed[:_MOST_ITEMS]

    def _held(self, key: str, text: str) -> str:
        if len(text) > _MOST_LETTERS:
            self.problem(f"「{key}」有 {len(text)} 字，只取前 {_MOST_LETTERS} 字。")
        return _clean(text[:_MOST_LETTERS])

    def _get(self, key: str) -> Any:
        self._asked.add(key)
        return self._raw.get(key)


def spoken(text: str) -> str:
    """Somebody's text at a length that a sentence bears."""
    return text if len(text) <= _SPOKEN else f"{text[:_SPOKEN]}…"


def listed(names: Sequence[str]) -> str:
    """Names in a sentence."""
    return "、".join(names)


def _clean(text: str) -> str:
    """Without control characters but line breaks, which texts and notes may have."""
    plain = "".join(letter for letter in text if letter in "\n" or (letter >= " " and letter != "\x7f"))
    return plain.strip()


def _is_number(value: object) -> bool:
    # bool is an int to Python, and TOML allows inf and nan.
    return isinstance(value, int | float) and not isinstance(value, bool) and _finite(value)


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer of hundreds of digits
        return False
