"""Every finding the checks can make: its usual weight, what was found and how to mend it, in Chinese, by code.

One table, so that wording is reviewed in one place, codes are stable for the command line, and a test can prove
that each code used exists. Templates are filled by :func:`issue`; ``{where}`` lists the first rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Final

from pingchang_geo.issues import ROWS_LISTED, Issue, Level
from pingchang_geo.messages.checking import CHECKS, FIELDS
from pingchang_geo.messages.reading import CRS, FILES
from pingchang_geo.messages.site import SITE
from pingchang_geo.messages.template import Template

#: Control characters (terminal escapes among them), line separators, marks that turn the direction of writing, and
#: halves of surrogate pairs, which cannot be written at all.
_UNPRINTABLE: Final = dict.fromkeys(
    (
        *range(0x20),
        *range(0x7F, 0xA0),
        0x061C,
        0x200E,
        0x200F,
        *range(0x2028, 0x202F),
        *range(0x2066, 0x206A),
        *range(0xD800, 0xE000),
    ),
    "\N{REPLACEMENT CHARACTER}",
)
#: How many row numbers a sentence names; the ``rows`` of the issue list more.
_ROWS_SPOKEN: Final = 5
_LONGEST: Final = 400

CATALOGUE: Final[Mapping[str, Template]] = MappingProxyType({**FILES, **CRS, **FIELDS, **CHECKS, **SITE})


def shown(text: str) -> str:
    """Text from outside as it may stand in a sentence, on a terminal or in a log: on one line, nothing that acts."""
    return text.translate(_UNPRINTABLE)


def _short(value: object) -> object:
    """A parameter at a length that a sentence bears; names and values in files may be megabytes long."""
    return f"{value[:_LONGEST]}…" if isinstance(value, str) and len(value) > _LONGEST else value


def where(rows: Iterable[int], count: int) -> str:
    """Row numbers as a sentence part: ``"（第 3、7 条等 12 条）"``; empty without rows."""
    spoken = list(islice(rows, _ROWS_SPOKEN))
    if not spoken:
        return ""
    text = "、".join(str(row) for row in spoken)
    return f"（第 {text} 条等）" if count > len(spoken) else f"（第 {text} 条）"


def issue(
    code: str,
    *,
    level: Level | None = None,
    field: str | None = None,
    rows: Iterable[int] = (),
    count: int | None = None,
    **params: object,
) -> Issue:
    """The finding ``code`` in words.

    Args:
        code: a key of :data:`CATALOGUE`.
        level: overrides the usual weight.
        field: canonical column or the file's column it is about.
        rows: 1-based record numbers; the first :data:`~pingchang_geo.issues.ROWS_LISTED` are kept.
        count: how many records are concerned; the number of ``rows`` by default, 1 without rows.
        params: what the template names.

    Raises:
        KeyError: an unknown code or a missing parameter: a mistake in the program.
    """
    template = CATALOGUE[code]
    listed = [int(row) for row in rows]
    total = count if count is not None else (len(listed) or 1)
    short = {name: _short(value) for name, value in params.items()}
    values = {**short, "count": f"{total:,}", "where": where(listed, total)}
    return Issue(
        code=code,
        level=level or template.level,
        message=shown(template.found.format_map(values)),
        fix=shown(template.fix.format_map(values)),
        field=field,
        rows=tuple(listed[:ROWS_LISTED]),
        count=total,
        every_row=tuple(listed),
    )
