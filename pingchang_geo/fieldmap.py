"""Which column of a file is which canonical field. Pure.

Names are compared in four steps, strongest first: as they are, without separators, cut to the ten bytes that a DBF
keeps, and by the beginning of the Chinese label. Where a column fits several fields, what it holds decides. Turning
the values themselves is :mod:`pingchang_geo.conversion`.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import pandas as pd

from pingchang_geo.conversion import is_known, is_number, to_canonical
from pingchang_geo.issues import Issue
from pingchang_geo.messages import issue
from pingchang_geo.specs import FieldKind, FieldSpec, LayerSpec

__all__ = ["FieldMapping", "Match", "fingerprint", "map_columns", "mapping_issues", "samples", "to_canonical"]

#: Below this a pair is shown with sample values and confirmed by the analyst.
SURE: Final = 0.8
_DBF_NAME: Final = 10
_LONGEST_NAME: Final = 100
#: Score of a name cut by a DBF, what is left of it when it could be several, and of a code table that does not fit.
_CUT_SCORE: Final = 0.9
_SHARED: Final = 0.6
_FOREIGN_CODES: Final = 0.9
_BRACKETS: Final = re.compile(r"[（(\[【].*?[)）\]】]")
_SEPARATORS: Final = re.compile(r"[\s_\-.·・]+")
_JOIN_SUFFIX: Final = re.compile(r"_\d{1,2}$")
_SHORTEST_LABEL: Final = 2
#: Area units as people write them at the end of a column's name or in brackets behind it.
_UNIT_WORDS: Final = {
    "公顷": "公顷",
    "HA": "公顷",
    "HM2": "公顷",
    "GQ": "公顷",
    "亩": "亩",
    "MU": "亩",
    "平方米": "m²",
    "M2": "m²",
    "PFM": "m²",
    "平方公里": "km²",
    "平方千米": "km²",
    "KM2": "km²",
}
_UNIT_END: Final = re.compile(
    r"[\s_\-.·・（(\[【]*(?<![A-Z])(公顷|亩|平方米|平方公里|平方千米|KM2|HM2|HA|MU|M2|GQ|PFM)[)）\]】]*$"
)


@dataclass(frozen=True)
class Match:
    """A column taken for a field, how sure that is (0–1) and why."""

    column: str
    confidence: float
    evidence: str


@dataclass(frozen=True)
class FieldMapping:
    """The columns of a file against the fields of a layer.

    ``pairs``: canonical name → match; ``unmapped``: columns nothing claims; ``missing``: required fields without a
    column; ``rivals``: further columns that would also do for a field.
    """

    pairs: Mapping[str, Match]
    unmapped: tuple[str, ...]
    missing: tuple[str, ...]
    rivals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def columns(self) -> dict[str, str]:
        """Canonical name → column."""
        return {name: match.column for name, match in self.pairs.items()}

    @property
    def unsure(self) -> tuple[str, ...]:
        """Fields whose column has to be confirmed."""
        return tuple(name for name, match in self.pairs.items() if match.confidence < SURE)


def fingerprint(columns: Sequence[str]) -> str:
    """What a remembered mapping is filed under: the set of column names, whatever their order and case."""
    text = "\n".join(sorted(_plain(column) for column in columns))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


@lru_cache(maxsize=8192)
def _plain(name: str) -> str:
    """Half-width, upper case, no blanks around; of a name without end its beginning."""
    return unicodedata.normalize("NFKC", name[:_LONGEST_NAME]).strip().upper()


@lru_cache(maxsize=8192)
def _squeezed(name: str) -> str:
    """Without separators, bracketed remarks and the unit of an area."""
    plain = _BRACKETS.sub("", _plain(name))
    return _SEPARATORS.sub("", _UNIT_END.sub("", plain) or plain)


def named_unit(column: str) -> str | None:
    """Area unit that a column's name declares (``"面积（亩）"``, ``"MJ_HA"``): 公顷, 亩, m² or km²; None without.

    >>> named_unit("小班面积_亩")
    '亩'
    """
    found = _UNIT_END.search(_plain(column).replace("²", "2"))
    return _UNIT_WORDS[found[1]] if found else None


def _score(column: str, name: str) -> tuple[float, str]:
    """How well a column's name fits one known name of a field."""
    plain, known = _plain(column), _plain(name)
    squeezed, known_squeezed = _squeezed(column), _squeezed(name)
    if plain == known:
        return 1.0, f"名称与「{name}」一致"
    if squeezed and squeezed == known_squeezed:
        return 0.95, f"名称与「{name}」仅分隔符或括注不同"
    if plain in _cut(known):
        return _CUT_SCORE, f"是「{name}」按 {_DBF_NAME} 字节截断"
    if _squeezed(_JOIN_SUFFIX.sub("", plain)) == known_squeezed:
        return 0.7, f"名称与「{name}」相比多了序号"
    chinese = not known.isascii() and min(len(squeezed), len(known_squeezed)) >= _SHORTEST_LABEL
    return _label_score(squeezed, known_squeezed, name) if chinese else (0.0, "")


@lru_cache(maxsize=1024)
def _cut(name: str) -> frozenset[str]:
    """What DBF writers leave of a name: the characters that fit into ten bytes (ArcGIS: nine), by encoding."""
    left: set[str] = set()
    for codec in ("utf-8", "gbk"):
        stored = name.encode(codec, errors="replace")
        if len(stored) > _DBF_NAME:
            left |= {stored[:size].decode(codec, errors="ignore") for size in (_DBF_NAME - 1, _DBF_NAME)}
    return frozenset(left)


def _label_score(column: str, label: str, name: str) -> tuple[float, str]:
    if column.removesuffix("号") == label.removesuffix("号"):
        return 0.9, f"与「{name}」同义"
    if column.startswith(label) or label.startswith(column):
        return 0.6, f"名称与「{name}」开头相同"
    return 0.0, ""


