"""What validation returns: every problem found in a file, not the first one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from enum import StrEnum
from typing import Any, Final

#: Answers that refuse what a question proposes.
_REFUSALS: Final = frozenset({"no", "n", "false", "f", "0", "否", "不", "不是", "不对", "不同意", "取消"})
#: Answers that agree to it; an answer that is neither leaves the question open.
_CONSENTS: Final = frozenset({"", "yes", "y", "true", "t", "1", "ok", "是", "对", "确认", "同意", "是的", "确定"})
#: Further answers that a question takes: what is to be done about it.
_REMEDIES: Final[Mapping[str, frozenset[str]]] = {
    "GCJ_SUSPECTED": frozenset({"correct"}),
    "BD_SUSPECTED": frozenset({"correct"}),
}
#: Questions answered by a name, which may well be ``1`` or ``是``: only an empty answer agrees to what is proposed.
_NAMED: Final = frozenset({"DATASET_SEVERAL", "DATASET_UNKNOWN"})
#: How many row numbers one issue lists; ``count`` always holds the true number.
ROWS_LISTED = 20


class Level(StrEnum):
    """How much an issue weighs, lightest first."""

    REPAIRED = "repaired"
    WARNING = "warning"
    CONFIRM = "confirm"
    BLOCKING = "blocking"


class Decision(StrEnum):
    """What becomes of a file: the heaviest of its issues decides."""

    ACCEPT = "accept"
    REPAIR = "repair"
    CONFIRM = "confirm"
    REJECT = "reject"

    @property
    def exit_code(self) -> int:
        """Exit code of the command line: 0 accept or repair, 3 confirm, 2 reject."""
        return {"accept": 0, "repair": 0, "confirm": 3, "reject": 2}[self.value]


@dataclass(frozen=True)
class Issue:
    """One finding.

    ``rows`` are 1-based record numbers as a desktop GIS counts them, at most :data:`ROWS_LISTED`; ``every_row`` holds
    all of them, for the map and the download of faulty features; ``message`` says what was found and where, ``fix``
    how to mend it (both Chinese). ``key`` tells this very finding from every other one of its code (:func:`keyed`);
    empty where nobody has said.
    """

    code: str
    level: Level
    message: str
    fix: str = ""
    field: str | None = None
    rows: tuple[int, ...] = ()
    count: int = 1
    every_row: tuple[int, ...] = dataclass_field(default=(), repr=False, compare=False)
    key: str = dataclass_field(default="", repr=False, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {
            "code": self.code,
            "level": self.level.value,
            "message": self.message,
            "fix": self.fix,
            "field": self.field,
            "rows": list(self.rows),
            "count": self.count,
        }


def keyed(one: Issue, layer: str, column: str) -> Issue:
    """The issue with its ``key``: another layer, column, sentence, count or record makes another finding."""
    told = (one.code, one.field, layer, column, one.message, one.count, *(one.every_row or one.rows))
    digest = hashlib.sha256("\n".join(map(str, told)).encode()).hexdigest()
    return replace(one, key=f"{one.code}:{digest[:16]}")


def answered(issues: Iterable[Issue], answers: Mapping[str, str]) -> tuple[Issue, ...]:
    """The same issues, but questions that were answered (issue code or key → value) weigh no more than a warning.

    An answer that refuses the proposal (``no``, ``否``), or that says neither yes nor no, leaves the question open.
    """
    return tuple(
        replace(one, level=Level.WARNING, message=f"{one.message}（已由使用者确认）")
        if one.level is Level.CONFIRM and any(settles(one.code, answers[name]) for name in _names(one, answers))
        else one
        for one in issues
    )


def _names(one: Issue, answers: Mapping[str, str]) -> list[str]:
    """Under what an issue has been answered."""
    return [name for name in (one.code, one.key) if name and name in answers]


def unclear(issues: Iterable[Issue], answers: Mapping[str, str]) -> dict[str, str]:
    """Open questions (code → answer) whose answer says neither yes nor no nor anything else that the question takes.

    Names that are not there have a message of their own.
    """
    asked = dict.fromkeys(one.code for one in issues if one.level is Level.CONFIRM and one.code not in _NAMED)
    given = {code: answers[code] for code in asked if code in answers}
    return {code: answer for code, answer in given.items() if not settles(code, answer) and not refuses(answer)}


def settles(code: str, answer: str) -> bool:
    """Whether an answer closes the question ``code``."""
    if code in _NAMED:
        return not answer.strip()
    return consents(answer) or answer.strip() in _REMEDIES.get(code, ())


def consents(answer: str) -> bool:
    """Whether an answer agrees to what is proposed."""
    return answer.strip().casefold() in _CONSENTS


def refuses(answer: str) -> bool:
    """Whether an answer says no."""
    return answer.strip().casefold() in _REFUSALS


def decide(issues: Iterable[Issue]) -> Decision:
    """Decision for a file with these issues."""
    levels = {issue.level for issue in issues}
    if Level.BLOCKING in levels:
        return Decision.REJECT
    if Level.CONFIRM in levels:
        return Decision.CONFIRM
    if Level.REPAIRED in levels:
        return Decision.REPAIR
    return Decision.ACCEPT
