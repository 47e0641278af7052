"""Where data come from, and how far a location may be trusted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from pingchang_geo.errors import PingchangError

#: The mark on every output that a reference layer stands behind.
ILLUSTRATIVE_MARK = "示意数据"
#: Nothing in the county's inventories is older.
_OLDEST: Final = date(1949, 10, 1)


class Kind(StrEnum):
    """What kind of source a layer version has."""

    REFERENCE = "reference"
    OFFICIAL = "official"
    SURVEY = "survey"

    @property
    def label(self) -> str:
        """Badge text."""
        return {"reference": "示意", "official": "官方", "survey": "调查"}[self.value]


class Location(StrEnum):
    """How far a position is verified; shown in the pop-up and in the symbol."""

    VERIFIED = "已核"
    INFERRED = "推定"
    ILLUSTRATIVE = "示意"


@dataclass(frozen=True)
class Provenance:
    """Source of one layer version; dates are ISO, texts Chinese."""

    kind: Kind
    source: str
    licence: str = ""
    as_of: str = ""
    note: str = ""

    @property
    def illustrative(self) -> bool:
        """Whether outputs behind it must say 示意数据."""
        return self.kind is Kind.REFERENCE

    def as_dict(self) -> dict[str, str]:
        """JSON-ready form."""
        return {**asdict(self), "kind": self.kind.value}

    @classmethod
    def from_dict(cls, values: Mapping[str, str]) -> Provenance:
        """Inverse of :meth:`as_dict`; unknown keys are ignored."""
        known = {name: values[name] for name in ("source", "licence", "as_of", "note") if name in values}
        return cls(kind=Kind(values["kind"]), **known)


def as_of_text(text: str) -> str:
    """An as-of date as it is stored: a year, a month or a day, ISO.

    Raises:
        PingchangError: no date of these forms, or none that has come yet.
    """
    plain = (
        text.strip()
        .replace("/", "-")
        .replace(".", "-")
        .replace("年", "-")
        .replace("月", "-")
        .replace("日", "")
        .strip("-")
    )
    parts = plain.split("-")
    try:
        numbers = [int(part) for part in parts]
        when = date(*[*numbers, 1, 1][:3]) if 1 <= len(numbers) <= 3 and len(parts[0]) == 4 else None
    except ValueError:
        when = None
    if when is None or not _OLDEST <= when <= date.today():
        raise PingchangError(f"日期「{text.strip()}」无法识别或晚于今天。", fix="请写成 2024-12-31、2024-12 或 2024。")
    return "-".join(f"{number:02d}" if i else str(number) for i, number in enumerate(numbers))


def mark(provenances: Iterable[Provenance]) -> str:
    """The mark an output needs that is made from these sources: 示意数据, or nothing."""
    return ILLUSTRATIVE_MARK if any(p.illustrative for p in provenances) else ""