def _best(column: str, spec: FieldSpec) -> tuple[float, int, str]:
    """Score, rank of the name among the field's names, evidence."""
    names = (spec.name, spec.label, *spec.aliases)
    scored = [(*_score(column, name), rank) for rank, name in enumerate(names)]
    score, evidence, rank = max(scored, key=lambda found: (found[0], -found[2]))
    return score, rank, evidence


def map_columns(
    spec: LayerSpec,
    columns: Sequence[str],
    samples: Mapping[str, Sequence[str]] = MappingProxyType({}),
    chosen: Mapping[str, str] = MappingProxyType({}),
) -> FieldMapping:
    """Find a column for each field that comes from a file.

    Args:
        spec: the layer.
        columns: names as in the file.
        samples: some values of each column, to doubt a column of words for a number.
        chosen: canonical name → column as the analyst said (or as remembered); an empty column means none.
    """
    pairs = {name: Match(column, 1.0, "由使用者确认") for name, column in chosen.items() if column in columns}
    taken = {match.column for match in pairs.values()}
    rivals: dict[str, tuple[str, ...]] = {}
    for one in sorted(_candidates(spec, columns, samples, chosen), key=lambda one: one.order):
        if one.column in taken:
            continue
        if one.field in pairs:
            if one.score >= SURE:
                rivals[one.field] = (*rivals.get(one.field, ()), one.column)
            continue
        pairs[one.field] = Match(one.column, one.score, one.evidence)
        taken.add(one.column)
    ordered = {one.name: pairs[one.name] for one in spec.source_fields if one.name in pairs}
    return FieldMapping(
        MappingProxyType(ordered),
        tuple(column for column in columns if column not in taken),
        tuple(one.name for one in spec.source_fields if one.required and one.name not in pairs),
        MappingProxyType(rivals),
    )


@dataclass(frozen=True)
class _Candidate:
    """A column that may be a field; ``order`` sorts the best first."""

    field: str
    column: str
    score: float
    evidence: str
    order: tuple[float, ...]


def _candidates(
    spec: LayerSpec,
    columns: Sequence[str],
    samples: Mapping[str, Sequence[str]],
    chosen: Mapping[str, str],
) -> list[_Candidate]:
    """Every pair that scores; a shortened name that fits several fields is not sure of any."""
    found = []
    for position, column in enumerate(columns):
        fits = [
            (*_best(column, field_spec), order, field_spec)
            for order, field_spec in enumerate(spec.source_fields)
            if field_spec.name not in chosen
        ]
        fits = [fit for fit in fits if fit[0]]
        best = max((fit[0] for fit in fits), default=0.0)
        shared = best <= _CUT_SCORE and sum(fit[0] == best for fit in fits) > 1
        for score, rank, evidence, order, field_spec in fits:
            named = min(score, _SHARED) if shared else score
            sure, said = _doubted(named, evidence, field_spec, samples.get(column, ()))
            weight = (-sure, not field_spec.required, order, rank, position)
            found.append(_Candidate(field_spec.name, column, sure, said, weight))
    return found


def _doubted(score: float, evidence: str, spec: FieldSpec, samples: Sequence[str]) -> tuple[float, str]:
    """A number field whose samples are mostly words is doubtful whatever its name.

    Codes that the field's table does not have cost a little, so that another field of the same name comes first.
    """
    filled = [sample for sample in samples if sample.strip()]
    if not filled:
        return score, evidence
    if spec.kind is FieldKind.CATEGORY and spec.codes:
        known = sum(is_known(spec, sample) for sample in filled)
        return (score, evidence) if known * 2 >= len(filled) else (score * _FOREIGN_CODES, evidence)
    if spec.kind is not FieldKind.NUMBER or sum(is_number(sample) for sample in filled) * 2 >= len(filled):
        return score, evidence
    return score * 0.5, f"{evidence}，但取值多不是数字"


def samples(table: pd.DataFrame, count: int = 20) -> dict[str, list[str]]:
    """Some distinct values of each column, as text."""
    found = {}
    for name in table.columns:
        column = table[name]
        values = column.cat.categories[:count] if hasattr(column, "cat") else column.dropna().head(count).unique()
        found[str(name)] = [str(value) for value in values]
    return found


def mapping_issues(spec: LayerSpec, mapping: FieldMapping, samples: Mapping[str, Sequence[str]]) -> list[Issue]:
    """What has to be said about a mapping: missing required fields, unsure pairs, rivals."""
    found = [_missing(spec, spec.field(name)) for name in mapping.missing]
    for name in mapping.unsure:
        match = mapping.pairs[name]
        shown = "、".join(list(samples.get(match.column, ()))[:3]) or "空"
        found.append(
            issue(
                "FIELD_UNSURE",
                field=name,
                column=match.column,
                label=spec.field(name).label,
                evidence=match.evidence,
                samples=shown,
                name=name,
            )
        )
    for name, others in mapping.rivals.items():
        column = mapping.pairs[name].column
        listed = "、".join((column, *others))
        found.append(issue("FIELD_AMBIGUOUS", field=name, label=spec.field(name).label, columns=listed, column=column))
    return found


def _missing(layer: LayerSpec, spec: FieldSpec) -> Issue:
    """A required field without a column: no content without it, unless it is one of several that number features."""
    aliases = "、".join(dict.fromkeys((*spec.aliases[:4], spec.label)))
    numbering = spec.name in layer.key and len(layer.key) > 1
    code = "KEY_COLUMN_MISSING" if numbering else "FIELD_REQUIRED"
    return issue(code, field=spec.name, label=spec.label, aliases=aliases)
