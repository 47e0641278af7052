"""``--confirm``: answers on the command line, and those that answer nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from pingchang_geo.issues import Issue, Level
from pingchang_geo.messages import CATALOGUE, issue

#: Answers to what no check asks by itself: the reader's settings and the columns of fields.
_SETTINGS: Final = frozenset({"MAPPING", "CRS", "CRS_INFERRED", "ENCODING", "DATASET"})
_QUESTIONS: Final = frozenset(code for code, template in CATALOGUE.items() if template.level is Level.CONFIRM)


def answers_of(confirmed: Sequence[str]) -> dict[str, str]:
    """``CODE`` and ``CODE=value`` as issue code → value."""
    parts = (one.partition("=") for one in confirmed)
    return {code.strip().upper(): value.strip() for code, _, value in parts}


def unasked(answers: Mapping[str, str], found: Iterable[Issue] = ()) -> tuple[Issue, ...]:
    """A notice that names the codes no question has; nothing when all are known.

    What was ``found`` has asked under its code, too, even where the catalogue holds it for a warning.
    """
    known = _QUESTIONS | _SETTINGS | {one.code for one in found}
    strangers = [code for code in answers if code not in known]
    if not strangers:
        return ()
    return (issue("ANSWER_UNKNOWN", codes="、".join(f"「{code[:40]}」" for code in strangers)),)
